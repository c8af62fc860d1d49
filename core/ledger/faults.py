"""What can be wrong: with a value (Problem), a cell at its place (Fault), the whole workbook (BadWorkbook)."""

from dataclasses import dataclass
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with one value: `what` it is ("少 1 位") and `how` to mend it ("应是 18 位")."""

    what: str
    how: str = ""

    @classmethod
    def of(cls, said: "Problem | tuple[str, str] | str") -> "Problem":
        """A problem from a pair, or from one sentence whose last comma parts the fault from its cure."""
        if isinstance(said, str):
            what, _, how = said.rstrip("。").rpartition("，")
            return cls(what, how) if what else cls(how)
        return cls(*said)


class BadCell(ValueError):
    """Raised by `Column.clean`; carries every problem of the cell, not only the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("；".join(f"{p.what}，{p.how}" if p.how else p.what for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem at its place: Excel row number, column (its name and its title), what is written there."""

    row: int
    column: str
    title: str
    written: str
    what: str
    how: str = ""

    @property
    def sentence(self) -> str:
        """`身份证号少 1 位，应是 18 位。`, as look.md asks: what is wrong and how to mend it, in one sentence."""
        subject = "" if self.what.startswith(self.title) else self.title
        return f"{subject}{self.what}，{self.how}。" if self.how else f"{subject}{self.what}。"


class BadWorkbook(ValueError):
    """The file as a whole cannot be read; `code` is for tests and logs, the text is the sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class HasFaults(Exception):
    """Refused: there are faults, and nobody chose to save only what is right. Nothing was saved."""

    def __init__(self, faults: list[Fault], counts: dict[str, int]) -> None:
        super().__init__(f"有 {len(faults)} 处错，一行都没存。")
        self.faults = faults
        self.counts = counts
