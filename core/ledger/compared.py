"""What two books say of the same thing: in both, only here, only there, different; for ledgers that only compare."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.ledger.columns import Column
from core.ledger.layout import Heading
from core.ledger.writing import write_workbook

BOTH, OURS, THEIRS, DIFFERS = "both", "ours", "theirs", "differs"
WORDS = {DIFFERS: "两边不一样", OURS: "只有我们", THEIRS: "只有对方", BOTH: "两边都有"}
Said = int | str | None


@dataclass(frozen=True)
class ComparedAs:
    """How a ledger that only compares tells what it has found: the headings of what a row is known by (`period` "":
    there is none; `whose` follows the name), whether both sides say figures that can be subtracted, and the sentences
    around the list. `link` leads from a row to our own entries, for holders of `link_verb`."""

    who: str
    number: str
    figures: bool
    untouched: str
    order: str
    same: str
    link: str
    link_verb: str
    mend: str
    mend_page: str
    mend_title: str
    theirs: str
    whose: str = ""
    period: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        said: dict[str, Any] = (
            {"kind": "integer", "width": 8} if self.figures else {"width": 26, "left": True}
        )
        apart = (Column("apart", "差（我们减对方）", "integer", width=10),) if self.figures else ()
        period = (Column("period", self.period, width=9),) if self.period else ()
        return (
            Column("position", "序号", "integer"),
            Column("state", "情况", width=11),
            Column("number", self.number, "code", width=9),
            Column("who", self.who, width=10 if self.figures else 18),
            *period,
            Column("ours", "我们的", **said),
            Column("theirs", "对方的", **said),
            *apart,
        )


@dataclass(frozen=True)
class Compared:
    """One thing: whose (`number`, `who`), of when, and what both sides say of it, a figure or words; None where that
    side says nothing of it. `url`: where our own entries of it are shown."""

    number: str
    who: str
    period: str
    ours: Said
    theirs: Said
    url: str = ""

    @property
    def state(self) -> str:
        if self.ours is None:
            return THEIRS
        if self.theirs is None:
            return OURS
        return BOTH if self.ours == self.theirs else DIFFERS

    @property
    def apart(self) -> int | None:
        """Ours less theirs; None where they are words."""
        ours, theirs = self.ours or 0, self.theirs or 0
        return ours - theirs if isinstance(ours, int) and isinstance(theirs, int) else None


def tallied(rows: Iterable[Compared], most: int, told: ComparedAs) -> dict[str, Any]:
    """The JSON of a preview: how many of each state, the first `most` lines that somebody has to look at, and in what
    words it is told."""
    rows = list(rows)
    odd = [each for each in rows if each.state != BOTH]
    return {
        "told": asdict(told),
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


def write_compared(path: Path, *, heading: Heading, rows: Sequence[Compared], told: ComparedAs) -> int:
    """All of it as a workbook: what is the same, too."""
    columns = told.columns
    lines = (
        [getattr(each, column.name) if column.name not in known else known[column.name] for column in columns]
        for n, each in enumerate(rows, 1)
        for known in ({"position": n, "state": WORDS[each.state]},)
    )
    return write_workbook(path, heading=heading, columns=columns, rows=lines)
