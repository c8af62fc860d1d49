"""What upper rooms show on a household's card: grids asks this list, and knows nobody who fills it."""

from collections.abc import Callable
from typing import Any

CardPart = Callable[[Any, Any], Any]

_parts: dict[str, CardPart] = {}


def register_card_part(name: str, fn: CardPart) -> CardPart:
    """Add `name` to every card: `fn(actor, household)` gives its value, already narrowed to what the actor may see."""
    if _parts.setdefault(name, fn) is not fn:
        raise LookupError(f"the card already has a part named {name}")
    return fn


def card_parts(actor: Any, household: Any) -> dict[str, Any]:
    """Every part of one card, in the order in which the rooms registered."""
    return {name: fn(actor, household) for name, fn in _parts.items()}
