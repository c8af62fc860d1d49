"""书记热线: a call is taken, somebody is sent, arrives, the caller is called back. The matter it opens moves by its own
verbs; the call keeps its times."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from appeals import notices
from appeals.models import Call, CallStep, Device, Matter, Move, Talent
from appeals.models.matters import OPENS
from appeals.services.carrying import answer_caller, take_in_hand
from appeals.services.errors import stored_under
from appeals.services.moving import accept, dispatch
from appeals.services.opening import open_heard
from core import clock
from core.digests import digest_of
from core.scope import NOT_YOURS, must
from grids.models import Household, Person, Territory

TAKES = "calls.take"
PRESSED = "按了呼叫器"
_WITH = ("matter__owner", "territory__parent__parent", "household__territory")
_MATTER = UUID("0b9c6f2e-5f5e-4c39-9d0e-6d1f5c0a8a11")  # the matter's number follows from the call's


@dataclass(frozen=True)
class Taken:
    """A stored call, whether this call of the verb stored it, and what its matter did not do ("" if it all went)."""

    call: Call
    created: bool
    told: str = ""


@transaction.atomic
def take_call(
    *,
    actor: Any,
    uuid: UUID,
    phone: str = "",
    household: Household | None = None,
    person: Person | None = None,
    territory: Territory | None = None,
    caller: str = "",
    words: str = "",
    field: str = Matter.OTHER,
    urgency: str = Matter.DAYS,
    matter: Matter | None = None,
    to: User | None = None,
    talent: Talent | None = None,
) -> Taken:
    """Register a call with the matter it opens, and send somebody, in one save; the secretary is told at once.

    With `matter` it asked about that one and opens none. Without a household it is taken with a place and a name or
    number. Needs calls.take where it is from. Conflict: the number is taken. ValidationError: by field.
    """
    place = household.territory if household else matter.territory if matter else territory
    if place is None or place.kind == Territory.TOWN:
        raise ValidationError({"territory": "选是哪个村、哪个网格打来的；说不清网格的，选村。"})
    must(actor, TAKES, place)
    # Whoever heads the household today stays with the call.
    named = caller.strip() or (person.name if person else household.head_name if household else "")
    call = Call(
        uuid=uuid,
        called_at=clock.now(),
        at=clock.now(),
        taken_by=actor,
        household=household,
        person=person,
        caller=named,
        territory=place,
        asked=matter is not None,
    )
    call.set_phone(phone)
    if household:
        call.phone_mask = call.phone_mask or household.phone_mask
    said = [words.strip(), field, urgency, matter and matter.pk, to and to.pk, talent and talent.pk]
    call.content_hash = digest_of(
        [*said, household and household.pk, caller.strip(), call.phone_hash, place.pk]
    )
    if known := _known(call):
        return known
    try:
        with transaction.atomic():
            call.matter = (
                _asked_about(actor, call, matter, territory)
                if matter
                else _opened(actor, call, phone, words, field, urgency)
            )
            call.full_clean(validate_unique=False)
            call.save(force_insert=True)
    except IntegrityError:
        # Two at once: the constraint let one in, and the other is answered as above.
        if known := _known(call):
            return known
        raise
    told = send(actor=actor, call=call, to=to, talent=talent).told if to or talent else ""
    tell_of(call)
    return Taken(call, created=True, told=told)


def open_pressed(*, device: Device, uuid: UUID, called_at: dt.datetime) -> Call:
    """The call of a button, by nobody's hand: with its matter, or on hold without one while the key is on hold."""
    home = device.household
    assert home is not None  # a constraint: a button is a household's
    call = Call(
        uuid=uuid,
        called_at=called_at,
        at=clock.now(),
        household=home,
        caller=home.head_name,
        phone=home.phone,
        phone_hash=home.phone_hash,
        phone_mask=home.phone_mask,
        territory=home.territory,
        device=device,
        content_hash=digest_of([device.pk, called_at.isoformat()]),
    )
    if device.held_at is None:
        call.matter = _pressed(call)
    call.save(force_insert=True)
    tell_of(call)
    return call


def tell_of(call: Call) -> None:
    """Of what it opened, of the matter it asked about, or that it waits for somebody's yes."""
    if call.matter is None or call.asked:
        notices.tell_of_call(call)
    else:
        notices.tell_of_move(Move.objects.select_related("matter").get(matter=call.matter, kind="open"))


def _opened(actor: Any, call: Call, phone: str, words: str, field: str, urgency: str) -> Matter:
    must(actor, OPENS, call.territory)
    return open_heard(
        actor=actor,
        uuid=uuid5(_MATTER, str(call.uuid)),
        territory=call.territory,
        household=call.household,
        person=call.person,
        phone=phone,
        tell=False,
        source=Matter.HOTLINE,
        field=field,
        words=words.strip() or _by_field(field),
        urgency=urgency,
        caller=call.caller,
    ).matter


def _by_field(field: str) -> str:
    """Nobody types while he listens: what it was about is enough of a word."""
    if field == Matter.OTHER or field not in dict(Matter.FIELDS):
        raise ValidationError({"words": "写一句什么事，或者点一样哪方面。"})
    return dict(Matter.FIELDS)[field]


def _pressed(call: Call, actor: Any = None) -> Matter:
    home = call.household
    return open_heard(
        actor=actor,
        uuid=uuid5(_MATTER, str(call.uuid)),
        territory=call.territory,
        # Where the household has gone and the button still hangs, somebody needs somebody all the same.
        household=None if home is None or home.ended_on else home,
        tell=False,
        source=Matter.BUTTON,
        words=PRESSED,
        urgency=Matter.NOW,
        caller=call.caller,
    ).matter


def _asked_about(actor: Any, call: Call, matter: Matter, place: Territory | None) -> Matter:
    """Of this household and this village: a call never carries somebody to the matter of another."""
    if not Matter.objects.readable_by(actor).filter(pk=matter.pk).exists():
        raise PermissionDenied(NOT_YOURS)
    other = call.household_id and matter.household_id not in (None, call.household_id)
    here = call.territory if call.household_id else place or call.territory
    if other or matter.village != here.village:
        raise ValidationError({"matter": "问的那件事是别的户、别的村的，重新点问的是哪一件。"})
    return matter


# --- what follows -----------------------------------------------------------------------------------------------------


@transaction.atomic
def send(
    *,
    actor: Any,
    call: Call,
    to: User | None = None,
    talent: Talent | None = None,
    words: str = "",
    uuid: UUID | None = None,
) -> CallStep:
    """派人: somebody with an account gets the matter (交办; herself: 受理). A capable person just goes, and who sends
    him has the matter, unless somebody else does (`told`)."""
    said = [words.strip(), to and to.pk, talent and talent.pk]
    held, known = _once(CallStep.SEND, actor, call, uuid, said)
    if known:
        return known
    if (to is None) == (talent is None):
        raise ValidationError({"to": "选派谁去，一次一个人。"})
    matter = _matter_of(held)
    if talent and not Talent.objects.offered_at(held.territory).filter(pk=talent.pk).exists():
        raise ValidationError({"to": "这位能人没有同意随叫，或者不在这个村的名册里了，换一个人。"})
    if to and to.pk != matter.owner_id:
        if to == actor:
            accept(actor=actor, matter=matter)
        else:
            dispatch(actor=actor, matter=matter, to=to, words=words)
    step = _step(CallStep.SEND, actor, held, uuid, said, words=words, to=to, talent=talent)
    if talent:
        step.told = take_in_hand(actor, matter)
    return step


@transaction.atomic
def arrived(
    *, actor: Any, call: Call, at: dt.datetime | None = None, words: str = "", uuid: UUID | None = None
) -> CallStep:
    """到场: whoever was sent stands there."""
    return _timed(CallStep.ARRIVE, actor, call, at, words, uuid)[0]


@transaction.atomic
def called_back(
    *,
    actor: Any,
    call: Call,
    at: dt.datetime | None = None,
    words: str = "",
    done: bool = False,
    uuid: UUID | None = None,
) -> CallStep:
    """回访: the caller was called back. `done`: it is settled, and `words` are what she was told: the matter is
    answered with them, unless it no longer fits (`told`). Without, she only heard that it goes on."""
    step, matter = _timed(CallStep.BACK, actor, call, at, words, uuid, *(["done"] if done else []))
    if done and step.fresh:
        step.told = answer_caller(actor, matter, words, clock.local_date(step.happened_at))
    return step


@transaction.atomic
def let_in(*, actor: Any, call: Call, words: str = "", uuid: UUID | None = None) -> CallStep:
    """是真的: what a button sent while its key was on hold becomes a matter after all."""
    held, known = _once(CallStep.LET_IN, actor, call, uuid, [words.strip()])
    if known:
        return known
    _must_be_on_hold(held)
    held.matter = _pressed(held, actor)
    held.save(update_fields=["matter"])
    tell_of(held)
    return _step(CallStep.LET_IN, actor, held, uuid, [words.strip()], words=words)


@transaction.atomic
def drop(*, actor: Any, call: Call, words: str, uuid: UUID | None = None) -> CallStep:
    """不是真的: it stays with the reason, and opens nothing."""
    held, known = _once(CallStep.DROP, actor, call, uuid, [words.strip()])
    if known:
        return known
    if not words.strip():
        raise ValidationError({"words": "写一句怎么知道不是真的，比如“打电话问过了”。"})
    _must_be_on_hold(held)
    return _step(CallStep.DROP, actor, held, uuid, [words.strip()], words=words)


def _must_be_on_hold(call: Call) -> None:
    if not Call.objects.on_hold().filter(pk=call.pk).exists():
        raise ValidationError("这一条已经有人定过了，刷新看看。")


def _timed(
    kind: str, actor: Any, call: Call, at: dt.datetime | None, words: str, uuid: UUID | None, *more: str
) -> tuple[CallStep, Matter]:
    said = [words.strip(), at.isoformat() if at else "", *more]
    held, known = _once(kind, actor, call, uuid, said)
    matter = _matter_of(held)
    if known:
        return known, matter
    moment = at or clock.now()
    # To the minute: a time that is typed has no seconds.
    if not held.called_at.replace(second=0, microsecond=0) <= moment <= clock.now():
        raise ValidationError({"at": "时间在来电以后、现在以前，改过来。"})
    return _step(kind, actor, held, uuid, said, words=words, happened_at=moment), matter


def _matter_of(call: Call) -> Matter:
    if call.matter is None:
        raise ValidationError("这个呼叫器先停着，先定是不是真的。")
    return call.matter


def _step(kind: str, actor: Any, call: Call, uuid: UUID | None, said: list[Any], **more: Any) -> CallStep:
    step = CallStep(
        uuid=uuid or uuid4(),
        call=call,
        kind=kind,
        at=clock.now(),
        actor=actor,
        content_hash=digest_of([kind, call.pk, actor.pk, *said]),
        **{"happened_at": clock.now()} | more,
    )
    step.words = step.words.strip()
    step.full_clean(validate_unique=False)
    step.save(force_insert=True)
    step.fresh = True
    return step


def _once(
    kind: str, actor: Any, call: Call, uuid: UUID | None, said: list[Any]
) -> tuple[Call, CallStep | None]:
    """The call, and the step if it is stored already: asked before the lock, and under it for two at the same time."""
    must(actor, TAKES, call.territory)
    if known := _stored(kind, actor, call, uuid, said):
        return call, known
    held = Call.objects.select_for_update(of=("self",), no_key=True).select_related(*_WITH).get(pk=call.pk)
    return held, _stored(kind, actor, held, uuid, said)


def _stored(kind: str, actor: Any, call: Call, uuid: UUID | None, said: list[Any]) -> CallStep | None:
    digest = digest_of([kind, call.pk, actor.pk, *said])
    found: CallStep | None = stored_under(
        uuid, CallStep.objects.all(), lambda known: known.content_hash == digest
    )
    return found


def _known(call: Call) -> Taken | None:
    def same(found: Call) -> bool:
        return (found.taken_by_id, found.content_hash) == (call.taken_by_id, call.content_hash)

    found = stored_under(call.uuid, Call.objects.select_related("matter"), same)
    return Taken(found, created=False) if found else None
