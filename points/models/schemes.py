"""积分办法: what a village's meeting decided to thank people for, from when, and how much at most."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from core.models import Dated, DatedQuerySet, refuse_overlap, within
from grids.models import Territory

OR_NONE = "填 0 到 100000，0 是不封顶。"


class SchemeQuerySet(DatedQuerySet):
    def of(self, village: Territory, day: dt.date) -> "Scheme | None":
        """The one that held in the village on that day."""
        return self.filter(territory=village).on(day).first()


class Scheme(Dated):
    """One village's rules (实施方案五（三）: 村级出台各自积分兑换奖励办法; 附件3 之 7), as adopted; a day has one.

    Numbers of points. A deed is judged by the scheme of its own day, so that new rules never change the past.
    """

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    resolution = models.CharField("哪次会议定的", max_length=120, help_text="例如：2026年3月5日村民代表会议")
    notice_days = models.PositiveSmallIntegerField(
        "公示几天", default=5, validators=within(1, 30, "填 1 到 30 天。")
    )
    claim_days = models.PositiveSmallIntegerField(
        "几天内可以申报",
        default=60,
        help_text="从做好事那天起",
        validators=within(1, 366, "填 1 到 366 天。"),
    )
    household_cap = models.PositiveIntegerField(
        "一户一年最多", default=0, help_text="0 是不封顶", validators=within(0, 100000, OR_NONE)
    )
    person_cap = models.PositiveIntegerField(
        "一人一年最多", default=0, help_text="0 是不封顶", validators=within(0, 100000, OR_NONE)
    )
    good_years = models.PositiveSmallIntegerField(
        "年底以后还能用几年",
        null=True,
        blank=True,
        help_text="0 是当年年底清零，1 是可以用到第二年年底；空着是一直有效",
        validators=within(0, 10, "填 0 到 10 年，一直有效的空着。"),
    )
    yuan_per_point = models.DecimalField("一分抵几元", max_digits=5, decimal_places=2, default=1)
    budget = models.PositiveIntegerField(
        "一年拿得出多少分", null=True, blank=True, help_text="超过时提醒，不拦"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = SchemeQuerySet.as_manager()

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "积分办法"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["territory"],
                condition=Q(until__isnull=True),
                name="points_scheme_one_end",
                violation_error_message="村里已有一份在用的办法，先给它填上截止日期。",
            ),
            models.CheckConstraint(
                condition=Q(yuan_per_point__gt=0),
                name="points_scheme_worth",
                violation_error_message="一分抵几元要大于 0。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory} {self.since} 起"

    def clean(self) -> None:
        refuse_overlap(self, Scheme.objects.filter(territory=self.territory_id))


class ItemQuerySet(DatedQuerySet):
    def offered(self) -> Self:
        """What can be claimed: a refusal is no deed."""
        return self.filter(refuses=False)


class Item(models.Model):
    """积分项目: one kind of deed and its points, as one scheme has it.

    `refuses`: no deed but a ground for which an award is not given (domain.md, "Points": never a punishment list), so
    it carries no points. `per_year` and `once` count times of one household. `source`: what another room proposes
    under it by itself; one item of a scheme for each.
    """

    TERRITORY = "scheme__territory"

    MEDIATION = "mediation"
    SOURCES = ((MEDIATION, "议事小组议成了，报中间人"),)

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="items", verbose_name="积分办法")
    title = models.CharField("积分项目", max_length=60)
    group = models.CharField("类别", max_length=20, blank=True, help_text="例如：环境、孝老、志愿服务")
    points = models.PositiveIntegerField(
        "每次几分", default=0, validators=within(0, 100000, "填 0 到 100000 分。")
    )
    unit = models.CharField("按什么算", max_length=10, default="次", help_text="次、小时、人")
    most = models.PositiveSmallIntegerField(
        "一次申报最多几个", default=1, validators=within(1, 1000, "填 1 到 1000。")
    )
    item_cap = models.PositiveIntegerField(
        "这一项一户一年最多几分", default=0, help_text="0 是不封顶", validators=within(0, 100000, OR_NONE)
    )
    once = models.BooleanField("一户只算一次", default=False)
    proof = models.BooleanField("要有佐证", default=False)
    refuses = models.BooleanField(
        "不予积分的情形", default=False, help_text="不是扣分：有这种情形的，这次不给分"
    )
    source = models.CharField(
        "系统自己提出来的",
        max_length=9,
        choices=SOURCES,
        blank=True,
        help_text="提出来的也要初审、复核、公示",
    )
    position = models.PositiveSmallIntegerField("排在第几", default=0)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分项目"
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "title"],
                name="points_item_once",
                violation_error_message="这份办法里已有这个项目。",
            ),
            models.CheckConstraint(
                condition=Q(refuses=True, points=0) | Q(refuses=False, points__gt=0),
                name="points_item_worth",
                violation_error_message="积分项目要写几分；不予积分的情形不写分。",
            ),
            models.UniqueConstraint(
                fields=["scheme", "source"],
                condition=~Q(source=""),
                name="points_item_source",
                violation_error_message="这份办法里已有一项是系统这样提出来的，先把那一项改了。",
            ),
            models.CheckConstraint(
                condition=Q(source="") | Q(refuses=False),
                name="points_item_thanks",
                violation_error_message="不予积分的情形，系统不会自己提出来，这一格空着。",
            ),
        ]

    def __str__(self) -> str:
        return self.title
