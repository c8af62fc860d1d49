"""好事摘录: who took out which good deeds of a village, for what and when; what was told of people stays on record."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.scope import ScopedQuerySet
from grids.models import Household, Person, Territory


class Extract(models.Model):
    """One extract of posted deeds (domain.md, "Points": 结果运用; people decide, there is no automatic grade).

    Days are those of the deeds, both included. Without `households` and `persons` it is the whole village. `rows`: how
    many deeds it had when it was asked for.
    """

    TERRITORY = "territory"

    PARTY, REVIEW, CREDIT, HONOUR, DIVIDEND = "party", "review", "credit", "honour", "dividend"
    PURPOSES = (
        (PARTY, "党员发展"),
        (REVIEW, "民主评议"),
        (CREDIT, "信用户"),
        (HONOUR, "评优"),
        (DIVIDEND, "分红"),
    )

    purpose = models.CharField("做什么用", max_length=10, choices=PURPOSES)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    first = models.DateField("从哪天")
    last = models.DateField("到哪天")
    households = models.ManyToManyField(Household, related_name="+", blank=True, verbose_name="哪些户")
    persons = models.ManyToManyField(Person, related_name="+", blank=True, verbose_name="哪些人")
    rows = models.PositiveIntegerField("几件", default=0, editable=False)
    asked_at = models.DateTimeField("什么时候摘的", editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁摘的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "好事摘录"
        ordering = ("-pk",)
        indexes = [models.Index(fields=["territory", "-id"], name="points_extract_village")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first")),
                name="points_extract_days",
                violation_error_message="结束的日子比开始早，改过来。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.territory}好事摘录（{self.get_purpose_display()}用）"
