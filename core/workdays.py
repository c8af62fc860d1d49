"""Which days the office works: the week, the State Council's yearly list, and the town's own table.

The table (core.models.WorkdayChange, kept in the admin) wins over the library, and the library over the week. The
library learns a year only when the State Council has announced it; until then, and where it is not updated, a year
without rows in the table is reckoned by weeks alone, and `unknown_years` lets the office's pages say so.
"""

import datetime as dt

from chinese_calendar import constants as announced

from core import clock
from core.models import WorkdayChange
from core.periods import Month

DAY = dt.timedelta(days=1)
# The library's own question looks through all of its years for every day; these are its tables.
KNOWN_YEARS = frozenset(day.year for day in announced.holidays)
LAST_KNOWN_YEAR = max(KNOWN_YEARS)
ANNOUNCED_BY = 11  # The State Council announces a year's holidays in the November before it.


class Calendar:
    """Days of work, asked many at a time: each year's rows are fetched once. Keep one for a request, not longer."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[dt.date, bool]] = {}

    def is_workday(self, day: dt.date) -> bool:
        """Whether the office works on that day."""
        changed = self._changes(day.year).get(day)
        if changed is not None:
            return changed
        if day in announced.workdays or day in announced.holidays:
            return day in announced.workdays
        return day.weekday() < 5

    def next_workday(self, day: dt.date) -> dt.date:
        """The day itself if the office works on it, else the first day of work after it."""
        while not self.is_workday(day):
            day += DAY
        return day

    def last_workday(self, day: dt.date) -> dt.date:
        """The day itself if the office works on it, else the last day of work before it."""
        while not self.is_workday(day):
            day -= DAY
        return day

    def nth_workday(self, month: Month, number: int) -> dt.date:
        """The month's first, second, third … day of work; ValueError if it has not so many."""
        days = self.workdays(month.first, month.last)
        if not 1 <= number <= len(days):
            raise ValueError(f"{month} has {len(days)} days of work, not {number}")
        return days[number - 1]

    def add_workdays(self, day: dt.date, number: int) -> dt.date:
        """The day of work that is `number` days of work after `day` (before it if negative); 0 is next_workday."""
        if number == 0:
            return self.next_workday(day)
        step = DAY if number > 0 else -DAY
        for _ in range(abs(number)):
            day += step
            while not self.is_workday(day):
                day += step
        return day

    def workdays(self, first: dt.date, last: dt.date) -> list[dt.date]:
        """Every day of work from `first` to `last`, both included."""
        every = (first + DAY * count for count in range((last - first).days + 1))
        return [day for day in every if self.is_workday(day)]

    def _changes(self, year: int) -> dict[dt.date, bool]:
        if year not in self._rows:
            self._rows[year] = dict(WorkdayChange.objects.filter(day__year=year).values_list("day", "works"))
        return self._rows[year]


def is_workday(day: dt.date) -> bool:
    return Calendar().is_workday(day)


def next_workday(day: dt.date) -> dt.date:
    return Calendar().next_workday(day)


def nth_workday(month: Month, number: int) -> dt.date:
    return Calendar().nth_workday(month, number)


def add_workdays(day: dt.date, number: int) -> dt.date:
    return Calendar().add_workdays(day, number)


def unknown_years() -> list[int]:
    """This year, and from November on the next, where neither the library nor the table knows the holidays."""
    today = clock.today()
    asked = [today.year, today.year + 1] if today.month >= ANNOUNCED_BY else [today.year]
    return [
        year
        for year in asked
        if year not in KNOWN_YEARS and not WorkdayChange.objects.filter(day__year=year).exists()
    ]
