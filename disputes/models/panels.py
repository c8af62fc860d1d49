"""议事小组: who sits down about a dispute, one third from each of three sides (实施方案五（三）), and who watches."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from core import clock
from core.digests import digest_of
from core.scope import ScopedQuerySet, nodes_of, reach_of
from disputes.models.disputes import SEES, Dispute
from disputes.models.parties import Party
from grids.models import Officer, Person, Post


class PanelQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """All of a village for who sees its disputes; to anybody with a post those in which he sits or watches."""
        sees = list(nodes_of(reach_of(actor, SEES)))
        return self.filter(Q(dispute__territory__in=sees) | Q(pk__in=panels_with(actor)))

    def whole(self) -> Self:
        """With everything that a page of one says about itself."""
        return self.select_related(
            "dispute__territory__parent__parent", "host__user", "settled_by", "sitting"
        )


def panels_with(actor: Any) -> list[int]:
    """The panels in which somebody with an account and a post in force leads, sits or watches."""
    me = getattr(actor, "pk", None)
    if me is None or not Post.objects.of(actor).exists():
        return []
    led = Panel.objects.filter(host__user=me).order_by().values_list("pk", flat=True)
    sits = Seat.objects.filter(officer__user=me).order_by().values_list("panel", flat=True)
    watches = Observer.objects.filter(officer__user=me).order_by().values_list("panel", flat=True)
    return list(led.union(sits, watches))


class Panel(ConcurrentTransitionMixin, models.Model):
    """One meeting of the three thirds, from the first name to the day it was held.

    `number` counts those of one dispute. `settled_at` is when it was settled for the first time: the ledger of a month
    that is over asks it, so 重新改人 leaves it as it is. `settled_by`: who settled it last. `off_because`: why one that
    was settled never sat. What must be so before it is settled stands in services/panel_rules.py.
    """

    TERRITORY = "dispute__territory"

    DRAFTED, SETTLED, HELD, OFF = "drafted", "settled", "held", "off"
    STATES = ((DRAFTED, "还在凑人"), (SETTLED, "定下了"), (HELD, "开过了"), (OFF, "不开了"))
    OVER = (HELD, OFF)

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="panels", verbose_name="纠纷")
    number = models.PositiveSmallIntegerField("第几次", editable=False)
    topic = models.CharField("议什么", max_length=200, blank=True)
    at = models.DateTimeField("什么时候开", null=True, blank=True)
    place = models.CharField("在哪里开", max_length=60, blank=True)
    host = models.ForeignKey(
        Officer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁主持"
    )
    state = FSMField("状态", max_length=8, choices=STATES, default=DRAFTED, protected=True)
    made_at = models.DateTimeField("什么时候建的", editable=False)
    settled_at = models.DateTimeField("什么时候第一次定的", null=True, editable=False)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="谁定的",
    )
    off_because = models.CharField("为什么不开了", max_length=100, blank=True, editable=False)

    objects = PanelQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议事小组"
        ordering = ("dispute", "number")
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "number"],
                name="disputes_panel_number",
                violation_error_message="有人同时建了一个，重新打开这一页。",
            ),
            models.CheckConstraint(
                condition=Q(state="drafted")
                | Q(at__isnull=False, host__isnull=False, settled_at__isnull=False),
                name="disputes_panel_settled",
                violation_error_message="定下的小组要有时间和主持人。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dispute.number} 第 {self.number} 次议事"

    def clean_fields(self, exclude: Any = None) -> None:
        """The state is no field that somebody fills in: its transitions look after it."""
        super().clean_fields({*(exclude or ()), "state"})

    @property
    def facts_version(self) -> str:
        """Which writing of what, when, where and who leads this is: another after each change."""
        return digest_of([self.topic, self.at and self.at.isoformat(), self.place, self.host_id])

    @property
    def is_open(self) -> bool:
        """Whether its people may still change."""
        return self.state == self.DRAFTED

    @property
    def is_over(self) -> bool:
        """It has met, or will not any more."""
        return self.state in self.OVER

    @property
    def state_said(self) -> str:
        return str(self.get_state_display())

    @transition(field=state, source=DRAFTED, target=SETTLED, custom={"title": "定下"})
    def settle(self, actor: Any) -> None:
        self.settled_at, self.settled_by = self.settled_at or clock.now(), actor

    @transition(field=state, source=SETTLED, target=DRAFTED, custom={"title": "重新改人"})
    def reopen(self) -> None:
        self.settled_by = None

    @transition(field=state, source=SETTLED, target=HELD, custom={"title": "议完了"})
    def hold(self) -> None:
        """The sitting is over, whatever came of it."""

    @transition(field=state, source=[DRAFTED, SETTLED], target=OFF, custom={"title": "不开了"})
    def call_off(self, because: str) -> None:
        """Its dispute went another way before anybody sat down, or nobody wants it any more."""
        self.off_because = because


class Invited(models.Model):
    """Somebody who is asked to come: of the register, with a post, or a name; `name` stays as it was."""

    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="花名册里的人"
    )
    officer = models.ForeignKey(
        Officer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="在岗的人"
    )
    name = models.CharField("姓名", max_length=40)
    asked = models.BooleanField("请到了", default=False)
    came = models.BooleanField("来了", null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def person_key(self) -> int | None:
        """The person of the register behind it, if that is known."""
        return self.person_id or (self.officer.person_id if self.officer else None)


class Seat(Invited):
    """One of the thirds. `role` as people say it (侄子, 东头组组长); `near`: a near relative, as
    somebody said; `of_side`: which party's friend it is."""

    TERRITORY = "panel__dispute__territory"

    FRIENDS, BETWEEN, CADRES = "friends", "between", "cadres"
    SIDES = ((FRIENDS, "亲友团"), (BETWEEN, "中间人"), (CADRES, "镇村干部"))

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="seats", verbose_name="议事小组")
    side = models.CharField("坐哪一方", max_length=8, choices=SIDES)
    role = models.CharField("什么人", max_length=40, blank=True)
    of_side = models.CharField("哪一方的亲友", max_length=6, choices=Party.SIDES, blank=True)
    near = models.BooleanField("是当事人的近亲属", default=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议事席位"
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(side="friends") | ~Q(of_side=""),
                name="disputes_seat_friend_of",
                violation_error_message="选是哪一方的亲友。",
            )
        ]

    @property
    def side_said(self) -> str:
        return str(self.get_side_display())


class Observer(Invited):
    """旁听监督: 司法所工作人员、党员群众代表, from beginning to end; they watch and do not speak."""

    TERRITORY = "panel__dispute__territory"

    JUSTICE, MEMBER, VILLAGER = "justice", "member", "villager"
    KINDS = ((JUSTICE, "司法所"), (MEMBER, "党员代表"), (VILLAGER, "群众代表"))

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="observers", verbose_name="议事小组")
    kind = models.CharField("以什么身份", max_length=8, choices=KINDS)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "旁听的人"
        ordering = ("pk",)

    @property
    def side_said(self) -> str:
        return f"旁听（{self.get_kind_display()}）"


class Consent(models.Model):
    """What one party says to inviting relatives, neighbours and the like (人民调解法 §20); asked once for a panel."""

    TERRITORY = "panel__dispute__territory"

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="consents", verbose_name="议事小组")
    party = models.ForeignKey(Party, models.CASCADE, related_name="+", verbose_name="当事人")
    given = models.BooleanField("同意请亲友来")
    at = models.DateTimeField("什么时候问的", editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁问的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "征求当事人同意"
        constraints = [models.UniqueConstraint(fields=["panel", "party"], name="disputes_consent_once")]

    def __str__(self) -> str:
        return f"{self.party}{'同意' if self.given else '不同意'}"


class Objection(models.Model):
    """A party does not want somebody there (人民调解法 §23（一）: 选择或者接受人民调解员), and what the host says.

    Who was objected to stays readable after he has gone; one objection that was upheld holds for the whole panel.
    """

    TERRITORY = "panel__dispute__territory"

    panel = models.ForeignKey(Panel, models.CASCADE, related_name="objections", verbose_name="议事小组")
    party = models.ForeignKey(Party, models.PROTECT, related_name="+", verbose_name="谁提的")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="花名册里的人"
    )
    officer = models.ForeignKey(
        Officer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="在岗的人"
    )
    name = models.CharField("不要谁", max_length=40)
    reason = models.CharField("为什么", max_length=200)
    made_at = models.DateTimeField("什么时候提的", editable=False)
    upheld = models.BooleanField("要不要换人", null=True, blank=True)
    answer = models.CharField("主持人怎么说", max_length=200, blank=True)
    decided_at = models.DateTimeField("什么时候定的", null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁定的",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "当事人提的回避"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.party}不要{self.name}"
