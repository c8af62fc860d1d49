"""What a room that heard of a need says of it later: that it was a mistake, that it stands after all, or other words.

The room has asked already whether the actor may. A step that does not fit any more is none: who has the matter in hand
reads what was said and decides.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django_fsm import can_proceed

from appeals.models import Matter, Move
from appeals.services.clocks import promised
from appeals.services.stepping import AS_NOTE, LONGEST, move_on
from core import clock

REWORDED = "更正为："


def _asked_already(actor: Any, matter: Matter) -> bool:
    return True


@transaction.atomic
def drop_heard(*, actor: Any, matter: Matter, because: str) -> Move | None:
    """不办了, while nobody works on it; later only a note. None where it is answered or was given up already."""
    held = _locked(matter)
    if held.state in (Matter.COLLECTED, Matter.DISPATCHED) and can_proceed(held.withdraw):
        return move_on("withdraw", _asked_already, actor, held, None, Matter.withdraw, words=because)
    if held.is_open:
        return _note(actor, held, f"{because}。还要不要办，办的人定")
    return None


@transaction.atomic
def stand_heard(*, actor: Any, matter: Matter, because: str) -> Move | None:
    """恢复 what `drop_heard` gave up for the same reason; nothing else is taken up again."""
    held = _locked(matter)
    last = held.moves.exclude(kind="note").order_by("-pk").first()
    if held.state != Matter.WITHDRAWN or last is None or last.words != because:
        return None

    def change(again: Matter) -> None:
        again.restore()
        again.due_on = promised(again, since=clock.today())

    return move_on("restore", _asked_already, actor, held, None, change)


@transaction.atomic
def reword_heard(
    *, actor: Any, matter: Matter, words: str, field: str, urgency: str, person: Any = None
) -> Move | None:
    """Put it in other words while it is open, with a dated note of what is new; None if nothing is, or too late."""
    held = _locked(matter)
    new = {"words": words, "field": field, "urgency": urgency, "person": person}
    if not held.is_open or all(getattr(held, name) == value for name, value in new.items()):
        return None

    def change(said: Matter) -> None:
        for name, value in new.items():
            setattr(said, name, value)

    return move_on("note", _asked_already, actor, held, None, change, words=f"{REWORDED}{words}")


@transaction.atomic
def note_sent(*, actor: Any, matter: Matter, uuid: UUID, words: str) -> Move:
    """What somebody did without a signal and what no longer fits when it arrives: a note, so that it is not lost."""
    move = move_on("note", _asked_already, actor, matter, uuid, lambda held: None, words=words[:LONGEST])
    move.content_hash = AS_NOTE
    move.save(update_fields=["content_hash"])
    return move


def _note(actor: Any, matter: Matter, words: str) -> Move:
    return move_on("note", _asked_already, actor, matter, None, lambda held: None, words=words)


def _locked(matter: Matter) -> Matter:
    """As it stands now; nobody else moves it until the transaction ends."""
    rows = Matter.objects.select_for_update(of=("self",), no_key=True).select_related("person")
    return rows.get(pk=matter.pk)
