"""积分账: accounts, and entries that move points from one to another. Nothing in the books is ever changed."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.scope import ScopedQuerySet
from grids.models import Household, Territory


class Account(models.Model):
    """Where points lie. All accounts of a village add up to zero.

    `fund` (村里的积分账): what a village has issued stands here as a debt, so its balance is 0 or below. `household`,
    `shop` (what the village owes it) and `expired` hold points and never fall below zero.
    """

    TERRITORY = "territory"

    FUND, HOUSEHOLD, SHOP, EXPIRED = "fund", "household", "shop", "expired"
    KINDS = ((FUND, "村里"), (HOUSEHOLD, "户"), (SHOP, "商店"), (EXPIRED, "过期"))

    kind = models.CharField("谁的账", max_length=10, choices=KINDS)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    household = models.OneToOneField(
        Household, models.PROTECT, null=True, blank=True, related_name="account", verbose_name="户"
    )
    shop = models.OneToOneField(
        "points.Shop", models.PROTECT, null=True, blank=True, related_name="account", verbose_name="商店"
    )
    balance = models.BigIntegerField("余额", default=0, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分账户"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="fund", balance__lte=0) | (~Q(kind="fund") & Q(balance__gte=0)),
                name="points_account_not_below",
                violation_error_message="积分不够。",
            ),
            models.CheckConstraint(
                condition=Q(kind="household", household__isnull=False, shop__isnull=True)
                | Q(kind="shop", shop__isnull=False, household__isnull=True)
                | Q(kind__in=("fund", "expired"), household__isnull=True, shop__isnull=True),
                name="points_account_whose",
            ),
            models.UniqueConstraint(
                fields=["territory", "kind"],
                condition=Q(kind__in=("fund", "expired")),
                name="points_account_one_each",
            ),
        ]

    def __str__(self) -> str:
        return str(self.household or self.shop or f"{self.territory}{self.get_kind_display()}")


class Posting(models.Model):
    """一笔账: one event and all its entries. `key` says of what it is, so that one event is posted once:
    `award:<id>`, `redemption:<uuid>`, `change:<id>`, `expiry:<year>:<village>`, `paid:<id>`,
    `brought:<uuid>`."""

    TERRITORY = "territory"

    AWARD, REDEEM, REVERSE, EXPIRE, CARRY, PAY, BRING = (
        "award",
        "redeem",
        "reverse",
        "expire",
        "carry",
        "pay",
        "bring",
    )
    KINDS = (
        (AWARD, "积分入账"),
        (REDEEM, "兑换"),
        (REVERSE, "冲正"),
        (EXPIRE, "过期"),
        (CARRY, "分户并户"),
        (PAY, "与商店结算"),
        (BRING, "结转旧账"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    key = models.CharField("凭什么", max_length=80, unique=True, editable=False)
    kind = models.CharField("什么账", max_length=10, choices=KINDS)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="哪里的")
    day = models.DateField("记账日期")
    at = models.DateTimeField("什么时候", editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )
    words = models.CharField("说明", max_length=300, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name="冲正哪一笔"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分账目"
        ordering = ("pk",)
        indexes = [models.Index(fields=["territory", "day"], name="points_posting_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False)
                | (~Q(kind="reverse") & Q(reverses__isnull=True)),
                name="points_posting_reverses",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.day}"


class Entry(models.Model):
    """积分流水: so many points from one account to another, and what both had afterwards.

    Both sides stand in one row, so that no posting can fail to add up.
    """

    TERRITORY = "posting__territory"

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="entries", verbose_name="哪一笔")
    payer = models.ForeignKey(Account, models.PROTECT, related_name="paid", verbose_name="付出")
    payee = models.ForeignKey(Account, models.PROTECT, related_name="received", verbose_name="收进")
    points = models.PositiveIntegerField("分值")
    payer_left = models.BigIntegerField("付出后余额")
    payee_has = models.BigIntegerField("收进后余额")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分流水"
        ordering = ("pk",)
        indexes = [
            models.Index(fields=["payer", "-id"], name="points_entry_paid"),
            models.Index(fields=["payee", "-id"], name="points_entry_received"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="points_entry_some"),
            models.CheckConstraint(condition=~Q(payer=F("payee")), name="points_entry_two_sides"),
        ]

    def __str__(self) -> str:
        return f"{self.payer} → {self.payee}：{self.points} 分"
