"""A good deed that is seen at the door is claimed for points in the visit's own save, once, and follows the visit."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest

from core import clock
from grids.models import Officer
from points import services as points
from points.models import Award, Item
from tests.people import Town
from visits import services
from visits.models import Held, Visit


@pytest.fixture
def sweeping(town: Town) -> Item:
    """金星村 thanks for one kind of deed."""
    scheme = points.adopt_scheme(
        actor=town.secretary, village=town.jinxing, since=dt.date(2026, 9, 1), resolution="村民代表会议"
    )
    item = Item(scheme=scheme, title="打扫公共地方", points=5)
    return points.save_item(actor=town.secretary, item=item)


@pytest.fixture
def hours(town: Town, sweeping: Item) -> Item:
    item = Item(scheme=sweeping.scheme, title="志愿服务", points=2, unit="小时", most=8)
    return points.save_item(actor=town.secretary, item=item)


def seen(item: Item, **more: Any) -> dict[str, Any]:
    return {"item": item.pk} | more


def state(award: Award) -> str:
    return Award.objects.get(pk=award.pk).state


def correct(town: Town, visit: Visit, **said: Any) -> Visit:
    said = {"happened_at": clock.at_noon(visit.day), "day": visit.day} | said
    return services.correct_visit(actor=town.worker, visit=visit, uuid=uuid.uuid4(), **said).visit


def test_what_was_seen_is_claimed_with_the_visit_under_its_number(town, visit, sweeping, hours):
    made = visit(town.zhang, "2026-11-20", deeds=[seen(sweeping), seen(hours, number=3, words="陪老人看病")])
    first, second = Award.objects.order_by("item")
    assert (first.key, first.item, first.household) == (
        f"visit:{made.uuid}:rule:{sweeping.pk}",
        sweeping,
        town.zhang,
    )
    assert (first.day, first.claimed_by, first.state) == (dt.date(2026, 11, 20), town.worker, Award.CLAIMED)
    assert (first.words, first.number) == ("走访时看到的", 1)
    assert (second.words, second.number, second.claimed) == ("陪老人看病", 3, 6)


def test_undoing_the_visit_withdraws_what_nobody_has_decided(town, visit, sweeping, hours):
    made = visit(town.zhang, "2026-11-20", deeds=[seen(sweeping), seen(hours)])
    claimed, checked = Award.objects.order_by("item")
    points.check(actor=town.leader, award=checked)
    services.undo_visit(actor=town.worker, visit=made)
    assert (state(claimed), state(checked)) == (Award.WITHDRAWN, Award.WITHDRAWN)
    assert claimed.moves.latest("pk").words == "看到这件好事的走访撤销或者更正了"


def test_what_the_committee_has_decided_stays(town, visit, sweeping):
    made = visit(town.zhang, "2026-11-20", deeds=[seen(sweeping)])
    award = Award.objects.get()
    points.check(actor=town.leader, award=award)
    points.decide(actor=town.secretary, award=award)
    # What is said anew of the same deed is no second one.
    correct(town, made, deeds=[seen(sweeping)])
    assert (Award.objects.count(), state(award)) == (1, Award.DECIDED)


def test_a_correction_says_it_anew_and_its_undoing_lets_the_first_stand_again(town, visit, sweeping, hours):
    first = visit(town.zhang, "2026-11-20", deeds=[seen(sweeping, words="扫了路")])
    second = correct(town, first, deeds=[seen(sweeping, words="扫了沟")])
    old, new = Award.objects.order_by("pk")
    assert (old.state, new.state, new.words) == (Award.WITHDRAWN, Award.CLAIMED, "扫了沟")
    services.undo_visit(actor=town.worker, visit=second)
    assert (state(old), state(new)) == (Award.CLAIMED, Award.WITHDRAWN)


def test_one_deed_counts_once_though_its_correction_was_decided_and_then_undone(town, visit, sweeping, hours):
    first = visit(town.zhang, "2026-11-20", deeds=[seen(sweeping), seen(hours)])
    second = correct(town, first, deeds=[seen(sweeping)])
    decided = Award.objects.latest("pk")
    points.check(actor=town.leader, award=decided)
    points.decide(actor=town.secretary, award=decided)
    services.undo_visit(actor=town.worker, visit=second)
    # The first stands again, with what was not decided of it; and another correction brings no second one either.
    assert sorted(Award.objects.counting().values_list("item", "state")) == [
        (sweeping.pk, Award.DECIDED),
        (hours.pk, Award.CLAIMED),
    ]
    correct(town, Visit.objects.get(pk=first.pk), deeds=[seen(sweeping)])
    assert list(Award.objects.counting()) == [decided]


def test_what_its_claimer_has_withdrawn_does_not_stand_again(town, visit, sweeping):
    first = visit(town.zhang, "2026-11-20", deeds=[seen(sweeping)])
    award = Award.objects.get()
    points.withdraw(actor=town.worker, award=award)
    services.undo_visit(actor=town.worker, visit=correct(town, first))
    assert state(award) == Award.WITHDRAWN


def test_after_the_visit_stood_still_the_caps_are_asked_again(town, visit, sweeping):
    Item.objects.filter(pk=sweeping.pk).update(once=True)
    first = visit(town.zhang, "2026-11-20", deeds=[seen(sweeping)])
    second = correct(town, first)
    said = {"household": town.zhang, "item": sweeping, "day": clock.today(), "words": "扫了路"}
    points.claim(actor=town.worker, uuid=uuid.uuid4(), **said)
    services.undo_visit(actor=town.worker, visit=second)
    assert Award.objects.counting().count() == 1


@pytest.mark.parametrize("case", ["gone", "cap", "own", "nobodys"])
def test_no_visit_is_lost_for_a_deed_that_cannot_be(town, visit, sweeping, case):
    said = seen(sweeping)
    if case == "gone":
        said = {"item": 987654}
    elif case == "cap":
        sweeping.scheme.household_cap = 3
        sweeping.scheme.save()
    elif case == "own":
        Officer.objects.filter(user=town.worker).update(person=town.head(town.zhang))
    else:
        said = seen(sweeping, number=9)
    made = visit(town.zhang, "2026-11-20", deeds=[said])
    assert (made.counts, Award.objects.count()) == (True, 0)


# --- the API ----------------------------------------------------------------------------------------------------------


def put(client: Any, town: Town, uid: uuid.UUID, **said: Any) -> Any:
    body = {"household": town.zhang.pk, "happened_at": clock.now().isoformat()} | said
    return client.put(f"/api/visits/{uid}/", json.dumps(body), content_type="application/json")


def test_the_phone_sends_it_with_the_visit_and_hears_what_became_of_it(town, client, sweeping, hours):
    client.force_login(town.worker)
    uid = uuid.uuid4()
    for status in (201, 200):
        answer = put(client, town, uid, deeds=[{"item": sweeping.pk}, {"item": hours.pk, "number": 9}])
        assert answer.status_code == status
        told = answer.json()["deeds"]
        assert "1 件好事报上去了" in told
        assert "1 件好事没报上" in told
    assert Award.objects.count() == 1
    assert put(client, town, uid, deeds=[{"item": hours.pk}]).status_code == 409


def test_without_a_deed_nothing_is_said_of_any(town, client, sweeping):
    client.force_login(town.worker)
    assert put(client, town, uuid.uuid4()).json()["deeds"] == ""


def test_what_is_no_deed_is_said_at_its_field(town, client, sweeping):
    client.force_login(town.worker)
    answer = put(client, town, uuid.uuid4(), deeds=[{"item": 0}])
    assert (answer.status_code, Visit.objects.count()) == (422, 0)


def test_on_hold_it_waits_with_the_visit(town, client, sweeping):
    ended = dt.date(2026, 11, 10)
    type(town.zhang).objects.filter(pk=town.zhang.pk).update(ended_on=ended)
    client.force_login(town.worker)
    answer = put(client, town, uuid.uuid4(), deeds=[{"item": sweeping.pk}])
    assert answer.status_code == 202, answer.content
    type(town.zhang).objects.filter(pk=town.zhang.pk).update(ended_on=None)
    assert not Award.objects.exists()
    services.accept_held(actor=town.secretary, held=Held.objects.get())
    assert Award.objects.get().claimed_by == town.worker


def test_visits_of_before_keep_their_digest():
    told = services.Content(happened_at=clock.at_noon(dt.date(2026, 11, 20)))
    kept = services.Content.read(
        json.dumps({k: v for k, v in json.loads(told.plain()).items() if k != "deeds"})
    )
    assert kept == told
    assert told.digest(1, None) == "614cded6deff361cfc2468cb72692b58d705147f95ae4e19a65335730481517d"
