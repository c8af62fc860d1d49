"""爱心超市: a village opens shops, says who stands behind their counters, and what they offer for how many points."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from core import clock
from core.scope import must
from grids.models import Officer, Post, Territory
from points.models import Goods, Shop, Shopkeeper
from points.models.shops import MANAGES

KEEPER = "shopkeeper"
CLOSED = "这家店已经停了。"
NO_POST = "他现在不是这个村的爱心超市店员，先在“网格和人员”里给他定上岗位。"


@transaction.atomic
def open_shop(*, actor: Any, village: Territory, name: str, address: str = "") -> Shop:
    """开一家店, from today on. Needs shops.manage there. ValidationError by field."""
    must(actor, MANAGES, village)
    if village.kind != Territory.VILLAGE:
        raise ValidationError({"territory": "店是村里开的，选一个村。"})
    shop = Shop(territory=village, name=name.strip(), address=address.strip(), since=clock.today())
    shop.full_clean()
    shop.save()
    return shop


@transaction.atomic
def change_shop(*, actor: Any, shop: Shop, name: str, address: str) -> Shop:
    """改店名、地址."""
    held = _open(actor, shop)
    held.name, held.address = name.strip(), address.strip()
    held.full_clean()
    held.save()
    return held


def possible_keepers(shop: Shop) -> QuerySet[Officer]:
    """Who holds the post of a shopkeeper in the shop's village today and does not stand behind this counter yet."""
    posts = Post.objects.in_force().filter(duty=KEEPER, territory=shop.territory_id)
    there = Shopkeeper.objects.in_force().filter(shop=shop)
    rows = Officer.objects.filter(pk__in=posts.values("officer"))
    return rows.exclude(pk__in=there.values("officer")).order_by("pk")


@transaction.atomic
def add_keeper(*, actor: Any, shop: Shop, officer: Officer) -> Shopkeeper:
    """He stands behind this counter from today on."""
    held = _open(actor, shop)
    if not Post.objects.in_force().filter(duty=KEEPER, territory=held.territory_id, officer=officer).exists():
        raise ValidationError({"officer": NO_POST})
    keeper = Shopkeeper(shop=held, officer=officer, since=clock.today())
    keeper.full_clean()
    keeper.save()
    return keeper


@transaction.atomic
def end_keeper(*, actor: Any, keeper: Shopkeeper) -> None:
    """He does not stand there any more, from this moment on; who came only today never did."""
    must(actor, MANAGES, keeper.shop.territory)
    held = Shopkeeper.objects.select_for_update(no_key=True).filter(pk=keeper.pk, until__isnull=True).first()
    if held is None:
        raise ValidationError("他已经不是这家店的店员了。")
    if held.since >= clock.today():
        held.delete()
        return
    held.until = clock.today() - dt.timedelta(days=1)
    held.save(update_fields=["until"])


@transaction.atomic
def save_goods(*, actor: Any, goods: Goods) -> Goods:
    """上货、改价、停换. What was redeemed keeps the price of its day. ValidationError by field."""
    shop = _open(actor, goods.shop)
    if goods.pk:
        # What lies on the shelf moves by redemptions and stock-taking alone, also while somebody changes the price.
        held = Goods.objects.select_for_update(no_key=True).get(pk=goods.pk, shop=shop)
        goods.stock = held.stock
    goods.shop = shop
    goods.full_clean()
    goods.save()
    return goods


def _open(actor: Any, shop: Shop) -> Shop:
    """As it stands now, locked; PermissionDenied, or ValidationError once it is closed."""
    rows = Shop.objects.select_for_update(of=("self",), no_key=True).select_related("territory")
    held = rows.get(pk=shop.pk)
    must(actor, MANAGES, held.territory)
    if held.closed_on is not None:
        raise ValidationError(CLOSED)
    return held
