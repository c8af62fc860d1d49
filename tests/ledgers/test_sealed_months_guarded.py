"""What a sealed month asks of its neighbours: a town's sheet names sealed villages, grids are not drawn into it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from core import clock
from core.ledger import LedgerScope, registry
from grids import services as grids
from ledgers import services
from ledgers.keeping import live_notes
from tests.factor import client_of
from tests.ledgers.months import LATER, NOVEMBER, OCTOBER, on_the_third, sealed, visit
from tests.people import Town

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def scope(actor: Any, place: Any, month: Any = OCTOBER) -> LedgerScope:
    return LedgerScope(actor, place, month, made_on=clock.today())


def test_a_towns_sheet_says_it_is_todays_and_names_the_sealed_villages(town: Town, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    row, ledger, path = sealed(town), registry.get("coverage"), tmp_path / "town.xlsx"
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        count = services.count_differences(row)
        services.write_ledger(ledger, scope(town.office, town.town), path)
        said = "".join(str(cell.value or "") for line in load_workbook(path).active for cell in line)
        assert f"2026年10月已经封存的村：金星村（第 1 版，已查到差 {count} 处）" in said
        assert "报上去的数以各村的封存稿为准" in said
        assert "桥集村（第" not in said


def test_a_grids_sheet_says_so_too_and_other_months_do_not(town: Town) -> None:
    sealed(town)
    ledger = registry.get("coverage")
    assert "金星村（第 1 版）" in live_notes(ledger, scope(town.worker, town.grid1))[0]
    assert live_notes(ledger, scope(town.office, town.far_grid)) == ()
    assert live_notes(ledger, scope(town.office, town.town, NOVEMBER)) == ()
    assert live_notes(registry.get("differences"), scope(town.office, town.town)) == ()


def test_a_look_at_the_ledger_says_so(town: Town) -> None:
    sealed(town)
    page = client_of(town.office).get(f"/desk/ledgers/coverage/look/?place={town.town.pk}&month=2026-10")
    assert page.status_code == 200
    assert "2026年10月已经封存的村：金星村（第 1 版）" in page.content.decode()


def draw(town: Town, since: str) -> Any:
    day = dt.date.fromisoformat(since)
    return grids.draw(
        actor=town.office, village=town.jinxing, since=day, groups={town.group2.pk: town.grid2.pk}
    )


@pytest.mark.parametrize("day", ["2026-09-20", "2026-10-01", "2026-10-31"])
def test_grids_are_not_drawn_into_a_sealed_month(town: Town, day: str) -> None:
    sealed(town)
    with pytest.raises(ValidationError) as refused:
        draw(town, day)
    assert refused.value.message_dict == {
        "since": [
            "金星村2026年10月已经封存，报上去的数不能动。改成从2026年11月1日或以后划；"
            "一定要从那天划的，请镇里先把封存的月份重新打开。"
        ]
    }


def test_grids_are_drawn_from_the_first_day_that_is_free_and_no_cell_moves(town: Town) -> None:
    row = sealed(town)
    before = {file.slug: file.sha256 for file in row.files.all()}
    draw(town, "2026-11-01")
    assert list(services.compare(row)) == []
    assert {file.slug: file.sha256 for file in row.files.all()} == before


def test_a_neighbours_sealed_month_or_one_opened_again_hinders_nobody(town: Town) -> None:
    sealed(town)
    services.reopen_month(actor=town.office, village=town.jinxing, month=OCTOBER, reason="划网格")
    assert draw(town, "2026-10-31").pk


def test_a_drawing_that_was_sealed_since_is_not_undone(town: Town) -> None:
    drawn = draw(town, "2026-10-31")
    sealed(town)
    assert grids.why_not_undo(drawn) == (
        "金星村2026年10月已经封存，报上去的数不能动，撤不掉。要改回去，从没封存的月份再调整一次。"
    )
    with pytest.raises(ValidationError):
        grids.undo_redrawing(actor=town.office, redrawing=drawn)
