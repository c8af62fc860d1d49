"""A workbook for another system: headings in the first row, rows below, nothing around; a second sheet says how."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment

from core.ledger.cells import Body
from core.ledger.columns import Column
from core.ledger.layout import (
    LINE_HEIGHT,
    ROW_HEIGHT,
    set_up_print,
    style_at,
    style_body_cell,
    take_apart,
    text_font,
    write_headings,
)
from core.ledger.whole import written_whole
from core.ledger.writing import Progress, Torn, count_rows, opened, pieces


def write_plain(
    path: Path,
    *,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    said: Sequence[tuple[str, str]],
    progress: Progress | None = None,
) -> int:
    """Write it to `path`; how many rows it has. Constant memory, texts never formulas, and nothing half written.

    `title` names the sheet; `said`: the lines (what, how) of the second sheet, 设置说明.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = title
    first = write_headings(sheet, columns, first=1) + 1
    for place, column in enumerate(columns, 1):
        style_body_cell(sheet.cell(first, place), column)
    sheet.freeze_panes = sheet.cell(first, 1)
    set_up_print(sheet, "", f"1:{first - 1}")
    _explain(book, said)
    template = take_apart(book, first)
    template.styles = [style_at(template, first, place) for place in range(1, len(columns) + 1)]
    template.head = template.head[: template.head.index(f'<row r="{first}"')]
    body, written = Body(list(columns), template.styles, LINE_HEIGHT, ROW_HEIGHT), 0

    def look(part: Path) -> None:
        if count_rows(part) != written + first - 1:
            raise Torn(f"{path.name}: rows are missing from what was written")

    with written_whole(Path(path), look) as out, opened(template, out) as archive:
        for piece, count in pieces(body, iter(rows), first):
            archive.write(piece)
            written += count
            if progress:
                progress(written)
        archive.write(template.tail.encode())
    return written


def _explain(book: Workbook, said: Sequence[tuple[str, str]]) -> None:
    page = book.create_sheet("设置说明")
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 22, 80
    for row, line in enumerate(said, 1):
        for place, text in enumerate(line, 1):
            cell = page.cell(row, place)
            cell.value = text or None
            if text:
                cell.data_type = "s"
            cell.font, cell.alignment = text_font(10.5), Alignment(vertical="center", wrap_text=True)
