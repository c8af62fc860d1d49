"""Jobs of the ledger desk (export, import) and the encrypted files they take and give."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.ledger.base import Ledger
from core.ledger.registry import registry
from core.scope import Reach, reach_of
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
