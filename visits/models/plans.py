"""走访计划: who is to be visited on which day by whom; what came of it is asked of the visits and never stored here."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from simple_history.models import HistoricalRecords

from core.periods import Month, Period, Year
from core.scope import Reach, ScopedQuerySet, reach_of
from grids.models import Household, Officer, Territory
from visits.models.made import Visit


def plan_reach(actor: Any) -> Reach:
    """Where the actor reads plans: where she visits, and where she oversees who was visited."""
    record, manage = reach_of(actor, "visits.record"), reach_of(actor, "visits.manage")
    return Reach(record.ranges | manage.ranges, everywhere=record.everywhere or manage.everywhere)


class VisitPlanQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """The plans of every village of which at least one grid lies inside the actor's reach."""
        grids = Territory.objects.grids().filter(plan_reach(actor).q())
        return self.filter(village__in=list(grids.values_list("parent", flat=True).distinct()))


class VisitPlan(models.Model):
    """One village's plan for a month, or its secretary's round of a year (五（三）: every household once).

    A reported plan stays as it was reported; to change it somebody re-opens it, and the history keeps who and when.
    `version` grows with every change, so that a page that has grown old does not undo what somebody else changed.
    """

    TERRITORY = "village"

    VILLAGE, SECRETARY = "village", "secretary"
    WHOSE = ((VILLAGE, "村里一个月"), (SECRETARY, "书记一年"))

    village = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    whose = models.CharField("谁的计划", max_length=10, choices=WHOSE)
    start = models.DateField("从哪天起", help_text="月计划存当月 1 日，书记全年的存 1 月 1 日")
    version = models.PositiveIntegerField("改过几次", default=0, editable=False)
    reported_at = models.DateTimeField("上报时间", null=True, blank=True, editable=False)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="谁报的",
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = VisitPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访计划"
        constraints = [
            models.UniqueConstraint(fields=["village", "whose", "start"], name="visits_plan_once"),
            models.CheckConstraint(
                condition=Q(reported_at__isnull=True, reported_by__isnull=True)
                | Q(reported_at__isnull=False, reported_by__isnull=False),
                name="visits_plan_reported",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.village}{self.period.title}{'书记' if self.is_secretary else ''}走访计划"

    @property
    def is_secretary(self) -> bool:
        return self.whose == self.SECRETARY

    @property
    def period(self) -> Period:
        return (Year if self.is_secretary else Month)(self.start)


class PlanLineQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """Lines of the grids in which the actor visits, or oversees who was visited."""
        return self.visible_to(actor, "visits.record") | self.visible_to(actor, "visits.manage")

    def planned(self) -> Self:
        """Not left out."""
        return self.filter(day__isnull=False)

    def compared(self, period: Period, *, by_secretary: bool) -> Self:
        """With `done`: whether a visit that counts was made in the period, whoever made it and on whatever day of it;
        in the secretary's round, one of hers. Whom nobody could visit any more (`gone`) is not in it."""
        found = self._with_done(period, by_secretary=by_secretary)
        return found.exclude(done=False, household__ended_on__lte=period.last)

    def gone(self, period: Period, *, by_secretary: bool) -> Self:
        """Households that moved away, were dissolved or merged in the period before anybody had visited them. A plan
        does not count them; should the change be undone, it has them again."""
        found = self._with_done(period, by_secretary=by_secretary)
        return found.filter(done=False, household__ended_on__lte=period.last)

    def _with_done(self, period: Period, *, by_secretary: bool) -> Self:
        made = Visit.objects.counting().during(period).filter(household=OuterRef("household"))
        return self.annotate(done=Exists(made.filter(by_secretary=True) if by_secretary else made))

    def in_order(self) -> Self:
        """Day by day, and on each day as one walks; those left out come last."""
        return self.order_by(
            models.F("day").asc(nulls_last=True),
            "household__group__position",
            "household__group",
            "household__number",
            "pk",
        )


class PlanLine(models.Model):
    """One household of a plan. `territory` is its grid when it was planned; without a day it is left out, and says why.

    `monthly`: it was owed this month (五必访), not only this quarter.
    """

    TERRITORY = "territory"

    plan = models.ForeignKey(VisitPlan, models.CASCADE, related_name="lines", verbose_name="走访计划")
    household = models.ForeignKey(Household, models.CASCADE, related_name="+", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    visitor = models.ForeignKey(
        Officer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="走访人"
    )
    monthly = models.BooleanField("本月应访", default=False)
    day = models.DateField("计划日期", null=True, blank=True)
    reason = models.CharField("原因", max_length=100, blank=True)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = PlanLineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访计划的户"
        indexes = [models.Index(fields=["household", "day"], name="visits_plan_household")]
        constraints = [
            models.UniqueConstraint(fields=["plan", "household"], name="visits_plan_line_once"),
            models.CheckConstraint(
                condition=Q(day__isnull=False) | ~Q(reason=""),
                name="visits_plan_left_out",
                violation_error_message="不排的户，写一句原因。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household} {self.day or '不排'}"

    def clean(self) -> None:
        if self.day is None and not self.reason:
            raise ValidationError({"day": "没有日子的，就是不排，写一句原因。"})
        if self.day is not None and self.day not in self.plan.period:
            raise ValidationError({"day": f"日子要在{self.plan.period.title}里。"})

    def set(self, *, day: dt.date | None, visitor: int | None, reason: str) -> bool:
        """Take over what was chosen; whether anything is other than before."""
        before = (self.day, self.visitor_id, self.reason)
        self.day, self.visitor_id, self.reason = day, visitor, reason
        return before != (day, visitor, reason)
