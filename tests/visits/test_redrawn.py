"""A grid re-drawn leaves every figure of earlier months as it was, cell by cell, and lets only what is open follow."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from grids import services as grids
from grids.models import Redrawing
from tests.people import Town
from visits import services
from visits.models import Obligation, Visit

pytestmark = pytest.mark.slow

EARLIER = [Month.parse(f"2026-{month}") for month in ("09", "10")]
SLUGS = ("visits", "five-visits", "coverage", "five-knows")


def cells(town: Town) -> dict[tuple[str, str, str], list[list[Any]]]:
    """Every cell of every ledger of visits of the earlier months, for the town, each village and each grid."""
    places = (town.town, town.jinxing, town.grid1, town.grid2)
    return {
        (slug, str(month), place.name): [
            list(row) for row in engine.get(slug).rows(LedgerScope(OPERATOR, place, month))
        ]
        for slug in SLUGS
        for month in EARLIER
        for place in places
    }


def covered(town: Town) -> list[Any]:
    """The figures behind page, API and ledger: grid by grid."""
    return [
        (month, grid.territory.pk, grid.category, grid.ordinary, grid.secretary)
        for month in EARLIER
        for village in services.coverage(month=month)
        for grid in village.grids
    ]


@pytest.fixture
def walked(town: Town, visit: Any) -> Town:
    """Something of everything in September and October, before November's re-drawing."""
    visit(town.zhang, "2026-09-10", findings=[{"kind": "conflict", "words": "院墙"}])
    visit(town.zhang, "2026-10-05", actor=town.secretary)
    visit(town.li, "2026-10-12", met=False)
    visit(town.zhao, "2026-10-20", findings=[{"kind": "need", "detail": "老有所养"}])
    return town


def draw(town: Town, since: dt.date = dt.date(2026, 11, 10)) -> Redrawing:
    """一组 goes to 金星第二网格, and 李 by himself to 三组, which lies there."""
    return grids.draw(
        actor=town.office,
        village=town.jinxing,
        since=since,
        groups={town.group1.pk: town.grid2.pk},
        households={town.li.pk: town.group3.pk},
        why="两个网格任务相当",
    )


def test_no_cell_of_an_earlier_month_changes(walked: Town) -> None:
    before, figures = cells(walked), covered(walked)
    assert any(before["coverage", "2026-10", "金星第一网格"])
    redrawing = draw(walked)
    assert covered(walked) == figures
    assert cells(walked) == before
    grids.undo_redrawing(actor=walked.office, redrawing=redrawing)
    assert covered(walked) == figures
    assert cells(walked) == before


def test_nor_when_what_was_open_is_done_in_the_new_grid(walked: Town, visit: Any) -> None:
    before = cells(walked)
    draw(walked)
    walked.wang.refresh_from_db()
    visit(walked.wang, "2026-11-20", actor=walked.secretary)
    assert cells(walked) == before


def test_open_rows_follow_discharged_and_past_ones_never(walked: Town, visit: Any) -> None:
    visit(walked.zhang, "2026-11-05")
    before = dict(Obligation.objects.values_list("pk", "territory"))
    draw(walked)
    today = clock.today()
    for row in Obligation.objects.filter(household__in=[walked.zhang, walked.wang, walked.li]):
        runs = row.discharged_on is None and row.period_start <= today <= row.period_end
        assert row.territory_id == (walked.grid2.pk if runs else before[row.pk]), row
    assert Visit.objects.get(day="2026-11-05").territory == walked.grid1


def test_undoing_takes_the_open_rows_back(walked: Town) -> None:
    before = set(Obligation.objects.values_list("household", "cadence", "period_start", "territory"))
    redrawing = draw(walked)
    after = set(Obligation.objects.values_list("household", "cadence", "period_start", "territory"))
    assert after != before
    grids.undo_redrawing(actor=walked.office, redrawing=redrawing)
    assert before == set(Obligation.objects.values_list("household", "cadence", "period_start", "territory"))


def test_once_somebody_was_visited_there_it_cannot_be_undone(walked: Town, visit: Any) -> None:
    redrawing = draw(walked)
    walked.wang.refresh_from_db()
    made = visit(walked.wang, "2026-11-20", actor=walked.secretary)
    with pytest.raises(ValidationError, match="已经走访了 1 户"):
        grids.undo_redrawing(actor=walked.office, redrawing=redrawing)
    services.undo_visit(actor=walked.secretary, visit=made)
    grids.undo_redrawing(actor=walked.office, redrawing=redrawing)


def test_work_is_counted_by_the_cadences_in_force(town: Town) -> None:
    loads = {
        load.grid.name: (load.before.households, load.before.listed, load.before.visits)
        for load in grids.grid_loads(town.jinxing)
    }
    # 张 and 李 owe a visit a month, 王 one a quarter; 赵 one a month.
    assert loads == {
        "金星第一网格": (3, 2, 2 + services.monthly_rates(clock.today())[1]),
        "金星第二网格": (1, 1, 1),
    }
    assert [str(rate) for rate in services.monthly_rates(clock.today())] == ["1", "1/3"]
