"""进货、盘点、报损: what lies on a shop's shelves, by its shopkeeper or the village; each change stays as a row."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.scope import NOT_YOURS, may, signer
from points.models import Goods, Shop, StockMove
from points.models.shops import MANAGES

MOST = 100_000


def must_keep_stock(actor: Any, shop: Shop) -> None:
    """PermissionDenied unless he stands behind this counter or manages the village's shops."""
    if not may(actor, MANAGES, shop.territory) and not shop.is_served_by(actor):
        raise PermissionDenied(NOT_YOURS)


@transaction.atomic
def take_in(*, actor: Any, goods: Goods, number: int, words: str = "") -> StockMove:
    """进货. The first one gives the goods a stock that can run out."""
    _some(number)
    return _move(actor, goods, StockMove.INTAKE, lambda held: (held.stock or 0) + number, words)


@transaction.atomic
def write_off(*, actor: Any, goods: Goods, number: int, words: str) -> StockMove:
    """报损: broken, expired, lost; never more than is there."""
    _some(number)
    if not words.strip():
        raise ValidationError({"words": "写一句为什么报损：坏了、过期了……"})

    def fewer(held: Goods) -> int:
        if (held.stock or 0) < number:
            raise ValidationError({"number": f"只剩 {held.stock or 0} {held.unit}。"})
        return (held.stock or 0) - number

    return _move(actor, goods, StockMove.WRITE_OFF, fewer, words)


@transaction.atomic
def count(*, actor: Any, goods: Goods, number: int, words: str = "") -> StockMove:
    """盘点: so many are there, whatever the register says; the difference is written down."""
    if not 0 <= number <= MOST:
        raise ValidationError({"number": f"填 0 到 {MOST}。"})
    return _move(actor, goods, StockMove.COUNT, lambda held: number, words)


def _some(number: int) -> None:
    if not 0 < number <= MOST:
        raise ValidationError({"number": f"填 1 到 {MOST}。"})


def _move(actor: Any, goods: Goods, kind: str, then: Any, words: str) -> StockMove:
    held = Goods.objects.select_for_update(no_key=True).get(pk=goods.pk)
    shop = Shop.objects.select_related("territory").get(
        pk=held.shop_id
    )  # after the lock, which closing waits for
    must_keep_stock(actor, shop)
    if shop.closed_on is not None:
        raise ValidationError("这家店已经停了。")
    before = held.stock or 0
    held.stock = then(held)
    if held.stock > MOST:
        raise ValidationError({"number": f"最多记 {MOST} {held.unit}。"})
    held.save(update_fields=["stock"])
    return StockMove.objects.create(
        goods=held,
        kind=kind,
        number=held.stock - before,
        left=held.stock,
        day=clock.today(),
        at=clock.now(),
        actor=signer(actor),
        words=words.strip()[:120],
    )
