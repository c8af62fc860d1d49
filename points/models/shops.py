"""新风爱心超市: the shops, what lies on their shelves, and every movement of it."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from core.models import Dated, within
from core.scope import ScopedQuerySet, may
from grids.models import Officer, Territory

SERVES, MANAGES = "shops.serve", "shops.manage"


class ShopQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        return self.filter(closed_on__isnull=True)

    def served_by(self, actor: Any) -> Self:
        """The shops behind whose counter somebody stands today: his post is at the village, and the shop names him."""
        return self.visible_to(actor, SERVES).filter(pk__in=_counters_of(actor).values("shop"))


def _counters_of(actor: Any) -> Any:
    """The shops that name somebody today, as rows of shopkeepers."""
    return Shopkeeper.objects.in_force().filter(officer__user=getattr(actor, "pk", None))


class Shop(models.Model):
    """A shop of one village, or a service that one pays with points (体检, 公交: 实施方案五（三）)."""

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    name = models.CharField("店名", max_length=40)
    address = models.CharField("在哪里", max_length=100, blank=True)
    since = models.DateField("从哪天起")
    closed_on = models.DateField("哪天停的", null=True, blank=True, editable=False)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ShopQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "爱心超市"
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "name"],
                condition=Q(closed_on__isnull=True),
                name="points_shop_name",
                violation_error_message="村里已有这个店名。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_served_by(self, actor: Any) -> bool:
        """The same as `served_by` for this shop alone, without asking for all that lies in the actor's reach."""
        return may(actor, SERVES, self.territory) and _counters_of(actor).filter(shop=self).exists()


class Shopkeeper(Dated):
    """店员: who stands behind the counter of one shop, and when."""

    TERRITORY = "shop__territory"

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="keepers", verbose_name="商店")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="shops", verbose_name="店员")

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "店员"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["shop", "officer"],
                condition=Q(until__isnull=True),
                name="points_keeper_once",
                violation_error_message="他已是这家店的店员。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop} {self.officer}"


class GoodsQuerySet(ScopedQuerySet):
    def offered(self) -> Self:
        return self.filter(offered=True, shop__closed_on__isnull=True)


class Goods(models.Model):
    """货品. `points` for one; `stock` is empty where nothing can run out (乘车, 服务)."""

    TERRITORY = "shop__territory"

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="goods", verbose_name="商店")
    name = models.CharField("货品", max_length=40)
    unit = models.CharField("单位", max_length=6, default="件")
    points = models.PositiveIntegerField("几分一件", validators=within(1, 100000, "填 1 到 100000 分。"))
    stock = models.PositiveIntegerField("还剩几件", null=True, editable=False)
    low = models.PositiveIntegerField("剩几件时提醒进货", default=0)
    offered = models.BooleanField("在兑换", default=True)
    position = models.PositiveSmallIntegerField("排在第几", default=0)

    history = HistoricalRecords(verbose_name="修改记录", excluded_fields=["stock"])
    objects = GoodsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "货品"
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "name"],
                name="points_goods_once",
                violation_error_message="店里已有这样货品。",
            ),
            models.CheckConstraint(condition=Q(points__gt=0), name="points_goods_worth"),
            models.CheckConstraint(
                condition=Q(stock__isnull=True) | Q(stock__gte=0),
                name="points_goods_there",
                violation_error_message="货不够了。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_low(self) -> bool:
        """Whether it is time to take in more; what cannot run out never is."""
        return self.offered and self.stock is not None and self.stock <= self.low


class StockMove(models.Model):
    """Goods that came or went, and how many there were then; never edited."""

    TERRITORY = "goods__shop__territory"

    INTAKE, COUNT, WRITE_OFF, REDEEMED, REVERSED = "intake", "count", "write_off", "redeemed", "reversed"
    KINDS = (
        (INTAKE, "进货"),
        (COUNT, "盘点"),
        (WRITE_OFF, "报损"),
        (REDEEMED, "兑换"),
        (REVERSED, "冲正退回"),
    )

    goods = models.ForeignKey(Goods, models.PROTECT, related_name="moves", verbose_name="货品")
    kind = models.CharField("什么事", max_length=10, choices=KINDS)
    number = models.IntegerField("增减几件")
    left = models.PositiveIntegerField("之后几件")
    day = models.DateField("哪天")
    at = models.DateTimeField("什么时候", editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    redemption = models.ForeignKey(
        "points.Redemption", models.PROTECT, null=True, related_name="stock_moves", verbose_name="兑换单"
    )
    words = models.CharField("说明", max_length=120, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "进出货"
        ordering = ("pk",)
        indexes = [models.Index(fields=["goods", "-id"], name="points_stock_goods")]

    def __str__(self) -> str:
        return f"{self.goods} {self.get_kind_display()} {self.number}"
