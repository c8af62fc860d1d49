"""Whom a stranger may ring who reads a public page: one room knows the numbers, the pages of the others show them."""

from collections.abc import Callable
from typing import Any

Ask = Callable[[Any], str]
_asked: list[Ask] = []


def register_call(ask: Ask) -> None:
    """`ask(territory)`: the number of that place or of the town, "" if there is none. Once; twice is a mistake."""
    if _asked and _asked[0] is not ask:
        raise ValueError("two rooms answer the same call")
    _asked[:] = [ask]


def number_to_call(territory: Any) -> str:
    """ "" where nobody has said one."""
    return _asked[0](territory) if _asked else ""
