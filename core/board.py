"""What rooms put on pages that show several rooms at once: figures, panels, what has come in and what waits.

A room registers callables in `AppConfig.ready`; each gets the actor and applies the scope itself (`visible_to`), so a
page that shows them needs no rule of its own. A callable that has nothing to say to this actor returns None or nothing.
"""

import datetime as dt
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from core.scope import may


@dataclass(frozen=True)
class Number:
    """A number that opens: `url` leads to exactly the rows it counts, "" where they are not this reader's to see.

    Behind 0 there are none; behind a `share` of 0 there are those it is a share of.
    """

    number: int
    unit: str = ""
    url: str = ""
    share: bool = False

    @property
    def opens(self) -> bool:
        return bool(self.url) and (self.share or self.number > 0)


@dataclass(frozen=True)
class Figure:
    """One card: a sentence with a number in it, linked to exactly the rows behind the number. `calm` is good news.

    `context` is the line below, words and further numbers in turn.
    """

    title: str
    number: int
    unit: str
    context: Sequence[str | Number]
    url: str
    calm: bool = False


@dataclass(frozen=True)
class Waiting:
    """One thing somebody must look at: `kind` in two characters (诉求, 变动), what, where it is done, since when.

    `why` it waits for her; `step`: what she does next, in the words of the button. A reminder has no step.
    """

    kind: str
    text: str
    url: str
    at: dt.datetime
    why: str = ""
    step: str = ""


@dataclass(frozen=True)
class Ends:
    """Which rows of a kind a page shows."""

    oldest: bool
    most: int

    def of(self, rows: Any, by: str = "pk") -> Any:
        """Those rows of a query, in its order of age."""
        return rows.order_by(by if self.oldest else f"-{by}")[: self.most]


NEWEST, OLDEST = Ends(oldest=False, most=8), Ends(oldest=True, most=200)


@dataclass(frozen=True)
class Panel:
    """A piece of a page: a template and what it needs. `wide` stands in the left column of the desk's first page."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    wide: bool = False


@dataclass(frozen=True)
class Arrived:
    """One row that came in, as a line: what it is, where it is shown, when it came."""

    text: str
    url: str
    at: dt.datetime
    who: str = ""


@dataclass(frozen=True)
class Arrival:
    """One kind of thing that comes in. `rows(actor, day)`: a query of those that came on that day and this actor may
    see, None for who sees none of this kind; `tell(actor, rows)`: some of them, fetched, as lines in the same order."""

    code: str
    title: str
    unit: str
    rows: Callable[[Any, dt.date], Any]
    tell: Callable[[Any, Sequence[Any]], Sequence[Arrived]]


class Board:
    """Callables under names of their own, asked in the order the page shows them."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[int, Callable[..., Any]]] = {}

    def register(self, name: str, ask: Callable[..., Any], order: int = 100) -> None:
        """Add a callable under a name (`visits.calm`); another callable under the same name is a mistake."""
        if name in self._asked and self._asked[name][1] is not ask:
            raise ValueError(f"registered twice: {name}")
        self._asked[name] = (order, ask)

    def ask(self, actor: Any, *more: Any, but: Container[str] = ()) -> Iterator[Any]:
        """Every answer that is not None, in order; those under the names in `but` are not asked."""
        for name, (_, ask) in sorted(self._asked.items(), key=lambda each: each[1][0]):
            if name not in but and (answer := ask(actor, *more)) is not None:
                yield answer


_figures, _waiting, _counts, _panels = Board(), Board(), Board(), Board()
_arrivals: dict[str, tuple[int, Arrival]] = {}


def register_figure(name: str, ask: Callable[[Any], Figure | None], order: int = 100) -> None:
    """A card above the desk's first page; the page shows the first four that have something to say."""
    _figures.register(name, ask, order)


def register_waiting(
    name: str,
    ask: Callable[[Any, Ends], Iterable[Waiting] | None],
    order: int = 100,
    count: Callable[[Any], int] | None = None,
) -> None:
    """`ask(actor, ends)`: things that wait for this actor, `ends` of them; pages sort all rooms' together. `count`: how
    many there are in all; without it they are nobody's next step (reminders)."""
    _waiting.register(name, ask, order)
    if count is not None:
        _counts.register(name, count, order)


def register_rows(
    name: str,
    verbs: Sequence[str],
    ask: Callable[[Any], Any],
    tell: Callable[[Any, Any], Waiting],
    order: int = 100,
    by: str = "pk",
) -> None:
    """Rows of a query that wait each by itself, for holders of one of the verbs: `ask(actor)` finds them, and
    `tell(actor, row)` makes a line of one; `by`: the field that says which are the oldest."""

    def asked(actor: Any) -> bool:
        return any(may(actor, verb) for verb in verbs)

    def waiting(actor: Any, ends: Ends) -> list[Waiting]:
        return [tell(actor, row) for row in ends.of(ask(actor), by)] if asked(actor) else []

    def count(actor: Any) -> int:
        return int(ask(actor).count()) if asked(actor) else 0

    register_waiting(name, waiting, order, count)


def register_panel(name: str, ask: Callable[[Any], Panel | None], order: int = 100) -> None:
    """A panel of the desk's first page."""
    _panels.register(name, ask, order)


def register_arrival(arrival: Arrival, order: int = 100) -> None:
    """A kind of thing whose rows of a day are counted on the desk's first page and listed on one of their own."""
    if _arrivals.setdefault(arrival.code, (order, arrival))[1] is not arrival:
        raise ValueError(f"registered twice: {arrival.code}")


def arrivals() -> list[Arrival]:
    """Every kind, in the order of the page."""
    return [arrival for _, arrival in sorted(_arrivals.values(), key=lambda pair: pair[0])]


def figures_for(actor: Any, most: int = 4) -> list[Figure]:
    return list(islice(_figures.ask(actor), most))


def waiting_for(actor: Any) -> list[Waiting]:
    """The newest few of all rooms, newest first."""
    found = [item for items in _waiting.ask(actor, NEWEST) for item in items]
    return sorted(found, key=lambda item: item.at, reverse=True)[: NEWEST.most]


def all_waiting(actor: Any, but: Container[str] = ()) -> list[Waiting]:
    """无事板: everything whose next step is hers, the oldest first; of one kind at most as many as OLDEST says. `but`:
    names under which kinds are registered that the page shows otherwise."""
    found = [item for items in _waiting.ask(actor, OLDEST, but=but) for item in items if item.step]
    return sorted(found, key=lambda item: item.at)


def count_waiting(actor: Any) -> int:
    """How many things of `all_waiting` there are, whatever a page lists of them: the figure of desk and phone."""
    return sum(_counts.ask(actor))


def panels_for(actor: Any) -> list[Panel]:
    return list(_panels.ask(actor))
