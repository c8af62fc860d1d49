"""应访: what is owed, one row for each household and period."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import F, Q

from core import clock
from core.periods import PERIODS, Period
from core.scope import ScopedQuerySet
from grids.models import Category, Household, Territory
from visits.models.rules import Cadence


class ObligationQuerySet(ScopedQuerySet):
    """The one definition of due and overdue, asked by phone, desk, ledger and reminder."""

    def of(self, who: str) -> Self:
        return self.filter(who=who)

    def open(self) -> Self:
        """Neither done nor laid to rest by a later visit."""
        return self.filter(discharged_on__isnull=True, rested_on__isnull=True)

    def due(self, day: dt.date | None = None) -> Self:
        """Open, and its period is running."""
        day = day or clock.today()
        return self.open().filter(period_start__lte=day, due_on__gte=day)

    def overdue(self, day: dt.date | None = None) -> Self:
        """Open, and its period is over."""
        return self.open().filter(due_on__lt=day or clock.today())

    def during(self, period: Period) -> Self:
        """Of the periods that begin in `period`."""
        return self.filter(period_start__gte=period.first, period_start__lte=period.last)

    def covering(self, period: Period) -> Self:
        """Of the periods that contain the end of `period`: this month's months, quarters and years."""
        return self.filter(period_start__lte=period.last, period_end__gte=period.last)


class Obligation(models.Model):
    """应访: a household must be seen once in a period. Being overdue is a question asked of it, never a stored state.

    `territory` is the grid when it was owed: open rows follow a household or a re-drawn grid, others never move.
    `rested_on`: missed for ever in its ledger, but off the overdue list since the household's next counting visit.
    `category`: the one that made it owed when it was written; it may have been ended since, and be gone if it never
    held. `found_done`: an earlier visit had discharged it the moment it was written; nobody went because of it.
    """

    TERRITORY = "territory"

    household = models.ForeignKey(Household, models.CASCADE, related_name="obligations", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    cadence = models.ForeignKey(Cadence, models.PROTECT, related_name="+", verbose_name="频次")
    who = models.CharField("对谁", max_length=10, choices=Cadence.GROUPS)
    category = models.ForeignKey(
        Category,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="因哪个认定",
        db_constraint=False,
        db_index=False,
    )
    period_start = models.DateField("期间开始")
    period_end = models.DateField("期间结束")
    due_on = models.DateField("最迟哪天", help_text="期间最后一天；对象取消的，到取消那天")
    away = models.BooleanField("在外务工", default=False)
    discharged_on = models.DateField("哪天走到的", null=True, blank=True)
    visit = models.ForeignKey(
        "visits.Visit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="discharged",
        verbose_name="哪次走访",
    )
    rested_on = models.DateField("补走的日子", null=True, blank=True)
    found_done = models.BooleanField("写下时已经走到", default=False, editable=False)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应访"
        indexes = [
            models.Index(
                fields=["period_start", "who", "territory", "discharged_on", "away"],
                name="visits_owed_coverage",
            ),
            models.Index(
                fields=["territory", "due_on"],
                condition=Q(discharged_on__isnull=True, rested_on__isnull=True),
                name="visits_owed_open",
            ),
            models.Index(
                fields=["household", "due_on"],
                condition=Q(discharged_on__isnull=True, rested_on__isnull=True),
                name="visits_owed_household",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["household", "cadence", "period_start"], name="visits_owed_once"),
            models.CheckConstraint(
                condition=Q(discharged_on__isnull=True, visit__isnull=True)
                | Q(discharged_on__isnull=False, visit__isnull=False),
                name="visits_owed_by_a_visit",
            ),
            models.CheckConstraint(
                condition=Q(discharged_on__isnull=True)
                | Q(discharged_on__gte=F("period_start"), discharged_on__lte=F("period_end")),
                name="visits_owed_inside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household} {self.get_who_display()} {self.period_start}"

    @property
    def period(self) -> Period:
        return next(kind(self.period_start) for kind in PERIODS.values() if self._spans(kind))

    def _spans(self, kind: type[Period]) -> bool:
        return kind.of(self.period_start).last == self.period_end

    @property
    def state(self) -> str:
        """done, rested (missed, and visited since), overdue or due."""
        if self.discharged_on:
            return "done"
        if self.rested_on:
            return "rested"
        return "overdue" if self.is_overdue() else "due"

    def is_overdue(self) -> bool:
        return self.discharged_on is None and self.rested_on is None and self.due_on < clock.today()

    def days_over(self) -> int:
        return max((clock.today() - self.due_on).days, 0)
