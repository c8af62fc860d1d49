"""The weekly work on the register as dated, undoable rows, and the log of every unmasking."""

from django.conf import settings
from django.db import models

from core.fields import SealedField
from core.scope import ScopedQuerySet
from grids.models.register import Household, Person
from grids.models.territory import Territory


class RegisterChange(models.Model):
    """One verb on the register: who reported it, who accepted it, from which day, and what to put back on undo.

    `facts` is what was asked for; it never holds an identity number or a phone: those wait sealed in `numbers`, and
    go to the person when the change is accepted. `other` is the second household of a move, a split or a merge.
    `effects` is what the verb did, row by row: `{"model", "pk", "before": {...} or null, "after": {...}}`.
    """

    TERRITORY = "territory"

    KINDS = (
        ("move_in", "迁入"),
        ("move_out", "迁出"),
        ("move", "搬到别户"),
        ("away", "外出务工"),
        ("back", "务工返回"),
        ("birth", "出生"),
        ("death", "去世"),
        ("split", "分户"),
        ("merge", "并户"),
        ("category_begin", "认定对象"),
        ("category_end", "取消对象"),
        ("regroup", "换村民组"),
        ("correct_person", "更正居民资料"),
        ("correct_household", "更正户的资料"),
    )
    PROPOSED, ACCEPTED, REFUSED, UNDONE = "proposed", "accepted", "refused", "undone"
    STATES = ((PROPOSED, "等村里定"), (ACCEPTED, "已办"), (REFUSED, "没同意"), (UNDONE, "已撤销"))

    kind = models.CharField("什么事", max_length=20, choices=KINDS)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="changes", verbose_name="户"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="changes", verbose_name="人"
    )
    other = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="另一户"
    )
    happened_on = models.DateField("哪天的事")
    facts = models.JSONField("内容", default=dict, blank=True)
    numbers = SealedField("号码", context="change.numbers")
    effects = models.JSONField("改了什么", default=list, blank=True, editable=False)
    state = models.CharField("情况", max_length=10, choices=STATES, default=PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁报的"
    )
    proposed_at = models.DateTimeField("什么时候报的")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁定的",
    )
    decided_at = models.DateTimeField("什么时候定的", null=True, blank=True)
    why = models.CharField("原因", max_length=200, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁撤的",
    )
    undone_at = models.DateTimeField("什么时候撤的", null=True, blank=True)
    client_id = models.UUIDField("客户端编号", null=True, blank=True, unique=True, editable=False)
    content_hash = models.CharField("内容摘要", max_length=32, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "户籍变动"
        ordering = ("-proposed_at", "-pk")
        indexes = [
            models.Index(fields=["territory", "state"], name="grids_change_waiting"),
            models.Index(fields=["household", "-id"], name="grids_change_household"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.person or self.household or ''}"


class Unmasking(models.Model):
    """Somebody looked at a full number: who, whose, why, when. Written in the same transaction as the answer.

    `actor` is empty where it was done by a command on the server.
    """

    TERRITORY = "territory"

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁看的",
        help_text="空着的，是在服务器上打命令看的",
    )
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name="谁的号")
    what = models.CharField("看了什么", max_length=40)
    reason = models.CharField("为什么看", max_length=200)
    at = models.DateTimeField("什么时候")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "看完整号码的记录"
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.actor or '服务器命令'} {self.what}"


class ElsewhereAnswer(models.Model):
    """Somebody was told that identity numbers are on record where he may not look: who, when, how many, never which.

    `marks` only tell, within one day and one account, whether the same number was asked again.
    """

    TERRITORY = "territory"

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁问的"
    )
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="在哪里问的")
    what = models.CharField("办什么事问的", max_length=20)
    count = models.PositiveIntegerField("几个号")
    marks = models.JSONField(default=list, editable=False)
    at = models.DateTimeField("什么时候")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问到外村在册号的记录"
        ordering = ("-at",)
        indexes = [models.Index(fields=["actor", "at"], name="grids_elsewhere_today")]

    def __str__(self) -> str:
        return f"{self.actor} {self.count} 个号"
