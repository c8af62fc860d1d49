"""What grids asks of visits: visits owed a month, coverage for the map, and what rests on a grid being as it is."""

import datetime as dt
from fractions import Fraction
from typing import Any

from core import clock
from core.periods import Month
from grids.models import Territory
from visits.models import Cadence, Visit
from visits.services.coverage import coverage

BATCH = 500  # SQLite takes few parameters in one statement
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def monthly_rates(day: dt.date) -> tuple[Fraction, Fraction]:
    """Visits a month that a household of 五必访 and an ordinary one owe by the cadences of that day (附件4 三.5).

    The secretary's yearly round is not the grid's work.
    """
    rates = {Cadence.CATEGORY: Fraction(0), Cadence.ORDINARY: Fraction(0)}
    for who, unit in Cadence.objects.on(day).filter(who__in=rates).values_list("who", "unit"):
        rates[who] += Fraction(1, MONTHS[unit])
    return rates[Cadence.CATEGORY], rates[Cadence.ORDINARY]


def rests_on_grids(households: set[int], since: dt.date, drawn_at: dt.datetime) -> str:
    """Why these households cannot be put back to the grid they lay in: they were visited where they lie now."""
    ids, seen = sorted(households), set()
    for start in range(0, len(ids), BATCH):
        visits = Visit.objects.in_force().filter(household__in=ids[start : start + BATCH])
        visits = visits.filter(day__gte=since, received_at__gte=drawn_at)
        seen |= set(visits.values_list("household", flat=True))
    return f"划过以后已经走访了 {len(seen)} 户，撤不掉。要改回去，再调整一次。" if seen else ""


def coverage_of_grids(actor: Any, village: Territory) -> dict[int, tuple[int, int]]:
    """五必访 of this month, owed and made, by grid: what the map is coloured by, counted as on every other page."""
    places = coverage(month=Month.of(clock.today()), actor=actor, territory=village)
    return {
        grid.territory.pk: (grid.category.owed, grid.category.made)
        for place in places
        for grid in place.grids
    }
