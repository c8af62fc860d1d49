"""A ledger that is a sheet for another system: laid out as the office says, and brought back only to be compared."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from django.db.models import QuerySet

from core import clock
from core.ledger import (
    BadWorkbook,
    Column,
    Examined,
    ImportContext,
    LedgerScope,
    Line,
    Origins,
    Plan,
)
from core.ledger.base import Seen
from core.ledger.importing import open_import
from core.ledger.laid import Layout, layout_of, sheet_of
from core.ledger.plain import write_plain
from core.ledger.writing import Progress
from core.scope import must
from grids.ledgers import place_on_paper
from grids.one_village import OneVillage

BATCH = 500


class LaidLedger(OneVillage):
    """A sheet of core.ledger.laid, under the same name (`layout`; without one, as the office says now).

    A subclass yields its rows by `found` and `cells`, and compares by `examine`. `rule`: how its rows are counted;
    `needs`: of which columns a file that comes in must have one, each with a code and the sentence for who lacks it;
    `only_compared`: what is said to whoever wants to save it.
    """

    sealable = False
    importable = compares = True
    rule: ClassVar[str] = ""
    needs: ClassVar[tuple[tuple[frozenset[str], str, str], ...]] = ()
    only_compared: ClassVar[str] = ""

    def __init__(self, layout: Layout | None = None) -> None:
        self.layout = layout

    def now(self) -> "LaidLedger":
        """The same, bound to the order of the columns as it is at this moment."""
        return self if self.layout else type(self)(layout_of(self.slug))

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        return self.layout.columns if self.layout else sheet_of(self.slug).fields

    @property
    def exported(self) -> tuple[Column, ...]:
        return self.now().columns

    @property
    def masked(self) -> bool:
        return any(column.mask for column in self.exported)

    @property
    def footnotes(self) -> tuple[str, ...]:  # type: ignore[override]
        layout = self.layout or layout_of(self.slug)
        return (layout.told, self.rule)

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    # --- out ---------------------------------------------------------------------------------------------

    def export(
        self, scope: LedgerScope, path: Path, progress: Progress | None = None, seen: Seen | None = None
    ) -> int:
        """Headings in the first row and nothing around them, as a platform reads it; the second sheet says how."""
        mine = self.now()
        rows = mine.rows(scope)
        return write_plain(
            path,
            title=self.title,
            columns=mine.columns,
            rows=rows if seen is None else _told(rows, seen),
            said=mine.said(scope),
            progress=progress,
        )

    def said(self, scope: LedgerScope) -> list[tuple[str, str]]:
        """设置说明: which place and month, whether the order is known to be true, and what each column is."""
        assert self.layout is not None
        titles, edited = self.layout.sheet.titles, self.layout.edited
        how = (
            f"{edited.edited_by} {clock.cn_date(clock.local_date(edited.edited_at))}改的"
            if edited
            else "先排的"
        )
        when = f"，{scope.period.title}" if scope.period else ""
        lines = [
            ("这是什么", f"{self.place(scope)} {self.title}{when}"),
            ("填报日期", clock.cn_date(scope.made_on or clock.today())),
            *zip(("列序", "怎么数的"), self.notes(scope), strict=True),
            ("列是谁排的", how),
            ("列名", "写的是什么"),
        ]
        return lines + [
            (each.title, f"我们的“{titles[each.field]}”" if each.field else f"每行都写“{each.fixed}”")
            for each in self.layout.laid
            if not each.field or each.field in titles
        ]

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        names = [column.name for column in self.exported]
        for row, url in self._lines(scope):
            yield row, dict.fromkeys(names, url) if url else {}

    def count(self, scope: LedgerScope) -> int | None:
        return self.found(scope).count()

    def found(self, scope: LedgerScope) -> QuerySet:
        raise NotImplementedError

    def cells(
        self, batch: Sequence[Any], scope: LedgerScope, names: Sequence[str]
    ) -> Iterator[tuple[dict[str, Any], Sequence[int], str]]:
        """Of each row all its fields, the households it tells of, and where it is shown. `names`: the columns that
        are wanted, for what is dear to ask."""
        raise NotImplementedError

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Line, str]]:
        mine = self.now()
        assert mine.layout is not None
        if scope.unmasked:
            must(scope.actor, "persons.unmask", scope.territory)
        fixed, names = mine.layout.fixed, [column.name for column in mine.columns]
        source = mine.found(scope).iterator(chunk_size=BATCH)
        while batch := list(islice(source, BATCH)):
            for row, (own, homes, url) in zip(batch, mine.cells(batch, scope, names), strict=True):
                cells, name = fixed | own, " ".join(str(key) for key in (*homes, row.pk))
                yield Line([cells[each] for each in names], name=name, homes=homes), url

    # --- in: only compared --------------------------------------------------------------------------------

    def open(self, path: Path, context: ImportContext) -> Examined:
        return open_import(self.now(), path, context)

    def write_template(self, path: Path, scope: LedgerScope | None = None) -> None:
        super(LaidLedger, self.now()).write_template(path, scope)

    def check_sheet(self, sheet: Any, context: ImportContext) -> None:
        super().check_sheet(sheet, context)
        for fields, code, sentence in self.needs:
            if not fields & sheet.places.keys():
                raise BadWorkbook(code, sentence)

    def save(self, plan: Plan, context: ImportContext) -> None:
        raise BadWorkbook("only_compared", self.only_compared)


def _told(rows: Iterable[Sequence[Any]], seen: Seen) -> Iterator[Sequence[Any]]:
    for row in rows:
        seen(row)
        yield row
