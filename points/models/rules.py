"""What the town, and not a village's meeting, sets for points."""

from django.db import models

from core.models import TownRule, within


class PointsRule(TownRule):
    """From how many points of one household's day at the counter its PIN is asked: a card that was found buys no more
    than that. Every time, unless the town says otherwise."""

    pin_from = models.PositiveIntegerField(
        "一户一天兑换满多少分要密码",
        default=1,
        help_text="1 是每次都要；一天里几次加起来算",
        validators=within(1, 100000, "填 1 到 100000。"),
    )

    class Meta(TownRule.Meta):
        verbose_name = verbose_name_plural = "积分规则"

    def __str__(self) -> str:
        return f"{self.since} 起"
