"""兑换: what a household shows, what it takes, and the points for it, all in one transaction or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Sum

from core import clock
from core.digests import digest_of
from core.names import stored_under
from core.scope import NOT_YOURS, may
from grids.models import Household
from grids.services import is_near
from points.models import (
    Entry,
    Goods,
    PointCard,
    PointsRule,
    Posting,
    Redemption,
    RedemptionLine,
    Shop,
    StockMove,
    Voucher,
)
from points.models.awards import DECIDES
from points.models.shops import MANAGES
from points.services import books
from points.services.cards import NO_CARD, NO_VOUCHER, card_shown, tries_left, voucher_shown
from points.services.errors import Conflict, WrongPin
from points.services.homes import settle

DECIDER = "您复核积分，不能再经手兑换，请店员来办。"


@dataclass(frozen=True)
class Redeemed:
    """A stored redemption, and whether this call stored it."""

    redemption: Redemption
    created: bool


@dataclass(frozen=True)
class Shown:
    """What was put on the counter: one card or one voucher."""

    household: Household
    card: PointCard | None = None
    voucher: Voucher | None = None


@dataclass(frozen=True)
class Allowance:
    """What the counter is told of who stands there: `most` points may be spent at once, a PIN is asked `pin_from` so
    many on (None: never)."""

    shown: Shown
    most: int
    pin_from: int | None


def lay_down(*, actor: Any, shop: Shop, code: str) -> Allowance:
    """A card or voucher is put on the counter of this shop: whose it is, and for how much it is good.

    Raises PermissionDenied, ValidationError (code), WrongPin for a card that is locked already.
    """
    settle(_received(actor, shop, code).household)
    return on_counter(actor=actor, shop=shop, code=code)


def on_counter(*, actor: Any, shop: Shop, code: str) -> Allowance:
    """The same while it lies there; changes nothing."""
    what = _received(actor, shop, code)
    if what.card is not None and what.card.is_locked:
        raise WrongPin(0)
    has = books.balance_of(what.household)
    if what.voucher:
        return Allowance(what, min(has, what.voucher.points), None)
    return Allowance(what, has, _pin_from(what.household))


def _received(actor: Any, shop: Shop, code: str) -> Shown:
    """What may be taken in this shop, by this actor."""
    _must_serve(actor, shop)
    what = shown(code)
    if is_near(actor, what.household):
        raise PermissionDenied("自己家的兑换请别的店员来办。")
    if what.household.village_id != shop.territory_id:
        raise ValidationError({"code": "这张卡不是本村的，请到自己村的爱心超市兑换。"})
    return what


def _pin_from(household: Household) -> int:
    """From how many points on the PIN is asked now: the town's rule less what its card has bought today, so that one
    that was found does not buy one little thing after the other."""
    pin_from = PointsRule.on(today := clock.today()).pin_from
    if pin_from > 1:
        rows = Redemption.objects.standing().filter(household=household, day=today, card__isnull=False)
        pin_from -= rows.aggregate(sum=Sum("points"))["sum"] or 0
    return max(1, pin_from)


def shown(text: str) -> Shown:
    """Whose card or voucher this is. ValidationError if it is none, or no longer good."""
    if card := card_shown(text):
        return Shown(card.household, card=card)
    voucher = voucher_shown(text)
    if voucher is None:
        raise ValidationError({"code": NO_CARD})
    _refuse_dead(voucher)
    return Shown(voucher.household, voucher=voucher)


def _refuse_dead(voucher: Voucher) -> None:
    if voucher.used_at or voucher.cancelled_at:
        raise ValidationError({"code": NO_VOUCHER})
    if voucher.is_over():
        raise ValidationError({"code": f"这张兑换条 {clock.cn_day(voucher.last)} 到期了，请村里重开。"})


def redeem(
    *,
    actor: Any,
    uuid: UUID,
    shop: Shop,
    code: str,
    lines: Iterable[tuple[Goods, int]],
    points: int,
    pin: str = "",
) -> Redeemed:
    """Hand goods out for points. The same again is the same redemption, so that a lost answer costs nobody anything.

    `points`: what the button said that all of it costs; if a price has changed since, nothing happens.

    The actor stands behind the counter of this shop, decides no awards there, and serves not his own household.
    Raises PermissionDenied, ValidationError (by field: code, pin, lines), WrongPin, Conflict if the number is taken.
    Must not run inside a transaction of the caller's: a wrong PIN is counted even though nothing is handed out.
    """
    wanted = _wanted(lines)
    digest = digest_of(
        [shop.pk, code.strip(), points, sorted((goods.pk, number) for goods, number in wanted)]
    )

    def same(known: Redemption) -> bool:
        return (known.content_hash, known.actor_id) == (digest, actor.pk)

    rows = Redemption.objects.all()
    if known := stored_under(uuid, rows, same, Conflict):
        return Redeemed(known, created=False)
    try:
        what = _received(actor, shop, code)
        settle(what.household)
        with transaction.atomic():
            left = _ask_pin(what, pin, points)
            found = None if left is not None else _hand_out(actor, uuid, shop, what, wanted, points, digest)
    except (IntegrityError, ValidationError):
        # The same sent twice at once: one of them has it, and with it what the other then finds gone.
        if known := stored_under(uuid, rows, same, Conflict):
            return Redeemed(known, created=False)
        raise
    if found is None:
        assert left is not None
        raise WrongPin(left)
    return Redeemed(found, created=True)


def _wanted(lines: Iterable[tuple[Goods, int]]) -> list[tuple[Goods, int]]:
    wanted = [(goods, number) for goods, number in lines if number]
    if not wanted:
        raise ValidationError({"lines": "选要换的东西。"})
    if any(not 0 < number <= 999 for _, number in wanted):
        raise ValidationError({"lines": "一样东西一次换 1 到 999 件。"})
    if len({goods.pk for goods, _ in wanted}) != len(wanted):
        raise ValidationError({"lines": "同一样东西写一行。"})
    return wanted


def _must_be_open(shop: Shop) -> None:
    if shop.closed_on is not None:
        raise ValidationError("这家店已经停了，不能兑换。")


def _must_serve(actor: Any, shop: Shop) -> None:
    _must_be_open(shop)
    if not shop.is_served_by(actor):
        raise PermissionDenied(NOT_YOURS)
    if may(actor, DECIDES, shop.territory):
        raise PermissionDenied(DECIDER)


def _ask_pin(what: Shown, pin: str, points: int) -> int | None:
    """None if the PIN is right or none is asked for; else how many tries remain. Of two at once with one card the
    second knows what the first has had."""
    if what.card is None:
        return None
    held = PointCard.objects.in_force().select_for_update(no_key=True).filter(pk=what.card.pk).first()
    if held is None:
        raise ValidationError({"code": NO_CARD})
    if not held.is_locked:
        if points < _pin_from(what.household):
            return None
        if not pin:
            raise ValidationError({"pin": "请村民输 4 位密码。"})
    return tries_left(held, pin)


def _hand_out(
    actor: Any,
    uuid: UUID,
    shop: Shop,
    what: Shown,
    wanted: list[tuple[Goods, int]],
    points: int,
    digest: str,
) -> Redemption:
    """Inside the transaction. Locks in the same order everywhere: card or voucher, goods by key, then the books."""
    if what.voucher is not None:
        _use(what.voucher)
    taken = _take_from_shelf(shop, wanted)
    now = sum(goods.points * number for goods, number in taken)
    if now != points:
        raise ValidationError({"lines": f"有的东西换了价，现在一共 {now} 分。看过再按兑换。"})
    if what.voucher is not None and points > what.voucher.points:
        raise ValidationError({"lines": f"这张兑换条最多兑 {what.voucher.points} 分，拿掉几样。"})
    posting, entry = _pay(actor, uuid, shop, what.household, points)
    made = Redemption.objects.create(
        uuid=uuid,
        shop=shop,
        household=what.household,
        territory=shop.territory,
        card=what.card,
        voucher=what.voucher,
        day=posting.day,
        at=posting.at,
        actor=actor,
        points=points,
        before=entry.payer_left + points,
        after=entry.payer_left,
        posting=posting,
        content_hash=digest,
    )
    RedemptionLine.objects.bulk_create(
        RedemptionLine(
            redemption=made, goods=goods, name=goods.name, unit=goods.unit, number=number, each=goods.points
        )
        for goods, number in taken
    )
    _note_stock(made, taken, StockMove.REDEEMED, -1, actor)
    return made


def _pay(actor: Any, uuid: UUID, shop: Shop, household: Household, points: int) -> tuple[Posting, Entry]:
    posting = Posting(
        key=f"redemption:{uuid}",
        kind=Posting.REDEEM,
        territory=shop.territory,
        day=clock.today(),
        at=clock.now(),
        actor=actor,
    )
    transfer = books.Transfer(books.account_of(household), books.account_of_shop(shop), points)
    entries = books.enter(posting, [transfer])
    if entries is None:
        raise IntegrityError("posted by another at this very moment")
    # Closing locks the shop's goods first, and the account was read with the shop after ours were locked: what is open
    # here stays open until the end.
    as_it_stands = entries[0].payee.shop
    assert as_it_stands is not None
    _must_be_open(as_it_stands)
    return posting, entries[0]


def _use(voucher: Voucher) -> None:
    """Of two who hold copies of one voucher, one gets something."""
    unused = Voucher.objects.filter(pk=voucher.pk, used_at__isnull=True, cancelled_at__isnull=True)
    if not unused.update(used_at=clock.now()):
        raise ValidationError({"code": NO_VOUCHER})


def _take_from_shelf(shop: Shop, wanted: list[tuple[Goods, int]]) -> list[tuple[Goods, int]]:
    """The goods as they are now, with fewer on the shelf. ValidationError names what has run out meanwhile."""
    numbers = {goods.pk: number for goods, number in wanted}
    rows = Goods.objects.filter(pk__in=numbers, shop=shop).order_by("pk").select_for_update(no_key=True)
    held = list(rows)
    if len(held) != len(numbers):
        raise ValidationError({"lines": "有的东西不是这家店的，重新选。"})
    for goods in held:
        number = numbers[goods.pk]
        if not goods.offered:
            raise ValidationError({"lines": f"{goods}不换了，拿掉这一样。"})
        if goods.stock is None:
            continue
        if not goods.stock:
            raise ValidationError({"lines": f"{goods}没货了，拿掉这一样。"})
        if goods.stock < number:
            raise ValidationError({"lines": f"{goods}只剩 {goods.stock} {goods.unit}，少选几{goods.unit}。"})
        goods.stock -= number
        _put(goods)
    return [(goods, numbers[goods.pk]) for goods in held]


def _put(goods: Goods) -> None:
    """So many lie on the shelf now. No save: that would write a row of history, in which the stock is left out."""
    Goods.objects.filter(pk=goods.pk).update(stock=goods.stock)


def _note_stock(
    redemption: Redemption, taken: list[tuple[Goods, int]], kind: str, sign: int, actor: Any
) -> None:
    StockMove.objects.bulk_create(
        StockMove(
            goods=goods,
            kind=kind,
            number=sign * number,
            left=goods.stock,
            day=clock.today(),
            at=clock.now(),
            actor=actor,
            redemption=redemption,
        )
        for goods, number in taken
        if goods.stock is not None
    )


@transaction.atomic
def undo(*, actor: Any, redemption: Redemption, words: str) -> Redemption:
    """给错了，冲正: the points go back, and so do the goods. By the shop on the same day, by the village later.

    A statement that is made stays as it is: what comes back afterwards stands in the month in which it came back. What
    the village has paid for already does not come back: the shop's account has no more points of it.
    """
    rows = Redemption.objects.select_for_update(of=("self",), no_key=True).select_related(
        "shop__territory", "posting"
    )
    held = rows.get(pk=redemption.pk)
    serves = held.shop.is_served_by(actor) and held.day == clock.today()
    if not serves and not may(actor, MANAGES, held.territory):
        raise PermissionDenied("当天的店里可以冲正；过了当天的，请村里来办。")
    words = words.strip()
    if not words:
        raise ValidationError({"words": "写一句为什么冲正。"})
    if held.undone_id is not None:
        raise ValidationError("这一笔已经冲正过了。")
    goods = {line.goods_id: line.number for line in held.lines.all()}
    shelf = list(Goods.objects.filter(pk__in=goods).order_by("pk").select_for_update(no_key=True))
    for row in shelf:
        if row.stock is not None:
            row.stock += goods[row.pk]
            _put(row)
    held.undone = books.reverse(
        actor=actor,
        posting=held.posting,
        words=words,
        short="商店的账上只有 {has} 分，冲不回 {needs} 分：这一笔已经和村里结过账了。",
    )
    held.undone_why = words[:120]
    held.save(update_fields=["undone", "undone_why"])
    _note_stock(held, [(row, goods[row.pk]) for row in shelf], StockMove.REVERSED, 1, actor)
    return held
