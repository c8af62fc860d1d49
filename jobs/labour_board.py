"""What the labour register puts on 无事板: one line for all that visits propose and wait for a yes or a no."""

from typing import Any

from django.urls import reverse

from core.board import Ends, Waiting, register_waiting
from core.scope import may
from jobs.models import LabourProposal
from jobs.models.words import NOTES_LABOUR


def _rows(actor: Any) -> Any:
    return LabourProposal.objects.visible_to(actor, NOTES_LABOUR).waiting()


def proposals(actor: Any, ends: Ends) -> list[Waiting]:
    """Who may note it; how many, and since when the first of them waits."""
    if not may(actor, NOTES_LABOUR) or not (number := _rows(actor).count()):
        return []
    first = _rows(actor).order_by("made_at").values_list("made_at", flat=True)[0]
    url = f"{reverse('labour:register')}?list=told"
    return [Waiting("就业", f"{number} 条走访报来的就业情况等登记", url, first, "还没看过", "去登记")]


def count(actor: Any) -> int:
    return int(may(actor, NOTES_LABOUR) and _rows(actor).exists())


def register() -> None:
    """Called once, when Django is ready."""
    register_waiting("jobs.labour", proposals, 40, count)
