"""书记热线: one telephone call or press of a button, and its times. How the matter is handled is the matter's."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef

from appeals.models.devices import Device
from appeals.models.matters import Matter
from appeals.models.talents import Talent
from core import clock
from core.models import WithPhone
from core.scope import ScopedQuerySet
from grids.models import Household, Person, Territory


class CallQuerySet(ScopedQuerySet):
    def waiting(self) -> Self:
        """Whoever called has not been called back, and the call was not dropped."""
        return self.exclude(_steps("back")).exclude(_steps("drop"))

    def on_hold(self) -> Self:
        """Of a button whose key is on hold, and nobody has said yes or no."""
        return self.filter(matter__isnull=True).exclude(_steps("drop"))

    def whole(self) -> Self:
        """With everything that a list of calls says."""
        return self.select_related(
            "household", "territory__parent", "matter", "taken_by", "device"
        ).prefetch_related("steps__actor", "steps__to", "steps__talent")


def _steps(kind: str) -> Exists:
    return Exists(CallStep.objects.filter(call=OuterRef("pk"), kind=kind))


class Call(WithPhone, models.Model):
    """One call. `matter` is the one it opened or asked about; none only while the call of a button is on hold.

    `territory`: as of its matter when it came in; it never moves.
    """

    TERRITORY = "territory"

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    called_at = models.DateTimeField("来电时间")
    at = models.DateTimeField("记下的时间", editable=False)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="接听人",
    )
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name="户"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁打的"
    )
    caller = models.CharField("来电人", max_length=40, blank=True)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="哪里的")
    matter = models.ForeignKey(
        Matter, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name="哪件事"
    )
    asked = models.BooleanField("问以前的事", default=False)
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="calls", verbose_name="哪个呼叫器"
    )
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "来电"
        indexes = [models.Index(fields=["territory", "called_at"], name="appeals_call_log")]

    def __str__(self) -> str:
        return f"{self.number} {self.who}"

    @property
    def number(self) -> str:
        """What people call it by: RX-2026-0005."""
        return f"RX-{clock.local_date(self.called_at).year:04d}-{self.pk:04d}"

    @property
    def who(self) -> str:
        return self.caller or "没留姓名"


class CallStep(models.Model):
    """What followed a call: sent somebody, he arrived, called back. `happened_at` is when it was so, `at` when it was
    written down; never edited. The last of a kind counts."""

    TERRITORY = "call__territory"

    SEND, ARRIVE, BACK, LET_IN, DROP = "send", "arrive", "back", "let_in", "drop"
    KINDS = (
        (SEND, "派人"),
        (ARRIVE, "到场"),
        (BACK, "回访"),
        (LET_IN, "是真的，记下"),
        (DROP, "不是真的，不记"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.PROTECT, related_name="steps", verbose_name="来电")
    kind = models.CharField("做了什么", max_length=10, choices=KINDS)
    happened_at = models.DateTimeField("什么时候的事")
    at = models.DateTimeField("什么时候记的", editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁记的",
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="派了谁",
    )
    talent = models.ForeignKey(
        Talent, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="派了哪位能人"
    )
    words = models.CharField("怎么说的", max_length=200, blank=True)
    content_hash = models.CharField("内容摘要", max_length=64, blank=True, editable=False)

    fresh = False  # whether this call stored it, and not an earlier one under the same number
    told = ""  # why its matter was not moved with it, for whoever is answered now

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "来电记录"
        ordering = ("pk",)
        indexes = [models.Index(fields=["call", "happened_at"], name="appeals_callstep_day")]

    def __str__(self) -> str:
        return f"{self.call} {self.get_kind_display()}"

    @property
    def sent(self) -> str:
        """Who went; reads `to` and `talent`."""
        return str(self.to or (self.talent.name if self.talent else ""))


class Times:
    """When what followed a call was so, read from its steps: those up to a day, or all of them."""

    def __init__(self, steps: Iterable[CallStep], day: dt.date | None = None) -> None:
        known = {
            step.kind: step for step in steps if day is None or clock.local_date(step.happened_at) <= day
        }
        self.sent = known.get(CallStep.SEND)
        self.arrived = known.get(CallStep.ARRIVE)
        self.back = known.get(CallStep.BACK)
        self.dropped = known.get(CallStep.DROP)

    def minutes(self, call: Call) -> int | None:
        """用时: from the call until somebody stood there; where nobody went, until she was called back."""
        end = self.arrived or self.back
        return int((end.happened_at - call.called_at).total_seconds() // 60) if end else None
