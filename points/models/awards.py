"""积分申报: a good deed on its way from the one who says so to the books, and everybody who had a hand in it."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from core.scope import ScopedQuerySet, nodes_of, reach_of
from grids.models import Household, Person, Territory
from points.models.books import Posting
from points.models.schemes import Item

CLAIMS, CHECKS, DECIDES, SEES = "points.claim", "points.check", "points.decide", "points.see"


class AwardQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """All of the place for who sees its points; else what one claimed oneself and while one serves there."""
        sees, claims = (list(nodes_of(reach_of(actor, verb))) for verb in (SEES, CLAIMS))
        me = getattr(actor, "pk", None)
        return self.filter(Q(territory__in=sees) | Q(claimed_by=me, territory__in=claims))

    def in_state(self, *states: str) -> Self:
        return self.filter(state__in=states)

    def counting(self) -> Self:
        """What has or may still come into the books: caps look at these."""
        return self.exclude(state__in=(Award.REFUSED, Award.WITHDRAWN, Award.REVERSED))

    def objected(self) -> Self:
        """Somebody has spoken against it and nobody has decided yet."""
        return self.filter(Exists(Challenge.objects.filter(award=OuterRef("pk"), decided_at__isnull=True)))

    def whole(self) -> Self:
        """With everything that a page or a ledger says of one."""
        return self.select_related(
            "item__scheme", "household", "person", "notice", "claimed_by", "checked_by", "decided_by"
        ).select_related("territory__parent__parent", "group", "posting")


class Award(ConcurrentTransitionMixin, models.Model):
    """One deed of one household. `territory` and `group` are where it lived on the day it was claimed.

    `key` says of what it is where another room proposed it (`visit:<uuid>:rule:<id>`), so that a deed counts once.
    `claimed` is what was asked for, `points` what was decided. Whoever claimed it neither checks nor decides it,
    whoever checked it does not decide it (domain.md, "Points").
    """

    TERRITORY = "territory"

    CLAIMED, CHECKED, DECIDED, SHOWN, POSTED, REFUSED, WITHDRAWN, REVERSED = (
        "claimed",
        "checked",
        "decided",
        "shown",
        "posted",
        "refused",
        "withdrawn",
        "reversed",
    )
    STATES = (
        (CLAIMED, "待初审"),
        (CHECKED, "待复核"),
        (DECIDED, "待公示"),
        (SHOWN, "公示中"),
        (POSTED, "已入账"),
        (REFUSED, "没通过"),
        (WITHDRAWN, "撤回了"),
        (REVERSED, "已冲正"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    key = models.CharField("凭什么", max_length=120, unique=True, null=True, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="awards", verbose_name="积分项目")
    household = models.ForeignKey(Household, models.PROTECT, related_name="awards", verbose_name="户")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="awards", verbose_name="谁做的"
    )
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    group = models.ForeignKey("grids.VillagerGroup", models.PROTECT, related_name="+", verbose_name="村民组")
    day = models.DateField("哪天做的")
    number = models.PositiveSmallIntegerField("几个", default=1)
    words = models.CharField("事由", max_length=300)
    proof = models.CharField(
        "佐证", max_length=100, blank=True, help_text="什么证、几号，或者谁能证明；有照片的可以不写"
    )
    photo = models.FileField("佐证照片", upload_to="awards/", blank=True)
    by_household = models.BooleanField("户里自己申报", default=False, editable=False)

    claimed = models.PositiveIntegerField("申报分", editable=False)
    points = models.PositiveIntegerField("核定分", null=True, blank=True, editable=False)
    state = FSMField("状态", max_length=10, choices=STATES, default=CLAIMED, protected=True)
    claimed_at = models.DateTimeField("申报日期", editable=False)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="申报人",
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="初审"
    )
    checked_at = models.DateTimeField("初审时间", null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复核"
    )
    decided_at = models.DateTimeField("复核时间", null=True, blank=True, editable=False)
    notice = models.ForeignKey(
        "points.PublicNotice",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="awards",
        verbose_name="公示",
    )
    posting = models.OneToOneField(
        Posting,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="award",
        verbose_name="入账",
        editable=False,
    )
    why_not = models.CharField("为什么没通过", max_length=200, blank=True)
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = AwardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分申报"
        indexes = [
            models.Index(fields=["territory", "state", "id"], name="points_award_waiting"),
            models.Index(fields=["household", "day"], name="points_award_household"),
            models.Index(fields=["territory", "claimed_at"], name="points_award_log"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True)
                | Q(claimed_by__isnull=True)
                | ~Q(checked_by=models.F("claimed_by")),
                name="points_award_two_people",
                violation_error_message="自己申报的不能自己初审。",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (
                    (Q(claimed_by__isnull=True) | ~Q(decided_by=models.F("claimed_by")))
                    & (Q(checked_by__isnull=True) | ~Q(decided_by=models.F("checked_by")))
                ),
                name="points_award_three_people",
                violation_error_message="申报、初审过的不能再由同一个人复核。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("posted", "reversed")) | Q(posting__isnull=False),
                name="points_award_posted",
                violation_error_message="入了账的要有账目。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number_said} {self.item}"

    def clean_fields(self, exclude: Any = None) -> None:
        """The state is no field that somebody fills in: its transitions look after it."""
        super().clean_fields({*(exclude or ()), "state"})

    @property
    def lacks_proof(self) -> bool:
        """The rules demand some and there is none; what another room has seen is proof by itself."""
        return self.item.proof and not (self.proof or self.photo or self.key)

    @property
    def number_said(self) -> str:
        """What people call it by: SB-2026-0037."""
        return f"SB-{self.day.year:04d}-{self.pk:04d}"

    @property
    def worth(self) -> int:
        """What was decided, or, before that, what was asked for."""
        return self.claimed if self.points is None else self.points

    # --- what may follow what; who may do it is asked by the services --------------------------------------------

    @transition(field=state, source=CLAIMED, target=CHECKED, custom={"title": "初审通过"})
    def check_off(self, points: int) -> None:
        self.points = points

    @transition(field=state, source=CHECKED, target=DECIDED, custom={"title": "复核通过"})
    def decide(self, points: int) -> None:
        self.points = points

    @transition(field=state, source=DECIDED, target=SHOWN, custom={"title": "公示"})
    def show(self, notice: "PublicNotice") -> None:
        self.notice = notice

    @transition(field=state, source=SHOWN, target=POSTED, custom={"title": "入账"})
    def post(self, posting: Posting) -> None:
        self.posting = posting

    @transition(field=state, source=SHOWN, target=DECIDED, custom={"title": "重新公示"})
    def show_again(self, points: int) -> None:
        """After an objection that changed the points: everybody is to see the new ones."""
        self.points, self.notice = points, None

    @transition(
        field=state, source=[CLAIMED, CHECKED, DECIDED, SHOWN], target=REFUSED, custom={"title": "不通过"}
    )
    def refuse(self, why: str) -> None:
        self.why_not = why

    @transition(field=state, source=CLAIMED, target=WITHDRAWN, custom={"title": "撤回"})
    def withdraw(self) -> None:
        """By who claimed it, before anybody has looked at it."""

    @transition(
        field=state, source=[CLAIMED, CHECKED], target=WITHDRAWN, custom={"title": "看到的不算了，撤回"}
    )
    def give_up(self) -> None:
        """What another room saw of it is no longer so, and nobody has decided."""

    @transition(field=state, source=WITHDRAWN, target=CLAIMED, custom={"title": "看到的又算了"})
    def stand_again(self) -> None:
        """It is so again: everybody looks at it from the beginning."""
        self.points, self.checked_by, self.checked_at = None, None, None

    @transition(field=state, source=POSTED, target=REVERSED, custom={"title": "冲正"})
    def reverse(self, why: str) -> None:
        self.why_not = why


class AwardMove(models.Model):
    """One step of an award: who, when, why, and how it stood afterwards; never edited."""

    TERRITORY = "award__territory"

    KINDS = (
        ("claim", "申报"),
        ("check", "初审通过"),
        ("decide", "复核通过"),
        ("show", "公示"),
        ("object", "有异议"),
        ("answer", "异议处理"),
        ("show_again", "重新公示"),
        ("post", "入账"),
        ("refuse", "不通过"),
        ("withdraw", "撤回"),
        ("reverse", "冲正"),
    )

    award = models.ForeignKey(Award, models.PROTECT, related_name="moves", verbose_name="申报")
    kind = models.CharField("做了什么", max_length=10, choices=KINDS)
    at = models.DateTimeField("什么时候", editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁"
    )
    points = models.PositiveIntegerField("之后的分值")
    state = models.CharField("之后的状态", max_length=10, choices=Award.STATES)
    words = models.CharField("怎么说的", max_length=300, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "申报经过"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.award} {self.get_kind_display()}"


class PublicNotice(models.Model):
    """积分公示: the awards that hang out in a village from one day to another, both included. `serial` counts on from
    the village's last one, so that everybody sees whether one is missing on the wall."""

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    serial = models.PositiveIntegerField("第几号", editable=False)
    first = models.DateField("公示起")
    last = models.DateField("公示止")
    made_at = models.DateTimeField("什么时候贴的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁贴的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分公示"
        ordering = ("-first", "-pk")
        indexes = [models.Index(fields=["territory", "-first"], name="points_notice_village")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=models.F("first")),
                name="points_notice_days",
                violation_error_message="公示结束的日子比开始早，改过来。",
            ),
            models.UniqueConstraint(fields=["territory", "serial"], name="points_notice_serial"),
        ]

    def __str__(self) -> str:
        return f"{self.territory}积分公示（{self.first.year}）第 {self.serial} 号"

    def is_down(self) -> bool:
        """Whether somebody has taken it down, be it before its days were over."""
        return hasattr(self, "taken")


class TakenDown(models.Model):
    """揭下: a notice that hangs no more, after its days, or before (then `words` say why); never edited."""

    TERRITORY = "notice__territory"

    notice = models.OneToOneField(PublicNotice, models.PROTECT, related_name="taken", verbose_name="公示")
    at = models.DateTimeField("什么时候揭的", editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="谁揭的")
    early = models.BooleanField("没满就撤下", default=False, editable=False)
    words = models.CharField("为什么撤下", max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公示揭下"
        constraints = [
            models.CheckConstraint(
                condition=Q(early=False) | ~Q(words=""),
                name="points_taken_why",
                violation_error_message="写一句为什么提前撤下。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice}{'提前撤下' if self.early else '揭下'}"


class Challenge(models.Model):
    """异议: somebody says that a shown award is wrong; it stays out of the books until the village has answered.

    `said_by` is how the villager wants to be called; it may be empty, and is never shown on the public page.
    """

    TERRITORY = "award__territory"

    award = models.ForeignKey(Award, models.PROTECT, related_name="challenges", verbose_name="申报")
    words = models.CharField("怎么说的", max_length=300)
    said_by = models.CharField("谁提的", max_length=40, blank=True)
    noted_at = models.DateTimeField("什么时候提的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="谁记的",
        help_text="空着的，是从公示网页提的",
    )
    outcome = models.CharField("怎么处理的", max_length=300, blank=True)
    upheld = models.BooleanField("异议成立", null=True)
    decided_at = models.DateTimeField("什么时候处理的", null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁处理的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "积分异议"
        ordering = ("pk",)
        indexes = [
            models.Index(fields=["award"], condition=Q(decided_at__isnull=True), name="points_challenge_open")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | (Q(upheld__isnull=False) & ~Q(outcome="")),
                name="points_challenge_answered",
                violation_error_message="写一句怎么处理的，再选成立还是不成立。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.award} 的异议"
