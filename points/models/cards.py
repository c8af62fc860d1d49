"""户积分卡 and 兑换条: what a villager shows in the shop. Neither says whose it is to who finds it."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from core.scope import ScopedQuerySet
from grids.models import Household

TRIES = 5  # wrong PINs until a card is locked (issue of the card: "5 tries")


class PointCardQuerySet(ScopedQuerySet):
    def in_force(self) -> Self:
        return self.filter(revoked_at__isnull=True)

    def locked(self) -> Self:
        return self.filter(wrong__gte=TRIES)


class PointCard(models.Model):
    """积分卡 of one household: a random code, found by its hash, and a PIN of four digits that the village never sees.

    `number` (6 digits) is what one types where nothing can scan; it is no secret, the PIN is.
    """

    TERRITORY = "household__territory"

    household = models.ForeignKey(Household, models.PROTECT, related_name="point_cards", verbose_name="户")
    number = models.CharField("卡号", max_length=6, unique=True, editable=False)
    code_hash = models.CharField("卡上的码", max_length=64, unique=True, editable=False)
    pin = models.CharField("密码", max_length=128, editable=False)
    wrong = models.PositiveSmallIntegerField("密码连错几次", default=0, editable=False)
    issued_at = models.DateTimeField("什么时候发的", editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁发的"
    )
    revoked_at = models.DateTimeField("什么时候作废", null=True, editable=False)
    revoked_why = models.CharField("为什么作废", max_length=100, blank=True, editable=False)

    objects = PointCardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分卡"
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(revoked_at__isnull=True),
                name="points_card_one_each",
                violation_error_message="这一户已有一张在用的卡，先作废旧卡。",
            )
        ]

    def __str__(self) -> str:
        return f"积分卡 {self.number}"

    @property
    def is_locked(self) -> bool:
        return self.wrong >= TRIES


class Voucher(models.Model):
    """兑换条: paper that the village prints for a household without its card; good once, for at most `points`."""

    TERRITORY = "household__territory"

    household = models.ForeignKey(Household, models.PROTECT, related_name="vouchers", verbose_name="户")
    code_hash = models.CharField("条上的码", max_length=64, unique=True, editable=False)
    points = models.PositiveIntegerField("最多兑几分")
    last = models.DateField("有效到哪天")
    made_at = models.DateTimeField("什么时候开的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁开的"
    )
    used_at = models.DateTimeField("什么时候用的", null=True, editable=False)
    cancelled_at = models.DateTimeField("什么时候作废", null=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "兑换条"
        constraints = [models.CheckConstraint(condition=Q(points__gt=0), name="points_voucher_worth")]

    def __str__(self) -> str:
        return f"兑换条 {self.pk}"

    def is_over(self, day: dt.date | None = None) -> bool:
        return self.last < (day or clock.today())
