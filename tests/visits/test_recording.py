"""Recording a visit: what counts, what it discharges, the phone's clock, the same record twice, undo and correction."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from grids.models import Absence, Post
from visits import services
from visits.models import Finding, Obligation, Practice, Visit

pytestmark = pytest.mark.django_db


def row(household, who, start):
    return Obligation.objects.get(household=household, who=who, period_start=start)


def away(household, since="2026-09-01"):
    return Absence.objects.create(household=household, since=dt.date.fromisoformat(since))


def test_a_visit_at_the_door_discharges_the_month(town, visit):
    made = visit(town.zhang, "2026-11-05")
    assert made.counts
    assert row(town.zhang, "category", "2026-11-01").discharged_on == dt.date(2026, 11, 5)
    assert row(town.zhang, "category", "2026-11-01").visit == made


def test_the_secretary_discharges_month_and_year_in_one_visit(town, visit):
    made = visit(town.zhang, "2026-11-05", actor=town.secretary)
    assert made.by_secretary
    assert row(town.zhang, "secretary", "2026-01-01").discharged_on == dt.date(2026, 11, 5)
    assert row(town.zhang, "category", "2026-11-01").discharged_on == dt.date(2026, 11, 5)


def test_a_workers_visit_leaves_the_secretarys_year_open(town, visit):
    visit(town.zhang, "2026-11-05")
    assert row(town.zhang, "secretary", "2026-01-01").discharged_on is None


def test_the_assistant_may_discharge_too(town, visit):
    visit(town.wang, "2026-11-05", actor=town.assistant)
    assert row(town.wang, "ordinary", "2026-10-01").discharged_on == dt.date(2026, 11, 5)


def test_nobody_at_home_is_recorded_and_discharges_nothing(town, visit):
    assert not visit(town.zhang, "2026-11-05", met=False).counts
    assert row(town.zhang, "category", "2026-11-01").discharged_on is None


def test_a_phone_call_to_a_household_at_home_does_not_count(town, visit):
    assert not visit(town.zhang, "2026-11-05", manner="phone").counts


def test_a_phone_call_counts_while_the_household_is_away_but_not_two_months_running(town, visit):
    away(town.zhang)
    september, october, november = (
        visit(town.zhang, f"2026-{m}-05", manner="phone") for m in ("09", "10", "11")
    )
    assert [Visit.objects.get(pk=v.pk).counts for v in (september, october, november)] == [True, False, True]
    assert row(town.zhang, "category", "2026-10-01").discharged_on is None
    assert row(town.zhang, "category", "2026-10-01").rested_on == dt.date(2026, 11, 5)


def test_the_calls_count_the_same_in_whatever_order_they_arrive(town, visit):
    away(town.zhang)
    made = [visit(town.zhang, f"2026-{m}-05", manner="phone") for m in ("11", "09", "10")]
    assert [Visit.objects.get(pk=v.pk).counts for v in made] == [True, True, False]


def test_a_household_that_came_back_later_keeps_the_call_that_counted(town, visit):
    gone = away(town.zhang)
    made = visit(town.zhang, "2026-10-05", manner="phone")
    gone.delete()
    visit(town.zhang, "2026-11-05")
    made.refresh_from_db()
    assert made.counts


def test_the_town_may_let_calls_never_count(town, visit):
    Practice.objects.create(since=dt.date(2026, 1, 1), phone_counts_when_away=False)
    away(town.zhang)
    assert not visit(town.zhang, "2026-11-05", manner="phone").counts


def test_the_earliest_visit_of_the_month_is_the_one_in_the_ledger(town, visit):
    visit(town.zhang, "2026-11-15")
    visit(town.zhang, "2026-11-03")
    assert row(town.zhang, "category", "2026-11-01").discharged_on == dt.date(2026, 11, 3)


def test_a_missed_month_stays_missed_but_leaves_the_overdue_list_with_the_next_visit(town, visit):
    assert Obligation.objects.overdue().filter(household=town.zhang, who="category").count() == 2
    visit(town.zhang, "2026-11-05")
    missed = row(town.zhang, "category", "2026-10-01")
    assert (missed.discharged_on, missed.rested_on) == (None, dt.date(2026, 11, 5))
    assert not Obligation.objects.overdue().filter(household=town.zhang, who="category").exists()


def test_undo_opens_again_what_the_visit_closed(town, visit):
    made = visit(town.zhang, "2026-11-05")
    services.undo_visit(actor=town.worker, visit=made)
    assert row(town.zhang, "category", "2026-11-01").discharged_on is None
    assert row(town.zhang, "category", "2026-10-01").rested_on is None
    services.undo_visit(actor=town.worker, visit=made)


def test_undo_leaves_the_discharge_to_the_next_visit_of_the_month(town, visit):
    first, second = visit(town.zhang, "2026-11-05"), visit(town.zhang, "2026-11-15")
    services.undo_visit(actor=town.worker, visit=first)
    assert row(town.zhang, "category", "2026-11-01").visit == second


def test_after_a_day_it_is_too_late_to_undo_and_the_sentence_says_what_to_do(town, visit):
    made = visit(town.zhang, "2026-11-05")
    with clock.stopped_at("2026-11-24T12:01"), pytest.raises(ValidationError, match="过了 24 小时"):
        services.undo_visit(actor=town.worker, visit=made)


def test_only_the_visitor_and_the_secretary_undo(town, visit):
    made = visit(town.zhang, "2026-11-05")
    for stranger in (town.assistant, town.leader, town.neighbour, town.nobody):
        with pytest.raises(PermissionDenied):
            services.undo_visit(actor=stranger, visit=made)
    undone = services.undo_visit(actor=town.secretary, visit=made)
    assert undone.void_by == town.secretary, "who took it back stays to be read"


def test_a_correction_is_a_new_row_that_takes_the_old_ones_place(town, visit):
    made = visit(town.zhang, "2026-11-05")
    corrected = services.correct_visit(
        actor=town.worker, visit=made, uuid=uuid.uuid4(), happened_at=clock.now(), day=dt.date(2026, 10, 30)
    ).visit
    made.refresh_from_db()
    assert made.void_at is not None
    assert corrected.corrects == made
    assert row(town.zhang, "category", "2026-10-01").visit == corrected
    assert row(town.zhang, "category", "2026-11-01").discharged_on is None
    with pytest.raises(ValidationError, match="已经撤销或更正过"):
        services.correct_visit(actor=town.worker, visit=made, uuid=uuid.uuid4(), happened_at=clock.now())


def test_a_correction_taken_back_leaves_the_first_visit_standing_and_it_may_be_corrected_again(town, visit):
    made = visit(town.zhang, "2026-11-05")

    def correct(old, day):
        said = {"happened_at": clock.now(), "day": dt.date.fromisoformat(day)}
        return services.correct_visit(actor=town.worker, visit=old, uuid=uuid.uuid4(), **said).visit

    services.undo_visit(actor=town.worker, visit=correct(made, "2026-10-30"))
    made.refresh_from_db()
    assert (made.void_at, made.void_by, made.counts) == (None, None, True)
    assert row(town.zhang, "category", "2026-11-01").visit == made
    assert row(town.zhang, "category", "2026-10-01").discharged_on is None
    second = correct(made, "2026-11-06")
    third = correct(second, "2026-11-07")
    services.undo_visit(actor=town.worker, visit=third)
    assert row(town.zhang, "category", "2026-11-01").visit == second
    made.refresh_from_db()
    assert made.void_at is not None, "only what the last correction replaced stands again"
    services.undo_visit(actor=town.worker, visit=second)
    assert row(town.zhang, "category", "2026-11-01").visit == made


def send(town, **changes):
    content = {
        "actor": town.worker,
        "uuid": uuid.UUID(int=7),
        "household": town.zhang,
        "happened_at": clock.now() - dt.timedelta(hours=1),
        "findings": [{"kind": "talent", "words": "会嫁接", "urgency": "days"}],
    } | changes
    return services.record_visit(**content)


def test_the_same_record_again_is_the_same_row(town):
    first = send(town, sent_at=clock.now())
    again = send(town, sent_at=clock.now() + dt.timedelta(minutes=3))
    assert (first.created, again.created) == (True, False)
    assert first.visit == again.visit
    assert Visit.objects.count() == Finding.objects.count() == 1


def test_other_content_or_another_person_under_the_same_number_is_a_conflict(town):
    send(town)
    for changes in ({"met": False}, {"household": town.wang}, {"actor": town.leader}, {"findings": []}):
        with pytest.raises(services.Conflict):
            send(town, **changes)
    assert Visit.objects.count() == 1


@pytest.mark.parametrize("skew", [dt.timedelta(days=3), dt.timedelta(days=-3), dt.timedelta(hours=9)])
def test_a_phone_whose_clock_is_wrong_gives_the_right_day(town, skew):
    made = send(
        town, happened_at=clock.now() - dt.timedelta(hours=30) + skew, sent_at=clock.now() + skew
    ).visit
    assert made.day == dt.date(2026, 11, 22)
    assert made.happened_at != made.corrected_at


def test_the_day_is_the_day_in_shanghai(town):
    with clock.stopped_at("2026-11-30T16:30:00+00:00"):
        assert send(town, happened_at=clock.now()).visit.day == dt.date(2026, 12, 1)


def test_a_phone_ahead_of_time_without_its_own_clock_is_taken_as_now(town):
    assert send(town, happened_at=clock.now() + dt.timedelta(days=9)).visit.day == clock.today()


def test_a_typed_day_that_is_not_yet_here_is_refused(town):
    with pytest.raises(ValidationError, match="这一天还没到，改成今天或以前。"):
        send(town, day=dt.date(2026, 11, 24))


def test_a_typed_day_before_the_village_began_is_refused_with_the_month(town):
    with pytest.raises(ValidationError, match="金星村从2026年9月起算走访"):
        send(town, day=dt.date(2026, 8, 31))


def test_a_new_secretary_does_not_inherit_the_visits_of_before_his_time(town, visit):
    Post.objects.filter(officer__user=town.secretary).update(since=dt.date(2026, 11, 1))
    assert not visit(town.wang, "2026-10-20", actor=town.secretary).by_secretary
    assert visit(town.wang, "2026-11-20", actor=town.secretary).by_secretary


@pytest.mark.parametrize("who", ["office", "neighbour", "supervisor", "sysadmin", "nobody"])
def test_who_does_not_carry_the_household_cannot_record_for_it(town, who):
    with pytest.raises(PermissionDenied):
        send(town, actor=getattr(town, who))
    assert not Visit.objects.exists()


def test_a_companion_from_another_village_is_refused(town):
    assert send(town, companions=[town.leader.officer.pk]).visit.companions.get() == town.leader.officer
    with pytest.raises(ValidationError, match="不在金星村任职"):
        send(town, uuid=uuid.uuid4(), companions=[town.neighbour.officer.pk])


def test_a_household_that_has_moved_away_takes_visits_of_before_only(town, visit):
    town.zhang.ended_on = dt.date(2026, 11, 10)
    town.zhang.save()
    visit(town.zhang, "2026-11-09")
    with pytest.raises(ValidationError, match="已销户"):
        visit(town.zhang, "2026-11-10")


def test_a_visit_on_the_first_of_the_month_counts_before_the_night_task_has_run(town):
    with clock.stopped_at("2026-12-01T00:05"):
        made = send(town, happened_at=clock.now()).visit
    assert row(town.zhang, "category", "2026-12-01").visit == made


def test_a_finding_is_settled_with_a_result_and_not_without(town):
    finding = send(town).visit.findings.get()
    with pytest.raises(ValidationError, match="写一句办理结果"):
        services.settle_finding(actor=town.worker, finding=finding, state=Finding.SETTLED, outcome=" ")
    settled = services.settle_finding(
        actor=town.worker, finding=finding, state=Finding.SETTLED, outcome="劝好了"
    )
    assert (settled.state, settled.settled_on, settled.settled_by) == ("settled", clock.today(), town.worker)
    with pytest.raises(PermissionDenied):
        services.settle_finding(
            actor=town.assistant, finding=finding, state=Finding.SETTLED, outcome="劝好了"
        )


def test_a_kind_nobody_knows_and_the_same_kind_twice_are_refused(town):
    with pytest.raises(ValidationError):
        send(town, findings=[{"kind": "gossip"}])
    with pytest.raises(ValidationError, match="写在一条里"):
        send(town, findings=[{"kind": "talent"}, {"kind": "talent"}])
    assert not Visit.objects.exists()
