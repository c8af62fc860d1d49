"""列序 of a sheet for another system: what the office laid out, or the default of the house, and the columns of it.

A room says once what a sheet can hold (`register_sheet`); pages, exports and comparisons follow from that.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.ledger.columns import Column
from core.ledger.headings import plain
from core.models import SheetLayout
from core.scope import must

LAYS_OUT = "settings.manage"
LONGEST_TITLE, LONGEST_FIXED, MOST_FIXED = 30, 60, 6


@dataclass(frozen=True)
class Need:
    """A sheet cannot do without one of `fields`; `sentence`: what is said to whoever leaves them all out."""

    fields: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class LaidSheet:
    """What one sheet of another system can hold, under the names that we give by default.

    `left_out`: fields that stand in it only if the office wants them. `unknown`: what is said as long as nobody has
    compared the order with the system's own template.
    """

    kind: str
    title: str
    fields: tuple[Column, ...]
    unknown: str
    needs: tuple[Need, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def titles(self) -> dict[str, str]:
        return {column.name: column.title for column in self.fields}


_sheets: dict[str, LaidSheet] = {}


def register_sheet(sheet: LaidSheet) -> LaidSheet:
    """Make it known; another sheet under the same name is a mistake."""
    if _sheets.setdefault(sheet.kind, sheet) is not sheet:
        raise ValueError(f"sheet registered twice: {sheet.kind}")
    return sheet


def sheet_of(kind: str) -> LaidSheet:
    return _sheets[kind]


@dataclass(frozen=True)
class Laid:
    """One column of the sheet: a field under a heading, or (`field` empty) a constant value under one."""

    field: str
    title: str
    fixed: str = ""


@dataclass(frozen=True)
class Layout:
    """How one sheet is laid out. `checked`: with what it was compared, "" while nobody has."""

    sheet: LaidSheet
    laid: tuple[Laid, ...]
    checked: str = ""
    edited: SheetLayout | None = None

    @property
    def kind(self) -> str:
        return self.sheet.kind

    @property
    def told(self) -> str:
        """What stands on the page and in the workbook: never more certain than somebody was."""
        if not self.checked:
            return self.sheet.unknown
        return f"列序核对过：{self.checked}。平台改了模板，要再核对。"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns in their order, constants as `fixed1` and so on. Other names of a heading hold only where nobody
        has said what the platform calls it."""
        fields = {column.name: column for column in self.sheet.fields}
        found, number = [], 0
        for each in self.laid:
            if not each.field:
                number += 1
                found.append(Column(f"fixed{number}", each.title, left=True, imported=False))
            elif column := fields.get(each.field):
                others = () if self.edited else column.synonyms
                found.append(replace(column, title=each.title, synonyms=others))
        return tuple(found)

    @property
    def fixed(self) -> dict[str, str]:
        """The constants by the name of their column."""
        values = [each.fixed for each in self.laid if not each.field]
        return {f"fixed{number}": value for number, value in enumerate(values, 1)}


def layout_of(kind: str) -> Layout:
    """As the office laid it out, else ours. One query; KeyError for no sheet."""
    return layouts_of([kind])[0]


def layouts_of(kinds: Sequence[str]) -> list[Layout]:
    """The same of several, in one query."""
    rows = SheetLayout.objects.select_related("edited_by").filter(kind__in=kinds)
    known = {row.kind: row for row in rows}
    return [_layout(sheet_of(kind), known.get(kind)) for kind in kinds]


def _layout(sheet: LaidSheet, row: SheetLayout | None) -> Layout:
    if row is not None:
        return Layout(sheet, tuple(Laid(**each) for each in row.columns), row.checked, row)
    wanted = (column for column in sheet.fields if column.name not in sheet.left_out)
    return Layout(sheet, tuple(Laid(column.name, column.title) for column in wanted))


@transaction.atomic
def lay_out(*, actor: Any, kind: str, laid: Sequence[Laid], checked: str = "") -> Layout:
    """Store the order of one sheet, for the exports and the reconciling from now on. ValidationError by the place of
    the column in `laid` (`title-0`, …), or as a whole. Needs settings.manage."""
    must(actor, LAYS_OUT)
    rows = [Laid(each.field, " ".join(each.title.split()), each.fixed.strip()) for each in laid]
    if faults := _faults(sheet_of(kind), rows):
        raise ValidationError(faults)
    SheetLayout.objects.update_or_create(
        kind=kind,
        defaults={
            "columns": [asdict(each) for each in rows],
            "checked": checked.strip()[:80],
            "edited_at": clock.now(),
            "edited_by": actor,
        },
    )
    return layout_of(kind)


def _faults(sheet: LaidSheet, rows: Sequence[Laid]) -> dict[str, str]:
    faults: dict[str, str] = {}
    seen: set[str] = set()
    for place, each in enumerate(rows):
        if not each.title:
            faults[f"title-{place}"] = "写这一列叫什么，不要这一列就勾上“不要”。"
        elif len(each.title) > LONGEST_TITLE:
            faults[f"title-{place}"] = f"列名最多 {LONGEST_TITLE} 个字，写短一点。"
        elif plain(each.title) in seen:
            faults[f"title-{place}"] = f"“{each.title}”有两列都叫，改一个。"
        elif len(each.fixed) > LONGEST_FIXED:
            faults[f"title-{place}"] = f"固定写的最多 {LONGEST_FIXED} 个字，写短一点。"
        seen.add(plain(each.title))
    there = {each.field for each in rows}
    for need in sheet.needs:
        if not there & set(need.fields):
            faults.setdefault("whole", need.sentence)
    return faults
