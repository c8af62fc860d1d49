"""公益性岗位: posts, who holds them from and to which day, and who comes next, so that they go round (轮换).

Nobody under 16 (劳动法 §15); nobody longer than the town's rule says in all (人社部发〔2019〕124号: three years); who
holds one is in work near home, in the same breath, and who has left it is not.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from core import clock
from core.periods import Month
from core.scope import OPERATOR, must, signer
from grids.models import Household, Person, Territory
from jobs.models import JobsRule, Labour, WelfarePost, WelfareTerm
from jobs.models.words import AGE_LEAST, MANAGES, SEES_LABOUR
from jobs.services.errors import NOT_YET
from jobs.services.first import homes_to_help_first
from jobs.services.labour import (
    age_on,
    check_hand,
    give_back,
    labour_of,
    lock_homes,
    not_before_register,
    note_labour,
    unsettle_proposals,
)
from jobs.services.registering import follow_register

ENDS_SOON = 60  # days before which a village looks for who comes next
MOST_YEARS = 5  # as many as the town's rule can allow in all (JobsRule.welfare_months)
LOOKED_BACK = 31  # days that the nightly work looks back, should it have been down


@dataclass(frozen=True)
class Waits:
    """Somebody who looks for work and holds no post: `first` of a household the law helps first, `left` months that he
    may still hold one."""

    labour: Labour
    first: bool
    left: int


# --- posts ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_post(*, actor: Any, post: WelfarePost) -> WelfarePost:
    """设一个公益性岗位, or change it; terms that were given stay as they are. Needs jobs.manage in the village."""
    must(actor, MANAGES, post.territory)
    if post.territory.kind != Territory.VILLAGE:
        raise ValidationError({"territory": "公益性岗位设在村里，选哪个村。"})
    Territory.objects.select_for_update(no_key=True).get(pk=post.territory_id)  # the same post twice at once
    if post.pk:
        _refuse_closed(_locked(post))
        if (held := _most_at_once(post, clock.today())) > (post.number or 0):
            raise ValidationError({"number": f"现在有 {held} 个人在岗，人数不能再少。"})
    else:
        post.made_at, post.made_by = clock.now(), signer(actor)
    post.full_clean(exclude=["made_by"])
    post.save()
    return post


@transaction.atomic
def close_post(*, actor: Any, post: WelfarePost) -> WelfarePost:
    """撤掉, when nobody holds it any more."""
    must(actor, MANAGES, post.territory)
    held = _locked(post)
    _refuse_closed(held)
    if held.terms.filter(until__gte=clock.today(), ended_why="").exists():
        raise ValidationError("还有人在岗，任期到了或者提前结束了再撤。")
    held.closed_on = clock.today()
    held.save(update_fields=["closed_on"])
    return held


def _locked(post: WelfarePost) -> WelfarePost:
    rows = WelfarePost.objects.select_for_update(of=("self",), no_key=True).select_related("territory")
    return rows.get(pk=post.pk)


def _refuse_closed(post: WelfarePost) -> None:
    if post.closed_on is not None:
        raise ValidationError(f"这个岗位 {post.closed_on} 撤了。")


# --- terms ------------------------------------------------------------------------------------------------------------


def last_day(since: dt.date, months: int) -> dt.date:
    """The last day of so many months from `since` on: one from 31 January ends with February."""
    month = Month.of(since).shift(months)
    return min(month.first + dt.timedelta(days=since.day - 1), month.next.first) - dt.timedelta(days=1)


def months_of(since: dt.date, until: dt.date) -> int:
    """How many months a term counts for; one that has begun counts whole."""
    months = 1
    while last_day(since, months) < until:
        months += 1
    return months


def months_left(people: Iterable[Person], day: dt.date) -> dict[int, int]:
    """How many months each of them may still hold a post, all terms added up. One query for terms, one for the rule."""
    keys = [person.pk for person in people]
    left = dict.fromkeys(keys, JobsRule.on(day).welfare_months)
    for term in WelfareTerm.objects.filter(person__in=keys):
        assert term.until is not None  # a constraint says so
        left[term.person_id] -= months_of(term.since, term.until)
    return {key: max(0, each) for key, each in left.items()}


@transaction.atomic
def give_post(
    *, actor: Any, post: WelfarePost, person: Person, since: dt.date, until: dt.date | None = None
) -> WelfareTerm:
    """上岗: a term of the post's months, or to `until`; his labour row says that he works here.

    Needs jobs.manage in the village. Refused: under 16, another village's, no place free, a second post, too long
    in all. ValidationError by field.
    """
    must(actor, MANAGES, post.territory)
    held = _locked(post)
    _refuse_closed(held)
    home = Household.objects.select_for_update(of=("self",), no_key=True).get(pk=person.household_id)
    until = until or last_day(since, held.months)
    check_hand(person, home, held.territory, since)
    if since > clock.today():
        raise ValidationError({"since": NOT_YET})
    if until < since:
        raise ValidationError({"until": "到哪天比从哪天早，改过来。"})
    if until.year - since.year > MOST_YEARS:
        raise ValidationError({"until": "年份太远了，看看是不是写错了。"})
    _check_free(held, person, since, until)
    _check_months(person, since, until)
    row = WelfareTerm(post=held, person=person, since=since, until=until)
    row.noted_at, row.noted_by = clock.now(), signer(actor)
    row.full_clean(exclude=["post", "person", "noted_by"])
    row.save()
    if row.in_force():
        _works(actor, row)
    return row


def _check_free(post: WelfarePost, person: Person, since: dt.date, until: dt.date) -> None:
    other = WelfareTerm.objects.filter(person=person, since__lte=until, until__gte=since)
    if (now := other.select_related("post").first()) is not None:
        told = f"他 {now.since} 到 {now.until} 在“{now.post}”岗上，一个人一次只有一个岗。"
        raise ValidationError({"name": told})
    if _most_at_once(post, since, until) >= post.number:
        raise ValidationError({"since": f"这个岗只要 {post.number} 个人，那几天满了。"})


def _check_months(person: Person, since: dt.date, until: dt.date) -> None:
    left = months_left([person], since)[person.pk]
    if (wanted := months_of(since, until)) > left:
        most = JobsRule.on(since).welfare_months
        told = f"公益性岗位一个人一共最多 {most} 个月（人社部发〔2019〕124号），他还剩 {left} 个月，"
        end = "让给别人。" if not left else f"这一任是 {wanted} 个月，把到哪天改早。"
        raise ValidationError({"until": told + end})


def _most_at_once(post: WelfarePost, since: dt.date, until: dt.date = dt.date.max) -> int:
    """How many hold it at once at the most, of these days."""
    terms = list(post.terms.filter(until__gte=since, since__lte=until))
    days = {since} | {term.since for term in terms if term.since > since}
    return max(sum(term.holds_on(day) for term in terms) for day in days)


@transaction.atomic
def end_early(*, actor: Any, term: WelfareTerm, day: dt.date, why: str, seeks: bool = True) -> WelfareTerm:
    """提前结束: `day` is his last on it; his labour row says that he has no work and whether he looks for some.
    ValidationError by field."""
    must(actor, MANAGES, term.post.territory)
    rows = WelfareTerm.objects.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("post__territory", "person__household").get(pk=term.pk)
    if row.ended_why or row.until is None or row.until < clock.today():
        raise ValidationError(f"这一任到 {row.until} 已经结束了。")
    if not why.strip():
        raise ValidationError({"why": "写一句为什么提前结束。"})
    if not row.since <= day <= clock.today():
        raise ValidationError({"day": f"最后一天写 {row.since} 到今天的。"})
    row.until, row.ended_why = day, why.strip()[:100]
    row.save(update_fields=["until", "ended_why"])
    _stops(actor, row, seeks)
    return row


@transaction.atomic
def take_back_term(*, actor: Any, term: WelfareTerm) -> bool:
    """撤回 a term that was given by a slip, on the day it was noted: it never was, his months are his again. Whether
    his labour row is what it was before: what somebody has noted since stays."""
    must(actor, MANAGES, term.post.territory)
    _locked(term.post)
    lock_homes([term.person.household_id])
    row = WelfareTerm.objects.select_related("person__household").filter(pk=term.pk, ended_why="").first()
    if row is None:
        raise ValidationError("这一任已经结束，或者已经撤回了。")
    if (day := clock.local_date(row.noted_at)) != clock.today():
        raise ValidationError(
            f"撤不回：只有当天记的能撤，这一任是{clock.cn_day(day)}记的。不干了的点“提前结束”。"
        )
    source, now = source_of(row), labour_of(row.person)
    goes_back = now is not None and now.source == source
    if now is not None and goes_back:
        give_back(now, lambda each: each.source == source)
        unsettle_proposals(row.person, row.noted_at)
        follow_register({row.person.household_id})
    row.delete()
    return goes_back


def source_of(term: WelfareTerm) -> str:
    return f"welfare:{term.pk}"


def _works(actor: Any, term: WelfareTerm) -> None:
    note_labour(
        actor=actor,
        person=term.person,
        day=not_before_register(term.person, term.since),
        source=source_of(term),
        status=Labour.NEAR,
        wish=Labour.RESTS,
        place=term.post.territory.name,
        employer=term.post.territory.name,
    )


def _stops(actor: Any, term: WelfareTerm, seeks: bool = True) -> bool:
    """Whether his labour row still told of this work, and says now that he has none. Such posts are for who finds
    nothing else: he looks for work again, if nobody says otherwise."""
    labour = labour_of(term.person)
    if labour is None or (labour.status, labour.employer) != (Labour.NEAR, term.post.territory.name):
        return False
    if term.person.left_on is not None:
        return False
    note_labour(
        actor=actor,
        person=term.person,
        source=f"{source_of(term)}:end",
        status=Labour.IDLE,
        wish=Labour.SEEKS if seeks else Labour.RESTS,
        place="",
        employer="",
    )
    return True


def note_ended() -> int:
    """Terms whose last day is over: who held them is without work, unless he holds another or said something else.

    Of how many; again changes nothing. Run by night.
    """
    today = clock.today()
    over = WelfareTerm.objects.filter(
        until__lt=today, until__gte=today - dt.timedelta(days=LOOKED_BACK), ended_why=""
    )
    over = over.exclude(person__in=WelfareTerm.objects.in_force().values("person"))
    rows = over.select_related("post__territory", "person__household__territory").order_by("pk")
    return sum(_stops(OPERATOR, term) for term in rows)


# --- who comes next ---------------------------------------------------------------------------------------------------


def ending(terms: QuerySet[WelfareTerm], days: int = ENDS_SOON) -> QuerySet[WelfareTerm]:
    """Terms that end within so many days, the first first."""
    last = clock.today() + dt.timedelta(days=days)
    return terms.filter(since__lte=clock.today(), until__gte=clock.today(), until__lte=last, ended_why="")


def waiting(actor: Any, village: Territory) -> list[Waits]:
    """Who could come next: who looks for work and has none, households the law helps first (社会救助暂行办法 §43)
    before others, then who has waited longest; as far as somebody sees labour. A constant number of queries."""
    rows = Labour.objects.visible_to(actor, SEES_LABOUR).at(village).living().seeking()
    rows = rows.filter(until__isnull=True, status=Labour.IDLE, household__ended_on__isnull=True)
    rows = rows.exclude(person__in=WelfareTerm.objects.in_force().filter(ended_why="").values("person"))
    noted = list(rows.select_related("person__household__group").order_by("since", "pk"))
    first = set(homes_to_help_first(village))
    today = clock.today()
    left = months_left([row.person for row in noted], today)
    grown = [row for row in noted if (age := age_on(row.person, today)) is None or age >= AGE_LEAST]
    found = [Waits(row, row.household_id in first, left[row.person_id]) for row in grown]
    return sorted((each for each in found if each.left), key=lambda each: not each.first)
