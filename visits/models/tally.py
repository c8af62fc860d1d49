"""How many visits are owed and made, kept by the database itself: what coverage adds up instead of counting rows."""

from django.db import models

from core.scope import ScopedQuerySet
from grids.models import Territory
from visits.models.rules import Cadence


class Tally(models.Model):
    """应访计数: so many obligations more (or fewer) of one period, group and grid, made in one month or open.

    Triggers on the table of obligations write these rows (visits/services/tallies.py), one for each that a statement
    changes, and nobody waits for another's: what is so is their sum. Every night they are counted anew.
    `made_in`: the first day of the month in which they were made, None while they are not. No fact stands here that
    does not stand in an obligation.
    """

    TERRITORY = "territory"

    period_start = models.DateField("期间开始")
    who = models.CharField("对谁", max_length=10, choices=Cadence.GROUPS)
    territory = models.ForeignKey(
        Territory, models.PROTECT, related_name="+", verbose_name="网格", db_index=False
    )
    made_in = models.DateField("哪个月走到的", null=True)
    away = models.BooleanField("在外务工")
    number = models.IntegerField("多少")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "应访计数"
        indexes = [
            models.Index(
                fields=["period_start", "who", "territory", "made_in", "away", "number"],
                name="visits_tally_coverage",
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_start} {self.get_who_display()} {self.number:+}"
