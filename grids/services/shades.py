"""How dark a grid is on the map: by coverage of 五必访 this month, or by its work beside the village's mean."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grids.models import Territory
from grids.services.workload import GridLoad, grid_loads

COVERAGE, LOAD = "coverage", "load"
WAYS = {COVERAGE: "五必访走访覆盖", LOAD: "每月任务"}
# The five shades in words, lightest first; 0 is "no figure".
STEPS = {
    COVERAGE: ("不到 20%", "20–39%", "40–59%", "60–79%", "80% 以上"),
    LOAD: ("比平均少 30% 以上", "少 10–30%", "和平均差不多", "多 10–30%", "多 30% 以上"),
}
LIMITS = {COVERAGE: (20, 40, 60, 80), LOAD: (70, 90, 110, 130)}

# Owed and made of 五必访 this month, by grid: `ask(actor, village)`; only grids the actor sees figures of.
Covered = Callable[[Any, Territory], dict[int, tuple[int, int]]]
_covered: list[Covered] = []


def register_coverage(ask: Covered) -> None:
    """Who knows what was owed and made says so here, once."""
    _covered[:] = [ask]


@dataclass(frozen=True)
class Shaded:
    """One grid's line of the table beside the map. `percent` is None where there is nothing to compare."""

    load: GridLoad
    owed: int
    made: int
    percent: int | None
    step: int
    words: str

    @property
    def grid(self) -> Territory:
        return self.load.grid


def shaded(*, actor: Any, village: Territory, way: str) -> list[Shaded]:
    """Every grid in use of a village, in its order, coloured one way."""
    covered = _covered[0](actor, village) if _covered else {}
    loads = grid_loads(village)
    used = [load.before.visits for load in loads if load.before.households]
    mean = sum(used, Fraction(0)) / len(used) if used else Fraction(0)
    found = []
    for load in loads:
        owed, made = covered.get(load.grid.pk, (0, 0))
        part, whole = (made, owed) if way == COVERAGE else (load.before.visits, mean)
        percent = int(100 * Fraction(part) / whole) if whole else None
        step = 0 if percent is None else 1 + sum(percent >= limit for limit in LIMITS[way])
        words = STEPS[way][step - 1] if step else "没有应访"
        found.append(Shaded(load, owed, made, percent, step, words))
    return found
