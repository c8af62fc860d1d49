"""What rooms tell of a month that is sealed: its figures, and what has come into it since, by whom and why.

Whoever seals (the app ledgers) knows no room's rows. A room registers two callables in `AppConfig.ready`; places and
periods come in, plain values go out. The other way round, a room asks here what was sealed of its figures.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.periods import Month, Period

LATE = "补录"


ROW = "*"  # in `moves`: that a whole row came or went


@dataclass(frozen=True)
class Late:
    """Something that came after the sealing, and which cells it can have moved.

    `home`: the household (its key) whose rows it explains; `marks`: which sums, (column name, text), coarse to fine.
    Without a household it explains any row that has all its marks. `moves`: names of columns, of one ledger alone as
    `slug.column`; None is all. `lines`: of these ledgers only the rows of these names. `words`: only cells that said or
    say one of them. `when` is None where nobody noted the moment.
    """

    marks: tuple[tuple[str, str], ...]
    who: str
    when: dt.datetime | None
    why: str
    home: int | None = None
    moves: frozenset[str] | None = None
    lines: Mapping[str, frozenset[str]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()

    def explains(self, slug: str, column: str, name: str = "", texts: Iterable[str] = ()) -> bool:
        """Whether a cell that is other than it was can be its doing; `name` is the row's, `texts` what it said."""
        if name and name not in self.lines.get(slug, (name,)):
            return False
        if self.moves is not None and not {column, f"{slug}.{column}"} & self.moves:
            return False
        return not self.words or any(word in text for word in self.words for text in texts)


@dataclass(frozen=True)
class SealedFigures:
    """What one room's figures of a place and period were when it was sealed; `url` tells what came in later."""

    figures: Any
    version: int
    url: str


Figures = Callable[[Any, Period], Any]
Lately = Callable[[Any, Period, dt.datetime], Iterable[Late]]

Kept = Callable[[str, Iterable[Any], Iterable[Period]], dict[tuple[int, str], SealedFigures]]

SealedSince = Callable[[Iterable[Any]], dict[tuple[int, str], dt.datetime]]

_figures: dict[str, Figures] = {}
_late: dict[str, Lately] = {}
_kept: dict[str, Kept] = {}
_sealed: dict[str, SealedSince] = {}


def register_figures(name: str, ask: Figures) -> None:
    """`ask(territory, period)`: what JSON can hold. Another callable under the same name is a mistake."""
    _once(_figures, name, ask)


def register_late(name: str, ask: Lately) -> None:
    """`ask(territory, period, since)`: everything later than `since` that may have changed a ledger of the period."""
    _once(_late, name, ask)


def figures_of(territory: Any, period: Period) -> dict[str, Any]:
    """Every room's figures of one place and period, by the room's name."""
    return {name: ask(territory, period) for name, ask in sorted(_figures.items())}


def late_in(territory: Any, period: Period, since: dt.datetime) -> Iterator[Late]:
    """What came later, of every room."""
    for _, ask in sorted(_late.items()):
        yield from ask(territory, period, since)


def register_kept(ask: Kept) -> None:
    """Whoever seals answers `ask(name, places, periods)` by place (its key) and period as text; sealed ones only."""
    _once(_kept, "kept", ask)


def kept_figures(
    name: str, places: Iterable[Any], periods: Iterable[Period]
) -> dict[tuple[int, str], SealedFigures]:
    """One room's figures as they were sealed, where they are; nothing while nobody seals."""
    found: dict[tuple[int, str], SealedFigures] = {}
    for ask in _kept.values():
        found |= ask(name, places, periods)
    return found


def register_sealed(ask: SealedSince) -> None:
    """Whoever seals answers `ask(places)`: when each sealed month of these places was sealed, by place and month."""
    _once(_sealed, "sealed", ask)


def sealed_months(places: Iterable[Any]) -> dict[tuple[int, str], dt.datetime]:
    """(place's key, month as text) → when it was sealed, of the months that are sealed now. One query."""
    keys = {getattr(place, "pk", place) for place in places} - {None}
    found: dict[tuple[int, str], dt.datetime] = {}
    for ask in _sealed.values() if keys else ():
        found |= ask(keys)
    return found


def sealed_until(place: Any) -> dt.date | None:
    """The last day of the latest month of a place that is sealed; None if none is. No fact may be drawn up to it."""
    months = [Month.parse(month) for _, month in sealed_months([place])]
    return max(months).last if months else None


@dataclass(frozen=True)
class LateEntries:
    """补录: what has come into a month after it was sealed. The one rule, asked for the rows of one list."""

    sealed_at: Mapping[tuple[int, dt.date], dt.datetime]  # by place and the month's first day

    @classmethod
    def at(cls, places: Iterable[Any]) -> "LateEntries":
        """For rows that belong to these places (or their keys)."""
        sealed = sealed_months(places).items()
        return cls({(place, Month.parse(month).first): at for (place, month), at in sealed})

    def is_late(self, place: int, day: dt.date, *moments: dt.datetime | None) -> bool:
        """Whether something of that day came, or was taken back, at one of these moments after its month's sealing."""
        at = self.sealed_at.get((place, day.replace(day=1))) if self.sealed_at else None
        return at is not None and any(moment is not None and moment > at for moment in moments)

    def note(self, place: int, day: dt.date, *moments: dt.datetime | None) -> str:
        """What whoever made it is told; "" if it is not late."""
        if not self.is_late(place, day, *moments):
            return ""
        month = Month.of(day).title
        return f"{LATE}：{month}已经封存，报上去的台账不改，这一次写在{month}的封存后差异表上。"


def _once(known: dict[str, Any], name: str, ask: Any) -> None:
    if known.setdefault(name, ask) is not ask:
        raise ValueError(f"registered twice: {name}")
