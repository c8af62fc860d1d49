"""积分兑换: what went over the counter, for how many points, and the month's statement between shop and village."""

import uuid
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock
from core.scope import ScopedQuerySet, nodes_of, reach_of
from grids.models import Household, Territory
from points.models.awards import SEES
from points.models.books import Posting
from points.models.cards import PointCard, Voucher
from points.models.shops import MANAGES, Goods, Shop


class RedemptionQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """Of the place for who sees its points; of his own shops for a shopkeeper."""
        sees = Q(territory__in=list(nodes_of(reach_of(actor, SEES))))
        return self.filter(sees | Q(shop__in=Shop.objects.served_by(actor)))

    def standing(self) -> Self:
        return self.filter(undone__isnull=True)


class Redemption(models.Model):
    """兑换单. Never edited; what was given wrongly is reversed (冲正) by a posting of its own."""

    TERRITORY = "territory"

    uuid = models.UUIDField("编号", unique=True, editable=False)
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="redemptions", verbose_name="商店")
    household = models.ForeignKey(Household, models.PROTECT, related_name="redemptions", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    card = models.ForeignKey(PointCard, models.PROTECT, null=True, related_name="+", verbose_name="积分卡")
    voucher = models.OneToOneField(
        Voucher, models.PROTECT, null=True, related_name="redemption", verbose_name="兑换条"
    )
    day = models.DateField("兑换日期")
    at = models.DateTimeField("兑换时间", editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="经办人"
    )
    points = models.PositiveIntegerField("消耗积分")
    before = models.BigIntegerField("兑换前余额")
    after = models.BigIntegerField("兑换后余额")
    posting = models.OneToOneField(Posting, models.PROTECT, related_name="redemption", verbose_name="账目")
    undone = models.OneToOneField(
        Posting, models.PROTECT, null=True, related_name="undone_redemption", verbose_name="冲正账目"
    )
    undone_why = models.CharField("为什么冲正", max_length=120, blank=True)
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "兑换单"
        ordering = ("pk",)
        indexes = [
            models.Index(fields=["shop", "day"], name="points_redemption_shop"),
            models.Index(fields=["territory", "day"], name="points_redemption_log"),
            models.Index(fields=["household", "-id"], name="points_redemption_home"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(points__gt=0, after__gte=0, before=F("after") + F("points")),
                name="points_redemption_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(card__isnull=False, voucher__isnull=True)
                | Q(card__isnull=True, voucher__isnull=False),
                name="points_redemption_shown",
                violation_error_message="凭积分卡或兑换条兑换。",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call it by: DH-1123-0008."""
        return f"DH-{self.day:%m%d}-{self.pk:04d}"


class RedemptionLine(models.Model):
    """So many of one thing, at the points it cost then."""

    TERRITORY = "redemption__territory"

    redemption = models.ForeignKey(Redemption, models.PROTECT, related_name="lines", verbose_name="兑换单")
    goods = models.ForeignKey(Goods, models.PROTECT, related_name="+", verbose_name="兑换物资")
    name = models.CharField("兑换物资", max_length=40)
    unit = models.CharField("单位", max_length=6)
    number = models.PositiveSmallIntegerField("数量")
    each = models.PositiveIntegerField("单价")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "兑换明细"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["redemption", "goods"], name="points_line_once"),
            models.CheckConstraint(condition=Q(number__gt=0, each__gt=0), name="points_line_some"),
        ]

    def __str__(self) -> str:
        return f"{self.name} × {self.number}"

    @property
    def points(self) -> int:
        return self.number * self.each


class StatementQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """Of the village for who manages its shops; of his own shops for a shopkeeper."""
        managed = Q(shop__territory__in=list(nodes_of(reach_of(actor, MANAGES))))
        return self.filter(managed | Q(shop__in=Shop.objects.served_by(actor)))

    def signed(self) -> Self:
        """By both sides."""
        return self.filter(shop_signed_at__isnull=False, village_signed_at__isnull=False)


class Statement(models.Model):
    """商超结算单 of one shop and month: counted from the books when it is made, signed by both, paid by entries."""

    TERRITORY = "shop__territory"

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="statements", verbose_name="商店")
    month = models.DateField("期间", help_text="当月 1 日")
    number = models.PositiveIntegerField("笔数", editable=False)
    points = models.IntegerField("分值", editable=False)
    yuan = models.DecimalField("应付金额", max_digits=12, decimal_places=2, editable=False)
    made_at = models.DateTimeField("什么时候出的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁出的"
    )
    shop_signed_at = models.DateTimeField("商店确认时间", null=True, editable=False)
    shop_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="商店确认"
    )
    village_signed_at = models.DateTimeField("村里确认时间", null=True, editable=False)
    village_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="村里确认"
    )
    # Without `paid` where nothing was left to pay: as much had come back later.
    paid_on = models.DateField("哪天付的", null=True, blank=True)
    paid_at = models.DateTimeField("什么时候登记付款的", null=True, editable=False)
    paid_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁登记付款的"
    )
    paid = models.OneToOneField(
        Posting, models.PROTECT, null=True, related_name="statement", verbose_name="付款账目", editable=False
    )

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "商超结算单"
        ordering = ("-month", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "month"],
                name="points_statement_once",
                violation_error_message="这个月的结算单已经出了。",
            ),
            models.CheckConstraint(
                condition=Q(paid__isnull=True)
                | Q(shop_signed_at__isnull=False, village_signed_at__isnull=False, paid_on__isnull=False),
                name="points_statement_signed",
                violation_error_message="双方都确认了才能付款。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop} {self.month:%Y-%m} 结算单"

    @property
    def number_said(self) -> str:
        """What people call it by: JS-2026-11-0003."""
        return f"JS-{self.month:%Y-%m}-{self.pk:04d}"

    def worth(self, points: int) -> Decimal:
        """So many of its points in yuan, at what they are worth in this statement."""
        if not self.points or points == self.points:
            return self.yuan
        return (self.yuan * points / self.points).quantize(Decimal("0.01"))

    @property
    def paid_yuan(self) -> Decimal:
        """What was really paid: less than `yuan` where something of it had come back before (a query if it was)."""
        if self.paid is None:
            return Decimal(0)
        return self.worth(sum(entry.points for entry in self.paid.entries.all()))

    @property
    def paid_said(self) -> str:
        if self.paid_on is None:
            return ""
        return f"{clock.cn_day(self.paid_on)}{'付了' if self.paid_id else '抵清了，不用付'}"

    @property
    def step(self) -> str:
        """What it waits for: shop, village, payment; "" once it is paid or has nothing to be paid."""
        if self.shop_signed_at is None:
            return "shop"
        if self.village_signed_at is None:
            return "village"
        return "payment" if self.paid_on is None and self.points > 0 else ""
