"""Two at the same moment: the last place is given once, one person is sent to one place once, and an employer that
presses twice is there once."""

import pytest

from jobs import services
from jobs.models import Employer, Labour, Match
from jobs.services import Said
from tests.jobs.market import man_of, offer, seek
from tests.people import make_town_of_two
from tests.points.test_at_once import DONE, at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_two_who_fill_the_last_place_at_once(transactional_db):
    town = make_town_of_two()
    place = offer(town.jinxing, number=1)
    sent = []
    for person in (man_of(town), town.head(town.li)):
        seek(person, "缝纫")
        sent.append(services.recommend(actor=town.secretary, person=person, vacancy=place))
    told = at_once(*(lambda match=match: services.start(actor=town.secretary, match=match) for match in sent))
    assert told.count(DONE) == 1
    assert len([each for each in told if "满了" in each]) == 1
    assert Match.objects.placed().count() == 1


def test_two_who_send_one_person_to_one_place_at_once(transactional_db):
    town = make_town_of_two()
    place = offer(town.jinxing)
    seek(man_of(town), "缝纫")

    def send():
        services.recommend(actor=town.secretary, person=man_of(town), vacancy=place)

    told = at_once(send, send)
    assert told.count(DONE) == 1
    assert len([each for each in told if "已经推荐过" in each]) == 1
    assert Match.objects.count() == 1


def test_two_who_let_one_person_begin_at_two_places_at_once(transactional_db):
    town = make_town_of_two()
    seek(man_of(town), "缝纫")
    sent = [
        services.recommend(actor=town.secretary, person=man_of(town), vacancy=offer(town.jinxing, title))
        for title in ("缝纫工", "裁床工")
    ]
    told = at_once(*(lambda match=match: services.start(actor=town.secretary, match=match) for match in sent))
    assert told.count(DONE) == 1
    assert len([each for each in told if "不能再记这一步" in each]) == 1
    assert sorted(Match.objects.values_list("state", flat=True)) == [Match.STARTED, Match.UNWILLING]


def test_one_begins_while_another_lets_him_leave(transactional_db):
    town = make_town_of_two()
    seek(man_of(town), "缝纫")
    sent = services.recommend(actor=town.secretary, person=man_of(town), vacancy=offer(town.jinxing))
    sent = services.start(actor=town.secretary, match=sent)
    told = at_once(
        lambda: services.start(actor=town.secretary, match=sent),
        lambda: services.leave(actor=town.secretary, match=sent, said=Said(reason="far")),
    )
    assert told.count(DONE) == 1
    assert Match.objects.get().state == Match.LEFT


def test_two_who_register_the_same_people_at_once_and_nobody_is_written_over(transactional_db):
    town = make_town_of_two()
    people = [man_of(town), town.head(town.li), town.head(town.zhang)]
    orders = {"near": people, "farm": people[::-1]}
    told = at_once(
        *(
            lambda status=status, some=some: services.register_many(
                actor=town.secretary, people=some, status=status
            )
            for status, some in orders.items()
        )
    )
    assert told == [DONE, DONE]
    assert Labour.objects.count() == 3
    assert len(set(Labour.objects.values_list("status", flat=True))) == 1, "who came second changed nothing"
    assert Labour.history.count() == 3


def test_two_who_sign_up_one_employer_at_once(transactional_db):
    town = make_town_of_two()
    said = {"name": "老张饭店", "industry": "餐饮", "phone": "19900009999"}

    def sign_up(contact):
        return lambda: services.sign_up_itself(territory=town.jinxing, contact=contact, **said)

    told = at_once(sign_up("张老板"), sign_up("张老板"), sign_up("别人"))
    assert told.count(DONE) in (1, 2)
    assert all("登记过了" in each for each in told if each != DONE)
    assert Employer.objects.count() == 1
