"""What upper rooms want done when the register has changed: grids calls it, and knows nobody who answers."""

from collections.abc import Callable, Iterable

AfterChange = Callable[[set[int]], None]

_after: list[AfterChange] = []


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
