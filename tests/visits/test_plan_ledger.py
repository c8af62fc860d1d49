"""走访计划 as a workbook: every cell of it, and what a changed one does to the plan."""

import datetime as dt

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import ledger as engine
from core.ledger import BadWorkbook, HasFaults, ImportContext, LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from visits import services
from visits.models import PlanLine, VisitPlan
from visits.services import planning

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOVEMBER = Month.parse("2026-11")
HEAD = "月份 村 走访人 村民组 计划户数 其中五必访 计划日期 实际完成 完成率 未完成户 原因".split()


@pytest.fixture
def plan(town):
    """一组 and 二组 on Monday 23 by the worker, 赵 of 三组 without a visitor."""
    return planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)


@pytest.fixture
def book(plan, town, tmp_path):
    return written(tmp_path / "plan.xlsx", town.jinxing)


def written(path, place, actor=OPERATOR):
    engine.get("visit-plan").export(LedgerScope(actor, place, NOVEMBER, made_on=dt.date(2026, 11, 23)), path)
    return path


class Book:
    """The file in somebody's hand: the rows below the heading, cells by heading."""

    def __init__(self, path):
        self.path, self.file = path, openpyxl.load_workbook(path)
        self.sheet = self.file.active
        head = next(row for row in self.sheet.iter_rows() if row[0].value == "月份")
        self.columns = {cell.value: cell.column for cell in head}
        self.first = head[0].row + 1

    def rows(self):
        rows = self.sheet.iter_rows(min_row=self.first, max_col=len(HEAD), values_only=True)
        return [row for row in rows if isinstance(row[0], dt.datetime)]

    def set(self, place, **cells):
        for title, value in cells.items():
            self.sheet.cell(self.first + place, self.columns[title]).value = value
        return self

    def add(self, **cells):
        place = len(self.rows())
        self.sheet.insert_rows(self.first + place)
        return self.set(
            place, **{"月份": dt.datetime(2026, 11, 1), "计划日期": dt.datetime(2026, 11, 27)} | cells
        )

    def opened(self, town, actor=None):
        self.file.save(self.path)
        return opened(self.path, town, actor)


def opened(path, town, actor=None):
    return engine.get("visit-plan").open(path, ImportContext(actor or town.secretary, town.jinxing))


def test_every_cell_of_the_plan_beside_what_happened(town, plan, visit, tmp_path):
    line = plan.lines.get(household=town.li)
    planning.change_lines(
        actor=town.secretary, plan=plan, changes={line.pk: planning.Change(None, line.visitor_id, "住院")}
    )
    visit(town.zhang, "2026-11-23")
    book = Book(written(tmp_path / "out.xlsx", town.jinxing))
    assert [title for title in book.columns if title][: len(HEAD)] == HEAD
    day, first = dt.datetime(2026, 11, 23), dt.datetime(2026, 11, 1)
    assert [[cell or "" for cell in row] for row in book.rows()] == [
        [first, "金星村", "", "三组", 1, 1, day, "", "", "赵建国", ""],
        [first, "金星村", "王格", "一组", 2, 1, day, 1, 0.5, "王大春", ""],
        [first, "金星村", "王格", "二组", "", "", "", "", "", "李㻞", "住院"],
    ]


def test_another_villages_plan_is_not_in_it(town, plan, tmp_path):
    planning.propose_plan(actor=town.neighbour, village=town.qiaoji, period=NOVEMBER)
    assert len(Book(written(tmp_path / "a.xlsx", town.town)).rows()) == 4
    assert {row[1] for row in Book(written(tmp_path / "b.xlsx", town.town, town.neighbour)).rows()} == {
        "桥集村"
    }


def test_untouched_it_changes_nothing(town, plan, book):
    before = list(PlanLine.objects.order_by("pk").values())
    counts = opened(book, town).commit()
    assert (counts["unchanged"], counts["updated"], counts["created"]) == (3, 0, 0)
    assert list(PlanLine.objects.order_by("pk").values()) == before
    keyless = Book(book)
    keyless.sheet.delete_cols(keyless.sheet.max_column)
    assert keyless.opened(town).commit()["unchanged"] == 3


def test_another_day_visitor_or_reason_changes_the_plan_but_not_what_is_done(town, plan, book, visit):
    visit(town.zhang, "2026-11-23")
    counts = (
        Book(book)
        .set(1, 计划日期=dt.datetime(2026, 11, 30), 走访人="周长", 原因="王格请假")
        .opened(town)
        .commit()
    )
    assert (counts["updated"], counts["unchanged"]) == (1, 2)
    lines = {line.household_id: line for line in plan.lines.all()}
    moved, done = lines[town.wang.pk], lines[town.zhang.pk]
    assert (moved.day, moved.visitor, moved.reason) == (
        dt.date(2026, 11, 30),
        town.leader.officer,
        "王格请假",
    )
    assert (done.day, done.visitor) == (dt.date(2026, 11, 23), town.worker.officer)


def test_a_blank_template_filled_in_makes_the_plan(town, tmp_path):
    path = tmp_path / "blank.xlsx"
    engine.get("visit-plan").write_template(path, LedgerScope(town.secretary, town.jinxing, NOVEMBER))
    file = openpyxl.load_workbook(path)
    sheet = file.active
    head = next(row for row in sheet.iter_rows() if row[0].value == "月份")
    columns = {cell.value: cell.column for cell in head}
    rows = (("王格", "一组", 1, 24), ("周长", "一组", None, 25), ("王格", "二组", None, 26))
    for place, (visitor, group, number, day) in enumerate(rows, head[0].row + 1):
        cells = {"月份": "2026.11", "走访人": visitor, "村民组": group, "计划户数": number}
        for title, value in (cells | {"计划日期": dt.datetime(2026, 11, day)}).items():
            sheet.cell(place, columns[title]).value = value
    file.save(path)
    examined = opened(path, town)
    assert examined.faults == []
    assert examined.commit()["created"] == 3
    days = {line.household: (str(line.visitor), line.day.day) for line in VisitPlan.objects.get().lines.all()}
    assert days == {town.zhang: ("王格", 24), town.wang: ("周长", 25), town.li: ("王格", 26)}


@pytest.mark.parametrize(
    ("cells", "title", "words"),
    [
        ({"计划日期": dt.datetime(2026, 12, 1)}, "计划日期", "不在2026年11月里"),
        ({"计划日期": dt.datetime(2026, 11, 20)}, "计划日期", "已经过了"),
        ({"计划日期": None}, "计划日期", "没有日子"),
        ({"走访人": "乔书记"}, "走访人", "不在金星村任职"),
        ({"走访人": None}, "走访人", "没有走访人"),
        ({"村民组": "二组", "计划户数": 9}, "村民组", "不能改组"),
        ({"计划户数": 9}, "计划户数", "不能在表里改"),
        ({"村": "桥集村"}, "村", "不是金星村的"),
        ({"月份": dt.datetime(2026, 12, 1)}, "月份", "不是一个月"),
    ],
)
def test_a_fault_is_told_at_its_cell_and_nothing_is_saved(town, plan, book, cells, title, words):
    before = list(PlanLine.objects.order_by("pk").values())
    examined = Book(book).set(1, **cells).opened(town)
    assert [(fault.title, words in fault.what) for fault in examined.faults] == [(title, True)]
    with pytest.raises(HasFaults):
        examined.commit()
    assert list(PlanLine.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"走访人": "王格", "村民组": "九组"}, "没有这个组"),
        ({"走访人": "王格", "村民组": "二组"}, "都排上了"),
        ({"走访人": "王格", "村民组": "一组", "计划户数": 3}, "只有 1 户"),
    ],
)
def test_an_added_row_takes_only_households_nobody_has_planned(town, plan, book, cells, words):
    town.household(town.group1, "孙新来", number="060099", categories=("lonely",), since=dt.date(2026, 11, 2))
    services.ensure_owed()
    examined = Book(book).add(**cells).opened(town)
    assert [words in fault.what for fault in examined.faults] == [True]


def test_a_reported_plan_is_not_changed_by_a_file(town, plan, book):
    PlanLine.objects.filter(visitor=None).update(visitor=town.secretary.officer)
    planning.report_plan(actor=town.secretary, plan=plan)
    examined = Book(book).set(1, 原因="下雨").opened(town)
    assert any("已经报到镇里" in fault.what for fault in examined.faults)


def test_only_the_village_brings_it_in(town, plan, book):
    with pytest.raises(BadWorkbook, match="走访计划由村里排"):
        opened(book, town, town.office)


def test_twice_the_households_cost_no_more_queries(town, plan, tmp_path):
    def cost():
        with CaptureQueriesContext(connection) as found:
            written(tmp_path / "cost.xlsx", town.jinxing)
        return len(found)

    before = cost()
    for n in range(12):
        town.household(town.group1, f"户{n}", number=f"0601{n:02d}")
    services.ensure_owed()
    planning.propose_plan(actor=town.secretary, village=town.jinxing, period=NOVEMBER)
    assert cost() <= before
