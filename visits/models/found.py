"""五必知: what a visit found, open until somebody settles it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from appeals.models import Matter
from disputes.models import Dispute
from grids.models import Household, Person, RegisterChange, Territory
from visits.models.made import ReadableQuerySet, Visit


class FindingQuerySet(ReadableQuerySet):
    VISITOR = "visit__visitor"

    def open(self) -> Self:
        return self.filter(state=Finding.OPEN, visit__void_at__isnull=True)

    def handed_on(self) -> Self:
        """Which became a matter or a dispute."""
        return self.filter(Q(matter__isnull=False) | Q(dispute__isnull=False))


class Finding(models.Model):
    """五必知 or a need that a visit brought home. Open until somebody settles it.

    `matter`, `dispute`: what it was handed on as in the same save; how far that has come is its own to say.
    `proposal`: the change of the register it proposed; accepting that one settles it. `settled_on` is the day that
    was said, `settled_at` when it was said.
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
    MATTERS = (ENVIRONMENT, NEED)  # somebody has to do something about them, and to answer
    DISPUTES = (CONFLICT,)  # somebody has to make peace
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
    matter = models.ForeignKey(
        Matter,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="findings",
        verbose_name="转成的诉求",
    )
    dispute = models.ForeignKey(
        Dispute,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="findings",
        verbose_name="转成的纠纷",
    )
    state = models.CharField("状态", max_length=10, choices=STATES, default=OPEN)
    settled_on = models.DateField("办结日期", null=True, blank=True)
    settled_at = models.DateTimeField("登记时间", null=True, blank=True, editable=False)
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

    @property
    def handed(self) -> Matter | Dispute | None:
        """What it was handed on as."""
        return self.matter or self.dispute

    @property
    def handed_as(self) -> str:
        return "诉求" if self.matter_id else "纠纷"

    @property
    def said(self) -> str:
        """What somebody said of it, as one phrase: 邻里，院墙."""
        return "，".join(word for word in (self.detail, self.words) if word)
