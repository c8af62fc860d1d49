"""封存后差异表: what was done to a month after it was sealed, cell by cell; the sealed workbooks never change."""

from collections.abc import Iterator, Sequence
from typing import Any

from core.ledger import Column, Ledger, LedgerScope, register
from core.periods import Month
from grids.ledgers import place_on_paper
from grids.models import Territory
from ledgers.comparing import compare
from ledgers.keeping import may_have_all
from ledgers.models import SealedMonth


@register
class Differences(Ledger):
    """封存后差异表: one line for each cell that is other than it was sealed, with who changed it, when and why."""

    slug, title, group, order = "differences", "封存后差异表", "封存", 900
    period_kind = "month"
    sealable = False
    columns = (
        Column("position", "序号", "integer"),
        Column("village", "村", width=9),
        Column("version", "版", "integer", width=4),
        Column("ledger", "台账", width=14),
        Column("row", "户、行", left=True, width=22),
        Column("column", "列", width=12),
        Column("sealed", "封存时", left=True, width=22),
        Column("now", "现在", left=True, width=22),
        Column("who", "谁", width=9),
        Column("when", "什么时候", width=13),
        Column("why", "为什么", left=True, width=26),
    )
    footnotes = (
        "拿封存时的每一行和现在的同一行比。封存稿本身不改；封存以后补录、更正、撤销的，只写在这里。",
        "没有封存的村不列。",
    )

    def open_to(self, actor: Any, territory: Any) -> bool:
        """It tells of every sealed ledger: only who may have them all."""
        return may_have_all(actor, territory)

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        position = 0
        for sealed in self._months(scope):
            for each in compare(sealed):
                position += 1
                yield (
                    position, sealed.village.name, sealed.version, each.ledger, each.row, each.column, each.sealed,
                    each.now, each.who, each.when, each.why,
                )  # fmt: skip

    @staticmethod
    def _months(scope: LedgerScope) -> Iterator[SealedMonth]:
        assert isinstance(scope.period, Month)
        if scope.territory.kind == Territory.GRID:
            return
        rows = SealedMonth.objects.visible_to(scope.actor, "ledgers.export").at(scope.territory).sealed()
        rows = rows.filter(month=str(scope.period)).select_related("village")
        yield from rows.order_by("village__code")
