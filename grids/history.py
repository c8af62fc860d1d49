"""What was changed of one row of the register, by whom and when: simple-history's lines in words, secrets masked."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from core.fields import SealedField

MOST = 300
WHAT = {"+": "登记", "~": "改", "-": "删去"}
# Search keys and sounds follow from other columns; a number that changes is told by its mask.
UNTOLD = {"id", "pinyin", "initials"}
MASKED = {"id_number_mask": "id_number_hash", "phone_mask": "phone_hash"}


@dataclass(frozen=True)
class Line:
    """One saving: `changes` as (what, before, after); at the first saving nothing stood before."""

    at: dt.datetime
    by: str
    what: str
    why: str
    changes: tuple[tuple[str, str, str], ...] = ()


def lines_of(row: Any) -> list[Line]:
    """The newest first, at most MOST. Who may see the row is asked before."""
    rows = list(
        row.history.select_related("history_user").order_by("-history_date", "-history_id")[: MOST + 1]
    )
    found = [_line(now, before) for now, before in pairwise(rows)]
    if rows and len(rows) <= MOST:
        found.append(_line(rows[-1], None))
    return found


def _line(now: Any, before: Any) -> Line:
    by = str(now.history_user) if now.history_user else "服务器命令"
    changes = tuple(_changes(now, before)) if before is not None and now.history_type != "-" else ()
    return Line(now.history_date, by, WHAT[now.history_type], now.history_change_reason or "", changes)


def _changes(now: Any, before: Any) -> list[tuple[str, str, str]]:
    found = []
    for field in now.instance_type._meta.concrete_fields:
        name = field.name
        tracked = name not in UNTOLD and not name.endswith("_hash") and not isinstance(field, SealedField)
        if not tracked or not hasattr(now, field.attname):
            continue
        asked = MASKED.get(name, field.attname)
        if getattr(now, asked) != getattr(before, asked):
            found.append((str(field.verbose_name), _shown(before, field), _shown(now, field)))
    return found


def _shown(line: Any, field: Any) -> str:
    """One value as people read it; "" for none."""
    value = getattr(line, field.attname)
    if value is None or value == "":
        return ""
    if field.is_relation:
        return str(field.related_model._base_manager.filter(pk=value).first() or "")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
