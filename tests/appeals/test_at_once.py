"""Two at the same time: one has it, and the other is told by whom; the same form sent twice at once is one matter."""

import uuid

import pytest

from appeals import services
from appeals.models import Matter, Meeting, Petition
from core import clock
from grids.models import Officer
from tests.grids.test_at_once import overlapping, together
from tests.people import make_town_of_two

pytestmark = pytest.mark.slow


@together
def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told_by_whom():
    town = make_town_of_two()
    said = {"source": "walk_in", "words": "路灯坏了", "household": town.zhang}
    matter = services.open_matter(actor=town.assistant, uuid=uuid.uuid4(), **said).matter
    told = overlapping(
        lambda: services.accept(actor=town.leader, matter=matter),
        lambda: services.accept(actor=town.worker, matter=matter),
    )
    assert told[0] == ""
    assert "周长" in told[1]
    assert "已经受理，这件事现在是“在办”" in told[1]
    assert Matter.objects.get().owner == town.leader
    assert matter.moves.filter(kind="accept").count() == 1


@together
def test_the_same_form_sent_twice_at_once_is_one_matter():
    town, number = make_town_of_two(), uuid.uuid4()

    def send():
        return services.open_matter(
            actor=town.worker, uuid=number, source="walk_in", words="路灯坏了", household=town.zhang
        )

    assert overlapping(send, send) == ["", ""]
    assert Matter.objects.get().moves.count() == 1


@together
def test_a_meeting_that_is_sent_twice_at_once_is_one_with_its_matters_once():
    town, number = make_town_of_two(), uuid.uuid4()
    said = {"kind": "bench", "place": "村部", "held_on": clock.today(), "topics": "医保", "others": 3}
    led_by = Officer.objects.get(user=town.secretary)
    needs = [services.Need(words="路灯坏了", caller="路人")]

    def send():
        return services.hold_meeting(
            actor=town.secretary, uuid=number, territory=town.jinxing, led_by=led_by, needs=needs, **said
        )

    assert overlapping(send, send) == ["", ""]
    assert (Meeting.objects.get().matters.count(), Matter.objects.count()) == (1, 1)


@together
def test_of_two_who_register_a_petition_at_once_the_second_is_told():
    town = make_town_of_two()
    said = {"source": "walk_in", "words": "征地补偿", "household": town.zhang}
    matter = services.open_matter(actor=town.worker, uuid=uuid.uuid4(), **said).matter
    told = overlapping(
        lambda: services.register_petition(actor=town.office, matter=matter, words="要求补发"),
        lambda: services.register_petition(actor=town.secretary, matter=matter, words="要求补发"),
    )
    assert told[0] == ""
    assert "一件事只登记一次" in told[1]
    assert Petition.objects.count() == 1
