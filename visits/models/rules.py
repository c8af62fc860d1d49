"""What the town has settled: how often whom to visit, and its answers where the plan is silent."""

import datetime as dt

from django.db import models
from django.db.models import Q

from core.models import Dated, TownRule, refuse_overlap, within
from core.periods import PERIODS, Period

DAY, TRIES, HOURS = "填 1 到 31 之间的日子。", "填 1 到 10 次。", "填 1 到 168 小时（七天）。"


class Practice(TownRule):
    """The town's answers where the plan is silent (domain.md, "Defaults of the gaps")."""

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

    class Meta(TownRule.Meta):
        verbose_name = verbose_name_plural = "走访规则"
        constraints = [
            *TownRule.Meta.constraints,
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
        ]


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
