"""走访日志 comes back: what it had stays as it is, rows added from paper become visits, faults are told by the cell."""

import datetime as dt
import uuid

import openpyxl
import pytest

from core import clock
from core import ledger as engine
from core.ledger import BadWorkbook, HasFaults, ImportContext, LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from visits import services
from visits.models import Visit
from visits.services.entering import enter_visit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOVEMBER = Month.parse("2026-11")


@pytest.fixture
def november(town, visit):
    """Seven visits of every kind, one of them undone and one corrected."""
    visit(
        town.zhang,
        "2026-11-05",
        note="身体好\n=1+1",
        companions=[town.leader.officer.pk, town.assistant.officer.pk],
        findings=[{"kind": "conflict", "detail": "邻里", "words": "院墙，没谈拢"}, {"kind": "weak"}],
        promise_kind="deliver",
    )
    visit(
        town.wang,
        "2026-11-06",
        findings=[{"kind": "need", "detail": "老有所养"}, {"kind": "talent", "words": "木工"}],
    )
    visit(town.li, "2026-11-07", met=False, note=" 住院 ")
    visit(town.li, "2026-11-07", changed=True)
    visit(town.zhao, "2026-11-08", manner="phone")
    services.undo_visit(actor=town.worker, visit=visit(town.wang, "2026-11-09"))
    wrong = visit(town.zhang, "2026-11-10")
    visit(town.zhang, "2026-11-10", corrects=wrong, met=False)
    return town


@pytest.fixture
def book(november, tmp_path):
    """The November log of 金星村 as a file; ask for `entered` before it to have those in it."""
    path = tmp_path / "out.xlsx"
    engine.get("visits").export(
        LedgerScope(OPERATOR, november.jinxing, NOVEMBER, made_on=dt.date(2026, 11, 23)), path
    )
    return path


def opened(path, town, actor=None):
    return engine.get("visits").open(path, ImportContext(actor or town.secretary, town.jinxing))


class Sheet:
    """The file in somebody's hand: cells by heading, rows added below the last."""

    def __init__(self, path):
        self.path, self.book = path, openpyxl.load_workbook(path)
        self.sheet = self.book.active
        self.head = next(row for row in self.sheet.iter_rows() if row[0].value == "序号")
        low = self.sheet[self.head[0].row + 1]
        self.columns = {}
        for high, below in zip(self.head, low, strict=True):
            title = below.value or high.value
            self.columns[title] = high.column
        self.first = self.head[0].row + 2

    def rows(self):
        return [
            n
            for n in range(self.first, self.sheet.max_row + 1)
            if isinstance(self.sheet.cell(n, 1).value, int)
        ]

    def set(self, row, **cells):
        for title, value in cells.items():
            self.sheet.cell(row, self.columns[title]).value = value

    def add(self, **cells):
        """One row more, under the last one."""
        row = self.rows()[-1] + 1
        self.sheet.insert_rows(row)
        self.set(row, **{"序号": row} | cells)
        return row

    def copy(self, row):
        key = max(self.columns.values())
        at = self.add()
        for column in range(2, key + 1):
            self.sheet.cell(at, column).value = self.sheet.cell(row, column).value
        return at

    def save(self):
        self.book.save(self.path)
        return self.path


PAPER = {"走访日期": dt.date(2026, 11, 12), "走访人": "王格", "村民组": "一组", "户主": "王大春"}


def test_what_goes_out_and_comes_back_untouched_is_unchanged(november, book):
    before = list(Visit.objects.order_by("pk").values_list("pk", "content_hash", "void_at"))
    examined = opened(book, november)
    assert examined.faults == []
    counts = examined.commit()
    assert (counts["rows"], counts["unchanged"], counts["created"]) == (6, 6, 0)
    assert list(Visit.objects.order_by("pk").values_list("pk", "content_hash", "void_at")) == before


def test_untouched_without_the_hidden_keys_is_unchanged_too(november, book):
    sheet = Sheet(book)
    sheet.sheet.delete_cols(sheet.sheet.max_column)
    counts = opened(sheet.save(), november).commit()
    assert (counts["unchanged"], counts["created"]) == (6, 0)


def test_a_row_added_from_paper_is_a_visit_in_the_visitors_name(november, book):
    sheet = Sheet(book)
    sheet.add(
        **PAPER, 陪同="周长", 走访方式="入户", 是否见面="是", 矛盾="邻里，院墙", 人才="√", 备注="身体好"
    )
    examined = opened(sheet.save(), november)
    assert examined.faults == []
    assert Visit.objects.filter(day=dt.date(2026, 11, 12)).count() == 0, "looked at only"
    assert examined.commit()["created"] == 1
    visit = Visit.objects.get(day=dt.date(2026, 11, 12))
    assert (visit.visitor, visit.entered_by, visit.household) == (
        november.worker,
        november.secretary,
        november.wang,
    )
    assert (visit.note, visit.counts, [str(each) for each in visit.companions.all()]) == (
        "身体好",
        True,
        ["周长"],
    )
    assert {(f.kind, f.detail, f.words) for f in visit.findings.all()} == {
        ("conflict", "邻里", "院墙"),
        ("talent", "", ""),
    }
    again = opened(book, november).commit()
    assert (again["created"], again["unchanged"]) == (0, 7), "the same file once more changes nothing"


def test_blank_cells_mean_met_at_the_door_with_nothing_new(november, book):
    sheet = Sheet(book)
    sheet.add(**PAPER)
    opened(sheet.save(), november).commit()
    assert Visit.objects.get(day=dt.date(2026, 11, 12)).summary == "没有新情况"


def test_a_copied_row_with_another_day_is_a_new_visit(november, book):
    sheet = Sheet(book)
    row = sheet.copy(sheet.rows()[1])
    sheet.set(row, 走访日期=dt.date(2026, 11, 13))
    assert opened(sheet.save(), november).commit()["created"] == 1


@pytest.mark.parametrize(
    "cells", [{"走访日期": dt.date(2026, 11, 4)}, {"备注": "改过"}, {"是否见面": "否"}, {"户主": "王大春"}]
)
def test_a_recorded_visit_is_not_changed_in_the_sheet(november, book, cells):
    sheet = Sheet(book)
    sheet.set(sheet.rows()[0], **cells)
    examined = opened(sheet.save(), november)
    assert ["已经记过" in fault.what for fault in examined.faults] == [True]
    with pytest.raises(HasFaults):
        examined.commit()


@pytest.mark.parametrize(
    ("cells", "title", "words"),
    [
        ({"走访人": "无此人"}, "走访人", "没有任职"),
        ({"户主": "无此户"}, "户主", "没有这一户"),
        ({"村": "桥集村"}, "村", "不是金星村的"),
        ({"走访日期": dt.date(2026, 11, 24)}, "走访日期", "还没到"),
        ({"走访日期": dt.date(2026, 8, 1)}, "走访日期", "太早"),
        ({"陪同": "外人"}, "陪同", "不在金星村任职"),
        ({"走访人": "王格", "村民组": "三组", "户主": "赵建国"}, "走访人", "不归王格走"),
        ({"走访方式": "微信"}, "走访方式", ""),
        ({"走访人": None}, "走访人", ""),
    ],
)
def test_every_fault_is_told_at_its_cell_and_nothing_is_saved(november, book, cells, title, words):
    sheet = Sheet(book)
    row = sheet.add(**PAPER | cells)
    number = Visit.objects.count()
    examined = opened(sheet.save(), november)
    assert [(fault.row, fault.title) for fault in examined.faults] == [(row, title)]
    assert words in examined.faults[0].what
    with pytest.raises(HasFaults):
        examined.commit()
    assert Visit.objects.count() == number


def test_a_visit_that_stands_already_is_no_second_one_where_the_file_lacks_its_row(november, book):
    sheet = Sheet(book)
    sheet.sheet.delete_rows(sheet.rows()[1])
    sheet.add(**PAPER | {"走访日期": dt.date(2026, 11, 6), "备注": "别的话"})
    assert ["内容不一样" in fault.what for fault in opened(sheet.save(), november).faults] == [True]


def test_two_households_of_one_name_need_their_number(november, book):
    november.household(november.group1, "王大春", number="060077")
    sheet = Sheet(book)
    sheet.add(**PAPER)
    assert "都叫这个名字" in opened(sheet.save(), november).faults[0].what
    at = sheet.columns["关联单号"]
    sheet.sheet.cell(sheet.head[0].row, at).value = "户编号"
    sheet.set(sheet.rows()[-1], 关联单号="060002")
    examined = opened(sheet.save(), november)
    assert examined.faults == []
    examined.commit()
    assert Visit.objects.get(day=dt.date(2026, 11, 12)).household == november.wang


def test_the_same_row_twice_and_a_visit_of_somebody_else_that_day(november, book):
    sheet = Sheet(book)
    sheet.add(**PAPER)
    second = sheet.add(**PAPER)
    assert [
        (fault.row, "同一户、同一天" in fault.what) for fault in opened(sheet.save(), november).faults
    ] == [(second, True)]
    sheet.set(second, 走访日期=dt.date(2026, 11, 6), 走访人="周长")
    examined = opened(sheet.save(), november)
    assert examined.faults == []
    assert ["可能重复" in fault.what for fault in examined.warnings] == [True]


def test_the_office_and_another_villages_file_are_turned_away(november, book):
    with pytest.raises(BadWorkbook, match="走访由村里录"):
        opened(book, november, actor=november.office)
    with pytest.raises(BadWorkbook, match="这份表是金星村的"):
        engine.get("visits").open(book, ImportContext(november.neighbour, november.qiaoji))


def test_the_blank_workbook_filled_in_comes_in(november, tmp_path):
    path = tmp_path / "blank.xlsx"
    engine.get("visits").write_template(path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    titles = {}
    for row in sheet.iter_rows(min_row=1, max_row=6):
        titles |= {cell.value: cell.column for cell in row if cell.value}
    first = next(row[0].row for row in sheet.iter_rows() if row[0].value == "序号") + 2
    for title, value in PAPER.items():
        sheet.cell(first, titles[title]).value = value
    book.save(path)
    assert opened(path, november).commit()["created"] == 1


@pytest.fixture
def entered(november):
    """Two of the leader's visits that the secretary entered: one with a note, one without."""
    made = [
        enter_visit(
            clerk=november.secretary,
            visitor=november.leader,
            uuid=uuid.uuid4(),
            household=home,
            happened_at=clock.now(),
            day=dt.date(2026, 11, 20),
            note=note,
        ).visit
        for home, note in ((november.zhang, "身体好"), (november.wang, ""))
    ]
    assert {each.entered_by for each in made} == {november.secretary}
    return made


def test_who_entered_a_visit_stands_in_the_note_and_comes_back_unchanged(november, entered, book):
    sheet = Sheet(book)
    notes = [sheet.sheet.cell(row, sheet.columns["备注"]).value for row in sheet.rows()[-2:]]
    assert notes == ["身体好；代录：金书记", "代录：金书记"]
    assert opened(book, november).commit()["unchanged"] == 8
    sheet.sheet.delete_cols(sheet.sheet.max_column)
    assert opened(sheet.save(), november).commit()["unchanged"] == 8, "without the hidden keys too"
    assert Visit.objects.in_force().count() == 8


def test_another_clerk_written_into_the_note_is_a_change_and_in_a_new_row_it_is_no_note(
    november, entered, book
):
    sheet = Sheet(book)
    sheet.set(sheet.rows()[-1], 备注="代录：周长")
    assert ["已经记过" in fault.what for fault in opened(sheet.save(), november).faults] == [True]
    sheet.set(sheet.rows()[-1], 备注="代录：金书记")
    sheet.add(**PAPER, 备注="住院；代录：周长")
    opened(sheet.save(), november).commit()
    visit = Visit.objects.get(day=dt.date(2026, 11, 12))
    assert (visit.note, visit.entered_by) == ("住院", november.secretary)


def test_from_the_server_itself_nobody_is_named_as_clerk(november, book):
    sheet = Sheet(book)
    sheet.add(**PAPER)
    opened(sheet.save(), november, actor=OPERATOR).commit()
    assert Visit.objects.get(day=dt.date(2026, 11, 12)).entered_by is None
