"""Where the headings of a sheet are, and which of our columns each of them is: one or two rows, under any title."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.ledger.columns import Column
from core.ledger.keys import KEY_TITLE

SEARCHED_ROWS = 30
ERROR_TITLE = "错误"
_DROPPED = re.compile(r"[\s:*＊、。.·]+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")

Grid = list[list[Any]]
Merge = tuple[tuple[int, int], tuple[int, int]]


@dataclass
class Headings:
    """Zero-based `first` and `last` heading row; column name → zero-based place; what else stands there."""

    first: int = 0
    last: int = 0
    places: dict[str, int] = field(default_factory=dict)
    written: dict[int, str] = field(default_factory=dict)
    key: int | None = None
    errors: int | None = None
    ignored: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    @property
    def weight(self) -> tuple[int, int]:
        """More columns are better; of two that know as many, the single row (the other has a title line in it)."""
        return len(self.places), self.first - self.last if self.places else -2

    def missing(self, columns: Iterable[Column]) -> list[Column]:
        return [c for c in columns if c.required and c.imported and c.name not in self.places]


def plain(text: Any) -> str:
    """A heading without what does not matter: spaces, line breaks, colons, stars; half-width."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text)).lower() if isinstance(text, str) else ""


def spellings(text: Any) -> list[str]:
    """A heading as it is, then without what stands in brackets: 性别（男/女）."""
    whole = plain(text)
    bare = _BRACKETS.sub("", whole)
    return [whole, bare] if bare and bare != whole else [whole]


class Vocabulary:
    """All names by which the columns of one ledger are known; under an upper heading first, then alone."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.grouped: dict[tuple[str, str], str] = {}
        self.alone: dict[str, str] = {}
        ambiguous = set()
        for column in columns:
            for name in (column.title, *column.synonyms):
                for spelling in spellings(name):
                    if column.group:
                        self.grouped.setdefault((plain(column.group), spelling), column.name)
                    if self.alone.setdefault(spelling, column.name) != column.name:
                        ambiguous.add(spelling)
        for spelling in ambiguous:
            exact = [c.name for c in columns if plain(c.title) == spelling]
            if len(exact) == 1:
                self.alone[spelling] = exact[0]
            else:
                del self.alone[spelling]

    def find(self, text: Any, above: Any = "") -> str | None:
        """The column of that heading, if we know it."""
        for spelling in spellings(text):
            if not spelling:
                continue
            for upper in spellings(above):
                if name := self.grouped.get((upper, spelling)):
                    return name
            if name := self.alone.get(spelling):
                return name
        return None


def find_headings(grid: Grid, merges: Sequence[Merge], columns: Sequence[Column]) -> Headings:
    """The best heading row or pair of rows among the first thirty; empty `places` if nothing looks like one."""
    words = Vocabulary(columns)
    upper_of = _spread_sideways(grid, merges)
    best = Headings()
    for row in range(min(len(grid), SEARCHED_ROWS)):
        for last in (row, row + 1):
            if last < len(grid):
                found = _read(grid, row, last, upper_of, words)
                if found.weight > best.weight:
                    best = found
    return best


def _spread_sideways(grid: Grid, merges: Sequence[Merge]) -> dict[tuple[int, int], Any]:
    """Merged headings stand for every column they cover (the reader fills only the first)."""
    spread = {}
    for (top, left), (_, right) in merges:
        if top < min(len(grid), SEARCHED_ROWS) and left < len(grid[top]):
            for column in range(left + 1, min(right + 1, len(grid[top]))):
                spread[top, column] = grid[top][left]
    return spread


def _read(
    grid: Grid, first: int, last: int, spread: dict[tuple[int, int], Any], words: Vocabulary
) -> Headings:
    found = Headings(first, last)
    key, errors = plain(KEY_TITLE), plain(ERROR_TITLE)
    group = ""
    for place in range(len(grid[first])):
        own = grid[last][place]
        above = (grid[first][place] or spread.get((first, place), "")) if last > first else ""
        group = above or (
            group if own else ""
        )  # an upper heading that somebody unmerged stands for its neighbours
        text = own or above
        if not isinstance(text, str) or not text.strip():
            continue
        found.written[place] = " ".join(text.split())
        name = words.find(own, group) if own else words.find(above)
        if name in found.places:
            found.twice.append(found.written[place])
        elif name:
            found.places[name] = place
        elif key in spellings(text) or plain(text) == key:
            found.key = place
        elif plain(text) == errors:
            found.errors = place
        else:
            found.ignored.append(found.written[place])
    return found
