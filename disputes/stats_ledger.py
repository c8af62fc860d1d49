"""矛盾纠纷月报: how many were found, worked on and settled in a month, village by village, and by their 15 kinds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from core.ledger import Column, Ledger, LedgerScope, Line, register
from core.periods import Month
from disputes.models import Dispute
from disputes.models.disputes import SEES
from disputes.services import Standing, of_period, stood_on
from grids.ledgers import place_on_paper, villages_of
from grids.models import Territory

BATCH = 500
# The steps by which somebody mediates; to register one or to look at it is none.
MEDIATING = frozenset(
    {"accept", "measure", "escalate", "settle", "agree", "refuse", "fail", "hand_on", "reopen"}
)
FOUND, WORKED, SETTLED, OPEN = "found", "worked", "settled", "open"


@register
class DisputeStats(Ledger):
    """One line for each village and one for all together."""

    slug, title, group, order = "dispute-stats", "矛盾纠纷月报", "矛盾纠纷", 46
    period_kind = "month"
    verb = SEES
    named_by = ("village",)
    columns = (
        Column("village", "村", width=9),
        Column("found", "本月排查数", "integer", width=6),
        Column("worked", "调处数", "integer", width=6),
        Column("settled", "成功数", "integer", width=6),
        Column("share", "成功率", "percent", width=7),
        Column("open", "未化解数", "integer", width=6),
        *(
            column
            for code, title in Dispute.KINDS
            for column in (
                Column(f"{code}_settled", "化解", "integer", width=4.5, group=title),
                Column(f"{code}_open", "未化解", "integer", width=4.5, group=title),
            )
        ),
    )
    footnotes = (
        "本月排查数：排查时间在本月的，登记后定为不算纠纷的不计。",
        "调处数：本月受理过、采取过措施、报过上一级或者有了结果的件数，一件只数一次。",
        "成功数：本月化解或者达成协议、到月底没有再闹起来的件数。成功率：成功数除以调处数。",
        "未化解数：到月底还没有化解、没有转其他途径的件数，以前月份排查的也在内。",
        "按类型：化解就是成功数，未化解就是未化解数，各类型加起来和前面一样。",
    )

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        counts, total = self._counted(scope), defaultdict[str, int](int)
        for village, _ in villages_of(scope):
            yield _line(village.name, village.code, counts[village.pk])
            for name, number in counts[village.pk].items():
                total[name] += number
        if scope.territory.kind == Territory.TOWN:
            yield _line("合计", scope.territory.code, total)

    def count(self, scope: LedgerScope) -> int | None:
        return None

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Dispute.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        return of_period(rows.at(scope.territory), scope.period).order_by("pk")

    def _counted(self, scope: LedgerScope) -> dict[int, dict[str, int]]:
        """By village (its key): the figures by their columns' names."""
        month = scope.period
        assert isinstance(month, Month)
        found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        rows = self.found(scope).select_related("territory").iterator(chunk_size=BATCH)
        while batch := list(islice(rows, BATCH)):
            standing = stood_on(month.last, [each.pk for each in batch])
            for dispute in batch:
                place = dispute.territory
                village = place.parent_id if place.kind == Territory.GRID else place.pk
                for name in _counts_as(dispute, standing[dispute.pk], month):
                    found[village][name] += 1
        return found


def _counts_as(dispute: Dispute, then: Standing, month: Month) -> Iterator[str]:
    """In which columns one dispute counts."""
    if then.state == Dispute.WITHDRAWN:
        return
    if dispute.found_on in month:
        yield FOUND
    if any(move.kind in MEDIATING and move.day in month for move in then.moves):
        yield WORKED
    if then.state in Dispute.AT_REST and then.settled_on and then.settled_on in month:
        yield SETTLED
        yield f"{dispute.kind}_settled"
    if then.is_open:
        yield OPEN
        yield f"{dispute.kind}_open"


def _line(name: str, code: str, counts: dict[str, int]) -> Line:
    share = counts[SETTLED] / counts[WORKED] if counts[WORKED] else None
    by_kind = [counts[f"{kind}_{part}"] for kind, _ in Dispute.KINDS for part in (SETTLED, OPEN)]
    cells = (name, counts[FOUND], counts[WORKED], counts[SETTLED], share, counts[OPEN], *by_kind)
    return Line(cells, name=code)
