"""走访计划: whom a plan has, on which days, who may change it, and what it says beside what happened."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.models import WorkdayChange
from core.periods import Month, Year
from core.workdays import is_workday
from grids.models import Household
from visits import services
from visits.models import PlanLine, VisitPlan
from visits.services import planned, planning

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER = Month.parse("2026-11"), Month.parse("2026-12")


@pytest.fixture
def plan(town):
    """金星村, November, made on Monday 23: 张 and 李 owed this month, 王 this quarter, 赵 in grid2 without a worker."""
    return planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)


def days_of(plan):
    lines = plan.lines.select_related("household").order_by("household__number")
    return {line.household.head_name: line.day for line in lines}


def line_of(plan, home):
    return plan.lines.get(household=home)


def change(actor, plan, home, **wanted):
    line = line_of(plan, home)
    now = {"day": line.day, "visitor": line.visitor_id, "reason": line.reason}
    return planning.change_lines(actor=actor, plan=plan, changes={line.pk: planning.Change(**now | wanted)})


# --- proposing -------------------------------------------------------------------------------------------------


def test_a_plan_has_the_households_of_the_month_and_the_quarters_share_of_it(town, plan):
    lines = {line.household_id: line for line in plan.lines.all()}
    assert {pk: line.monthly for pk, line in lines.items()} == {
        town.zhang.pk: True, town.wang.pk: False, town.li.pk: True, town.zhao.pk: True
    }  # fmt: skip
    assert {lines[home.pk].visitor for home in (town.zhang, town.wang, town.li)} == {town.worker.officer}
    assert lines[town.zhao.pk].visitor is None
    assert plan.reported_at is None


def test_what_is_done_already_is_not_planned(town, visit):
    visit(town.zhang, "2026-11-20")
    plan = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    assert not plan.lines.filter(household=town.zhang).exists()


def test_the_quarter_is_spread_over_its_months(town):
    for n in range(30):
        town.household(town.group1, f"户{n}", number=f"0601{n:02d}")
    services.ensure_owed()
    found = planning.needs(town.jinxing, NOVEMBER)
    assert len([need for need in found if not need.monthly]) == 16  # half of 31, with December left
    made = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    rest = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=DECEMBER)
    ordinary = [set(p.lines.filter(monthly=False).values_list("household", flat=True)) for p in (made, rest)]
    assert [len(each) for each in ordinary] == [16, 15]
    assert not ordinary[0] & ordinary[1]
    assert rest.lines.filter(household=town.zhang, monthly=True).exists()


def test_a_month_of_a_quarter_to_come_is_planned_by_the_register(town):
    with clock.stopped_at(dt.date(2026, 12, 28)):
        services.ensure_owed()
        found = planning.needs(town.jinxing, Month.parse("2027-01"))
    assert {need.household: need.monthly for need in found} == {
        town.zhang.pk: True, town.wang.pk: False, town.li.pk: True, town.zhao.pk: True
    }  # fmt: skip


def test_days_are_days_of_work_from_today_and_neighbours_share_them(town):
    for n in range(40):
        town.household(
            town.group1,
            f"户{n}",
            number=f"0601{n:02d}",
            categories=("lowincome",),
            since=dt.date(2026, 11, 1),
        )
    services.ensure_owed()
    WorkdayChange.objects.create(day=dt.date(2026, 11, 25), works=False, name="本地节")
    plan = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    days = list(
        plan.lines.filter(visitor=town.worker.officer)
        .order_by("household__group__position", "household__number")
        .values_list("day", flat=True)
    )
    assert days == sorted(days)
    assert all(is_workday(day) and day >= clock.today() for day in days)
    assert dt.date(2026, 11, 25) not in days
    assert {days.count(day) for day in set(days)} <= {8, 9}
    assert len(set(days)) == 5  # 23, 24, 26, 27, 30


@pytest.mark.parametrize(
    ("count", "days", "walks"),
    [(0, 5, []), (1, 5, [1]), (7, 5, [4, 3]), (12, 2, [6, 6]), (23, 20, [5, 5, 4, 5, 4])],
)
def test_a_walk_is_not_made_for_one_household_alone(count, days, walks):
    month = [dt.date(2026, 11, 1) + dt.timedelta(days=n) for n in range(days)]
    found = planning.spread_over(count, month)
    assert sorted(found) == found
    assert [found.count(day) for day in sorted(set(found))] == walks


def test_proposing_again_adds_whom_it_lacks_and_leaves_the_rest(town, plan):
    change(town.secretary, plan, town.zhang, day=dt.date(2026, 11, 30))
    new = town.household(
        town.group3, "孙新来", number="060099", categories=("lonely",), since=dt.date(2026, 11, 2)
    )
    services.ensure_owed()
    again = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    assert again.pk == plan.pk
    assert again.lines.filter(household=new).exists()
    assert days_of(again)["张三丰"] == dt.date(2026, 11, 30)
    assert VisitPlan.objects.count() == 1


def test_proposing_again_takes_nobody_out_of_a_later_month(town, visit):
    for n in range(30):
        town.household(town.group1, f"户{n}", number=f"0601{n:02d}")
    services.ensure_owed()
    plan = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    ordinary = plan.lines.filter(monthly=False).select_related("household")
    assert ordinary.count() == 16
    for line in list(ordinary)[:8]:
        visit(line.household, "2026-11-23")
    planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    assert ordinary.count() == 16, "visiting some of this month's share does not pull in the next month's"
    december = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=DECEMBER)
    assert december.lines.filter(monthly=False).count() == 15


def test_a_month_with_no_day_of_work_left_says_that_and_not_that_she_chose_wrongly(town, plan):
    WorkdayChange.objects.create(day=dt.date(2026, 11, 30), works=False, name="本地节")
    town.household(town.group3, "孙新来", number="060099", categories=("lonely",), since=dt.date(2026, 11, 2))
    services.ensure_owed()
    me = town.worker.officer.pk
    for verb in (
        lambda: planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER),
        lambda: planning.spread_again(actor=town.worker, plan=plan, visitor=me, weekdays={1, 2}),
    ):
        with (
            clock.stopped_at(dt.date(2026, 11, 28)),
            pytest.raises(ValidationError, match="一个工作日也没有了"),
        ):
            verb()


@pytest.mark.parametrize(
    "period", [Month.parse("2026-10"), Month.parse("2027-01"), Year.parse("2025"), Year.parse("2027")]
)
def test_a_period_that_is_over_or_far_off_is_not_planned(town, period):
    with pytest.raises(ValidationError, match="现在不能排"):
        planning.propose_plan(actor=town.secretary, village=town.jinxing, period=period)


def test_a_month_without_a_day_of_work_left_says_so(town):
    with clock.stopped_at(dt.date(2026, 11, 29)), pytest.raises(ValidationError, match="剩下的日子"):
        planning.days_left(NOVEMBER, {7})


@pytest.mark.parametrize("who", ["office", "worker", "leader", "neighbour", "supervisor", "nobody"])
def test_only_the_village_makes_and_reports_its_plan(town, plan, who):
    actor = getattr(town, who)
    for verb in (
        lambda: planning.propose_plan(actor=actor, village=town.jinxing, period=NOVEMBER),
        lambda: planning.report_plan(actor=actor, plan=plan),
        lambda: planning.reopen_plan(actor=actor, plan=plan),
    ):
        with pytest.raises(PermissionDenied):
            verb()


# --- changing --------------------------------------------------------------------------------------------------


def test_a_household_goes_to_another_day_another_visitor_or_is_left_out(town, plan):
    leader = town.leader.officer.pk
    assert change(town.secretary, plan, town.zhang, day=dt.date(2026, 11, 28), visitor=leader) == 1
    assert change(town.secretary, plan, town.li, day=None, reason="住院，下月去") == 1
    assert change(town.secretary, plan, town.wang) == 0
    found = line_of(plan, town.zhang)
    assert (found.day, found.visitor_id) == (dt.date(2026, 11, 28), leader)
    assert line_of(plan, town.li).day is None
    assert found.history.count() == 1


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"day": dt.date(2026, 12, 1)}, "日子要在2026年11月里"),
        ({"day": dt.date(2026, 11, 22)}, "11月22日已经过了"),
        ({"day": None}, "写一句原因"),
        ({"visitor": 10**9}, "不在这个村任职"),
        ({"reason": "长" * 101}, "100"),
    ],
)
def test_a_wrong_change_is_told_with_the_household_and_nothing_changes(town, plan, wanted, sentence):
    before = days_of(plan)
    with pytest.raises(ValidationError) as told:
        change(town.secretary, plan, town.zhang, **wanted)
    assert told.value.messages[0].startswith("张三丰 家：")
    assert sentence in told.value.messages[0]
    assert days_of(plan) == before


def test_the_neighbours_officer_cannot_be_chosen(town, plan):
    with pytest.raises(ValidationError, match="不在这个村任职"):
        change(town.secretary, plan, town.zhang, visitor=town.neighbour.officer.pk)


def test_a_worker_moves_her_own_days_and_nobody_elses(town, plan):
    assert change(town.worker, plan, town.zhang, day=dt.date(2026, 11, 30)) == 1
    with pytest.raises(ValidationError, match="换人要网格长"):
        change(town.worker, plan, town.zhang, visitor=town.leader.officer.pk)
    change(town.leader, plan, town.zhang, visitor=town.leader.officer.pk)
    for actor in (town.worker, town.assistant, town.office, town.neighbour):
        with pytest.raises(PermissionDenied):
            change(actor, plan, town.zhang, day=dt.date(2026, 11, 27))
    with pytest.raises(PermissionDenied):
        change(town.leader, plan, town.zhao, day=dt.date(2026, 11, 27))


def test_an_old_page_does_not_undo_what_somebody_else_changed(town, plan):
    version = VisitPlan.objects.get(pk=plan.pk).version
    change(town.worker, plan, town.zhang, day=dt.date(2026, 11, 30))
    line = line_of(plan, town.li)
    with pytest.raises(ValidationError, match="刚才有人改过"):
        planning.change_lines(
            actor=town.secretary,
            plan=plan,
            changes={line.pk: planning.Change(dt.date(2026, 11, 24), None)},
            version=version,
        )


def test_the_weekdays_a_visitor_chooses_are_hers(town, plan, visit):
    visit(town.zhang, "2026-11-23")
    change(town.secretary, plan, town.wang, day=None, reason="出远门")
    moved = planning.spread_again(actor=town.worker, plan=plan, visitor=town.worker.officer.pk, weekdays={4})
    assert moved == 1
    assert days_of(plan) | {"赵建国": None} == {
        "张三丰": dt.date(2026, 11, 23), "王大春": None, "李㻞": dt.date(2026, 11, 26), "赵建国": None
    }  # fmt: skip
    assert line_of(plan, town.li).history.get().history_user == town.worker
    with pytest.raises(PermissionDenied):
        planning.spread_again(actor=town.worker, plan=plan, visitor=None, weekdays={4})
    with pytest.raises(ValidationError, match="没有您选的工作日"):
        planning.spread_again(actor=town.worker, plan=plan, visitor=town.worker.officer.pk, weekdays={6})


# --- reporting -------------------------------------------------------------------------------------------------


def test_a_reported_plan_stays_until_somebody_opens_it_and_its_history_says_who(town, plan):
    with pytest.raises(ValidationError, match="还有 1 户没有定走访人"):
        planning.report_plan(actor=town.secretary, plan=plan)
    change(town.secretary, plan, town.zhao, visitor=town.secretary.officer.pk)
    plan = planning.report_plan(actor=town.secretary, plan=plan)
    assert (plan.reported_by, plan.reported_at) == (town.secretary, clock.now())
    version = plan.history.count()
    planning.report_plan(actor=town.secretary, plan=plan)
    assert plan.history.count() == version
    for verb in (
        lambda: change(town.secretary, plan, town.zhang, day=dt.date(2026, 11, 30)),
        lambda: planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER),
        lambda: planning.spread_again(
            actor=town.secretary, plan=plan, visitor=town.worker.officer.pk, weekdays={1}
        ),
    ):
        with pytest.raises(ValidationError, match="已经报到镇里"):
            verb()
    planning.reopen_plan(actor=town.secretary, plan=plan)
    assert change(town.secretary, plan, town.zhang, day=dt.date(2026, 11, 30)) == 1
    assert plan.history.filter(reported_by=town.secretary).exists()


def test_an_empty_plan_is_not_reported(town):
    plan = VisitPlan.objects.create(village=town.jinxing, whose=VisitPlan.VILLAGE, start=NOVEMBER.first)
    with pytest.raises(ValidationError, match="一户也没有"):
        planning.report_plan(actor=town.secretary, plan=plan)


# --- beside what happened ----------------------------------------------------------------------------------------


def figures(plan):
    lines = PlanLine.objects.filter(plan=plan)
    return planned.kept(lines, period=plan.period, by_secretary=plan.is_secretary)[plan.pk]


def test_what_was_done_is_asked_of_the_visits_that_count(town, plan, visit):
    change(town.secretary, plan, town.wang, day=None, reason="出远门")
    assert figures(plan) == planned.Kept(planned=3, monthly=3, done=0, left_out=1)
    visit(town.li, "2026-11-23", met=False)
    visit(town.wang, "2026-11-23")
    made = visit(town.zhang, "2026-11-02", actor=town.secretary)  # before its day, by somebody else: done
    assert figures(plan).done == 1
    services.undo_visit(actor=town.secretary, visit=made)
    assert figures(plan).done == 0
    assert figures(plan).share == 0


def test_a_household_that_moved_away_before_it_was_visited_is_not_planned_any_more(town, plan, visit):
    visit(town.li, "2026-11-23")
    for home in (town.zhang, town.li):
        Household.objects.filter(pk=home.pk).update(ended_on="2026-11-24")
    # 李 was visited in time and stays; 张 cannot be visited any more.
    assert figures(plan) == planned.Kept(planned=3, monthly=2, done=1, left_out=0)
    Household.objects.filter(pk=town.zhang.pk).update(ended_on="2026-12-02")
    assert figures(plan).planned == 4, "in November it was still there"
    Household.objects.filter(pk=town.zhang.pk).update(ended_on=None)
    assert figures(plan).planned == 4, "the change was undone"


def test_who_moved_away_is_neither_spread_anew_nor_holds_up_the_report(town, plan):
    Household.objects.filter(pk__in=[town.zhang.pk, town.zhao.pk]).update(ended_on="2026-11-23")
    me = town.worker.officer.pk
    assert planning.spread_again(actor=town.worker, plan=plan, visitor=me, weekdays={4}) == 2
    assert line_of(plan, town.zhang).day == dt.date(2026, 11, 23)
    assert planning.report_plan(actor=town.secretary, plan=plan).reported_at  # 赵 had no visitor


def test_what_was_planned_for_a_day_that_is_over_may_stay_so(town, plan):
    with clock.stopped_at(dt.date(2026, 11, 25)):
        assert change(town.secretary, plan, town.zhang, visitor=town.leader.officer.pk) == 1
    assert line_of(plan, town.zhang).day == dt.date(2026, 11, 23)


def test_the_days_that_are_planned(town, plan):
    found = planned.planned_days([town.zhang.pk, town.chen.pk])
    assert found == {(town.zhang.pk, "village"): line_of(plan, town.zhang).day}
    change(town.secretary, plan, town.zhang, day=None, reason="住院")
    assert not planned.planned_days([town.zhang.pk])


# --- the secretary's year ----------------------------------------------------------------------------------------


def test_the_secretarys_round_has_everybody_she_has_not_visited_this_year(town, visit):
    visit(town.zhang, "2026-10-09", actor=town.secretary)
    visit(town.wang, "2026-11-09")
    year = Year.parse("2026")
    plan = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=year)
    assert set(days_of(plan)) == {"王大春", "李㻞", "赵建国"}
    assert {line.visitor for line in plan.lines.all()} == {town.secretary.officer}
    assert planned.unseen_this_year([town.jinxing, town.qiaoji], year) == {
        town.jinxing.pk: (3, 0), town.qiaoji.pk: (1, 1)
    }  # fmt: skip
    visit(town.li, "2026-11-23")
    assert figures(plan).done == 0
    visit(town.li, "2026-11-23", actor=town.secretary)
    assert figures(plan).done == 1
    town.household(town.group1, "孙新来", number="060099")
    services.ensure_owed()
    assert planned.unseen_this_year([town.jinxing], year) == {town.jinxing.pk: (3, 1)}


def test_a_household_may_stand_in_both_plans_and_in_each_only_once(town, plan):
    year = planning.propose_plan(actor=town.secretary, village=town.jinxing, period=Year.parse("2026"))
    assert planned.planned_days([town.zhang.pk]).keys() == {
        (town.zhang.pk, "village"),
        (town.zhang.pk, "secretary"),
    }
    planning.propose_plan(actor=town.secretary, village=town.jinxing, period=Year.parse("2026"))
    assert year.lines.filter(household=town.zhang).count() == 1


def test_a_plan_costs_the_same_for_ten_households_and_for_fifty(town):
    def cost(period):
        with CaptureQueriesContext(connection) as found:
            planning.propose_plan(actor=town.secretary, village=town.jinxing, period=period)
        return len(found)

    before = cost(NOVEMBER)
    VisitPlan.objects.all().delete()
    for n in range(40):
        town.household(town.group1, f"户{n}", number=f"0601{n:02d}")
    services.ensure_owed()
    assert cost(NOVEMBER) <= before
