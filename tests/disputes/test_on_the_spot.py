"""就地化解: one screen, one save; once however often it is sent, by whom it was made, and lost by nobody."""

import datetime as dt
import json
import uuid
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Notice
from core import clock, sealing
from core.periods import Month
from disputes import services
from disputes.models import Dispute
from tests.disputes.conftest import TODAY
from tests.visits.sealed import seal
from visits import services as visits

SAID = {"other": "王大春", "kind": "neighbours", "words": "各让一步", "about": "鸡吃了菜"}


@pytest.fixture
def put(client, town):
    def do(actor, number=None, **said):
        client.force_login(actor)
        body = {"household": town.zhang.pk, **SAID, **said}
        url = f"/api/disputes/settled/{number or uuid.uuid4()}/"
        return client.put(url, body, content_type="application/json")

    return do


def test_one_save_opens_it_settles_it_and_counts_in_the_ledger(put, town):
    answer = put(town.worker)
    found = Dispute.objects.get()
    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "uuid": str(found.uuid),
        "number": found.number,
        "state_title": "化解了",
        "late": "",
    }
    assert (found.words, found.kind, found.source) == ("鸡吃了菜", "neighbours", "screening")
    assert (found.state, found.outcome, found.settled_on) == ("settled", "各让一步", clock.today())
    assert (found.territory, found.owner, found.registered_by) == (town.grid1, town.worker, town.worker)
    parties = [(each.side, each.name, each.household) for each in found.parties.all()]
    assert parties == [("first", "张三丰", town.zhang), ("second", "王大春", None)]
    assert [move.kind for move in found.moves.all()] == ["open", "settle"]
    assert services.found_in(Dispute.objects.all(), Month.parse("2026-11")).count() == 1
    assert not Notice.objects.exists(), "there is nothing to take up"


def test_the_same_again_is_the_same_and_other_content_or_another_person_is_a_conflict(put, town):
    number = uuid.uuid4()
    assert put(town.worker, number).status_code == 201
    with clock.stopped_at("2026-11-24T08:00"):
        assert put(town.worker, number).status_code == 200, "also on the day after"
    for other in ({"words": "赔了钱"}, {"about": "狗咬了人"}, {"other": "李四"}):
        assert put(town.worker, number, **other).status_code == 409
    assert put(town.leader, number).status_code == 409
    assert Dispute.objects.count() == 1


def test_an_assistant_may_and_asks_again_is_left_to_the_village(put, town):
    assert put(town.assistant).status_code == 201
    assert Dispute.objects.get().owner is None
    assert put(town.secretary).status_code == 201
    assert put(town.supervisor).status_code == 403
    assert put(town.neighbour).status_code == 404


def test_from_the_list_it_is_two_names_and_lies_where_one_serves(put, town):
    assert put(town.worker, household=None, one="张三丰").status_code == 201
    assert put(town.secretary, household=None, one="张三丰").status_code == 201
    assert [each.territory for each in Dispute.objects.order_by("pk")] == [town.grid1, town.jinxing]
    refused = put(town.office, household=None, one="张三丰")
    assert refused.status_code == 422
    assert "从那一家的卡片里" in refused.content.decode()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"other": " "}, "other"),
        ({"words": ""}, "words"),
        ({"kind": ""}, "kind"),
        ({"household": None}, "one"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_kept(put, town, said, field):
    answer = put(town.worker, **said)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not Dispute.objects.exists()


def test_what_was_settled_without_a_signal_counts_for_its_day(put, town):
    taken = {"happened_at": "2026-11-20T10:00:00+08:00", "sent_at": "2026-11-23T09:30:00+08:00"}
    assert put(town.worker, **taken).status_code == 201
    found = Dispute.objects.get()
    assert (found.found_on, found.settled_on) == (dt.date(2026, 11, 20), dt.date(2026, 11, 20))


def test_it_is_settled_by_the_service_only_where_one_may(town):
    said = {"uuid": uuid.uuid4(), "household": town.chen, **SAID}
    with pytest.raises(PermissionDenied):
        services.settle_on_spot(actor=town.worker, **said)
    with pytest.raises(ValidationError):
        services.settle_on_spot(actor=town.neighbour, **said | {"kind": "宿怨"})


def test_the_other_side_is_a_household_that_was_tapped(put, town):
    number = uuid.uuid4()
    said = {"other": "", "other_household": town.wang.pk}
    assert put(town.worker, number, **said).status_code == 201
    assert put(town.worker, number, **said).status_code == 200, "the same again is the same"
    assert put(town.worker, number, other_household=town.li.pk).status_code == 409
    found = Dispute.objects.get().parties.get(side="second")
    assert (found.name, found.household, found.person) == ("王大春", town.wang, town.head(town.wang))


def test_a_household_out_of_reach_is_as_unknown_as_none(put, town):
    told = [put(town.worker, other_household=key) for key in (town.chen.pk, 10**9)]
    assert [answer.status_code for answer in told] == [422, 422]
    assert told[0].content == told[1].content
    assert "没有找到这一户" in told[0].content.decode()
    with pytest.raises(PermissionDenied):
        services.settle_on_spot(
            actor=town.worker, uuid=uuid.uuid4(), household=town.zhang, other_household=town.chen, **SAID
        )
    assert not Dispute.objects.exists()


def test_one_household_is_not_both_sides(put, town):
    answer = put(town.worker, other_household=town.zhang.pk)
    assert answer.status_code == 422
    assert "两边是同一户" in answer.content.decode()


def test_two_names_with_a_household_on_the_other_side_lie_where_that_lies(put, town):
    assert put(town.secretary, household=None, one="李四", other_household=town.zhao.pk).status_code == 201
    assert Dispute.objects.get().territory == town.grid2


# --- left on a shared phone -------------------------------------------------------------------------------------


@pytest.fixture
def sealed(client, town):
    """`sealed(author, sender=…)`: what the author left on the phone, sent by whoever is signed in now."""

    def send(author, *, sender, name=None, issued=TODAY, **said):
        with clock.stopped_at(issued):
            ticket = visits.sealing_for(author)["ticket"]
        name = str(name or uuid.uuid4())
        content = {"household": town.zhang.pk, **SAID, "happened_at": "2026-11-23T09:00:00+08:00", **said}
        plain = {"uuid": name, "ticket": ticket, "settled": content, "ahead": 0}
        kid, key = sealing.public_key()
        data = seal(json.dumps(plain).encode(), key=key, kid=kid, uuid=name)
        client.force_login(sender)
        body = {"sealed": [{"uuid": name, "kid": kid, "data": data}]}
        answer = client.post("/api/sealed/", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        (one,) = answer.json()["answers"]
        return SimpleNamespace(**one)

    return send


def test_what_one_left_on_the_phone_is_sent_by_the_next_and_credited_to_its_author(sealed, put, town):
    name = uuid.uuid4()
    for _ in range(2):
        told = sealed(town.assistant, sender=town.secretary, name=name)
        found = Dispute.objects.get()
        assert (told.outcome, told.number) == ("accepted", found.number)
    assert (found.registered_by, found.state) == (town.assistant, "settled")
    assert visits.issued(found.number, name)
    assert not visits.issued(found.number, uuid.uuid4())
    assert put(town.assistant, name).status_code == 200, "her own sending of the same is the same"
    assert sealed(town.assistant, sender=town.worker, name=name, words="赔了钱").outcome == "conflict"


def test_an_old_ticket_settles_nothing_and_loses_nothing(sealed, town):
    name = uuid.uuid4()
    for _ in range(2):
        told = sealed(town.worker, sender=town.leader, issued="2026-10-01T09:00", name=name)
        assert told.outcome == "accepted"
    found = Dispute.objects.get()
    assert found.state == Dispute.NOTED
    note = found.moves.get(kind="note")
    assert "凭条过了时间" in note.words
    assert "各让一步" in note.words


def test_two_names_alone_wait_with_the_grid_of_who_wrote_them(sealed, town):
    said = {"household": None, "one": "李四", "issued": "2026-10-01T09:00"}
    assert sealed(town.worker, sender=town.leader, **said).outcome == "accepted"
    found = Dispute.objects.get()
    assert (found.state, found.territory) == (Dispute.NOTED, town.grid1)
    assert [each.name for each in found.parties.all()] == ["李四", "王大春"]


def test_a_household_its_author_has_nothing_to_do_with_is_none(sealed, town):
    assert sealed(town.neighbour, sender=town.worker).outcome == "missing"
    assert sealed(town.worker, sender=town.leader, words="").outcome == "accepted"
    assert Dispute.objects.get().state == Dispute.NOTED, "somebody of the village asks what came of it"


def test_a_household_tapped_on_a_shared_phone_is_the_other_side_and_an_unknown_one_is_missing(sealed, town):
    told = sealed(town.worker, sender=town.leader, other="", other_household=town.wang.pk)
    assert told.outcome == "accepted"
    assert Dispute.objects.get().parties.get(side="second").household == town.wang
    assert sealed(town.worker, sender=town.leader, other_household=town.chen.pk).outcome == "missing"
