"""矛盾纠纷: what divides people, from the day somebody noticed to the day it is at rest."""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from core import clock
from core.periods import Month
from core.scope import ScopedQuerySet, nodes_of, reach_of
from grids.models import Post, Territory

SEES, WORKS, KEEPS, REPORTS = "disputes.see", "disputes.work", "disputes.keep", "disputes.report"


class DisputeQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """What is within one's reach, and besides, for who settles a village's disputes, those of another village in
        which a household of hers is a party: she reads them, and who has them in hand works on them."""
        from disputes.models.parties import Party

        sees = list(nodes_of(reach_of(actor, SEES)))
        homes = Party.objects.filter(household__village__in=sees).order_by().values("dispute")
        return self.within_reach(actor) | self.filter(pk__in=homes)

    def within_reach(self, actor: Any) -> Self:
        """All of a village for who settles its disputes; of a grid's people what they keep steady and what they
        reported themselves, while they serve there."""
        sees, keeps, reports = (list(nodes_of(reach_of(actor, verb))) for verb in (SEES, KEEPS, REPORTS))
        me = getattr(actor, "pk", None)
        kept = Q(territory__in=keeps) & (Q(keeper=me) | Q(owner=me))
        return self.filter(Q(territory__in=sees) | kept | Q(registered_by=me, territory__in=reports))

    def open(self) -> Self:
        """未化解: nobody has settled it yet, by whatever way."""
        return self.filter(state__in=Dispute.OPEN_STATES)

    def finished(self) -> Self:
        return self.exclude(state__in=Dispute.OPEN_STATES)

    def overdue(self, day: dt.date | None = None) -> Self:
        """Open, and the day by which it should be settled is over."""
        return self.open().filter(due_on__lt=day or clock.today())

    def unreviewed(self, month: Month) -> Self:
        """Open ones found before the month's end without a dated review of it (附件3 之 6: 每月进行 1 次梳理更新)."""
        from disputes.models.moves import Move

        looked = Move.objects.filter(
            dispute=OuterRef("pk"), kind=Move.REVIEW, day__gte=month.first, day__lte=month.last
        )
        return self.open().filter(~Exists(looked), found_on__lte=month.last)

    def to_revisit(self, day: dt.date | None = None) -> Self:
        """Settled, and the day to ask again has come."""
        return self.filter(revisit_on__lte=day or clock.today())

    def waiting_for(self, actor: Any) -> Self:
        """Whose next step is the actor's: to be taken up where she works on disputes, or hers and late or to revisit.

        What nobody of her own level has taken up, or whoever had it no longer serves, lies with every one of them; what
        is her own quarrel, or her household's, with the others. What went to 区 is taken up there.
        """
        from disputes.models.parties import Party

        works = list(nodes_of(reach_of(actor, WORKS)))
        me = getattr(actor, "pk", None)
        low = Q(level__in=(Dispute.GRID, Dispute.VILLAGE))
        level = ~low if _serves_the_town(actor) else low
        loose = Q(level, ~Q(level=Dispute.DISTRICT), state=Dispute.NOTED, territory__in=works)
        today = clock.today()
        late = Q(state__in=Dispute.OPEN_STATES, due_on__lt=today) | Q(revisit_on__lte=today)
        left = Q(level, ~_still_served(), territory__in=works)
        hers = self.filter(loose | Q(late, Q(owner=me) | Q(owner=None, keeper=me) | left))
        return hers.exclude(pk__in=Party.disputes_near(me)) if me else hers

    def listed(self, name: str, actor: Any) -> Self:
        """One of the lists that the desk shows: mine, open, review, revisit, late, done."""
        if name == "mine":
            return self.waiting_for(actor)
        if name == "review":
            return self.unreviewed(Month.of(clock.today()))
        return {"open": self.open, "revisit": self.to_revisit, "late": self.overdue, "done": self.finished}[
            name
        ]()

    def whole(self) -> Self:
        """With everything that a page of one dispute says."""
        return self.select_related("territory__parent__parent", "owner", "keeper", "registered_by")


def _still_served() -> Q:
    """Whether its owner, or without one its keeper, still holds a post with which he can go on with it."""
    places = [OuterRef(f"territory{above}") for above in ("", "__parent", "__parent__parent")]
    there = Q(territory=places[0]) | Q(territory=places[1]) | Q(territory=places[2])
    posts = Post.objects.carrying(WORKS) | Post.objects.carrying(KEEPS)
    owner = Q(Exists(posts.filter(there, officer__user=OuterRef("owner"))))
    return owner | Q(Q(Exists(posts.filter(there, officer__user=OuterRef("keeper")))), owner=None)


def _serves_the_town(actor: Any) -> bool:
    return Territory.objects.filter(reach_of(actor, WORKS).q(), kind=Territory.TOWN).exists()


class Dispute(ConcurrentTransitionMixin, models.Model):
    """One dispute (实施方案五（三）). Moves only by its declared transitions, and each leaves a `Move`.

    `territory`: the grid where it was noticed; the village while nobody knows the grid. It never moves otherwise.
    `owner` (负责人) mediates, `keeper` (稳控负责人) sees that nobody comes to harm meanwhile. `settled_on` counts the
    days of the revisits, and `revisit_on` is the next of them.
    """

    TERRITORY = "territory"

    VISIT, MATTER, SCREENING, ASKED, SUPERIOR = "visit", "matter", "screening", "asked", "superior"
    SOURCES = (
        (VISIT, "走访发现"),
        (MATTER, "群众诉求"),
        (SCREENING, "排查发现"),
        (ASKED, "当事人来说"),
        (SUPERIOR, "上级交办"),
    )
    # The kinds of the people's mediation returns (人民调解统计), in their order.
    MARRIAGE, NEIGHBOURS, HOUSING, LAND, VILLAGE_AFFAIRS, WORKS_ON, OTHER = (
        "marriage",
        "neighbours",
        "housing",
        "land",
        "village",
        "production",
        "other",
    )
    KINDS = (
        (MARRIAGE, "婚姻家庭"),
        (NEIGHBOURS, "邻里"),
        (HOUSING, "房屋宅基地"),
        ("contract", "合同"),
        (WORKS_ON, "生产经营"),
        ("damage", "损害赔偿"),
        (LAND, "山林土地"),
        ("expropriation", "征地拆迁"),
        (VILLAGE_AFFAIRS, "村务管理"),
        ("labour", "劳动争议"),
        ("traffic", "道路交通事故"),
        ("medical", "医疗"),
        ("pollution", "环境污染"),
        ("property", "物业"),
        (OTHER, "其他"),
    )
    GRID, VILLAGE, TOWN, DISTRICT = "grid", "village", "town", "district"
    LEVELS = ((GRID, "网格"), (VILLAGE, "村"), (TOWN, "镇"), (DISTRICT, "区"))

    NOTED, IN_HAND, AGREED, SETTLED, ENDED, HANDED, WITHDRAWN = (
        "noted",
        "in_hand",
        "agreed",
        "settled",
        "ended",
        "handed",
        "withdrawn",
    )
    STATES = (
        (NOTED, "待受理"),
        (IN_HAND, "调处中"),
        (AGREED, "达成协议"),
        (SETTLED, "化解了"),
        (ENDED, "没调成"),
        (HANDED, "转其他途径"),
        (WITHDRAWN, "不算纠纷"),
    )
    OPEN_STATES = (NOTED, IN_HAND, ENDED)
    AT_REST = (AGREED, SETTLED)

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    source = models.CharField("怎么来的", max_length=10, choices=SOURCES)
    kind = models.CharField("类型", max_length=14, choices=KINDS, default=OTHER)
    words = models.CharField("主要问题", max_length=500)
    people = models.PositiveIntegerField("涉及人数", null=True, blank=True)
    major = models.BooleanField("重大纠纷", default=False)
    department = models.CharField("责任部门", max_length=60, blank=True)
    supervised = models.CharField("督办", max_length=100, blank=True)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="哪里的")
    found_on = models.DateField("排查时间")
    registered_at = models.DateTimeField("登记时间", editable=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="收集人",
    )

    state = FSMField("状态", max_length=12, choices=STATES, default=NOTED, protected=True)
    level = models.CharField("纠纷级别", max_length=10, choices=LEVELS, default=GRID)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="负责人",
    )
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="稳控负责人",
    )
    due_on = models.DateField("完成时限")
    outcome = models.CharField("化解情况", max_length=500, blank=True)
    feedback = models.CharField("群众反馈意见", max_length=300, blank=True)
    settled_on = models.DateField("哪天化解的", null=True, blank=True, editable=False)
    revisit_on = models.DateField("哪天回访", null=True, blank=True, editable=False)
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "矛盾纠纷"
        indexes = [
            models.Index(fields=["territory", "found_on"], name="disputes_dispute_log"),
            models.Index(
                fields=["territory", "due_on"],
                condition=Q(state__in=("noted", "in_hand", "ended")),
                name="disputes_dispute_open",
            ),
            models.Index(
                fields=["revisit_on"], condition=Q(revisit_on__isnull=False), name="disputes_dispute_revisit"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("agreed", "settled")) | Q(settled_on__isnull=False),
                name="disputes_dispute_settled",
                violation_error_message="化解了的纠纷要有化解的日子。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.words[:20]}"

    def clean_fields(self, exclude: Any = None) -> None:
        """The state is no field that somebody fills in: its transitions look after it."""
        super().clean_fields({*(exclude or ()), "state"})

    @property
    def number(self) -> str:
        """What people call it by: JF-2026-0037."""
        return f"JF-{self.found_on.year:04d}-{self.pk:04d}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    def days_over(self, day: dt.date | None = None) -> int:
        """Days of the calendar since it should have been settled; 0 while there is time, or when it is at rest."""
        over = ((day or clock.today()) - self.due_on).days
        return over if self.is_open and over > 0 else 0

    @property
    def where(self) -> str:
        """村调处中, 网格待受理 …"""
        return f"{self.get_level_display()}{self.get_state_display()}" if self.is_open else self.state_said

    @property
    def state_said(self) -> str:
        return str(self.get_state_display())

    @property
    def village(self) -> Territory:
        found = self.territory.village
        assert found is not None
        return found

    # --- what may follow what; who may do it is asked by the services --------------------------------------------

    @transition(field=state, source=NOTED, target=IN_HAND, custom={"title": "受理"})
    def accept(self, owner: Any) -> None:
        self.owner = owner
        self.level = self.VILLAGE if self.level == self.GRID else self.level

    @transition(field=state, source=[NOTED, IN_HAND], target=NOTED, custom={"title": "报上一级"})
    def escalate(self) -> None:
        above = [level for level, _ in self.LEVELS]
        self.level = above[max(above.index(self.level), above.index(self.VILLAGE)) + 1]
        self.owner = None

    @transition(field=state, source=[NOTED, IN_HAND, ENDED], target=SETTLED, custom={"title": "化解"})
    def settle(self, outcome: str, day: dt.date) -> None:
        self.outcome, self.settled_on = outcome, day

    @transition(field=state, source=IN_HAND, target=AGREED, custom={"title": "达成协议"})
    def agree(self, outcome: str, day: dt.date) -> None:
        self.outcome, self.settled_on = outcome, day

    @transition(field=state, source=[NOTED, IN_HAND], target=ENDED, custom={"title": "当事人不愿调"})
    def refuse(self) -> None:
        """人民调解法 §17 and §23: nobody is held to mediation who clearly does not want it."""

    @transition(field=state, source=IN_HAND, target=ENDED, custom={"title": "没调成"})
    def fail(self) -> None:
        """人民调解法 §26: it is ended, and the parties are told which ways remain."""

    @transition(field=state, source=ENDED, target=HANDED, custom={"title": "转其他途径"})
    def hand_on(self) -> None:
        """Arbitration, an authority, a court."""

    @transition(field=state, source=AGREED, target=SETTLED, custom={"title": "履行了"})
    def fulfil(self) -> None:
        """The last revisit found that what was agreed is kept."""

    @transition(
        field=state, source=[AGREED, SETTLED, ENDED, HANDED], target=IN_HAND, custom={"title": "又闹起来"}
    )
    def reopen(self, owner: Any) -> None:
        self.owner = owner
        self.settled_on = self.revisit_on = None
        self.outcome = self.feedback = ""

    @transition(field=state, source=[NOTED, IN_HAND], target=WITHDRAWN, custom={"title": "不算纠纷"})
    def withdraw(self) -> None:
        self.owner = None

    @transition(field=state, source=WITHDRAWN, target=NOTED, custom={"title": "恢复"})
    def restore(self) -> None:
        """Withdrawn by mistake."""
