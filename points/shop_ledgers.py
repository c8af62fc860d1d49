"""积分兑换台账 and 商超结算单: what went over the counters in a month, and what the village owes each shop for it."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from core import clock
from core.ledger import Column, Ledger, LedgerScope, Line, Origins, register
from core.periods import Month
from grids.ledgers import place_on_paper
from grids.stepped import FromSteps
from points.models import Posting, Redemption, Shop, Statement
from points.models.awards import SEES
from points.services.statements import Reckoning, reckoned

REDEMPTIONS, STATEMENTS = "redemptions", "shop-statement"


@register
class RedemptionLedger(FromSteps):
    """One line for each thing that went over a counter, and one for each that came back, in the order of the books.

    Every number is what was written down then. What came back stands with a minus, so that the column of points adds
    up to what the month's statements say.
    """

    slug, title, group, order = REDEMPTIONS, "积分兑换台账", "积分", 51
    verb = SEES
    shown = "shops:shop"
    named_by = ("number", "goods")
    columns = (
        Column("position", "序号", "integer", width=4.5),
        Column("head", "兑换人", width=6.5),
        Column("household_number", "户编号", "code", width=7.5),
        Column("goods", "兑换物资", left=True, width=10),
        Column("count", "数量", "integer", width=5),
        Column("each", "单价", "integer", width=5),
        Column("points", "消耗积分", "integer", width=6),
        Column("left", "前后余额", width=9),
        Column("at", "兑换时间", "datetime", width=14),
        Column("shop", "商店", left=True, width=8),
        Column("number", "兑换码", "code", width=10),
        Column("actor", "经办人", width=6.5),
        Column("state", "状态", left=True, width=9),
        Column("undone", "冲正单号", "code", width=10),
        Column("signed", "签字", width=8),
    )
    footnotes = (
        "一样东西一行。单价、余额是兑换那时记下的，以后换价、再兑换都不改。",
        "本月冲正的另起一行，数量和积分是负数；消耗积分加起来，就是本月结算单上的分值。",
        "兑换人写户主。签字留给纸上用。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Posting.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        rows = rows.at(scope.territory).filter(day__gte=scope.period.first, day__lte=scope.period.last)
        rows = rows.filter(Q(redemption__isnull=False) | Q(undone_redemption__isnull=False))
        parts = [f"{name}__{part}" for name in ("redemption", "undone_redemption") for part in _PARTS]
        lines = ("redemption__lines", "undone_redemption__lines")
        return rows.select_related("actor", *parts).prefetch_related(*lines, "entries").order_by("pk")

    def count(self, scope: LedgerScope) -> int | None:
        many = self.found(scope).aggregate(
            out=Count("redemption__lines", distinct=True),
            back=Count("undone_redemption__lines", distinct=True),
        )
        return int(many["out"] + many["back"])

    def lines(self, batch: Sequence[Posting], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        for posting in batch:
            redemption = getattr(posting, "redemption", None)
            made: Redemption = redemption or posting.undone_redemption
            for line in made.lines.all():
                cells = _gave(made, month) if redemption else _took_back(made, posting)
                sign = 1 if redemption else -1
                cells |= {
                    "goods": line.name,
                    "count": sign * line.number,
                    "each": line.each,
                    "points": sign * line.points,
                }
                row = tuple(cells[column.name] for column in self.exported[1:])
                name = f"{made.number} {line.pk} {posting.kind}"
                yield Line(row, name=name, homes=(made.household_id,)), made.shop_id

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int]]:
        for position, (row, pk) in enumerate(super()._lines(scope), 1):
            assert isinstance(row, Line)
            yield Line((position, *row), name=row.name, homes=row.homes), pk


_PARTS = ("household", "shop", "actor", "undone")


def _both(made: Redemption) -> dict[str, Any]:
    return {
        "head": made.household.head_name,
        "household_number": made.household.number,
        "shop": made.shop.name,
        "number": made.number,
        "signed": "",
    }


def _gave(made: Redemption, month: Month) -> dict[str, Any]:
    undone = made.undone if made.undone and made.undone.day <= month.last else None
    return _both(made) | {
        "left": f"{made.before} → {made.after}",
        "at": _plain(made.at),
        "actor": str(made.actor or ""),
        "state": f"已冲正：{made.undone_why}" if undone else "已兑换",
        "undone": undone_number(undone) if undone else "",
    }


def _took_back(made: Redemption, posting: Posting) -> dict[str, Any]:
    (entry,) = posting.entries.all()
    return _both(made) | {
        "left": f"{entry.payee_has - entry.points} → {entry.payee_has}",
        "at": _plain(posting.at),
        "actor": str(posting.actor or ""),
        "state": "冲正退回",
        "undone": undone_number(posting),
    }


def _plain(moment: Any) -> Any:
    return moment.astimezone(clock.SHANGHAI).replace(tzinfo=None, microsecond=0)


def undone_number(posting: Posting) -> str:
    """What people call a reversal by: CZ-1123-0008."""
    return f"CZ-{posting.day:%m%d}-{posting.pk:04d}"


@register
class StatementLedger(Ledger):
    """One line for each shop that was open in the month: as its statement says, before there is one as the books do."""

    slug, title, group, order = STATEMENTS, "商超结算单", "积分", 52
    period_kind = "month"
    verb = SEES
    named_by = ("village", "shop")
    signatures = ("商店经手人（签字）", "村经手人（签字）", "村党组织书记（签字）")
    columns = (
        Column("village", "村", width=8),
        Column("shop", "商店", left=True, width=11),
        Column("period", "期间", width=12),
        Column("number", "笔数", "integer", width=6),
        Column("points", "分值", "integer", width=7),
        Column("yuan", "应付金额", "number", width=9),
        Column("paid", "已付", "number", width=9),
        Column("owed", "差额", "number", width=9),
        Column("signed", "双方签字", left=True, width=22),
    )
    footnotes = (
        "笔数、分值是本月兑换减去本月冲正；应付金额按月底那天村里的积分办法折算。",
        "写着“还没出结算单”的，数是积分账上的；出了结算单的，照结算单写。差额是应付减已付。",
        "过了月才冲正的，写在冲正那个月；那个月成了负数的，付以前的单时先抵掉，那一张的已付就比应付少。",
    )

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        for row, pk in self._lines(scope):
            yield (
                row,
                dict.fromkeys((column.name for column in self.exported), reverse("shops:shop", args=[pk])),
            )

    def count(self, scope: LedgerScope) -> int | None:
        return self.found(scope).count()

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def found(self, scope: LedgerScope) -> QuerySet[Shop]:
        """Shops that were open on a day of the month, or have a statement of it."""
        month = scope.period
        assert isinstance(month, Month)
        rows = Shop.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        told = Exists(Statement.objects.filter(shop=OuterRef("pk"), month=month.first))
        there = Q(since__lte=month.last) & (Q(closed_on__isnull=True) | Q(closed_on__gte=month.first))
        rows = rows.at(scope.territory).filter(there | told)
        return rows.select_related("territory").order_by("territory__code", "pk")

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Line, int]]:
        month = scope.period
        assert isinstance(month, Month)
        shops = list(self.found(scope))
        made = Statement.objects.filter(shop__in=shops, month=month.first)
        known = {
            each.shop_id: each
            for each in made.select_related("shop_signed_by", "village_signed_by", "paid").prefetch_related(
                "paid__entries"
            )
        }
        books = reckoned([shop for shop in shops if shop.pk not in known], month)
        for shop in shops:
            statement = known.get(shop.pk)
            cells = _settled(statement) if statement else _not_yet(books[shop.pk])
            row = (shop.territory.name, shop.name, _days(month), *cells)
            yield Line(row, name=f"{shop.territory.code} {shop.pk}"), shop.pk


def _days(month: Month) -> str:
    return f"{month.first:%Y-%m-%d} 至 {month.last:%m-%d}"


def _settled(statement: Statement) -> tuple[Any, ...]:
    paid = statement.paid_yuan
    owed = statement.yuan - paid
    return (statement.number, statement.points, statement.yuan, paid, owed, _signed(statement))


def _signed(statement: Statement) -> str:
    sides = (
        ("商店", statement.shop_signed_by, statement.shop_signed_at),
        ("村里", statement.village_signed_by, statement.village_signed_at),
    )
    return "；".join(
        f"{side} {who or '服务器'} {clock.cn_day(clock.local_date(at))}" if at else f"{side}还没确认"
        for side, who, at in sides
    )


def _not_yet(found: Reckoning) -> tuple[Any, ...]:
    return (found.number, found.points, found.yuan, Decimal(0), found.yuan, "还没出结算单")
