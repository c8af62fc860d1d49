"""A desk for the tests: commands in this process, villages to import into, workbooks to edit and to make up."""

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from django.core.management import call_command

from grids import services
from grids.models import Territory
from grids.words import chinese_number

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
GRID_ROSTER = SAMPLES / "洪集镇网格花名册.xlsx"
HUIGUAN = SAMPLES / "会馆村花名册.xlsx"
QIAOJI = SAMPLES / "桥集村花名册.xlsx"
SHUANGDUN = SAMPLES / "双墩村花名册（有错）.xlsx"
EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
CODES = {"会馆村": "341504999204", "双墩村": "341504999205", "桥集村": "341504999208"}

HEADINGS = (
    "序号",
    "村民组",
    "户编号",
    "户主",
    "与户主关系",
    "姓名",
    "性别",
    "民族",
    "身份证号",
    "出生日期",
    "联系电话",
    "政治面貌",
    "文化程度",
    "家庭住址",
    "对象类别",
    "备注",
)


@dataclass
class Outcome:
    """How a command ended: its exit code, the JSON of its last line, and what it said."""

    code: int
    out: str
    err: str

    @property
    def counts(self) -> dict[str, int]:
        return dict(json.loads(self.out.strip().splitlines()[-1]))

    @property
    def changes(self) -> tuple[int, int, int, int]:
        counts = self.counts
        return counts["created"], counts["updated"], counts["unchanged"], counts["refused"]


def run(*words: str) -> Outcome:
    """A management command in this process."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*words, stdout=out, stderr=err)
    except SystemExit as end:
        return Outcome(int(end.code or 0), out.getvalue(), err.getvalue())
    return Outcome(0, out.getvalue(), err.getvalue())


def bring_in(slug: str, path: Path, territory: str = "", *words: str) -> Outcome:
    place = ("--territory", territory) if territory else ()
    return run("import_ledger", slug, str(path), *place, *words)


def take_out(slug: str, path: Path, territory: str, *words: str) -> Outcome:
    return run("export_ledger", slug, "--territory", territory, "--out", str(path), *words)


def make_village(name: str, groups: int = 15) -> Territory:
    """A village of the sample town, all its groups in two grids."""
    town = Territory.objects.towns().first() or services.add_town(name="洪集镇", code="341504999")
    server = services.SERVER
    village = services.add_territory(
        actor=server, parent=town, name=name, code=CODES[name], kind=Territory.VILLAGE
    )
    stem = name.removesuffix("村")
    grids = [
        services.add_territory(
            actor=server,
            parent=village,
            name=f"{stem}第{nth}网格",
            code=f"{CODES[name]}00{n}",
            kind=Territory.GRID,
        )
        for n, nth in enumerate("一二", start=1)
    ]
    for number in range(1, groups + 1):
        services.add_group(
            actor=server,
            grid=grids[number > groups / 2],
            name=f"{chinese_number(number)}组",
            since=dt.date(2022, 5, 10),
        )
    return Territory.objects.get(pk=village.pk)


def edited(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    """A copy of a workbook with its first sheet changed by hand."""
    book = openpyxl.load_workbook(source)
    change(book.worksheets[0])
    book.save(target)
    return target


def roster(
    target: Path,
    people: Iterable[Mapping[str, Any]],
    *,
    title: str = "洪集镇桥集村居民花名册（2026年10月）",
    unit: str = "填报单位：桥集村",
    made_on: str = "填报日期：2026年10月20日",
    headings: Sequence[str] = HEADINGS,
) -> Path:
    """A roster as the samples have it; the first person stands in row 4."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([title])
    sheet.append([unit, *[None] * 9, made_on])
    sheet.append(list(headings))
    for number, person in enumerate(people, start=1):
        row = {"序号": number, **person}
        for place, heading in enumerate(headings, start=1):
            cell = sheet.cell(number + 3, place, row.get(heading))
            if cell.data_type == "f":
                cell.data_type = "s"  # a text that begins with =, not a formula
    book.save(target)
    return target


def cell_of(sheet: Any, heading: str, row: int, heading_row: int = 3) -> Any:
    """The cell of an exported or sample sheet under a heading."""
    for cell in sheet[heading_row]:
        if cell.value == heading:
            return sheet.cell(row, cell.column)
    raise LookupError(heading)
