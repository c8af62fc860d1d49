"""走访: what was done, one row for each visit as one person made it."""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core import clock
from core.periods import Month, Period
from core.scope import ScopedQuerySet, reach_of
from grids.models import Household, Officer, Territory


class ReadableQuerySet(ScopedQuerySet):
    """Rows of visits: whoever may see visits reads all; who only records reads what she made herself."""

    VISITOR = "visitor"

    def readable_by(self, actor: Any) -> Self:
        all_seen, recorded = reach_of(actor, "visits.see"), reach_of(actor, "visits.record")
        visible = self.visible_to(actor, "visits.see")
        if recorded.ranges <= all_seen.ranges or all_seen.everywhere:
            return visible
        nodes = [
            list(Territory.objects.filter(reach.q()).values_list("pk", flat=True))
            for reach in (all_seen, recorded)
        ]
        own = Q(**{self.VISITOR: actor.pk, "territory__in": nodes[1]})
        return self.filter(Q(territory__in=nodes[0]) | own)


class VisitQuerySet(ReadableQuerySet):
    def in_force(self) -> Self:
        """Neither undone nor replaced by a correction."""
        return self.filter(void_at__isnull=True)

    def during(self, period: Period) -> Self:
        return self.filter(day__gte=period.first, day__lte=period.last)

    def received_on(self, day: dt.date) -> Self:
        """That reached the server on that day, whenever they were made."""
        first, end = clock.hours_of(day)
        return self.filter(received_at__gte=first, received_at__lt=end)

    def counting(self) -> Self:
        """Visits that discharge what was owed."""
        return self.in_force().filter(counts=True)

    def latest_first(self) -> Self:
        return self.order_by("-day", "-happened_at", "-pk")


class Visit(models.Model):
    """One visit as one person made it. Never edited: a correction is a new row that `corrects` the old one."""

    TERRITORY = "territory"

    DOOR, PHONE = "door", "phone"
    MANNERS = ((DOOR, "入户"), (PHONE, "电话"))
    PROMISES = (
        ("deliver", "送材料"),
        ("ask", "问政策"),
        ("apply", "办手续"),
        ("contact", "帮联系"),
        ("return", "再来看"),
    )
    KEPT = (("done", "已办好"), ("not", "还没办"))

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    household = models.ForeignKey(Household, models.PROTECT, related_name="visits", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    visitor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="visits", verbose_name="走访人"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="代录",
        help_text="照着走访单替走访人录的人",
    )
    by_secretary = models.BooleanField("书记走访", default=False, editable=False)
    companions = models.ManyToManyField(Officer, blank=True, related_name="+", verbose_name="陪同")
    day = models.DateField("走访日期", help_text="上海的日期，期间按它算")
    happened_at = models.DateTimeField("手机上的时间")
    received_at = models.DateTimeField("收到的时间", editable=False)
    corrected_at = models.DateTimeField("校正后的时间", editable=False)
    manner = models.CharField("走访方式", max_length=10, choices=MANNERS, default=DOOR)
    met = models.BooleanField("是否见面", default=True)
    away = models.BooleanField(
        "那天在外务工", default=False, editable=False, help_text="记的时候知道的，以后不改"
    )
    counts = models.BooleanField("算一次走访", default=False, editable=False)
    changed = models.BooleanField("家庭有变化", default=False)
    note = models.CharField("备注", max_length=500, blank=True)
    promise_kind = models.CharField("答应的事", max_length=10, choices=PROMISES, blank=True)
    promise_text = models.CharField("答应的事，原话", max_length=200, blank=True)
    promise_until = models.DateField("答应哪天前办", null=True, blank=True)
    last_promise = models.CharField("上次答应的事", max_length=10, choices=KEPT, blank=True)
    photo = models.FileField("照片", upload_to="visits/%Y/%m/", blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by", verbose_name="更正哪一次"
    )
    void_at = models.DateTimeField("撤销的时间", null=True, blank=True, editable=False)
    void_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="谁撤的",
    )
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访"
        indexes = [
            models.Index(fields=["territory", "day"], name="visits_visit_log"),
            models.Index(fields=["household", "day"], name="visits_visit_household"),
            models.Index(fields=["received_at"], name="visits_visit_received"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.household}"

    @property
    def month(self) -> Month:
        return Month.of(self.day)

    @property
    def receipt(self) -> str:
        """The number a visitor is given once it has arrived: ZF-261123-8."""
        return f"ZF-{clock.local_date(self.received_at):%y%m%d}-{self.pk}"

    @property
    def summary(self) -> str:
        """One look: 没有新情况, 没见到人, or what was found; reads `findings`."""
        if not self.met:
            return "没见到人"
        found = [finding.get_kind_display() for finding in self.findings.all()]
        words = "、".join(found) or ("家庭有变化" if self.changed else "没有新情况")
        return words if self.manner == self.DOOR else f"电话：{words}"
