"""How long the town gives itself: the plan names no days, so they are custom and the town's to change."""

from django.db import models
from django.db.models import F, Q

from core.models import TownRule, within

DAYS = "填 0 到 60 个工作日。"


class ResponseTime(TownRule):
    """办理时限 in days of work after the day a matter was registered; 0 is that same day (domain.md, "Needs")."""

    simple_days = models.PositiveSmallIntegerField(
        "简单的事", default=0, help_text="0 是当天", validators=within(0, 60, DAYS)
    )
    ordinary_days = models.PositiveSmallIntegerField("一般的事", default=3, validators=within(0, 60, DAYS))
    plan_days = models.PositiveSmallIntegerField(
        "复杂的事，几天内拿出办法",
        default=7,
        help_text="拿出办法的时候，再定哪天办好",
        validators=within(0, 60, DAYS),
    )

    class Meta(TownRule.Meta):
        verbose_name = verbose_name_plural = "诉求办理时限"
        constraints = [
            *TownRule.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ordinary_days__range=(0, 60), plan_days__range=(0, 60)),
                name="appeals_times_days",
                violation_error_message=DAYS,
            ),
            models.CheckConstraint(
                condition=Q(simple_days__lte=F("ordinary_days")),
                name="appeals_times_in_order",
                violation_error_message="简单的事不能比一般的事慢。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since} 起：{self.simple_days}、{self.ordinary_days}、{self.plan_days} 个工作日"
