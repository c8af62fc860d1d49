"""How much work a grid is: households, those of 五必访, visits owed a month; today and as if it were re-drawn.

"任务相当、规模适度" (实施方案五（一）) is said in hints and never enforced. How often whom is a rule of the room that
keeps visits; it registers the answer here.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Count, Exists, OuterRef, Q

from core import clock
from grids.models import Category, GridSize, Household, Post, Territory, VillagerGroup

# Visits a month that a household of 五必访 and another one owe on a day: `ask(day)`, like (1, 1/3).
Rates = Callable[[dt.date], tuple[Fraction, Fraction]]
_rates: list[Rates] = []


def register_rates(ask: Rates) -> None:
    """Who knows how often a household is visited says so here, once."""
    _rates[:] = [ask]


@dataclass(frozen=True)
class Load:
    """What lies in one place: households, how many of them are 五必访, visits owed a month."""

    households: int = 0
    listed: int = 0
    visits: Fraction = Fraction(0)

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.households + other.households, self.listed + other.listed, self.visits + other.visits
        )

    def __sub__(self, other: "Load") -> "Load":
        return self + Load(-other.households, -other.listed, -other.visits)

    @property
    def a_month(self) -> int:
        """Visits a month, rounded: what the page shows."""
        return round(self.visits)


@dataclass
class GroupLoad:
    group: VillagerGroup
    load: Load


@dataclass
class GridLoad:
    """One grid before and after a re-drawing, who works there full time, and what the town might think of."""

    grid: Territory
    worker: str
    before: Load = Load()
    after: Load = Load()
    groups: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    @property
    def more(self) -> Load:
        return self.after - self.before


def loads_of_groups(village: Territory, day: dt.date | None = None) -> list[GroupLoad]:
    """The groups in use of a village, in its own order, each with what lies in it."""
    category, other = _rates_on(day or clock.today())
    counted = {
        pk: (households, listed)
        for pk, households, listed in _counted(Household.objects.present().filter(village=village))
    }
    found = []
    for group in VillagerGroup.objects.in_use().filter(village=village).select_related("grid"):
        households, listed = counted.get(group.pk, (0, 0))
        visits = listed * category + (households - listed) * other
        found.append(GroupLoad(group, Load(households, listed, visits)))
    return found


def _counted(homes: Iterable[Household]) -> Iterable[tuple[int, int, int]]:
    """(group, households, of them 五必访)."""
    rows = homes.annotate(listed=is_listed()).order_by().values_list("group")  # type: ignore[attr-defined]
    return rows.annotate(n=Count("pk"), l=Count("pk", filter=Q(listed=True))).values_list("group", "n", "l")


def is_listed() -> Exists:
    """Whether a household is one of 五必访 today, to annotate households with."""
    return Exists(Category.objects.visited_on(clock.today()).filter(household=OuterRef("pk")))


def _rates_on(day: dt.date) -> tuple[Fraction, Fraction]:
    return _rates[0](day) if _rates else (Fraction(0), Fraction(0))


def grid_loads(
    village: Territory,
    *,
    groups: Mapping[int, int] | None = None,
    households: Mapping[int, int] | None = None,
    day: dt.date | None = None,
) -> list[GridLoad]:
    """Every grid in use of a village as it is and as it would be, by the ids that `draw` takes; with hints."""
    day = day or clock.today()
    groups, households = groups or {}, households or {}
    grids = list(village.get_children().in_use().grids().in_order())
    workers = dict(
        Post.objects.in_force()
        .filter(duty="worker", territory__in=grids)
        .values_list("territory", "officer__name")
    )
    found = {grid.pk: GridLoad(grid, workers.get(grid.pk, "")) for grid in grids}
    goes_to: dict[int, int] = {}
    for row in loads_of_groups(village, day):
        goes_to[row.group.pk] = after = groups.get(row.group.pk, row.group.grid_id)
        found[row.group.grid_id].before += row.load
        found[after].after += row.load
        found[after].groups.append(row.group.name)
    for home, load in _single_loads(village, households, day):
        found[goes_to[home.group_id]].after -= load
        found[goes_to[households[home.pk]]].after += load
    _hint(list(found.values()))
    return list(found.values())


def _single_loads(
    village: Territory, households: Mapping[int, int], day: dt.date
) -> Iterable[tuple[Household, Load]]:
    category, other = _rates_on(day)
    rows = Household.objects.present().filter(village=village, pk__in=households).annotate(listed=is_listed())
    for home in rows:
        listed = bool(home.listed)
        yield home, Load(1, int(listed), category if listed else other)


def _hint(loads: list[GridLoad]) -> None:
    """Sentences for every grid that would be large, small, empty, without a worker, or out of balance."""
    size = GridSize.now()
    used = [load for load in loads if load.after.households]
    mean = sum((load.after.visits for load in used), Fraction(0)) / len(used) if used else Fraction(0)
    for load in loads:
        count = load.after.households
        if not count:
            load.hints.append("没有户了，用不着的网格可以撤掉")
            continue
        if count > size.most:
            load.hints.append(f"{count} 户，比 {size.most} 户多，可以再分")
        elif count < size.least:
            load.hints.append(f"{count} 户，不到 {size.least} 户，可以和邻近的并")
        if not load.worker:
            load.hints.append("还没有专职网格员")
        apart = round(100 * (load.after.visits - mean) / mean) if mean and len(used) > 1 else 0
        if abs(apart) > size.uneven:
            load.hints.append(f"任务比全村平均{'多' if apart > 0 else '少'} {abs(apart)}%")
