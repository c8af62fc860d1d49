"""The labour register: who is to be in it, what is noted of whom from when, and what is refused and why."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.after import register_changed
from grids.models import Absence, Person
from jobs import services
from jobs.models import JobsRule, Labour, LabourProposal, Skill, Trade
from jobs.services.errors import GONE, TOO_YOUNG_TO_NOTE
from tests.jobs.conftest import TODAY, born
from tests.people import Town


def note(town: Town, person: Person, **said: object) -> Labour:
    return services.note_labour(actor=town.worker, person=person, **said)


def names(rows: object) -> set[str]:
    return {str(getattr(row, "person", row)) for row in rows}  # type: ignore[attr-defined]


def test_a_change_begins_a_new_row_and_the_rest_stays_as_it_was(town, son):
    trade, skill = Trade.objects.get(name="焊工"), Skill.objects.get(name="焊工证")
    first = note(town, son, day=dt.date(2026, 10, 8), status="idle", wish="seeks", wage=4500, trades=[trade])
    second = note(town, son, status="near", employer="顺发机械厂", skills=[skill])
    first.refresh_from_db()
    assert (first.until, second.since, second.until) == (dt.date(2026, 11, 22), TODAY, None)
    assert (second.wage, second.wish, second.employer) == (4500, "seeks", "顺发机械厂")
    assert (list(second.trades.all()), list(second.skills.all())) == ([trade], [skill])
    assert (list(first.skills.all()), first.noted_by) == ([], town.worker)


def test_where_he_worked_ends_with_that_work(town, son):
    with clock.stopped_at("2026-10-08T10:00"):
        note(town, son, status="near", place="镇上", employer="老厂", subsidy="务工补贴")
    row = note(town, son, status="idle", wish="seeks")
    assert (row.place, row.employer, row.subsidy) == ("", "", "务工补贴")
    row = note(town, son, status="away", place="苏州")
    assert (row.place, row.employer) == ("苏州", "")
    assert note(town, son, wish="changes").place == "苏州", "the same work goes on"
    form = {"place": "苏州", "employer": "自己帮忙的"}
    row = note(town, son, status="idle", **form)
    assert (row.place, row.employer) == ("", "自己帮忙的"), "what was only left standing in the form"


def test_of_one_day_the_last_word_holds_and_the_same_again_is_only_asked_again(town, son):
    note(town, son, status="idle", wish="seeks")
    note(town, son, status="farm", wish="rests")
    row = Labour.objects.get()
    assert row.status == "farm"
    with clock.stopped_at("2027-03-01T10:00"):
        again = note(town, son, status="farm")
        assert (Labour.objects.get(), again.since) == (row, TODAY)
        assert again.noted_at == clock.now(), "somebody asked, and nothing has changed"


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"status": "idle", "wage": 300000}, "wage", "多写了一个零"),
        ({"status": "nothing"}, "status", "不是有效选项"),
        ({"status": "idle", "limits": ["fly"]}, "limits", "选页面上列的几样。"),
        ({"status": "idle", "day": dt.date(2026, 11, 24)}, "since", "还没到"),
        ({}, "status", ""),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(town, son, said, field, words):
    with pytest.raises(ValidationError) as refused:
        note(town, son, **said)
    assert words in "".join(refused.value.message_dict[field])
    assert not Labour.objects.exists()


def test_nobody_under_sixteen_looks_for_work_and_nobody_who_has_left_is_noted(town, son):
    born(son, "2010-11-24")
    for said in ({"status": "idle", "wish": "seeks"}, {"status": "near"}):
        with pytest.raises(ValidationError) as refused:
            note(town, son, **said)
        assert refused.value.message_dict == {"person": [TOO_YOUNG_TO_NOTE]}
    note(town, son, status="school")
    with clock.stopped_at("2026-11-24T08:00"):
        note(town, son, status="near")
    Person.objects.filter(pk=son.pk).update(left_on=TODAY, left_why="moved")
    son.refresh_from_db()
    with pytest.raises(ValidationError) as refused:
        note(town, son, status="idle")
    assert refused.value.message_dict == {"person": [GONE]}


def test_what_is_newer_stands_and_who_has_no_right_there_notes_nothing(town, son):
    note(town, son, status="near")
    with pytest.raises(ValidationError, match="已有更新的登记"):
        note(town, son, day=dt.date(2026, 11, 1), status="idle")
    for stranger in (town.neighbour, town.assistant, town.supervisor):
        with pytest.raises(PermissionDenied):
            services.note_labour(actor=stranger, person=son, status="idle")


def test_who_is_to_be_registered_follows_from_age_within_the_reach(town, son, wife, far):
    assert names(services.unregistered(town.secretary)) == {"张翠山", "殷素素"}
    assert names(services.unregistered(town.neighbour)) == {str(far)}
    assert names(services.unregistered(town.office)) == {"张翠山", "殷素素", str(far)}
    assert not services.unregistered(town.supervisor)
    note(town, son, status="near")
    assert names(services.unregistered(town.worker)) == {"殷素素"}


@pytest.mark.parametrize(
    ("day", "sex", "counts"),
    [
        ("2010-11-23", "M", True),
        ("2010-11-24", "M", False),
        ("1966-11-24", "M", True),
        ("1966-11-23", "M", False),
        ("1971-11-24", "F", True),
        ("1971-11-23", "F", False),
        ("1966-11-24", "", True),
    ],
)
def test_working_age_begins_and_ends_on_a_birthday(town, son, day, sex, counts):
    born(son, day, sex=sex)
    assert (son in services.unregistered(town.worker)) is counts


def test_the_town_raises_the_ages_by_a_rule(town, son):
    born(son, "1965-06-01")
    assert son not in services.unregistered(town.worker)
    JobsRule.objects.create(since=dt.date(2026, 1, 1), age_men=63, age_women=58)
    assert son in services.unregistered(town.worker)


def test_who_was_not_asked_for_long_is_asked_again(town, son, wife):
    with clock.stopped_at("2026-05-22T10:00"):
        note(town, son, status="idle")
        note(town, wife, status="unable")
    assert names(services.stale(town.worker)) == {"张翠山"}
    note(town, son)
    assert not services.stale(town.worker)


def test_the_lists_cost_the_same_however_long(town, son, wife, far):
    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            services.absences_of(list(services.unregistered(town.office)))
            list(services.stale(town.office))
        return len(caught)

    before = asked()
    for number in range(6):
        born(town.person(town.wang, f"工{number}", "儿子"), "1995-01-01", sex="M")
    assert asked() == before


def test_away_in_the_register_of_residents_is_taken_over_once(town, son, wife):
    Absence.objects.create(household=town.zhang, person=son, since=dt.date(2026, 10, 2), place="合肥")
    away = services.absences_of([son, wife])
    assert {pk: row.place for pk, row in away.items()} == {son.pk: "合肥"}
    row = services.register_away(actor=town.worker, person=son)
    assert (row.status, row.place, row.since) == ("away", "合肥", dt.date(2026, 10, 2))
    assert son not in services.unregistered(town.worker)
    with pytest.raises(ValidationError, match="花名册里没有写"):
        services.register_away(actor=town.worker, person=wife)
    with pytest.raises(PermissionDenied):
        services.register_away(actor=town.neighbour, person=son)


def test_several_are_registered_at_once_and_nobody_twice(town, son, wife, far):
    note(town, son, status="near")
    assert services.register_many(actor=town.worker, people=[son, wife], status="farm") == (1, [])
    assert services.labour_of(son).status == "near"
    done, refused = services.register_many(actor=town.worker, people=[far], status="farm")
    assert (done, [person for person, _ in refused]) == (0, [far]), "not hers"


def test_what_holds_lies_where_the_person_lives_and_past_days_stay(town, son):
    with clock.stopped_at("2026-10-08T10:00"):
        note(town, son, status="near")
    town.zhang.territory, town.zhang.group = town.grid2, town.group3
    town.zhang.save()
    register_changed([town.zhang.pk])
    now = services.labour_of(son)
    assert (now.territory, now.since) == (town.grid2, TODAY)
    past = Labour.objects.get(until__isnull=False)
    assert (past.territory, past.until) == (town.grid1, dt.date(2026, 11, 22))
    assert son.pk not in {row.person_id for row in services.registered(town.worker)}


def test_it_goes_with_the_person_into_another_household_of_the_same_grid(town, son):
    with clock.stopped_at("2026-10-08T10:00"):
        note(town, son, status="near")
    Person.objects.filter(pk=son.pk).update(household=town.wang)
    services.follow_register({town.zhang.pk, town.wang.pk})
    now, past = services.labour_of(son), Labour.objects.get(until__isnull=False)
    assert (now.household, now.since, past.household) == (town.wang, TODAY, town.zhang)


# --- proposals --------------------------------------------------------------------------------------------------------


def propose(town: Town, person: Person, **said: object) -> LabourProposal:
    return services.propose_labour(
        actor=town.worker,
        person=person,
        household=person.household,
        territory=person.household.territory,
        day=TODAY,
        source=f"visit:x:found:{person.pk}",
        said=said or {"wish": "seeks"},
        words="想在镇上找个厂",
    )


def test_a_proposal_is_taken_with_the_status_of_who_is_not_registered_yet(town, son):
    proposal = propose(town, son)
    assert propose(town, son) == proposal
    with pytest.raises(ValidationError, match="先选他现在的就业状态"):
        services.take_proposal(actor=town.worker, proposal=proposal)
    row = services.take_proposal(actor=town.worker, proposal=proposal, status="idle")
    assert (row.status, row.wish) == ("idle", "seeks")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("taken", town.worker)
    with pytest.raises(ValidationError, match="已经定过了：登记了"):
        services.leave_proposal(actor=town.worker, proposal=proposal)


def test_it_is_left_by_who_may_note_and_settled_by_whoever_notes_the_same(town, son, wife):
    first, second = propose(town, son), propose(town, wife)
    with pytest.raises(PermissionDenied):
        services.leave_proposal(actor=town.neighbour, proposal=first)
    assert services.leave_proposal(actor=town.worker, proposal=first).state == "left"
    note(town, wife, status="idle", wish="seeks")
    second.refresh_from_db()
    assert second.state == "taken"


def test_a_skill_comes_to_those_there_were(town, son):
    welding, driving = Skill.objects.get(name="焊工证"), Skill.objects.get(name="驾驶证")
    note(town, son, status="near", skills=[welding])
    row = services.take_proposal(actor=town.worker, proposal=propose(town, son, skills=[driving.pk]))
    assert set(row.skills.all()) == {welding, driving}
    assert services.of_finding(False, "土专家", "电焊") == {"skills": [welding.pk]}
    assert services.of_finding(False, "土专家", "会养蜂") == {}
