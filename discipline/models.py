"""反映干部问题 as rows: of what was said nothing lies open, not even the village (domain.md, "Needs": never visible to
that cadre, on any path)."""

import secrets
import uuid
from typing import Any, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from core.crypto import Unreadable
from core.fields import SealedField
from core.models import TownRule
from core.scope import ScopedQuerySet, kept
from discipline import recusal
from discipline.told import Told

READS, WORKS, EXIST = "reports.read", "reports.work", "reports.exist"
RING = "REPORT_KEYS"
DIGITS = 12  # of the code: with the limit on asking, guessing one of a thousand takes a million years


class ReportQuerySet(ScopedQuerySet):
    def open_to(self, actor: Any, verb: str) -> Self:
        """Only those that exist for this actor: inside her reach for the verb, and about neither her nor anybody above
        her (discipline.recusal). Every page, count and notice begins here; for everybody else there is none. Asked
        when it is called, as visible_to asks for its nodes: what comes in afterwards is not among them."""
        key = ("open reports", getattr(actor, "pk", None), verb)
        return self.filter(pk__in=kept(key, lambda: self.model._open_to(actor, verb)))

    def readable_by(self, actor: Any) -> Self:
        return self.open_to(actor, READS)

    def new(self) -> Self:
        """Nobody has begun to look into it."""
        return self.filter(state=Report.RECEIVED)

    def unfinished(self) -> Self:
        return self.filter(state__in=(Report.RECEIVED, Report.IN_HAND))

    def finished(self) -> Self:
        return self.filter(state__in=(Report.DONE, Report.NOT_OURS))


def new_code() -> str:
    """Random digits: a serial number would tell whoever is left out that one is missing."""
    return "".join(secrets.choice("0123456789") for _ in range(DIGITS))


class Report(ConcurrentTransitionMixin, models.Model):
    """One report against a cadre. What was said never changes but for `also`; each step leaves a `Step`."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = (
        "where it is from lies sealed with the rest; ReportQuerySet.open_to is the only way in"
    )

    PAGE, LETTER, CALL, VISIT, SUPERIOR = "page", "letter", "call", "visit", "superior"
    SOURCES = ((PAGE, "扫码"), (LETTER, "来信"), (CALL, "来电"), (VISIT, "来访"), (SUPERIOR, "上级转来"))
    RECEIVED, IN_HAND, DONE, NOT_OURS = "received", "in_hand", "done", "not_ours"
    STATES = ((RECEIVED, "收到"), (IN_HAND, "在核实"), (DONE, "办结"), (NOT_OURS, "不归镇纪委办"))

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    code = models.CharField("查询码", max_length=DIGITS, unique=True, editable=False)
    received_at = models.DateTimeField("收到时间", editable=False)
    updated_at = models.DateTimeField("最近一步", editable=False)
    source = models.CharField("来源", max_length=10, choices=SOURCES)
    state = FSMField("状态", max_length=10, choices=STATES, default=RECEIVED, protected=True)
    words = SealedField("反映的内容", context="discipline.report", ring=RING)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "反映干部问题"
        indexes = [models.Index(fields=["-received_at", "-code"], name="discipline_report_newest")]

    def __str__(self) -> str:
        return self.code_said

    @property
    def code_said(self) -> str:
        """4821 7730 5594, as it is written on paper and said on the telephone."""
        return " ".join(self.code[at : at + 4] for at in range(0, DIGITS, 4))

    @property
    def told(self) -> Told:
        """What was said; core.crypto.Unreadable without the key."""
        assert self.words is not None  # a report is made with its words
        return Told.read(self.words.open())

    def set_told(self, told: Told) -> None:
        self.words = self._meta.get_field("words").seal(told.text())

    @classmethod
    def _open_to(cls, actor: Any, verb: str) -> list[int]:
        reader, found = recusal.reader(actor, verb), []
        if not reader.sees_any:
            return found
        steps = Step.by_report()
        # With the state: the mixin looks at it, and would fetch it row by row.
        for row in cls._base_manager.only("pk", "received_at", "state", "words").iterator(chunk_size=500):
            try:
                words = "\n".join(step.said for step in steps.get(row.pk, ()))
                if reader.is_open(row.told, row.received_at, words):
                    found.append(row.pk)
            except Unreadable:
                continue  # its key is gone or it is damaged: closed to everybody, and counted by change_keys
        return found

    # --- what may follow what; who may do it is asked by the services --------------------------------------------

    @transition(field=state, source=RECEIVED, target=IN_HAND, custom={"title": "开始核实"})
    def take(self) -> None:
        """By one of the discipline office."""

    @transition(field=state, source=IN_HAND, target=DONE, custom={"title": "办结"})
    def finish(self) -> None:
        """With what came of it."""

    @transition(field=state, source=[RECEIVED, IN_HAND], target=NOT_OURS, custom={"title": "不归这里办"})
    def pass_on(self) -> None:
        """It belongs to somebody else, named in the reason; it becomes no ordinary matter."""

    @transition(field=state, source=[DONE, NOT_OURS], target=IN_HAND, custom={"title": "再核实"})
    def reopen(self) -> None:
        """Something new has come up."""


class Step(models.Model):
    """One step of a report: who took it and when; its words are sealed like the report's. Never edited."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "of a report, which has none"

    KINDS = (
        ("told", "收到"),
        ("take", "开始核实"),
        ("note", "记一笔"),
        ("finish", "办结"),
        ("pass_on", "不归这里办"),
        ("reopen", "再核实"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, models.PROTECT, related_name="steps", verbose_name="反映")
    kind = models.CharField("做了什么", max_length=10, choices=KINDS)
    at = models.DateTimeField("什么时候", editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    words = SealedField("怎么说的", context="discipline.step", ring=RING)

    class Meta:
        verbose_name = verbose_name_plural = "反映的办理记录"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.report} {self.get_kind_display()}"

    @property
    def said(self) -> str:
        return self.words.open() if self.words else ""

    @classmethod
    def by_report(cls) -> dict[int, list[Self]]:
        """The steps with words, by the key of their report: whoever they name must not read it either."""
        found: dict[int, list[Self]] = {}
        for step in cls.objects.filter(words__isnull=False).only("report", "words"):
            found.setdefault(step.report_id, []).append(step)
        return found


class HigherOffice(TownRule):
    """上级纪委: whom people may call instead, printed on the public page for everybody."""

    name = models.CharField("叫什么", max_length=30, default="区纪委监委")
    phone = models.CharField(
        "电话",
        max_length=20,
        default="12388",
        help_text="12388 是全国统一的举报电话",
        validators=[RegexValidator(r"^[0-9-]{5,20}$", "电话只写数字和短横，如 0564-1234567。")],
    )

    class Meta(TownRule.Meta):
        verbose_name = verbose_name_plural = "上级纪委的电话"

    def __str__(self) -> str:
        return f"{self.name} {self.phone}"
