"""What upper rooms want done when the register has changed: grids calls it, and knows nobody who answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

AfterChange = Callable[[set[int]], None]

_after: list[AfterChange] = []


@dataclass(frozen=True)
class TakenBack:
    """What the undoing of a change did to the rows of the register, as (model name, key).

    `gone`: rows it had made, which never held; `restored`: rows it had changed or deleted, which are as they were.
    """

    gone: frozenset[tuple[str, int]]
    restored: frozenset[tuple[str, int]]


AfterUndo = Callable[[set[int], TakenBack], None]

_after_undo: list[AfterUndo] = []


def register_after_change(fn: AfterChange) -> AfterChange:
    """Have `fn(household_ids)` called after every change of the register, inside its transaction. Once each."""
    if fn not in _after:
        _after.append(fn)
    return fn


def register_changed(household_ids: Iterable[int]) -> None:
    """Tell all who asked that these households changed; a failure of one undoes the change itself."""
    ids = set(household_ids)
    if not ids:
        return
    for fn in list(_after):
        fn(ids)


def register_after_undo(fn: AfterUndo) -> AfterUndo:
    """Have `fn(household_ids, taken_back)` called when a change is undone, before the functions above. Once each."""
    if fn not in _after_undo:
        _after_undo.append(fn)
    return fn


def register_undone(household_ids: Iterable[int], taken: TakenBack) -> None:
    """Tell all who asked that a change of these households was undone: what they wrote because of it is unfounded."""
    ids = set(household_ids)
    for fn in list(_after_undo) if ids else ():
        fn(ids, taken)
    register_changed(ids)
