"""G7, G8: coverage per grid, and one grid's due list, as the town grows."""

import time
from collections.abc import Iterator

from django.db import connection

from core import clock
from core.periods import Month, Quarter, Year
from core.scope import Reach
from grids.models import Territory
from hongji.bench.measure import ROUNDS, Ratio, at_least, at_most, percentile, ratios, side_by_side
from hongji.bench.scratch import looking_at
from visits.models import Cadence
from visits.services import ORDER, Wanted, counted, due_households, due_rows

G7_MUST = {12_000: 10, 100_000: 5, 2_000_000: 20}
DUE_LISTS = 100  # so many grids, spread over all the towns


def g7(households: int) -> Iterator[Ratio]:
    """Coverage of the month per grid by the dated rows, against counting visits without a helper."""
    month = Month.of(clock.today())
    repeat = max(100_000 // households, 1)
    seen = side_by_side(
        {"ours": lambda: by_obligation(month), "group by": lambda: by_visits(month)}, repeat=repeat
    )
    must = G7_MUST[max(size for size in G7_MUST if size <= max(households, min(G7_MUST)))]
    yield at_least(
        "G7",
        f"走访覆盖每网格，{households} 户：直接数走访 ÷ 数应访",
        ratios(seen["group by"].wall, seen["ours"].wall),
        must,
        f"{min(seen['ours'].wall) / repeat * 1000:.1f} ms",
    )


def by_obligation(month: Month) -> list:
    """What the coverage page, the ledger and the API ask: three figures for every grid, of those away as well."""
    return list(counted(month))


_FROM_VISITS = """
SELECT h.territory_id, COUNT(DISTINCT h.id), COUNT(DISTINCT v.household_id),
    COUNT(DISTINCT h.id) FILTER (WHERE h.id IN (
        SELECT gone.household_id FROM grids_absence gone WHERE gone.person_id IS NULL
            AND gone.since <= %s AND (gone.until IS NULL OR gone.until >= %s)))
FROM grids_household h
LEFT JOIN visits_visit v ON v.household_id = h.id AND v.counts AND v.void_at IS NULL
    AND v.day >= %s AND v.day <= %s AND (v.by_secretary OR NOT %s)
WHERE h.ended_on IS NULL AND {which} (
    SELECT 1 FROM grids_category c JOIN grids_categorykind k ON k.id = c.kind_id
        AND k.visited_since <= %s AND (k.visited_until IS NULL OR k.visited_until >= %s)
    WHERE c.household_id = h.id AND c.since <= %s AND (c.until IS NULL OR c.until >= %s))
GROUP BY h.territory_id
"""


def by_visits(month: Month) -> dict[tuple[int, str], tuple[int, int, int]]:
    """The same (owed, made, away) by grid and group from households, categories and visits as they lie."""
    last, today = month.last, clock.today()
    found: dict[tuple[int, str], tuple[int, int, int]] = {}
    figures = (
        (Cadence.CATEGORY, "EXISTS", month.first),
        (Cadence.ORDINARY, "NOT EXISTS", Quarter.of(last).first),
        (Cadence.SECRETARY, "h.id IS NOT NULL OR EXISTS", Year.of(last).first),
    )
    with connection.cursor() as cursor:
        for who, which, first in figures:
            held = (last, month.first)
            values = (today, today, first, last, who == Cadence.SECRETARY, *held, *held)
            cursor.execute(_FROM_VISITS.format(which=which), values)
            found |= {(grid, who): (owed, made, away) for grid, owed, made, away in cursor.fetchall()}
    return found


def due_times() -> list[float]:
    """Seconds that the first page of the due list takes, one grid after another, each warm."""
    grids = list(Territory.objects.grids().order_by("pk"))
    grids = grids[:: -(-len(grids) // DUE_LISTS)]
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


def g8(small: str, households: int) -> Iterator[Ratio]:
    """p95 of the due list here against that in the database `small`, in turns."""
    here, there = [], []
    for _ in range(ROUNDS):
        with looking_at(small):
            there.append(percentile(due_times(), 0.95))
        here.append(percentile(due_times(), 0.95))
    yield at_most(
        "G8",
        f"一个网格的应访清单 p95：{households} 户 ÷ 12000 户",
        ratios(here, there),
        2,
        f"{min(here) * 1000:.1f} ms",
    )
