"""调处记录: every step of a dispute, who took it, when, and what was said; never edited."""

import uuid

from django.conf import settings
from django.db import models

from core.scope import ScopedQuerySet
from disputes.models.disputes import Dispute


class Move(models.Model):
    """One step, with how the dispute stood after it. `day` is when it was so, for months and ledgers; `at` when it was
    written down. `uuid` is the client's own: sent again it is the same row."""

    TERRITORY = "dispute__territory"

    REVIEW, REVISIT = "review", "revisit"
    KINDS = (
        ("open", "登记"),
        ("accept", "受理"),
        ("assign", "定负责人"),
        ("measure", "采取措施"),
        (REVIEW, "本月梳理"),
        ("note", "记一笔"),
        ("parties", "当事人"),
        ("escalate", "报上一级"),
        ("settle", "化解"),
        ("agree", "达成协议"),
        ("refuse", "当事人不愿调"),
        ("fail", "没调成"),
        ("hand_on", "转其他途径"),
        (REVISIT, "回访"),
        ("reopen", "又闹起来"),
        ("withdraw", "不算纠纷"),
        ("restore", "恢复"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="moves", verbose_name="纠纷")
    kind = models.CharField("做了什么", max_length=10, choices=KINDS)
    at = models.DateTimeField("什么时候", editable=False)
    day = models.DateField("算在哪天")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="之后的负责人"
    )
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="之后的稳控负责人"
    )
    level = models.CharField("之后在哪一级", max_length=10, choices=Dispute.LEVELS)
    state = models.CharField("之后的状态", max_length=12, choices=Dispute.STATES)
    due_on = models.DateField("之后的时限")
    words = models.CharField("怎么说的", max_length=1000, blank=True)
    feedback = models.CharField("之后的群众反馈", max_length=300, blank=True)
    content_hash = models.CharField("内容摘要", max_length=64, blank=True, editable=False)

    fresh = False  # whether this call stored it, and not an earlier one under the same number

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调处记录"
        ordering = ("pk",)
        indexes = [
            models.Index(fields=["dispute", "day"], name="disputes_move_day"),
            models.Index(fields=["kind", "day"], name="disputes_move_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.dispute} {self.get_kind_display()}"
