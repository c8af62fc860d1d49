"""How pages show coverage and what is overdue: lines of numbers, each of which opens the rows it counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from django.urls import reverse

from core import clock
from core.board import Number
from core.periods import Month
from core.scope import Reach, reach_of
from grids.models import Territory
from visits import services
from visits.models import Cadence

SEES, OPENS = "figures.see", "visits.manage"
BOTH = "both"  # 五必访 and 一般户 together: those of them who are away for work


def rows_url(month: Month, who: str, part: str, place: Territory | None = None) -> str:
    """Where the rows behind one figure of coverage are listed; without a place all that the reader oversees."""
    at = f"&place={place.pk}" if place else ""
    return f"{_page('visits:behind')}?month={month}&who={who}&part={part}{at}"


def owed_url(tab: str, state: str, place: Territory | None = None, over: str = "") -> str:
    """应访清单 with these filters."""
    level = "grid" if place and place.kind == Territory.GRID else "village"
    longer = f"&over={over}" if over else ""
    return f"{_page('visits:owed')}?list={tab}&state={state}&{level}={place.pk if place else 'all'}{longer}"


@cache
def _page(name: str) -> str:
    return reverse(name)


@dataclass(frozen=True)
class Opening:
    """Whose numbers open: the rows of a place for who oversees it, of all together for who oversees all she sees."""

    reach: Reach
    whole: bool

    @classmethod
    def of(cls, actor: Any) -> "Opening":
        sees, oversees = reach_of(actor, SEES), reach_of(actor, OPENS)
        return cls(oversees, sees == oversees)

    def at(self, place: Territory | None) -> bool:
        if place is None:
            return self.whole and bool(self.reach)
        return place.pk is not None and self.reach.covers(place)


@dataclass(frozen=True)
class Part:
    """One group's figure of a line."""

    made: Number
    owed: Number
    left: Number


@dataclass(frozen=True)
class Line:
    """A village, a grid of it, or the sum (no place). What a page does not show of it is not made."""

    month: Month
    opening: Opening
    covered: services.Covered
    place: Territory | None

    @cached_property
    def parts(self) -> dict[str, Part]:
        return {who: self._part(who, getattr(self.covered, who)) for who in services.GROUPS}

    @property
    def away(self) -> Number:
        return self._number(BOTH, "away", self.covered.away)

    @property
    def grids(self) -> list["Line"]:
        return [Line(self.month, self.opening, grid, grid.territory) for grid in self.covered.grids]

    @cached_property
    def opens(self) -> bool:
        return self.opening.at(self.place)

    def _part(self, who: str, figure: services.Figure) -> Part:
        left = self._number(who, "left", figure.left)
        if left.url and self.month.last >= clock.today():
            left = Number(figure.left, url=owed_url(who, "running", self.place))
        return Part(self._number(who, "made", figure.made), self._number(who, "owed", figure.owed), left)

    def _number(self, who: str, part: str, number: int) -> Number:
        return Number(number, url=rows_url(self.month, who, part, self.place) if self.opens else "")


def coverage_lines(month: Month, actor: Any, places: Iterable[services.Covered]) -> list[Line]:
    """The villages as they come, each with its grids; the sum of several as the last."""
    opening, places = Opening.of(actor), list(places)
    found = [Line(month, opening, place, place.territory) for place in places]
    if len(places) > 1:
        found.append(Line(month, opening, services.total(places), None))
    return found


@dataclass(frozen=True)
class LateLine:
    """One place of what is overdue: by group how many households and for how many days at most."""

    place: Territory | None
    late: dict[str, tuple[Number, int]]
    grids: list["LateLine"] = field(default_factory=list)


def late_lines(actor: Any, missed: services.Missed) -> list[LateLine]:
    """Places where something is overdue, in the town's order; the sum of several as the last."""
    opening = Opening.of(actor)
    found = [_late_line(opening, place) for place in missed.grids if place.any]
    if len(missed.grids) > 1 and found:
        found.append(_late_line(opening, missed))
    return found


def _late_line(opening: Opening, missed: services.Missed) -> LateLine:
    place = missed.territory
    late = {
        who: (
            Number(each.number, url=owed_url(who, "overdue", place) if opening.at(place) else ""),
            each.longest,
        )
        for who, each in missed.late.items()
    }
    grids = [_late_line(opening, grid) for grid in missed.grids if grid.any] if place else []
    return LateLine(place, late, grids)


def late_lengths(actor: Any, missed: services.Missed) -> list[tuple[str, list[tuple[Number, int]]]]:
    """For each length of time its words, and for each group the households and the bar's length, the longest 100."""
    opens = Opening.of(actor).at(None)
    most = {who: max(late.lengths.values()) for who, late in missed.late.items()}
    found = []
    for length in services.LENGTHS:
        cells = []
        for who in services.GROUPS:
            number = missed.late[who].lengths[length.code]
            url = owed_url(who, "overdue", over=length.code) if opens else ""
            cells.append((Number(number, url=url), round(100 * number / most[who]) if most[who] else 0))
        found.append((length.title, cells))
    return found


def trend_rows(actor: Any, points: Sequence[services.Point]) -> list[tuple[str, list[Number | None]]]:
    """Below the chart: for each group its word, and for each month the share in percent, None where nothing is owed."""
    opens = Opening.of(actor).at(None)
    found = []
    for who, word in Cadence.GROUPS:
        cells: list[Number | None] = []
        for point in points:
            share = point.figures[who].share
            url = rows_url(point.month, who, "owed") if opens else ""
            cells.append(None if share is None else Number(percent(share), url=url, share=True))
        found.append((word, cells))
    return found


def percent(share: float) -> int:
    """As every bar rounds it."""
    return round(100 * share)
