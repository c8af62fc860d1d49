"""What people may be reminded of: the registry that rooms fill."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from core.periods import Month


@dataclass(frozen=True)
class Call:
    """One person to be told of `number` things. `why` says which post makes it his (您是金星第一网格的网格长) and is
    shown to him alone; `link` is a page of this site where they are."""

    user: int
    number: int
    why: str
    link: str


@dataclass(frozen=True)
class Kind:
    """One thing to be reminded of. `sentence` has {month} and {number} in it and nothing else: what goes out through
    other people's machines is made of these two. `whom`: the posts that may be told, code → title. `ask(month, post)`
    answers from the state of things at that moment; a number of 0 is nobody to be told. `inside`: that there is
    something to be told is itself nobody else's business, so nothing of it leaves the house, not even to a group."""

    code: str
    title: str
    sentence: str
    whom: Mapping[str, str]
    ask: Callable[[Month, str], Iterable[Call]]
    inside: bool = False

    def say(self, month: Month, number: int) -> str:
        return self.sentence.format(month=month.title, number=int(number))


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind; another under the same code is a mistake, and so is a sentence with more in it than it may have."""
    if _kinds.get(kind.code, kind) != kind:
        raise ValueError(f"registered twice: {kind.code}")
    kind.say(Month.parse("2026-01"), 1)
    _kinds[kind.code] = kind


def kind_of(code: str) -> Kind | None:
    return _kinds.get(code)


def inside_kinds() -> list[str]:
    """The codes of those that never go out."""
    return [kind.code for kind in _kinds.values() if kind.inside]


def all_kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.code)
