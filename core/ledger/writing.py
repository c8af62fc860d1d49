"""A ledger as a workbook, row by row: constant memory, a tenth of openpyxl's time, and never half a file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO

from core.ledger.cells import Body, letters, text_cell
from core.ledger.columns import Column
from core.ledger.keys import KEY_TITLE
from core.ledger.layout import LINE_HEIGHT, ROW_HEIGHT, SHEET_PART, Heading, Template, ledger_template, thirds
from core.ledger.whole import written_whole
from core.ledger.zipping import ZipStream, unpacked

Progress = Callable[[int], None]
BATCH = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_000  # Excel's 1,048,576 less the lines above and below

__all__ = ["Heading", "Progress", "write_workbook"]


class TooManyRows(ValueError):
    """More rows than a sheet can hold."""


class Torn(OSError):
    """The file that was written does not hold what was put into it."""


def write_workbook(
    path: Path,
    *,
    heading: Heading,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    key: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write the ledger to `path`; how many rows it has.

    Each row has one value for each column and, with `key`, the row's hidden key as the last. `progress` is told the
    rows written so far, about every 500, and may raise to stop. OSError (disk full), whatever `rows` or `progress`
    raise, TooManyRows: in every case nothing is left behind, and what was at `path` before still is.
    """
    path = Path(path)
    template = ledger_template(heading, columns, key=key)
    # Hidden, and wide enough never to make a row higher.
    every = [*columns, Column("key", KEY_TITLE, "text", width=30)] if key else list(columns)
    body = Body(every, template.styles, LINE_HEIGHT, ROW_HEIGHT)
    written = expected = 0

    def look(part: Path) -> None:
        if count_rows(part) != expected:
            raise Torn(f"{path.name}: rows are missing from what was written")

    with written_whole(path, look) as out, opened(template, out) as archive:
        for piece, count in pieces(body, iter(rows), template.first_row):
            archive.write(piece)
            written += count
            if progress:
                progress(written)
        footer, merges = _footer(heading, template, columns, template.first_row + written)
        expected = template.head.count("<row ") + written + len(footer)
        archive.write("".join(footer).encode())
        archive.write(template.with_merges(merges).encode())
    return written


@contextmanager
def opened(template: Template, out: BinaryIO) -> Iterator[ZipStream]:
    """The workbook's archive, open where the rows of its first sheet go; what follows them is the caller's too."""
    archive = ZipStream(out)
    for name, content in template.others.items():
        archive.add(name, content)
    archive.start(SHEET_PART)
    archive.write(template.head.encode())
    yield archive
    archive.end()
    archive.finish()


def pieces(body: Body, rows: Iterator[Sequence[Any]], first: int) -> Iterator[tuple[bytes, int]]:
    """The XML of the rows, batch by batch, and how many rows each piece has."""
    written = 0
    while batch := list(islice(rows, BATCH)):
        if written + len(batch) > MOST_ROWS:
            raise TooManyRows(f"超过 {MOST_ROWS} 行，一张表放不下，分开下载。")
        yield body.xml(batch, first + written), len(batch)
        written += len(batch)


def _footer(
    heading: Heading, template: Template, columns: Sequence[Column], row: int
) -> tuple[list[str], list[str]]:
    """Footnotes, then the signatures as the last line; the merged ranges they need."""
    shown, lines, merges = len(columns), [], []
    line_holds = max(int(sum(column.wide for column in columns) * 7 / 12), 1)
    for n, note in enumerate(heading.footnotes):
        numbered = f"{n + 1}. {note}" if len(heading.footnotes) > 1 else note
        text = f"说明：{numbered}" if n == 0 else numbered
        height = 3 + LINE_HEIGHT * sum(ceil(len(line) / line_holds) for line in text.split("\n"))
        cell = text_cell(f"A{row}", template.note_style, text)
        lines.append(f'<row r="{row}" ht="{height:g}" customHeight="1">{cell}</row>')
        merges.append(f"A{row}:{letters(shown)}{row}")
        row += 1
    if heading.signatures:
        cells = ""
        spans = thirds(shown) if len(heading.signatures) == 3 else [(1, shown)]
        texts = [f"{name}：" for name in heading.signatures]
        if len(spans) == 1:
            texts = ["　　　　　　".join(texts)]
        for (first, last), text in zip(spans, texts, strict=True):
            cells += text_cell(f"{letters(first)}{row}", template.signature_style, text)
            merges.append(f"{letters(first)}{row}:{letters(last)}{row}")
        lines.append(f'<row r="{row}" ht="30" customHeight="1">{cells}</row>')
    return lines, [each for each in merges if each.partition(":")[0] != each.partition(":")[2]]


def count_rows(path: Path) -> int:
    """Reopen a written workbook and count the rows of its first sheet; OSError if a byte is missing or changed."""
    count, tail = 0, b""
    for piece in unpacked(path, SHEET_PART):
        count += (tail + piece).count(b"<row ")
        tail = piece[-4:]
    return count
