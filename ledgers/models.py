"""Jobs of the ledger desk (export, import), the files they take and give, and the months that were sealed."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from core import clock
from core.ledger.base import Ledger
from core.ledger.registry import registry
from core.periods import Month
from core.scope import Reach, ScopedQuerySet, reach_of
from core.work import Work, WorkQuerySet
from grids.models import Territory


class StoredFile(models.Model):
    """A file that only its owner may read, stored encrypted under DATA_DIR/files and removed when its time is over."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "belongs to the person who made it; nobody else reads it, whatever her reach"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁的")
    name = models.CharField("文件名", max_length=200)
    path = models.CharField(max_length=100, unique=True, editable=False)
    size = models.PositiveBigIntegerField("字节", default=0)
    made_at = models.DateTimeField("什么时候做的")
    keep_until = models.DateTimeField("留到")

    class Meta:
        verbose_name = verbose_name_plural = "文件"

    def __str__(self) -> str:
        return self.name


def _inside(reach: Reach) -> Q:
    """As a subquery: over a join to a column that may be empty, PostgreSQL locks no row."""
    return Q(territory__in=Territory.objects.filter(reach.q()))


class JobQuerySet(WorkQuerySet):
    def of(self, user: Any) -> Self:
        """Only her own, whatever her reach, and only while she may still do there what the job does."""
        imports = reach_of(user, "imports.run")
        export = Q(kind=Job.EXPORT) & _inside(reach_of(user, "ledgers.export"))
        export &= Q(unmasked=False) | _inside(reach_of(user, "persons.unmask"))
        anywhere = Q(territory__isnull=True) if imports else Q(pk__in=[])
        roster = ~Q(kind=Job.EXPORT) & (_inside(imports) | anywhere)
        return self.filter(export | roster, owner=user)

    def unfinished(self) -> Self:
        return self.filter(state__in=[Work.WAITING, Work.RUNNING])


class Job(Work):
    """One export or import of one ledger for one territory, asked for by one person."""

    TERRITORY = "territory"

    EXPORT, EXAMINE, COMMIT = "export", "examine", "commit"
    KINDS = ((EXPORT, "生成台账"), (EXAMINE, "核对导入表"), (COMMIT, "存进花名册"))

    kind = models.CharField("什么事", max_length=10, choices=KINDS)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="jobs", verbose_name="谁要的"
    )
    slug = models.CharField("台账", max_length=40)
    territory = models.ForeignKey(
        Territory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="哪里"
    )
    period = models.CharField("期间", max_length=10, blank=True)
    unmasked = models.BooleanField("完整号码", default=False)
    as_of = models.DateField("从哪天起算", null=True, blank=True)
    skip_bad = models.BooleanField("只存没错的户", default=False)
    upload = models.ForeignKey(
        StoredFile, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="交来的表"
    )
    result = models.ForeignKey(
        StoredFile, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="做好的表"
    )
    report = models.JSONField("结果", default=dict, editable=False)
    rows = models.PositiveIntegerField("行", null=True, blank=True)
    examined = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="commits", verbose_name="照哪次核对存的"
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "台账任务"
        ordering = ("-made_at", "-pk")
        indexes = [
            models.Index(fields=["state", "lease_until"], name="ledgers_job_waiting"),
            models.Index(fields=["owner", "-made_at"], name="ledgers_job_owner"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["examined"],
                condition=models.Q(state__in=["waiting", "running", "done"]),
                name="ledgers_job_one_commit",
                violation_error_message="这份表已经在存，或者存好了。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.title} {self.period}".strip()

    @property
    def ledger(self) -> Ledger | None:
        """Its ledger, None if a later version no longer has it."""
        return next((ledger for ledger in registry.all() if ledger.slug == self.slug), None)

    @property
    def title(self) -> str:
        return self.ledger.title if self.ledger else self.slug

    def open(self) -> bool:
        """Whether something may still happen to it."""
        return self.state in (self.WAITING, self.RUNNING)


class SealedMonthQuerySet(ScopedQuerySet):
    def current(self) -> Self:
        """The one version of a village's month that is not re-opened."""
        return self.exclude(state=SealedMonth.REOPENED)

    def sealed(self) -> Self:
        return self.filter(state=SealedMonth.SEALED)


class SealedMonth(models.Model):
    """One version of one village's month on its way: provisional, submitted by the village, sealed by the town.

    A sealed version never changes again but to be re-opened; then it stays to be read, and the next version begins.
    `figures` is what coverage said when it was sealed; `differences` how many were last found, and `compared_at` when.
    """

    TERRITORY = "village"

    PROVISIONAL, SUBMITTED, SEALED, REOPENED = "provisional", "submitted", "sealed", "reopened"
    STATES = ((PROVISIONAL, "还没报"), (SUBMITTED, "报上来了"), (SEALED, "封存了"), (REOPENED, "重新打开过"))

    village = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    month = models.CharField("月份", max_length=7)
    version = models.PositiveSmallIntegerField("第几版", default=1)
    state = models.CharField("情况", max_length=12, choices=STATES, default=PROVISIONAL)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁报的",
    )
    submitted_at = models.DateTimeField("什么时候报的", null=True, blank=True)
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁封的",
    )
    sealed_at = models.DateTimeField("什么时候封的", null=True, blank=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁打开的",
    )
    reopened_at = models.DateTimeField("什么时候打开的", null=True, blank=True)
    reason = models.CharField("为什么打开", max_length=200, blank=True)
    figures = models.JSONField("封存时的数", default=dict, editable=False)
    differences = models.PositiveIntegerField("差几处", null=True, blank=True, editable=False)
    compared_at = models.DateTimeField("什么时候比的", null=True, blank=True, editable=False)

    history = HistoricalRecords(
        verbose_name="修改记录", excluded_fields=["figures", "differences", "compared_at"]
    )
    objects = SealedMonthQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "封存的月份"
        ordering = ("-month", "village", "-version")
        constraints = [
            models.UniqueConstraint(fields=["village", "month", "version"], name="ledgers_month_version"),
            models.UniqueConstraint(
                fields=["village", "month"],
                condition=~Q(state="reopened"),
                name="ledgers_month_one_current",
                violation_error_message="这个月已经有一版了。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.village} {self.month} 第 {self.version} 版"

    @property
    def period(self) -> Month:
        return Month.parse(self.month)


class SealedFile(models.Model):
    """One workbook of a sealed month, kept for ever: its bytes never change, and its rows lie beside it as text."""

    TERRITORY = "of__village"

    of = models.ForeignKey(SealedMonth, models.PROTECT, related_name="files", verbose_name="哪个月")
    slug = models.CharField("台账", max_length=40)
    title = models.CharField("名称", max_length=80)
    name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField("字节")
    rows = models.PositiveIntegerField("行")
    path = models.CharField(max_length=100, unique=True, editable=False)
    rows_path = models.CharField(max_length=100, unique=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "封存的台账"
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=["of", "slug"], name="ledgers_sealed_once")]

    def __str__(self) -> str:
        return self.name


class PackageQuerySet(WorkQuerySet):
    def waiting(self) -> Self:
        """Not before the moment that was set when the disk was full."""
        return super().waiting().filter(Q(not_before__isnull=True) | Q(not_before__lte=clock.now()))


class Package(Work):
    """All monthly ledgers of one place and month in one zip, a folder for each village; made anew at will.

    While a newer one is being made, or cannot be, the older is still offered.
    """

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="哪里")
    month = models.CharField("月份", max_length=7)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁要的",
        help_text="空着的是每月 1 日自己做的",
    )
    not_before = models.DateTimeField("到什么时候再试", null=True, blank=True, editable=False)
    name = models.CharField("文件名", max_length=200, blank=True)
    path = models.CharField(max_length=100, blank=True, editable=False)
    size = models.PositiveBigIntegerField("字节", default=0)
    packed_at = models.DateTimeField("包是什么时候的", null=True, blank=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整月台账包"
        ordering = ("-month", "territory")
        constraints = [
            models.UniqueConstraint(fields=["territory", "month"], name="ledgers_package_once"),
        ]

    def __str__(self) -> str:
        return f"{self.territory} {self.month}"

    def open(self) -> bool:
        """Whether it is being made, or will be."""
        return self.state in (self.WAITING, self.RUNNING)
