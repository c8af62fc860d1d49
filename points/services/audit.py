"""The audit of it all: whether the books add up, and whether what is told of them on paper is what they say."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Window
from django.db.models.functions import Abs, Coalesce

from core.periods import Month
from points.models import (
    Award,
    Entry,
    Goods,
    Posting,
    Redemption,
    RedemptionLine,
    Statement,
    StockMove,
)
from points.services import books
from points.services.statements import reckoned


def faults() -> Iterator[str]:
    """Every line that disagrees with another, in Chinese, with the row it is about; none if all is well.

    Constant memory; a few passes over accounts, entries, awards, redemptions, shelves and statements.
    """
    yield from books.faults()
    yield from _awards()
    yield from _redemptions()
    yield from _without_paper()
    yield from _shelves()
    yield from _statements()


def _moved(posting: str) -> Coalesce:
    """What the posting of a row moved, all in all."""
    sums = (
        Entry.objects.filter(posting=OuterRef(posting))
        .order_by()
        .values("posting")
        .annotate(sum=Sum("points"))
    )
    return Coalesce(Subquery(sums.values("sum")), 0)


def _awards() -> Iterator[str]:
    """What a deed was worth is what came into the books for it, and it is taken back in both or in neither."""
    rows = Award.objects.filter(posting__isnull=False).order_by("pk").annotate(moved=_moved("posting"))
    for award in rows.exclude(points=F("moved")).iterator():
        yield f"申报 {award.number_said}：写着 {award.points} 分，入账的是 {award.moved} 分。"
    back = rows.annotate(back=Exists(Posting.objects.filter(reverses=OuterRef("posting"))))
    wrong = Q(state=Award.POSTED, back=True) | (Q(back=False) & ~Q(state=Award.POSTED))
    for award in back.filter(wrong).iterator():
        yield f"申报 {award.number_said}：写着“{award.get_state_display()}”，账上不是。"


def _redemptions() -> Iterator[str]:
    """A redemption is what its lines cost, what left the household for this shop, and what was left to it then."""
    lines = RedemptionLine.objects.filter(redemption=OuterRef("pk")).order_by().values("redemption")
    cost = Coalesce(Subquery(lines.annotate(sum=Sum(F("number") * F("each"))).values("sum")), 0)
    entry = Entry.objects.filter(
        posting=OuterRef("posting"),
        payer__household=OuterRef("household"),
        payee__shop=OuterRef("shop"),
        points=OuterRef("points"),
        payer_left=OuterRef("after"),
    )
    rows = Redemption.objects.order_by("pk").annotate(cost=cost, told=Exists(entry))
    for row in rows.exclude(points=F("cost")).iterator():
        yield f"兑换单 {row.number}：写着 {row.points} 分，东西加起来是 {row.cost} 分。"
    for row in rows.filter(told=False).iterator():
        yield f"兑换单 {row.number}：写着的分、户、商店或者余额，和账上的不一样。"
    reverses = Posting.objects.filter(reverses=OuterRef("posting"))
    back = rows.annotate(taken=Exists(reverses), same=Exists(reverses.filter(pk=OuterRef("undone"))))
    for row in back.filter(Q(taken=True) | Q(undone__isnull=False), same=False).iterator():
        yield f"兑换单 {row.number}：冲正写着的和账上的不一样。"


def _without_paper() -> Iterator[str]:
    rows = Posting.objects.order_by("pk")
    for pk in rows.filter(kind=Posting.AWARD, award__isnull=True).values_list("pk", flat=True).iterator():
        yield f"账目 {pk}：积分入账，没有哪一件申报是它。"
    for pk in (
        rows.filter(kind=Posting.REDEEM, redemption__isnull=True).values_list("pk", flat=True).iterator()
    ):
        yield f"账目 {pk}：兑换，没有哪一张兑换单是它。"


def _shelves() -> Iterator[str]:
    """What lies on a shelf is what came and what went, and for a redemption went, and came back, what its lines say."""
    moves = StockMove.objects.filter(goods=OuterRef("pk")).order_by().values("goods")
    moved = Coalesce(Subquery(moves.annotate(sum=Sum("number")).values("sum")), 0)
    goods = (
        Goods.objects.select_related("shop").order_by("pk").annotate(held=Coalesce("stock", 0), moved=moved)
    )
    for row in goods.exclude(held=F("moved")).iterator():
        yield f"{row.shop}的{row}：写着还剩 {row.held} {row.unit}，进出货加起来是 {row.moved} {row.unit}。"
    rows = StockMove.objects.select_related("goods__shop", "redemption").order_by("pk")
    so_far = Window(Sum("number"), partition_by="goods", order_by="pk")
    for move in rows.annotate(so_far=so_far).exclude(left=F("so_far")).iterator():
        yield f"{move.goods.shop}的{move}：写着之后 {move.left}，加起来是 {move.so_far}。"
    line = RedemptionLine.objects.filter(redemption=OuterRef("redemption"), goods=OuterRef("goods"))
    sold = rows.filter(kind__in=(StockMove.REDEEMED, StockMove.REVERSED)).annotate(
        went=Abs("number"), told=Coalesce(Subquery(line.values("number")), 0)
    )
    for taken in sold.exclude(went=F("told")).iterator():
        paper = f"兑换单 {taken.redemption.number}" if taken.redemption else "没有兑换单"
        yield f"{paper}：写着{taken.goods} {taken.told} 件，货架上{taken.get_kind_display()} {taken.went} 件。"


def _statements() -> Iterator[str]:
    """A statement is what the books say of its month for ever: nothing is posted into a month that is over."""
    by_month: dict[Month, list[Statement]] = defaultdict(list)
    for row in Statement.objects.select_related("shop").order_by("pk").iterator():
        by_month[Month.of(row.month)].append(row)
    for month, rows in by_month.items():
        found = reckoned([row.shop for row in rows], month)
        for row in rows:
            said, is_so = (row.number, row.points), found[row.shop_id]
            if said != (max(0, is_so.number), is_so.points):
                yield (
                    f"结算单 {row.number_said}：写着 {row.number} 笔 {row.points} 分，"
                    f"账上是 {is_so.number} 笔 {is_so.points} 分。"
                )
    paid = Statement.objects.filter(paid__isnull=False).annotate(moved=_moved("paid"))
    for row in paid.filter(moved__gt=F("points")).iterator():
        yield f"结算单 {row.number_said}：写着 {row.points} 分，付的是 {row.moved} 分。"
