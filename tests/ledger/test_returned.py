"""The marked workbook: what they wrote, where they wrote it, and what to do about it."""

import datetime as dt
import zipfile

import openpyxl
import pytest

from core.ledger import ImportContext
from tests.ledger.books import GOOD_ROW, ROSTER, roster, save_book, with_sheet_xml
from tests.ledger.test_importing import Members, member

CONTEXT = ImportContext(actor=None)
pytestmark = pytest.mark.django_db


@pytest.fixture
def at(tmp_path):
    return tmp_path / "in.xlsx"


def give_back(at, **more):
    examined = Members().open(at, CONTEXT)
    back = at.parent / "back.xlsx"
    examined.write_returned(back, **more)
    return examined, back


@pytest.fixture
def faulty(at):
    return save_book(at, roster(
        member(1, "000001", "王强", born=dt.date(1943, 1, 5), note=("=", 'HYPERLINK("http://example.invalid","点")')),
        [2, None, None, "王丽", "公", None, "1973年8月18日", 1990000018],
        [None, "一组小计"],
        member(3, "000002", None, id_number=3.49908197306138e17),
        member(4, "000003", "老人", phone=19900000001),
        ["填表人："],
    ), merges=("A1:J1", "B4:B5", "C4:C5"))  # fmt: skip


def test_everything_stands_where_it_stood_and_the_faults_are_said(faulty):
    _, back = give_back(faulty)
    page = openpyxl.load_workbook(back).active
    assert page["A1"].value == "桥集村居民花名册（2026年10月）"
    assert [cell.value for cell in page[3]] == [*(column.title for column in ROSTER), "错误"]
    assert page["G4"].value == dt.datetime(1943, 1, 5)
    assert page["G5"].value == "1973年8月18日"
    assert (page["J4"].value, page["J4"].data_type) == ('=HYPERLINK("http://example.invalid","点")', "s")
    assert page["B6"].value == "一组小计"
    assert page["A9"].value == "填表人："
    assert page["K4"].value is None
    assert page["K5"].value == "性别不认识“公”这个写法，从这些里选：男、女；联系电话少 1 位，应是 11 位。"
    assert page["K7"].value == "姓名没填，填上姓名；身份证号Excel 已把后几位变成 0，改成文本格式重填。"
    assert {str(each) for each in page.merged_cells.ranges} == {"A1:J1", "B4:B5", "C4:C5"}


def test_faulty_cells_are_filled_and_carry_a_note(faulty):
    _, back = give_back(faulty)
    page = openpyxl.load_workbook(back).active
    marked = {cell.coordinate for row in page.iter_rows() for cell in row if cell.fill.fill_type}
    assert marked == {"E5", "H5", "D7", "F7"}
    assert {cell.coordinate for row in page.iter_rows() for cell in row if cell.comment} == marked
    assert page["D7"].comment.text == "姓名没填，填上姓名。"
    assert page["H5"].number_format == "@"  # what is typed over it stays as it is typed


def test_mended_it_comes_in_again(faulty):
    _, back = give_back(faulty)
    book = openpyxl.load_workbook(back)
    page = book.active
    page["E5"], page["H5"], page["D7"], page["F7"] = "女", "19900000018", "李四", None
    book.save(back)
    examined = Members().open(back, CONTEXT)
    assert examined.faults == []
    assert [entry.values["house"] for entry in examined.entries] == ["000001", "000001", "000002", "000003"]
    assert examined.ignored_headings == []


def test_given_back_twice_there_is_still_one_column_of_faults(faulty):
    first, back = give_back(faulty)
    again = Members().open(back, CONTEXT)
    assert again.faults == first.faults
    again.write_returned(faulty)
    page = openpyxl.load_workbook(faulty).active
    assert [cell.value for cell in page[3]].count("错误") == 1
    assert page["K5"].value.startswith("性别不认识")


def test_only_what_was_held_back(faulty):
    _, back = give_back(faulty, held_only=True)
    page = openpyxl.load_workbook(back).active
    assert [row[3].value for row in page.iter_rows(min_row=4) if row[0].value] == ["王强", "王丽", None, None]
    assert page["K5"].value.startswith("性别不认识")
    assert page["K7"].value.startswith("姓名没填")
    assert {"B4:B5", "C4:C5"} <= {str(each) for each in page.merged_cells.ranges}
    assert len(Members().open(back, CONTEXT).faults) == 4


def test_nothing_of_the_uploaded_xml_is_in_it(faulty):
    with_sheet_xml(
        faulty,
        lambda xml: xml.replace("<sheetData>", "<!-- canary --><sheetData>").replace(
            "</worksheet>", '<extLst><ext uri="canary"/></extLst></worksheet>'
        ),
    )
    _, back = give_back(faulty)
    with zipfile.ZipFile(back) as archive:
        for name in archive.namelist():
            assert b"canary" not in archive.read(name)


def test_merged_ranges_that_overlap_or_reach_beyond_are_mended(at):
    save_book(at, roster(GOOD_ROW, member(2, "000002", None)))
    ranges = ("B4:B5", "B5:C5", "A4:A900", "J4:Z4")
    merges = "".join(f'<mergeCell ref="{each}"/>' for each in ranges)
    merges = f"<mergeCells>{merges}</mergeCells>"
    with_sheet_xml(at, lambda xml: xml.replace("</sheetData>", f"</sheetData>{merges}"))
    _, back = give_back(at)
    assert {str(each) for each in openpyxl.load_workbook(back).active.merged_cells.ranges} == {
        "B4:B5",
        "A4:A5",
    }
    assert len(Members().open(back, CONTEXT).entries) == 2


def test_thousands_of_faults_do_not_make_thousands_of_notes(at, monkeypatch):
    monkeypatch.setattr("core.ledger.returned.MOST_NOTES", 20)
    save_book(at, roster(*[member(n, f"{n:06d}", None) for n in range(1, 31)]))
    _, back = give_back(at)
    page = openpyxl.load_workbook(back).active
    assert sum(bool(page.cell(row, 4).comment) for row in range(4, 34)) == 20
    assert all(page.cell(row, 11).value for row in range(4, 34))
