"""Steps that somebody else sends, sealed, from a shared phone: taken in the name of whose ticket lies inside."""

import datetime as dt
import io
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q

from accounts.models import User
from appeals import services
from appeals.forms import read_step
from appeals.models import Matter, Move
from appeals.serializers import StepIn
from core import clock

ACCEPTED, MISSING, CONFLICT = "accepted", "missing", "conflict"
_RATINGS = dict(Matter.RATINGS)


def deliver_step(
    author: Any,
    uuid: UUID,
    body: Any,
    *,
    clock_then: dt.datetime | None,
    vouches: Callable[[dt.datetime], bool],
    drawn: bytes | None,
) -> tuple[str, str]:
    """What became of it, and the matter's number; its author is not there to mend it.

    A step that no longer fits, or that the ticket does not vouch for, stays as a note with what was said, on a matter
    that its author could read. `clock_then`: what the phone's clock would show now.
    """
    matter = _matter_of(author, body)
    if matter is None:
        return MISSING, ""
    if known := Move.objects.filter(uuid=uuid).first():
        if known.actor_id != author.pk or known.matter_id != matter.pk:
            return CONFLICT, matter.number
        move = known
    else:
        move = _take_or_note(author, uuid, matter, body, clock_then, vouches)
    if drawn is not None and not move.photo:
        services.add_photo(actor=author, move=move, photo=io.BytesIO(drawn), size=len(drawn))
    return ACCEPTED, matter.number


def _take_or_note(
    author: Any,
    uuid: UUID,
    matter: Matter,
    body: Mapping[str, Any],
    clock_then: dt.datetime | None,
    vouches: Callable[[dt.datetime], bool],
) -> Move:
    sent = StepIn(data={key: value for key, value in body.items() if key != "matter"})
    try:
        return _take(author, uuid, matter, sent, clock_then, vouches)
    except (PermissionDenied, ValidationError) as refused:
        why = "".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
    # What was written first: if anything must be cut, it is the reason.
    told = f"没有信号时走的一步“{_button(body)}”没走成{_said_in(body)}。为什么：{why}"
    return services.note_sent(actor=author, matter=matter, uuid=uuid, words=told)


def _matter_of(author: Any, body: Any) -> Matter | None:
    """One its author may read, or had a hand in."""
    try:
        uuid = UUID(str(body["matter"])) if isinstance(body, dict) else None
    except (KeyError, ValueError):
        return None
    readable = Q(pk__in=Matter.objects.readable_by(author).values("pk"))
    rows = Matter.objects.filter(readable | Q(moves__actor=author.pk), uuid=uuid)
    return rows.distinct().whole().first()


def _take(
    author: Any,
    uuid: UUID,
    matter: Matter,
    sent: StepIn,
    clock_then: dt.datetime | None,
    vouches: Callable[[dt.datetime], bool],
) -> Move:
    if not sent.is_valid():
        raise ValidationError("内容对不上。")
    told = sent.validated_data
    if clock_then:
        told["sent_at"] = clock_then
    if not vouches(sent.taken_at() or clock.now()):
        raise ValidationError("登录的凭条过了时间，要本人再走一次。")
    step = services.STEPS[told["step"]]
    said = read_step(step, matter, {name: value for name, value in told.items() if name in step.fields})
    return services.take_step(
        actor=author, matter=matter, code=step.code, uuid=uuid, said=said, on=sent.taken_on()
    )


def _button(body: Mapping[str, Any]) -> str:
    step = services.STEPS.get(str(body.get("step")))
    return step.button if step else "？"


def _said_in(body: Mapping[str, Any]) -> str:
    rating = _RATINGS.get(str(body.get("rating")), "")
    to = User.objects.filter(pk=body["to"]).first() if isinstance(body.get("to"), int) else None
    parts = [body.get("words"), rating, body.get("due_on"), to and f"交给{to}"]
    words = "，".join(str(part) for part in parts if part)
    return f"，写的是：{words}" if words else ""
