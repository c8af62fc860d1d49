"""当事人情况 of a register taken apart into parties: who is one, who are several, and what cannot be told."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from disputes.models import Party
from disputes.services import Named

SEXES = {"M": "男", "F": "女"}
# What stands between two names in one cell where nobody has put a 、; all of it can be part of one name as well.
_COMMA, AND = "，,", "与和跟及"
_OUTSIDE = r"(?![^（(]*[）)])"  # of brackets
_BRACKETS = re.compile(r"[（(]([^（）()]*)[）)]?")
_NAME = re.compile(r"[㐀-䶿一-鿿]{2,4}")
# What is said of somebody, or a firm: 李四 and 一组, 和顺公司, 他弟弟.
_NO_NAME = re.compile(
    r"[他她其].*|.*(公司|厂|店|社|委会|局|所|站|中心|学校|小学|中学|镇|村|组|队|部|处|家|户|等人)"
)
_DOUBLE = frozenset("欧阳 上官 司马 诸葛 司徒 皇甫 尉迟 公孙 令狐 慕容 夏侯 端木 东方 宇文 长孙".split())
_MOST_CUTS = 8
UNCLEAR = (
    "几个人用顿号隔开，像“张三、李四”；性别、住址写在括号里，像“张三（男，一组）”；"
    "单位名称里有“和”的，后面写“（单位）”"
)


@dataclass(frozen=True)
class PartiesRead:
    """`named`: the parties; `unclear`: what may be one party or several, as it is written."""

    named: list[Named]
    unclear: list[str]


def read_parties(text: str, known: frozenset[str] = frozenset()) -> PartiesRead:
    """当事人情况 taken apart at 、；; outside brackets, and at ，与和 and spaces between plausible names: side if it is
    said, else the first against the second. `known`: names of the register, which stay whole."""
    found, unclear = list[Named](), list[str]()
    titles = "|".join(Party.SHORT.values())
    parts = re.split(rf"[、；;\n]+{_OUTSIDE}|[\s{_COMMA}]+(?={titles}){_OUTSIDE}", text.strip())
    for part in filter(None, map(str.strip, parts)):
        side = next((code for code, title in Party.SHORT.items() if part.startswith(title)), "")
        rest = part.removeprefix(Party.SHORT.get(side, "")).lstrip("：: ")
        if not (apart := _taken_apart(rest, known)):
            unclear.append(part)
        for name, told in apart:
            turn = (Party.FIRST, Party.SECOND)[len(found)] if len(found) < 2 else Party.THIRD
            sex = next((code for code, title in SEXES.items() if title in told), "")
            address = "，".join(each for each in told if each not in SEXES.values())
            found.append(Named(side or turn, name=name, sex=sex, address=address[:100]))
    return PartiesRead(found, unclear)


def _taken_apart(part: str, known: frozenset[str]) -> list[tuple[str, list[str]]]:
    """Each name with what its brackets say; [] if it can be read in more than one way."""
    pieces = re.split(rf"[{_COMMA}]+{_OUTSIDE}|(?<=[）)])[\s{AND}]+", part.strip(f" {_COMMA}"))
    apart: list[tuple[str, list[str]]] = []
    for piece in pieces:
        told = [
            each.strip()
            for said in _BRACKETS.findall(piece)
            for each in re.split(f"[{_COMMA}]", said)
            if each.strip()
        ]
        written = _BRACKETS.sub("", piece).strip()
        names = _names(written, known, bracketed="（" in piece or "(" in piece)
        if not names or (told and len(names) > 1):
            return []
        if len(pieces) > 1 and not all(_plausible(name, known) for name in names):
            return []
        apart += [(name, told) for name in names]
    return apart


def _names(written: str, known: frozenset[str], *, bracketed: bool) -> list[str]:
    """The names it is made up of; [] if that is not clear. Whoever puts something in brackets names one party."""
    chunks = written.split()
    whole = "".join(chunks)
    cuts = [match.span() for match in re.finditer(rf"\s*[{AND}]\s*|\s+", written)]
    if not cuts or whole in known:
        return [whole]
    tried = _subsets(cuts) if len(cuts) <= _MOST_CUTS else ()
    every = (_cut(written, chosen) for chosen in tried)
    ways = [names for names in every if all(_plausible(name, known) for name in names)]
    ways = [names for names in ways if not known.isdisjoint(names)] or ways  # who is in the register is meant
    if ways:
        return ["".join(name.split()) for name in ways[0]] if len(ways) == 1 else []
    short = _NAME.fullmatch(whole) and (len(chunks) == 1 or len(chunks[0]) == 1 or chunks[0] in _DOUBLE)
    return [whole] if short or bracketed else []


def _subsets(cuts: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Every choice of at least one."""
    return (list(some) for count in range(1, len(cuts) + 1) for some in combinations(cuts, count))


def _cut(written: str, cuts: list[tuple[int, int]]) -> list[str]:
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(written)]
    return [written[start:end] for start, end in zip(starts, ends, strict=True)]


def _plausible(written: str, known: frozenset[str]) -> bool:
    """Whether this is one person's name: 张三, 张 三丰; not 张三 李四."""
    chunks = written.split()
    whole = "".join(chunks)
    if len(chunks) > 1 and len(chunks[0]) > 1:
        return False
    return whole in known or bool(
        _NAME.fullmatch(whole) and not _NO_NAME.fullmatch(whole) and whole not in _DOUBLE
    )
