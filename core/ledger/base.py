"""What a ledger (台账) is: its columns, the rows that go out, and what to make of rows that come in."""

import datetime as dt
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from core import clock
from core.ledger.blank import write_template
from core.ledger.columns import Column
from core.ledger.writing import Heading, Progress, write_workbook
from core.scope import may

if TYPE_CHECKING:
    from core.ledger.compared import ComparedAs
    from core.ledger.importing import Entry, Examined, ImportContext, Plan
    from core.ledger.reading import Sheet
    from core.periods import Period


Seen = Callable[[Sequence[Any]], None]
# Where the entries are shown that a cell of a row came from, by the column's name: addresses of this site.
Origins = Mapping[str, str]


class Territory(Protocol):
    """All the engine knows of a place: a code that is bound into row keys, and its name on paper."""

    code: str
    name: str


@dataclass(frozen=True)
class LedgerScope:
    """Who asks for which ledger of which place and period; `made_on` is the 填报日期."""

    actor: Any
    territory: Any
    period: "Period | None" = None
    unmasked: bool = False
    made_on: dt.date | None = None
    notes: tuple[str, ...] = ()
    """What whoever asks has to say below the ledger's own footnotes."""


class Ledger:
    """One 台账. A subclass names it, lists its columns and yields its rows; the engine does the rest.

    Out: `rows(scope)` yields one sequence of values per row, one for each exported column in order and, if `keyed`,
    the row's hidden key (`keys.row_key`) as the last. `count(scope)` is the total for the progress bar, or None.

    In (if `importable`): `examine(entries, context)` looks at all cleaned rows together and at the database, changes
    nothing, and returns a `Plan`; `save(plan, context)` does it, inside the engine's transaction.
    """

    slug: ClassVar[str] = ""
    title: ClassVar[str] = ""
    group: ClassVar[str] = ""
    order: ClassVar[int] = 0
    period_kind: ClassVar[Literal["month"] | None] = None
    columns: ClassVar[tuple[Column, ...]] = ()
    footnotes: ClassVar[tuple[str, ...]] = ()
    signatures: ClassVar[tuple[str, ...]] = ("制表人", "审核人", "村党组织书记（签字）")
    importable: ClassVar[bool] = False
    approves: ClassVar[bool] = False  # saving what came in approves it: the second factor stands before
    compares: ClassVar[bool] = False  # what comes in is compared with our books and never saved
    compared_as: ClassVar["ComparedAs | None"] = None  # in what words, of a ledger that compares
    keyed: ClassVar[bool] = False
    sealable: ClassVar[bool] = (
        True  # a monthly ledger is sealed with its month, unless it tells of the sealing or is for another system
    )
    verb: ClassVar[str] = ""  # what one must be allowed to see, besides exporting, to have it
    named_by: ClassVar[tuple[str, ...]] = ()  # columns by which a person knows a row; see `naming`

    # --- what a subclass says ------------------------------------------------------------------------

    def rows(self, scope: LedgerScope) -> Iterable[Sequence[Any]]:
        raise NotImplementedError

    def count(self, scope: LedgerScope) -> int | None:
        return None

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        """The rows with where their cells come from, for who looks at the ledger on a page."""
        for row in self.rows(scope):
            yield row, {}

    def notes(self, scope: LedgerScope) -> Sequence[str]:
        """The footnotes: the counting rules, with figures if a subclass adds them."""
        return self.footnotes

    def place(self, scope: LedgerScope) -> str:
        """The place as the title has it, its full name if it has one."""
        return str(getattr(scope.territory, "full_name", "") or scope.territory.name)

    def unit(self, scope: LedgerScope) -> str:
        """填报单位."""
        return self.place(scope)

    def place_of(self, sheet: "Sheet", context: "ImportContext") -> Any:
        """The place a file is about; a ledger that can read it from the sheet need not be told."""
        return context.territory

    def check_sheet(self, sheet: "Sheet", context: "ImportContext") -> None:
        """Before any row is cleaned: raise BadWorkbook if this file is about another place."""

    def unit_of(self, entry: "Entry") -> Hashable:
        """What must be saved whole or not at all; the number that the rows of one group share. None: the row alone."""
        return None

    def stored_masks(self, context: "ImportContext") -> Callable[[str, str], str | None]:
        """A function (row key, column name) → the mask of what is stored, None if the key resolves to nothing."""
        return lambda key, column: None

    def lock(self, context: "ImportContext") -> None:
        """First thing inside the commit's transaction: lock what `examine` is going to read."""

    def examine(self, entries: "Sequence[Entry]", context: "ImportContext") -> "Plan":
        raise NotImplementedError

    def save(self, plan: "Plan", context: "ImportContext") -> None:
        raise NotImplementedError

    # --- what the engine gives -----------------------------------------------------------------------

    def open_to(self, actor: Any, territory: Any) -> bool:
        """Whether somebody who may export there may have this one too."""
        return not self.verb or may(actor, self.verb, territory)

    @property
    def masked(self) -> bool:
        """Has columns that are written masked unless somebody may see them."""
        return any(column.mask for column in self.columns)

    @property
    def exported(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.exported)

    @property
    def imported(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.imported)

    @property
    def naming(self) -> tuple[Column, ...]:
        """The columns that name a row: `named_by`, or the words and dates that stand before the first number."""
        if self.named_by:
            return tuple(column for column in self.exported if column.name in self.named_by)
        words = [column for column in self.exported if column.title != "序号"]
        return tuple(takewhile(lambda column: column.kind not in ("integer", "number", "percent"), words))

    def check(self) -> None:
        """Raises ValueError if the class is not whole."""
        if not (self.slug and self.title and self.columns):
            raise ValueError(f"{type(self)} needs slug, title and columns")
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.slug}: two columns have one name")
        if self.compares and self.compared_as is None:
            raise ValueError(f"{self.slug}: compares, and does not say in what words")
        if unknown := set(self.named_by) - set(names):
            raise ValueError(f"{self.slug}: named_by has no columns {sorted(unknown)}")

    def heading(self, scope: LedgerScope) -> Heading:
        period = scope.period
        span = ""
        if period:
            first, last = period.first, period.last
            span = f"{clock.cn_date(first)}至{clock.cn_day(last)}"
        return Heading(
            title=f"{self.place(scope)} {self.title}" + (f"（{_period_title(period)}）" if period else ""),
            unit=self.unit(scope),
            made_on=scope.made_on,
            period_title=span,
            footnotes=(*self.notes(scope), *scope.notes),
            signatures=self.signatures,
        )

    def file_name(self, scope: LedgerScope) -> str:
        """Place, title and period: `甲村-花名册-2026-10.xlsx`."""
        parts = [scope.territory.name, self.title] + ([str(scope.period)] if scope.period else [])
        return re.sub(r'[\\/:*?"<>|\s]+', "", "-".join(parts)) + ".xlsx"

    def export(
        self, scope: LedgerScope, path: Path, progress: Progress | None = None, seen: Seen | None = None
    ) -> int:
        """Write the workbook; how many rows it has. Nothing is at `path` unless all of it is.

        `seen` is told every row as it goes by: what was written can be kept beside the workbook.
        """
        rows = self.rows(scope)
        return write_workbook(
            path,
            heading=self.heading(scope),
            columns=self.exported,
            rows=rows if seen is None else _shown_to(seen, rows),
            key=self.keyed,
            progress=progress,
        )

    def write_template(self, path: Path, scope: LedgerScope | None = None) -> None:
        """The blank workbook of this ledger, to be filled in and brought back."""
        place = f"{self.place(scope)} " if scope else ""
        columns = [c for c in self.columns if c.imported or c.title == "序号"]
        write_template(
            path, heading=Heading(f"{place}{self.title}", self.unit(scope) if scope else ""), columns=columns
        )

    def open(self, path: Path, context: "ImportContext") -> "Examined":
        """Read and clean an uploaded workbook. BadWorkbook if it cannot be read at all; writes nothing."""
        from core.ledger.importing import open_import

        return open_import(self, path, context)


def _shown_to(seen: Seen, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        seen(row)
        yield row


def _period_title(period: "Period") -> str:
    return str(getattr(period, "title", period))
