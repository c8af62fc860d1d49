"""What is overdue and for how long: households whose time is over and whom nobody has visited since, place by place."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Min

from core import clock
from core.scope import Reach, kept, reach_of
from grids.models import Territory
from visits.models import Obligation
from visits.services.coverage import GROUPS


@dataclass(frozen=True)
class Length:
    """How long something is overdue: from so many days to so many, both included."""

    code: str
    title: str
    least: int
    most: int | None = None

    def days(self, today: dt.date) -> tuple[dt.date, dt.date]:
        """The first and the last day that was the latest one for such a household."""
        first = dt.date.min if self.most is None else today - dt.timedelta(days=self.most)
        return first, today - dt.timedelta(days=self.least)

    def holds(self, days: int) -> bool:
        return self.least <= days and (self.most is None or days <= self.most)


LENGTHS = (
    Length("30", "30 天以内", 1, 30),
    Length("90", "31 到 90 天", 31, 90),
    Length("180", "91 到 180 天", 91, 180),
    Length("more", "超过 180 天", 181),
)


@dataclass
class Late:
    """Households overdue of one group at one place: how many, by length, and the longest in days."""

    number: int = 0
    longest: int = 0
    lengths: dict[str, int] = field(default_factory=lambda: {length.code: 0 for length in LENGTHS})

    def add(self, days: int, number: int) -> None:
        self.number += number
        self.longest = max(self.longest, days)
        length = next(each for each in LENGTHS if each.holds(days))
        self.lengths[length.code] += number


@dataclass
class Missed:
    """One place with what is overdue there, by group; a village with its grids."""

    territory: Territory | None
    late: dict[str, Late] = field(default_factory=lambda: {who: Late() for who in GROUPS})
    grids: list["Missed"] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return any(each.number for each in self.late.values())


def missed_households(*, actor: Any, verb: str = "figures.see", today: dt.date | None = None) -> Missed:
    """The actor's whole reach, village by village (`grids`) in the town's order, each with its grids; two queries.

    A household counts once in each group, by what is overdue longest, where it lies today.
    """
    today, reach = today or clock.today(), reach_of(actor, verb)
    return kept(("missed", reach, today), lambda: _missed(reach, today))


def _missed(reach: Reach, today: dt.date) -> Missed:
    rows = Territory.objects.filter(reach.q()) if reach else Territory.objects.none()
    grids = list(rows.grids().in_use().select_related("parent").in_order())
    of_grid = {grid.pk: Missed(grid) for grid in grids}
    villages: dict[int, Missed] = {}
    for grid in grids:
        villages.setdefault(grid.parent_id, Missed(grid.parent)).grids.append(of_grid[grid.pk])
    whole = Missed(None, grids=list(villages.values()))
    parents = {grid.pk: grid.parent_id for grid in grids}
    for place, who, due_on, number in _counted(of_grid, today):
        days = (today - due_on).days
        for each in (of_grid[place], villages[parents[place]], whole):
            each.late[who].add(days, number)
    return whole


def _counted(grids: Iterable[int], today: dt.date) -> Iterator[tuple[int, str, dt.date, int]]:
    """(grid, group, latest day, households): of each household the longest first, which no queryset can count again."""
    rows = Obligation.objects.overdue(today).filter(
        household__territory__in=list(grids), household__ended_on__isnull=True
    )
    late = rows.order_by().values("household", "who").annotate(place=F("household__territory"))
    try:
        sql, values = late.annotate(first=Min("due_on")).query.sql_with_params()
    except EmptyResultSet:  # no grid
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT place, who, first, COUNT(*) FROM ({sql}) late GROUP BY place, who, first", values
        )
        for place, who, first, number in cursor.fetchall():
            yield place, who, first if isinstance(first, dt.date) else dt.date.fromisoformat(first), number
