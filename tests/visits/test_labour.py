"""What a visit hears of people's work: in the register at once by two taps, or waiting for a yes; and it follows the
visit, which is never lost for it."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest

from core import clock
from grids.models import Person
from jobs import services as jobs
from jobs.models import Labour, LabourProposal
from tests.people import Town
from visits import services
from visits.models import Held, Visit


@pytest.fixture
def son(town: Town) -> Person:
    person = Person.objects.get(name="张翠山")
    person.birth_date = dt.date(1990, 3, 1)
    person.save()
    return person


def told(person: Person, status: str = "idle", wish: str = "seeks") -> dict[str, Any]:
    return {"person": person.pk, "status": status, "wish": wish}


def now(person: Person) -> tuple[str, str] | None:
    row = jobs.labour_of(person)
    return (row.status, row.wish) if row else None


def correct(town: Town, visit: Visit, **said: Any) -> Visit:
    said = {"happened_at": clock.at_noon(visit.day), "day": visit.day} | said
    return services.correct_visit(actor=town.worker, visit=visit, uuid=uuid.uuid4(), **said).visit


def test_two_taps_are_in_the_register_under_the_visits_number(town, visit, son):
    made = visit(town.zhang, "2026-11-20", labour=[told(son)])
    row = jobs.labour_of(son)
    assert (row.status, row.wish, row.since, row.noted_by) == (
        "idle",
        "seeks",
        dt.date(2026, 11, 20),
        town.worker,
    )
    assert row.source == f"visit:{made.uuid}:person:{son.pk}"
    assert services.told_of_labour(made, [told(son)]) == "1 人的就业情况登记了。"


def test_undoing_the_visit_lets_hold_again_what_held_before(town, visit, son):
    jobs.note_labour(actor=town.worker, person=son, day=dt.date(2026, 11, 2), status="near", employer="老厂")
    made = visit(town.zhang, "2026-11-20", labour=[told(son)])
    services.undo_visit(actor=town.worker, visit=made)
    row = Labour.objects.get()
    assert (row.status, row.wish, row.employer, row.until) == ("near", "rests", "老厂", None)


def test_so_it_does_where_the_day_already_had_a_row(town, visit, son):
    today = clock.today()
    with clock.stopped_at("2026-11-23T08:00"):
        jobs.note_labour(actor=town.worker, person=son, status="farm")
    made = visit(town.zhang, today, labour=[told(son)])
    assert now(son) == ("idle", "seeks")
    services.undo_visit(actor=town.worker, visit=made)
    assert now(son) == ("farm", "rests")
    assert jobs.labour_of(son).source == ""


def test_what_was_noted_later_stands_when_the_visit_is_undone(town, visit, son):
    made = visit(town.zhang, "2026-11-20", labour=[told(son)])
    jobs.note_labour(actor=town.secretary, person=son, status="near", wish="rests")
    services.undo_visit(actor=town.worker, visit=made)
    assert now(son) == ("near", "rests")


def test_neither_of_two_visits_holds_once_both_are_undone(town, visit, son):
    jobs.note_labour(actor=town.worker, person=son, day=dt.date(2026, 11, 2), status="near")
    first = visit(town.zhang, "2026-11-20", labour=[told(son)])
    second = visit(town.zhang, "2026-11-21", labour=[told(son, "farm", "rests")])
    services.undo_visit(actor=town.worker, visit=first)
    assert now(son) == ("farm", "rests")
    services.undo_visit(actor=town.worker, visit=second)
    assert now(son) == ("near", "rests")


def test_a_correction_says_it_anew_and_its_undoing_lets_the_first_stand_again(town, visit, son):
    first = visit(town.zhang, "2026-11-20", labour=[told(son)])
    second = correct(town, first, labour=[told(son, "away", "rests")])
    assert now(son) == ("away", "rests")
    services.undo_visit(actor=town.worker, visit=second)
    assert now(son) == ("idle", "seeks")
    correct(town, Visit.objects.get(pk=first.pk))
    assert now(son) is None


@pytest.mark.parametrize("case", ["newer", "later_that_day", "young", "elsewhere", "no_status"])
def test_no_visit_is_lost_for_what_the_register_cannot_take(town, visit, son, case):
    said = told(son)
    before = None
    if case in ("newer", "later_that_day"):
        day = clock.today() if case == "newer" else dt.date(2026, 11, 20)
        jobs.note_labour(actor=town.worker, person=son, day=day, status="near")
        before = ("near", "rests")
    elif case == "young":
        Person.objects.filter(pk=son.pk).update(birth_date=dt.date(2012, 1, 1))
    elif case == "elsewhere":
        said = told(town.head(town.wang))
    else:
        said = {"person": son.pk, "wish": "changes"}
    made = visit(town.zhang, "2026-11-20", labour=[said])
    assert (made.counts, now(son)) == (True, before)
    assert "没改" in services.told_of_labour(made, [said])


def test_a_need_for_work_of_somebody_named_waits_for_a_yes_and_goes_with_the_visit(town, visit, son):
    need = {"kind": "need", "detail": "劳有所得", "words": "想在镇上找个厂"}
    visit(town.zhang, "2026-11-19", findings=[need])
    assert not LabourProposal.objects.exists(), "nobody was named"
    made = visit(town.zhang, "2026-11-20", findings=[need | {"person": son.pk}])
    waits = LabourProposal.objects.get()
    assert (waits.person, waits.said, waits.state) == (son, {"wish": "seeks"}, "open")
    assert waits.words == "劳有所得，想在镇上找个厂"
    assert now(son) is None
    services.undo_visit(actor=town.worker, visit=made)
    waits.refresh_from_db()
    assert waits.state == "gone"


def test_what_was_taken_into_the_register_stays_though_its_visit_is_undone(town, visit, son):
    need = {"kind": "need", "detail": "劳有所得", "person": son.pk}
    made = visit(town.zhang, "2026-11-20", findings=[need])
    jobs.take_proposal(actor=town.secretary, proposal=LabourProposal.objects.get(), status="idle")
    services.undo_visit(actor=town.worker, visit=made)
    assert (now(son), LabourProposal.objects.get().state) == (("idle", "seeks"), "taken")


def test_a_talent_proposes_only_a_skill_of_the_towns_list(town, visit, son):
    talent = {"kind": "talent", "detail": "土专家", "person": son.pk}
    visit(town.zhang, "2026-11-19", findings=[talent | {"words": "会养蜂"}])
    assert not LabourProposal.objects.exists()
    visit(town.zhang, "2026-11-20", findings=[talent | {"words": "电焊"}])
    assert list(LabourProposal.objects.get().said) == ["skills"]


def put(client: Any, town: Town, uid: uuid.UUID, **said: Any) -> Any:
    body = {"household": town.zhang.pk, "happened_at": clock.now().isoformat()} | said
    return client.put(f"/api/visits/{uid}/", json.dumps(body), content_type="application/json")


def test_the_phone_sends_it_with_the_visit_and_hears_what_became_of_it(town, client, son):
    client.force_login(town.worker)
    uid = uuid.uuid4()
    for status in (201, 200):
        answer = put(client, town, uid, labour=[told(son)])
        assert (answer.status_code, answer.json()["labour"]) == (status, "1 人的就业情况登记了。")
    assert Labour.objects.count() == 1
    assert put(client, town, uid, labour=[told(son, "farm", "rests")]).status_code == 409
    assert put(client, town, uuid.uuid4(), labour=[told(son, "flying")]).status_code == 422
    assert put(client, town, uuid.uuid4()).json()["labour"] == ""


def test_cards_and_pack_say_it_only_to_who_may_see_it(town, client, son):
    jobs.note_labour(actor=town.worker, person=son, status="idle", wish="seeks")
    says = {"person": son.pk, "name": "张翠山", "says": "在家待业，想找活", "works": False}
    for user, sees in ((town.worker, True), (town.assistant, False)):
        client.force_login(user)
        card = client.get(f"/api/households/{town.zhang.pk}/").json()
        assert (says in card["labour"]) is sees
        packed = client.get("/api/pack/").json()["cards"].get(str(town.zhang.pk), {})
        assert (says in packed.get("labour", [])) is sees


def test_a_visit_that_waits_for_the_village_keeps_what_it_heard(town, son):
    said = services.Content(happened_at=clock.now(), labour=(told(son),))
    assert services.Content.read(said.plain()) == said
    plain = services.Content(happened_at=clock.now())
    old = {k: v for k, v in json.loads(plain.plain()).items() if k != "labour"}
    assert services.Content.read(json.dumps(old)) == plain
    assert not Held.objects.exists()


def test_what_a_second_visit_said_too_stands_when_the_first_is_undone(town, visit, son):
    jobs.note_labour(actor=town.worker, person=son, day=dt.date(2026, 11, 2), status="near")
    first = visit(town.zhang, "2026-11-20", labour=[told(son)])
    second = visit(town.zhang, "2026-11-21", labour=[told(son)])
    services.undo_visit(actor=town.worker, visit=first)
    assert now(son) == ("idle", "seeks")
    services.undo_visit(actor=town.worker, visit=second)
    assert now(son) == ("near", "rests")


def test_the_first_visits_word_stands_when_the_second_that_said_the_same_is_undone(town, visit, son):
    first = visit(town.zhang, "2026-11-20", labour=[told(son)])
    second = visit(town.zhang, "2026-11-21", labour=[told(son)])
    services.undo_visit(actor=town.worker, visit=second)
    assert now(son) == ("idle", "seeks")
    services.undo_visit(actor=town.worker, visit=first)
    assert now(son) is None


def test_what_the_desk_asked_again_stands_when_the_visit_is_undone(town, visit, son):
    made = visit(town.zhang, "2026-11-20", labour=[told(son)])
    jobs.note_labour(actor=town.secretary, person=son)
    services.undo_visit(actor=town.worker, visit=made)
    assert now(son) == ("idle", "seeks")


def test_what_holds_again_lies_where_the_person_lives_by_now(town, visit, son):
    with clock.stopped_at("2026-10-08T10:00"):
        jobs.note_labour(actor=town.worker, person=son, status="near")
    made = visit(town.zhang, "2026-11-20", labour=[told(son)])
    town.zhang.territory, town.zhang.group = town.grid2, town.group3
    town.zhang.save()
    jobs.follow_register({town.zhang.pk})
    services.undo_visit(actor=town.secretary, visit=made)
    row = jobs.labour_of(son)
    assert (row.status, row.territory) == ("near", town.grid2)
    assert Labour.objects.get(until__isnull=False).territory == town.grid1
