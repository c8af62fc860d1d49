"""排查: which households were looked at in a month, and which building projects and affairs of a village."""

from django.conf import settings
from django.db import models

from core.models import Dated
from core.scope import ScopedQuerySet
from grids.models import Household, Territory


class Seen(models.Model):
    """That a household was looked at in a month (实施方案五（三）: 村不漏户、户不漏人). What saw it first counts.

    `start` is the month's first day; `territory` the grid as it was. Of a visit `day` and `who` are the visit's.
    """

    TERRITORY = "territory"

    VISIT, TICKED = "visit", "ticked"
    WAYS = ((VISIT, "走访看过"), (TICKED, "打勾看过"))

    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    start = models.DateField("哪个月")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    how = models.CharField("怎么看的", max_length=6, choices=WAYS)
    was_ticked = models.BooleanField("走访以前打过勾", default=False, editable=False)
    day = models.DateField("哪天")
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "排查过的户"
        constraints = [
            models.UniqueConstraint(
                fields=["household", "start"],
                name="disputes_seen_once",
                violation_error_message="这一户这个月看过了。",
            )
        ]
        indexes = [models.Index(fields=["territory", "start"], name="disputes_seen_month")]

    def __str__(self) -> str:
        return f"{self.household} {self.start:%Y-%m}"


class Subject(Dated):
    """A building project or an affair of a village that is looked at every month while it goes on (附件3 之 6)."""

    TERRITORY = "territory"

    PROJECT, AFFAIR = "project", "affair"
    KINDS = ((PROJECT, "建设项目"), (AFFAIR, "社会事务"))

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("哪一类", max_length=8, choices=KINDS)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "排查的事项"
        ordering = ("kind", "pk")
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["territory", "name"],
                condition=models.Q(until__isnull=True),
                name="disputes_subject_once",
                violation_error_message="村里已经有这一项了。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SubjectLook(models.Model):
    """That a subject was looked at in a month, and what was found there."""

    TERRITORY = "subject__territory"

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="looks", verbose_name="事项")
    start = models.DateField("哪个月")
    day = models.DateField("哪天")
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    words = models.CharField("怎么样", max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "事项的排查"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "start"],
                name="disputes_subjectlook_once",
                violation_error_message="这一项这个月看过了。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.start:%Y-%m}"
