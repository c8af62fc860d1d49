"""Grids re-drawn: each re-drawing as one dated, undoable row, what size suits a grid, and where its boundary runs."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from core.scope import ScopedQuerySet
from grids.models.territory import Territory


class RedrawingQuerySet(ScopedQuerySet):
    def in_force(self) -> Self:
        return self.filter(undone_at__isnull=True)

    def latest_first(self) -> Self:
        return self.order_by("-pk")


class Redrawing(models.Model):
    """调整网格: which groups and households of a village changed their grid from a day on; who did it, when and why.

    `effects` is what to put back on undo:
    `{"groups": [[group, from grid, to grid, replaced]], "households": [[household, from group, from grid, to group,
    to grid, first day, replaced]]}`, where `replaced` says that the place before had begun on that same first day.
    """

    TERRITORY = "village"

    village = models.ForeignKey(Territory, models.PROTECT, related_name="redrawings", verbose_name="村")
    since = models.DateField("从哪天起")
    why = models.CharField("为什么调整", max_length=200, blank=True)
    effects = models.JSONField("改了什么", default=dict, editable=False)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁调整的",
        help_text="空着的，是在服务器上打命令调整的",
    )
    drawn_at = models.DateTimeField("什么时候调整的")
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁撤的",
    )
    undone_at = models.DateTimeField("什么时候撤的", null=True, blank=True)

    objects = RedrawingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "网格调整"
        ordering = ("-pk",)
        indexes = [models.Index(fields=["village", "-id"], name="grids_redrawing_village")]

    def __str__(self) -> str:
        return f"{self.village} {self.since:%Y-%m-%d} 调整网格"


class GridSize(models.Model):
    """任务相当、规模适度: what the town holds to be a good size of a grid. It only gives hints; nothing is refused.

    One row; without it the defaults hold, which are common practice (300 to 500 households a grid).
    """

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    least = models.PositiveSmallIntegerField("一个网格最少多少户合适", default=300)
    most = models.PositiveSmallIntegerField("一个网格最多多少户合适", default=500)
    uneven = models.PositiveSmallIntegerField(
        "任务比全村平均多或少百分之几就提醒", default=30, help_text="填 30，就是相差 30% 以上才提醒"
    )

    class Meta:
        verbose_name = verbose_name_plural = "网格规模"
        constraints = [
            models.CheckConstraint(
                condition=Q(least__lte=F("most")),
                name="grids_size_order",
                violation_error_message="最少的户数比最多的还多，改过来。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.least}–{self.most} 户"

    @classmethod
    def now(cls) -> "GridSize":
        return cls.objects.order_by("-pk").first() or cls()


class Boundary(models.Model):
    """界线: a village's or grid's area as GeoJSON (Polygon or MultiPolygon, WGS84, longitude first).

    It is a picture beside the register: which household lies in which grid is said by Placement alone.
    """

    TERRITORY = "territory"

    territory = models.OneToOneField(
        Territory, models.PROTECT, related_name="boundary", verbose_name="村、网格"
    )
    shape = models.JSONField("界线")
    updated_at = models.DateTimeField("什么时候画的")

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "界线"

    def __str__(self) -> str:
        return f"{self.territory}的界线"
