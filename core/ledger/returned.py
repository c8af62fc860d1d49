"""The workbook that goes back to who sent it: what they wrote, faults marked, a 错误 column on how to mend them."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from core.ledger.cells import any_cell, as_words, letters, text_cell
from core.ledger.faults import Fault
from core.ledger.headings import ERROR_TITLE, Merge
from core.ledger.layout import (
    BOX,
    HEAD_FONT,
    TEXT_FONT,
    Template,
    set_up_print,
    style_at,
    take_apart,
    text_font,
)
from core.ledger.reading import Sheet
from core.ledger.whole import written_whole
from core.ledger.writing import BATCH, Torn, count_rows, opened

MOST_NOTES = 1000  # notes on cells are slow to open by the thousand; the 错误 column has them all
_FORMATS = {"text": "@", "number": "General", "date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}
_BAD = PatternFill("solid", fgColor="FBE9E4")


def write_returned(path: Path, *, sheet: Sheet, faults: list[Fault]) -> None:
    """Write what was uploaded into a new workbook, with the faults. Nothing of the uploaded XML is in it.

    Same rows at the same numbers, same merged cells, dates as dates, formulas as text; once corrected it can come in.
    """
    page = _Page(sheet, faults)
    template = page.template()

    def look(part: Path) -> None:
        if count_rows(part) != len(sheet.grid):
            raise Torn(f"{path.name}: rows are missing from what was written")

    with written_whole(Path(path), look) as out, opened(template, out) as archive:
        rows = page.rows()
        while batch := list(islice(rows, BATCH)):
            archive.write("".join(batch).encode())
        archive.write(template.with_merges(page.merges()).encode())


class _Page:
    """One uploaded sheet with its faults, about to be written down again."""

    def __init__(self, sheet: Sheet, faults: list[Fault]) -> None:
        self.sheet = sheet
        self.width = len(sheet.grid[0])
        old = sheet.headings.errors
        self.error_place = self.width if old is None else old
        self.by_row: dict[int, list[Fault]] = {}
        for fault in faults:
            self.by_row.setdefault(fault.row, []).append(fault)
        self.text_places = {
            sheet.places[c.name]
            for c in sheet.columns
            if c.kind in ("text", "code", "choice") and c.name in sheet.places
        }
        self.styles: dict[str, int] = {}

    def template(self) -> Template:
        """Widths, styles, notes and print set-up, by openpyxl; the rows it wrote are thrown away."""
        book = Workbook()
        page = book.active
        page.title = "改好再传"
        place = 0
        for name, number_format in _FORMATS.items():
            for bad in ("", "!"):
                place += 1
                cell = page.cell(1, place, "x")
                cell.font, cell.border, cell.number_format = text_font(), BOX, number_format
                cell.alignment = Alignment(vertical="center", wrap_text=True)
                if bad:
                    cell.fill = _BAD
                self.styles[name + bad] = place
        for name, font, side in (
            ("head", Font(name=HEAD_FONT, size=9), "center"),
            ("how", Font(name=TEXT_FONT, size=9, color="A6301B"), "left"),
        ):
            place += 1
            cell = page.cell(1, place, "x")
            cell.font, cell.border = font, BOX
            cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True)
            self.styles[name] = place
        page.cell(1, place + 1, "x").font = text_font(10.5)
        self.styles["above"] = place + 1
        self._widths(page)
        self._notes(page)
        set_up_print(page, "", f"1:{self.sheet.headings.last + 1}")
        page.sheet_format.defaultRowHeight, page.sheet_format.customHeight = 20, False
        page.freeze_panes = page.cell(self.sheet.headings.last + 2, 1)
        template = take_apart(book, 1)
        self.styles = {name: style_at(template, 1, place) for name, place in self.styles.items()}
        template.head = template.head[: template.head.index("<sheetData>")] + "<sheetData>"
        return template

    def _widths(self, page: Any) -> None:
        wide = {self.sheet.places[c.name]: c.wide for c in self.sheet.columns if c.name in self.sheet.places}
        for place in range(self.width):
            page.column_dimensions[get_column_letter(place + 1)].width = wide.get(place, 12)
        page.column_dimensions[get_column_letter(self.error_place + 1)].width = 50
        if self.sheet.headings.key is not None:
            page.column_dimensions[get_column_letter(self.sheet.headings.key + 1)].hidden = True

    def _notes(self, page: Any) -> None:
        left = MOST_NOTES
        for row, faults in self.by_row.items():
            for name in dict.fromkeys(fault.column for fault in faults if fault.column in self.sheet.places):
                said = "\n".join(fault.sentence for fault in faults if fault.column == name)
                if left:
                    page.cell(row, self.sheet.places[name] + 1).comment = Comment(
                        said, "核对", width=260, height=80
                    )
                    left -= 1

    def rows(self) -> Iterator[str]:
        first, last = self.sheet.headings.first + 1, self.sheet.headings.last + 1
        for number, cells in enumerate(self.sheet.grid, 1):
            faults = self.by_row.get(number, [])
            bad = {self.sheet.places[fault.column] for fault in faults if fault.column in self.sheet.places}
            if number < first:
                style: Callable[[int, Any], str] = self._above
            elif number <= last:
                style = self._heading
            else:
                style = partial(self._data, bad)
            made = [
                (
                    place,
                    self._cell(
                        number, place, value, self.styles[style(place, value)], first <= number <= last
                    ),
                )
                for place, value in enumerate(cells)
                if place != self.error_place and (value != "" or number >= first)
            ]
            if number == last:
                made.append((self.error_place, self._text(number, "head", ERROR_TITLE)))
            elif faults:
                said = "；".join(fault.sentence.rstrip("。") for fault in faults) + "。"
                made.append((self.error_place, self._text(number, "how", said)))
            yield f'<row r="{number}">{"".join(cell for _, cell in sorted(made))}</row>'

    def _above(self, place: int, value: Any) -> str:
        return "above"

    def _heading(self, place: int, value: Any) -> str:
        return "head"

    def _data(self, bad: set[int], place: int, value: Any) -> str:
        """The style of a data cell; a number in a text column is text too, so that what is typed over it stays."""
        mark = "!" if place in bad else ""
        if isinstance(value, dt.datetime):
            return "moment" + mark
        if isinstance(value, dt.date):
            return "date" + mark
        if isinstance(value, int | float) and not isinstance(value, bool) and place not in self.text_places:
            return "number" + mark
        return "text" + mark

    def _text(self, number: int, style: str, text: str) -> str:
        return text_cell(self._at(self.error_place, number), self.styles[style], text)

    @staticmethod
    def _at(place: int, number: int) -> str:
        return f"{letters(place + 1)}{number}"

    def _cell(self, number: int, place: int, value: Any, style: int, as_text: bool) -> str:
        at = self._at(place, number)
        if as_text and value != "":
            return text_cell(at, style, as_words(value))
        if isinstance(value, bool):
            return f'<c r="{at}" s="{style}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float) and isfinite(value):
            whole = value == int(value) and abs(value) < 1e15
            return f'<c r="{at}" s="{style}"><v>{int(value) if whole else repr(value)}</v></c>'
        return any_cell(at, style, value)

    def merges(self) -> list[str]:
        """The merged cells of the upload, cut to what is there; of two that overlap, only the first."""
        taken: set[tuple[int, int]] = set()
        kept = []
        for merge in sorted(self.sheet.merges):
            cells = self._covered(merge)
            if len(cells) > 1 and taken.isdisjoint(cells):
                taken.update(cells)
                (top, left), (bottom, right) = cells[0], cells[-1]
                kept.append(f"{self._at(left, top + 1)}:{self._at(right, bottom + 1)}")
        return kept

    def _covered(self, merge: Merge) -> list[tuple[int, int]]:
        (top, left), (bottom, right) = merge
        bottom, right = min(bottom, len(self.sheet.grid) - 1), min(right, self.width - 1)
        if left <= self.error_place <= right:
            right = self.error_place - 1
        return [(row, place) for row in range(top, bottom + 1) for place in range(left, right + 1)]
