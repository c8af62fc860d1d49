"""Coverage is counted in two queries, and counts what counting row by row would."""

from collections import Counter

import pytest

from core.periods import Month
from visits import services
from visits.models import Cadence

NOVEMBER = Month.parse("2026-11")


def by_hand(month: Month) -> dict[tuple[int, str], tuple[int, int, int]]:
    """(grid, group) → owed, made, away, one row after another."""
    owed, made, away = Counter(), Counter(), Counter()
    for who, _ in Cadence.GROUPS:
        for row in services.owed_in(who, month):
            at = row.territory_id, who
            owed[at] += 1
            made[at] += row.discharged_on is not None and row.discharged_on <= month.last
            away[at] += row.away
    return {at: (owed[at], made[at], away[at]) for at in owed}


def counted(month: Month, **more: object) -> dict[tuple[int, str], tuple[int, int, int]]:
    return {
        (grid, who): (figure.owed, figure.made, figure.away)
        for grid, who, figure in services.counted(month, **more)
    }


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_the_figures_are_those_of_the_rows(town, visit, month):
    visit(town.zhang, "2026-10-02")
    visit(town.li, "2026-11-02")
    found = counted(Month.parse(month))
    assert found == by_hand(Month.parse(month))
    assert {who for _, who in found} == {"category", "ordinary", "secretary"}
    assert sum(made for _, made, _ in found.values()) > 0


def test_only_the_grids_that_are_asked_about(town):
    found = counted(NOVEMBER, grids=[town.grid1.pk])
    assert found
    assert {grid for grid, _ in found} == {town.grid1.pk}
    assert counted(NOVEMBER, grids=[]) == {}


def test_where_nobody_need_be_seen_there_is_no_figure(town):
    Cadence.objects.exclude(who="category").update(until="2026-10-31")
    assert {who for _, who in counted(NOVEMBER)} == {"category"}
    Cadence.objects.update(until="2026-10-31")
    assert counted(NOVEMBER) == {}


def test_two_queries_count_the_whole_town(town, django_assert_num_queries):
    with django_assert_num_queries(2):
        counted(NOVEMBER)
