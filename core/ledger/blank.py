"""An empty ledger to be filled in: headings, ruled rows in the right formats, drop-down lists, a page that explains."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from core.ledger.columns import Column
from core.ledger.layout import (
    HEAD_FONT,
    NUMBER_FORMATS,
    Heading,
    set_up_print,
    style_body_cell,
    text_font,
    title_lines,
    write_headings,
)
from core.ledger.whole import written_whole

RULED_ROWS = 200
CHECKED_ROWS = 5000
CHOICES_SHEET, HOW_SHEET = "选项", "填表说明"
_HOW = {
    "text": "文字", "code": "文本格式，号码照抄，前面的 0 和末位的 X 都要有", "integer": "整数", "number": "数字",
    "date": "日期，写成 2026-10-05", "month": "年月，写成 2026.10", "datetime": "时间，写成 2026-10-05 08:30",
    "percent": "百分数，写成 95.3%", "choice": "从下拉单里选",
}  # fmt: skip


def write_template(path: Path, *, heading: Heading, columns: Sequence[Column]) -> None:
    """Write the blank workbook for these columns; what is filled in comes in again without a change of layout."""
    book = Workbook()
    sheet = book.active
    sheet.title = "填这里"
    title_lines(sheet, heading.title, heading.lines, len(columns))
    last = write_headings(sheet, columns, first=3)
    for place, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].number_format = NUMBER_FORMATS[column.kind]
        for row in range(last + 1, last + 1 + RULED_ROWS):
            style_body_cell(sheet.cell(row, place), column)
    sheet.freeze_panes = sheet.cell(last + 1, 1)
    set_up_print(sheet, heading.stamp, f"3:{last}")
    _lists(book, sheet, columns, last + 1)
    _explain(book.create_sheet(HOW_SHEET), columns)
    with written_whole(Path(path), lambda part: None) as out:
        book.save(out)


def _lists(book: Workbook, sheet: Worksheet, columns: Sequence[Column], first: int) -> None:
    """Drop-down lists; the words stand on a hidden sheet, since a list inside a cell's rule holds 255 characters."""
    hidden = book.create_sheet(CHOICES_SHEET)
    hidden.sheet_state = "hidden"
    for place, column in enumerate(columns, 1):
        words = column.allowed()
        if column.kind != "choice" or not words:
            continue
        letter = get_column_letter(hidden.max_column + 1 if hidden["A1"].value else 1)
        for row, word in enumerate(words, 1):
            cell = hidden[f"{letter}{row}"]
            cell.value, cell.data_type = word, "s"
        where = get_column_letter(place)
        rule = DataValidation(
            "list", formula1=f"{CHOICES_SHEET}!${letter}$1:${letter}${len(words)}", allow_blank=True
        )
        rule.showErrorMessage = not column.multiple
        rule.errorTitle, rule.error = column.title, "从下拉单里选一个。"
        if column.multiple:
            rule.showInputMessage, rule.promptTitle, rule.prompt = (
                True,
                column.title,
                "可以写几个，用“、”隔开。",
            )
        rule.add(f"{where}{first}:{where}{first + CHECKED_ROWS}")
        sheet.add_data_validation(rule)


def _explain(page: Worksheet, columns: Sequence[Column]) -> None:
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 18, 90
    lines = [("怎么填", "标题行不要改，列可以换位置；从标题下面一行开始填，一行一个。")]
    for column in columns:
        how = column.hint or _HOW[column.kind]
        if column.kind == "choice" and (words := column.allowed()):
            how += ("，可选几个，用“、”隔开：" if column.multiple else "：") + "、".join(words)
        lines.append((f"“{column.title}”", ("必填。" if column.required else "") + how))
    for row, (name, how) in enumerate(lines, 1):
        for place, text in enumerate((name, how), 1):
            cell = page.cell(row, place, text)
            cell.data_type = "s"
            cell.font = Font(name=HEAD_FONT, size=10) if place == 1 else text_font(10.5)
            cell.alignment = Alignment(vertical="center", wrap_text=True)
