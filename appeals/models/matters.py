"""诉求: one need of somebody, on its way from whoever heard it to the answer the villager is given."""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from core import clock
from core.models import WithPhone
from core.scope import ScopedQuerySet, nodes_of, reach_of, roots_of
from core.workdays import Calendar
from disputes.models import Dispute
from grids.models import Household, Person, Post, Territory

SEES, HANDLES, WORKS, OPENS = "matters.see", "matters.handle", "matters.work", "matters.open"


class MatterQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """All of a village for who oversees it; at a grid what lies with the grid; and one's own everywhere one still
        serves: what was sent to one, and what one registered oneself."""
        sees, handles, works, opens = (
            list(nodes_of(reach_of(actor, verb))) for verb in (SEES, HANDLES, WORKS, OPENS)
        )
        me = getattr(actor, "pk", None)
        return self.filter(
            Q(territory__in=sees)
            | Q(level=Matter.GRID, territory__in=handles)
            | Q(owner=me, territory__in=works)
            | Q(opened_by=me, territory__in=opens)
        )

    def waiting_for(self, actor: Any) -> Self:
        """Whose next step is the actor's: it lies with her own office and nobody has it in hand, or she has it, or she
        has answered and is still to ask how content the villager is.

        What lies with a grid that was closed, or where nobody serves, waits for the village; what somebody had whose
        post has ended waits again for the office it lies with.
        """
        roots, works = list(roots_of(reach_of(actor, HANDLES))), list(nodes_of(reach_of(actor, WORKS)))
        grid, village = Q(territory__kind=Territory.GRID), Q(territory__kind=Territory.VILLAGE)
        at_village = Q(grid, territory__parent__in=roots) | Q(village, territory__in=roots)
        at_town = Q(grid, territory__parent__parent__in=roots) | Q(village, territory__parent__in=roots)
        lying = (
            Q(level=Matter.GRID, territory__in=roots)
            | Q(at_village, _unmanned(), level=Matter.GRID)
            | Q(at_village, level=Matter.VILLAGE)
            | Q(at_town, level__in=(Matter.TOWN, Matter.DISTRICT))
        )
        loose = Q(state=Matter.COLLECTED) | Q(~_owner_serves(), state__in=Matter.WITH_SOMEBODY)
        me = getattr(actor, "pk", None)
        # While its petition runs it cannot be closed: there is nothing to ask the villager yet.
        free = Q(petition__isnull=True) | Q(petition__state="ended")
        hers = Q(owner=me, state__in=Matter.WITH_SOMEBODY) | Q(free, answered_by=me, state=Matter.ANSWERED)
        return self.filter(Q(lying, loose) | Q(hers, territory__in=works))

    def open(self) -> Self:
        """Whoever asked has no answer yet."""
        return self.filter(state__in=Matter.OPEN_STATES)

    def overdue(self, day: dt.date | None = None) -> Self:
        """Open, and a day of work has begun since the promised day."""
        return self.open().filter(due_on__lt=Calendar().last_workday(day or clock.today()))

    def finished(self) -> Self:
        """Answered, closed, or withdrawn."""
        return self.exclude(state__in=Matter.OPEN_STATES)

    def listed(self, name: str, actor: Any) -> Self:
        """One of the lists that desk and API show: mine, open, late, done."""
        if name == "mine":
            return self.waiting_for(actor)
        return {"open": self.open, "late": self.overdue, "done": self.finished}[name]()

    def whole(self) -> Self:
        """With everything that a page of one matter says."""
        return self.select_related(
            "household",
            "person",
            "territory__parent__parent",
            "owner",
            "opened_by",
            "answered_by",
            "petition",
            "dispute",
        )


def _unmanned() -> Q:
    there = Post.objects.carrying(HANDLES).filter(territory=OuterRef("territory"))
    return Q(territory__closed_on__isnull=False) | ~Q(Exists(there))


def _owner_serves() -> Q:
    places = [OuterRef(f"territory{above}") for above in ("", "__parent", "__parent__parent")]
    there = Q(territory=places[0]) | Q(territory=places[1]) | Q(territory=places[2])
    return Q(Exists(Post.objects.carrying(WORKS).filter(there, officer__user=OuterRef("owner"))))


def _no_petition_runs(matter: "Matter") -> bool:
    """Nobody closes or withdraws a matter around its 信访登记: that ends first, by the steps the law has for it."""
    return not matter.petition_runs


def _in_hand_or_at_the_district(matter: "Matter") -> bool:
    """Of what 区 works on, the town writes down what came of it."""
    return matter.state == Matter.IN_HAND or matter.level == Matter.DISTRICT


class Matter(ConcurrentTransitionMixin, WithPhone, models.Model):
    """One matter (附件 五（三） 群众诉求). Moves only by its declared transitions, and each leaves a `Move`.

    `territory`: the grid when it was registered; while nobody knows the grid the village, until it is given to
    somebody of a grid. It never moves otherwise.
    `level`: who has it now, settled as low as possible. `due_on`: the promised day by the town's ResponseTime, of a
    complex one the day of its plan until that is made. `owner` is who works on it.
    """

    TERRITORY = "territory"

    VISIT, HOTLINE, BUTTON, MEETING, WISH, CITIZENS_LINE, WALK_IN, SUPERIOR, ONLINE = (
        "visit",
        "hotline",
        "button",
        "meeting",
        "wish",
        "12345",
        "walk_in",
        "superior",
        "online",
    )
    SOURCES = (
        (VISIT, "走访"),
        (HOTLINE, "书记热线"),
        (BUTTON, "呼叫器"),
        (MEETING, "板凳会"),
        (WISH, "心愿"),
        (CITIZENS_LINE, "12345"),
        (WALK_IN, "上门来说"),
        (SUPERIOR, "上级交办"),
        (ONLINE, "扫码留言"),
    )
    ENVIRONMENT, DANGER, DISPUTE, OTHER = "environment", "danger", "dispute", "other"
    FIELDS = (
        ("young", "幼有所育"),
        ("learning", "学有所教"),
        ("work", "劳有所得"),
        ("illness", "病有所医"),
        ("old", "老有所养"),
        ("housing", "住有所居"),
        ("weak", "弱有所扶"),
        (DISPUTE, "矛盾纠纷"),
        (ENVIRONMENT, "环境"),
        (DANGER, "隐患"),
        (OTHER, "别的事"),
    )
    NOW, DAYS, CALM = "now", "days", "calm"
    URGENCIES = ((NOW, "马上"), (DAYS, "三天内"), (CALM, "不急"))
    SIMPLE, ORDINARY, COMPLEX = "simple", "ordinary", "complex"
    GRADES = ((SIMPLE, "简单"), (ORDINARY, "一般"), (COMPLEX, "复杂"))
    GRID, VILLAGE, TOWN, DISTRICT = "grid", "village", "town", "district"
    LEVELS = ((GRID, "网格"), (VILLAGE, "村"), (TOWN, "镇"), (DISTRICT, "区"))
    ABOVE = {GRID: VILLAGE, VILLAGE: TOWN, TOWN: DISTRICT}
    GOOD, FAIR, BAD, UNKNOWN = "good", "fair", "bad", "unknown"
    RATINGS = ((GOOD, "满意"), (FAIR, "基本满意"), (BAD, "不满意"), (UNKNOWN, "没有评价"))

    COLLECTED, DISPATCHED, IN_HAND, DONE, ANSWERED, CLOSED, WITHDRAWN = (
        "collected",
        "dispatched",
        "in_hand",
        "done",
        "answered",
        "closed",
        "withdrawn",
    )
    STATES = (
        (COLLECTED, "待受理"),
        (DISPATCHED, "已交办"),
        (IN_HAND, "在办"),
        (DONE, "办好，待回复"),
        (ANSWERED, "已回复，待评价"),
        (CLOSED, "办结"),
        (WITHDRAWN, "不办了"),
    )
    OPEN_STATES = (COLLECTED, DISPATCHED, IN_HAND, DONE)
    WITH_SOMEBODY = (DISPATCHED, IN_HAND, DONE)

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    source = models.CharField("来源", max_length=10, choices=SOURCES)
    field = models.CharField("哪方面", max_length=12, choices=FIELDS, default=OTHER)
    words = models.CharField("什么事", max_length=500)
    urgency = models.CharField("急不急", max_length=6, choices=URGENCIES, default=DAYS)
    grade = models.CharField("难不难", max_length=10, choices=GRADES, default=ORDINARY)
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="matters", verbose_name="户"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="谁的事"
    )
    caller = models.CharField("诉求人", max_length=40, blank=True)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="哪里的")
    opened_at = models.DateTimeField("登记时间", editable=False)
    opened_on = models.DateField("哪天提的", help_text="时限从这天算起")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="登记人",
    )

    state = FSMField("状态", max_length=12, choices=STATES, default=COLLECTED, protected=True)
    level = models.CharField("在哪一级", max_length=10, choices=LEVELS, default=GRID)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="matters",
        verbose_name="承办人",
    )
    due_on = models.DateField("承诺时限")
    plan = models.CharField("办理办法", max_length=500, blank=True)
    outcome = models.CharField("办理结果", max_length=500, blank=True)
    answered_on = models.DateField("哪天回复的", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="回访人",
    )
    rating = models.CharField("满意度", max_length=10, choices=RATINGS, blank=True)
    closed_on = models.DateField("办结日期", null=True, blank=True)
    dispute = models.ForeignKey(
        Dispute,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="matters",
        verbose_name="转成的纠纷",
    )
    reopened = models.PositiveSmallIntegerField("重新办过几次", default=0, editable=False)
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = MatterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "诉求"
        indexes = [
            models.Index(fields=["territory", "opened_on"], name="appeals_matter_log"),
            models.Index(fields=["household", "state"], name="appeals_matter_household"),
            models.Index(fields=["owner", "due_on"], name="appeals_matter_owner"),
            models.Index(
                fields=["territory", "due_on"],
                condition=Q(state__in=("collected", "dispatched", "in_hand", "done")),
                name="appeals_matter_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("dispatched", "in_hand", "done"), owner__isnull=False)
                | ~Q(state__in=("dispatched", "in_hand", "done")),
                name="appeals_matter_owned",
                violation_error_message="交办和在办的事要有承办人。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("answered", "closed")) | Q(answered_on__isnull=False),
                name="appeals_matter_answered",
                violation_error_message="没回复群众的事不能办结。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.words[:20]}"

    def clean_fields(self, exclude: Any = None) -> None:
        """The state is no field that somebody fills in: its transitions look after it."""
        super().clean_fields({*(exclude or ()), "state"})

    @property
    def number(self) -> str:
        """What people call it by: SQ-2026-0311."""
        return f"SQ-{self.opened_on.year:04d}-{self.pk:04d}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def petition_runs(self) -> bool:
        """Whether a 信访登记 of it has not ended; a query unless `petition` was fetched with it."""
        petition = getattr(self, "petition", None)
        return petition is not None and petition.is_running

    def days_over(self, day: dt.date | None = None, calendar: Calendar | None = None) -> int:
        """Days of work since the promised day; 0 while it is not over, or when whoever asked has an answer."""
        day = day or clock.today()
        if not self.is_open or day <= self.due_on:
            return 0
        return len((calendar or Calendar()).workdays(self.due_on + dt.timedelta(days=1), day))

    @property
    def who(self) -> str:
        """Whose matter it is, as people say it."""
        return self.caller or (self.household.head_name if self.household else "") or "没留姓名"

    @property
    def where(self) -> str:
        """村待受理, 网格在办 …"""
        return f"{self.get_level_display()}{self.get_state_display()}"

    @property
    def place(self) -> Territory:
        """The node whose people have it now; of the district the town, which carries it there."""
        if self.level == self.GRID:
            return self.territory
        village = self.territory.village
        assert village is not None
        return village if self.level == self.VILLAGE else village.parent

    @property
    def village(self) -> Territory:
        found = self.territory.village
        assert found is not None
        return found

    # --- what may follow what; who may do it is asked by the services --------------------------------------------

    @transition(field=state, source=COLLECTED, target=IN_HAND, custom={"title": "受理"})
    def accept(self, owner: Any) -> None:
        self.owner = owner

    @transition(
        field=state, source=[COLLECTED, DISPATCHED, IN_HAND], target=DISPATCHED, custom={"title": "交办"}
    )
    def dispatch(self, owner: Any) -> None:
        self.owner = owner

    @transition(field=state, source=DISPATCHED, target=IN_HAND, custom={"title": "接办"})
    def take(self) -> None:
        """By whom it was sent to."""

    @transition(field=state, source=[DISPATCHED, IN_HAND], target=COLLECTED, custom={"title": "退回"})
    def give_back(self) -> None:
        self.owner = None

    @transition(
        field=state, source=[COLLECTED, DISPATCHED, IN_HAND], target=COLLECTED, custom={"title": "报上一级"}
    )
    def escalate(self, since: str) -> None:
        """To the level above `since`: above its own, or above that of who reports it up."""
        self.level, self.owner = self.ABOVE[since], None

    @transition(
        field=state,
        source=[COLLECTED, IN_HAND],
        target=DONE,
        conditions=[_in_hand_or_at_the_district],
        custom={"title": "办好"},
    )
    def settle(self, outcome: str) -> None:
        self.outcome = outcome

    @transition(field=state, source=[IN_HAND, DONE], target=ANSWERED, custom={"title": "回复"})
    def answer(self, by: Any, day: dt.date) -> None:
        self.answered_by, self.answered_on = by, day

    @transition(
        field=state,
        source=ANSWERED,
        target=CLOSED,
        conditions=[_no_petition_runs],
        custom={"title": "评价、办结"},
    )
    def close(self, rating: str, day: dt.date) -> None:
        self.rating, self.closed_on = rating, day

    @transition(field=state, source=[ANSWERED, CLOSED], target=COLLECTED, custom={"title": "重新办"})
    def reopen(self) -> None:
        self.reopened += 1
        self.owner = self.answered_by = self.answered_on = self.closed_on = None
        self.rating = self.outcome = self.plan = ""

    @transition(
        field=state,
        source=[COLLECTED, DISPATCHED, IN_HAND],
        target=WITHDRAWN,
        conditions=[_no_petition_runs],
        custom={"title": "不办了"},
    )
    def withdraw(self) -> None:
        self.owner = None

    @transition(field=state, source=WITHDRAWN, target=COLLECTED, custom={"title": "恢复"})
    def restore(self) -> None:
        """Withdrawn by mistake."""
