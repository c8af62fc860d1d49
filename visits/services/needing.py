"""Whom a plan lacks: the households owed this month (五必访), and of those owed this quarter the share of this month.

In the order one walks: villager group by group, by house number. Asked again in the middle of the month, it is what
came since: the share counts whom the plan has already, so that nobody is taken out of a later month.
"""

import datetime as dt
from dataclasses import dataclass
from math import ceil

from core import clock
from core.periods import Month, Period, Year
from grids.models import Category, Household, Territory
from visits.models import Cadence, Obligation, PlanLine, VisitPlan


@dataclass(frozen=True)
class Need:
    """A household that the plan must have."""

    household: int
    territory: int
    monthly: bool


def needs(village: Territory, period: Period) -> list[Need]:
    """Whom the plan of the period must have and has not, as things stand today, in walking order."""
    today = clock.today()
    homes = Household.objects.present().filter(village=village).in_order()
    has = _planned_already(village, period)
    walk = list(homes.values_list("pk", "territory"))
    if isinstance(period, Year):
        wanted = _owed(village, Cadence.SECRETARY, period, today)
        wanted = {pk for pk, _ in walk} if wanted is None else wanted
        return [Need(pk, grid, False) for pk, grid in walk if pk in wanted and pk not in has]
    monthly: set[int] = set()
    found: dict[int, bool] = {}
    for who in (Cadence.CATEGORY, Cadence.ORDINARY):
        cadence = Cadence.objects.on(max(today, period.first)).filter(who=who).first()
        if cadence is None:
            continue
        whole = cadence.period_of(period.first)
        owed = _owed(village, who, whole, today)
        if owed is None:
            owed = (
                _visited_then(village, period)
                if who == Cadence.CATEGORY
                else {pk for pk, _ in walk} - monthly
            )
        if who == Cadence.CATEGORY:
            monthly = _visited_then(village, period) | owed
        owed = (owed if who == Cadence.CATEGORY else owed - monthly) - _planned_elsewhere(
            village, period, whole, today
        )
        # Who is in the plan counts in its share even when visited: else every visit would pull in one of a later month.
        mine = {pk for pk, _ in walk if has.get(pk) == (who == Cadence.CATEGORY)}
        share = ceil(len(owed | mine) / len(Month.of(period.first).until(whole))) - len(mine)
        for pk in [pk for pk, _ in walk if pk in owed and pk not in has][: max(share, 0)]:
            found[pk] = who == Cadence.CATEGORY
    return [Need(pk, grid, found[pk]) for pk, grid in walk if pk in found]


def _planned_already(village: Territory, period: Period) -> dict[int, bool]:
    """The households of the plan as it stands, and whether each was owed that month; those left out are in it too."""
    whose = VisitPlan.SECRETARY if isinstance(period, Year) else VisitPlan.VILLAGE
    lines = PlanLine.objects.filter(plan__village=village, plan__whose=whose, plan__start=period.first)
    return dict(lines.values_list("household", "monthly"))


def _owed(village: Territory, who: str, whole: Period, today: dt.date) -> set[int] | None:
    """Households that still owe a visit in that period; None if it has not begun, so that nothing is written yet."""
    if whole.first > today:
        return None
    rows = Obligation.objects.of(who).due(today).filter(period_start=whole.first, household__village=village)
    return set(rows.values_list("household", flat=True))


def _visited_then(village: Territory, period: Period) -> set[int]:
    """Households of the five categories on the first day of the period."""
    held = Category.objects.visited_in(period.first, period.first).filter(household__village=village)
    return set(held.values_list("household", flat=True))


def _planned_elsewhere(village: Territory, period: Period, whole: Period, today: dt.date) -> set[int]:
    """Households that another month of the same quarter has on a day still to come: they wait for that day."""
    lines = PlanLine.objects.filter(plan__village=village, plan__whose=VisitPlan.VILLAGE, day__gte=today)
    lines = lines.filter(plan__start__gte=whole.first, plan__start__lte=whole.last)
    return set(lines.exclude(plan__start=period.first).values_list("household", flat=True))
