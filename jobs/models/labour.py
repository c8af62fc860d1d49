"""劳动力: what is known of somebody's work and wishes, from one day to another, and what others propose of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from core.models import Dated, DatedQuerySet, within
from core.scope import ScopedQuerySet
from grids.models import Household, Person, Territory
from jobs.models.words import HOURS, LIMITS, Skill, Trade, check_limits

LOWEST, HIGHEST = 300, 100000  # yuan a month: beyond it somebody has slipped on a key


class LabourQuerySet(DatedQuerySet):
    def living(self) -> Self:
        """Of people who still live in the village."""
        return self.filter(person__left_on__isnull=True)

    def seeking(self) -> Self:
        """Who wants work or another work."""
        return self.filter(wish__in=(Labour.SEEKS, Labour.CHANGES))

    def in_work(self) -> Self:
        return self.filter(status__in=Labour.WORKING)


class Labour(Dated):
    """劳动力登记: all that was known of one person's work in these days; a change begins a new row.

    `territory` is the grid in which the household lay when it was noted. `source` says of what it is where another
    room noted it (`visit:<uuid>:person:<id>`, `match:<id>`), "" where somebody did at the desk or by workbook.
    """

    TERRITORY = "territory"

    NEAR, AWAY, OWN, FARM, IDLE, SCHOOL, UNABLE, RETIRED = (
        "near",
        "away",
        "own",
        "farm",
        "idle",
        "school",
        "unable",
        "retired",
    )
    STATUSES = (
        (NEAR, "本地务工"),
        (AWAY, "外出务工"),
        (OWN, "自主创业"),
        (FARM, "在家务农"),
        (IDLE, "在家待业"),
        (SCHOOL, "在校读书"),
        (UNABLE, "没有劳动能力"),
        (RETIRED, "退休养老"),
    )
    WORKING = (NEAR, AWAY, OWN)
    ABLE = (NEAR, AWAY, OWN, FARM, IDLE)
    SEEKS, CHANGES, RESTS = "seeks", "changes", "rests"
    WISHES = ((SEEKS, "想找活"), (CHANGES, "想换活"), (RESTS, "不找"))
    HEALTHS = (("good", "健康"), ("weak", "体弱"), ("chronic", "有慢性病"), ("disabled", "残疾"))
    CARES = (("child", "带小孩"), ("elder", "照顾老人"), ("patient", "照顾病人"))
    DISTANCES = ((3, "村里"), (10, "镇上"), (30, "区里"), (60, "市里"))

    person = models.ForeignKey(Person, models.PROTECT, related_name="labour", verbose_name="谁")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    status = models.CharField("就业状态", max_length=8, choices=STATUSES)
    wish = models.CharField("求职意愿", max_length=8, choices=WISHES, default=RESTS)
    trades = models.ManyToManyField(Trade, blank=True, related_name="+", verbose_name="想做的工种")
    skills = models.ManyToManyField(Skill, blank=True, related_name="+", verbose_name="技能特长")
    wage = models.PositiveIntegerField(
        "期望工资（元/月）",
        null=True,
        blank=True,
        validators=within(
            LOWEST, HIGHEST, f"期望工资一个月 {LOWEST} 到 {HIGHEST} 元，看看是不是多写了一个零。"
        ),
    )
    distance = models.PositiveSmallIntegerField(
        "最远去哪里", null=True, blank=True, choices=DISTANCES, help_text="多远都行的空着"
    )
    hours = models.CharField("时间", max_length=6, choices=HOURS, blank=True, help_text="都行的空着")
    health = models.CharField("健康状况", max_length=8, choices=HEALTHS, blank=True)
    limits = models.JSONField("干不了的", default=list, blank=True, validators=[check_limits])
    care = models.CharField("家里要照顾谁", max_length=8, choices=CARES, blank=True)
    learns = models.ForeignKey(
        Skill, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="想学什么"
    )
    place = models.CharField("务工地点", max_length=60, blank=True)
    employer = models.CharField("单位", max_length=60, blank=True)
    subsidy = models.CharField("享受补贴", max_length=60, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    source = models.CharField("凭什么", max_length=120, blank=True, editable=False)
    noted_at = models.DateTimeField("什么时候记的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = LabourQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "劳动力登记"
        indexes = [
            models.Index(fields=["territory", "until", "wish"], name="jobs_labour_wish"),
            models.Index(fields=["household", "until"], name="jobs_labour_household"),
            models.Index(fields=["source"], condition=~Q(source=""), name="jobs_labour_source"),
        ]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(until__isnull=True),
                name="jobs_labour_once",
                violation_error_message="他已有一条在用的登记，改那一条。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_status_display()}"

    @property
    def is_working(self) -> bool:
        return self.status in self.WORKING

    @property
    def is_seeking(self) -> bool:
        return self.wish in (self.SEEKS, self.CHANGES)

    @property
    def from_visit(self) -> bool:
        return self.source.startswith("visit:")

    @property
    def from_match(self) -> bool:
        return self.source.startswith("match:")

    @property
    def limits_said(self) -> str:
        return "、".join(word for code, word in LIMITS if code in self.limits)


class LabourProposalQuerySet(ScopedQuerySet):
    def waiting(self) -> Self:
        """Nobody has taken or left it yet, and he still lives here."""
        return self.filter(state=LabourProposal.OPEN, person__left_on__isnull=True)


class LabourProposal(models.Model):
    """What a visit found of somebody's work and nobody has taken into the register yet. `said`: fields of Labour."""

    TERRITORY = "territory"

    OPEN, TAKEN, LEFT, GONE = "open", "taken", "left", "gone"
    STATES = ((OPEN, "待登记"), (TAKEN, "登记了"), (LEFT, "不用登记"), (GONE, "走访撤销了"))

    source = models.CharField("凭什么", max_length=120, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="谁")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    day = models.DateField("哪天")
    said = models.JSONField("说的", default=dict)
    words = models.CharField("原话", max_length=300, blank=True)
    state = models.CharField("状态", max_length=6, choices=STATES, default=OPEN)
    made_at = models.DateTimeField("什么时候报的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁报的"
    )
    decided_at = models.DateTimeField("什么时候定的", null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁定的"
    )

    objects = LabourProposalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "待登记的劳动力"
        indexes = [
            models.Index(fields=["territory"], condition=Q(state="open"), name="jobs_proposal_waiting"),
            models.Index(fields=["person"], condition=Q(state="open"), name="jobs_proposal_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.day}"
