"""The frame of every step: who may is asked, the dispute is moved under its lock, and a dated row stays.

Two at once: the row is locked, so that the second sees what the first has done, and is told who that was.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django_fsm import TransitionNotAllowed

from core import clock
from core.digests import digest_of
from core.scope import NOT_YOURS, signer
from disputes import notices
from disputes.models import Dispute, Move
from disputes.services.ending import end_with
from disputes.services.errors import Conflict
from disputes.services.rights import ones_own

LONGEST = 1000
Change = Callable[[Dispute], None]
Right = Callable[[Any, Dispute], bool]


def move_on(
    kind: str,
    right: Right,
    actor: Any,
    dispute: Dispute,
    uuid: UUID | None,
    change: Change,
    *,
    words: str = "",
    need: str = "",
    day: dt.date | None = None,
    said: Mapping[str, str] | None = None,
) -> Move:
    """Take one step: `change` moves the dispute, `right` says who may, `need` is what a step without words is told.

    Runs inside the caller's transaction. PermissionDenied, ValidationError by field, Conflict if the number is taken.
    """
    words = words.strip()
    digest = digest_of([kind, dispute.pk, getattr(actor, "pk", None), words, sorted((said or {}).items())])
    # 1. A step that is stored already gets its answer before anything else is asked.
    if known := _stored(uuid, digest):
        return known
    # 2. The lock: of two at once the second sees what the first has done, be it the same step.
    held = locked(dispute)
    if known := _stored(uuid, digest):
        return known
    if not right(actor, held):
        raise PermissionDenied(ones_own(actor, held) or NOT_YOURS)
    if len(words) > LONGEST:
        raise ValidationError({"words": f"最多写 {LONGEST} 个字，写短一点。"})
    if need and not words:
        raise ValidationError({"words": need})
    _check_day(held, day)
    was_in_hand = held.state == Dispute.IN_HAND
    try:
        change(held)
    except TransitionNotAllowed:
        raise ValidationError(too_late(held)) from None
    held.full_clean(validate_unique=False)
    held.save()
    if was_in_hand and held.state != Dispute.IN_HAND:
        end_with(held, kind, dict(Move.KINDS)[kind])
    move = write_move(held, kind, actor, words=words, day=day, uuid=uuid, digest=digest)
    notices.tell_of_move(move)
    return move


def write_move(
    dispute: Dispute,
    kind: str,
    actor: Any,
    *,
    words: str = "",
    day: dt.date | None = None,
    uuid: UUID | None = None,
    digest: str = "",
) -> Move:
    """The dated row of one step, with how the dispute stands after it."""
    move = move_of(dispute, kind, actor, words=words, day=day, uuid=uuid, digest=digest)
    move.save(force_insert=True)
    move.fresh = True
    return move


def move_of(
    dispute: Dispute,
    kind: str,
    actor: Any,
    *,
    words: str = "",
    day: dt.date | None = None,
    uuid: UUID | None = None,
    digest: str = "",
) -> Move:
    """The same, not stored."""
    return Move(
        content_hash=digest,
        uuid=uuid or uuid4(),
        dispute=dispute,
        kind=kind,
        at=clock.now(),
        day=day or clock.today(),
        actor=signer(actor),
        owner=dispute.owner,
        keeper=dispute.keeper,
        level=dispute.level,
        state=dispute.state,
        due_on=dispute.due_on,
        words=words,
        feedback=dispute.feedback,
    )


def locked(dispute: Dispute) -> Dispute:
    """As it stands now; nobody else moves it until the transaction ends."""
    rows = Dispute.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("territory__parent__parent", "owner", "keeper").get(pk=dispute.pk)


def _check_day(held: Dispute, day: dt.date | None) -> None:
    if day is None:
        return
    again = held.moves.filter(kind="reopen").order_by("-pk").values_list("day", flat=True).first()
    if not (again or held.found_on) <= day <= clock.today():
        since = "又闹起来" if again else "发现"
        raise ValidationError({"day": f"日子在{since}那天到今天之间，改过来。"})


def _stored(uuid: UUID | None, digest: str) -> Move | None:
    """The step under this number, if it says the same; Conflict if it says something else or is somebody else's."""
    known = Move.objects.filter(uuid=uuid).select_related("dispute").first() if uuid else None
    if known and known.content_hash != digest:
        raise Conflict(known)
    return known


def too_late(dispute: Dispute) -> str:
    """Who was quicker, when, and what it is now."""
    last = dispute.moves.exclude(kind="note").select_related("actor").latest("pk")
    who = last.actor or "服务器"
    return (
        f"{who} {clock.cn_moment(last.at)} 已经“{last.get_kind_display()}”，"
        f"这件纠纷现在是“{dispute.get_state_display()}”。"
    )
