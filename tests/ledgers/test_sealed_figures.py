"""What was reported stays on the pages as it was reported, and says so where the records have moved on since."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.periods import Month
from ledgers import services
from tests.factor import client_of
from tests.ledgers.months import OCTOBER, on_the_third, sealed, visit
from tests.people import Town
from visits import services as visits

pytestmark = pytest.mark.slow

ROWS = "/desk/coverage/rows/?month=2026-10&who=category"


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.FILES_ROOT = tmp_path / "media", tmp_path / "files"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        sealed(cast)
        yield cast


def words(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    found = answer.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", found[found.index("<main") :]))


def shown(town: Town, actor: Any) -> Any:
    return next(
        place
        for place in visits.shown_coverage(month=OCTOBER, actor=actor)
        if place.territory == town.jinxing
    )


def test_a_late_visit_changes_no_figure_of_a_sealed_month(town: Town) -> None:
    before = shown(town, town.secretary).category.made
    assert shown(town, town.secretary).since is None
    visit(town, town.li, "2026-10-20")
    now = shown(town, town.secretary)
    assert now.category.made == before
    assert now.since.category.made == before + 1
    assert [grid.category.made for grid in now.grids] == [1, 0]
    [village] = visits.coverage(month=OCTOBER, actor=town.secretary)
    assert village.category.made == before + 1, "what is counted now is asked elsewhere"


def test_the_pages_say_what_was_reported_and_what_has_come_in_since(town: Town) -> None:
    client = client_of(town.secretary)
    assert "带锁的村" in words(client, "/desk/coverage/?month=2026-10")
    assert "和报上去的一样" in words(client, ROWS)
    visit(town, town.li, "2026-10-20")
    page = words(client, "/desk/coverage/?month=2026-10")
    assert "有变动" in page
    assert "1 / 3" in page
    rows = words(client, ROWS)
    assert "报上去的是应访 3 户，走到 1 户" in rows
    assert "走到 2" in rows
    assert "补录" in rows


def test_the_trend_takes_sealed_months_as_they_were_sealed(town: Town) -> None:
    def october() -> Any:
        points = visits.trend(last=Month.parse("2026-11"), actor=town.office)
        return next(point for point in points if point.month == OCTOBER).figures["category"]

    before = october()
    assert (before.owed, before.made) == (4, 1), "three of 金星村 as sealed, one of 桥集村 as counted now"
    visit(town, town.li, "2026-10-20")
    visit(town, town.chen, "2026-10-21", actor=town.neighbour)
    after = october()
    assert (after.owed, after.made) == (4, 2), "only 桥集村 is still open"


def test_a_month_that_is_opened_again_is_counted_again(town: Town) -> None:
    visit(town, town.li, "2026-10-20")
    services.reopen_month(actor=town.office, village=town.jinxing, month=OCTOBER, reason="漏了李家")
    now = shown(town, town.secretary)
    assert now.sealed is None
    assert now.category.made == 2


def test_who_is_no_secretary_of_it_sees_nothing_of_a_sealed_village(town: Town) -> None:
    places = visits.shown_coverage(month=OCTOBER, actor=town.neighbour)
    assert [place.territory.name for place in places] == ["桥集村"]
    assert places[0].sealed is None
