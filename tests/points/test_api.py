"""A good deed over the API: what can be claimed, once however often it is sent and by whom, one's own, and the pack."""

import json
import uuid
from types import SimpleNamespace

import pytest

from core import clock, sealing
from grids.models import Household, Officer, Person
from points.models import Award
from tests.people import make_town_that_owes
from tests.points.conftest import Market
from tests.points.market import make_market
from tests.visits.sealed import seal
from visits import services as visits

TODAY = "2026-11-23T09:30"


@pytest.fixture
def put(client, market):
    def do(actor, name=None, **said):
        client.force_login(actor)
        body = {"household": market.town.zhang.pk, "item": market.sweeping.pk, "words": "扫了村口"} | said
        return client.put(f"/api/awards/{name or uuid.uuid4()}/", body, content_type="application/json")

    return do


def test_one_claim_is_stored_and_waits_to_be_checked(put, market):
    town = market.town
    person = Person.objects.get(name="张三丰")
    answer = put(town.worker, item=market.hours.pk, number=3, person=person.pk)
    found = Award.objects.get()
    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "uuid": str(found.uuid),
        "number": found.number_said,
        "household": town.zhang.pk,
        "head_name": "张三丰",
        "item": "志愿服务",
        "words": "扫了村口",
        "day": "2026-11-23",
        "points": 6,
        "state": "claimed",
        "state_title": "待初审",
        "why_not": "",
        "has_photo": False,
    }
    assert (found.claimed_by, found.person) == (town.worker, person)


def test_the_same_again_is_the_same_and_other_content_or_another_person_is_a_conflict(put, market):
    number = uuid.uuid4()
    assert put(market.town.worker, number).status_code == 201
    with clock.stopped_at("2026-11-24T08:00"):
        assert put(market.town.worker, number).status_code == 200, "also on the day after"
        Household.objects.filter(pk=market.town.zhang.pk).update(territory=market.town.grid2)
        assert put(market.town.worker, number).status_code == 200, "also where it is hers no more"
    for other in ({"words": "扫了塘边"}, {"item": market.blood.pk}):
        assert put(market.town.worker, number, **other).status_code == 409
    assert put(market.town.secretary, number).status_code == 409
    assert Award.objects.count() == 1


def test_who_may_not_is_refused_and_strangers_households_are_none(put, market):
    town = market.town
    assert put(town.assistant).status_code == 201
    assert put(town.supervisor).status_code == 403
    assert put(market.keeper).status_code == 403
    assert put(town.neighbour).status_code == 404
    Officer.objects.filter(user=town.secretary).update(person=Person.objects.get(name="张翠山"))
    own = put(town.secretary)
    assert own.status_code == 403
    assert "请别人申报" in own.content.decode()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"words": " "}, "words"),
        ({"number": 2}, "number"),
        ({"item": 999}, "item"),
        ({"person": 999}, "person"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(put, market, said, field):
    answer = put(market.town.worker, **said)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not Award.objects.exists()


def test_a_deed_of_a_villages_rules_is_none_of_another(put, market):
    there = put(market.town.neighbour, household=market.town.chen.pk)
    assert there.status_code == 422
    assert "村里没有这个积分项目" in there.content.decode()


def test_what_was_noted_without_a_signal_counts_for_its_day_and_another_day_is_told(put, market):
    taken = {"happened_at": "2026-11-20T10:00:00+08:00", "sent_at": "2026-11-23T09:30:00+08:00"}
    assert put(market.town.worker, **taken).json()["day"] == "2026-11-20"
    assert put(market.town.worker, words="修路", day="2026-11-01", **taken).json()["day"] == "2026-11-01"


def test_what_can_be_claimed_is_told_for_a_household_of_ones_own_place_alone(client, market):
    town = market.town

    def asked(actor, household):
        client.force_login(actor)
        return client.get(f"/api/points/items/?household={household}")

    items = asked(town.assistant, town.zhang.pk).json()["items"]
    assert [(each["title"], each["points"], each["unit"], each["most"]) for each in items] == [
        ("打扫公共地方", 5, "次", 1),
        ("献血", 20, "次", 1),
        ("志愿服务", 2, "小时", 8),
    ]
    assert asked(town.neighbour, town.chen.pk).json() == {"items": []}, "no rules there yet"
    assert asked(town.neighbour, town.zhang.pk).status_code == 404
    assert asked(town.supervisor, town.zhang.pk).status_code == 403
    assert asked(town.worker, "x").status_code == 422
    Officer.objects.filter(user=town.secretary).update(person=Person.objects.get(name="张翠山"))
    assert asked(town.secretary, town.zhang.pk).json() == {"items": []}, "nobody claims for his own"


def test_the_list_is_of_ones_own_and_of_what_one_sees(client, market):
    town = market.town
    mine, hers = market.claim(), market.claim(actor=town.assistant, words="扫了塘边")

    def numbers(actor, query=""):
        client.force_login(actor)
        answer = client.get(f"/api/awards/{query}")
        return [each["number"] for each in answer.json()["results"]]

    assert numbers(town.worker) == [hers.number_said, mine.number_said]
    assert numbers(town.worker, "?mine=true") == [mine.number_said]
    assert numbers(town.assistant) == [hers.number_said]
    assert numbers(town.neighbour) == []


def test_the_pack_carries_a_villages_deeds_once_and_none_for_ones_own_home(client, db):
    with clock.stopped_at(TODAY):
        market = make_market(make_town_that_owes())
        town = market.town
        Officer.objects.filter(user=town.worker).update(person=Person.objects.get(name="张翠山"))
        client.force_login(town.worker)
        found = client.get("/api/pack/").json()
        deeds = found["deeds"][str(town.grid1.pk)]
        assert deeds[2] == [market.hours.pk, "志愿服务", 2, "小时", 8]
        assert found["cards"][str(town.zhang.pk)]["deeds"] == []
        assert "deeds" not in found["cards"][str(town.wang.pk)]
        client.force_login(town.secretary)
        card = client.get(f"/api/households/{town.zhang.pk}/").json()
    assert card["deeds"][0][1] == "打扫公共地方"


# --- left on a shared phone -----------------------------------------------------------------------------------------


@pytest.fixture
def sealed(client, market: Market):
    """`sealed(author, sender=…)`: what the author left on the phone, sent by whoever is signed in now."""

    def send(author, *, sender, name=None, issued=TODAY, **said):
        with clock.stopped_at(issued):
            ticket = visits.sealing_for(author)["ticket"]
        name = str(name or uuid.uuid4())
        content = {
            "household": market.town.zhang.pk,
            "item": market.sweeping.pk,
            "words": "扫了村口",
            "happened_at": "2026-11-23T09:00:00+08:00",
        } | said
        plain = {"uuid": name, "ticket": ticket, "award": content, "ahead": 0}
        kid, key = sealing.public_key()
        data = seal(json.dumps(plain).encode(), key=key, kid=kid, uuid=name)
        client.force_login(sender)
        body = {"sealed": [{"uuid": name, "kid": kid, "data": data}]}
        answer = client.post("/api/sealed/", body, content_type="application/json")
        (one,) = answer.json()["answers"]
        return SimpleNamespace(**one)

    return send


def test_what_one_left_on_the_phone_is_sent_by_the_next_and_credited_to_its_author(sealed, put, market):
    town, name = market.town, uuid.uuid4()
    for _ in range(2):
        told = sealed(town.assistant, sender=town.secretary, name=name)
        found = Award.objects.get()
        assert (told.outcome, told.number) == ("accepted", found.number_said)
    assert found.claimed_by == town.assistant
    assert visits.issued(found.number_said, name)
    assert not visits.issued(found.number_said, uuid.uuid4())
    assert put(town.assistant, name).status_code == 200, "her own sending of the same is the same"
    assert sealed(town.assistant, sender=town.worker, name=name, words="扫了塘边").outcome == "conflict"


def test_what_no_ticket_vouches_for_or_the_rules_have_no_room_for_is_refused(sealed, market):
    town = market.town
    assert sealed(town.worker, sender=town.leader, issued="2026-10-01T09:00").outcome == "refused"
    assert sealed(town.worker, sender=town.leader, number=5).outcome == "refused"
    assert sealed(town.neighbour, sender=town.worker).outcome == "missing"
    assert not Award.objects.exists()
