"""The official look of a ledger, made once by openpyxl: title, unit line, headings, print set-up, column styles."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from core import clock
from core.clock import cn_date
from core.ledger.cells import escaped
from core.ledger.columns import Column, Kind

TITLE_FONT, TEXT_FONT, HEAD_FONT = "宋体", "仿宋", "黑体"
ROW_HEIGHT, LINE_HEIGHT = 31.5, 12.5
NUMBER_FORMATS = {
    "text": "@", "code": "@", "choice": "@", "integer": "0", "number": "General", "date": "yyyy-mm-dd",
    "month": 'yyyy"."mm', "datetime": "yyyy-mm-dd hh:mm", "percent": "0.0%",
}  # fmt: skip
SHEET_PART = "xl/worksheets/sheet1.xml"
_THIN = Side(style="thin", color="000000")
BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_MM = 1 / 25.4


@dataclass(frozen=True)
class Heading:
    """What stands around the rows: title, 填报单位, 填报日期, 期间, footnotes, signatures; `stamp` at the page foot."""

    title: str
    unit: str = ""
    made_on: dt.date | None = None
    period_title: str = ""
    footnotes: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ("制表人", "审核人", "村党组织书记（签字）")
    stamp: str = ""

    @property
    def lines(self) -> tuple[str, str, str]:
        """What stands under the title: left, in the middle, right; "" where there is nothing to say."""
        return (
            f"填报单位：{self.unit}" if self.unit else "",
            f"期间：{self.period_title}" if self.period_title else "",
            f"填报日期：{cn_date(self.made_on)}" if self.made_on else "",
        )

    @property
    def sheet_title(self) -> str:
        return re.sub(r"[\[\]:*?/\\'\"]", "", self.title.split("（")[0])[-31:].strip() or "台账"


@dataclass
class Template:
    """A workbook taken apart: the XML before and after the rows of its first sheet, and all other parts as they are."""

    head: str
    tail: str
    others: dict[str, bytes]
    first_row: int = 1
    styles: list[int] = field(default_factory=list)
    note_style: int = 0
    signature_style: int = 0

    def with_merges(self, ranges: Sequence[str]) -> str:
        """The tail, with these merged ranges besides those it has."""
        if not ranges:
            return self.tail
        added = "".join(f'<mergeCell ref="{each}"/>' for each in ranges)
        found = re.search(r'<mergeCells count="(\d+)">', self.tail)
        if not found:
            return self.tail.replace(
                "</sheetData>", f'</sheetData><mergeCells count="{len(ranges)}">{added}</mergeCells>'
            )
        count = int(found[1]) + len(ranges)
        return self.tail.replace(found[0], f'<mergeCells count="{count}">{added}')


def thirds(columns: int) -> list[tuple[int, int]]:
    """Three spans over so many columns (1-based), or one if they are fewer than three."""
    if columns < 3:
        return [(1, columns)]
    one, two = round(columns / 3), round(columns * 2 / 3)
    return [(1, one), (one + 1, two), (two + 1, columns)]


def text_font(size: float = 9) -> Font:
    return Font(name=TEXT_FONT, size=size)


# One column as far as the eye sees it: title, upper heading, kind, width, whether it stands left.
Look = tuple[str, str, Kind, float, bool]
_TITLE, _SHEET, _STAMP, _LINES = (
    "@@title@@",
    "@@sheet@@",
    "@@stamp@@",
    ("@@left@@", "@@middle@@", "@@right@@"),
)
_MADE = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def ledger_template(heading: Heading, columns: Sequence[Column], *, key: bool) -> Template:
    """The template of a ledger with these columns; with `key`, a last hidden column for the rows' keys.

    openpyxl draws it once for each look, with marks where the texts go: eleven villages' ledgers of a month differ in
    nothing else, and a small one took longer to draw than to fill.
    """
    looks = tuple((each.title, each.group, each.kind, each.wide, each.left) for each in columns)
    marks = tuple(mark if line else "" for mark, line in zip(_LINES, heading.lines, strict=True))
    drawn = _drawn(looks, marks, _STAMP if heading.stamp else "", key)
    texts = {
        _TITLE: heading.title,
        _SHEET: heading.sheet_title,
        _STAMP: heading.stamp.replace("&", "＆"),
        **dict(zip(_LINES, heading.lines, strict=True)),
    }
    texts = {mark: escaped(text) for mark, text in texts.items()}
    made = f"{clock.now().astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}".encode()
    others = {
        name: _MADE.sub(rb"\g<1>" + made, _with_texts(content.decode(), texts).encode())
        for name, content in drawn.others.items()
    }
    head, tail = _with_texts(drawn.head, texts), _with_texts(drawn.tail, texts)
    return replace(drawn, head=head, tail=tail, others=others)


def _with_texts(xml: str, texts: dict[str, str]) -> str:
    for mark, text in texts.items():
        xml = xml.replace(mark, text)
    return xml


@lru_cache(maxsize=64)
def _drawn(looks: tuple[Look, ...], lines: tuple[str, ...], stamp: str, key: bool) -> Template:
    columns = [
        Column(str(place), title, kind, width, group=group, left=left)
        for place, (title, group, kind, width, left) in enumerate(looks)
    ]
    book = Workbook()
    sheet = book.active
    sheet.title = _SHEET
    shown = len(columns)
    title_lines(sheet, _TITLE, lines, shown)
    last_head = write_headings(sheet, columns, first=3)
    body = last_head + 1
    for place, column in enumerate(columns, 1):
        style_body_cell(sheet.cell(body, place), column)
    if key:
        _key_column(sheet, shown + 1, 3, body)
    note, signature = sheet.cell(body + 1, 1, "x"), sheet.cell(body + 2, 1, "x")
    note.font, note.alignment = text_font(), Alignment(vertical="center", wrap_text=True)
    signature.font, signature.alignment = text_font(10.5), Alignment(vertical="bottom")
    set_up_print(sheet, stamp, f"3:{last_head}")
    sheet.freeze_panes = sheet.cell(body, 1)
    template = take_apart(book, body)
    template.styles = [style_at(template, body, place) for place in range(1, shown + 1 + key)]
    template.note_style = style_at(template, body + 1, 1)
    template.signature_style = style_at(template, body + 2, 1)
    template.head = template.head[: template.head.index(f'<row r="{body}"')]
    return template


def title_lines(sheet: Worksheet, title_text: str, lines: Sequence[str], shown: int) -> None:
    title = _text(sheet, 1, 1, title_text)
    title.font = Font(name=TITLE_FONT, size=18, bold=True)
    title.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    if shown > 1:
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=shown)
    sheet.row_dimensions[1].height = 36
    spans = thirds(shown)
    if len(spans) == 1:
        lines = ["　".join(line for line in lines if line)]
    for (first, last), line, side in zip(spans, lines, ("left", "center", "right"), strict=False):
        cell = _text(sheet, 2, first, line)
        cell.font, cell.alignment = text_font(10.5), Alignment(horizontal=side, vertical="center")
        if last > first:
            sheet.merge_cells(start_row=2, end_row=2, start_column=first, end_column=last)
    sheet.row_dimensions[2].height = 22


def _text(sheet: Worksheet, row: int, place: int, text: str) -> Any:
    """A cell with text that is never a formula."""
    cell = sheet.cell(row, place)
    cell.value = text or None
    if text:
        cell.data_type = "s"
    return cell


def write_headings(sheet: Worksheet, columns: Sequence[Column], *, first: int) -> int:
    """One heading row, or two if any column has a group; the number of the last."""
    last = first + any(column.group for column in columns)
    start = 1
    for place, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.wide
        for row in range(first, last + 1):
            _head_cell(sheet, row, place, column.title if row == last else column.group or column.title)
        if last > first and not column.group:
            sheet.cell(last, place).value = None
            sheet.merge_cells(start_row=first, end_row=last, start_column=place, end_column=place)
        following = columns[place].group if place < len(columns) else None
        if column.group and column.group != following:
            for inner in range(start + 1, place + 1):
                sheet.cell(first, inner).value = None
            sheet.merge_cells(start_row=first, end_row=first, start_column=start, end_column=place)
        if column.group != following:
            start = place + 1
    for row in range(first, last + 1):
        sheet.row_dimensions[row].height = 30 if first == last else 24
    return last


def _head_cell(sheet: Worksheet, row: int, place: int, text: str) -> None:
    cell = _text(sheet, row, place, text)
    cell.font, cell.border = Font(name=HEAD_FONT, size=9), BOX
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def style_body_cell(cell: Any, column: Column) -> None:
    """The look of one column's cells: ruled, in the number format of its kind; text stays text when typed over."""
    cell.font, cell.border = text_font(), BOX
    cell.alignment = Alignment(
        horizontal="left" if column.left else "center", vertical="center", wrap_text=True
    )
    cell.number_format = NUMBER_FORMATS[column.kind]


def _key_column(sheet: Worksheet, place: int, first: int, body: int) -> None:
    from core.ledger.keys import KEY_TITLE

    for row in range(first, body):
        _text(sheet, row, place, KEY_TITLE if row == body - 1 else "")
    cell = sheet.cell(body, place)
    cell.number_format = "@"
    letter = get_column_letter(place)
    sheet.column_dimensions[letter].width = 24
    sheet.column_dimensions[letter].hidden = True


def set_up_print(sheet: Worksheet, stamp: str, repeated: str) -> None:
    """A4 landscape, as wide as the page and as long as it gets; headings on every page; 第 X 页，共 Y 页."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.top, margins.left, margins.right, margins.bottom = 11 * _MM, 12 * _MM, 12 * _MM, 15 * _MM
    margins.header, margins.footer = 6 * _MM, 7 * _MM
    sheet.print_options.horizontalCentered = True
    sheet.print_title_rows = repeated
    sheet.oddFooter.left.text = stamp.replace("&", "＆") or None
    sheet.oddFooter.right.text = "第 &P 页，共 &N 页"
    sheet.sheet_format.defaultRowHeight = ROW_HEIGHT
    sheet.sheet_format.customHeight = True


def take_apart(book: Workbook, first_row: int) -> Template:
    """Save the workbook into memory and part its first sheet before and after its rows."""
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    xml = parts.pop(SHEET_PART).decode()
    xml = re.sub(r"<dimension [^>]*/>", "", xml)
    end = xml.index("</sheetData>")
    return Template(xml[:end], xml[end:], parts, first_row)


def style_at(template: Template, row: int, place: int) -> int:
    """The style number that openpyxl gave the cell."""
    found = re.search(rf'<c r="{get_column_letter(place)}{row}"[^>]*? s="(\d+)"', template.head)
    return int(found[1]) if found else 0
