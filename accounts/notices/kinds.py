"""What people may be reminded of: the registry that rooms fill."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.periods import Month

_NUMBER = re.compile(r"[A-Z]{2}-[0-9]{4}-[0-9]{4,19}")


@dataclass(frozen=True)
class Call:
    """One person to be told of `number` things. `why` says which post makes it his (您是金星第一网格的网格长) and is
    shown to him alone; `link` is a page of this site where they are. `row`: of a single row the number that people call
    it by (SQ-2026-0311), and nothing else of it."""

    user: int
    number: int
    why: str
    link: str
    row: str = ""

    def __post_init__(self) -> None:
        if self.row and not _NUMBER.fullmatch(self.row):
            raise ValueError("a notice names a row by its number alone")


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
    ask: Callable[[Any, str], Iterable[Call]]
    inside: bool = False

    urgent = False  # whether it goes out in the quiet hours too

    def say(self, month: Any, number: int, row: str = "") -> str:
        return self.sentence.format(month=month.title, number=int(number))

    def about(self, period: str) -> Any:
        """What `ask` is asked about, from what the notice keeps of it."""
        return Month.parse(period)

    def say_to_group(self, period: str, whom: str) -> str:
        """What a group's robot says: that people were told, and which post they hold."""
        told = self.whom.get(whom, "有关的人")
        return f"{self.title}：{Month.parse(period).title}的提醒已经发给{told}，各自登录系统看。"


@dataclass(frozen=True)
class News(Kind):
    """Something that has happened, told at once (`writing.tell_at_once`) and by no rule of the town's. A notice keeps
    the key of the row that tells of it, or its day, where others keep their month: nobody is told twice of one.
    `sentence` may have {row} in it, the number of the row (Call.row), and {number}."""

    urgent: bool = False

    def say(self, month: Any, number: int, row: str = "") -> str:
        return self.sentence.format(row=row, number=int(number))

    def about(self, period: str) -> str:
        return period

    def say_to_group(self, period: str, whom: str) -> str:
        return f"{self.title}，已经告诉{self.whom.get(whom, '有关的人')}，各自登录系统看。"


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
    """Those that come by a rule of the town's."""
    by_rule = (kind for kind in _kinds.values() if not isinstance(kind, News))
    return sorted(by_rule, key=lambda kind: kind.code)
