"""走访单: the sheet of paper somebody carries from door to door, and its lines as they were printed."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q

from core.periods import Month
from core.scope import ScopedQuerySet
from grids.models import Household, Officer, Territory, VillagerGroup
from visits.models.made import Visit


class RoundSheetQuerySet(ScopedQuerySet):
    def readable_by(self, actor: object) -> Self:
        """Whoever visits there, or oversees who was visited, prints and sees the sheets."""
        return self.visible_to(actor, "visits.record") | self.visible_to(actor, "visits.manage")

    def latest_first(self) -> Self:
        return self.order_by("-printed_at", "-pk")

    def counted(self) -> Self:
        """With `all_lines`, and `done_lines`: those whose visit stands."""
        done = Q(lines__visit__isnull=False, lines__visit__void_at__isnull=True)
        return self.annotate(all_lines=Count("lines"), done_lines=Count("lines", filter=done))


class RoundSheet(models.Model):
    """One A4 of paper: which grid or villager group, of which month, printed by whom, and whether it came back.

    `number` (ZD-mmdd-nn) is unique in its year and village; `printing` is shared by the sheets of one print run.
    """

    TERRITORY = "territory"

    number = models.CharField("单号", max_length=14, editable=False)
    year = models.PositiveSmallIntegerField("年", editable=False)
    village = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    group = models.ForeignKey(
        VillagerGroup, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="村民组"
    )
    month = models.DateField("哪个月", help_text="存当月 1 日")
    printing = models.UUIDField("哪一次打印", default=uuid.uuid4, editable=False)
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁打印的"
    )
    printed_at = models.DateTimeField("打印时间", editable=False)
    returned_at = models.DateTimeField("交回时间", null=True, blank=True, editable=False)
    visitor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="走访人",
    )
    companion = models.ForeignKey(
        Officer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="陪同"
    )

    objects = RoundSheetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访单"
        indexes = [models.Index(fields=["territory", "printed_at"], name="visits_sheet_list")]
        constraints = [
            models.UniqueConstraint(fields=["village", "year", "number"], name="visits_sheet_number")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def period(self) -> Month:
        return Month.of(self.month)

    @property
    def place(self) -> str:
        """金星第一网格, or 金星第一网格 一组."""
        return f"{self.territory} {self.group}" if self.group else str(self.territory)

    @property
    def is_out(self) -> bool:
        return self.returned_at is None


class RoundLineQuerySet(ScopedQuerySet):
    def entered(self) -> Self:
        """Lines whose visit stands; undone, the line may be entered once more."""
        return self.filter(visit__isnull=False, visit__void_at__isnull=True)


class RoundLine(models.Model):
    """One row of a sheet, frozen at printing: the household, and what the paper said of it.

    `uuid` is the number its visit is recorded under, so that a line entered twice is one visit.
    """

    TERRITORY = "sheet__territory"

    MONTH, QUARTER = "month", "quarter"
    OWED = ((MONTH, "本月"), (QUARTER, "本季"))

    sheet = models.ForeignKey(RoundSheet, models.CASCADE, related_name="lines", verbose_name="走访单")
    row = models.PositiveSmallIntegerField("序号")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    head_name = models.CharField("户主", max_length=40)
    group_name = models.CharField("村民组", max_length=40)
    owed = models.CharField("应访", max_length=10, choices=OWED)
    missed = models.CharField("前面没访到", max_length=20, blank=True)
    promise_kind = models.CharField("上次答应的事", max_length=10, choices=Visit.PROMISES, blank=True)
    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    visit = models.ForeignKey(
        Visit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="录成哪次走访"
    )

    objects = RoundLineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访单的行"
        ordering = ("sheet", "row")
        constraints = [
            models.UniqueConstraint(fields=["sheet", "row"], name="visits_line_once"),
            models.CheckConstraint(condition=Q(row__gte=1), name="visits_line_counted_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet} {self.row}"

    @property
    def is_entered(self) -> bool:
        return self.visit is not None and self.visit.void_at is None
