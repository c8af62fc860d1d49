"""活动: what a village plans for a month, who wants to come, who came, and for how long."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import within
from core.periods import Month
from core.scope import ScopedQuerySet, reach_of
from grids.models import Household, Person, Territory
from points.models.awards import CLAIMS, SEES
from points.models.schemes import Item

HOLDS = "meetings.hold"  # who calls people together for 板凳会 calls them for this


class ActivityQuerySet(ScopedQuerySet):
    def planned_for(self, month: Month) -> Self:
        return self.filter(day__gte=month.first, day__lte=month.last)

    def readable_by(self, actor: Any) -> Self:
        """Of the villages where somebody claims or sees points or calls people together, whichever grid's: what a
        village plans is no secret in it."""
        anywhere = Q(pk__in=[])
        for verb in (HOLDS, CLAIMS, SEES):
            anywhere |= reach_of(actor, verb).q()
        villages = set()
        for pk, kind, parent in Territory.objects.filter(anywhere).values_list("pk", "kind", "parent"):
            villages.add(parent if kind == Territory.GRID else pk)
        return self.filter(Q(territory__in=villages) | Q(territory__parent__in=villages))


class Activity(models.Model):
    """One activity of a village or of one of its grids (附件3 之 7). `handbook` is what 活动服务手册 says of it.

    `item`: the deed that is proposed for everybody who came; empty where coming is its own reward.
    """

    TERRITORY = "territory"

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村或网格")
    title = models.CharField("活动", max_length=60)
    day = models.DateField("哪天")
    time = models.CharField("几点", max_length=20, blank=True, help_text="例如：上午 8:30")
    place = models.CharField("在哪里", max_length=60)
    hours = models.PositiveSmallIntegerField(
        "几小时", default=2, validators=within(1, 24, "填 1 到 24 小时。")
    )
    wanted = models.PositiveSmallIntegerField("要几个人", null=True, blank=True, help_text="不限的空着")
    handbook = models.TextField(
        "怎么做", max_length=2000, blank=True, help_text="写进活动服务手册：做什么、带什么、注意什么"
    )
    item = models.ForeignKey(
        Item,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name="来了给哪一项积分",
    )
    made_at = models.DateTimeField("什么时候定的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name="谁定的"
    )
    cancelled_at = models.DateTimeField("什么时候取消", null=True, editable=False)
    cancelled_why = models.CharField("为什么取消", max_length=100, blank=True, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "活动"
        ordering = ("day", "pk")
        indexes = [models.Index(fields=["territory", "day"], name="points_activity_plan")]

    def __str__(self) -> str:
        return self.title

    @property
    def village(self) -> Territory:
        found = self.territory.village
        assert found is not None  # nothing is planned for the whole town
        return found


class SignUp(models.Model):
    """报名: somebody wants to come."""

    TERRITORY = "activity__territory"

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="signups", verbose_name="活动")
    person = models.ForeignKey(Person, models.PROTECT, related_name="signups", verbose_name="谁")
    at = models.DateTimeField("什么时候报的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "活动报名"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "person"],
                name="points_signup_once",
                violation_error_message="已经报过名了。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.activity}"


class Attendance(models.Model):
    """签到: a household came, by name from the list or by its card; `person` is who, where it is known."""

    TERRITORY = "activity__territory"

    LIST, CARD = "list", "card"
    WAYS = ((LIST, "点名"), (CARD, "扫积分卡"))

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="attendances", verbose_name="活动")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="attendances", verbose_name="谁来了"
    )
    hours = models.PositiveSmallIntegerField("几小时", validators=within(1, 24, "填 1 到 24 小时。"))
    way = models.CharField("怎么签的", max_length=4, choices=WAYS)
    at = models.DateTimeField("什么时候签的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "活动签到"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "person"],
                condition=Q(person__isnull=False),
                name="points_attendance_person",
                violation_error_message="他已经签过到了。",
            ),
            models.UniqueConstraint(
                fields=["activity", "household"],
                condition=Q(person__isnull=True),
                name="points_attendance_home",
                violation_error_message="这一户已经签过到了。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person or self.household} {self.activity}"
