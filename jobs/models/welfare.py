"""公益性岗位: posts that the village gives for a term to who finds nothing else, one after another."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from core.models import Dated, DatedQuerySet, within
from core.scope import ScopedQuerySet
from grids.models import Person, Territory


class WelfarePost(models.Model):
    """A post: 保洁员, 护林员, 道路养护 … with so many places."""

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    title = models.CharField("岗位", max_length=40)
    duty = models.CharField("做什么", max_length=200)
    number = models.PositiveSmallIntegerField(
        "几个人", default=1, validators=within(1, 100, "填 1 到 100 人。")
    )
    wage = models.PositiveIntegerField(
        "补贴（元/月）", validators=within(50, 10000, "一个月 50 到 10000 元。")
    )
    months = models.PositiveSmallIntegerField(
        "一任几个月", default=12, validators=within(1, 36, "一任 1 到 36 个月。")
    )
    document = models.CharField("凭什么设的", max_length=100, blank=True, help_text="哪次会议、哪个文件")
    closed_on = models.DateField("哪天撤的", null=True, blank=True, editable=False)
    made_at = models.DateTimeField("什么时候设的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁设的"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公益性岗位"
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "title"],
                condition=Q(closed_on__isnull=True),
                name="jobs_welfare_once",
                violation_error_message="村里已有这个岗位，改那一个的人数。",
            )
        ]

    def __str__(self) -> str:
        return self.title


class WelfareTermQuerySet(DatedQuerySet):
    def running(self) -> Self:
        return self.in_force().filter(ended_why="")


class WelfareTerm(Dated):
    """Who holds a post, from and to which day; the last day is known from the first (轮换)."""

    TERRITORY = "post__territory"

    post = models.ForeignKey(WelfarePost, models.PROTECT, related_name="terms", verbose_name="岗位")
    person = models.ForeignKey(Person, models.PROTECT, related_name="welfare_terms", verbose_name="谁")
    ended_why = models.CharField("为什么提前结束", max_length=100, blank=True, editable=False)
    noted_at = models.DateTimeField("什么时候记的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = WelfareTermQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "公益性岗位任期"
        indexes = [models.Index(fields=["post", "since"], name="jobs_term_post")]
        constraints = [
            *Dated.Meta.constraints,
            models.CheckConstraint(
                condition=Q(until__isnull=False),
                name="jobs_term_ends",
                violation_error_message="公益性岗位有任期，写到哪天。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.person}"
