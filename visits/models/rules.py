"""What the town has settled: how often whom to visit, and its answers where the plan is silent."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from core.models import Dated
from core.periods import PERIODS, Period

DAY, TRIES, HOURS = "填 1 到 31 之间的日子。", "填 1 到 10 次。", "填 1 到 168 小时（七天）。"
NEVER = dt.date(9999, 12, 31)


def within(least: int, most: int, sentence: str) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least, sentence), MaxValueValidator(most, sentence)]


def refuse_overlap(row: Dated, others: QuerySet) -> None:
    """ValidationError if a day has two rules. Two without an end are the constraint's, which the database holds too."""
    if not row.since or (row.until and row.until < row.since):
        return
    met = others.exclude(pk=row.pk).filter(Q(until__isnull=True) | Q(until__gte=row.since))
    met = met.filter(since__lte=row.until) if row.until else met.filter(until__isnull=False)
    if first := met.order_by("since").first():
        raise ValidationError({"since": f"和 {first.since} 起的那一条重了，改日子，一天只有一条。"})


class Practice(Dated):
    """The town's answers where the plan is silent (domain.md, "Defaults of the gaps"). The row in force counts."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    phone_counts_when_away = models.BooleanField("家里没人时，打电话算走访", default=True)
    phone_not_twice_running = models.BooleanField("打电话不能连着两期都算", default=True)
    late_category_day = models.PositiveSmallIntegerField(
        "几日以后认定的，下月起应访", default=20, validators=within(1, 31, DAY)
    )
    tries_before_leader = models.PositiveSmallIntegerField(
        "几次没见到人，报网格长", default=2, validators=within(1, 10, TRIES)
    )
    undo_hours = models.PositiveSmallIntegerField(
        "几小时内可以撤销", default=24, validators=within(1, 168, HOURS)
    )

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "走访规则"
        constraints = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=Q(late_category_day__range=(1, 31)),
                name="visits_practice_day",
                violation_error_message=DAY,
            ),
            models.CheckConstraint(
                condition=Q(tries_before_leader__range=(1, 10)),
                name="visits_practice_tries",
                violation_error_message=TRIES,
            ),
            models.CheckConstraint(
                condition=Q(undo_hours__range=(1, 168)),
                name="visits_practice_hours",
                violation_error_message=HOURS,
            ),
            models.UniqueConstraint(
                Coalesce("until", Value(NEVER)),
                condition=Q(until__isnull=True),
                name="visits_practice_one_end",
                violation_error_message="已有一条在用的规则，先给它填上截止日期。",
            ),
        ]

    def clean(self) -> None:
        refuse_overlap(self, Practice.objects.all())

    @classmethod
    def on(cls, day: dt.date) -> "Practice":
        """The rule of that day; the defaults where the town has set none."""
        return cls.objects.on(day).order_by("-since").first() or cls(since=day)


class Cadence(Dated):
    """How often whom (附件4 三.5, 五（三）): categories monthly, others quarterly, the secretary everyone yearly."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    CATEGORY, ORDINARY, SECRETARY = "category", "ordinary", "secretary"
    GROUPS = ((CATEGORY, "五必访"), (ORDINARY, "一般户"), (SECRETARY, "书记年度"))
    UNITS = (("month", "每月"), ("quarter", "每季"), ("year", "每年"))

    who = models.CharField("对谁", max_length=10, choices=GROUPS)
    unit = models.CharField("多久一次", max_length=10, choices=UNITS)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "走访频次"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["who"],
                condition=Q(until__isnull=True),
                name="visits_cadence_one_each",
                violation_error_message="这类户已有一条在用的频次，先给它填上截止日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_who_display()}{self.get_unit_display()}一次"

    def clean(self) -> None:
        refuse_overlap(self, Cadence.objects.filter(who=self.who))

    def period_of(self, day: dt.date) -> Period:
        return PERIODS[self.unit].of(day)
