"""村级就业创业服务中心: where it is, who helps there, and when it was open; the village labour company beside it."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from core.models import Dated, WithPhone, within
from core.scope import ScopedQuerySet
from grids.models import Officer, Person, Territory
from jobs.models.words import Trade


class Centre(WithPhone):
    """就业创业服务中心 of one village (附件3 之 2)."""

    TERRITORY = "territory"

    territory = models.OneToOneField(Territory, models.PROTECT, related_name="+", verbose_name="村")
    address = models.CharField("在哪里", max_length=100)
    hours = models.CharField("什么时候开门", max_length=60, help_text="例如：周一到周五 上午 8:30—11:30")
    since = models.DateField("从哪天起")
    note = models.CharField("备注", max_length=200, blank=True)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "就业创业服务中心"

    def __str__(self) -> str:
        return f"{self.territory}就业创业服务中心"


class CentreAssistant(Dated):
    """协管员 of a centre, full-time or beside other work; not only village cadres (附件3 之 2)."""

    TERRITORY = "centre__territory"

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="assistants", verbose_name="中心")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="+", verbose_name="协管员")
    full_time = models.BooleanField("专职还是兼职", choices=((True, "专职"), (False, "兼职")), default=False)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "就业协管员"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["centre", "officer"],
                condition=Q(until__isnull=True),
                name="jobs_assistant_once",
                violation_error_message="他已是这里的协管员。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.centre} {self.officer}"


class Opening(models.Model):
    """开放记录: one day on which the centre was open, who kept it, and how many came."""

    TERRITORY = "centre__territory"

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="openings", verbose_name="中心")
    day = models.DateField("哪天")
    keeper = models.ForeignKey(Officer, models.PROTECT, related_name="+", verbose_name="谁值守")
    visitors = models.PositiveSmallIntegerField(
        "来了几个人", default=0, validators=within(0, 2000, "填 0 到 2000 人。")
    )
    words = models.CharField("办了什么", max_length=200, blank=True)
    noted_at = models.DateTimeField("什么时候记的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "中心开放记录"
        ordering = ("-day", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "day"],
                name="jobs_opening_once",
                violation_error_message="这一天已经记过了，改那一条。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.centre} {self.day}"


class Company(WithPhone):
    """村集体劳务公司 (实施方案五（二）), one or none in a village."""

    TERRITORY = "territory"

    territory = models.OneToOneField(Territory, models.PROTECT, related_name="+", verbose_name="村")
    name = models.CharField("公司名称", max_length=60)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    contact = models.CharField("负责人", max_length=40)
    since = models.DateField("从哪天起")
    closed_on = models.DateField("哪天停的", null=True, blank=True)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "劳务公司"

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """劳务订单: so many hands for so many days for somebody who pays."""

    TERRITORY = "company__territory"

    company = models.ForeignKey(Company, models.PROTECT, related_name="orders", verbose_name="劳务公司")
    client = models.CharField("给谁干", max_length=60)
    title = models.CharField("干什么", max_length=60)
    trade = models.ForeignKey(
        Trade, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="工种"
    )
    place = models.CharField("在哪里", max_length=60)
    first = models.DateField("从哪天")
    last = models.DateField("到哪天")
    number = models.PositiveSmallIntegerField("要几个人", validators=within(1, 500, "填 1 到 500 人。"))
    pay = models.PositiveIntegerField("一天多少钱", validators=within(20, 5000, "一天 20 到 5000 元。"))
    cancelled_on = models.DateField("哪天取消", null=True, blank=True, editable=False)
    paid_on = models.DateField("哪天结清", null=True, blank=True, editable=False)
    made_at = models.DateTimeField("什么时候接的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁接的"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "劳务订单"
        ordering = ("-first", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first")),
                name="jobs_order_days",
                violation_error_message="到哪天比从哪天早，改过来。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.title}"


class OrderHand(models.Model):
    """Who works on an order, and for how many days."""

    TERRITORY = "order__company__territory"

    order = models.ForeignKey(Order, models.PROTECT, related_name="hands", verbose_name="订单")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="谁")
    days = models.PositiveSmallIntegerField("干了几天", default=0)
    noted_at = models.DateTimeField("什么时候记的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "订单上的人"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["order", "person"],
                name="jobs_hand_once",
                violation_error_message="他已经在这张订单上了。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.person}"

    def clean(self) -> None:
        most = (self.order.last - self.order.first).days + 1
        if self.days > most:
            raise ValidationError({"days": f"这张订单一共 {most} 天，改小一点。"})
