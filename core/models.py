"""Shapes that rows of every room share: dated facts, a sealed phone, and people's words to the office."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from simple_history.models import HistoricalRecords

from core import clock, crypto, idnumber
from core.fields import Sealed, SealedField
from core.periods import Period
from core.scope import ScopedQuerySet


class DatedQuerySet(ScopedQuerySet):
    """Rows with `since` and `until` (both days included; `until` empty while it holds)."""

    def on(self, day: dt.date) -> Self:
        """What held on that day."""
        return self.filter(since__lte=day).filter(Q(until__isnull=True) | Q(until__gte=day))

    def in_force(self) -> Self:
        return self.on(clock.today())

    def during(self, period: Period) -> Self:
        """What held on at least one day of the period."""
        return self.filter(since__lte=period.last).filter(Q(until__isnull=True) | Q(until__gte=period.first))


class Dated(models.Model):
    """A fact that holds from one day to another. A figure for March asks what held in March."""

    since = models.DateField("从哪天起")
    until = models.DateField("到哪天止", null=True, blank=True, help_text="还在的不填")

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="%(app_label)s_%(class)s_dates",
                violation_error_message="截止日期比开始日期早，改过来。",
            )
        ]

    def holds_on(self, day: dt.date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)

    def in_force(self) -> bool:
        return self.holds_on(clock.today())


NEVER = dt.date(9999, 12, 31)


def within(least: int, most: int, sentence: str) -> list[MinValueValidator | MaxValueValidator]:
    """Validators of a number that the town may set."""
    return [MinValueValidator(least, sentence), MaxValueValidator(most, sentence)]


def refuse_overlap(row: Dated, others: models.QuerySet) -> None:
    """ValidationError if a day has two rules. Two without an end are the constraint's, which the database holds too."""
    if not row.since or (row.until and row.until < row.since):
        return
    met = others.exclude(pk=row.pk).filter(Q(until__isnull=True) | Q(until__gte=row.since))
    met = met.filter(since__lte=row.until) if row.until else met.filter(until__isnull=False)
    if first := met.order_by("since").first():
        raise ValidationError({"since": f"和 {first.since} 起的那一条重了，改日子，一天只有一条。"})


class TownRule(Dated):
    """Numbers that the town sets for itself: the row in force counts, and a day has one."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    class Meta(Dated.Meta):
        abstract = True
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                Coalesce("until", Value(NEVER)),
                condition=Q(until__isnull=True),
                name="%(app_label)s_%(class)s_one_end",
                violation_error_message="已有一条在用的规则，先给它填上截止日期。",
            ),
        ]

    def clean(self) -> None:
        refuse_overlap(self, type(self)._default_manager.all())

    @classmethod
    def on(cls, day: dt.date) -> Self:
        """The rule of that day; the defaults where the town has set none."""
        rows: DatedQuerySet = cls._default_manager.all()
        return rows.on(day).order_by("-since").first() or cls(since=day)


class WithPhone(models.Model):
    """A phone that is dialled and searched but never lies open: sealed, hashed, and a mask for every list."""

    phone = SealedField("电话", context="phone")
    phone_hash = models.CharField("电话检索", max_length=32, blank=True, editable=False, db_index=True)
    phone_mask = models.CharField("电话", max_length=20, blank=True, editable=False)

    class Meta:
        abstract = True

    def set_phone(self, text: str) -> None:
        """Store a number after cleaning it; ValidationError if it is none; empty text removes it."""
        number = idnumber.clean_phone(text or "")
        if fault := number and idnumber.phone_fault(number):
            raise ValidationError({"phone": fault + "。"})
        self.phone = Sealed.of(number, "phone") if number else None
        self.phone_hash = phone_hash(number) if number else ""
        self.phone_mask = idnumber.mask_phone(number) if number else ""


def phone_hash(number: str) -> str:
    """The search key of a cleaned phone number."""
    return crypto.blind_index(number, purpose="phone")


def id_number_hash(number: str) -> str:
    """The search key of a normalised identity number."""
    return crypto.blind_index(number, purpose="id_number")


class Epoch(models.Model):
    """库号: which life of the database this is. One row; a restored backup begins another life (core.epoch)."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "about the database itself"

    number = models.UUIDField("库号")
    since = models.DateTimeField("从什么时候")

    class Meta:
        verbose_name = verbose_name_plural = "库号"

    def __str__(self) -> str:
        return str(self.number)


class Knock(models.Model):
    """One time somebody was let in at a door that is counted (core.limits)."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "says nothing of any place"

    door = models.CharField("哪个门", max_length=20)
    who = models.CharField("谁（摘要）", max_length=32)
    at = models.DateTimeField("什么时候", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "来访计数"
        indexes = [models.Index(fields=["door", "who", "at"], name="core_knock_count")]

    def __str__(self) -> str:
        return f"{self.door} {self.at:%Y-%m-%d %H:%M}"


class WorkdayChange(models.Model):
    """节假日和调休: one day on which the office works or rests, whatever the week and the library say."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a calendar of the whole country"

    WORKS = ((False, "放假"), (True, "上班"))

    day = models.DateField("哪天", unique=True, error_messages={"unique": "这一天已经填过了，改那一行。"})
    works = models.BooleanField("上班还是放假", choices=WORKS, default=False)
    name = models.CharField("什么节", max_length=40, blank=True, help_text="如“春节”“国庆节调休”")

    class Meta:
        verbose_name = verbose_name_plural = "节假日和调休"
        ordering = ("-day",)

    def __str__(self) -> str:
        return f"{clock.cn_date(self.day)}{self.get_works_display()}"


class SheetLayout(models.Model):
    """列序 of one sheet for another system, as the office laid it out; without a row the default of the house holds.

    `columns`: in their order, {"field": one of the sheet's fields or "", "title": heading, "fixed": a constant value,
    only where `field` is empty}. A field that is not in it is left out. `checked` is by whom and when it was compared
    with the platform's own template; empty: nobody has, and the true order is not known to us.
    """

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "one order of columns for the whole town; no village's data stand in it"

    kind = models.CharField("哪张表", max_length=20, unique=True)
    columns = models.JSONField("列", default=list)
    checked = models.CharField("和平台核对过没有", max_length=80, blank=True)
    edited_at = models.DateTimeField("什么时候改的", editable=False)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁改的"
    )

    history = HistoricalRecords(verbose_name="修改记录")

    class Meta:
        verbose_name = verbose_name_plural = "平台表列序"

    def __str__(self) -> str:
        return self.kind
