"""What is owed (应访), what was done (走访) and what it found (五必知)."""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core import clock
from core.models import Dated
from core.periods import PERIODS, Month, Period
from core.scope import ScopedQuerySet, reach_of
from grids.models import Household, Officer, Person, RegisterChange, Territory


class Practice(Dated):
    """The town's answers where the plan is silent (domain.md, "Defaults of the gaps"). The row in force counts."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    phone_counts_when_away = models.BooleanField("家里没人时，打电话算走访", default=True)
    phone_not_twice_running = models.BooleanField("打电话不能连着两期都算", default=True)
    late_category_day = models.PositiveSmallIntegerField("几日以后认定的，下月起应访", default=20)
    tries_before_leader = models.PositiveSmallIntegerField("几次没见到人，报网格长", default=2)
    undo_hours = models.PositiveSmallIntegerField("几小时内可以撤销", default=24)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "走访规则"

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

    def period_of(self, day: dt.date) -> Period:
        return PERIODS[self.unit].of(day)


class ObligationQuerySet(ScopedQuerySet):
    """The one definition of due and overdue, asked by phone, desk, ledger and reminder."""

    def of(self, who: str) -> Self:
        return self.filter(who=who)

    def open(self) -> Self:
        """Neither done nor laid to rest by a later visit."""
        return self.filter(discharged_on__isnull=True, rested_on__isnull=True)

    def due(self, day: dt.date | None = None) -> Self:
        """Open, and its period is running."""
        day = day or clock.today()
        return self.open().filter(period_start__lte=day, due_on__gte=day)

    def overdue(self, day: dt.date | None = None) -> Self:
        """Open, and its period is over."""
        return self.open().filter(due_on__lt=day or clock.today())

    def during(self, period: Period) -> Self:
        """Of the periods that begin in `period`."""
        return self.filter(period_start__gte=period.first, period_start__lte=period.last)

    def covering(self, period: Period) -> Self:
        """Of the periods that contain the end of `period`: this month's months, quarters and years."""
        return self.filter(period_start__lte=period.last, period_end__gte=period.last)


class Obligation(models.Model):
    """应访: a household must be seen once in a period. Being overdue is a question asked of it, never a stored state.

    `territory` is the grid when it was owed: open rows follow a household or a re-drawn grid, others never move.
    `rested_on`: missed for ever in its ledger, but off the overdue list since the household's next counting visit.
    """

    TERRITORY = "territory"

    household = models.ForeignKey(Household, models.CASCADE, related_name="obligations", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    cadence = models.ForeignKey(Cadence, models.PROTECT, related_name="+", verbose_name="频次")
    who = models.CharField("对谁", max_length=10, choices=Cadence.GROUPS)
    period_start = models.DateField("期间开始")
    period_end = models.DateField("期间结束")
    due_on = models.DateField("最迟哪天", help_text="期间最后一天；对象取消的，到取消那天")
    away = models.BooleanField("在外务工", default=False)
    discharged_on = models.DateField("哪天走到的", null=True, blank=True)
    visit = models.ForeignKey(
        "visits.Visit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="discharged",
        verbose_name="哪次走访",
    )
    rested_on = models.DateField("补走的日子", null=True, blank=True)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应访"
        indexes = [
            models.Index(
                fields=["period_start", "who", "territory", "discharged_on", "away"],
                name="visits_owed_coverage",
            ),
            models.Index(
                fields=["territory", "due_on"],
                condition=Q(discharged_on__isnull=True, rested_on__isnull=True),
                name="visits_owed_open",
            ),
            models.Index(
                fields=["household", "due_on"],
                condition=Q(discharged_on__isnull=True, rested_on__isnull=True),
                name="visits_owed_household",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["household", "cadence", "period_start"], name="visits_owed_once"),
            models.CheckConstraint(
                condition=Q(discharged_on__isnull=True, visit__isnull=True)
                | Q(discharged_on__isnull=False, visit__isnull=False),
                name="visits_owed_by_a_visit",
            ),
            models.CheckConstraint(
                condition=Q(discharged_on__isnull=True)
                | Q(discharged_on__gte=F("period_start"), discharged_on__lte=F("period_end")),
                name="visits_owed_inside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household} {self.get_who_display()} {self.period_start}"

    @property
    def period(self) -> Period:
        return next(kind(self.period_start) for kind in PERIODS.values() if self._spans(kind))

    def _spans(self, kind: type[Period]) -> bool:
        return kind.of(self.period_start).last == self.period_end

    @property
    def state(self) -> str:
        """done, rested (missed, and visited since), overdue or due."""
        if self.discharged_on:
            return "done"
        if self.rested_on:
            return "rested"
        return "overdue" if self.is_overdue() else "due"

    def is_overdue(self) -> bool:
        return self.discharged_on is None and self.rested_on is None and self.due_on < clock.today()

    def days_over(self) -> int:
        return max((clock.today() - self.due_on).days, 0)


class ReadableQuerySet(ScopedQuerySet):
    """Rows of visits: whoever may see visits reads all; who only records reads what she made herself."""

    VISITOR = "visitor"

    def readable_by(self, actor: Any) -> Self:
        all_seen, recorded = reach_of(actor, "visits.see"), reach_of(actor, "visits.record")
        visible = self.visible_to(actor, "visits.see")
        if recorded.ranges <= all_seen.ranges or all_seen.everywhere:
            return visible
        nodes = [
            list(Territory.objects.filter(reach.q()).values_list("pk", flat=True))
            for reach in (all_seen, recorded)
        ]
        own = Q(**{self.VISITOR: actor.pk, "territory__in": nodes[1]})
        return self.filter(Q(territory__in=nodes[0]) | own)


class VisitQuerySet(ReadableQuerySet):
    def in_force(self) -> Self:
        """Neither undone nor replaced by a correction."""
        return self.filter(void_at__isnull=True)

    def during(self, period: Period) -> Self:
        return self.filter(day__gte=period.first, day__lte=period.last)

    def counting(self) -> Self:
        """Visits that discharge what was owed."""
        return self.in_force().filter(counts=True)

    def latest_first(self) -> Self:
        return self.order_by("-day", "-happened_at", "-pk")


class Visit(models.Model):
    """One visit as one person made it. Never edited: a correction is a new row that `corrects` the old one."""

    TERRITORY = "territory"

    DOOR, PHONE = "door", "phone"
    MANNERS = ((DOOR, "入户"), (PHONE, "电话"))
    PROMISES = (
        ("deliver", "送材料"),
        ("ask", "问政策"),
        ("apply", "办手续"),
        ("contact", "帮联系"),
        ("return", "再来看"),
    )
    KEPT = (("done", "已办好"), ("not", "还没办"))

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    household = models.ForeignKey(Household, models.PROTECT, related_name="visits", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    visitor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="visits", verbose_name="走访人"
    )
    by_secretary = models.BooleanField("书记走访", default=False, editable=False)
    companions = models.ManyToManyField(Officer, blank=True, related_name="+", verbose_name="陪同")
    day = models.DateField("走访日期", help_text="上海的日期，期间按它算")
    happened_at = models.DateTimeField("手机上的时间")
    received_at = models.DateTimeField("收到的时间", editable=False)
    corrected_at = models.DateTimeField("校正后的时间", editable=False)
    manner = models.CharField("走访方式", max_length=10, choices=MANNERS, default=DOOR)
    met = models.BooleanField("是否见面", default=True)
    away = models.BooleanField(
        "那天在外务工", default=False, editable=False, help_text="记的时候知道的，以后不改"
    )
    counts = models.BooleanField("算一次走访", default=False, editable=False)
    changed = models.BooleanField("家庭有变化", default=False)
    note = models.CharField("备注", max_length=500, blank=True)
    promise_kind = models.CharField("答应的事", max_length=10, choices=PROMISES, blank=True)
    promise_text = models.CharField("答应的事，原话", max_length=200, blank=True)
    promise_until = models.DateField("答应哪天前办", null=True, blank=True)
    last_promise = models.CharField("上次答应的事", max_length=10, choices=KEPT, blank=True)
    photo = models.FileField("照片", upload_to="visits/%Y/%m/", blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by", verbose_name="更正哪一次"
    )
    void_at = models.DateTimeField("撤销的时间", null=True, blank=True, editable=False)
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访"
        indexes = [
            models.Index(fields=["territory", "day"], name="visits_visit_log"),
            models.Index(fields=["household", "day"], name="visits_visit_household"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.household}"

    @property
    def month(self) -> Month:
        return Month.of(self.day)

    @property
    def receipt(self) -> str:
        """The number a visitor is given once it has arrived: ZF-261123-8."""
        return f"ZF-{clock.local_date(self.received_at):%y%m%d}-{self.pk}"

    @property
    def summary(self) -> str:
        """One look: 没有新情况, 没见到人, or what was found; reads `findings`."""
        if not self.met:
            return "没见到人"
        found = [finding.get_kind_display() for finding in self.findings.all()]
        words = "、".join(found) or ("家庭有变化" if self.changed else "没有新情况")
        return words if self.manner == self.DOOR else f"电话：{words}"


class FindingQuerySet(ReadableQuerySet):
    VISITOR = "visit__visitor"

    def open(self) -> Self:
        return self.filter(state=Finding.OPEN, visit__void_at__isnull=True)


class Finding(models.Model):
    """五必知 or a need that a visit brought home. Open until somebody settles it; a later room may take it over.

    `proposal`: the change of the register it proposed; accepting that one settles it.
    """

    TERRITORY = "territory"

    WEAK, FAMILY, TALENT, CONFLICT, ENVIRONMENT, NEED = (
        "weak",
        "family",
        "talent",
        "conflict",
        "environment",
        "need",
    )
    KINDS = (
        (WEAK, "弱势群体"),
        (FAMILY, "婚育"),
        (TALENT, "人才"),
        (CONFLICT, "矛盾"),
        (ENVIRONMENT, "环境"),
        (NEED, "诉求"),
    )
    FIVE = (WEAK, FAMILY, TALENT, CONFLICT, ENVIRONMENT)
    OPEN, SETTLED, PASSED_ON = "open", "settled", "passed_on"
    STATES = ((OPEN, "待处理"), (SETTLED, "现场办结"), (PASSED_ON, "已转办"))
    URGENCIES = (("now", "马上"), ("days", "三天内"), ("calm", "不急"))

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="findings", verbose_name="走访")
    household = models.ForeignKey(Household, models.PROTECT, related_name="findings", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    kind = models.CharField("类别", max_length=12, choices=KINDS)
    detail = models.CharField("什么情况", max_length=40, blank=True, help_text="如 邻里、土地、宅基地")
    urgency = models.CharField("急不急", max_length=6, choices=URGENCIES, default="days")
    words = models.CharField("说一句", max_length=300, blank=True)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁的情况"
    )
    proposal = models.ForeignKey(
        RegisterChange,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="findings",
        verbose_name="报了哪件变动",
    )
    state = models.CharField("状态", max_length=10, choices=STATES, default=OPEN)
    settled_on = models.DateField("办结日期", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁办的",
    )
    outcome = models.CharField("办理结果", max_length=300, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访发现"
        indexes = [models.Index(fields=["territory", "state"], name="visits_finding_waiting")]
        constraints = [models.UniqueConstraint(fields=["visit", "kind"], name="visits_finding_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.household}"
