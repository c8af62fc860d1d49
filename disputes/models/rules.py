"""The town's answers where the plan is silent about disputes: how long, when to look again, how even the thirds are."""

from django.db import models
from django.db.models import F, Q

from core.models import TownRule, within

DAYS = "填 1 到 365 天。"
OR_NONE = "填 0 到 365 天，0 是不回访。"


class DisputeRule(TownRule):
    """纠纷调处规则. Days are of the calendar. Every default is ours (domain.md, "Disputes"): the plan has none."""

    settle_days = models.PositiveSmallIntegerField(
        "几天内调处好", default=30, help_text="从排查那天起", validators=within(1, 365, DAYS)
    )
    remind_from = models.PositiveSmallIntegerField(
        "每月几号起催梳理",
        default=25,
        help_text="到这天还没有梳理的纠纷会列出来",
        validators=within(1, 28, "填 1 到 28 号。"),
    )
    first_revisit = models.PositiveSmallIntegerField(
        "调好后几天第一次回访", default=30, validators=within(0, 365, OR_NONE)
    )
    second_revisit = models.PositiveSmallIntegerField(
        "调好后几天第二次回访", default=90, validators=within(0, 365, OR_NONE)
    )
    uneven = models.BooleanField(
        "议事小组三方可以差一个人",
        default=False,
        help_text="实施方案写的是各占三分之一。勾上以后，除不尽的可以差 1 人，干部不能最多",
    )

    class Meta(TownRule.Meta):
        verbose_name = verbose_name_plural = "纠纷调处规则"
        constraints = [
            *TownRule.Meta.constraints,
            models.CheckConstraint(
                condition=Q(settle_days__range=(1, 365), remind_from__range=(1, 28)),
                name="disputes_rule_days",
                violation_error_message=DAYS,
            ),
            models.CheckConstraint(
                condition=Q(second_revisit=0) | Q(first_revisit__lt=F("second_revisit")),
                name="disputes_rule_in_order",
                violation_error_message="第二次回访要比第一次晚；不要第二次的填 0。",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.since} 起：{self.settle_days} 天调处，{self.first_revisit}、{self.second_revisit} 天回访"
        )
