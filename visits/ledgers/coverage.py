"""走访覆盖统计表: what was owed and what was done, grid by grid."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from core.ledger import Column, LedgerScope, Line, Origins, register
from core.periods import Month
from grids.models import Territory
from visits import services
from visits.figures import BOTH, Opening, rows_url
from visits.ledgers.parts import COUNTING, Heads, VisitLedger, group_then
from visits.models import Cadence

MISSED = (Cadence.CATEGORY, "left")


@register
class CoverageSheet(VisitLedger):
    """走访覆盖统计表: one line for each grid, then its village, then the whole."""

    slug, title, order, verb = "coverage", "走访覆盖统计表", 30, "figures.see"
    columns = (
        Column("village", "村"),
        Column("grid", "网格"),
        Column("category_owed", "五必访应访", "integer", width=8),
        Column("category_made", "已访", "integer"),
        Column("category_share", "完成率", "percent"),
        Column("ordinary_owed", "一般户应访", "integer", width=8),
        Column("ordinary_made", "已访", "integer"),
        Column("ordinary_share", "完成率", "percent"),
        Column("secretary_owed", "书记年度应访", "integer", width=8),
        Column("secretary_made", "已访", "integer"),
        Column("secretary_share", "完成率", "percent"),
        Column("away", "其中在外务工", "integer", width=8),
        Column("missed", "未访户（名单）", left=True, width=30),
    )
    footnotes = (
        "五必访：本月应访。一般户：本季应访，访到本月底为止。书记年度：本年应访，访到本月底为止。",
        f"已访数的是应访里走到的，不是走访次数。{COUNTING}",
        "其中在外务工：五必访和一般户的应访里，全家外出务工的户，也算在应访里。未访户列五必访的户。",
    )

    def count(self, scope: LedgerScope) -> int | None:
        return None

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        month, opening = self.month(scope), Opening.of(scope.actor)
        for row, place in self._lines(scope):
            if not opening.at(place):
                yield row, {}
                continue
            owed = rows_url(month, Cadence.CATEGORY, "owed", place)
            origins = {
                "village": owed,
                "grid": owed,
                "away": rows_url(month, BOTH, "away", place),
                "missed": rows_url(month, *MISSED, place),
            }
            for who in services.GROUPS:
                origins |= {f"{who}_{part}": rows_url(month, who, part, place) for part in ("owed", "made")}
                origins[f"{who}_share"] = origins[f"{who}_owed"]
            yield row, origins

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Territory]]:
        """Each line with the place it is about."""
        month, place = self.month(scope), scope.territory
        villages = services.coverage(month=month, actor=scope.actor, territory=place, verb="ledgers.export")
        missed = self._missed(scope, month)
        for village in villages:
            for grid in village.grids:
                yield (
                    self._line(grid, village.territory.name, grid.territory.name, missed[grid.territory.pk]),
                    grid.territory,
                )
            if place.kind != Territory.GRID:
                yield self._line(village, village.territory.name, "小计"), village.territory
        if place.kind == Territory.TOWN:
            yield self._line(services.total(villages, place), "合计", ""), place

    def _missed(self, scope: LedgerScope, month: Month) -> dict[int, list[str]]:
        rows = self.within(services.owed_in(Cadence.CATEGORY, month), scope).exclude(services.made_by(month))
        found: dict[int, list[str]] = defaultdict(list)
        rows = rows.annotate(**group_then(month.last)).order_by("group_place", "household__number", "pk")
        homes = list(rows.values_list("territory", "household"))
        heads = Heads({home for _, home in homes})
        for grid, home in homes:
            found[grid].append(heads.on(month.last, home))
        return found

    @staticmethod
    def _line(place: services.Covered, village: str, grid: str, missed: Sequence[str] = ()) -> Line:
        figures: list[Any] = []
        for figure in (place.category, place.ordinary, place.secretary):
            figures += [figure.owed, figure.made, figure.share]
        cells = (village, grid, *figures, place.away, "、".join(missed))
        return Line(cells, name=place.territory.code)
