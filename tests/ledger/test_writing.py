"""The official workbook, cell by cell, and what happens when it cannot be written."""

import datetime as dt
import errno
import os
import re
import resource
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from decimal import Decimal

import openpyxl
import pytest

from core.ledger import Column, Heading
from core.ledger.cells import letters
from core.ledger.writing import TooManyRows, count_rows, write_workbook
from core.ledger.zipping import DeflateError
from tests.ledger.books import GOOD_ROW, ROSTER

HEADING = Heading(
    "洪集镇桥集村 居民花名册（2026年10月）",
    "桥集村",
    dt.date(2026, 11, 2),
    "2026年10月1日至10月31日",
    ("只列在册的人。", "空着的格不动。"),
    stamp="演示数据",
)
GROUPED = (
    Column("place", "村"),
    Column("a1", "应访", "integer", group="五必访"),
    Column("a2", "完成率", "percent", group="五必访"),
    Column("b1", "应访", "integer", group="一般户"),
    Column("since", "认定时间", "month"),
    Column("at", "来电时间", "datetime"),
    Column("area", "面积", "number"),
)


@pytest.fixture
def at(tmp_path):
    return tmp_path / "out.xlsx"


def write(path, rows, columns=ROSTER, **more):
    return write_workbook(path, heading=HEADING, columns=columns, rows=rows, **more)


def page_of(path):
    return openpyxl.load_workbook(path).active


def test_title_lines_headings_rows_notes_and_signatures_stand_where_they_should(at):
    assert write(at, [[*GOOD_ROW, "k1"], [*GOOD_ROW, "k2"]], key=True) == 2
    page = page_of(at)
    assert page["A1"].value == HEADING.title
    assert [page[place].value for place in ("A2", "D2", "H2")] == [
        "填报单位：桥集村",
        "期间：2026年10月1日至10月31日",
        "填报日期：2026年11月2日",
    ]
    assert [cell.value for cell in page[3]] == [*(column.title for column in ROSTER), "行标识（勿改）"]
    assert [cell.value for cell in page[5]][:6] == [1, "一组", "000001", "王强", "男", "349901194301052856"]
    assert page["G5"].value == dt.datetime(1943, 1, 5)
    assert page["A6"].value == "说明：1. 只列在册的人。"
    assert page["A7"].value == "2. 空着的格不动。"
    assert [page[place].value for place in ("A8", "D8", "H8")] == [
        "制表人：",
        "审核人：",
        "村党组织书记（签字）：",
    ]
    assert {str(each) for each in page.merged_cells.ranges} == {
        "A1:J1", "A2:C2", "D2:G2", "H2:J2", "A6:J6", "A7:J7", "A8:C8", "D8:G8", "H8:J8",
    }  # fmt: skip


def test_two_villages_one_after_the_other_share_nothing_but_the_look(at):
    """The look is drawn once; every text around the rows is the workbook's own, whatever letters it has."""
    ours = Heading(
        "甲 & <乙> \"丙\" '丁' 花名册", "甲村 & 乙村", dt.date(2026, 11, 2), "2026年", stamp="演示 & 数据"
    )
    bare = Heading("桥集村花名册")
    for heading in (HEADING, ours, bare):
        write_workbook(at, heading=heading, columns=ROSTER, rows=[GOOD_ROW])
        page = page_of(at)
        assert page["A1"].value == heading.title
        lines = [page[place].value for place in ("A2", "D2", "H2")]
        unit = f"填报单位：{heading.unit}" if heading.unit else None
        assert lines == (
            [unit, f"期间：{heading.period_title}", "填报日期：2026年11月2日"] if unit else [None] * 3
        )
        assert page.title == heading.sheet_title
        assert page.oddFooter.left.text == (heading.stamp.replace("&", "＆") or None)
        assert page.print_title_rows == "$3:$3"


def test_it_prints_on_a4_landscape_as_wide_as_the_page_with_headings_on_each(at):
    write(at, [[*GOOD_ROW, "k1"]], key=True)
    page = page_of(at)
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
    assert page.print_title_rows == "$3:$3"
    assert (page.oddFooter.left.text, page.oddFooter.right.text) == ("演示数据", "第 &P 页，共 &N 页")
    assert page.column_dimensions["K"].hidden
    assert not page.column_dimensions["J"].hidden
    assert not page.protection.sheet
    assert page.freeze_panes == "A4"
    assert page["A4"].border.left.style == "thin"
    assert page["C4"].number_format == "@"


def test_two_heading_rows(at):
    row = ["金星村", 63, 0.953, 100, dt.date(2022, 5, 1), dt.datetime(2026, 10, 5, 8, 30), Decimal("1.50")]
    write(at, [row, [None] * 7], GROUPED)
    page = page_of(at)
    assert [cell.value for cell in page[3]] == [
        "村",
        "五必访",
        None,
        "一般户",
        "认定时间",
        "来电时间",
        "面积",
    ]
    assert [cell.value for cell in page[4]] == [None, "应访", "完成率", "应访", None, None, None]
    assert {"A3:A4", "B3:C3", "E3:E4"} <= {str(each) for each in page.merged_cells.ranges}
    assert [cell.value for cell in page[5]] == [
        "金星村",
        63,
        0.953,
        100,
        dt.datetime(2022, 5, 1),
        dt.datetime(2026, 10, 5, 8, 30),
        1.5,
    ]
    assert [page.cell(5, place).number_format for place in (3, 5, 6)] == [
        "0.0%",
        'yyyy"."mm',
        "yyyy-mm-dd hh:mm",
    ]
    assert [cell.value for cell in page[6]] == [None] * 7
    assert page.print_title_rows == "$3:$4"


LIVE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1)",
    '=HYPERLINK("http://example.invalid")',
    "\t=1",
    "\r=1",
    "＝1+1",
]


def test_no_text_is_ever_live(at):
    column = Column("note", "备注")
    write_workbook(
        at,
        heading=Heading("=1+1", "=2+2", footnotes=("=3+3",), signatures=("=4+4",)),
        columns=[column],
        rows=[[text] for text in LIVE],
    )
    page = page_of(at)
    for row in page.iter_rows():
        for cell in row:
            assert cell.data_type in ("s", "inlineStr", "n")
            assert cell.value is None or cell.data_type != "n"
    assert [page.cell(4 + n, 1).value for n in range(len(LIVE))] == [
        text.replace("\r", "\n") for text in LIVE
    ]
    with zipfile.ZipFile(at) as archive:
        assert not re.search(rb"<f[ />]", archive.read("xl/worksheets/sheet1.xml"))


TEXTS = [
    ("卢㻞郑䶮𠮷\U00031350", "卢㻞郑䶮𠮷\U00031350"),
    ("a & b < c > d \" '", "a & b < c > d \" '"),
    ("  两边空  ", "  两边空  "),
    ("两\n行", "两\n行"),
    ("两\r\n行", "两\n行"),
    ("_x0041_", "_x0041_"),
    ("坏\x00\x0b\x1f\ufffe\ud800字", "坏字"),
    ("¦分¦", "¦分¦"),
    ("", None),
    (None, None),
    (("低保", "大病"), "低保、大病"),
    (20001, "20001"),
    (True, "是"),
    (dt.date(2026, 1, 7), "2026-01-07"),
    ("长" * 40_000, "长" * 32_766 + "…"),
    ("]]>", "]]>"),
    ("%s %d {0}", "%s %d {0}"),
    ("\t", "\t"),
    ("行\u2028\u2029尾", "行\u2028\u2029尾"),
]


@pytest.mark.parametrize(("value", "read"), TEXTS)
def test_what_a_text_cell_holds(at, value, read):
    write_workbook(at, heading=HEADING, columns=[Column("note", "备注")], rows=[["甲"], [value], ["乙"]])
    page = page_of(at)
    assert [page.cell(n, 1).value for n in (4, 6)] == ["甲", "乙"]
    from openpyxl.utils.escape import unescape

    found = page.cell(5, 1).value
    assert (unescape(found) if found else found) == read


def test_values_of_the_wrong_kind_are_written_as_text_and_never_break_the_sheet(at):
    row = [None, "很多", "未知", "从前", dt.date(1850, 1, 1), "昨天", float("nan")]
    write(
        at,
        [row, ["村", True, float("inf"), Decimal("NaN"), dt.date(1900, 2, 1), dt.datetime(1800, 1, 1), "面"]],
        GROUPED,
    )
    page = page_of(at)
    assert [cell.value for cell in page[5]] == [None, "很多", "未知", "从前", "1850-01-01", "昨天", "nan"]
    assert [cell.value for cell in page[6]] == [
        "村",
        "是",
        "inf",
        "NaN",
        "1900-02-01",
        "1800-01-01 00:00",
        "面",
    ]


def test_an_aware_moment_is_written_in_shanghai_time(at):
    moment = dt.datetime(2026, 10, 31, 16, 30, tzinfo=dt.UTC)
    write_workbook(at, heading=HEADING, columns=[Column("at", "时间", "datetime")], rows=[[moment]])
    assert page_of(at)["A4"].value == dt.datetime(2026, 11, 1, 0, 30)


def test_long_text_gets_a_higher_row(at):
    write(at, [GOOD_ROW, [*GOOD_ROW[:9], "很长的备注" * 20], GOOD_ROW])
    heights = [page_of(at).row_dimensions[row].height for row in (4, 5, 6)]
    assert heights[0] is None
    assert heights[1] > 60
    assert heights[2] is None


def test_a_long_footnote_gets_all_its_lines(at):
    heading = Heading("台账", footnotes=("很长的说明" * 60,), signatures=())
    write_workbook(at, heading=heading, columns=ROSTER, rows=[GOOD_ROW])
    assert page_of(at).row_dimensions[5].height > 40


def test_no_rows_at_all(at):
    assert write(at, []) == 0
    assert page_of(at)["A4"].value == "说明：1. 只列在册的人。"


def test_a_row_of_the_wrong_length_is_our_mistake(at):
    with pytest.raises(ValueError, match="values"):
        write(at, [[1, 2, 3]])
    with pytest.raises(ValueError, match="zip"):
        write(at, [GOOD_ROW, GOOD_ROW[:-1]])
    assert list(at.parent.iterdir()) == []


def test_progress_is_told_and_can_stop_the_work(at):
    told = []
    assert write(at, [GOOD_ROW] * 1200, progress=told.append) == 1200
    assert told == [500, 1000, 1200]
    at.write_bytes(b"what was there before")

    def stop(done):
        raise InterruptedError(str(done))

    with pytest.raises(InterruptedError):
        write(at, [GOOD_ROW] * 1200, progress=stop)
    assert at.read_bytes() == b"what was there before"
    assert [each.name for each in at.parent.iterdir()] == ["out.xlsx"]


def test_more_rows_than_a_sheet_holds(at, monkeypatch):
    monkeypatch.setattr("core.ledger.writing.MOST_ROWS", 900)
    with pytest.raises(TooManyRows, match="900"):
        write(at, [GOOD_ROW] * 1000)
    assert list(at.parent.iterdir()) == []


def test_a_full_disk_leaves_nothing_torn(at):
    """A real refusal by the kernel in the middle of writing: the largest file allowed is 64 KB for a moment."""
    at.write_bytes(b"what was there before")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, hard))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            write(at, ([*GOOD_ROW[:3], os.urandom(8).hex(), *GOOD_ROW[4:]] for _ in range(20_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert at.read_bytes() == b"what was there before"
    assert [each.name for each in at.parent.iterdir()] == ["out.xlsx"]


@pytest.mark.parametrize("when", ["write", "fsync", "replace"])
def test_no_space_left_at_any_moment(at, monkeypatch, when):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    target = {
        "write": "core.ledger.zipping.ZipStream.end",
        "fsync": "core.ledger.whole.os.fsync",
        "replace": "core.ledger.whole.os.replace",
    }[when]
    monkeypatch.setattr(target, full)
    with pytest.raises(OSError, match="No space") as refused:
        write(at, [GOOD_ROW])
    assert refused.value.errno == errno.ENOSPC
    assert list(at.parent.iterdir()) == []


def test_a_file_that_reads_back_differently_is_not_offered(at, monkeypatch):
    monkeypatch.setattr("core.ledger.writing.count_rows", lambda path: 8)
    with pytest.raises(OSError, match="missing"):
        write(at, [GOOD_ROW])
    assert list(at.parent.iterdir()) == []


def test_reading_back_notices_a_changed_byte(at):
    write(at, [GOOD_ROW] * 50)
    assert count_rows(at) == 56
    content = bytearray(at.read_bytes())
    content[content.index(b"xl/worksheets/sheet1.xml") + 200] ^= 1
    at.write_bytes(content)
    with pytest.raises((OSError, *DeflateError)):
        count_rows(at)


def test_a_killed_writer_leaves_the_old_file_and_its_leavings_are_swept(at):
    at.write_bytes(b"what was there before")
    code = textwrap.dedent(f"""
        import os, sys, time
        from pathlib import Path
        from core.ledger.writing import write_workbook
        from tests.ledger.test_writing import HEADING, GOOD_ROW, ROSTER
        def rows():
            for n in range(10**6):
                if n == 3000:
                    print("half", flush=True)
                    time.sleep(60)
                yield GOOD_ROW
        write_workbook(Path({str(at)!r}), heading=HEADING, columns=ROSTER, rows=rows())
    """)
    writer = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert writer.stdout.readline() == b"half\n"
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert at.read_bytes() == b"what was there before"
    (left,) = (each for each in at.parent.iterdir() if each != at)
    old = time.time() - 2 * 24 * 3600
    os.utime(left, (old, old))
    write(at, [GOOD_ROW])
    assert [each.name for each in at.parent.iterdir()] == ["out.xlsx"]


def test_the_same_rows_make_the_same_sheet(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write(tmp_path / name, [GOOD_ROW] * 700)
    sheets = [
        zipfile.ZipFile(tmp_path / name).read("xl/worksheets/sheet1.xml") for name in ("a.xlsx", "b.xlsx")
    ]
    assert sheets[0] == sheets[1]


def test_without_isal_the_archive_is_as_good(tmp_path):
    code = (
        "import sys; sys.modules['isal'] = None\n"
        "from pathlib import Path\n"
        "from core.ledger.writing import write_workbook\n"
        "from core.ledger.reading import open_workbook\n"
        "from tests.ledger.test_writing import HEADING, GOOD_ROW, ROSTER\n"
        "write_workbook(Path(sys.argv[1]), heading=HEADING, columns=ROSTER, rows=[GOOD_ROW] * 20)\n"
        "print(len(open_workbook(Path(sys.argv[1]), columns=ROSTER).rows()))\n"
    )
    env = os.environ
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "x.xlsx"], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "20"


def test_letters():
    assert [letters(n) for n in (1, 26, 27, 52, 702, 703)] == ["A", "Z", "AA", "AZ", "ZZ", "AAA"]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path):
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from core.ledger.writing import write_workbook\n"
        "from tests.ledger.test_writing import HEADING, GOOD_ROW, ROSTER\n"
        "rows = (GOOD_ROW for _ in range(int(sys.argv[2])))\n"
        "write_workbook(Path(sys.argv[1]), heading=HEADING, columns=ROSTER, rows=rows)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    env = os.environ

    def peak(rows):
        command = [sys.executable, "-c", code, tmp_path / "x.xlsx", str(rows)]
        return int(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)

    assert peak(200_000) <= 1.2 * peak(20_000)
