"""The faulty sample is refused with every fault named, and only whole households without one may go in."""

import collections
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core import clock
from core.ledger import ImportContext, get
from core.scope import OPERATOR
from grids.models import Category, Household, Person
from tests.people import id_number
from tests.rosters.desk import EXPECTED, SHUANGDUN, bring_in, edited, make_village, roster

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WANTED = EXPECTED[SHUANGDUN.name]

# expected.json's fault, and the column it must be told at, and words it must be told with.
COLUMNS = {
    "two heads in one household": ("与户主关系", "2 个户主"),
    "birth date in the future": ("出生日期", "还没到"),
    "no name": ("姓名", "没填"),
    "birth date disagrees with id": ("出生日期", "身份证上是 1967-02-25"),
    "phone of 10 digits": ("联系电话", "手机号少 1 位"),
    "relation unknown": ("与户主关系", "不认识“不详”"),
    "sex disagrees with id": ("性别", "身份证上是男"),
    "id as a number": ("身份证号", "后几位"),
    "same id twice in the file": ("身份证号", "和第 254 行是同一个号"),
    "no household head": ("与户主关系", "没有户主"),
    "unknown villager group": ("村民组", "没有这个村民组"),
    "id too short": ("身份证号", "少 3 位"),
    "wrong id check digit": ("身份证号", "最后一位"),
}


HELD_HOUSEHOLDS = {fault["household"] for fault in WANTED["faults"]} | {"270067"}  # 254, the twin of 255


@pytest.fixture(autouse=True)
def shuangdun(db: None) -> Any:
    with clock.stopped_at("2026-11-24T09:00"):
        yield make_village("双墩村", groups=9)


def sheet_rows() -> dict[int, tuple[Any, ...]]:
    """The sample's data rows as they are, household cells spread over the members, without help of our own reader."""
    sheet = openpyxl.load_workbook(SHUANGDUN).worksheets[0]
    rows, above = {}, ("", "")
    for number, row in enumerate(sheet.iter_rows(min_row=5, values_only=True), start=5):
        if isinstance(row[0], int):
            above = (row[1] or above[0], row[2] or above[1])
            rows[number] = (row[0], *above, *row[3:])
    return rows


def test_every_fault_of_the_sample_is_named_with_row_column_and_cure() -> None:
    done = bring_in("persons", SHUANGDUN, "双墩村")
    assert done.code == 1
    for fault in WANTED["faults"]:
        column, words = COLUMNS[fault["fault"]]
        told = [
            line for line in done.err.splitlines() if line.startswith(f"有错 第 {fault['row']} 行 {column}“")
        ]
        assert any(words in line for line in told), (fault, told)


def test_no_row_is_blamed_that_is_right() -> None:
    done = bring_in("persons", SHUANGDUN, "双墩村")
    blamed = {int(line.split()[2]) for line in done.err.splitlines() if line.startswith("有错")}
    twin_of_255 = {254}
    assert blamed == {fault["row"] for fault in WANTED["faults"]} | twin_of_255


def test_all_faults_of_a_row_are_told() -> None:
    done = bring_in("persons", SHUANGDUN, "双墩村")
    told = collections.Counter(
        int(line.split()[2]) for line in done.err.splitlines() if line.startswith("有错")
    )
    assert told[90] == 2  # the date is to come, and not the one in the number
    assert told[255] == 3  # a number twice, and neither sex nor birth date fit it


def test_nothing_of_a_faulty_file_is_saved() -> None:
    done = bring_in("persons", SHUANGDUN, "双墩村")
    assert done.changes == (0, 0, 0, 331)
    assert "一行都没存" in done.err
    assert "成功" not in done.out + done.err
    assert not Household.objects.exists()
    assert not Person.history.exists()


def test_no_full_number_is_shown_while_faults_are_told() -> None:
    done = bring_in("persons", SHUANGDUN, "双墩村")
    for row in sheet_rows().values():
        for secret in (row[9], row[12]):
            if isinstance(secret, str) and len(secret.strip()) > 11:
                assert secret.strip() not in done.out + done.err


def test_the_returned_workbook_marks_every_fault(tmp_path: Path) -> None:
    bring_in("persons", SHUANGDUN, "双墩村", "--errors", str(tmp_path / "back.xlsx"))
    sheet = openpyxl.load_workbook(tmp_path / "back.xlsx").worksheets[0]
    errors = next(cell.column for row in sheet.iter_rows(max_row=5) for cell in row if cell.value == "错误")
    told = {
        row[0].value: row[errors - 1].value for row in sheet.iter_rows(min_row=5) if row[errors - 1].value
    }
    numbers = {row[0]: number for number, row in sheet_rows().items()}
    assert {numbers[position] for position in told} == {fault["row"] for fault in WANTED["faults"]} | {254}


def test_only_whole_households_without_a_fault_are_saved_if_asked() -> None:
    rows = sheet_rows()
    bad_rows = {fault["row"] for fault in WANTED["faults"]} | {254}
    bad_homes = {rows[row][2] for row in bad_rows}
    good = [row for row in rows.values() if row[2] not in bad_homes]
    done = bring_in("persons", SHUANGDUN, "双墩村", "--skip-bad")
    assert done.code == 0
    assert done.changes == (len(good), 0, 0, len(rows) - len(good))
    assert done.counts["households"] == WANTED["households"] - len(bad_homes) == Household.objects.count()
    assert done.counts["persons"] == len(good) == Person.objects.count()
    assert not Household.objects.filter(number__in=bad_homes).exists()
    written = sum(len([w for w in (row[14] or "").replace("、", " ").split() if w]) for row in good)
    assert Category.objects.count() == written
    trap = next(trap for trap in WANTED["traps"])
    assert Person.objects.get(household__number=trap["household"], relation="户主").note.startswith(
        "=HYPERLINK("
    )


def test_once_mended_the_rest_comes_in_and_the_saved_stays(tmp_path: Path) -> None:
    bring_in("persons", SHUANGDUN, "双墩村", "--skip-bad")

    def mend(sheet: Any) -> None:
        for cell, value in {
            "G87": "配偶",
            "K90": "1984-05-12",
            "F103": "谢长根",
            "K123": "1967-02-25",
            "M138": "19900001230",
            "G173": "户主",
            "H210": "男",
            "J250": id_number("19730613", 15, "349908"),
            "J255": id_number("19931214", 31, "349905"),
            "G260": "户主",
            "B298": "八组",
            "J331": id_number("19530116", 33),
            "J338": id_number("19910724", 71, "349906"),
        }.items():
            sheet[cell] = value

    done = bring_in("persons", edited(SHUANGDUN, tmp_path / "e.xlsx", mend), "双墩村")
    assert done.code == 0, done.err
    assert done.changes == (50, 0, 281, 0)
    kinds = collections.Counter(Category.objects.values_list("kind__name", flat=True))
    assert (Household.objects.count(), Person.objects.count(), dict(kinds)) == (
        WANTED["households"],
        WANTED["persons"],
        WANTED["categories"],
    )


def test_with_no_good_household_skipping_the_bad_saves_nothing_and_says_so(tmp_path: Path) -> None:
    only = {
        "村民组": "一组",
        "户编号": "1",
        "户主": "李大山",
        "与户主关系": "户主",
        "姓名": None,
        "性别": "男",
    }
    path = roster(tmp_path / "r.xlsx", [only], title="双墩村居民花名册", unit="填报单位：双墩村")
    done = bring_in("persons", path, "双墩村", "--skip-bad")
    assert done.code == 1
    assert done.changes == (0, 0, 0, 1)
    assert "没有一户没错的" in done.err


HEAD = {
    "村民组": "一组",
    "户编号": "000101",
    "户主": "李大山",
    "与户主关系": "户主",
    "姓名": "李大山",
    "性别": "男",
    "身份证号": id_number("19550607", 15),
    "家庭住址": "一组1号",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"户编号": None, "户主": "李大山"}, "户编号“（空）”：没填，填上户编号。"),
        ({"户编号": "一号"}, "户编号“一号”：户编号只用数字和字母"),
        ({"村民组": None}, "村民组“（空）”：没填，填上村民组。"),
        ({"姓名": "王" * 41}, "姓名“"),
        ({"民族": "火星族"}, "民族“火星族”：不认识"),
        ({"政治面貌": "骨干"}, "政治面貌“骨干”：不认识"),
        ({"身份证号": "34990119550607015"}, "身份证号“349901***********”：身份证号少 1 位，应是 18 位。"),
        ({"身份证号": None, "出生日期": None}, "出生日期“（空）”：身份证号和出生日期都没填，至少填一样。"),
        (
            {"身份证号": "349901************"},
            "身份证号“349901************”：这个号被遮住了，填完整的号或留空。",
        ),
        ({"出生日期": "1955-02-30"}, "出生日期“1955-02-30”：没有这一天"),
        ({"身份证号": None, "出生日期": "1850-01-01"}, "出生日期“1850-01-01”：太早"),
        ({"联系电话": "没有电话"}, "联系电话“没有电话”："),
    ],
)
def test_one_wrong_cell_is_told_in_its_own_words(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    path = roster(tmp_path / "r.xlsx", [HEAD | change], title="双墩村居民花名册", unit="填报单位：双墩村")
    done = bring_in("persons", path, "双墩村")
    assert done.code == 1
    assert f"有错 第 4 行 {told}" in done.err
    assert not Person.objects.exists()


def test_two_groups_or_two_addresses_in_one_household_are_told(tmp_path: Path) -> None:
    wife = HEAD | {
        "与户主关系": "配偶",
        "姓名": "王小花",
        "性别": "女",
        "身份证号": id_number("19570809", 24),
    }
    path = roster(
        tmp_path / "r.xlsx",
        [HEAD, wife | {"村民组": "二组", "家庭住址": "二组9号"}],
        title="双墩村居民花名册",
        unit="填报单位：双墩村",
    )
    done = bring_in("persons", path, "双墩村")
    assert "第 5 行 村民组“二组”：000101 户写了两个村民组" in done.err
    assert "提醒 第 5 行 家庭住址“二组9号”：000101 户写了两个住址，按第 4 行登记" in done.err


def test_a_dissolved_household_does_not_come_back_by_a_list(tmp_path: Path) -> None:
    path = roster(tmp_path / "r.xlsx", [HEAD], title="双墩村居民花名册", unit="填报单位：双墩村")
    bring_in("persons", path, "双墩村")
    Household.objects.update(ended_on=dt.date(2026, 11, 1))
    done = bring_in("persons", path, "双墩村")
    assert done.code == 1
    assert "这一户 2026-11-01 已销户" in done.err


def test_the_preview_counts_what_would_be_saved_without_the_bad_households(shuangdun: Any) -> None:
    examined = get("persons").open(SHUANGDUN, ImportContext(OPERATOR, shuangdun))
    assert examined.counts == {
        "rows": 331,
        "created": 281,
        "updated": 0,
        "unchanged": 0,
        "refused": 50,
        "households": 76,
        "persons": 281,
    }
    assert examined.nothing["refused"] == 331
    assert not Person.objects.exists()


def test_the_rows_left_out_are_named_by_the_sheets_own_numbers() -> None:
    held = {row for row, cells in sheet_rows().items() if str(cells[2]) in HELD_HOUSEHOLDS}
    done = bring_in("persons", SHUANGDUN, "双墩村", "--skip-bad")
    told = next(line for line in done.out.splitlines() if line.startswith("没有存的："))
    assert told == f"没有存的：第 {'、'.join(map(str, sorted(held)))} 行。"
    assert len(held) == done.counts["refused"] == 50


def test_of_many_rows_left_out_the_first_fifty_and_how_many(tmp_path: Path) -> None:
    def spoil(sheet: Any) -> None:
        for row in range(5, 105):
            sheet.cell(row, 10).value = "不详"

    path = edited(SHUANGDUN, tmp_path / "r.xlsx", spoil)
    done = bring_in("persons", path, "双墩村", "--skip-bad", "--dry-run")
    told = next(line for line in done.out.splitlines() if line.startswith("没有存的："))
    assert told.startswith("没有存的：第 5、6、")
    assert told.count("、") == 49
    assert told.endswith(f"行等，共 {done.counts['refused']} 行。")
    assert done.counts["refused"] > 100
