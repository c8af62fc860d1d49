"""Rows of values as sheet XML, a batch at a time and column by column, so that most of the work is done in C.

Text is always an inline string in a cell of text format: `=1+1`, `+cmd`, `@x` are never live, zeros and X's stay.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain, repeat
from math import ceil, isfinite
from typing import Any

from core.clock import SHANGHAI
from core.ledger.columns import Column

SEPARATOR = (
    "¦"  # printable, and all but unknown in what people write; where it occurs the careful way is taken
)
LONGEST_TEXT = 32_767  # Excel's own limit: a longer cell makes it offer to "repair" the file
_DAY_ZERO = dt.date(1899, 12, 30).toordinal()
_FIRST_SURE_DAY = 61  # before 1 March 1900 Excel counts a day that never was
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_TEXT_KINDS = frozenset(("text", "code", "choice"))
_NUMBERS = frozenset((int, float, Decimal, type(None)))
_WHOLE = frozenset((int, type(None)))
_DATES = frozenset((dt.date, type(None)))

EMPTY_TEXT = ' t="inlineStr"><is><t></t></is></c>'
EMPTY_NUMBER = "><v></v></c>"


def escaped(text: str) -> str:
    """Text as it may stand in XML: what XML refuses is dropped, what Excel would decode (_x0041_) is guarded."""
    text = _REFUSED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 1] + "…"
    text = _ESCAPE.sub("_x005F_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_words(value: Any) -> str:
    """A value in a text cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple | list | set | frozenset):
        return "、".join(map(str, value))
    if isinstance(value, dt.datetime):
        return f"{_local(value):%Y-%m-%d %H:%M}"
    return str(value)


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(SHANGHAI).replace(tzinfo=None) if moment.tzinfo else moment


def serial(value: dt.date) -> str | None:
    """Excel's number for a day or a moment; None where it has none."""
    days = value.toordinal() - _DAY_ZERO
    if days < _FIRST_SURE_DAY:
        return None
    if isinstance(value, dt.datetime):
        local = _local(value)
        days = local.toordinal() - _DAY_ZERO
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        return f"{days + seconds / 86400:.10f}".rstrip("0").rstrip(".")
    return str(days)


def text_cell(place: str, style: int, text: str) -> str:
    """One text cell, or an empty one, at `place` ("B7")."""
    if not text:
        return f'<c r="{place}" s="{style}"/>'
    keep = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t{keep}>{escaped(text)}</t></is></c>'


def any_cell(place: str, style: int, value: Any) -> str:
    """One cell by the type of its value: numbers and days are real ones, the rest is text."""
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if number and isfinite(value) and abs(value) < 10**15:
        return f'<c r="{place}" s="{style}"><v>{value}</v></c>'
    if isinstance(value, dt.date) and (day := serial(value)):
        return f'<c r="{place}" s="{style}"><v>{day}</v></c>'
    return text_cell(place, style, as_words(value))


@lru_cache(maxsize=16384)
def letters(number: int) -> str:
    """1 → A, 27 → AA."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def _finite(types: set[type], values: Sequence[Any]) -> bool:
    """Numbers that XML can hold: a NaN would make Excel offer to repair the file."""
    return types <= _WHOLE or all(value is None or isfinite(value) for value in values)


def _endless(field: str | Sequence[str]) -> Iterable[str]:
    return repeat(field) if isinstance(field, str) else field


class Body:
    """Turns batches of rows into XML; knows the columns and the style of each."""

    def __init__(
        self, columns: Sequence[Column], styles: Sequence[int], line_height: float, row_height: float
    ) -> None:
        self.columns = columns
        self.styles = styles
        self.line_height = line_height
        self.row_height = row_height
        self.widths = [max(int((column.wide * 7 - 5) / 12), 1) for column in columns]
        self._texts_around: dict[tuple[str, ...], list[str]] = {}

    def xml(self, rows: Sequence[Sequence[Any]], first: int) -> bytes:
        """The `<row>` elements of these rows, the first of which is row number `first`."""
        columns = list(zip(*rows, strict=True))
        if len(columns) != len(self.columns):
            raise ValueError(f"rows have {len(columns)} values, not {len(self.columns)}")
        numbers = list(map(str, range(first, first + len(rows))))
        modes, cells = [], []
        for place, values in enumerate(columns):
            mode, texts = self._column(place, values, numbers)
            modes.append(mode)
            cells.append(texts)
        heights = self._heights(cells, modes)
        modes.insert(0, "high" if heights else "plain")
        fields: list[Sequence[str]] = [numbers, *([heights] if heights else [])]
        for mode, texts in zip(modes[1:], cells, strict=True):
            fields += [texts] if mode == "mixed" else [numbers, texts]
        around = self._around(tuple(modes))
        woven = chain.from_iterable(zip(around[:-1], fields, strict=True))
        made = "".join(chain.from_iterable(zip(*map(_endless, woven), repeat(around[-1]))))
        return made.replace(EMPTY_TEXT, "/>").replace(EMPTY_NUMBER, "/>").encode()

    def _around(self, modes: tuple[str, ...]) -> list[str]:
        """The constant texts of a row, to be woven with its fields: row number, cell by cell row number and value."""
        if modes not in self._texts_around:
            row = '<row r="\0"\0>' if modes[0] == "high" else '<row r="\0">'
            for place, (mode, style) in enumerate(zip(modes[1:], self.styles, strict=True), 1):
                start = f'<c r="{letters(place)}\0" s="{style}"'
                row += {
                    "text": f'{start} t="inlineStr"><is><t>\0</t></is></c>',
                    "spaced": f'{start} t="inlineStr"><is><t xml:space="preserve">\0</t></is></c>',
                    "number": f"{start}><v>\0</v></c>",
                    "mixed": "\0",
                }[mode]
            self._texts_around[modes] = (row + "</row>").split("\0")
        return self._texts_around[modes]

    def _column(self, place: int, values: Sequence[Any], numbers: list[str]) -> tuple[str, Sequence[str]]:
        kind, types = self.columns[place].kind, set(map(type, values))
        if kind in _TEXT_KINDS:
            return self._texts(values if types == {str} else list(map(as_words, values)))
        if types <= _NUMBERS and kind in ("integer", "number", "percent") and _finite(types, values):
            return "number", ["" if value is None else str(value) for value in values]
        if types <= _DATES and kind in ("date", "month"):
            days = [0 if value is None else value.toordinal() - _DAY_ZERO for value in values]
            if min((day for day in days if day), default=_FIRST_SURE_DAY) >= _FIRST_SURE_DAY:
                return "number", [str(day) if day else "" for day in days]
        letter, style = letters(place + 1), self.styles[place]
        return "mixed", [any_cell(letter + n, style, value) for n, value in zip(numbers, values, strict=True)]

    def _texts(self, values: Sequence[str]) -> tuple[str, Sequence[str]]:
        blob = SEPARATOR.join(values)
        spaced = "spaced" if " " in blob else "text"
        if (
            blob.isprintable()
            and len(blob) <= LONGEST_TEXT
            and ("_x" not in blob or not _ESCAPE.search(blob))
            and blob.count(SEPARATOR) == len(values) - 1
        ):
            if "&" in blob or "<" in blob or ">" in blob:
                return spaced, blob.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split(
                    SEPARATOR
                )
            return spaced, values
        return ("spaced" if any(v != v.strip() or "\n" in v for v in values) else "text"), list(
            map(escaped, values)
        )

    def _heights(self, cells: Sequence[Sequence[str]], modes: Sequence[str]) -> list[str] | None:
        """Row heights, where some text needs more lines than the usual row holds; None if none does."""
        usual = int(self.row_height / self.line_height)
        lines = [usual] * len(cells[0])
        for mode, width, texts in zip(modes, self.widths, cells, strict=True):
            if mode not in ("text", "spaced") or (max(map(len, texts)) <= width * usual and mode == "text"):
                continue
            for n, text in enumerate(texts):
                if len(text) > width * usual or "\n" in text:
                    wide = 2 if text.isascii() else 1
                    lines[n] = max(
                        lines[n], sum(max(ceil(len(line) / (width * wide)), 1) for line in text.split("\n"))
                    )
        if max(lines) == usual:
            return None
        return [
            f' ht="{min(n * self.line_height + 4, 409):g}" customHeight="1"' if n > usual else ""
            for n in lines
        ]
