"""What is written down of a call moves its matter in the same save, as far as it stands so that this actor may.

What no longer fits leaves the matter as it is: the call keeps its row, and a sentence says why.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from appeals.models import Matter
from appeals.services.moving import NEED, accept, answer, take
from core.scope import NOT_YOURS


def take_in_hand(actor: Any, matter: Matter) -> str:
    """A capable person has no account: whoever sends him has the matter in hand. "", or why it was not moved."""

    def do() -> None:
        _take_up(actor, matter)
        if matter.owner_id != actor.pk and matter.state != Matter.COLLECTED:
            has = f"{matter.owner}在办" if matter.is_open else f"现在是“{matter.get_state_display()}”"
            raise ValidationError(f"{has}。")

    return _told(actor, matter, do)


def answer_caller(actor: Any, matter: Matter, words: str, day: dt.date) -> str:
    """What the caller was told is the answer to whoever asked. "", or why the matter was not moved.

    ValidationError at `words` where nobody has said yet what came of it.
    """
    if matter.is_open and not (words.strip() or matter.outcome):
        raise ValidationError({"words": NEED["answer"]})

    def do() -> None:
        _take_up(actor, matter)
        answer(actor=actor, matter=matter, words=words, answered_on=day)

    return _told(actor, matter, do)


def _take_up(actor: Any, matter: Matter) -> None:
    """Nobody's yet, or sent to her: it is hers from now on."""
    if matter.state == Matter.COLLECTED:
        accept(actor=actor, matter=matter)
    elif matter.state == Matter.DISPATCHED and matter.owner_id == actor.pk:
        take(actor=actor, matter=matter)


def _told(actor: Any, matter: Matter, do: Callable[[], None]) -> str:
    if not Matter.objects.readable_by(actor).filter(pk=matter.pk).exists():
        return f"诉求 {matter.number} 交到别处了，没有动。"
    try:
        with transaction.atomic():
            do()
    except ValidationError as refused:
        return f"诉求 {matter.number} 没有动：{''.join(refused.messages)}"
    except PermissionDenied as refused:
        return f"诉求 {matter.number} 没有动：{str(refused) or NOT_YOURS}"
    return ""
