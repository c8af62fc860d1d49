"""和美积分列序: what the office laid out, or the default of the house, and the columns that come of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.ledger import Column
from core.ledger.headings import plain
from core.scope import must
from points.city_columns import BALANCES, FIELDS, LEFT_OUT
from points.models import CityLayout

LAYS_OUT = "settings.manage"
UNKNOWN = (
    "本市“和美积分”平台的真实列序我们不知道。列名和先后是我们先排的，第一次用以前，请照平台的模板核对、改好。"
)
LONGEST_TITLE, LONGEST_FIXED, MOST_FIXED = 30, 60, 6


@dataclass(frozen=True)
class Laid:
    """One column of the sheet: a field under a heading, or (`field` empty) a constant value under one."""

    field: str
    title: str
    fixed: str = ""


@dataclass(frozen=True)
class Layout:
    """How one sheet is laid out. `checked`: with what it was compared, "" while nobody has."""

    kind: str
    laid: tuple[Laid, ...]
    checked: str = ""
    edited: CityLayout | None = None

    @property
    def told(self) -> str:
        """What stands on the page and in the workbook: never more certain than somebody was."""
        return f"列序核对过：{self.checked}。平台改了模板，要再核对。" if self.checked else UNKNOWN

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns in their order, constants as `fixed1` and so on. Other names of a heading hold only where nobody
        has said what the platform calls it."""
        fields = {column.name: column for column in FIELDS[self.kind]}
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
    """As the office laid it out, else ours. One query."""
    if row := CityLayout.objects.select_related("edited_by").filter(kind=kind).first():
        return Layout(kind, tuple(Laid(**each) for each in row.columns), row.checked, row)
    return Layout(
        kind, tuple(Laid(each.name, each.title) for each in FIELDS[kind] if each.name not in LEFT_OUT)
    )


@transaction.atomic
def lay_out(*, actor: Any, kind: str, laid: Sequence[Laid], checked: str = "") -> Layout:
    """Store the order of one sheet, for the exports and the reconciling from now on. ValidationError by the place of
    the column in `laid` (`title-0`, …), or as a whole. Needs settings.manage."""
    must(actor, LAYS_OUT)
    rows = [Laid(each.field, " ".join(each.title.split()), each.fixed.strip()) for each in laid]
    if faults := _faults(kind, rows):
        raise ValidationError(faults)
    CityLayout.objects.update_or_create(
        kind=kind,
        defaults={
            "columns": [asdict(each) for each in rows],
            "checked": checked.strip()[:80],
            "edited_at": clock.now(),
            "edited_by": actor,
        },
    )
    return layout_of(kind)


def _faults(kind: str, rows: Sequence[Laid]) -> dict[str, str]:
    faults: dict[str, str] = {}
    seen: dict[str, str] = {}
    for place, each in enumerate(rows):
        if not each.title:
            faults[f"title-{place}"] = "写这一列叫什么，不要这一列就勾上“不要”。"
        elif len(each.title) > LONGEST_TITLE:
            faults[f"title-{place}"] = f"列名最多 {LONGEST_TITLE} 个字，写短一点。"
        elif plain(each.title) in seen:
            faults[f"title-{place}"] = f"“{each.title}”有两列都叫，改一个。"
        elif len(each.fixed) > LONGEST_FIXED:
            faults[f"title-{place}"] = f"固定写的最多 {LONGEST_FIXED} 个字，写短一点。"
        seen[plain(each.title)] = each.field
    there = {each.field for each in rows}
    if "points" not in there:
        faults.setdefault("whole", "分值那一列不能不要，对账靠它。")
    elif not there & {"number", "head"}:
        faults.setdefault("whole", "户编号、户主至少要一列，不然不知道是哪一户。")
    elif not there & ({"month"} if kind == BALANCES else {"month", "day"}):
        faults.setdefault("whole", "月份（或者日期）要有一列，不然不知道是哪个月。")
    return faults
