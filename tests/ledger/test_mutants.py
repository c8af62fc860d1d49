"""Whatever is uploaded, the answer is rows or a sentence: never another exception, never without end."""

from contextlib import suppress

import pytest

from core.ledger import BadCell, BadWorkbook
from core.ledger.reading import open_workbook
from core.ledger.returned import write_returned
from tests.ledger.books import GOOD_ROW, ROSTER, roster, save_book
from tests.ledger.mutants import lie_about_sizes, mutant


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutants")
    members = [
        [n, None, None, f"王{n}", "男", None, 46029 + n, 19900000000 + n, "低保、大病", ("=", "1+1")]
        for n in range(2, 9)
    ]
    merged = save_book(
        folder / "merged.xlsx",
        roster(GOOD_ROW, *members, ["合计", "1户"]),
        merges=("A1:J1", "B4:B11", "C4:C11"),
    )
    plain = save_book(folder / "plain.xlsx", roster(*[[n, "一组", f"{n:06d}", "王强"] for n in range(60)]))
    return merged, plain


def answer(path, back):
    """Rows or a refusal; what can be read can also be given back, and read again."""
    sentence = ""
    try:
        sheet = open_workbook(path, columns=ROSTER)
        rows = sheet.rows()
    except BadWorkbook as bad:
        code, sentence = bad.code, str(bad)
    if sentence:
        assert sentence.endswith("。")
        return code
    cleaners = [(column.name, column.cleaner()) for column in ROSTER if column.name in sheet.places]
    for row in rows:
        for name, clean in cleaners:
            with suppress(BadCell):
                clean(row.cells[name])
    write_returned(back, sheet=sheet, faults=[])
    again = open_workbook(back, columns=ROSTER)
    assert [(row.number, row.cells.keys()) for row in again.rows()] == [
        (row.number, row.cells.keys()) for row in rows
    ]
    return "rows"


def test_a_hundred_and_fifty_mutants_get_an_answer_each(sources, tmp_path):
    answers = [
        answer(mutant(n, sources[n % 2], tmp_path / "mutant.xlsx"), tmp_path / "back.xlsx")
        for n in range(150)
    ]
    assert {"rows", "corrupt"} <= set(answers)
    assert answers.count("rows") < 120


def test_directories_that_lie(sources, tmp_path):
    answers = {
        answer(lie_about_sizes(sources[0], tmp_path / "lie.xlsx", n), tmp_path / "back.xlsx")
        for n in range(40)
    }
    assert answers <= {"corrupt", "bomb", "rows"}
