"""G7, G8: coverage per grid, and one grid's due list, as the town grows."""

import time
from collections.abc import Iterator

from django.db import connection
from django.db.models import Count

from core import clock
from core.periods import Month, Quarter, Year
from core.scope import Reach
from grids.models import Territory
from hongji.bench.measure import Ratio, at_least, at_most, percentile, ratios, side_by_side
from visits.models import Cadence
from visits.services import ORDER, Wanted, due_households, due_rows, made_by, owed_in

G7_MUST = {12_000: 10, 100_000: 5, 2_000_000: 20}
DUE_LISTS = 100


def g7(households: int) -> Iterator[Ratio]:
    """Coverage of the month per grid by the dated rows, against counting visits without a helper."""
    month = Month.of(clock.today())
    seen = side_by_side({"ours": lambda: _by_obligation(month), "group by": lambda: _by_visits(month)})
    must = next((G7_MUST[size] for size in sorted(G7_MUST) if households <= size), 20)
    yield at_least(
        "G7",
        f"走访覆盖每网格，{households} 户：直接数走访 ÷ 数应访",
        ratios(seen["group by"].wall, seen["ours"].wall),
        must,
        f"{min(seen['ours'].wall) * 1000:.1f} ms",
    )


def _by_obligation(month: Month) -> list:
    """What the coverage page asks: three figures for every grid."""
    found = []
    for who in (Cadence.CATEGORY, Cadence.ORDINARY, Cadence.SECRETARY):
        rows = owed_in(who, month).values("territory").order_by()
        found += rows.annotate(owed=Count("who"), made=Count("who", filter=made_by(month)))
    return found


_FROM_VISITS = """
SELECT h.territory_id, COUNT(DISTINCT h.id), COUNT(DISTINCT v.household_id)
FROM grids_household h
LEFT JOIN visits_visit v ON v.household_id = h.id AND v.counts AND v.void_at IS NULL
    AND v.day >= %s AND v.day <= %s AND (v.by_secretary OR NOT %s)
WHERE h.ended_on IS NULL AND {which} (
    SELECT 1 FROM grids_category c JOIN grids_categorykind k ON k.id = c.kind_id AND k.must_visit
    WHERE c.household_id = h.id AND c.since <= %s AND (c.until IS NULL OR c.until >= %s))
GROUP BY h.territory_id
"""


def _by_visits(month: Month) -> list[tuple]:
    """The same three figures from households, categories and visits as they lie, with no helper table."""
    last = month.last
    found = []
    figures = (
        ("EXISTS", month.first, False),
        ("NOT EXISTS", Quarter.of(last).first, False),
        ("h.id IS NOT NULL OR EXISTS", Year.of(last).first, True),
    )
    with connection.cursor() as cursor:
        for which, first, secretary in figures:
            cursor.execute(_FROM_VISITS.format(which=which), [first, last, secretary, last, month.first])
            found += cursor.fetchall()
    return found


def due_times() -> list[float]:
    """Seconds that the first page of the due list takes, one grid after another, each warm."""
    grids = list(Territory.objects.grids()[:DUE_LISTS])
    found = []
    for turn in range(2):
        for grid in grids:
            began = time.perf_counter()
            _due_page(grid)
            if turn:
                found.append(time.perf_counter() - began)
    return found


def _due_page(grid: Territory) -> None:
    wanted = Wanted(whos=(Cadence.CATEGORY, Cadence.ORDINARY))
    reach = Reach(frozenset({(grid.tree_id, grid.lft, grid.rght)}))
    found = due_households(reach=reach, wanted=wanted).order_by(*ORDER)[:50]
    due_rows(actor=None, found=found, wanted=wanted)


def g8(small: list[list[float]], large: list[list[float]], households: int) -> Iterator[Ratio]:
    """p95 of the due list in the large town against the small one."""
    yield at_most(
        "G8",
        f"一个网格的应访清单 p95：{households} 户 ÷ 12000 户",
        ratios([percentile(each, 0.95) for each in large], [percentile(each, 0.95) for each in small]),
        2,
        f"{percentile(large[0], 0.95) * 1000:.1f} ms",
    )
