"""Workbooks made for tests: honest ones cell by cell, and dishonest ones part by part."""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from core.ledger import Column

HOUSE, NAME = "户编号", "姓名"

ROSTER = (
    Column("position", "序号", "integer", imported=False),
    Column("group", "村民组", merged_down=True),
    Column(
        "house",
        HOUSE,
        "code",
        digits=6,
        zero_fill=True,
        required=True,
        merged_down=True,
        synonyms=("户号", "户编码"),
    ),
    Column("name", NAME, required=True, squeeze=True),
    Column("sex", "性别", "choice", choices=("男", "女")),
    Column("id_number", "身份证号", "code", digits=18, mask="id", synonyms=("身份证号码",)),
    Column("born", "出生日期", "date", synonyms=("出生年月",)),
    Column("phone", "联系电话", "code", digits=11, mask="phone", synonyms=("电话",)),
    Column(
        "kinds",
        "对象类别",
        "choice",
        multiple=True,
        choices=("低保", "大病", "优抚"),
        choice_synonyms={"无": ""},
    ),
    Column("note", "备注"),
)
TITLES = [column.title for column in ROSTER]
GOOD_ROW = [
    1,
    "一组",
    "000001",
    "王强",
    "男",
    "349901194301052856",
    dt.date(1943, 1, 5),
    "19900000001",
    "低保",
    None,
]


def save_book(
    path: Path, rows: Sequence[Sequence[Any]], *, merges: Sequence[str] = (), sheet: str = "花名册"
) -> Path:
    """A workbook as openpyxl writes it; text that starts with = stays text, ("=", "1+1") is a real formula."""
    book = Workbook()
    page = book.active
    page.title = sheet
    put_rows(page, rows)
    for merge in merges:
        page.merge_cells(merge)
    book.save(path)
    return path


def put_rows(page: Any, rows: Sequence[Sequence[Any]]) -> None:
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row, 1):
            if value is None:
                continue
            cell = page.cell(number, place)
            if isinstance(value, tuple):
                cell.value = "".join(value)
            else:
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"


def roster(*rows: Sequence[Any]) -> list[Sequence[Any]]:
    """Title, unit and date line, headings, then these rows (or one good one)."""
    line = ["填报单位：桥集村", *[None] * 6, "填报日期：2026年10月20日"]
    return [["桥集村居民花名册（2026年10月）"], line, TITLES, *(rows or [GOOD_ROW])]


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_parts(path: Path, parts: dict[str, bytes], *, level: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", level) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_sheet_xml(path: Path, change: Any) -> Path:
    """The same workbook with its first sheet's XML changed by `change(text) -> text`."""
    parts = parts_of(path)
    name = "xl/worksheets/sheet1.xml"
    parts[name] = change(parts[name].decode()).encode()
    return zip_parts(path, parts)


def zip_bytes(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()
