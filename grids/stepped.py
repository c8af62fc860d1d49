"""What ledgers of things with steps share: each row as its steps left it on the month's last day."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse

from core.ledger import Ledger, LedgerScope, Origins
from core.periods import Month
from grids.ledgers import place_on_paper

BATCH = 500


class FromSteps(Ledger):
    """A ledger of a month whose rows have steps, read in batches: `found` says which rows, in their order; `lines`
    writes each, with its key, out of its steps up to the month's end. `shown` is the page its cells lead to."""

    period_kind = "month"
    shown: ClassVar[str] = ""

    def found(self, scope: LedgerScope) -> QuerySet:
        raise NotImplementedError

    def lines(self, batch: Sequence[Any], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        raise NotImplementedError

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        for row, pk in self._lines(scope):
            page = reverse(self.shown, args=[pk])
            yield row, dict.fromkeys((column.name for column in self.exported), page)

    def count(self, scope: LedgerScope) -> int | None:
        return self.found(scope).count()

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int]]:
        assert isinstance(scope.period, Month)
        source = self.found(scope).iterator(chunk_size=BATCH)
        while batch := list(islice(source, BATCH)):
            yield from self.lines(batch, scope.period)


def steps_of(rows: Any, name: str, keys: Sequence[int | None]) -> dict[int | None, list[Any]]:
    """Steps out of `rows` by the key that stands under `name`, in the order in which they were written."""
    found: dict[int | None, list[Any]] = defaultdict(list)
    for row in rows.filter(**{f"{name}__in": keys}).order_by("pk"):
        found[getattr(row, f"{name}_id")].append(row)
    return found
