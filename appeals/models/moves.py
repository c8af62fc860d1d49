"""流转记录: every step of a matter, who took it, when, and why; never edited."""

import uuid

from django.conf import settings
from django.db import models

from appeals.models.matters import Matter
from core.scope import ScopedQuerySet


class Move(models.Model):
    """One step, with how the matter stood after it. `uuid` is the phone's own: sent again it is the same row.

    `day` is when it was so, for months and ledgers; `at` when it was written down.
    """

    TERRITORY = "matter__territory"

    KINDS = (
        ("open", "登记"),
        ("accept", "受理"),
        ("dispatch", "交办"),
        ("take", "接办"),
        ("give_back", "退回"),
        ("escalate", "报上一级"),
        ("plan", "定办法"),
        ("note", "记一笔"),
        ("mediate", "转矛盾纠纷"),
        ("settle", "办好"),
        ("answer", "回复群众"),
        ("close", "评价、办结"),
        ("reopen", "重新办"),
        ("withdraw", "不办了"),
        ("restore", "恢复"),
        # Of its 信访登记 (appeals.models.Petition): they leave the matter itself as it is.
        ("petition_register", "转信访登记"),
        ("petition_notify", "告知受理"),
        ("petition_disclaim", "提异议"),
        ("petition_keep", "异议没同意"),
        ("petition_extend", "延长期限"),
        ("petition_reply", "信访答复"),
        ("petition_ask_review", "申请复查"),
        ("petition_review", "复查意见"),
        ("petition_ask_recheck", "申请复核"),
        ("petition_recheck", "复核意见"),
        ("petition_end", "信访办结"),
        ("petition_drop", "信访撤回"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="moves", verbose_name="诉求")
    kind = models.CharField("做了什么", max_length=20, choices=KINDS)
    at = models.DateTimeField("什么时候", editable=False)
    day = models.DateField("算在哪天")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="交给谁"
    )
    level = models.CharField("到哪一级", max_length=10, choices=Matter.LEVELS)
    state = models.CharField("之后的状态", max_length=12, choices=Matter.STATES)
    due_on = models.DateField("之后的时限")
    rating = models.CharField("满意度", max_length=10, choices=Matter.RATINGS, blank=True)
    words = models.CharField("怎么说的", max_length=540, blank=True)
    photo = models.FileField("照片", upload_to="matters/%Y/%m/", blank=True)
    content_hash = models.CharField("内容摘要", max_length=64, blank=True, editable=False)

    fresh = False  # whether this call stored it, and not an earlier one under the same number

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "流转记录"
        ordering = ("pk",)
        indexes = [models.Index(fields=["matter", "day"], name="appeals_move_day")]

    def __str__(self) -> str:
        return f"{self.matter} {self.get_kind_display()}"

    @property
    def of_petition(self) -> bool:
        """Whether it is a step of the 信访登记."""
        return self.kind.startswith("petition_")
