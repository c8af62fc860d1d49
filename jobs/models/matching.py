"""人岗对接: somebody is sent to a place, and how it went, step by step; job fairs, where many are sent at once."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_fsm import RETURN_VALUE, ConcurrentTransitionMixin, FSMField, transition

from core import clock
from core.scope import ScopedQuerySet, nodes_of, reach_of
from grids.models import Household, Person, Territory
from jobs.models.employers import Vacancy
from jobs.models.words import MANAGES, SEES


class JobFair(models.Model):
    """招聘会: a day on which some places and all who look for work come together."""

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村或镇")
    title = models.CharField("招聘会", max_length=60)
    day = models.DateField("哪天")
    place = models.CharField("在哪里", max_length=60)
    vacancies = models.ManyToManyField(Vacancy, blank=True, related_name="fairs", verbose_name="有哪些岗位")
    made_at = models.DateTimeField("什么时候定的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁定的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "招聘会"
        ordering = ("-day", "-pk")

    def __str__(self) -> str:
        return self.title


class MatchQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """Of the places one sees jobs in; whoever looks after a vacancy also sees who is sent to it from elsewhere."""
        sees, manages = (list(nodes_of(reach_of(actor, verb))) for verb in (SEES, MANAGES))
        return self.filter(Q(territory__in=sees) | Q(vacancy__territory__in=manages))

    def whole(self) -> Self:
        """With everything that a page says of one."""
        return self.select_related(
            "person__household__group", "territory__parent", "made_by", "fair"
        ).select_related("vacancy__employer", "vacancy__territory", "vacancy__trade", "vacancy__village")

    def running(self) -> Self:
        """Of which the next word is awaited."""
        return self.filter(state__in=Match.RUNNING)

    def to_be_asked(self) -> Self:
        """Has begun, and the months after which one asks are over (该回访)."""
        return self.filter(state=Match.STARTED, ask_on__lte=clock.today())

    def placed(self) -> Self:
        """Who has begun there and not left."""
        return self.filter(state__in=(Match.STARTED, Match.KEPT))


class Match(ConcurrentTransitionMixin, models.Model):
    """One person, sent to one place. `territory` is the grid he lived in on that day; `why`: the reasons that were
    given for it, as they stood then. A no is written down to help with, never held against anybody (domain.md)."""

    TERRITORY = "territory"

    RECOMMENDED, CONTACTED, INTERVIEWED, STARTED, KEPT = (
        "recommended",
        "contacted",
        "interviewed",
        "started",
        "kept",
    )
    UNREACHED, UNWILLING, NOT_TAKEN, LEFT, DROPPED = "unreached", "unwilling", "not_taken", "left", "dropped"
    STATES = (
        (RECOMMENDED, "推荐了"),
        (CONTACTED, "联系上了"),
        (INTERVIEWED, "面试了"),
        (STARTED, "到岗"),
        (KEPT, "稳岗"),
        (UNREACHED, "未联系上"),
        (UNWILLING, "不愿去"),
        (NOT_TAKEN, "单位没要"),
        (LEFT, "离岗"),
        (DROPPED, "不推荐了"),
    )
    RUNNING = (RECOMMENDED, CONTACTED, INTERVIEWED, UNREACHED)
    OPEN = (*RUNNING, STARTED, KEPT)
    ENDED = (UNWILLING, NOT_TAKEN, LEFT, DROPPED)
    REASONS = (
        ("far", "太远"),
        ("wage", "工资低"),
        ("care", "要照顾家里"),
        ("health", "身体吃不消"),
        ("hours", "时间不合"),
        ("skill", "技能不够"),
        ("found", "自己找到了活"),
        ("full", "单位招满了"),
        ("other", "别的原因"),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="matches", verbose_name="求职人")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    vacancy = models.ForeignKey(Vacancy, models.PROTECT, related_name="matches", verbose_name="岗位")
    fair = models.ForeignKey(
        JobFair, models.PROTECT, null=True, blank=True, related_name="matches", verbose_name="招聘会"
    )
    score = models.PositiveSmallIntegerField("合不合适（满分 100）", default=0)
    first = models.BooleanField("低保户先", default=False)
    why = models.CharField("推荐理由", max_length=300, blank=True)
    state = FSMField("结果", max_length=12, choices=STATES, default=RECOMMENDED, protected=True)
    reason = models.CharField("未成原因", max_length=8, choices=REASONS, blank=True)
    day = models.DateField("哪天推荐的")
    started_on = models.DateField("哪天到岗", null=True, blank=True, editable=False)
    ask_on = models.DateField("哪天回访", null=True, blank=True, editable=False)
    ended_on = models.DateField("哪天了结", null=True, blank=True, editable=False)
    made_at = models.DateTimeField("什么时候记的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="推荐人"
    )

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "人岗对接"
        indexes = [
            models.Index(fields=["territory", "day", "id"], name="jobs_match_log"),
            models.Index(fields=["ask_on"], condition=Q(state="started"), name="jobs_match_ask"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "vacancy"],
                condition=Q(
                    state__in=("recommended", "contacted", "interviewed", "unreached", "started", "kept")
                ),
                name="jobs_match_once",
                violation_error_message="已经把他推荐到这个岗位了。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.vacancy}"

    @property
    def is_to_be_asked(self) -> bool:
        """The same of one."""
        return self.state == self.STARTED and self.ask_on is not None and self.ask_on <= clock.today()

    @transition(field=state, source=[RECOMMENDED, UNREACHED], target=CONTACTED, custom={"title": "联系上了"})
    def contact(self) -> None: ...

    @transition(field=state, source=[RECOMMENDED, UNREACHED], target=UNREACHED, custom={"title": "没联系上"})
    def miss(self) -> None: ...

    @transition(
        field=state,
        source=[RECOMMENDED, CONTACTED, UNREACHED],
        target=INTERVIEWED,
        custom={"title": "面试了"},
    )
    def interview(self) -> None: ...

    @transition(
        field=state,
        source=[RECOMMENDED, CONTACTED, INTERVIEWED, UNREACHED],
        target=STARTED,
        custom={"title": "到岗"},
    )
    def start(self) -> None: ...

    @transition(field=state, source=STARTED, target=KEPT, custom={"title": "还在干"})
    def keep(self) -> None: ...

    @transition(field=state, source=[STARTED, KEPT], target=LEFT, custom={"title": "离岗"})
    def leave(self) -> None: ...

    @transition(
        field=state,
        source=[RECOMMENDED, CONTACTED, INTERVIEWED, UNREACHED],
        target=UNWILLING,
        custom={"title": "不愿去"},
    )
    def decline(self) -> None: ...

    @transition(field=state, source=[CONTACTED, INTERVIEWED], target=NOT_TAKEN, custom={"title": "单位没要"})
    def turn_down(self) -> None: ...

    @transition(field=state, source=[RECOMMENDED, UNREACHED], target=DROPPED, custom={"title": "不推荐了"})
    def drop(self) -> None: ...

    @transition(
        field=state,
        source=[CONTACTED, INTERVIEWED, UNREACHED, STARTED, KEPT, *ENDED],
        target=RETURN_VALUE(*OPEN),
        custom={"title": "撤回"},
    )
    def take_back(self, before: str) -> str:
        return before


class MatchStepQuerySet(ScopedQuerySet):
    def keeping(self) -> Self:
        """Each 稳岗 that stands: only a taking back of it leads back from there to 到岗."""
        back = MatchStep.objects.filter(kind=MatchStep.TAKEN_BACK, state=Match.STARTED)
        return self.filter(~Exists(back.filter(match=OuterRef("match"), pk__gt=OuterRef("pk"))), kind="keep")


class MatchStep(models.Model):
    """One step of a match: who, when, why; never edited."""

    TERRITORY = "match__territory"

    match = models.ForeignKey(Match, models.CASCADE, related_name="steps", verbose_name="对接")
    kind = models.CharField("做了什么", max_length=12)
    state = models.CharField("之后", max_length=12, choices=Match.STATES)
    reason = models.CharField("为什么", max_length=8, choices=Match.REASONS, blank=True)
    words = models.CharField("说明", max_length=300, blank=True)
    day = models.DateField("哪天")
    at = models.DateTimeField("什么时候记的", editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    # What cannot be taken back: it is itself a taking back, or what a match began with.
    TAKEN_BACK = "take_back"
    STANDS = ("recommend", TAKEN_BACK)

    objects = MatchStepQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "对接记录"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.match} {self.get_state_display()}"
