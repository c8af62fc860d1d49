"""议事: one sitting of a panel, every sentence that was said in it, and who has read that."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.scope import ScopedQuerySet, nodes_of, reach_of
from disputes.models.panels import Panel, Seat, panels_with
from disputes.models.parties import Party

MINUTES = "disputes.minutes"


class SittingQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """domain.md, "Who may do what": the minutes are for who takes part, for the village's people who settle its
        disputes, and for 司法所; not for the town's office as such. What of them somebody sees: services/minutes.py."""
        villages = list(nodes_of(reach_of(actor, MINUTES)))
        mine = panels_with(actor)
        wrote = Q(recorder=getattr(actor, "pk", None), panel__dispute__territory__in=_serves(actor))
        return self.filter(Q(panel__dispute__territory__in=villages) | Q(panel__in=mine) | wrote)

    def whole(self) -> Self:
        return self.select_related(
            "panel__dispute__territory__parent__parent", "panel__host__user", "recorder"
        )


def _serves(actor: Any) -> list[int]:
    """Where she works on disputes today: who wrote the minutes and has left since does not read them."""
    from disputes.models.disputes import WORKS

    return list(nodes_of(reach_of(actor, WORKS)))


class Sitting(models.Model):
    """One panel sat: from `began_at` to `ended_at`, with what came of it.

    `outcome` is empty while it goes on; 没议完 where its dispute was settled, withdrawn or sent on meanwhile.
    An agreement in writing is drawn up from `conclusion`; it is not made here.
    """

    TERRITORY = "panel__dispute__territory"

    AGREED, FAILED, REFUSED, STOPPED = "agreed", "failed", "refused", "stopped"
    OUTCOMES = (
        (AGREED, "议定了"),
        (FAILED, "没调成"),
        (REFUSED, "当事人不愿调"),
        (STOPPED, "没议完"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    panel = models.OneToOneField(Panel, models.PROTECT, related_name="sitting", verbose_name="议事小组")
    recorder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="记录人"
    )
    began_at = models.DateTimeField("什么时候开始的", editable=False)
    ended_at = models.DateTimeField("什么时候结束的", null=True, editable=False)
    outcome = models.CharField("结果", max_length=8, choices=OUTCOMES, blank=True)
    conclusion = models.CharField("议定意见", max_length=2000, blank=True)

    objects = SittingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议事"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", ended_at__isnull=True) | (~Q(outcome="") & Q(ended_at__isnull=False)),
                name="disputes_sitting_over",
                violation_error_message="议完了要有结果。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.panel}"

    @property
    def is_on(self) -> bool:
        return self.ended_at is None


class Word(models.Model):
    """One thing that was said, append-only: a correction is a new one that names the old (`corrects`).

    `uuid` is the client's own: sent again it is the same row. `said_at` is when it was said by our clock, `told_at` by
    the clock of the laptop. `of_side`: the party for whom it was said, as it stood then. `late`: 补记, for a step that
    was over already.
    """

    TERRITORY = "sitting__panel__dispute__territory"

    STATE, ADD, POLICY, SPEAK, CONCLUDE = "state", "add", "policy", "speak", "conclude"
    # The plan's order (实施方案五（三）): 诉求人陈述、“亲友团”补充说明、镇村干部政策解读、与会人员讲话.
    STEPS = (
        (STATE, "当事人陈述"),
        (ADD, "亲友团补充"),
        (POLICY, "干部讲政策"),
        (SPEAK, "与会人员讲话"),
        (CONCLUDE, "议定意见"),
    )

    uuid = models.UUIDField("编号", unique=True)
    sitting = models.ForeignKey(Sitting, models.PROTECT, related_name="words", verbose_name="议事")
    step = models.CharField("哪一步", max_length=8, choices=STEPS)
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="当事人"
    )
    seat = models.ForeignKey(
        Seat, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="席位"
    )
    speaker = models.CharField("谁说的", max_length=60)
    of_side = models.CharField("替哪一方说的", max_length=6, choices=Party.SIDES, blank=True)
    words = models.CharField("说了什么", max_length=1000)
    late = models.BooleanField("补记", default=False)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected", verbose_name="更正哪一句"
    )
    said_at = models.DateTimeField("什么时候说的")
    told_at = models.DateTimeField("记的那台电脑上的时间")
    received_at = models.DateTimeField("什么时候存的")
    writer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁记的"
    )
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    fresh = False  # whether this call stored it, and not an earlier one under the same number

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议事发言"
        ordering = ("pk",)
        indexes = [models.Index(fields=["sitting", "step"], name="disputes_word_step")]
        constraints = [
            models.CheckConstraint(
                condition=Q(party__isnull=False, seat__isnull=True)
                | Q(party__isnull=True, seat__isnull=False),
                name="disputes_word_speaker",
                violation_error_message="选是谁说的。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.speaker}：{self.words[:20]}"


class Stance(models.Model):
    """Whether one party agrees to what was concluded."""

    TERRITORY = "sitting__panel__dispute__territory"

    sitting = models.ForeignKey(Sitting, models.PROTECT, related_name="stances", verbose_name="议事")
    party = models.ForeignKey(Party, models.PROTECT, related_name="+", verbose_name="当事人")
    agrees = models.BooleanField("同意")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "各方表态"
        ordering = ("party",)
        constraints = [models.UniqueConstraint(fields=["sitting", "party"], name="disputes_stance_once")]

    def __str__(self) -> str:
        return f"{self.party}{'同意' if self.agrees else '不同意'}"


class MinuteReading(models.Model):
    """Somebody opened the minutes: who, which, when. Written in the same request as the answer."""

    TERRITORY = "sitting__panel__dispute__territory"

    sitting = models.ForeignKey(Sitting, models.PROTECT, related_name="readings", verbose_name="议事")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁看的"
    )
    at = models.DateTimeField("什么时候")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "看议事记录的记录"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.reader} {self.sitting}"
