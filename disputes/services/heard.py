"""What a room that heard of a dispute says of it later: that it was a mistake, that it stands after all, other words.

The room has asked already whether the actor may. A step that does not fit any more is none: who has the dispute in
hand reads what was said and decides.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from disputes.models import Dispute, Move
from disputes.services.stepping import locked, move_on

REWORDED = "更正为："


def _asked_already(actor: Any, dispute: Dispute) -> bool:
    return True


@transaction.atomic
def drop_heard(*, actor: Any, dispute: Dispute, because: str) -> Move | None:
    """不算纠纷, while nobody has taken it up; later only a note. None where it is at rest or was given up already."""
    held = locked(dispute)
    if held.state == Dispute.NOTED and held.level == Dispute.GRID:
        return move_on("withdraw", _asked_already, actor, held, None, Dispute.withdraw, words=because)
    if held.is_open:
        return _note(actor, held, f"{because}。还算不算纠纷，办的人定")
    return None


@transaction.atomic
def stand_heard(*, actor: Any, dispute: Dispute, because: str) -> Move | None:
    """恢复 what `drop_heard` gave up for the same reason; nothing else is taken up again."""
    held = locked(dispute)
    last = held.moves.exclude(kind="note").order_by("-pk").first()
    if held.state != Dispute.WITHDRAWN or last is None or last.words != because:
        return None
    return move_on("restore", _asked_already, actor, held, None, Dispute.restore)


@transaction.atomic
def reword_heard(*, actor: Any, dispute: Dispute, words: str, kind: str) -> Move | None:
    """Put it in other words while it is open, with a dated note of what is new; None if nothing is, or too late."""
    held = locked(dispute)
    if not held.is_open or (held.words, held.kind) == (words, kind):
        return None

    def change(said: Dispute) -> None:
        said.words, said.kind = words, kind

    return move_on("note", _asked_already, actor, held, None, change, words=f"{REWORDED}{words}")


@transaction.atomic
def note_sent(*, actor: Any, dispute: Dispute, uuid: UUID, words: str) -> Move:
    """What somebody sent of it that could not be taken as it was meant; the room that took it in has asked."""
    return move_on("note", _asked_already, actor, dispute, uuid, lambda held: None, words=words[:1000])


def _note(actor: Any, dispute: Dispute, words: str) -> Move:
    return move_on("note", _asked_already, actor, dispute, None, lambda held: None, words=words)
