"""What every household owes, and when: the plan's cadence and the town's answers where the plan is silent."""

import datetime as dt
import uuid

import pytest

from core import clock
from grids import services as register
from grids.models import Absence, Category, CategoryKind, Placement
from visits import services
from visits.models import Cadence, Obligation, Practice, Visit

pytestmark = pytest.mark.django_db


def owed(household, who):
    """The periods of one group as `{start: due}` with short dates."""
    rows = Obligation.objects.filter(household=household, who=who).order_by("period_start")
    return {f"{row.period_start:%m-%d}": f"{row.due_on:%m-%d}" for row in rows}


def begin(household, code, since, until=None):
    person = household.people.get(relation="户主")
    kind = CategoryKind.objects.get(code=code)
    return Category.objects.create(household=household, person=person, kind=kind, since=since, until=until)


def test_a_low_income_household_is_owed_every_month_since_the_village_began(town):
    assert owed(town.zhang, "category") == {"09-01": "09-30", "10-01": "10-31", "11-01": "11-30"}


def test_an_ordinary_household_is_owed_every_quarter_and_nothing_monthly(town):
    assert owed(town.wang, "ordinary") == {"07-01": "09-30", "10-01": "12-31"}
    assert owed(town.wang, "category") == {}


def test_a_household_in_the_five_categories_owes_no_quarter(town):
    assert owed(town.zhang, "ordinary") == {}


def test_the_secretary_owes_every_household_one_visit_a_year(town):
    for household in (town.zhang, town.wang, town.chen):
        assert owed(household, "secretary") == {"01-01": "12-31"}


def test_filling_a_second_time_adds_and_changes_nothing(town):
    before = list(Obligation.objects.order_by("pk").values())
    assert services.ensure_owed() == 0
    assert list(Obligation.objects.order_by("pk").values()) == before


def test_a_category_that_starts_after_the_20th_is_first_owed_next_month(town):
    begin(town.wang, "illness", dt.date(2026, 10, 21))
    Obligation.objects.filter(household=town.wang).delete()
    services.ensure_owed()
    assert owed(town.wang, "category") == {"11-01": "11-30"}


def test_a_category_that_starts_on_the_20th_is_owed_the_same_month(town):
    begin(town.wang, "illness", dt.date(2026, 10, 20))
    services.ensure_owed()
    assert owed(town.wang, "category") == {"10-01": "10-31", "11-01": "11-30"}


def test_the_town_may_set_another_day_for_late_categories(town):
    Practice.objects.create(since=dt.date(2026, 1, 1), late_category_day=25)
    begin(town.wang, "illness", dt.date(2026, 10, 24))
    services.ensure_owed()
    assert owed(town.wang, "category") == {"10-01": "10-31", "11-01": "11-30"}


def test_a_category_that_ends_is_owed_until_its_end(town):
    Category.objects.filter(household=town.zhang).update(until=dt.date(2026, 11, 12))
    services.ensure_owed()
    assert owed(town.zhang, "category")["11-01"] == "11-12"
    assert owed(town.zhang, "ordinary") == {"10-01": "12-31"}, "from then on it is an ordinary household"


def test_a_second_category_keeps_the_month_whole_when_the_first_ends(town):
    Category.objects.filter(household=town.zhang).update(until=dt.date(2026, 11, 12))
    begin(town.zhang, "veteran", dt.date(2026, 11, 22))
    services.ensure_owed()
    assert owed(town.zhang, "category")["11-01"] == "11-30"


def test_a_category_of_the_town_that_is_not_one_of_the_five_owes_no_monthly_visit(town):
    begin(town.wang, "disabled", dt.date(2026, 9, 1))
    services.ensure_owed()
    assert owed(town.wang, "category") == {}


def test_the_open_quarter_is_withdrawn_when_a_category_begins(town):
    begin(town.wang, "illness", dt.date(2026, 11, 2))
    services.ensure_owed()
    assert owed(town.wang, "ordinary") == {"07-01": "09-30"}, "the quarter that is over stays"


def test_a_quarter_that_was_visited_stays_when_a_category_begins(town, visit):
    visit(town.wang, "2026-10-09")
    begin(town.wang, "illness", dt.date(2026, 11, 2))
    services.ensure_owed()
    assert owed(town.wang, "ordinary") == {"07-01": "09-30", "10-01": "12-31"}


def test_a_household_that_moved_away_owes_nothing_more_but_keeps_what_it_missed(town):
    town.zhang.ended_on = dt.date(2026, 11, 10)
    town.zhang.save()
    services.ensure_owed()
    assert owed(town.zhang, "category") == {"09-01": "09-30", "10-01": "10-31"}
    assert owed(town.zhang, "secretary") == {}


def test_a_household_that_comes_in_november_owes_november_the_quarter_and_the_year_only(town):
    home = town.household(town.group1, "新来", since=dt.date(2026, 11, 5), number="060009")
    services.ensure_owed()
    assert owed(home, "ordinary") == {"10-01": "12-31"}
    assert owed(home, "secretary") == {"01-01": "12-31"}


def test_nothing_is_owed_where_the_village_has_not_begun(town):
    town.qiaoji.start_month = None
    town.qiaoji.save()
    Obligation.objects.all().delete()
    services.ensure_owed()
    assert not Obligation.objects.filter(household=town.chen).exists()


def test_who_is_away_for_work_stays_owed_and_is_marked(town):
    Absence.objects.create(household=town.wang, since=dt.date(2026, 10, 2))
    services.ensure_owed()
    rows = Obligation.objects.filter(household=town.wang, who="ordinary").order_by("period_start")
    assert [row.away for row in rows] == [False, True]
    Absence.objects.update(until=dt.date(2026, 11, 1))
    services.ensure_owed()
    assert not Obligation.objects.filter(household=town.wang, away=True).exists()


def test_one_person_away_is_not_the_household_away(town):
    Absence.objects.create(household=town.zhang, person=town.head(town.zhang), since=dt.date(2026, 10, 2))
    services.ensure_owed()
    assert not Obligation.objects.filter(away=True).exists()


def test_open_rows_follow_a_moved_household_and_what_is_over_stays(town, visit):
    visit(town.wang, "2026-10-09")
    for home in (town.zhang, town.wang):
        Placement.objects.filter(household=home).update(until=dt.date(2026, 11, 19))
        Placement.objects.create(
            household=home, territory=town.grid2, group=town.group3, since=dt.date(2026, 11, 20)
        )
        home.territory, home.group = town.grid2, town.group3
        home.save()
    services.ensure_owed()
    rows = Obligation.objects.filter(household=town.zhang, who="category").order_by("period_start")
    assert [row.territory for row in rows] == [town.grid1, town.grid1, town.grid2]
    assert (
        Obligation.objects.get(household=town.wang, who="ordinary", period_start="2026-10-01").territory
        == town.grid1
    )


def test_a_past_period_that_is_filled_late_belongs_to_the_grid_of_that_time(town):
    Obligation.objects.filter(household=town.zhang).delete()
    Placement.objects.filter(household=town.zhang).update(until=dt.date(2026, 10, 9))
    Placement.objects.create(
        household=town.zhang, territory=town.grid2, group=town.group3, since=dt.date(2026, 10, 10)
    )
    town.zhang.territory, town.zhang.group = town.grid2, town.group3
    town.zhang.save()
    services.ensure_owed()
    rows = Obligation.objects.filter(household=town.zhang, who="category").order_by("period_start")
    assert [row.territory for row in rows] == [town.grid1, town.grid2, town.grid2]


def test_only_the_named_villages_and_households_are_filled(town):
    Obligation.objects.all().delete()
    services.ensure_owed(villages=[town.qiaoji])
    assert set(Obligation.objects.values_list("household", flat=True)) == {town.chen.pk}
    services.ensure_owed(households=[town.wang.pk])
    assert set(Obligation.objects.values_list("household", flat=True)) == {town.chen.pk, town.wang.pk}
    assert services.ensure_owed(villages=[]) == services.ensure_owed(households=[]) == 0


def test_a_new_month_brings_new_visits_at_midnight_in_shanghai(town):
    with clock.stopped_at("2026-11-30T16:10:00+00:00"):
        services.ensure_owed()
    assert "12-01" in owed(town.zhang, "category")


def test_a_leap_day_and_a_year_end_are_periods_like_others(town):
    services.ensure_owed(today=dt.date(2028, 2, 29))
    assert owed(town.zhang, "category")["02-01"] == "02-29"
    years = Obligation.objects.filter(household=town.zhang, who=Cadence.SECRETARY)
    assert [row.period_start.year for row in years.order_by("period_start")] == [2026, 2027, 2028]


def test_a_visit_made_before_the_roster_came_discharges_what_is_filled_late(town, visit):
    visit(town.zhang, "2026-10-15")
    Obligation.objects.filter(household=town.zhang).delete()
    services.ensure_owed()
    rows = Obligation.objects.filter(household=town.zhang, who="category").order_by("period_start")
    assert [row.discharged_on for row in rows] == [None, dt.date(2026, 10, 15), None]
    assert rows[0].rested_on == dt.date(2026, 10, 15), "September is missed, but off the list"


def test_a_changed_register_is_followed_without_waiting_for_the_night(town):
    person = town.head(town.wang)
    register.begin_category(
        person=person, kind=CategoryKind.objects.get(code="illness"), since=dt.date(2026, 11, 3)
    )
    services.owed_for({town.wang.pk})
    assert owed(town.wang, "category") == {"11-01": "11-30"}


def backdated(town, actor, *, since):
    """A category of 王大春 that the secretary begins on a day in the past."""
    return register.change(
        actor=actor,
        kind="category_begin",
        person=town.head(town.wang),
        happened_on=since,
        facts={"category": "illness"},
    )


def test_undoing_a_backdated_category_withdraws_the_missed_months_it_alone_had_made(town):
    before = list(Obligation.objects.filter(household=town.wang).values_list("who", "period_start"))
    zhang = owed(town.zhang, "category")
    change = backdated(town, town.secretary, since=dt.date(2026, 9, 2))
    assert list(owed(town.wang, "category")) == ["09-01", "10-01", "11-01"]
    register.undo(actor=town.secretary, change=change)
    assert owed(town.wang, "category") == {}
    assert set(Obligation.objects.filter(household=town.wang).values_list("who", "period_start")) == set(
        before
    )
    assert owed(town.zhang, "category") == zhang, "nobody else's rows move"


def test_a_month_that_was_visited_stays_when_its_category_is_undone(town, visit):
    change = backdated(town, town.secretary, since=dt.date(2026, 9, 2))
    visit(town.wang, "2026-10-09")
    register.undo(actor=town.secretary, change=change)
    assert list(owed(town.wang, "category")) == ["10-01"]


def test_a_missed_month_stays_while_another_category_supports_it(town):
    begin(town.wang, "veteran", dt.date(2026, 9, 25))
    services.ensure_owed()
    change = backdated(town, town.secretary, since=dt.date(2026, 9, 2))
    assert list(owed(town.wang, "category")) == ["09-01", "10-01", "11-01"]
    register.undo(actor=town.secretary, change=change)
    assert list(owed(town.wang, "category")) == ["10-01", "11-01"], (
        "September began too late for the other one"
    )


def test_the_nightly_filling_withdraws_no_month_that_is_over(town):
    Category.objects.filter(household=town.zhang).update(since=dt.date(2026, 11, 2))
    services.ensure_owed()
    assert list(owed(town.zhang, "category")) == ["09-01", "10-01", "11-01"]


def test_a_phone_whose_clock_ran_before_the_village_began_discharges_nothing(town):
    """Its time is not refused, the visit is kept; but July is before the month from which anything is owed."""
    for home in (town.wang, town.zhang):
        services.record_visit(
            actor=town.secretary,
            uuid=uuid.uuid4(),
            household=home,
            happened_at=clock.at_noon(dt.date(2026, 8, 20)),
        )
    assert not Obligation.objects.exclude(discharged_on=None, rested_on=None).exists()
    assert not Visit.objects.filter(counts=True).exists()


def test_filling_late_lets_no_visit_from_before_the_village_began_discharge(town):
    services.record_visit(
        actor=town.secretary,
        uuid=uuid.uuid4(),
        household=town.wang,
        happened_at=clock.at_noon(dt.date(2026, 8, 20)),
    )
    Obligation.objects.filter(household=town.wang).delete()
    services.ensure_owed()
    assert owed(town.wang, "secretary") == {"01-01": "12-31"}
    assert not Obligation.objects.filter(household=town.wang).exclude(discharged_on=None).exists()


def test_an_earlier_start_lets_the_old_visit_count(town):
    services.record_visit(
        actor=town.worker,
        uuid=uuid.uuid4(),
        household=town.wang,
        happened_at=clock.at_noon(dt.date(2026, 8, 20)),
    )
    register.start_village(actor=register.SERVER, village=town.jinxing, month=dt.date(2026, 7, 1))
    services.settle(town.wang.pk)
    row = Obligation.objects.get(household=town.wang, who="ordinary", period_start="2026-07-01")
    assert row.discharged_on == dt.date(2026, 8, 20)
