"""文书和卷宗: what the parties agreed on and who signed it, what they were called to, and scans of what is on paper."""

import datetime as dt
import uuid
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from core import clock
from core.digests import digest_of
from core.scope import ScopedQuerySet
from disputes.models.disputes import Dispute
from disputes.models.parties import Party
from grids.models import Territory

CONFIRM_DAYS = 30  # 人民调解法 §33: 自调解协议生效之日起三十日内
SOON = 10  # days before that from which it is said


class AgreementQuerySet(ScopedQuerySet):
    def standing(self) -> Self:
        """In force, kept or not: what the parties are bound by (人民调解法 §31)."""
        return self.filter(state__in=Agreement.STANDING)

    def to_confirm(self, day: dt.date | None = None) -> Self:
        """In force, the days for judicial confirmation end soon, and nobody said whether the parties want it."""
        today = day or clock.today()
        return self.filter(
            state=Agreement.IN_FORCE,
            confirmation=Agreement.OPEN,
            confirm_by__range=(today, today + dt.timedelta(days=SOON)),
        )

    def listed(self, name: str) -> Self:
        """One of the lists that the desk shows: confirm, drafts, force, done."""
        if name == "confirm":
            return self.to_confirm()
        states = {"drafts": (Agreement.DRAFTED,), "force": (Agreement.IN_FORCE,)}
        return self.filter(
            state__in=states.get(
                name,
                (Agreement.PERFORMED, Agreement.BROKEN, Agreement.SUPERSEDED, Agreement.DISCARDED),
            )
        )

    def whole(self) -> Self:
        """With everything that its paper says."""
        return self.select_related("dispute__territory__parent__parent", "village", "replaces", "drafted_by")


class Agreement(ConcurrentTransitionMixin, models.Model):
    """One agreement (人民调解法 §28), written or by word of mouth. In force it is never edited: a change is another.

    `number` is counted for each village and year; that of a draft that was discarded stays used. `in_force_on`,
    written: the day of the last of signatures and seal (§29: 自各方当事人签名、盖章或者按指印，人民调解员签名并加盖人民
    调解委员会印章之日起生效); oral: the day the parties agreed (§30: 自各方当事人达成协议之日起生效). `confirm_by`:
    until then they may ask the court together to confirm it (§33), days of the calendar. `sequel`: how it was kept or
    not, or why the draft was discarded, line by line; nobody reads it but who reads the agreement.
    """

    TERRITORY = "dispute__territory"

    WRITTEN, ORAL = "written", "oral"
    FORMS = ((WRITTEN, "协议书"), (ORAL, "口头协议"))
    DRAFTED, IN_FORCE, PERFORMED, BROKEN, SUPERSEDED, DISCARDED = (
        "drafted",
        "in_force",
        "performed",
        "broken",
        "superseded",
        "discarded",
    )
    STATES = (
        (DRAFTED, "草稿"),
        (IN_FORCE, "生效"),
        (PERFORMED, "履行了"),
        (BROKEN, "没履行"),
        (SUPERSEDED, "换成新的了"),
        (DISCARDED, "作废了"),
    )
    STANDING = (IN_FORCE, PERFORMED, BROKEN)
    OPEN, UNWANTED, ASKED, CONFIRMED, REFUSED = "", "unwanted", "asked", "confirmed", "refused"
    CONFIRMATIONS = (
        (OPEN, "还没问"),
        (UNWANTED, "当事人不申请"),
        (ASKED, "已共同申请"),
        (CONFIRMED, "法院确认有效"),
        (REFUSED, "法院没有确认"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="agreements", verbose_name="纠纷")
    village = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="哪个村")
    year = models.PositiveSmallIntegerField("年份", editable=False)
    order = models.PositiveIntegerField("第几份", editable=False)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name="换掉哪一份"
    )
    form = models.CharField("怎么定的", max_length=7, choices=FORMS, default=WRITTEN)
    facts = models.CharField("纠纷事实", max_length=2000)
    points = models.CharField("争议焦点", max_length=1000, blank=True)
    terms = models.CharField("协议内容", max_length=3000)
    performance = models.CharField("履行方式和期限", max_length=1000)
    perform_by = models.DateField("最晚哪天履行完", null=True, blank=True)
    drafted_at = models.DateTimeField("起草时间", editable=False)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="起草人"
    )
    state = FSMField("状态", max_length=10, choices=STATES, default=DRAFTED, protected=True)
    mediators = models.CharField("调解员", max_length=100, blank=True)
    mediated_on = models.DateField("调解员哪天签的", null=True, blank=True)
    sealed_on = models.DateField("哪天盖的章", null=True, blank=True)
    in_force_on = models.DateField("哪天生效", null=True, blank=True)
    ended_on = models.DateField("哪天履行完", null=True, blank=True)
    confirm_by = models.DateField("最晚哪天申请司法确认", null=True, blank=True)
    confirmation = models.CharField(
        "司法确认", max_length=10, choices=CONFIRMATIONS, default=OPEN, blank=True
    )
    asked_on = models.DateField("哪天申请的", null=True, blank=True)
    ruled_on = models.DateField("法院哪天定的", null=True, blank=True)
    ruling = models.CharField("法院文书号", max_length=60, blank=True)
    sequel = models.CharField("后来怎么样", max_length=1000, blank=True)
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调解协议"
        constraints = [
            models.UniqueConstraint(fields=["village", "year", "order"], name="disputes_agreement_number"),
            models.UniqueConstraint(
                fields=["dispute"],
                condition=Q(state="drafted"),
                name="disputes_agreement_one_draft",
                violation_error_message="这件纠纷已经有一份草稿，改那一份。",
            ),
            models.UniqueConstraint(
                fields=["dispute"], condition=Q(state="in_force"), name="disputes_agreement_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("drafted", "discarded"))
                | Q(in_force_on__isnull=False, confirm_by__isnull=False),
                name="disputes_agreement_in_force",
                violation_error_message="生效的协议要有生效的日子。",
            ),
        ]
        indexes = [
            models.Index(
                fields=["confirm_by"],
                condition=Q(state="in_force", confirmation=""),
                name="disputes_agreement_confirm",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def clean_fields(self, exclude: Any = None) -> None:
        """The state is no field that somebody fills in: its transitions look after it."""
        super().clean_fields({*(exclude or ()), "state"})

    @property
    def number(self) -> str:
        """协议书编号: HJTX-206-2026-0007, the seventh of its village in that year; 206 ends the village's code, so that
        no two of the town are alike."""
        return f"HJTX-{self.village.code[-3:]}-{self.year:04d}-{self.order:04d}"

    @property
    def digest_of_text(self) -> str:
        """Of what is agreed: who signed on one page signs this text, and no other that was written meanwhile."""
        return digest_of([self.form, self.facts, self.points, self.terms, self.performance, self.perform_by])

    @property
    def is_oral(self) -> bool:
        return self.form == self.ORAL

    def days_to_confirm(self, day: dt.date | None = None) -> int | None:
        """Days left to ask the court, 0 on the last one; None when it is not the question (any more)."""
        if self.state != self.IN_FORCE or self.confirmation != self.OPEN or self.confirm_by is None:
            return None
        left = (self.confirm_by - (day or clock.today())).days
        return left if left >= 0 else None

    @property
    def is_soon(self) -> bool:
        """Whether the days to ask the court end soon."""
        left = self.days_to_confirm()
        return left is not None and left <= SOON

    # --- what may follow what; who may do it is asked by the services --------------------------------------------

    @transition(field=state, source=DRAFTED, target=IN_FORCE, custom={"title": "生效"})
    def come_into_force(self, day: dt.date) -> None:
        self.in_force_on = day
        self.confirm_by = day + dt.timedelta(days=CONFIRM_DAYS)

    @transition(field=state, source=[IN_FORCE, BROKEN], target=PERFORMED, custom={"title": "履行了"})
    def perform(self, day: dt.date) -> None:
        self.ended_on = day

    @transition(field=state, source=IN_FORCE, target=BROKEN, custom={"title": "没履行"})
    def fall_through(self) -> None:
        """人民调解法 §31: the committee sees whether it is kept and urges the parties to keep it."""

    @transition(field=state, source=DRAFTED, target=DISCARDED, custom={"title": "作废"})
    def discard(self) -> None:
        """Nothing came of it; the number stays used."""

    @transition(field=state, source=[IN_FORCE, BROKEN], target=SUPERSEDED, custom={"title": "换成新的"})
    def give_way(self) -> None:
        """Another agreement of the same dispute came into force; this one stays to be read."""


class Signature(models.Model):
    """A party under one agreement. `name` and `about` stay as they were on the day of signing, whoever is party later;
    an oral agreement has a row for each party too, with the day on which they agreed."""

    TERRITORY = "agreement__dispute__territory"

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="signatures", verbose_name="协议")
    party = models.ForeignKey(
        Party, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="当事人"
    )
    side = models.CharField("哪一方", max_length=6, choices=Party.SIDES)
    name = models.CharField("姓名", max_length=40)
    about = models.CharField("基本情况", max_length=200, blank=True)
    signed_on = models.DateField("哪天签的")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "协议签名"
        ordering = ("agreement", "side", "pk")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "party"], name="disputes_signature_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Summons(models.Model):
    """调解通知书: when and where the parties are asked to come. One paper for each of them."""

    TERRITORY = "dispute__territory"

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="summonses", verbose_name="纠纷")
    meets_at = models.DateTimeField("什么时候调解")
    place = models.CharField("在哪里调解", max_length=60)
    issued_at = models.DateTimeField("通知时间", editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="通知人"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调解通知"
        ordering = ("dispute", "pk")

    def __str__(self) -> str:
        return f"{clock.cn_date(clock.local_date(self.meets_at))} {self.place}"


class Scan(models.Model):
    """A paper of the case file: its pages, and the file if it was scanned. The file lies sealed below MEDIA_ROOT.

    `item`: which of the thirteen items of the case file (services/casefile.py) it belongs to. A paper that we print
    ourselves has one row for its pages, under a number made of what it is (`number_of`); people's own are random.
    """

    TERRITORY = "dispute__territory"

    NONE, PDF, JPEG = "", "pdf", "jpg"
    KINDS = ((NONE, "只登记页数"), (PDF, "PDF"), (JPEG, "照片"))

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="scans", verbose_name="纠纷")
    item = models.CharField("卷宗里的哪一项", max_length=12)
    pages = models.PositiveSmallIntegerField("页数")
    kind = models.CharField("什么文件", max_length=3, choices=KINDS, default=NONE, blank=True)
    size = models.PositiveIntegerField("大小（字节）", default=0, editable=False)
    added_at = models.DateTimeField("什么时候放进来的", editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁放进来的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "卷宗里的纸"
        ordering = ("dispute", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(pages__range=(1, 500)),
                name="disputes_scan_pages",
                violation_error_message="页数填 1 到 500。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pages} 页"

    @staticmethod
    def number_of(dispute: int, paper: str) -> UUID:
        """Of the row for the pages of one of our own papers: application, register, minutes-3 …"""
        return uuid5(NAMESPACE_URL, f"hongji:disputes:{dispute}:{paper}")

    @property
    def is_ours(self) -> bool:
        """Whether it is the pages of a paper that we print."""
        return is_named(self.uuid)


def is_named(number: UUID) -> bool:
    """Whether a number is made of a name, as `Scan.number_of` makes them, and not random."""
    return number.version == 5


class ScanReading(models.Model):
    """Somebody took a scan of a case file out to read: who, which item, when. It stays when the scan is taken out."""

    TERRITORY = "dispute__territory"

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="scan_readings", verbose_name="纠纷")
    item = models.CharField("卷宗里的哪一项", max_length=12)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁下载的"
    )
    at = models.DateTimeField("什么时候", editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下载扫描件的记录"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.reader} {self.item}"
