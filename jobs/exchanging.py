"""对账 with the city's platform: each of its rows found among ours, and in which of its cells the two differ."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.idnumber import normalise
from core.ledger import Entry, Plan
from core.ledger.cleaning import tidy
from core.ledger.compared import Compared
from core.models import id_number_hash


@dataclass(frozen=True)
class Part:
    """One thing that both sides say: its name in the sheet, how it is called, and what makes two ways of writing it
    the same (`plain`: comparable; None for nothing)."""

    name: str
    title: str
    plain: Callable[[Any], Any] = lambda value: tidy(str(value)) if value not in (None, "") else None


def words_of(text: Any, spellings: Mapping[str, str]) -> frozenset[str] | None:
    """`普工、瓦工` as the town's own words; other words stay as they are."""
    plain = str(text or "")
    for mark in "，,；;/ ":
        plain = plain.replace(mark, "、")
    # A word of the list may hold the mark that parts words (叉车、机械): it is taken whole first.
    found = {name for word, name in spellings.items() if "、" in word and word in plain}
    for word in sorted(spellings, key=len, reverse=True):
        if "、" in word:
            plain = plain.replace(word, "")
    found |= {spellings.get(word, word) for word in plain.split("、") if word}
    return frozenset(found) or None


def apart(parts: Sequence[Part], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[str, str]:
    """What either says where they differ, of the parts that they have a column for; two empty texts if nowhere."""
    odd = [
        part
        for part in parts
        if part.name in theirs and part.plain(ours.get(part.name)) != part.plain(theirs[part.name])
    ]
    return said(odd, ours), said(odd, theirs)


def said(parts: Iterable[Part], cells: Mapping[str, Any]) -> str:
    return "；".join(f"{part.title} {_shown(cells.get(part.name))}" for part in parts)


def _shown(value: Any) -> str:
    return "没写" if value in (None, "") else str(value)


@dataclass
class Ours:
    """What our books have of one thing: what it is known by, its cells, and where it is shown."""

    number: str
    who: str
    cells: dict[str, Any]
    url: str = ""


@dataclass
class Book:
    """Our side by some key; a sheet's rows are held against it, and what none of them names is only ours."""

    parts: Sequence[Part]
    ours: dict[Any, Ours]
    theirs: list[Compared] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)

    def met(self, key: Any, cells: Mapping[str, Any], who: str) -> None:
        """One of their things: `key` None, or not among ours, is theirs alone."""
        mine = self.ours.get(key)
        if mine is None:
            told = said((part for part in self.parts if cells.get(part.name) not in (None, "")), cells)
            self.theirs.append(Compared("", who, "", None, told))
            return
        self.seen.add(key)
        left, right = apart(self.parts, mine.cells, cells)
        self.theirs.append(Compared(mine.number, mine.who, "", left, right, mine.url))

    def result(self) -> list[Compared]:
        """Both sides' things: theirs in the order of the sheet, then what only we have in the order of ours."""
        return self.theirs + [
            Compared(
                mine.number,
                mine.who,
                "",
                said(
                    (part for part in self.parts if mine.cells.get(part.name) not in (None, "")), mine.cells
                ),
                None,
                mine.url,
            )
            for key, mine in self.ours.items()
            if key not in self.seen
        ]


class People:
    """Who of ours a row is: by the full identity number; by the name where it is masked or left out."""

    def __init__(self) -> None:
        self.by_number: dict[str, int] = {}
        self.by_name: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def add(self, pk: int, name: str, hashed: str, mask: str) -> None:
        if hashed:
            self.by_number[hashed] = pk
        self.by_name["".join(name.split())].append((pk, mask))

    def of(self, entry: Entry, plan: Plan) -> tuple[int | None, bool]:
        """(the person or None for nobody of ours, whether the row could be read)."""
        number, name = entry.values.get("id_number") or "", entry.values.get("name") or ""
        if number and "*" not in number:
            return self.by_number.get(id_number_hash(normalise(number))), True
        if not name:
            column = "name" if "name" in entry.values else "id_number"
            plan.faults.append(entry.fault(column, "没写是谁", "写姓名或者完整的身份证号"))
            return None, False
        same = self.by_name.get(name, [])
        if len(same) > 1 and number:
            same = [each for each in same if each[1] == number]
        if len(same) > 1:
            plan.faults.append(
                entry.fault("name", f"我们有 {len(same)} 个求职人叫这个名字", "写完整的身份证号")
            )
            return None, False
        return (same[0][0] if same else None), True
