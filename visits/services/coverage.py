"""Coverage (走访覆盖): how many visits were owed and how many made, in one definition for page, ledger and API.

五必访: this month's obligations. 一般户: this quarter's, 书记: this year's, both as made by the month's end. What is
counted are obligations, not visits; a household away for work counts among those owed, and in a column of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from core.periods import PERIODS, Month, Year
from core.scope import reach_of
from grids.models import Territory
from visits.models import Cadence, Obligation

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
    units = {each.unit for each in Cadence.objects.on(month.last).filter(who=who)}
    starts = [PERIODS[unit].of(month.last).first for unit in sorted(units)]
    return Obligation.objects.filter(who=who, period_start__in=starts)


def made_by(month: Month) -> Q:
    """Of those, the ones that had been discharged when the month ended."""
    return Q(discharged_on__lte=month.last)


def coverage(
    *, month: Month, actor: Any = None, territory: Territory | None = None, verb: str = "figures.see"
) -> list[Covered]:
    """One entry for each village, with its grids, in the town's order; one query for each figure.

    `actor` narrows it to her reach for `verb`, `territory` to one town, village or grid; neither is no limit.
    """
    grids = _grids(actor, verb, territory, month)
    by_grid = {grid.pk: Covered(grid) for grid in grids}
    for who in GROUPS:
        rows = owed_in(who, month).filter(territory__in=list(by_grid)).values("territory").order_by()
        # A column of the covering index is counted, not the key: the table itself need not be read.
        for row in rows.annotate(
            owed=Count("who"),
            made=Count("who", filter=made_by(month)),
            gone=Count("who", filter=Q(away=True)),
        ):
            setattr(by_grid[row["territory"]], who, Figure(row["owed"], row["made"], row["gone"]))
    villages: dict[int, Covered] = {}
    for grid in grids:
        if grid.closed_on and not any(getattr(by_grid[grid.pk], who).owed for who in GROUPS):
            continue
        villages.setdefault(grid.parent_id, Covered(grid.parent)).add(by_grid[grid.pk])
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
