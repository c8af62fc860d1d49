"""A column of a ledger: declared once, it says how a cell is written out and how one that comes in is read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.ledger import cleaning
from core.ledger.faults import BadCell, Problem

Kind = Literal["text", "code", "integer", "number", "date", "month", "datetime", "percent", "choice"]
Check = Callable[[Any], "Iterable[Problem | tuple[str, str] | str]"]

WIDTHS: dict[str, float] = {
    "text": 10, "code": 12, "integer": 5.5, "number": 8, "date": 10.5, "month": 8, "datetime": 15, "percent": 7.5,
    "choice": 7.5,
}  # fmt: skip
NOTHING = ("/", "-", "—", "——", "－", "\\")


@dataclass(frozen=True, eq=False)
class Column:
    """One column. Only `name` and `title` are needed; everything is by keyword after them.

    `kind`      text (trimmed), code (identity numbers, phones, codes: no spaces, half-width, never a number), integer,
                number (Decimal), date, month (a date on the 1st, shown 2026.10), datetime, percent (0.95), choice.
    `choices`   for kind choice: the allowed words, or a callable asked once for each file.
                `choice_synonyms` maps other spellings to them ("汉" → "汉族"; to "" means nothing).
                `multiple` cells hold several, parted by 、，；; their value is a tuple.
    `group`     upper heading when the ledger has two heading rows.
    `mask`      "id" or "phone": written masked unless the scope is unmasked; a `*` on import must be the stored mask.
    `merged_down` one merged cell stands for all the rows it covers; `fill_down` a blank means "as above".
    `squeeze`   no spaces inside either (names: 王　强). `digits` exact length of a code; `zero_fill` gives a code that
                Excel holds as a number its leading zeros back.
    `checks`    more rules for the cleaned value; each returns its problems: a sentence "错在哪，怎么改" or a pair.
    """

    name: str
    title: str
    kind: Kind = "text"
    width: float = 0
    synonyms: tuple[str, ...] = ()
    required: bool = False
    group: str = ""
    mask: Literal["id", "phone"] | None = None
    choices: Sequence[str] | Callable[[], Sequence[str]] = ()
    choice_synonyms: Mapping[str, str] | Callable[[], Mapping[str, str]] = field(default_factory=dict)
    multiple: bool = False
    exported: bool = True
    imported: bool = True
    merged_down: bool = False
    fill_down: bool = False
    squeeze: bool = False
    digits: int | None = None
    zero_fill: bool = False
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    checks: tuple[Check, ...] = ()
    blanks: tuple[str, ...] | None = None
    left: bool = False
    hint: str = ""

    @property
    def wide(self) -> float:
        """Width in characters, declared or by kind and title."""
        if self.width:
            return self.width
        by_content = 20 if self.mask == "id" else 1.15 * (self.digits or 0)
        return max(WIDTHS[self.kind], by_content, 2.2 * len(self.title) if len(self.title) <= 4 else 0)

    @property
    def empty_words(self) -> tuple[str, ...]:
        """What people write for nothing; in free text even a dash is kept."""
        if self.blanks is not None:
            return self.blanks
        return () if self.kind == "text" else NOTHING

    def shown(self, raw: Any) -> str:
        """What is written in a cell, as a list of faults may show it: of identity numbers and phones only the start."""
        if raw is None or raw == "":
            return "（空）"
        try:
            text = cleaning.as_text(raw).strip()
        except BadCell:
            return f"{raw:.3E}" if isinstance(raw, float) else str(raw)
        if self.mask and len(text) > 6:
            text = text[:6] + "*" * (len(text) - 6)
        return text if len(text) <= 60 else text[:59] + "…"

    def allowed(self) -> tuple[str, ...]:
        """The choices as they are now."""
        return tuple(self.choices() if callable(self.choices) else self.choices)

    def cleaner(self) -> Callable[[Any], Any]:
        """A function that cleans raw cells of this column; make one for each file, choices are asked only here."""
        return cleaning.cleaner_of(self)

    def clean(self, raw: Any) -> Any:
        """The value of one raw cell, None if it is empty; BadCell with every problem otherwise."""
        return self.cleaner()(raw)


__all__ = ["BadCell", "Check", "Column", "Kind", "Problem"]
