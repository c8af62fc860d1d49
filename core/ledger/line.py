"""A row of a ledger that knows what it is about, so that later it is found again and what moved it is known."""

from collections.abc import Iterable
from typing import Any


class Line(tuple):
    """The cells of one row. `name` stays while its cells change; `homes`: the households it tells of, by their keys.

    A row of sums has no `homes`: who is summed is found by its place.
    """

    name: str
    homes: tuple[int, ...]

    def __new__(cls, cells: Iterable[Any], *, name: object = "", homes: Iterable[int] = ()) -> "Line":
        line = super().__new__(cls, cells)
        line.name, line.homes = str(name), tuple(homes)
        return line
