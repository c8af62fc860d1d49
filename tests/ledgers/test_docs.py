"""docs/add-a-ledger.md does what it says: its example is taken from the page, exported, edited and brought in again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from core.ledger import ImportContext, Ledger, LedgerScope, registry
from grids.models import VillagerGroup
from tests.people import Town

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-ledger.md"


@pytest.fixture
def example() -> Iterator[Ledger]:
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    with registry.emptied():
        exec(compile(code, str(PAGE), "exec"), {})
        yield registry.get("group-list")


def cells(path: Path) -> list[list]:
    return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]


def test_the_example_exports_the_official_sheet(town: Town, example: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    assert example.export(LedgerScope(town.secretary, town.jinxing), path) == 3
    rows = cells(path)
    assert "金星村 村民组一览表" in rows[0][0]
    assert [1, "一组", "金星第一网格", 2] in [row[:4] for row in rows]
    assert example.export(LedgerScope(town.neighbour, town.jinxing), path) == 0, "not the neighbour's"


def test_the_example_comes_in_again_and_changes_only_what_was_edited(
    town: Town, example: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "out.xlsx"
    example.export(LedgerScope(town.secretary, town.jinxing), path)
    context = ImportContext(town.secretary, town.jinxing)
    assert example.open(path, context).commit()["unchanged"] == 3
    book = load_workbook(path)
    for row in book.active.iter_rows():
        if row[1].value == "二组":
            row[4].value = 7
    book.save(path)
    assert example.open(path, context).commit()["updated"] == 1
    assert VillagerGroup.objects.get(village=town.jinxing, name="二组").position == 7


def test_the_example_names_an_unknown_grid_by_row_and_column(
    town: Town, example: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "out.xlsx"
    example.export(LedgerScope(town.secretary, town.jinxing), path)
    book = load_workbook(path)
    for row in book.active.iter_rows():
        if row[1].value == "二组":
            row[2].value, at = "第九网格", row[2].row
    book.save(path)
    faults = example.open(path, ImportContext(town.secretary, town.jinxing)).faults
    assert [(fault.row, fault.title, fault.what) for fault in faults] == [
        (at, "所属网格", "村里没有这个网格")
    ]


def test_the_example_is_in_the_catalogue_without_another_line(town: Town, example: Ledger) -> None:
    client = Client()
    client.force_login(town.secretary)
    shown = client.get(reverse("ledgers:ledger", args=["group-list"])).content.decode()
    assert "村民组一览表" in shown
    assert "户数是现在在册的户" in shown
