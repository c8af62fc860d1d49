"""Days of work: the week, what the State Council announced, and the town's own table above both."""

import datetime as dt

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core import clock, workdays
from core.models import WorkdayChange
from core.periods import Month
from core.workdays import Calendar

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-25", True),  # a Wednesday
        ("2026-11-28", False),  # a Saturday
        ("2026-10-01", False),  # 国庆节
        ("2026-10-10", True),  # a Saturday worked for it
        ("2026-02-17", False),  # 春节
    ],
)
def test_the_library_knows_the_announced_years(day, works):
    assert workdays.is_workday(dt.date.fromisoformat(day)) is works


def test_our_reading_of_the_librarys_tables_is_its_own():
    calendar = Calendar()
    for year in sorted(workdays.KNOWN_YEARS)[-3:]:
        for count in range(365):
            day = dt.date(year, 1, 1) + dt.timedelta(days=count)
            assert calendar.is_workday(day) is chinese_calendar.is_workday(day), day


def test_the_towns_table_wins_over_the_library_and_over_the_week():
    for day, works in (("2026-11-25", False), ("2026-11-28", True), ("2028-02-28", False)):
        WorkdayChange.objects.create(day=day, works=works)
        assert workdays.is_workday(dt.date.fromisoformat(day)) is works


def test_a_year_nobody_has_told_is_reckoned_by_weeks():
    year = workdays.LAST_KNOWN_YEAR + 2
    new_year = dt.date(year, 1, 1)
    assert workdays.is_workday(new_year) is (new_year.weekday() < 5)


def test_the_third_day_of_work_of_a_month():
    assert workdays.nth_workday(Month.parse("2026-11"), 3) == dt.date(2026, 11, 4)
    assert workdays.nth_workday(Month.parse("2026-10"), 3) == dt.date(
        2026, 10, 10
    )  # after seven days of rest
    with pytest.raises(ValueError, match="not 40"):
        workdays.nth_workday(Month.parse("2026-11"), 40)


def test_counting_on_and_back_over_a_weekend():
    friday, monday = dt.date(2026, 11, 27), dt.date(2026, 11, 30)
    assert workdays.add_workdays(friday, 1) == monday
    assert workdays.add_workdays(monday, -1) == friday
    assert workdays.next_workday(friday) == friday == workdays.add_workdays(friday, 0)
    assert workdays.next_workday(friday + dt.timedelta(days=1)) == monday


def test_a_calendar_asks_once_for_each_year(django_assert_num_queries):
    calendar = Calendar()
    with django_assert_num_queries(2):
        calendar.workdays(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
        calendar.nth_workday(Month.parse("2027-05"), 3)


def test_a_year_that_must_still_be_filled_in_is_named_from_november_on():
    last = workdays.LAST_KNOWN_YEAR
    with clock.stopped_at(dt.date(last, 10, 31)):
        assert workdays.unknown_years() == []
    with clock.stopped_at(dt.date(last, 11, 1)):
        assert workdays.unknown_years() == [last + 1]
        WorkdayChange.objects.create(day=dt.date(last + 1, 1, 1), name="元旦")
        assert workdays.unknown_years() == []


class AnyDay(TestCase):
    @given(st.dates(dt.date(2024, 1, 1), dt.date(2031, 12, 31)), st.integers(1, 30))
    def test_as_many_days_of_work_lie_between_as_were_added(self, day, number):
        calendar = Calendar()
        later = calendar.add_workdays(day, number)
        assert len(calendar.workdays(day + dt.timedelta(days=1), later)) == number
        assert calendar.is_workday(later)
