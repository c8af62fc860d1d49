"""The frame of every step: who may is asked, the matter is moved under its lock, and a dated row stays.

Two at once: the row is locked, so that the second sees what the first has done, and is told who that was.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django_fsm import TransitionNotAllowed

from accounts.models import User
from appeals import notices
from appeals.models import Matter, Move
from appeals.models.matters import HANDLES
from appeals.services.errors import stored_under
from core import clock
from core.digests import digest_of
from core.scope import NOT_YOURS, may

AS_NOTE = "as a note"  # in place of a digest: what a phone sent and what no longer fitted
LONGEST = 540  # 500 that somebody writes, and what a step adds to them
Change = Callable[[Matter], None]
Right = Callable[[Any, Matter], bool]


def move_on(
    kind: str,
    right: Right,
    actor: Any,
    matter: Matter,
    uuid: UUID | None,
    change: Change,
    *,
    words: str = "",
    need: str = "",
    to: User | None = None,
    day: dt.date | None = None,
    said: Mapping[str, str] | None = None,
) -> Move:
    """Take one step: `change` moves the matter, `right` says who may, `need` is what a step without words is told.

    Runs inside the caller's transaction. PermissionDenied, ValidationError by field, Conflict if the number is taken.
    """
    words = words.strip()
    digest = _digest(kind, matter, actor, words, to, said or {})
    # 1. A step that is stored already gets its answer before anything else is asked.
    if known := _stored(uuid, digest, actor):
        return known
    # 2. The lock: of two at once the second sees what the first has done, be it the same step.
    held = (
        Matter.objects.select_for_update(of=("self",), no_key=True)
        .select_related("territory__parent__parent")
        .get(pk=matter.pk)
    )
    if known := _stored(uuid, digest, actor):
        return known
    if not right(actor, held):
        raise _not_hers(actor, held, kind)
    if len(words) > LONGEST:
        raise ValidationError({"words": "最多写 500 个字，写短一点。"})
    if need and not words:
        raise ValidationError({"words": need})
    try:
        change(held)
    except TransitionNotAllowed:
        raise ValidationError(too_late(held, kind)) from None
    held.full_clean(validate_unique=False)
    held.save()
    move = Move.objects.create(
        content_hash=digest,
        uuid=uuid or uuid4(),
        matter=held,
        kind=kind,
        at=clock.now(),
        day=day or clock.today(),
        due_on=held.due_on,
        rating=held.rating,
        actor=actor,
        to=to,
        level=held.level,
        state=held.state,
        words=words,
    )
    move.fresh = True
    notices.tell_of_move(move)
    return move


def _stored(uuid: UUID | None, digest: str, actor: Any) -> Move | None:
    """The step under this number, if it says the same, or was kept as a note of the same person's."""

    def same(known: Move) -> bool:
        as_note = known.content_hash == AS_NOTE and known.actor_id == getattr(actor, "pk", None)
        return as_note or known.content_hash == digest

    found: Move | None = stored_under(uuid, Move.objects.select_related("matter"), same)
    return found


def _not_hers(actor: Any, held: Matter, kind: str) -> Exception:
    """Who takes up matters there and came too late hears who was quicker; anybody else, that it is not hers."""
    if may(actor, HANDLES, held.territory) and held.owner_id not in (None, getattr(actor, "pk", None)):
        return ValidationError(too_late(held, kind))
    return PermissionDenied(NOT_YOURS)


def _digest(
    kind: str, matter: Matter, actor: Any, words: str, to: User | None, said: Mapping[str, str]
) -> str:
    """Of what was said, whatever came of it."""
    whole = [kind, matter.pk, getattr(actor, "pk", None), words, to.pk if to else None, sorted(said.items())]
    return digest_of(whole)


def too_late(matter: Matter, kind: str = "") -> str:
    """Who was quicker, when, and what it is now; or that its petition is to end first."""
    if kind in ("close", "withdraw") and matter.petition_runs:
        return "这件事转了信访登记，信访办结以后才能办结、不办。现在可以先回复，满意度空着。"
    moves = matter.moves.exclude(kind="note").exclude(kind__startswith="petition_")
    last = moves.select_related("actor").latest("pk")
    who = last.actor or "群众"
    return (
        f"{who} {clock.cn_moment(last.at)} 已经{last.get_kind_display()}，"
        f"这件事现在是“{matter.get_state_display()}”。"
    )
