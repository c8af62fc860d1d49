"""Reminders as rows: the rules of the town, what was told to whom, and what is on its way out of the house."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.notices.kinds import kind_of
from core import clock
from core.fields import SealedField
from core.models import Dated
from core.periods import Month
from core.work import Work, WorkQuerySet
from core.workdays import Calendar

DAY = "填 1 到 31。"


class NoticeRule(Dated):
    """Who is told of what, and when: the worker on the 20th, the leader on the 25th, the secretary on the 28th."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    DATE, WORKDAY, AFTER = "date", "workday", "after"
    COUNTED = ((DATE, "当月几日"), (WORKDAY, "当月第几个工作日"), (AFTER, "下月第几个工作日"))

    kind = models.CharField("提醒什么", max_length=40)
    whom = models.CharField("提醒谁", max_length=20)
    counted = models.CharField("怎么算日子", max_length=10, choices=COUNTED, default=DATE)
    number = models.PositiveSmallIntegerField(
        "几日、第几个",
        validators=[MinValueValidator(1, DAY), MaxValueValidator(31, DAY)],
        help_text="比当月的天数大，就在当月最后一天提醒",
    )

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "提醒规则"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["kind", "whom"],
                condition=Q(until__isnull=True),
                name="accounts_noticerule_one_each",
                violation_error_message="这一种提醒对这个岗位已有一条在用的，先给它填上截止日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_title}，{self.when_title}提醒{self.whom_title}"

    @property
    def when_title(self) -> str:
        """`当月20日`, `下月第3个工作日`."""
        return self.get_counted_display().replace("几", str(self.number))

    @property
    def kind_title(self) -> str:
        kind = kind_of(self.kind)
        return kind.title if kind else self.kind

    @property
    def whom_title(self) -> str:
        kind = kind_of(self.kind)
        return kind.whom.get(self.whom, self.whom) if kind else self.whom

    def clean(self) -> None:
        kind = kind_of(self.kind)
        if kind is not None and self.whom not in kind.whom:
            raise ValidationError({"whom": f"“{kind.title}”只能提醒{'、'.join(kind.whom.values())}。"})

    def day_for(self, month: Month, calendar: Calendar) -> dt.date:
        """The day on which people are told of that month: the 31st of a shorter month is its last day."""
        if self.counted == self.DATE:
            return month.first + dt.timedelta(days=min(self.number, month.last.day) - 1)
        counted = month.next if self.counted == self.AFTER else month
        days = calendar.workdays(counted.first, counted.last)
        return days[min(self.number, len(days)) - 1]


class QuietHours(Dated):
    """免打扰: nothing leaves the house between these hours. The latest row in force counts, else 21:00 to 7:00."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    begins = models.TimeField("晚上几点起不发", default=dt.time(21))
    ends = models.TimeField("早上几点起再发", default=dt.time(7))

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "免打扰时间"

    def __str__(self) -> str:
        return f"{self.begins:%H:%M} 到 {self.ends:%H:%M}"

    def covers(self, time: dt.time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= time < self.ends
        return time >= self.begins or time < self.ends

    @classmethod
    def of_today(cls) -> Self:
        """The row in force, or the default; `covers` asks it of a moment."""
        return cls.objects.in_force().order_by("-since", "-pk").first() or cls()  # type: ignore[attr-defined]


# A clock is set right by minutes, or by hours: that hides nothing. One that was a month ahead does.
AHEAD = dt.timedelta(days=1)


class NoticeQuerySet(models.QuerySet):
    def come(self) -> Self:
        """Not those that a clock which ran ahead has written before their time: they wait for it, and then are new."""
        return self.filter(created__lte=clock.now() + AHEAD)

    def of(self, user: Any) -> Self:
        return self.filter(user=user.pk).come()

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notice(models.Model):
    """One reminder of one person: by constraint one for each month and kind, whatever the beat does."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "belongs to one user; nobody else reads it"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name="谁"
    )
    kind = models.CharField("哪一种", max_length=40)
    period = models.CharField("期间", max_length=10, help_text="2026-11")
    whom = models.CharField("按哪个岗位", max_length=20)
    title = models.CharField("标题", max_length=60)
    words = models.CharField("内容", max_length=200)
    link = models.CharField("到哪里办", max_length=200)
    why = models.CharField("为什么提醒", max_length=300)
    created = models.DateTimeField("什么时候")
    read_at = models.DateTimeField("什么时候看的", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "提醒"
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "period"], name="accounts_notice_once")
        ]
        indexes = [
            models.Index(fields=["created"], name="accounts_notice_created"),
            models.Index(
                fields=["user", "-id"], condition=Q(read_at__isnull=True), name="accounts_notice_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.period}"


class Channel(models.Model):
    """One way out of the house: a group's robot, or an address with {phone} or {email} in it for one person each."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "an address of the town office; its words name nobody"

    name = models.CharField("名称", max_length=40, unique=True)
    address = SealedField("地址", context="channel")
    way = models.CharField("通过什么", max_length=30, editable=False)
    for_each = models.BooleanField("一人一条", default=False, editable=False)
    on = models.BooleanField("在用", default=True)
    since = models.DateTimeField("从什么时候", editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "往外发的渠道"

    def __str__(self) -> str:
        return self.name


class DeliveryQuerySet(WorkQuerySet):
    def waiting(self) -> Self:
        """To be sent now: its turn has come, or its worker died before it handed anything over."""
        return super().waiting().filter(next_at__lte=clock.now(), handed_at__isnull=True)

    def unsure(self) -> Self:
        """The worker died after it had begun to hand over: nobody knows whether it went out."""
        lapsed = Q(state=Work.RUNNING, lease_until__lt=clock.now())
        return self.filter(lapsed, handed_at__isnull=False)


class Delivery(Work):
    """A notice on its way through one channel; without `notice`, one word to a group for a month, kind and post."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "about a channel of the town office; its words name nobody"

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="deliveries", verbose_name="渠道")
    notice = models.ForeignKey(Notice, models.CASCADE, null=True, related_name="deliveries")
    kind = models.CharField("哪一种", max_length=40)
    period = models.CharField("期间", max_length=10)
    whom = models.CharField("按哪个岗位", max_length=20)
    failures = models.PositiveSmallIntegerField("没发出去几次", default=0, editable=False)
    next_at = models.DateTimeField("下次什么时候", editable=False)
    handed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "外发记录"
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(fields=["channel", "notice"], name="accounts_delivery_once"),
            models.UniqueConstraint(
                fields=["channel", "kind", "period", "whom"],
                condition=Q(notice__isnull=True),
                name="accounts_delivery_group_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=[Work.WAITING, Work.RUNNING]),
                name="accounts_delivery_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.kind} {self.period}"
