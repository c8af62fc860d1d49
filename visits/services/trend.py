"""Coverage over several months, counted once for all of them by the same definition; sealed months as sealed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet, Sum, Value

from core import clock
from core.periods import Month, Period
from core.scope import reach_of
from grids.models import Territory
from visits.services.coverage import GROUPS, Figure, periods_of, tallies
from visits.services.sealed import sealed_places

MONTHS = 12
Counted = dict[tuple[Month, int, str], Figure]


@dataclass
class Point:
    """One month of the trend: each group's figure, and which of them are final (their period ended with it)."""

    month: Month
    figures: dict[str, Figure] = field(default_factory=lambda: {who: Figure() for who in GROUPS})
    final: dict[str, bool] = field(default_factory=dict)


def trend(*, last: Month, actor: Any, months: int = MONTHS, verb: str = "figures.see") -> list[Point]:
    """The actor's villages together, month by month up to `last`.

    A month that is sealed is what was sealed, and costs no counting; only months in which a village is not sealed yet
    are counted. Before any village had begun there is nothing. The number of queries is constant.
    """
    span = [last.shift(back) for back in range(1 - months, 1)]
    reach = reach_of(actor, verb)
    grids = list(Territory.objects.grids().filter(reach.q()).select_related("parent"))
    villages = {grid.parent_id: grid.parent for grid in grids if reach.covers(grid.parent)}
    sealed = sealed_places(villages.values(), span)
    of_month = periods_of(span)
    points = {month: Point(month, final=_final(month, of_month[month])) for month in span}
    for (_, month), place in sealed.items():
        for who in GROUPS:
            points[month].figures[who] += place.figures[who]
    open_in = [month for month in span if _lacks(villages.values(), grids, month, sealed)]
    of_village = {grid.pk: grid.parent_id for grid in grids}
    for (month, grid, who), figure in counted_over(open_in, of_month, grids=of_village).items():
        if (of_village[grid], month) not in sealed:
            points[month].figures[who] += figure
    return list(points.values())


def _final(month: Month, periods: dict[str, list[Period]]) -> dict[str, bool]:
    over = month.last < clock.today()
    return {
        who: over and bool(found) and all(each.last == month.last for each in found)
        for who, found in periods.items()
    }


def _lacks(
    villages: Iterable[Territory], grids: Sequence[Territory], month: Month, sealed: dict[Any, Any]
) -> bool:
    """Whether any village had begun by then whose month is not sealed, or of which only grids are seen."""
    whole = {village.pk for village in villages}
    places = {grid.parent_id: grid.parent for grid in grids}
    return any(
        village.start_month is not None
        and village.start_month <= month.last
        and (pk not in whole or (pk, month) not in sealed)
        for pk, village in places.items()
    )


def counted_over(
    months: Sequence[Month],
    periods: dict[Month, dict[str, list[Period]]] | None = None,
    *,
    grids: Iterable[int] | None = None,
) -> Counted:
    """By month, grid and group what `counted` says of each month, in one query for all.

    Whether a re-drawing took an open row to another grid of its village since is not asked: sums over a village are
    the same.
    """
    months = sorted(months)
    periods = periods_of(months) if periods is None else periods
    parts = [
        _by_month_made(GROUPS.index(who), _firsts(months, periods, who), grids)
        for who in GROUPS
        if _firsts(months, periods, who)
    ]
    found: Counted = {}
    if not parts:
        return found
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    counted_in: dict[tuple[int, Any], list[Month]] = {}
    for month in months:
        for group, who in enumerate(GROUPS):
            for period in periods[month][who]:
                counted_in.setdefault((group, period.first), []).append(month)
    for group, grid, first, made_in, number, away in rows:
        for month in counted_in[group, first]:
            done = number if made_in is not None and made_in <= month.first else 0
            figure = found.setdefault((month, grid, GROUPS[group]), Figure())
            figure += Figure(number, done, away or 0)
    return found


def _firsts(months: Iterable[Month], periods: dict[Month, dict[str, list[Period]]], who: str) -> set[Any]:
    return {each.first for month in months for each in periods[month][who]}


def _by_month_made(group: int, firsts: set[Any], grids: Iterable[int] | None) -> QuerySet:
    """Tuples (group, grid, period_start, first day of the month in which they were made or None, number, away)."""
    return (
        tallies(GROUPS[group], firsts, grids)
        .order_by()
        .annotate(group=Value(group))
        .values_list("group", "territory", "period_start", "made_in")
        .annotate(together=Sum("number"), gone=Sum("number", filter=Q(away=True)))
    )


def months_with_figures(points: Iterable[Point]) -> Iterator[Point]:
    """Without the months before anybody was owed a visit."""
    begun = False
    for point in points:
        begun = begun or any(figure.owed for figure in point.figures.values())
        if begun:
            yield point
