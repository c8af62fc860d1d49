"""What is told about a workbook that was examined: counts, faults, what would change. No identity number is in it."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from core import idnumber
from core.ledger import Entry, Examined, Fault, Ledger
from core.ledger.compared import tallied

MOST_FAULTS, MOST_WARNINGS, MOST_LINES, MOST_HELD = 500, 200, 200, 50

_RUN = re.compile(r"(?<![0-9])[0-9](?:[ \u3000-]?[0-9]){10,19}[Xx]?(?![0-9])")


def hide(text: str) -> str:
    """Stars for whatever looks like an identity number (also one with a digit missing or too many) or a phone."""
    return _RUN.sub(_stars, text)


def _stars(found: re.Match[str]) -> str:
    run = re.sub(r"[^0-9Xx]", "", found.group())
    if len(run) >= 16 or (len(run) == 15 and _is_day(run[6:12])):
        return run[:6] + "*" * (len(run) - 6)
    if len(run) == 11 and run.startswith("1"):
        return idnumber.mask_phone(run)
    return found.group()


def _is_day(six: str) -> bool:
    try:
        dt.datetime.strptime(f"19{six}", "%Y%m%d")
    except ValueError:
        return False
    return True


def report_of(examined: Examined) -> dict[str, Any]:
    """The JSON of the preview. `counts` are those that a commit (with skip_bad if there are faults) must reach."""
    faults, warnings, sheet = examined.faults, examined.warnings, examined.sheet
    good, _ = examined.good
    numbers = set(examined.held)
    held = [entry for entry in examined.entries if entry.number in numbers]
    return {
        "counts": examined.counts,
        "rows": len(examined.entries),
        "sound_rows": len(examined.entries) - len({fault.row for fault in faults}),
        "good_rows": len(good),
        "held_rows": len(held),
        "held": examined.held[:MOST_HELD],
        "bad_rows": len({fault.row for fault in faults}),
        "units": _units(examined, examined.entries),
        "good_units": _units(examined, good),
        "held_units": _units(examined, held),
        "whole_units": type(examined.ledger).unit_of is not Ledger.unit_of,
        "faults": [_fault(fault) for fault in faults[:MOST_FAULTS]],
        "faults_total": len(faults),
        "warnings": [_fault(fault) for fault in warnings[:MOST_WARNINGS]],
        "warnings_total": len(warnings),
        "lines": [hide(line) for line in examined.plan.lines[:MOST_LINES]],
        "lines_total": len(examined.plan.lines),
        "gone": [hide(line) for line in examined.plan.gone[:MOST_LINES]],
        "gone_total": len(examined.plan.gone),
        "compared": _compared(examined),
        "sheet": hide(sheet.name),
        "unread_sheets": [hide(name) for name in sheet.unread_sheets[:20]],
        "heading_row": sheet.headings.last + 1,
        "columns": len(sheet.places),
        "renamed": _renamed(examined),
        "ignored": [hide(heading) for heading in examined.ignored_headings[:40]],
        "skipped": {reason: len(rows) for reason, rows in examined.skipped.items()},
    }


def _compared(examined: Examined) -> dict[str, Any] | None:
    told = examined.ledger.compared_as
    return tallied(examined.plan.compared, MOST_LINES, told) if examined.ledger.compares and told else None


def trimmed(report: dict[str, Any]) -> dict[str, Any]:
    """What stays of a report once its file is gone: numbers, those of the rows that were left out among them."""
    kept = ("counts", "held")
    return {key: value for key, value in report.items() if isinstance(value, int | bool) or key in kept}


def rows_left_out(rows: Sequence[int]) -> str:
    """`第 85、86、87 行`, or the first 50 of them and how many there are."""
    named = "、".join(map(str, rows[:MOST_HELD]))
    return f"第 {named} 行" if len(rows) <= MOST_HELD else f"第 {named} 行等，共 {len(rows)} 行"


def summary(counts: dict[str, int]) -> str:
    """`新增 12 行，改动 3 行，没变 316 行`."""
    words = (("created", "新增"), ("updated", "改动"), ("unchanged", "没变"), ("refused", "没存"))
    return "，".join(f"{word} {counts[key]} 行" for key, word in words if counts.get(key)) or "没有一行"


def _units(examined: Examined, entries: Sequence[Entry]) -> int:
    units = (examined.ledger.unit_of(entry) for entry in entries)
    return len(
        {("row", entry.number) if unit is None else unit for entry, unit in zip(entries, units, strict=True)}
    )


def _renamed(examined: Examined) -> list[list[str]]:
    pairs = []
    for column in examined.ledger.imported:
        written = "".join(examined.sheet.heading_of(column.name).split())
        if written and written != column.title:
            pairs.append([hide(written), column.title])
    return pairs


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "row": fault.row,
        "column": fault.title,
        "written": hide(fault.written),
        "what": hide(fault.what),
        "how": hide(fault.how),
    }
