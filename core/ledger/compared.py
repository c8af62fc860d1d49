"""What two books say of the same thing: in both, only here, only there, different; for ledgers that only compare."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.ledger.columns import Column
from core.ledger.layout import Heading
from core.ledger.writing import write_workbook

BOTH, OURS, THEIRS, DIFFERS = "both", "ours", "theirs", "differs"
WORDS = {DIFFERS: "两边不一样", OURS: "只有我们", THEIRS: "只有对方", BOTH: "两边都有"}
_COLUMNS = (
    Column("position", "序号", "integer"),
    Column("state", "情况", width=11),
    Column("number", "户编号", "code", width=9),
    Column("who", "户主", width=10),
    Column("period", "月份", width=9),
    Column("ours", "我们的", "integer", width=8),
    Column("theirs", "对方的", "integer", width=8),
    Column("apart", "差（我们减对方）", "integer", width=10),
)


@dataclass(frozen=True)
class Compared:
    """One thing: whose (`number`, `who`), of when, and both figures; None where that side says nothing of it. `url`:
    where our own entries of it are shown."""

    number: str
    who: str
    period: str
    ours: int | None
    theirs: int | None
    url: str = ""

    @property
    def state(self) -> str:
        if self.ours is None:
            return THEIRS
        if self.theirs is None:
            return OURS
        return BOTH if self.ours == self.theirs else DIFFERS

    @property
    def apart(self) -> int:
        return (self.ours or 0) - (self.theirs or 0)


def tallied(rows: Iterable[Compared], most: int) -> dict[str, Any]:
    """The JSON of a preview: how many of each state, and the first `most` lines that somebody has to look at."""
    rows = list(rows)
    odd = [each for each in rows if each.state != BOTH]
    return {
        "totals": dict(Counter(each.state for each in rows)),
        "odd": len(odd),
        "rows": [
            {
                "state": each.state,
                "word": WORDS[each.state],
                "number": each.number,
                "who": each.who,
                "period": each.period,
                "ours": each.ours,
                "theirs": each.theirs,
                "url": each.url,
            }
            for each in odd[:most]
        ],
    }


def write_compared(path: Path, *, heading: Heading, rows: Sequence[Compared]) -> int:
    """All of it as a workbook: what is the same, too."""
    lines = (
        (n, WORDS[each.state], each.number, each.who, each.period, each.ours, each.theirs, each.apart)
        for n, each in enumerate(rows, 1)
    )
    return write_workbook(path, heading=heading, columns=_COLUMNS, rows=lines)
