"""Posts 1+1+N: who may take one, who may give one, and which grid lacks one (plan 五（一）, 附件3 第 1 项)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q

from core import clock
from grids.duties import DUTIES, ONE_EACH
from grids.models import Officer, Person, Post, Territory, VillagerGroup
from grids.services.phones import settle_phones
from grids.services.rights import SERVER, may, must

VILLAGE_CADRE = "村社干部"
OLDEST = 60
NOTICE = dt.timedelta(days=90)


def may_appoint(actor: Any, duty: str, territory: Territory) -> bool:
    """Whether the actor may give or end this post: one appoints below oneself, never beside or above."""
    if actor is SERVER:
        return True
    # Whoever appoints 纪委, or hands out its slips, could read what is said about himself: nobody who signs in does it,
    # only the server's command (manage.py discipline_office).
    if duty == "discipline":
        return False
    if duty == "sysadmin":
        return may(actor, "accounts.admin", territory)
    if duty == "office":
        return may(actor, "accounts.admin", territory) or may(actor, "grids.redraw", territory)
    if DUTIES[duty].level == "town" or duty in ("secretary", "guide"):
        return may(actor, "grids.redraw", territory)
    return may(actor, "posts.manage", territory)


def _must_appoint(actor: Any, duty: str, territory: Territory) -> None:
    if not may_appoint(actor, duty, territory):
        raise PermissionDenied("这个岗位不归您定。要办，找镇办公室。")


@transaction.atomic
def new_officer(
    *,
    actor: Any,
    name: str,
    phone: str = "",
    sex: str = "",
    birth_month: dt.date | None = None,
    politics: str = "",
    education: str = "",
    smartphone: bool | None = None,
    card_consent: bool = False,
) -> Officer:
    """Somebody who will hold posts. ValidationError by field."""
    must(actor, "posts.manage")
    officer = Officer(
        name=name,
        sex=sex,
        birth_month=birth_month and birth_month.replace(day=1),
        politics=politics,
        education=education,
        smartphone=smartphone,
        card_consent=card_consent,
    )
    officer.set_phone(phone)
    officer.full_clean()
    officer.save()
    return officer


@transaction.atomic
def change_officer(*, actor: Any, officer: Officer, phone: str | None = None, **fields: Any) -> Officer:
    """Correct what is known of an officer; `phone` None leaves it, empty removes it. Sign-in by phone follows."""
    must_manage(actor, officer)
    before = officer.phone_hash
    for field, value in fields.items():
        if field not in {"name", "sex", "birth_month", "politics", "education", "smartphone", "card_consent"}:
            raise TypeError(f"not to be changed here: {field}")
        setattr(officer, field, value)
    if phone is not None:
        officer.set_phone(phone)
    officer.full_clean()
    officer.save()
    settle_phones({before, officer.phone_hash}, also=officer)
    return officer


def must_manage(actor: Any, officer: Officer) -> None:
    """Only who could give every post the officer holds today may touch him or his account."""
    posts = list(Post.objects.in_force().filter(officer=officer).select_related("territory"))
    if actor is not SERVER and not posts:
        must(actor, "posts.manage")
    for post in posts:
        _must_appoint(actor, post.duty, post.territory)


@transaction.atomic
def match_officer(*, actor: Any, officer: Officer, person: Person | None) -> Officer:
    """Say that an officer is this person of the register (or no longer); never guessed by name."""
    must_manage(actor, officer)
    seen = Person.objects.all() if actor is SERVER else Person.objects.visible_to(actor, "persons.see")
    if person is not None and not seen.filter(pk=person.pk).exists():
        raise ValidationError({"person": "花名册里没有找到这个人。"})
    officer.person = person
    officer.full_clean()
    officer.save(update_fields=["person"])
    return officer


@transaction.atomic
def appoint(
    *,
    actor: Any,
    officer: Officer,
    territory: Territory,
    duty: str,
    since: dt.date,
    source: str = "",
    note: str = "",
    replace: bool = False,
) -> Post:
    """Give a post. `replace` ends the one who holds it on the day before; without it a held post is refused.

    ValidationError with a sentence where the plan forbids it: a leader who is no village cadre, a worker of 60.
    """
    territory = Territory.objects.select_for_update().get(
        pk=territory.pk
    )  # two appointments wait for each other
    _must_appoint(actor, duty, territory)
    _check_eligible(officer, territory, duty, since, source)
    if duty in ONE_EACH:
        _make_room(territory, duty, since, replace)
    elif Post.objects.from_day(since).filter(officer=officer, territory=territory, duty=duty).exists():
        raise ValidationError(f"{officer}已经是{territory}的{DUTIES[duty].title}。")
    post = Post(officer=officer, territory=territory, duty=duty, since=since, source=source, note=note)
    post.full_clean()
    post.save()
    settle_phones({officer.phone_hash})
    return post


def _check_eligible(officer: Officer, territory: Territory, duty: str, since: dt.date, source: str) -> None:
    title = DUTIES[duty].title
    if DUTIES[duty].level != territory.kind or territory.closed_on:
        level = dict(Territory.KINDS)[DUTIES[duty].level]
        raise ValidationError({"territory": f"{title}要定在{level}上，{territory}不行。"})
    if duty == "leader" and source != VILLAGE_CADRE and not _is_cadre(officer, territory, since):
        raise ValidationError(
            {"source": "网格长由村社干部担任（实施方案附件3第1项）。人员来源填村社干部，或换一个人。"}
        )
    if duty == "worker":
        if officer.birth_month is None:
            raise ValidationError({"birth_month": "专职网格员要在 60 周岁以下，先填上出生年月。"})
        if since >= turns_sixty(officer):
            raise ValidationError(
                {"birth_month": f"{officer}到任时已满 60 周岁，不能当专职网格员（实施方案附件3第1项）。"}
            )
        if officer.smartphone is False:
            raise ValidationError(
                {"smartphone": f"{officer}不会用智能手机，不能当专职网格员（实施方案附件3第1项）。"}
            )


def _is_cadre(officer: Officer, grid: Territory, day: dt.date) -> bool:
    here = Post.objects.on(day).filter(officer=officer, territory_id=grid.parent_id)
    return here.filter(duty__in=("secretary", "cadre")).exists()


def _make_room(territory: Territory, duty: str, since: dt.date, replace: bool) -> None:
    """End the one in force on the day before; a successor already named for later cannot be pushed aside."""
    for held in Post.objects.from_day(since).filter(territory=territory, duty=duty).select_related("officer"):
        if not replace:
            raise ValidationError(
                f"{territory}已有{DUTIES[duty].title}{held.officer}，从 {held.since:%Y-%m-%d} 起。"
                "先给他填上截止日期，或选接替。"
            )
        if held.since >= since:
            raise ValidationError(f"{held.officer} {held.since:%Y-%m-%d} 才到任，接替的日子要比它晚。")
        _end(held, since - dt.timedelta(days=1))


@transaction.atomic
def end_post(*, actor: Any, post: Post, until: dt.date) -> Post:
    """The last day of a post."""
    _must_appoint(actor, post.duty, post.territory)
    post = Post.objects.select_for_update().get(pk=post.pk)
    if post.until is not None and post.until < clock.today():
        raise ValidationError(f"这个岗位 {post.until:%Y-%m-%d} 就到期了。")
    return _end(post, until)


def _end(post: Post, until: dt.date) -> Post:
    post.until = until
    post.full_clean()
    post.save(update_fields=["until"])
    return post


def turns_sixty(officer: Officer) -> dt.date:
    """The first day on which he may no longer be appointed: his birthday in the register, else the month's first."""
    born = (officer.person.birth_date if officer.person else None) or officer.birth_month
    assert born is not None
    day = 28 if (born.month, born.day) == (2, 29) else born.day
    return dt.date(born.year + OLDEST, born.month, day)


@dataclass(frozen=True)
class AgeNotice:
    """A full-time worker who is 60 soon or already: look for a successor."""

    post: Post
    sixty_on: dt.date

    @property
    def is_past(self) -> bool:
        return self.sixty_on <= clock.today()


def age_notices(actor: Any) -> list[AgeNotice]:
    """Workers in force who turn 60 within 90 days, or have; the next birthday first."""
    limit = clock.today() + NOTICE
    newest = limit.replace(year=limit.year - OLDEST, day=28) + dt.timedelta(days=4)
    posts = Post.objects.visible_to(actor, "posts.manage").in_force()
    posts = posts.filter(duty="worker", officer__birth_month__lte=newest)
    posts = posts.select_related("officer__person", "territory__parent")
    found = [AgeNotice(post, turns_sixty(post.officer)) for post in posts]
    return sorted((n for n in found if n.sixty_on <= limit), key=lambda n: (n.sixty_on, n.post.pk))


def grids_lacking(actor: Any, duty: str) -> list[Territory]:
    """Grids of the actor's reach with nobody in force as `leader` or `worker`."""
    held = Post.objects.in_force().filter(territory=OuterRef("pk"), duty=duty)
    grids = Territory.objects.visible_to(actor, "posts.manage").grids().in_use()
    return list(grids.filter(~Exists(held)).select_related("parent").in_order())


def grids_without_party_group(actor: Any) -> list[Territory]:
    """Grids of the actor's reach for which no party group is written down (党组织全覆盖)."""
    grids = Territory.objects.visible_to(actor, "posts.manage").grids().in_use()
    return list(grids.filter(party_group="").select_related("parent").in_order())


def roster(actor: Any) -> list[Territory]:
    """Villages and grids of the reach in the town's order, each with `posts_held` (in force) and `groups_held`."""
    posts = (
        Post.objects.from_day(clock.today()).select_related("officer__user", "officer__person").order_by("pk")
    )
    nodes = Territory.objects.visible_to(actor, "posts.manage").in_use().filter(~Q(kind=Territory.TOWN))
    nodes = nodes.select_related("parent").in_order()
    groups = Prefetch("grid_groups", queryset=VillagerGroup.objects.in_use())
    return list(nodes.prefetch_related(Prefetch("posts", queryset=posts, to_attr="posts_held"), groups))
