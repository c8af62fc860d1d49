"""Posts: who is grid leader, full-time worker, assistant, supervisor, secretary … where, and from when to when."""

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from core import clock
from core.models import Dated, DatedQuerySet, WithPhone
from core.scope import ScopedQuerySet
from grids.duties import DUTIES, EVERY_VERB, LEADS, NEVER_WITHHELD, duties_with
from grids.models.territory import Territory

SEXES = (("M", "男"), ("F", "女"))


class OfficerQuerySet(ScopedQuerySet):
    def visible_to(self, actor: Any, verb: str) -> Self:
        """Once each, though somebody may hold several posts inside the reach."""
        return self.filter(pk__in=Post.objects.visible_to(actor, verb).values("officer"))

    def in_force(self) -> Self:
        """Who holds a post today."""
        return self.filter(pk__in=Post.objects.in_force().values("officer"))


class Officer(WithPhone):
    """A person who holds posts. Signs in only once an account was issued; matched to the register by a click."""

    TERRITORY = "posts__territory"

    name = models.CharField("姓名", max_length=40)
    sex = models.CharField("性别", max_length=1, choices=SEXES, blank=True)
    birth_month = models.DateField("出生年月", null=True, blank=True, help_text="记到月，存当月 1 日")
    politics = models.CharField("政治面貌", max_length=20, blank=True)
    education = models.CharField("文化程度", max_length=20, blank=True)
    smartphone = models.BooleanField("会用智能手机", null=True, blank=True)
    card_consent = models.BooleanField("同意把电话印在联系卡上", default=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="officer",
        verbose_name="账号",
    )
    person = models.OneToOneField(
        "grids.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="officer",
        verbose_name="花名册里的人",
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = OfficerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "在岗人员"

    def __str__(self) -> str:
        return self.name


class PostQuerySet(DatedQuerySet):
    def of(self, user: object) -> Self:
        """Posts in force of somebody who signs in."""
        return self.in_force().filter(officer__user=user)

    def carrying(self, verb: str) -> Self:
        """Posts in force at places in use that give the verb, not withheld by the town, of somebody who can sign in."""
        withheld = WithheldVerb.objects.filter(verb=verb).values("duty")
        rows = self.in_force().filter(duty__in=duties_with(verb), territory__closed_on__isnull=True)
        return rows.exclude(duty__in=withheld).filter(officer__user__is_active=True)

    def held_by(self, user: Any, first: dt.date, last: dt.date) -> Self:
        """Posts that held on one of these days, of whoever signs in as `user` or did so on one of them."""
        held = self.filter(since__lte=last).filter(Q(until__isnull=True) | Q(until__gte=first))
        then = Q(officer__user=user) | Q(officer__in=_signed_in_then(user, first, last))
        # A place that was closed ends its posts with its last day.
        open_then = Q(territory__closed_on__isnull=True) | Q(territory__closed_on__gte=first)
        return held.filter(then, open_then)

    def from_day(self, day: dt.date) -> Self:
        """What holds on that day or begins later."""
        return self.filter(Q(until__isnull=True) | Q(until__gte=day))

    def leading(self, posts: Iterable["Post"]) -> Self:
        """Of these the posts that stand above any of those given (with their territories): held higher up in the tree,
        or at the same place with a duty that leads theirs (duties.LEADS)."""
        found = Q(pk__in=[])
        for post in posts:
            place = post.territory
            above = [duty for duty, led in LEADS.items() if post.duty in led]
            found |= Q(territory=place, duty__in=above)
            found |= Q(
                territory__tree_id=place.tree_id, territory__lft__lt=place.lft, territory__rght__gt=place.rght
            )
        return self.filter(found)


def _signed_in_then(user: Any, first: dt.date, last: dt.date) -> set[int]:
    """Officers whose account `user` was on one of these days and is no more (an account was replaced)."""
    told = Officer.history.filter(user=user.pk).values("id")
    rows = Officer.history.filter(id__in=told).order_by("id", "history_date", "history_id")
    found: set[int] = set()
    for (officer, account, since), (after, _, until) in pairwise(
        rows.values_list("id", "user", "history_date")
    ):
        # A line of history holds until the next of the same officer; the last holds still and is asked elsewhere.
        replaced = account == user.pk and after == officer
        if replaced and clock.local_date(since) <= last and first <= clock.local_date(until):
            found.add(officer)
    return found


class Post(Dated):
    """One duty at one territory (1+1+N, plan 五（一）). Exactly one leader and one full-time worker per grid."""

    TERRITORY = "territory"

    officer = models.ForeignKey(Officer, models.PROTECT, related_name="posts", verbose_name="人")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="posts", verbose_name="在哪里")
    duty = models.CharField("岗位", max_length=20, choices=[(d.code, d.title) for d in DUTIES.values()])
    source = models.CharField(
        "人员来源", max_length=20, blank=True, help_text="村社干部、村民组长、党员骨干 …"
    )
    note = models.CharField("备注", max_length=200, blank=True)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = PostQuerySet.as_manager()

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "岗位"
        indexes = [models.Index(fields=["officer", "until"], name="grids_post_officer")]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["territory", "duty"],
                condition=Q(until__isnull=True, duty__in=["leader", "worker", "secretary"]),
                name="grids_post_one_each",
                violation_error_message="这里已有一名在任的，先给他填上截止日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory} {self.get_duty_display()} {self.officer}"


def every_verb() -> list[tuple[str, str]]:
    """Choices; a function, so that a new verb needs no migration."""
    return sorted((verb, title) for verb, title in EVERY_VERB.items() if verb not in NEVER_WITHHELD)


class WithheldVerb(models.Model):
    """The town narrows the table of duties: this post may not use this verb. It can never widen it."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "a rule of the whole town"

    duty = models.CharField("岗位", max_length=20, choices=[(d.code, d.title) for d in DUTIES.values()])
    verb = models.CharField("不许办的事", max_length=40, choices=every_verb)

    class Meta:
        verbose_name = verbose_name_plural = "收回的权限"
        constraints = [models.UniqueConstraint(fields=["duty", "verb"], name="grids_withheld_once")]

    def __str__(self) -> str:
        return f"{self.get_duty_display()}：{self.get_verb_display()}"
