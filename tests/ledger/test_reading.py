"""Finding the rows in what villages really send, and skipping nothing unsaid."""

import datetime as dt
import re

import pytest
from openpyxl import Workbook

from core.ledger import BadWorkbook, Column
from core.ledger.reading import open_workbook
from tests.ledger.books import GOOD_ROW, ROSTER, TITLES, put_rows, roster, save_book, with_sheet_xml


def read(path, columns=ROSTER, **more):
    return open_workbook(path, columns=columns, **more)


def refused(path, columns=ROSTER, **more):
    with pytest.raises(BadWorkbook) as bad:
        read(path, columns, **more)
    return bad.value.code, str(bad.value)


@pytest.fixture
def at(tmp_path):
    return tmp_path / "book.xlsx"


def test_title_unit_and_date_above_one_heading_row(at):
    sheet = read(save_book(at, roster()))
    assert sheet.meta == {
        "title": "桥集村居民花名册（2026年10月）",
        "unit": "桥集村",
        "made_on": dt.date(2026, 10, 20),
    }
    (row,) = sheet.rows()
    assert row.number == 4
    assert row.cells["house"] == "000001"
    assert row.cells["born"] == dt.date(1943, 1, 5)
    assert row.cells["note"] is None


@pytest.mark.parametrize(("line", "meta"), [
    ("单位（盖章）：会馆村村民委员会", {"unit": "会馆村村民委员会"}),
    ("统计时间：2026.10.18", {"made_on": dt.date(2026, 10, 18)}),
    ("填报单位：桥集村　　填报日期：2026年10月20日", {"unit": "桥集村", "made_on": dt.date(2026, 10, 20)}),
    ("填报日期：年 月 日", {"made_on_written": "年 月 日"}),
    ("期间：2026年10月1日至10月31日", {"period": "2026年10月1日至10月31日"}),
])  # fmt: skip
def test_what_stands_above_the_headings(at, line, meta):
    assert read(save_book(at, [["花名册"], [line], TITLES, GOOD_ROW])).meta == {"title": "花名册", **meta}


def test_two_heading_rows_with_groups_and_lone_headings(at):
    upper = ["序号", "户信息", None, "家庭成员", None, None, None, None, "对象类别\n（多选）", "备 注："]
    lower = [None, "村民组", "户 号", "姓 名*", "性别", "身份证\n号码", "出生年月", "电话", None, None]
    book = save_book(
        at, [["花名册"], upper, lower, GOOD_ROW], merges=("B2:C2", "D2:H2", "A2:A3", "I2:I3", "J2:J3")
    )
    sheet = read(book)
    assert set(sheet.places) == {column.name for column in ROSTER}
    assert (sheet.headings.first, sheet.headings.last) == (1, 2)
    assert sheet.heading_of("house") == "户 号"
    assert len(sheet.rows()) == 1


def test_one_title_under_two_groups_is_two_columns(at):
    columns = [
        Column(g + n, title, "integer", group=group)
        for g, group in (("a", "五必访"), ("b", "一般户"))
        for n, title in (("1", "应访"), ("2", "已访"))
    ]
    book = save_book(
        at,
        [["村", "五必访", None, "一般户", None], [None, "应访", "已访", "应访", "已访"], ["甲", 1, 2, 3, 4]],
        merges=("B1:C1", "D1:E1", "A1:A2"),
    )
    (row,) = read(book, columns).rows()
    assert row.cells == {"a1": 1, "a2": 2, "b1": 3, "b2": 4}


def test_a_group_heading_that_was_unmerged_still_stands_for_its_neighbours(at):
    columns = [
        Column(g + n, title, "integer", group=group)
        for g, group in (("a", "五必访"), ("b", "一般户"))
        for n, title in (("1", "应访"), ("2", "已访"))
    ]
    columns.append(Column("note", "备注"))
    book = save_book(
        at,
        [
            ["五必访", None, "一般户", None, None],
            ["应访", "已访", "应访", "已访", "备注"],
            [1, 2, 3, 4, "好"],
        ],
    )
    (row,) = read(book, columns).rows()
    assert row.cells == {"a1": 1, "a2": 2, "b1": 3, "b2": 4, "note": "好"}


def test_merged_household_cells_stand_for_their_members_and_no_further(at):
    second = [2, None, None, "王丽", *[None] * 6]
    third = [3, None, None, "李四", *[None] * 6]
    rows = read(save_book(at, roster(GOOD_ROW, second, third), merges=("B4:B5", "C4:C5"))).rows()
    assert [row.cells["house"] for row in rows] == ["000001", "000001", None]
    assert [row.cells["group"] for row in rows] == ["一组", "一组", None]


def test_an_unmerged_blank_is_filled_only_where_the_ledger_says_so(at):
    columns = [Column("group", "村民组", fill_down=True), Column("name", "姓名", required=True)]
    rows = read(
        save_book(at, [["村民组", "姓名"], ["一组", "甲"], [None, "乙"], ["二组", "丙"]]), columns
    ).rows()
    assert [row.cells["group"] for row in rows] == ["一组", "一组", "二组"]


def test_what_is_no_data_is_skipped_with_its_reason(at):
    sheet = read(save_book(at, roster(
        GOOD_ROW,
        [None, "一组小计", None, "1人"],
        [None] * 10,
        TITLES,
        [2, *[None] * 9],
        [2, "一组", "000002", "王合计", "女"],
        ["合计", "2户", None, "2人"],
        ["注：本表一式两份。"],
        ["1.身份证号请设为文本格式"],
        ["填表人：", None, None, "审核人：", None, "村党组织书记（签字）："],
    )))  # fmt: skip
    assert [row.cells["name"] for row in sheet.rows()] == ["王强", "王合计"]
    assert sheet.skipped == {
        "小计合计": [5, 10], "空行": [6], "重复的标题": [7], "只有序号": [8], "说明": [11, 12], "签字行": [13],
    }  # fmt: skip
    assert 3 + len(sheet.rows()) + sum(map(len, sheet.skipped.values())) == len(sheet.grid)


def test_unknown_headings_are_named(at):
    sheet = read(save_book(at, [[*TITLES, "年龄", "错误"], [*GOOD_ROW, 83, "旧的错"]]))
    assert sheet.ignored_headings == ["年龄"]
    assert len(sheet.rows()) == 1


def test_data_need_not_begin_in_the_first_cell(at):
    book = Workbook()
    for row, values in enumerate((TITLES, GOOD_ROW), 5):
        for place, value in enumerate(values, 3):
            book.active.cell(row, place, value)
    book.save(at)
    (row,) = read(at).rows()
    assert row.number == 6
    assert row.cells["name"] == "王强"


def test_the_right_sheet_of_several(at):
    book = Workbook()
    book.active.title = "填表说明"
    book.active["A1"] = "1. 身份证号请设为文本格式"
    put_rows(book.create_sheet("一组 & “二组”"), roster())
    hidden = book.create_sheet("旧的")
    put_rows(hidden, roster())
    hidden.sheet_state = "hidden"
    book.create_sheet("空的")
    book.save(at)
    sheet = read(at)
    assert sheet.name == "一组 & “二组”"
    assert sheet.unread_sheets == ["填表说明"]


def test_two_sheets_that_both_hold_rows_are_not_chosen_between(at):
    book = Workbook()
    put_rows(book.active, roster())
    put_rows(book.create_sheet("二组"), roster())
    book.save(at)
    assert refused(at) == ("two_sheets", "“Sheet”、“二组” 都是这样的表，一次只收一张。合成一张，或者分开传。")


def test_an_empty_twin_is_no_second_sheet(at):
    book = Workbook()
    put_rows(book.active, roster())
    put_rows(book.create_sheet("二组"), [TITLES])
    book.save(at)
    assert len(read(at).rows()) == 1


def test_formulas_without_a_result_and_errors_survive_as_what_they_are(at):
    row = [*GOOD_ROW[:9], ("=", 'HYPERLINK("http://example.invalid","点我")')]
    sheet = read(save_book(at, roster(row)))
    assert sheet.rows()[0].cells["note"] == '=HYPERLINK("http://example.invalid","点我")'

    def with_results(xml):
        return (
            xml.replace("</f><v />", "</f><v>点我</v>")
            .replace("</f><v/>", "</f><v>点我</v>")
            .replace('<c r="J4"', '<c r="J4" t="str"')
        )

    assert read(with_sheet_xml(at, with_results)).rows()[0].cells["note"] == "点我"


def test_an_error_cell_is_not_an_empty_one(at):
    save_book(at, roster())
    broken = with_sheet_xml(
        at,
        lambda xml: xml.replace(
            '<c r="D4" t="inlineStr"><is><t>王强</t></is></c>', '<c r="D4" t="e"><v>#REF!</v></c>'
        ),
    )
    assert type(read(broken).rows()[0].cells["name"]).__name__ == "CellError"


def test_a_wrong_dimension_is_not_believed(at):
    save_book(at, roster(*[[n, "一组", f"{n:06d}", "王强"] for n in range(1, 201)]))
    with_sheet_xml(at, lambda xml: xml.replace('<dimension ref="A1:J203"', '<dimension ref="A1:J50"'))
    assert len(read(at).rows()) == 200


def test_cells_without_places_and_prefixed_elements_are_read_too(at):
    save_book(at, roster())
    with_sheet_xml(at, lambda xml: re.sub(r' r="[A-Z]*\d+"', "", xml))
    assert read(at).rows()[0].cells["name"] == "王强"
    save_book(at, roster())
    with_sheet_xml(at, lambda xml: re.sub(r"<(/?)(?=\w)", r"<\1x:", xml).replace("xmlns=", "xmlns:x="))
    assert read(at).rows()[0].cells["name"] == "王强"


def test_which_heading_is_missing(at):
    titles = [title for title in TITLES if title != "姓名"]
    assert refused(save_book(at, [titles, GOOD_ROW])) == (
        "missing_heading",
        "缺“姓名”这一列。补上标题和内容再传。",
    )


def test_no_heading_at_all(at):
    assert refused(save_book(at, [["会议记录"], ["今天开会"]])) == (
        "no_headings",
        "没找到标题行。标题里要有“户编号”、“姓名”。",
    )


def test_another_ledgers_sheet_is_called_by_its_name(at):
    others = {
        "走访日志": [
            Column("day", "走访日期", required=True),
            Column("who", "走访人", required=True),
            Column("met", "是否见面"),
        ]
    }
    book = save_book(at, [["走访日期", "走访人", "是否见面"], ["2026-10-01", "甲", "是"]])
    assert refused(book, title="居民花名册", others=others) == (
        "other_ledger",
        "这像是《走访日志》的表，不是《居民花名册》。换到那个台账里传。",
    )


def test_a_heading_written_twice(at):
    assert refused(save_book(at, [[*TITLES, "户号"], GOOD_ROW])) == (
        "heading_twice",
        "“户号”这一列出现了两次，留下一列再传。",
    )


def test_an_empty_workbook(at):
    assert refused(save_book(at, [])) == ("empty", "表里什么都没有。")


def test_the_hidden_key_is_read(at):
    sheet = read(save_book(at, [[*TITLES, "行标识（勿改）"], [*GOOD_ROW, "abc-_1"]]))
    assert sheet.rows()[0].key == "abc-_1"
    assert sheet.ignored_headings == []


def test_a_date_column_in_the_1904_system(at):
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    put_rows(book.active, roster())
    book.save(at)
    assert read(at).rows()[0].cells["born"] == dt.date(1943, 1, 5)
