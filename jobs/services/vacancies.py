"""岗位: offered by the centre or by the employer, approved, changed, closed, offered again; over by themselves."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.faults import by_field
from core.idnumber import looks_secret
from core.scope import signer
from grids.models import Territory
from jobs.models import Employer, Skill, Vacancy
from jobs.services.employers import NOT_APPROVED, sign_up_itself, still_linked
from jobs.services.stepping import BY_ITSELF, held_by, kept, locked, move, reason

FACTS = (
    "title",
    "trade",
    "kind",
    "number",
    "wage_low",
    "wage_high",
    "unit",
    "hours",
    "village",
    "place",
    "km",
    "demands",
    "needs",
    "age_low",
    "age_high",
    "ground",
    "starts_on",
    "until",
)
OVER = "这一天已经过去了，改成今天或以后。"
TOO_FAR = "最多写到一年以后，到时候还招再延。"
OTHER_YEAR = "离今天一年多，看看年份是不是写错了。"
LONGEST = dt.timedelta(days=366)

# 就业促进法 §27 (nobody may be refused for being a woman), §26 (no discrimination at all).
SEX = "招人不能限男女，也不能写男女优先（就业促进法第 26、27 条），去掉再交。活本身有要求的，写清楚是什么活。"
AGE = "年龄不写在这里：填“最小几岁、最大几岁”，并选法律依据；没有依据的不能限。"
NOT_PUBLIC = "这里写了电话或者身份证号，大家都看得到，去掉再交。"
_BOTH = re.compile("男女(?:都|均|皆)?(?:不限|不论|可以|可|行|要)|不(?:限|分|论)(?:男女|性别)|性别不限")
_ONE = re.compile(
    r"(?:限|仅|只要|只招|只收|招|要|需)(?:聘|用)?(?:\d+名?)?(?:男|女)(?!装|鞋|包|式)"
    r"|(?:男|女)(?:性(?!用品)|士(?!用品)|生(?!活)|青年|员工|职工|优先|的优先|工(?!宿舍|更衣|专区|保护))"
    r"|(?:男|女)\s*\d+\s*(?:人|名|个)"
    r"|\d+\s*(?:名|个)?(?:男|女)(?!装|鞋|包|式)"
    r"|(?:^|[，,、；;。\s（(])(?:男|女)(?!装|鞋|包|式|女|儿|童|孩|士用|性用)"
)
_YEARS = re.compile(
    r"(?:\d{2}|[一二三四五六七八九十]{2,3})\s*(?:周)?岁"
    r"|限\s*\d{2}(?!\s*[人名个])"
    r"|年龄(?!不限|没|无)[^\d，,。；;]{0,6}\d{2}"
)


def words_against_law(text: str) -> str:
    """What is wrong with what a title or a need asks for, "" if nothing is: one sex, or an age without its ground."""
    if _ONE.search(_BOTH.sub("", text)):
        return SEX
    return AGE if _YEARS.search(text) else ""


def words_not_public(text: str) -> str:
    """What is wrong with a text that everybody will read, "" if nothing is: somebody's phone or identity number."""
    return NOT_PUBLIC if looks_secret(text) else ""


# --- offering ----------------------------------------------------------------------------------------------------


@transaction.atomic
def offer_vacancy(*, actor: Any, employer: Employer, skills: Iterable[Skill] = (), **facts: Any) -> Vacancy:
    """发岗位 by the centre: it is open at once. `facts`: of FACTS. Needs jobs.manage where the employer is looked
    after. ValidationError by field."""
    held = held_by(actor, employer)
    if held.state != Employer.APPROVED:
        raise ValidationError(NOT_APPROVED)
    made = checked(drafted_vacancy(employer=held, **facts))
    made.made_by = signer(actor)
    made.approve()
    return _stored(made, skills, actor)


@transaction.atomic
def offer_first(*, employer: Employer, skills: Iterable[Skill] = (), **facts: Any) -> Vacancy:
    """The place that an employer names when it signs up itself; both wait."""
    assert employer.state == Employer.PENDING, employer.state
    return _pending(employer, skills, facts)


@transaction.atomic
def sign_up_with_place(
    *, territory: Territory, employer: dict[str, Any], skills: Iterable[Skill] = (), **facts: Any
) -> Employer:
    """An employer by itself with its first place: both wait. ValidationError with what is wrong with either, at once;
    then neither is there. `employer`: its phone and FACTS of an employer."""
    faults: dict[str, list[str]] = {}
    made = Employer(territory=territory)
    try:
        made = sign_up_itself(territory=territory, **employer)
    except ValidationError as refused:
        faults |= by_field(refused)
    try:
        checked(drafted_vacancy(employer=made, **facts))
    except ValidationError as refused:
        faults |= by_field(refused)
    if faults:
        raise ValidationError(faults)
    offer_first(employer=made, skills=skills, **facts)
    return made


@transaction.atomic
def offer_itself(*, employer: Employer, code: str, skills: Iterable[Skill] = (), **facts: Any) -> Vacancy:
    """A place by the employer's own link; it waits until the centre approves it."""
    return _pending(still_linked(employer, code), skills, facts)


def _pending(employer: Employer, skills: Iterable[Skill], facts: dict[str, Any]) -> Vacancy:
    villages = Territory.objects.villages().in_use()
    made = drafted_vacancy(employer=employer, **{"village": village_in(facts["place"], villages)} | facts)
    made.by_itself = True
    checked(made)
    same = Vacancy.objects.filter(employer=employer, title=made.title)
    alive = same.filter(state__in=(Vacancy.PENDING, Vacancy.OPEN))
    twin = next((row for row in alive if _alike(row, made)), None)
    return twin or _stored(made, skills, None)


def _alike(one: Vacancy, other: Vacancy) -> bool:
    """The form was sent once more, by a second press or by a page drawn again: it is the same place."""
    return all(getattr(one, name) == getattr(other, name) for name in FACTS)


def village_in(place: str, villages: Iterable[Territory]) -> Territory | None:
    """The village that a place names; without one nobody knows how far it is from where people live."""
    return next((each for each in villages if each.name in place), None)


def drafted_vacancy(*, employer: Employer, **facts: Any) -> Vacancy:
    """One that is neither saved nor checked; `employer` may be a draft itself."""
    unknown = facts.keys() - set(FACTS)
    assert not unknown, unknown
    return Vacancy(employer=employer, territory=employer.territory, made_at=clock.now(), **_tidy(facts))


def checked(vacancy: Vacancy, *, new: bool = True) -> Vacancy:
    """ValidationError with everything that is wrong with it, by field. `new`: it is offered from now on, so that its
    last day is still to come."""
    faults: dict[str, list[str]] = {}
    try:
        vacancy.full_clean(exclude=["employer", "territory", "made_by", "state"])
    except ValidationError as refused:
        faults = dict(refused.message_dict)
    for name in ("title", "needs", "place"):
        text = getattr(vacancy, name) or ""
        if told := words_not_public(text) or (words_against_law(text) if name != "place" else ""):
            faults.setdefault(name, []).append(told)
    if new and isinstance(vacancy.until, dt.date):
        if vacancy.until < clock.today():
            faults.setdefault("until", []).append(OVER)
        elif vacancy.until > clock.today() + LONGEST:
            faults.setdefault("until", []).append(TOO_FAR)
    if new and isinstance(vacancy.starts_on, dt.date) and abs(vacancy.starts_on - clock.today()) > LONGEST:
        faults.setdefault("starts_on", []).append(OTHER_YEAR)
    if faults:
        raise ValidationError(faults)
    return vacancy


# --- what becomes of it --------------------------------------------------------------------------------------------


@transaction.atomic
def change_vacancy(
    *, actor: Any, vacancy: Vacancy, skills: Iterable[Skill] | None = None, **facts: Any
) -> Vacancy:
    """改岗位, also a later last day for one that is over; never one that was refused or closed."""
    held = held_by(actor, vacancy)
    if held.state not in (Vacancy.PENDING, Vacancy.OPEN):
        raise ValidationError(f"这个岗位现在是“{held.get_state_display()}”，先再招，再改。")
    before = held.until
    for name, value in _tidy(facts).items():
        assert name in FACTS, name
        setattr(held, name, value)
    return _stored(checked(held, new=held.until != before), skills, actor)


@transaction.atomic
def approve_vacancy(*, actor: Any, vacancy: Vacancy) -> Vacancy:
    """通过: from now on everybody sees it, and people are sent there."""
    held = held_by(actor, vacancy)
    if held.state == Vacancy.PENDING:
        if held.employer.state != Employer.APPROVED:
            raise ValidationError(NOT_APPROVED)
        checked(held)
    return move(held, Vacancy.approve, actor)


@transaction.atomic
def refuse_vacancy(*, actor: Any, vacancy: Vacancy, why: str) -> Vacancy:
    held = held_by(actor, vacancy)
    held.why_not = reason(why)
    return move(held, Vacancy.refuse, actor)


@transaction.atomic
def close_vacancy(*, actor: Any, vacancy: Vacancy, why: str) -> Vacancy:
    """不招了."""
    held = held_by(actor, vacancy)
    held.why_not = reason(why, "写一句为什么不招了，如：招满了。")
    return move(held, Vacancy.close, actor)


@transaction.atomic
def close_itself(*, employer: Employer, code: str, vacancy: Vacancy) -> Vacancy:
    """不招了 by the employer's own link; ValidationError for a place of somebody else."""
    owner = still_linked(employer, code)
    held = locked(vacancy)
    if held.employer_id != owner.pk:
        raise ValidationError("这不是您的岗位。")
    held.why_not = BY_ITSELF
    return move(held, Vacancy.close)


@transaction.atomic
def reopen_vacancy(*, actor: Any, vacancy: Vacancy, until: dt.date) -> Vacancy:
    """再招, with a last day that is still to come."""
    held = held_by(actor, vacancy)
    if held.state == Vacancy.CLOSED:
        if held.employer.state != Employer.APPROVED:
            raise ValidationError("单位已经停用，不能再招。")
        held.until, held.why_not = until, ""
        checked(held)
    return move(held, Vacancy.reopen, actor)


def _stored(vacancy: Vacancy, skills: Iterable[Skill] | None, actor: Any) -> Vacancy:
    kept(vacancy, actor)
    if skills is not None:
        vacancy.skills.set(skills)
    return vacancy


def _tidy(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}
