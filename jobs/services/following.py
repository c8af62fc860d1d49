"""人岗对接, step by step: 推荐 → 联系 → 面试 → 到岗 → 稳岗, or a no with its reason. A no is kept to help with."""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django_fsm import TransitionNotAllowed

from core import clock
from core.scope import NOT_YOURS, must, signer
from grids.models import Person
from jobs.models import JobFair, JobsRule, Labour, Match, MatchStep, Vacancy
from jobs.models.words import MANAGES, SEES_LABOUR
from jobs.services.assigning import Pair
from jobs.services.labour import (
    FACTS,
    give_back,
    labour_of,
    lock_homes,
    not_before_register,
    note_labour,
    unsettle_proposals,
)
from jobs.services.match_rights import allows, may_take_back, why_not
from jobs.services.matching import assigned, judged
from jobs.services.registering import follow_register
from jobs.services.scoring import Known, judge

NEARBY = 60  # kilometres: work within it is 本地务工 (Labour.DISTANCES, 市里), beyond it 外出务工
FULL = "这个岗位要 {number} 个人，已经到岗 {number} 个，满了。换一个岗位，或者先把人数改大。"
SHUT = "这个岗位不招了，或者过期了，换一个。"
NOT_SEEKING = "他现在没有登记想找活，先改劳动力登记，再推荐。"
WHY = "选为什么不成。"
OTHER_WORDS = "选了“别的原因”，写几个字说明是什么原因。"
CHANGED = "名单和刚才看的不一样了（有人有了着落，或者岗位变了）。再看一遍，再推荐。"
SINCE = "撤不回：他的劳动力登记后来又改过了。"
NOT_THERE = "真的没去上班，记离岗。"
PAST = "撤不回：只有当天记的能撤，这一步是{day}记的。"
NOT_LAST = "撤不回：这一步以后又有人记了，或者已经撤回了。看看现在是什么情况。"
NOBODY = "没有能推荐的：合适的都推荐过了，或者没有空位。"


@transaction.atomic
def recommend(
    *, actor: Any, person: Person, vacancy: Vacancy, day: dt.date | None = None, words: str = ""
) -> Match:
    """推荐: send one person to one open place, with the reasons as they stand. ValidationError where law, body, way or
    time speak against it, the place is shut or full, or he was sent there already; PermissionDenied.

    Who said no to the place before may be sent again: people change their minds.
    """
    held, home = _locked_vacancy(vacancy.pk), person.household
    if not allows(actor, "recommend", home.territory, held.territory):
        raise PermissionDenied(NOT_YOURS)
    must(actor, SEES_LABOUR, home.territory)
    verdict = judged(actor, person, held)
    if verdict is None:
        raise ValidationError(NOT_SEEKING if _is_open(held) else SHUT)
    if told := [sentence for code, sentence in verdict.bars if code != "declined"]:
        raise ValidationError([f"{sentence}。" for sentence in told])
    if _taken(held) >= held.number:
        raise ValidationError(FULL.format(number=held.number))
    match = _new(actor, person, held, day, score=verdict.score, first=verdict.first, why=verdict.why)
    match.clean_fields(exclude=["person", "household", "territory", "vacancy", "made_by", "state"])
    match.validate_constraints()
    match.save()
    _write(match, "recommend", actor, words=words)
    return match


@transaction.atomic
def recommend_all(*, actor: Any, fair: JobFair, seen: str) -> int:
    """The whole assignment of a fair at once; how many were sent. `seen`: the mark of the list that was looked at
    (`mark_of`); where it has changed since, ValidationError and nothing is sent. Needs jobs.manage at the fair."""
    held = (
        JobFair.objects.select_for_update(of=("self",), no_key=True)
        .select_related("territory")
        .get(pk=fair.pk)
    )
    must(actor, MANAGES, held.territory)
    list(Vacancy.objects.select_for_update(no_key=True).filter(fairs=held).order_by("pk"))
    pairs, known = assigned(actor, held)
    if not pairs:
        raise ValidationError(NOBODY)
    if mark_of(pairs) != seen:
        raise ValidationError(CHANGED)
    people = Person.objects.select_related("household").in_bulk([pair.seeker.person for pair in pairs])
    rows = [_of_fair(actor, held, pair, known, people) for pair in pairs]
    Match.objects.bulk_create(rows, batch_size=500)
    MatchStep.objects.bulk_create([_step(row, "recommend", actor) for row in rows], batch_size=500)
    return len(rows)


def mark_of(pairs: list[Pair]) -> str:
    """The same for the same list."""
    told = ",".join(f"{pair.seeker.person}-{pair.offer.vacancy}" for pair in pairs)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _of_fair(actor: Any, fair: JobFair, pair: Pair, known: Known, people: dict[int, Person]) -> Match:
    verdict = judge(pair.seeker, pair.offer, known)
    vacancy = Vacancy(pk=pair.offer.vacancy)
    said = {"score": verdict.score, "first": verdict.first, "why": verdict.why}
    return _new(actor, people[pair.seeker.person], vacancy, None, fair=fair, **said)


def _new(actor: Any, person: Person, vacancy: Vacancy, day: dt.date | None, **said: Any) -> Match:
    day = day or clock.today()
    if day > clock.today():
        raise ValidationError({"day": "这一天还没到，改成今天或以前。"})
    home = person.household
    return Match(
        person=person,
        household=home,
        territory_id=home.territory_id,
        vacancy=vacancy,
        day=day,
        made_at=clock.now(),
        made_by=signer(actor),
        **said,
    )


# --- the steps --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What a step was told: on which day it was, why (of Match.REASONS), in which words; `seeks`: looks on for work."""

    day: dt.date | None = None
    reason: str = ""
    words: str = ""
    seeks: bool = True


NOTHING = Said()


def contact(*, actor: Any, match: Match, said: Said = NOTHING) -> Match:
    """联系上了."""
    return _take("contact", actor, match, said, Match.contact)


def miss(*, actor: Any, match: Match, said: Said = NOTHING) -> Match:
    """没联系上: it waits to be tried again."""
    return _take("miss", actor, match, said, Match.miss)


def interview(*, actor: Any, match: Match, said: Said = NOTHING) -> Match:
    """面试了."""
    return _take("interview", actor, match, said, Match.interview)


def decline(*, actor: Any, match: Match, said: Said) -> Match:
    """不愿去, with why. Nothing else follows from it: he is proposed for other places as before."""
    return _take("decline", actor, match, said, Match.decline, needs_why=True)


def turn_down(*, actor: Any, match: Match, said: Said) -> Match:
    """单位没要, with why."""
    return _take("turn_down", actor, match, said, Match.turn_down, needs_why=True)


def drop(*, actor: Any, match: Match, said: Said = NOTHING) -> Match:
    """不推荐了: it was a slip, or has settled itself; he may be sent there again."""
    return _take("drop", actor, match, said, Match.drop)


@transaction.atomic
def start(*, actor: Any, match: Match, said: Said = NOTHING) -> Match:
    """到岗: he works there from that day on. The register of labour follows in the same breath, and after the months of
    the town's rule he is asked after. ValidationError where the place is full."""
    _lock_home(match)
    held, day = _ready("start", actor, match, said)
    vacancy = _locked_vacancy(held.vacancy_id)
    if _taken(vacancy) >= vacancy.number:
        raise ValidationError(FULL.format(number=vacancy.number))
    held.started_on, held.ask_on = day, clock.months_later(day, JobsRule.on(day).ask_after)
    _move(held, "start", actor, said, Match.start)
    # Of a place whose way nobody has said: who hires through the village's centre is near.
    near = vacancy.village_id is not None or vacancy.km is None or vacancy.km <= NEARBY
    note_labour(
        actor=actor,
        person=held.person,
        day=not_before_register(held.person, day),
        source=f"match:{held.pk}",
        status=Labour.NEAR if near else Labour.AWAY,
        wish=Labour.RESTS,
        employer=vacancy.employer.name,
        place=vacancy.place,
    )
    _let_others_rest(held, actor, day)
    return held


@transaction.atomic
def keep(*, actor: Any, match: Match, said: Said = NOTHING) -> Match:
    """回访: 还在干, so the place was kept (稳岗). Not before the day on which he is to be asked."""
    held, _ = _ready("keep", actor, match, said)
    if held.state == Match.STARTED and not held.is_to_be_asked:
        assert held.ask_on is not None  # said when he began
        raise ValidationError(f"{clock.cn_day(held.ask_on)}以后再回访：到岗满了月数才算稳岗。")
    _move(held, "keep", actor, said, Match.keep)
    return held


@transaction.atomic
def leave(*, actor: Any, match: Match, said: Said) -> Match:
    """离岗, with why; the register of labour says 在家待业, and whether he looks on for work."""
    _lock_home(match)
    held, day = _ready("leave", actor, match, said, needs_why=True)
    if held.started_on and day < held.started_on:
        raise ValidationError({"day": f"离岗比到岗（{clock.cn_day(held.started_on)}）早，改过来。"})
    _move(held, "leave", actor, said, Match.leave, ends=True)
    if _works_there(held):
        note_labour(
            actor=actor,
            person=held.person,
            day=not_before_register(held.person, day),
            source=f"match:{held.pk}",
            status=Labour.IDLE,
            wish=Labour.SEEKS if said.seeks else Labour.RESTS,
            employer="",
            place="",
        )
    return held


def _found(match: Match) -> str:
    return f"到{match.vacancy.employer.name}上班了"


def _works_there(match: Match) -> bool:
    """By the register, still: what somebody has noted of another work since is not written over."""
    now = labour_of(match.person) if match.person.left_on is None else None
    if now is None or not now.is_working:
        return False
    return now.source == f"match:{match.pk}" or now.employer == match.vacancy.employer.name


def _let_others_rest(match: Match, actor: Any, day: dt.date) -> None:
    """Who has begun somewhere is not called about other places any more."""
    rows = Match.objects.running().filter(person=match.person_id).exclude(pk=match.pk).order_by("pk")
    for other in rows.select_for_update(of=("self",), no_key=True):
        told = Said(day=max(day, other.day), reason="found", words=_found(match))
        _move(other, "decline", actor, told, Match.decline, ends=True)


# --- a slip is taken back ---------------------------------------------------------------------------------------------


@transaction.atomic
def take_back(*, actor: Any, match: Match, step: int) -> Match:
    """撤回 the last step, `step` by its key: the match is where it was, and so is the register of labour. On the day
    of the step, by who took it or who manages there (match_rights). PermissionDenied; ValidationError on a later day,
    where something followed it, or the place has been filled since."""
    _lock_home(match)
    held = _locked(match)
    last = held.steps.latest("pk")
    if last.pk != step or last.kind in MatchStep.STANDS:
        raise ValidationError(NOT_LAST)
    if (day := clock.local_date(last.at)) != clock.today():  # the page was opened before midnight
        raise ValidationError(PAST.format(day=clock.cn_day(day)))
    if not may_take_back(actor, held, last):
        raise PermissionDenied(NOT_YOURS)
    if last.kind in ("start", "leave"):
        _take_back_of_register(held, last)
    if last.kind == "start":
        held.started_on = held.ask_on = None
    elif last.kind == "leave":
        vacancy = _locked_vacancy(held.vacancy_id)
        if _taken(vacancy) >= vacancy.number:
            raise ValidationError(FULL.format(number=vacancy.number))
    _step_back(held, last, actor)
    if last.kind == "start":
        for other in Match.objects.filter(person=held.person_id, state=Match.UNWILLING, reason="found"):
            end = other.steps.latest("pk")
            if end.pk > last.pk and end.words == _found(held):
                _step_back(_locked(other), end, actor)
    return held


def _step_back(held: Match, last: MatchStep, actor: Any) -> None:
    before = held.steps.filter(pk__lt=last.pk).latest("pk")
    held.take_back(before.state)
    held.reason, held.ended_on = "", None
    held.validate_constraints()
    held.save()
    _write(held, MatchStep.TAKEN_BACK, actor, day=clock.today(), words=f"撤回“{last.get_state_display()}”")


def _take_back_of_register(held: Match, last: MatchStep) -> None:
    """What the step has written there goes; ValidationError if somebody has noted something else since."""
    source, now = f"match:{held.pk}", labour_of(held.person)
    if now is None or now.noted_at < last.at:
        return
    if now.source != source:
        if _said_before(now, last):
            return
        raise ValidationError(SINCE + (NOT_THERE if last.kind == "start" else ""))
    give_back(now, lambda row: row.source == source and row.noted_at >= last.at)
    unsettle_proposals(held.person, last.at)
    follow_register({held.person.household_id})


def _said_before(now: Labour, last: MatchStep) -> bool:
    """Whether the register knew all of it before the step, which then wrote nothing but that somebody asked."""
    known = now.history.filter(noted_at__lt=last.at).order_by("-history_id").first()
    return known is not None and all(getattr(known, name) == getattr(now, name) for name in FACTS)


# --- the frame of every step ------------------------------------------------------------------------------------------


@transaction.atomic
def _take(
    kind: str,
    actor: Any,
    match: Match,
    said: Said,
    change: Callable[[Match], None],
    *,
    needs_why: bool = False,
) -> Match:
    held, _ = _ready(kind, actor, match, said, needs_why=needs_why)
    _move(held, kind, actor, said, change, ends=kind in ("decline", "turn_down", "drop"))
    return held


def _ready(
    kind: str, actor: Any, match: Match, said: Said, *, needs_why: bool = False
) -> tuple[Match, dt.date]:
    """The match under its lock and the day of the step, for who may take it and has said what it needs."""
    held = _locked(match)
    if told := why_not(actor, kind, held):
        raise PermissionDenied(told)
    if needs_why and said.reason not in dict(Match.REASONS):
        raise ValidationError({"reason": WHY})
    if said.reason == "other" and not said.words.strip():
        raise ValidationError({"words": OTHER_WORDS})
    day = said.day or clock.today()
    if day > clock.today():
        raise ValidationError({"day": "这一天还没到，改成今天或以前。"})
    if day < held.day:
        raise ValidationError({"day": f"比推荐那天（{clock.cn_day(held.day)}）早，改过来。"})
    return held, day


def _move(
    held: Match, kind: str, actor: Any, said: Said, change: Callable[[Match], None], *, ends: bool = False
) -> None:
    """The step itself; of two at once the second is told what the first has done."""
    try:
        change(held)
    except TransitionNotAllowed:
        raise ValidationError(too_late(held)) from None
    day = said.day or clock.today()
    held.reason = said.reason if ends else ""
    held.ended_on = day if ends else None
    held.save()
    _write(held, kind, actor, day=day, reason=said.reason, words=said.words)


def _step(match: Match, kind: str, actor: Any, **said: Any) -> MatchStep:
    said["words"] = said.get("words", "").strip()[:300]
    said = {"day": match.day} | said
    return MatchStep(match=match, kind=kind, state=match.state, at=clock.now(), actor=signer(actor), **said)


def _write(match: Match, kind: str, actor: Any, **said: Any) -> None:
    _step(match, kind, actor, **said).save()


def _locked(match: Match) -> Match:
    """As it stands now; nobody else moves it until the transaction ends."""
    rows = Match.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("person", "territory", "vacancy__territory", "vacancy__employer").get(
        pk=match.pk
    )


def _lock_home(match: Match) -> None:
    """The household before the match, for steps that note in the register: of two steps of one person at once neither
    waits for what the other holds."""
    lock_homes(Person.objects.filter(pk=match.person_id).values_list("household", flat=True))


def _locked_vacancy(pk: int) -> Vacancy:
    """Two who fill the last place at once: the second sees that it is taken."""
    rows = Vacancy.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("territory", "employer").get(pk=pk)


def _taken(vacancy: Vacancy) -> int:
    return Match.objects.placed().filter(vacancy=vacancy).count()


def _is_open(vacancy: Vacancy) -> bool:
    return Vacancy.objects.open().filter(pk=vacancy.pk).exists()


def too_late(match: Match) -> str:
    """Who was quicker, and what it is now."""
    last = match.steps.select_related("actor").latest("pk")
    return (
        f"{last.actor or '服务器'} {clock.cn_moment(last.at)} 已经记了，"
        f"现在是“{match.get_state_display()}”，不能再记这一步。"
    )
