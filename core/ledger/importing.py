"""An uploaded workbook on its way in: every cell cleaned, every fault told, then all of it saved or nothing."""

import datetime as dt
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from django.db import transaction

from core import clock
from core.ledger.cleaning import KEEP, Masked
from core.ledger.columns import Column
from core.ledger.compared import Compared, write_compared
from core.ledger.faults import BadCell, BadWorkbook, Fault, HasFaults, Problem
from core.ledger.layout import Heading
from core.ledger.reading import Row, Sheet, open_workbook
from core.ledger.returned import write_returned

if TYPE_CHECKING:
    from core.ledger.base import Ledger

Outcome = Literal["created", "updated", "unchanged"]
TELL_EVERY = 100
MASKED = Problem("这个号被遮住了", "填完整的号或留空")


def _to_nobody(done: int, total: int) -> None:
    """Nobody waits for it."""


@dataclass(frozen=True)
class ImportContext:
    """Who brings it in, for which place, valid from when (`as_of` overrides the file's 填报日期).

    `progress(done, total)` hears of the rows, about every hundred, and may raise to stop. A row is half done when its
    cells are clean, and done when the ledger has looked at it.
    """

    actor: Any
    territory: Any = None
    as_of: dt.date | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    progress: Callable[[int, int], None] = field(default=_to_nobody, compare=False, repr=False)

    def cleaned(self, rows: int, total: int) -> None:
        if not rows % TELL_EVERY:
            self.progress(rows // 2, total)

    def looked_at(self, rows: int, total: int) -> None:
        """To be called by a ledger's `examine` for each row it is through with."""
        if not rows % TELL_EVERY:
            self.progress((total + rows) // 2, total)


@dataclass(slots=True, eq=False)
class Entry:
    """One row of the file: its Excel row number, cleaned values, hidden key, and the columns whose cell is at fault.

    `values` has every imported column that the file has a heading for; None where the cell is empty or in `bad`; KEEP
    where a masked cell was left as it was. A column without a heading is not in `values`.
    """

    number: int
    values: dict[str, Any]
    key: str
    bad: set[str]
    row: Row
    columns: dict[str, Column]

    def fault(self, column: str, what: str, how: str = "") -> Fault:
        """A fault of this row, to be put into the plan; "" or a column that the file lacks: the row as a whole."""
        known = self.columns.get(column)
        if known is None:
            return Fault(self.number, "", "", "", what, how)
        return Fault(self.number, column, known.title, known.shown(self.row.cells.get(column)), what, how)


@dataclass
class Plan:
    """What an import would do. `outcomes` by row number; `work` is whatever `save` needs; `compared`: what a ledger
    that only compares has found."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    extra: dict[str, int] = field(default_factory=dict)
    work: Any = None
    compared: list[Compared] = field(default_factory=list)


class Examined:
    """A workbook that was read and cleaned, and what would become of it; nothing is saved before `commit`."""

    def __init__(
        self,
        ledger: "Ledger",
        sheet: Sheet,
        entries: list[Entry],
        faults: list[Fault],
        context: ImportContext,
    ):
        self.ledger = ledger
        self.sheet = sheet
        self.context = context
        self.entries = entries
        self.cell_faults = faults

    @property
    def ignored_headings(self) -> list[str]:
        """Headings of the file that this ledger has no column for."""
        return self.sheet.ignored_headings

    @property
    def skipped(self) -> dict[str, list[int]]:
        """Rows that are not data, by reason (空行, 小计合计 …) with their Excel row numbers."""
        return self.sheet.skipped

    @cached_property
    def plan(self) -> Plan:
        """The ledger's view of all rows, as the database is now."""
        return self.ledger.examine(self.entries, self.context)

    @property
    def faults(self) -> list[Fault]:
        return self._sorted([*self.cell_faults, *self.plan.faults])

    @property
    def warnings(self) -> list[Fault]:
        return self._sorted(self.plan.warnings)

    def _sorted(self, faults: Sequence[Fault]) -> list[Fault]:
        order = {column.name: i for i, column in enumerate(self.ledger.columns)}
        return sorted(dict.fromkeys(faults), key=lambda fault: (fault.row, order.get(fault.column, -1)))

    @property
    def good(self) -> tuple[list[Entry], Plan]:
        """The entries left without the units at fault, and the plan for them alone; all, if there is no fault."""
        left, plan, _ = self._settled
        return left, plan

    @property
    def held(self) -> list[int]:
        """The Excel row numbers of the units at fault, which stay behind if only the good ones are saved."""
        good = {entry.number for entry in self.good[0]}
        return [entry.number for entry in self.entries if entry.number not in good]

    @property
    def held_faults(self) -> list[Fault]:
        """`faults`, and those that came up only once the units at fault were left out."""
        return self._sorted([*self.faults, *self._settled[2]])

    @cached_property
    def _settled(self) -> tuple[list[Entry], Plan, list[Fault]]:
        """What is left is examined again by itself, until no fault is new: nothing half goes in."""
        left, plan, faults, later = self.entries, self.plan, self.faults, list[Fault]()
        while faults:
            rows = {fault.row for fault in faults}
            if strange := rows - {entry.number for entry in left}:
                raise ValueError(f"{self.ledger.slug}: faults on rows not examined: {sorted(strange)}")
            held = self._held_units(left, rows)
            left = [entry for entry in left if self._unit(entry) not in held]
            if not left:
                return [], Plan(), later
            plan = self.ledger.examine(left, self.context)
            faults = plan.faults
            later += faults
        return left, plan, later

    def _held_units(self, entries: list[Entry], rows: set[int]) -> set[Hashable]:
        """The units of these rows; of a row whose unit cannot be read, the one above it and the one below."""
        units = [self.ledger.unit_of(entry) for entry in entries]
        above = list(accumulate(units, _nearest))
        below = list(accumulate(reversed(units), _nearest))[::-1]
        held: set[Hashable] = set()
        for place, entry in enumerate(entries):
            if entry.number in rows:
                held.update((self._unit(entry), above[place], below[place]))
        return held - {None}

    def _unit(self, entry: Entry) -> Hashable:
        found = self.ledger.unit_of(entry)
        return ("row", entry.number) if found is None else found

    @property
    def counts(self) -> dict[str, int]:
        """What is saved without the units at fault: rows, created, updated, unchanged, refused, the plan's extras."""
        left, plan = self.good
        found = {"rows": len(self.entries), "created": 0, "updated": 0, "unchanged": 0}
        for entry in left:
            if outcome := plan.outcomes.get(entry.number):
                found[outcome] += 1
        return found | {"refused": len(self.entries) - len(left)} | plan.extra

    @property
    def nothing(self) -> dict[str, int]:
        """The counts of a file of which nothing is saved."""
        counts = {
            "rows": len(self.entries),
            "created": 0,
            "updated": 0,
            "unchanged": 0,
            "refused": len(self.entries),
        }
        return counts | dict.fromkeys(self.plan.extra, 0)

    def commit(self, *, skip_bad: bool = False) -> dict[str, int]:
        """Examine again under the ledger's lock and save, in one transaction; the counts of what was saved.

        HasFaults, and nothing is saved, if there is a fault and `skip_bad` is off, or no good row is left.
        """
        with transaction.atomic():
            self.ledger.lock(self.context)
            for known in ("plan", "_settled"):
                self.__dict__.pop(known, None)
            if self.faults and not (skip_bad and self.good[0]):
                raise HasFaults(self.faults, self.nothing)
            self.ledger.save(self.good[1], self.context)
        return self.counts

    def write_returned(self, path: Path, *, held_only: bool = False) -> None:
        """A fresh workbook with what was uploaded, faults marked, a 错误 column; corrected, it can come in again.

        With `held_only` it has only the rows of units at fault: what is left to do after the good ones were saved.
        """
        faults, good = self.faults, set[int]()
        if held_only:
            faults, good = self.held_faults, {entry.number for entry in self.good[0]}
        sheet, numbers = self.sheet.without(good)
        write_returned(path, sheet=sheet, faults=[replace(fault, row=numbers[fault.row]) for fault in faults])

    def write_compared(self, path: Path) -> int:
        """What was compared, as a workbook: what is the same, too."""
        place = getattr(self.context.territory, "name", "")
        heading = Heading(f"{place} {self.ledger.title} 对账单", place, made_on=clock.today())
        told = self.ledger.compared_as
        assert told is not None  # Ledger.check
        return write_compared(path, heading=heading, rows=self.plan.compared, told=told)


def _nearest(before: Hashable, unit: Hashable) -> Hashable:
    return before if unit is None else unit


def open_import(ledger: "Ledger", path: Path, context: ImportContext) -> Examined:
    """Read, recognise and clean; BadWorkbook if there is nothing to examine."""
    from core.ledger.registry import all_ledgers

    others = {
        other.title: other.imported
        for other in all_ledgers()
        if other.importable and other.slug != ledger.slug
    }
    sheet = open_workbook(path, columns=ledger.columns, title=ledger.title, others=others)
    context = replace(context, meta={**sheet.meta, **context.meta})
    context = replace(context, territory=ledger.place_of(sheet, context))
    ledger.check_sheet(sheet, context)
    entries, faults = clean_rows(ledger, sheet, context)
    if not entries:
        raise BadWorkbook("empty", "表里只有标题，没有一行内容。")
    return Examined(ledger, sheet, entries, faults, context)


def clean_rows(ledger: "Ledger", sheet: Sheet, context: ImportContext) -> tuple[list[Entry], list[Fault]]:
    """Every cell of every row through its column's cleaner; all the faults."""
    columns = {c.name: c for c in ledger.imported if c.name in sheet.places}
    cleaners = [(name, column.cleaner()) for name, column in columns.items()]
    stored_mask = None
    entries, faults = [], []
    rows = sheet.rows()
    for place, row in enumerate(rows):
        context.cleaned(place, len(rows))
        entry = Entry(row.number, {}, row.key, set(), row, columns)
        cells = row.cells
        for name, clean in cleaners:
            try:
                value = clean(cells[name])
            except BadCell as bad:
                value = None
                entry.bad.add(name)
                faults += [entry.fault(name, *problem) for problem in bad.problems]
            if value.__class__ is Masked and ledger.compares:
                value = str(value)  # nothing of it is stored: what is seen of it can be compared
            elif value.__class__ is Masked:
                stored_mask = stored_mask or ledger.stored_masks(context)
                if row.key and stored_mask(row.key, name) == value:
                    value = KEEP
                else:
                    value = None
                    entry.bad.add(name)
                    faults.append(entry.fault(name, *MASKED))
            entry.values[name] = value
        entries.append(entry)
    return entries, faults
