"""暂存: a visit that arrived and could not be counted at once. Kept whole until the village decides."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from core.fields import SealedField
from core.scope import ScopedQuerySet
from grids.models import Household, Territory


class HeldQuerySet(ScopedQuerySet):
    def waiting(self) -> "HeldQuerySet":
        return self.filter(state=Held.WAITING)

    def received_on(self, day: dt.date) -> "HeldQuerySet":
        first, end = clock.hours_of(day)
        return self.filter(received_at__gte=first, received_at__lt=end)


class Held(models.Model):
    """A visit on hold: whose, of what day, why, and what became of it. `content` is what the phone sent, sealed.

    `territory` is the village, whose secretary decides. Accepted, it is credited to its author on its day.
    """

    TERRITORY = "territory"

    WAITING, ACCEPTED, REFUSED = "held", "accepted", "refused"
    STATES = ((WAITING, "等村里定"), (ACCEPTED, "已记上"), (REFUSED, "没有记上"))
    POST, MOVED, ELSEWHERE, ENDED, LATE, TICKET, CORRECTS, FIX = (
        "post",
        "moved",
        "elsewhere",
        "ended",
        "late",
        "ticket",
        "corrects",
        "fix",
    )
    REASONS = (
        (POST, "走访那天，走访人不在岗"),
        (MOVED, "走访那天，这一户不在走访人的网格"),
        (ELSEWHERE, "这一户一直不归走访人走"),
        (ENDED, "走访那天，这一户已经销户"),
        (LATE, "送到得太晚，走访人现在也不走这一户"),
        (TICKET, "手机上的凭条过了期，说不准是不是本人记的"),
        (CORRECTS, "它要更正的那一次找不到，或者还没有定"),
        (FIX, "内容要改"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="held", verbose_name="走访人"
    )
    household = models.ForeignKey(Household, models.PROTECT, related_name="held", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    day = models.DateField("走访日期")
    corrected_at = models.DateTimeField("校正后的时间", editable=False)
    received_at = models.DateTimeField("收到的时间", editable=False)
    content = SealedField("内容", context="visits.held")
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)
    photo = models.FileField("照片", upload_to="held/%Y/%m/", blank=True)
    reason = models.CharField("为什么暂存", max_length=10, choices=REASONS)
    faults = models.CharField("要改的地方", max_length=500, blank=True)
    state = models.CharField("状态", max_length=10, choices=STATES, default=WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁定的",
    )
    decided_at = models.DateTimeField("什么时候定的", null=True, blank=True)
    words = models.CharField("怎么说的", max_length=300, blank=True)
    visit = models.OneToOneField(
        "visits.Visit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="held",
        verbose_name="记成哪次走访",
    )

    objects = HeldQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "暂存的走访"
        indexes = [
            models.Index(fields=["territory", "state"], name="visits_held_waiting"),
            models.Index(fields=["author", "id"], name="visits_held_author"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="held", decided_at__isnull=True, visit__isnull=True)
                | Q(state="accepted", decided_at__isnull=False, visit__isnull=False)
                | Q(state="refused", decided_at__isnull=False, visit__isnull=True),
                name="visits_held_decided",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.household}"

    @property
    def number(self) -> str:
        """The receipt of what is on hold: ZC-261123-8."""
        return f"ZC-{clock.local_date(self.received_at):%y%m%d}-{self.pk}"

    @property
    def why(self) -> str:
        """The reason as a sentence, with what is to be mended."""
        told = self.get_reason_display()
        return f"{told}：{self.faults}" if self.faults else f"{told}。"
