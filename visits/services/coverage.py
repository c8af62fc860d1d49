"""Coverage (走访覆盖): how many visits were owed and how many made, in one definition for page, ledger and API.

五必访: this month's obligations. 一般户: this quarter's, 书记: this year's, both as made by the month's end. What is
counted are obligations, not visits; a household away for work counts among those owed, and in a column of its own.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value

from core import clock
from core.periods import Month, Period, Year
from core.scope import reach_of
from grids.models import Placement, Territory
from visits.models import Cadence, Obligation, Tally

GROUPS = tuple(code for code, _ in Cadence.GROUPS)


@dataclass
class Figure:
    """One figure of one place: owed, made, and how many of those owed are away for work."""

    owed: int = 0
    made: int = 0
    away: int = 0

    @property
    def left(self) -> int:
        return self.owed - self.made

    @property
    def share(self) -> float | None:
        """0 to 1; None where nothing is owed."""
        return self.made / self.owed if self.owed else None

    def __iadd__(self, other: "Figure") -> "Figure":
        self.owed, self.made, self.away = (
            self.owed + other.owed,
            self.made + other.made,
            self.away + other.away,
        )
        return self


@dataclass
class Covered:
    """The figures of one place: a grid, or the sum over a village's or a town's grids (`grids`)."""

    territory: Territory
    category: Figure = field(default_factory=Figure)
    ordinary: Figure = field(default_factory=Figure)
    secretary: Figure = field(default_factory=Figure)
    grids: list["Covered"] = field(default_factory=list)
    sealed: Any = None
    """Set where these are the figures of a sealed month (visits.services.sealed)."""
    since: "Covered | None" = None
    """What is counted now of a sealed month, where that is something else."""

    @property
    def away(self) -> int:
        """Households away for work among this month's 五必访 and this quarter's 一般户."""
        return self.category.away + self.ordinary.away

    def add(self, grid: "Covered") -> None:
        for who in GROUPS:
            figure = getattr(self, who)
            figure += getattr(grid, who)
        self.grids.append(grid)


def owed_in(who: str, month: Month) -> QuerySet:
    """The obligations that a month's figure of one group is counted from."""
    return _owed(who, _starts(month)[who])


def periods_of(months: Iterable[Month]) -> dict[Month, dict[str, list[Period]]]:
    """The periods of each group that a month's figure is of, by the cadences in force at its end. One query."""
    cadences = list(Cadence.objects.order_by("who", "unit"))
    found: dict[Month, dict[str, list[Period]]] = {}
    for month in months:
        of_month: dict[str, list[Period]] = {who: [] for who in GROUPS}
        for cadence in cadences:
            period = cadence.period_of(month.last)
            if cadence.holds_on(month.last) and period not in of_month[cadence.who]:
                of_month[cadence.who].append(period)
        found[month] = of_month
    return found


def _starts(month: Month) -> dict[str, list[dt.date]]:
    return {who: [each.first for each in found] for who, found in periods_of([month])[month].items()}


def _owed(who: str, starts: list[dt.date]) -> QuerySet:
    return Obligation.objects.filter(who=who, period_start__in=starts)


def tallies(who: str, starts: Iterable[dt.date], grids: Iterable[int] | None) -> QuerySet:
    """What the database has counted of one group's periods, in these grids or in all there are."""
    rows = Tally.objects.filter(who=who, period_start__in=sorted(starts))
    return rows if grids is None else rows.filter(territory__in=list(grids))


def made_by(month: Month) -> Q:
    """Of those, the ones that had been discharged when the month ended."""
    return Q(discharged_on__lte=month.last)


def counted(month: Month, *, grids: Iterable[int] | None = None) -> Iterator[tuple[int, str, Figure]]:
    """The key of a grid, the group and its figure, where anything was owed: of these grids, or of all there are.

    Two queries, for a month that is over one more, of what the database counted as it was written (Tally). Each group
    is added up by itself from its own stretch of the index; one condition for all three would read the table.
    """
    starts = {who: days for who, days in _starts(month).items() if days}
    only = None if grids is None else list(grids)
    parts = []
    for who, days in starts.items():
        parts.append(_figures(tallies(who, days, only), GROUPS.index(who), month))
    found: dict[tuple[int, str], Figure] = {}
    if parts:
        for group, grid, owed, made, gone in parts[0].union(*parts[1:], all=True):
            found[grid, GROUPS[group]] = Figure(owed, made or 0, gone or 0)
    if parts and month.last < clock.today():
        _put_where_they_lay(found, starts, month, only)
    for (grid, who), figure in found.items():
        if figure.owed:
            yield grid, who, figure


def _put_where_they_lay(
    found: dict[tuple[int, str], Figure],
    starts: dict[str, list[dt.date]],
    month: Month,
    only: list[int] | None,
) -> None:
    """A quarter or year that ran on took its open rows along when a grid was re-drawn after the month: back with them.

    What was open at the month's end is counted where its household lay that day; what was discharged by then, and what
    ended with the month, has never moved. Few households ever did, and only they are looked at.
    """
    asked = Q(pk__in=[])
    for who, days in starts.items():
        asked |= Q(who=who, period_start__in=days)
    rows = lay_elsewhere(Obligation.objects.filter(asked), month)
    for now, lay, who, away in rows.values_list("territory", "lay", "who", "away"):
        for grid, step in ((now, -1), (lay, 1)):
            if only is None or grid in only:
                figure = found.setdefault((grid, who), Figure())
                figure += Figure(step, 0, step * away)


def lay_elsewhere(rows: QuerySet, month: Month) -> QuerySet:
    """Of rows of a month that is over, those counted in another grid than they lie in now; `lay` is that grid."""
    moved = Placement.objects.filter(since__lte=month.last, until__gte=month.last)
    then = moved.filter(household=OuterRef("household")).order_by("-since").values("territory")[:1]
    rows = rows.filter(household__in=moved.values("household"), period_end__gt=month.last)
    return rows.exclude(made_by(month)).annotate(lay=Subquery(then)).exclude(lay=F("territory"))


def _figures(rows: QuerySet, group: int, month: Month) -> QuerySet:
    """Tuples (group, grid, owed, made, away); what nothing was counted of is None."""
    return (
        rows.order_by()
        .annotate(group=Value(group))
        .values_list("group", "territory")
        .annotate(
            owed=Sum("number"),
            made=Sum("number", filter=Q(made_in__lte=month.first)),
            gone=Sum("number", filter=Q(away=True)),
        )
    )


def coverage(
    *, month: Month, actor: Any = None, territory: Territory | None = None, verb: str = "figures.see"
) -> list[Covered]:
    """One entry for each village, with its grids, in the town's order; the number of queries is constant.

    `actor` narrows it to her reach for `verb`, `territory` to one town, village or grid; neither is no limit.
    """
    grids = _grids(actor, verb, territory, month)
    by_grid = {grid.pk: Covered(grid) for grid in grids}
    for grid, who, figure in counted(month, grids=by_grid):
        setattr(by_grid[grid], who, figure)
    villages: dict[int, Covered] = {}
    for place in grids:
        if place.closed_on and not any(getattr(by_grid[place.pk], who).owed for who in GROUPS):
            continue
        villages.setdefault(place.parent_id, Covered(place.parent)).add(by_grid[place.pk])
    return list(villages.values())


def _grids(actor: Any, verb: str, territory: Territory | None, month: Month) -> list[Territory]:
    """The grids asked about, with those closed since the year began: what was done there stays there."""
    found = Territory.objects.grids()
    if territory is not None:
        found = found.at(territory)
    if actor is not None:
        found = found.filter(reach_of(actor, verb).q())
    found = found.filter(Q(closed_on__isnull=True) | Q(closed_on__gte=Year.of(month.last).first))
    return list(found.in_order().select_related("parent"))


def total(places: Iterable[Covered], territory: Territory | None = None) -> Covered:
    """The sum of several villages."""
    found = Covered(territory or Territory())
    for place in places:
        for who in GROUPS:
            figure = getattr(found, who)
            figure += getattr(place, who)
    return found
