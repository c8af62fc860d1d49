"""用工单位: signed up by the centre or by themselves, approved, given a link of their own, closed."""

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.idnumber import looks_secret
from core.scope import may, must, signer
from grids.models import Territory
from jobs.models import Employer, Vacancy
from jobs.models.words import MANAGES
from jobs.services.stepping import held_by, kept, locked, move, reason

FACTS = ("name", "credit_code", "industry", "contact", "address", "note")
KNOWN = "这个单位登记过了。要加岗位，到村里或者镇上的就业服务中心说一声。"
NO_GRID = "选一个村，或者归镇里。"
NOT_APPROVED = "先通过这个单位，再办这件事。"
CLOSED_WITH = "单位停用了"
PLACE_GONE = "管这个单位的{place}已经撤了，不能重新开。给它重新登记，归现在的村。"
NAME_NOT_PUBLIC = "单位名称里不写电话、身份证号，大家都看得到，去掉再交。"
_LETTERS = 22  # of 64: nobody guesses them


@transaction.atomic
def sign_up_employer(*, actor: Any, territory: Territory, phone: str, **facts: Any) -> Employer:
    """登记用工单位 by the centre; it is in use at once. `facts`: of FACTS. Needs jobs.manage there. ValidationError by
    field; nothing is saved without a phone."""
    must(actor, MANAGES, territory)
    made = drafted_employer(territory=territory, phone=phone, **facts)
    made.made_by = signer(actor)
    made.approve()
    return kept(_whole(made), actor)


@transaction.atomic
def sign_up_itself(*, territory: Territory, phone: str, **facts: Any) -> Employer:
    """The same by the employer: it waits, and is shown nowhere, until somebody who manages there approves it. The same
    form sent once more is the same row."""
    made = drafted_employer(territory=territory, phone=phone, **facts)
    made.by_itself = True
    _one_at_a_time()
    alive = Employer.objects.exclude(state__in=(Employer.REFUSED, Employer.CLOSED))
    if (before := alive.filter(territory=territory, name=made.name).first()) is not None:
        if _sent_again(before, made):
            return before
        raise ValidationError({"name": KNOWN})
    if made.credit_code and alive.filter(credit_code=made.credit_code).exists():
        raise ValidationError({"credit_code": KNOWN})
    return kept(_whole(made))


def _sent_again(before: Employer, made: Employer) -> bool:
    """Whether it is the form of before, by a second press or by a page drawn again."""
    said = (*FACTS, "phone_hash", "by_itself", "state")
    return all(getattr(before, name) == getattr(made, name) for name in said)


def _one_at_a_time() -> None:
    """Names and codes of employers are looked at while nobody else writes one: the town's row is the lock."""
    list(Territory.objects.select_for_update(no_key=True).filter(kind=Territory.TOWN).order_by("pk"))


def drafted_employer(*, territory: Territory, phone: str, **facts: Any) -> Employer:
    """One that is not saved and not checked as a whole. ValidationError at the phone or the place."""
    unknown = facts.keys() - set(FACTS)
    assert not unknown, unknown
    if territory.kind == Territory.GRID or territory.closed_on is not None:
        raise ValidationError({"territory": NO_GRID})
    made = Employer(territory=territory, made_at=clock.now(), **_tidy(facts))
    made.set_phone(phone)
    return made


@transaction.atomic
def change_employer(*, actor: Any, employer: Employer, phone: str | None = None, **facts: Any) -> Employer:
    """改单位信息, of one that waits or is in use. `phone`: None leaves it as it is."""
    held = held_by(actor, employer)
    _alive(held)
    for name, value in _tidy(facts).items():
        assert name in FACTS, name
        setattr(held, name, value)
    if phone is not None:
        held.set_phone(phone)
    return kept(_whole(held), actor)


@transaction.atomic
def approve_employer(*, actor: Any, employer: Employer) -> Employer:
    """通过; its places wait on their own."""
    return move(held_by(actor, employer), Employer.approve, actor)


@transaction.atomic
def refuse_employer(*, actor: Any, employer: Employer, why: str) -> Employer:
    """不通过, with what waits of its places."""
    held = held_by(actor, employer)
    held.why_not = reason(why)
    move(held, Employer.refuse, actor)
    _end_places(held, actor)
    return held


@transaction.atomic
def close_employer(*, actor: Any, employer: Employer, why: str) -> Employer:
    """停用: its link opens nothing any more, and its places are no longer offered."""
    held = held_by(actor, employer)
    held.why_not, held.code = reason(why), None
    move(held, Employer.close, actor)
    _end_places(held, actor)
    return held


@transaction.atomic
def reopen_employer(*, actor: Any, employer: Employer) -> Employer:
    """重新开: in use again, without a link until a new one is made; its places stay over, each is 再招 by itself.
    ValidationError where another has its name or its code meanwhile, or the village is no more."""
    held = held_by(actor, employer)
    if held.territory.closed_on is not None:
        raise ValidationError(PLACE_GONE.format(place=held.territory))
    if held.state == Employer.CLOSED:
        held.why_not = ""
    _one_at_a_time()
    return move(held, Employer.reopen, actor)


@transaction.atomic
def make_link(*, actor: Any, employer: Employer) -> Employer:
    """A new link of its own; the one it had opens nothing from now on."""
    held = held_by(actor, employer)
    if held.state != Employer.APPROVED:
        raise ValidationError(NOT_APPROVED)
    held.code = secrets.token_urlsafe(16)[:_LETTERS]
    held.save(update_fields=["code"])
    return held


@transaction.atomic
def take_link_away(*, actor: Any, employer: Employer) -> Employer:
    held = held_by(actor, employer)
    held.code = None
    held.save(update_fields=["code"])
    return held


def employer_behind(code: str) -> Employer | None:
    """Whose link that is, as long as it is in use."""
    if not code:
        return None
    return Employer.objects.approved().select_related("territory__parent").filter(code=code).first()


def still_linked(employer: Employer, code: str) -> Employer:
    """The same under its lock; ValidationError if the link was taken away since."""
    held = locked(employer)
    if held.code != code or held.state != Employer.APPROVED:
        raise ValidationError("这个链接已经收回了，找就业服务中心要新的。")
    return held


def _end_places(employer: Employer, actor: Any) -> None:
    for state, step in ((Vacancy.PENDING, Vacancy.refuse), (Vacancy.OPEN, Vacancy.close)):
        for place in Vacancy.objects.filter(employer=employer, state=state):
            held = locked(place)
            held.why_not = CLOSED_WITH if employer.state == Employer.CLOSED else "单位没通过"
            move(held, step, actor)


def _tidy(facts: dict[str, Any]) -> dict[str, Any]:
    tidy = {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}
    if "credit_code" in tidy:
        tidy["credit_code"] = tidy["credit_code"].upper()
    return tidy


def checked_employer(employer: Employer) -> Employer:
    """ValidationError with everything that is wrong with what it says of itself, by field; whether another one has its
    name or its code is asked when it is saved."""
    faults: dict[str, list[str]] = {}
    try:
        employer.full_clean(exclude=["territory", "made_by", "phone", "state"], validate_constraints=False)
    except ValidationError as refused:
        faults = dict(refused.message_dict)
    if looks_secret(employer.name):
        faults.setdefault("name", []).append(NAME_NOT_PUBLIC)
    if faults:
        raise ValidationError(faults)
    return employer


def _whole(employer: Employer) -> Employer:
    _one_at_a_time()
    checked_employer(employer).validate_constraints()
    return employer


def dial_employer(actor: Any, employer: Employer) -> str:
    """Its phone in full for who manages employment there, else nothing."""
    if employer.phone is None or not may(actor, MANAGES, employer.territory):
        return ""
    return str(employer.phone.open())


def _alive(employer: Employer) -> None:
    if employer.state not in (Employer.PENDING, Employer.APPROVED):
        raise ValidationError(f"{employer}现在是“{employer.get_state_display()}”，不能改。")
