"""An uploaded workbook as rows of raw cells: the right sheet, headings under merged titles, nothing skipped unsaid."""

import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import python_calamine as calamine

from core.ledger.cleaning import date_cell, tidy
from core.ledger.columns import Column
from core.ledger.faults import BadCell, BadWorkbook
from core.ledger.gate import MAX_CELLS, MAX_ROWS, TOO_LARGE, TOO_MANY_ROWS, Admitted, admit, corrupt
from core.ledger.headings import Grid, Headings, Merge, find_headings, plain

BLANK, SUBTOTAL, SIGNATURE, NOTE, REPEATED, NUMBER_ONLY = (
    "空行",
    "小计合计",
    "签字行",
    "说明",
    "重复的标题",
    "只有序号",
)

_QUANTITY = re.compile(r"[\d.,%]+\s*[户人个元分次件%]?")
_SUBTOTAL = re.compile(r".{0,12}(?:小计|合计|总计|共计|累计)[:：]?|(?:小计|合计|总计|共计|累计)[:：(（].*")
_SIGNATURE = re.compile(
    r"(?:填表|制表|填报|审核|审批|经办|负责|签字|复核|录入|统计)人?(?:签字|签名)?\s*[(（:：].*|.{0,12}(?:书记|主任|负责人|盖章)\s*(?:[(（].*?[)）])?\s*[:：].*"
)
_NOTE = re.compile(r"(?:说明|填表说明|备注|注|附注)\d*\s*[:：.、].*|\d{1,2}\s*[.、．]\s*\D.*", re.DOTALL)
_NOTHING: dict[str, Any] = {}
_SUSPECT = re.compile(r"计|[:：(（.．、]|说明|注")
_META = {
    "unit": re.compile(r"(?:填报|报送|编制)?单位\s*(?:[(（][^)）]*[)）])?\s*[:：]\s*(.+)"),
    "made_on": re.compile(
        r"(?:填报|统计|填表|制表|报送|上报)?(?:日期|时间)\s*(?:[(（][^)）]*[)）])?\s*[:：]\s*(.+)"
    ),
    "period": re.compile(r"(?:期间|统计期|所属期|月份)\s*[:：]\s*(.+)"),
}


class Picker:
    """Takes the cells of our columns out of a line of the grid."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self.names = tuple(places)
        at = list(places.values())
        self.pick = itemgetter(*at) if len(at) > 1 else lambda line: (line[at[0]],)

    def __call__(self, line: list[Any]) -> dict[str, Any]:
        return {
            name: None if cell == "" else cell for name, cell in zip(self.names, self.pick(line), strict=True)
        }


@dataclass(slots=True, eq=False)
class Row:
    """One data row: its Excel row number, its line in the grid, what merged cells add to it, its hidden key or ""."""

    number: int
    line: list[Any]
    picker: Picker
    added: dict[str, Any]
    key: str = ""

    @property
    def cells(self) -> dict[str, Any]:
        """Raw cells by column name, None where empty; made afresh each time, to hold no second copy of the sheet."""
        return self.picker(self.line) | self.added


@dataclass(eq=False)
class Sheet:
    """The sheet that was chosen. `grid` is all of it from A1, `rows()` only the data, `skipped` the rest with reasons.

    `meta` holds what stands above the headings: title, unit (填报单位), made_on (a date), period (text).
    """

    name: str
    grid: Grid
    merges: list[Merge]
    headings: Headings
    columns: tuple[Column, ...]
    meta: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, list[int]] = field(default_factory=dict)
    unread_sheets: list[str] = field(default_factory=list)
    _rows: list[Row] | None = None

    @property
    def places(self) -> dict[str, int]:
        """Column name → zero-based place in the grid."""
        return self.headings.places

    @property
    def ignored_headings(self) -> list[str]:
        return self.headings.ignored

    def heading_of(self, column: str) -> str:
        """How the file itself calls that column."""
        return self.headings.written.get(self.places.get(column, -1), "")

    def without(self, numbers: Collection[int]) -> tuple["Sheet", dict[int, int]]:
        """The same sheet without these (Excel) rows, and the new row number of each that is left."""
        kept = [number for number in range(1, len(self.grid) + 1) if number not in numbers]
        new = {number: place for place, number in enumerate(kept, 1)}
        merges = []
        for (top, left), (bottom, right) in self.merges:
            bottom = min(bottom, len(self.grid) - 1)
            first, last = new.get(top + 1), new.get(bottom + 1)
            if first and last and last - first == bottom - top:
                merges.append(((first - 1, left), (last - 1, right)))
        grid = [self.grid[number - 1] for number in kept]
        return Sheet(self.name, grid, merges, self.headings, self.columns, self.meta), new

    def rows(self) -> list[Row]:
        """The data rows, in order; fills `skipped`."""
        if self._rows is None:
            self._rows = list(_data_rows(self))
        return self._rows


def open_workbook(
    path: Path,
    *,
    columns: Sequence[Column],
    title: str = "",
    others: Mapping[str, Sequence[Column]] | None = None,
) -> Sheet:
    """Read the sheet of `path` that has these columns; BadWorkbook if there is none.

    `others` (title → columns) are the other ledgers, to say whose sheet it is when it is not this one's.
    """
    admitted = admit(Path(path))
    try:
        candidates, seen = _candidates(admitted, columns)
    except (calamine.CalamineError, OSError, ValueError, KeyError, IndexError, OverflowError) as error:
        if isinstance(error, BadWorkbook):
            raise
        raise corrupt() from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the Rust reader gave up; it derives from BaseException
            raise corrupt() from error
        raise
    whole = [sheet for sheet in candidates if not sheet.headings.missing(columns)]
    whole = [sheet for sheet in whole if 2 * len(sheet.places) >= len(whole[0].places)]
    if not whole:
        raise _unfit(candidates, seen, columns, title, others or {})
    filled = [sheet for sheet in whole if sheet.rows()] or whole[:1]
    if len(filled) > 1:
        names = "、".join(f"“{sheet.name}”" for sheet in filled)
        raise BadWorkbook("two_sheets", f"{names} 都是这样的表，一次只收一张。合成一张，或者分开传。")
    chosen = filled[0]
    if chosen.headings.twice:
        raise BadWorkbook("heading_twice", f"“{chosen.headings.twice[0]}”这一列出现了两次，留下一列再传。")
    chosen.unread_sheets = [name for name in seen if name != chosen.name]
    chosen.meta = _meta(chosen.grid[: chosen.headings.first])
    return chosen


def _candidates(admitted: Admitted, columns: Sequence[Column]) -> tuple[list[Sheet], dict[str, Grid]]:
    """Every visible sheet that has some of our headings, best first; and the top of every sheet with content."""
    found: list[Sheet] = []
    seen: dict[str, Grid] = {}
    with calamine.load_workbook(io.BytesIO(admitted.content)) as book:
        for about in book.sheets_metadata:
            if (
                about.typ != calamine.SheetTypeEnum.WorkSheet
                or about.visible != calamine.SheetVisibleEnum.Visible
            ):
                continue
            read = book.get_sheet_by_name(about.name)
            bottom, right = read.end or (0, 0)
            if bottom >= MAX_ROWS:
                raise BadWorkbook("too_many_rows", TOO_MANY_ROWS)
            if (bottom + 1) * (right + 1) > MAX_CELLS:
                raise BadWorkbook("bomb", TOO_LARGE)
            grid: Grid = read.to_python(skip_empty_area=False)
            if not grid:
                continue
            for (row, place), text in admitted.traced[about.name].texts.items():
                if row <= len(grid) and place <= len(grid[row - 1]) and grid[row - 1][place - 1] == "":
                    grid[row - 1][place - 1] = text
            seen[about.name] = grid[:30]
            merges = list(read.merged_cell_ranges or ())
            headings = find_headings(grid, merges, columns)
            if headings.places:
                found.append(Sheet(about.name, grid, merges, headings, tuple(columns)))
    found.sort(key=lambda sheet: -len(sheet.places))
    return found, seen


def _unfit(
    candidates: list[Sheet],
    seen: dict[str, Grid],
    columns: Sequence[Column],
    title: str,
    others: Mapping[str, Sequence[Column]],
) -> BadWorkbook:
    """Why no sheet will do: nothing in it, another ledger's sheet, or a heading missing."""
    if not seen:
        return BadWorkbook("empty", "表里什么都没有。")
    ours = len(candidates[0].places) if candidates else 0
    for other, theirs in others.items():
        for grid in seen.values():
            found = find_headings(grid, (), theirs)
            if len(found.places) > ours and not found.missing(theirs):
                wanted = f"，不是《{title}》" if title else ""
                return BadWorkbook("other_ledger", f"这像是《{other}》的表{wanted}。换到那个台账里传。")
    if ours < 2:
        wanted = (
            "、".join(f"“{c.title}”" for c in columns if c.required and c.imported) or f"“{columns[0].title}”"
        )
        return BadWorkbook("no_headings", f"没找到标题行。标题里要有{wanted}。")
    missing = "、".join(f"“{column.title}”" for column in candidates[0].headings.missing(columns))
    return BadWorkbook("missing_heading", f"缺{missing}这一列。补上标题和内容再传。")


def _meta(above: Grid) -> dict[str, Any]:
    """What the lines above the headings say: the first text is the title; 填报单位, 填报日期, 期间 by their words."""
    meta: dict[str, Any] = {}
    for cell in (cell for row in above for cell in row):
        if not isinstance(cell, str) or not (text := tidy(cell)):
            continue
        known = False
        for part in re.split(r"\s{2,}", text):
            for name, pattern in _META.items():
                if name not in meta and (found := pattern.fullmatch(part)):
                    known = True
                    meta[name] = found[1].strip()
        if not known:
            meta.setdefault("title", text)
    if written := meta.pop("made_on", ""):
        try:
            meta["made_on"] = date_cell(Column("made_on", "填报日期", "date"), written)
        except BadCell:
            meta["made_on_written"] = written
    return meta


def _data_rows(sheet: Sheet) -> Iterator[Row]:
    picker, judge, added = Picker(sheet.places), _Judge(sheet), _Added(sheet)
    for index in range(sheet.headings.last + 1, len(sheet.grid)):
        line = sheet.grid[index]
        if reason := judge.why_not(line):
            sheet.skipped.setdefault(reason, []).append(index + 1)
            continue
        key = line[sheet.headings.key] if sheet.headings.key is not None else ""
        yield Row(index + 1, line, picker, added.to(index), key.strip() if isinstance(key, str) else "")


class _Judge:
    """Tells data from what else stands in a sheet. The first text of a row decides whether to look closely."""

    def __init__(self, sheet: Sheet) -> None:
        headings = sheet.headings
        self.written = {place: plain(text) for place, text in headings.written.items()}
        self.heading_words = {
            text.strip() for row in sheet.grid[: headings.last + 1] for text in row if isinstance(text, str)
        }
        self.judged = [p for p in range(len(sheet.grid[0])) if p not in (headings.key, headings.errors)]
        self.wanted = {sheet.places[c.name] for c in sheet.columns if c.imported and c.name in sheet.places}

    def why_not(self, cells: list[Any]) -> str:
        """Why this row is no data, "" if it is."""
        for place in self.judged:
            cell = cells[place]
            if isinstance(cell, str) and (text := cell.strip()):
                if place in self.wanted and not _SUSPECT.search(text) and text not in self.heading_words:
                    return ""
                return self._look(cells, place)
        filled = [place for place in self.judged if cells[place] != "" and not isinstance(cells[place], str)]
        if not filled:
            return BLANK
        return "" if self.wanted.intersection(filled) else NUMBER_ONLY

    def _look(self, cells: list[Any], text_at: int) -> str:
        text = "".join(cells[text_at].split())
        filled = [
            p
            for p in self.judged
            if cells[p] != "" and not (isinstance(cells[p], str) and not cells[p].strip())
        ]
        rest = [cells[place] for place in filled if place != text_at]
        words = [cell for cell in rest if isinstance(cell, str) and not _QUANTITY.fullmatch(cell.strip())]
        if len(words) <= 1 and _SUBTOTAL.fullmatch(text):
            return SUBTOTAL
        if _SIGNATURE.fullmatch(text) and all(map(_is_signature, words)):
            return SIGNATURE
        if not rest and _NOTE.fullmatch(text):
            return NOTE
        if len(filled) > 2 and all(plain(cells[place]) == self.written.get(place, "") for place in filled):
            return REPEATED
        return "" if self.wanted.intersection(filled) else NUMBER_ONLY


def _is_signature(text: str) -> bool:
    return bool(_SIGNATURE.fullmatch("".join(text.split())))


class _Added:
    """Values that a merged cell, or a declared "as above", gives to the rows below; asked row by row, in order."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        here = [column for column in sheet.columns if column.name in sheet.places]
        self.from_merge: dict[int, dict[str, Any]] = {}
        for column in here:
            if column.merged_down:
                self._spread(column.name, sheet.places[column.name])
        self.as_above = {c.name: sheet.places[c.name] for c in here if c.fill_down}
        self.last: dict[str, Any] = {}

    def _spread(self, name: str, place: int) -> None:
        spans = sorted(
            (top, bottom)
            for (top, left), (bottom, right) in self.sheet.merges
            if left <= place <= right and top > self.sheet.headings.last
        )
        reached = -1
        for top, bottom in spans:
            if top <= reached:
                continue  # ranges that overlap are no workbook's doing
            reached = min(bottom, len(self.sheet.grid) - 1)
            value = self.sheet.grid[top][place] if top < len(self.sheet.grid) else ""
            for row in range(top + 1, reached + 1):
                if value != "" and self.sheet.grid[row][place] == "":
                    self.from_merge.setdefault(row, {})[name] = value

    def to(self, index: int) -> dict[str, Any]:
        """What is added to the row at this place of the grid."""
        found = self.from_merge.get(index, _NOTHING)
        for name, place in self.as_above.items():
            value = found.get(name, self.sheet.grid[index][place])
            if value != "":
                self.last[name] = value
            elif name in self.last:
                found = {**found, name: self.last[name]}
        return found
