"""商超结算单: what the village owes a shop for one month, as the books say; signed by both sides, then paid."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from core import clock
from core.periods import Month
from core.scope import OPERATOR, must, signer
from points.models import Account, Entry, Posting, Redemption, RedemptionLine, Scheme, Shop, Statement
from points.models.awards import DECIDES
from points.models.shops import MANAGES
from points.services import books

BOTH_SIDES = "另一边是您确认的，一个人不能替两边确认，请别的人来。"


@dataclass(frozen=True)
class Reckoning:
    """What the books say of one shop and month."""

    number: int
    points: int
    yuan: Decimal


def counted(shop: Shop, month: Month) -> Reckoning:
    """Redemptions of the month less what was reversed in it. Money by the rules of the month's last day."""
    return reckoned([shop], month)[shop.pk]


def reckoned(shops: Sequence[Shop], month: Month) -> dict[int, Reckoning]:
    """The same of many shops, by their keys; three queries however many they are."""
    rows = Entry.objects.filter(posting__day__gte=month.first, posting__day__lte=month.last).order_by()
    came = _summed(rows.filter(payee__shop__in=shops, posting__kind=Posting.REDEEM), "payee__shop")
    went = _summed(rows.filter(payer__shop__in=shops, posting__kind=Posting.REVERSE), "payer__shop")
    schemes = Scheme.objects.filter(territory__in={shop.territory_id for shop in shops}).on(month.last)
    worth = dict(schemes.values_list("territory", "yuan_per_point"))
    found = {}
    for shop in shops:
        (plus, gave), (minus, took) = came.get(shop.pk, (0, 0)), went.get(shop.pk, (0, 0))
        points = gave - took
        found[shop.pk] = Reckoning(plus - minus, points, worth.get(shop.territory_id, Decimal(1)) * points)
    return found


def _summed(rows: QuerySet[Entry], shop: str) -> dict[int, tuple[int, int]]:
    """How many postings and how many points, by shop."""
    sums = rows.values_list(shop).annotate(Count("posting", distinct=True), Sum("points"))
    return {key: (number, points) for key, number, points in sums}


@dataclass(frozen=True)
class Sold:
    """So many of one thing at one price in a month; negative where more of it came back than went."""

    name: str
    unit: str
    each: int
    number: int
    back: str = ""
    """The redemption of an earlier month that was taken back in this one."""

    @property
    def points(self) -> int:
        return self.number * self.each


def sold(shop: Shop, month: Month) -> list[Sold]:
    """What `counted` counts, thing by thing and price by price: it adds up to the same points. What was taken back of
    an earlier month is a line of its own: that month's statement is signed and stays."""
    lines = RedemptionLine.objects.filter(redemption__shop=shop)
    given = Q(redemption__posting__day__gte=month.first, redemption__posting__day__lte=month.last)
    back = Q(redemption__undone__day__gte=month.first, redemption__undone__day__lte=month.last)
    found: dict[tuple[str, str, int], int] = {}
    for sign, which in ((1, given), (-1, given & back)):
        told = lines.filter(which).order_by().values_list("name", "unit", "each").annotate(Sum("number"))
        for name, unit, each, number in told:
            found[name, unit, each] = found.get((name, unit, each), 0) + sign * number
    late = lines.filter(back, redemption__posting__day__lt=month.first).select_related("redemption")
    return [Sold(*what, number) for what, number in sorted(found.items()) if number] + [
        Sold(line.name, line.unit, line.each, -line.number, line.redemption.number)
        for line in late.order_by("redemption", "pk")
    ]


def unmade(shop: Shop) -> list[Month]:
    """The months that are over and have no statement yet, the oldest first; none before the shop was there."""
    last = Month.of(clock.today()).previous
    if shop.closed_on is not None:
        last = min(last, Month.of(shop.closed_on))
    made = set(shop.statements.values_list("month", flat=True))
    months = Month.of(shop.since).until(last) if shop.since <= last.last else []
    return [month for month in months if month.first not in made]


@transaction.atomic
def make_statement(*, actor: Any, shop: Shop, month: Month) -> Statement:
    """出结算单 of a month that is over, once. Needs shops.manage there."""
    must(actor, MANAGES, shop.territory)
    if month.last >= clock.today():
        raise ValidationError({"month": "这个月还没过完，下个月 1 日起出结算单。"})
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    if known := Statement.objects.filter(shop=shop, month=month.first).first():
        return known
    found = counted(shop, month)
    return Statement.objects.create(
        shop=shop,
        month=month.first,
        number=max(0, found.number),
        points=found.points,
        yuan=found.yuan,
        made_at=clock.now(),
        made_by=actor,
    )


@transaction.atomic
def sign_statement(*, actor: Any, statement: Statement) -> Statement:
    """Each side confirms for itself: who stands behind the counter for the shop, who manages shops for the village;
    nobody for both, though he stood behind the counter only until yesterday."""
    held = _locked(statement)
    if Shop.objects.served_by(actor).filter(pk=held.shop_id).exists():
        if held.shop_signed_at is None:
            if held.village_signed_by_id == actor.pk:
                raise PermissionDenied(BOTH_SIDES)
            held.shop_signed_at, held.shop_signed_by = clock.now(), actor
    else:
        must(actor, MANAGES, held.shop.territory)
        if held.shop_signed_by_id == actor.pk:
            raise PermissionDenied(BOTH_SIDES)
        if held.village_signed_at is None:
            held.village_signed_at, held.village_signed_by = clock.now(), actor
    held.save()
    return held


@transaction.atomic
def pay_statement(*, actor: Any, statement: Statement, day: dt.date) -> Statement:
    """付款: the village has paid, so that what the shop holds goes back to the fund. Both have signed before.

    Where as much as this came back later, nothing is paid and no entry written: it is settled (`paid_on`) all the same,
    for else it would take the room of what is still to be taken off, and the shop never get the rest.
    """
    held = _locked(statement)
    must(actor, MANAGES, held.shop.territory)
    if held.paid_on is not None:
        raise ValidationError("这张结算单已经付过了。")
    if held.shop_signed_at is None or held.village_signed_at is None:
        raise ValidationError("双方都确认了才能付款。")
    if not Month.of(held.month).last < day <= clock.today():
        raise ValidationError({"day": "填这个月过完以后、到今天为止的日子。"})
    if held.points <= 0:
        raise ValidationError("这个月没有要付的。")
    shop = held.shop
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)  # two payments do not take off the same
    if pays := held.points - _off(held, to_take_off(shop)):
        held.paid = books.post(
            actor=actor,
            key=f"paid:{held.pk}",
            kind=Posting.PAY,
            village=shop.territory,
            transfers=[books.Transfer(books.account_of_shop(shop), books.fund_of(shop.territory), pays)],
            words=f"{held}付款",
            short="商店的账上只有 {has} 分，结算单上是 {needs} 分：出单以后有冲正的，"
            "等冲正那个月的结算单双方确认了，一起结。",
        )
    held.paid_on, held.paid_at, held.paid_by = day, clock.now(), signer(actor)
    held.save()
    return held


def to_take_off(shop: Shop) -> int:
    """What came back of earlier months beyond what went in its own, as both have signed, less what payments have taken
    off already. Points."""
    below = shop.statements.signed().filter(points__lt=0)
    paid = shop.statements.filter(paid_on__isnull=False)
    told = paid.aggregate(said=Sum("points", default=0), went=Sum("paid__entries__points", default=0))
    return int(-below.aggregate(sum=Sum("points", default=0))["sum"] - (told["said"] - told["went"]))


def _off(statement: Statement, less: int) -> int:
    """How much of it this statement's payment takes off."""
    return max(0, min(less, statement.points))


def to_be_paid(statement: Statement, less: int) -> Decimal:
    """In yuan, with `less` points to take off (`to_take_off`)."""
    return statement.worth(statement.points - _off(statement, less))


def to_make(actor: Any) -> list[tuple[Shop, Month]]:
    """Her shops at which something moved in one of the last months that are over, and it has no statement yet; of each
    the oldest such month. Four queries however many shops."""
    shops = {
        shop.pk: shop for shop in _own(actor).select_related("territory").order_by("territory__code", "pk")
    }
    this = Month.of(clock.today())
    first = this.previous.previous.previous.first
    rows = Entry.objects.filter(posting__territory__in={shop.territory_id for shop in shops.values()})
    rows = rows.filter(posting__day__gte=first, posting__day__lt=this.first).order_by()
    made = Statement.objects.filter(shop__in=shops, month__gte=first)
    moved: set[tuple[int, dt.date]] = set()
    for side, kind in (("payee__shop", Posting.REDEEM), ("payer__shop", Posting.REVERSE)):
        told = rows.filter(**{f"{side}__in": shops}, posting__kind=kind).annotate(
            month=TruncMonth("posting__day")
        )
        moved |= set(told.values_list(side, "month").distinct())
    oldest: dict[int, dt.date] = {}
    for key, month in sorted(moved - set(made.values_list("shop", "month")), reverse=True):
        oldest[key] = month
    return [(shop, Month.of(oldest[key])) for key, shop in shops.items() if key in oldest]


def waits_for_later(statement: Statement, less: int, owed: int) -> bool:
    """Whether more came back since it was made than is signed to be taken off (`less`), so that the shop's account
    (`owed`) does not hold what is to be paid: it is settled with the statement of the month in which that came back."""
    return owed < statement.points - _off(statement, less)


def to_sign(actor: Any) -> QuerySet[Statement]:
    """What waits for this person's word: the shop's, of whoever stands behind its counter; then the village's, of its
    own people. (The office helps with shops and signs for no village.)"""
    served = Shop.objects.served_by(actor)
    mine = Q(shop__in=served.values("pk"), shop_signed_at__isnull=True)
    ours = Q(shop__in=_own(actor).values("pk"), shop_signed_at__isnull=False, village_signed_at__isnull=True)
    return Statement.objects.filter(mine | (ours & ~Q(shop__in=served.values("pk"))))


def to_pay(actor: Any) -> QuerySet[Statement]:
    """Signed by both, and the village has not paid yet; what waits for a later one (`waits_for_later`) does not stand
    there for weeks."""
    signed = Statement.objects.signed()
    rows = signed.filter(shop__in=_own(actor).values("pk"), paid_on__isnull=True, points__gt=0)
    less = signed.filter(shop=OuterRef("shop"), points__lt=0)
    return rows.filter(Q(shop__account__balance__gte=F("points")) | Exists(less))


def _own(actor: Any) -> QuerySet[Shop]:
    """The shops of the villages whose points she decides about."""
    return Shop.objects.visible_to(actor, MANAGES).visible_to(actor, DECIDES)


def _locked(statement: Statement) -> Statement:
    rows = Statement.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("shop__territory").get(pk=statement.pk)


@transaction.atomic
def close_shop(*, actor: Any, shop: Shop) -> Shop:
    """停店. Refused while goods lie on its shelves or the village owes it something."""
    held = (
        Shop.objects.select_for_update(of=("self",), no_key=True).select_related("territory").get(pk=shop.pk)
    )
    if actor is not OPERATOR:
        must(actor, MANAGES, held.territory)
    if held.closed_on is not None:
        raise ValidationError("这家店已经停了。")
    # Whoever moves goods or points of this shop is waited for, and looks afterwards whether it is still there.
    shelf = list(held.goods.order_by("pk").select_for_update(no_key=True))
    left = [f"{goods} {goods.stock} {goods.unit}" for goods in shelf if goods.stock][:5]
    if left:
        raise ValidationError(f"店里还有货：{'、'.join(left)}。先报损或者盘点清零，再停店。")
    account = books.account_of_shop(held)
    owed = Account.objects.select_for_update(no_key=True).get(pk=account.pk).balance
    if owed:
        raise ValidationError(f"村里还欠这家店 {owed} 分，先出结算单、付清，再停店。")
    held.closed_on = clock.today()
    held.save(update_fields=["closed_on"])
    return held


def day_sheet(actor: Any, shop: Shop, day: dt.date) -> list[Redemption]:
    """日清单: everything of one day, reversed ones too. For who stands behind this counter or sees its points."""
    rows = Redemption.objects.readable_by(actor).filter(shop=shop, day=day)
    if not rows.exists() and not Shop.objects.served_by(actor).filter(pk=shop.pk).exists():
        must(actor, MANAGES, shop.territory)
    return list(rows.select_related("household", "actor").prefetch_related("lines"))
