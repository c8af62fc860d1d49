"""A register of needs comes in: as villages keep it, once however often, every fault told by row and column."""

import datetime as dt

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notice
from appeals import services
from appeals.models import Matter, Move
from core import clock
from core import ledger as engine
from core.ledger import BadWorkbook, HasFaults, ImportContext, LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from tests.ledgers.months import found, seal, submit
from tests.people import make_town_that_owes

NOVEMBER = Month.parse("2026-11")
HEADINGS = (
    "序号 编号 来源 登记日期 反映人 联系电话 村 网格 类别"
    " 诉求内容 紧急程度 办理时限 责任人 处理结果 反馈日期 满意度"
)


@pytest.fixture
def register(tmp_path):
    """`register(rows)`: a workbook as a village keeps it; each row is {heading: cell}, headings as above or more."""

    def do(*rows, headings=HEADINGS, title="金星村群众诉求登记簿"):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append([title])
        names = headings.split()
        sheet.append(names)
        for number, row in enumerate(rows, 1):
            sheet.append([{"序号": number, **row}.get(name) for name in names])
        path = tmp_path / "register.xlsx"
        book.save(path)
        return path

    return do


def opened(path, town, actor=None):
    return engine.get("appeals").open(path, ImportContext(actor or town.secretary, town.jinxing))


LAMP = {
    "编号": "JX-17",
    "来源": "来访",
    "登记日期": "2025.3.2",
    "反映人": "张 三丰",
    "联系电话": "19900000901",
    "村": "金星村",
    "网格": "金星第一网格",
    "类别": "环境卫生",
    "诉求内容": "路灯坏了三盏",
    "紧急程度": "一般",
    "办理时限": "2025-03-09",
    "责任人": "王格",
    "处理结果": "换了灯",
    "反馈日期": "2025年3月6日",
    "满意度": "满意",
}
DITCH = {"登记日期": "2026-11-10", "反映人": "李秀英", "诉求内容": "排水沟堵了", "责任人": "老支书"}


def test_a_closed_row_is_a_matter_with_its_steps_dated_by_its_columns(town, register):
    assert opened(register(LAMP), town).commit()["created"] == 1
    matter = Matter.objects.get()
    assert (matter.source, matter.field, matter.urgency) == ("walk_in", "environment", "days")
    assert (matter.who, matter.phone_mask, matter.territory) == ("张三丰", "199****0901", town.grid1)
    assert (matter.state, matter.outcome, matter.rating) == ("closed", "换了灯", "good")
    assert (matter.opened_on, matter.due_on) == (dt.date(2025, 3, 2), dt.date(2025, 3, 9))
    assert (matter.answered_on, matter.closed_on) == (dt.date(2025, 3, 6), dt.date(2025, 3, 6))
    assert (matter.answered_by, matter.opened_by) == (town.worker, town.secretary)
    told = [(move.kind, move.day.isoformat(), move.words) for move in matter.moves.all()]
    assert told == [
        ("open", "2025-03-02", ""),
        ("note", "2025-03-02", "导入，原编号 JX-17"),
        ("accept", "2025-03-02", "导入"),
        ("answer", "2025-03-06", "换了灯"),
        ("close", "2025-03-06", "满意"),
    ]


def test_a_register_that_comes_in_rings_nobody(town, register):
    opened(register(LAMP, DITCH | {"网格": "金星第一网格"}), town).commit()
    assert Matter.objects.waiting_for(town.worker).exists()
    assert not Notice.objects.exists()


def test_an_open_row_waits_where_it_lies_and_says_who_had_it(town, register):
    opened(register(DITCH), town).commit()
    matter = Matter.objects.get()
    assert (matter.state, matter.level, matter.owner) == ("collected", "village", None)
    assert matter.moves.get(kind="note").words == "导入，承办人 老支书"
    assert matter.due_on == services.promised(matter)


def test_an_open_row_of_somebody_who_serves_there_is_in_her_hand(town, register):
    opened(register(DITCH | {"责任人": "周长"}), town).commit()
    matter = Matter.objects.get()
    assert (matter.state, matter.owner) == ("in_hand", town.leader)


def test_who_was_not_content_has_it_taken_up_again(town, register):
    examined = opened(register(LAMP | {"满意度": "不满意"}), town)
    assert ["不满意" in warning.sentence for warning in examined.warnings] == [True]
    examined.commit()
    assert (Matter.objects.get().state, Matter.objects.get().reopened) == ("collected", 1)


def test_what_is_settled_and_nobody_was_told_yet_is_the_importers_to_answer(town, register):
    opened(register(DITCH | {"处理结果": "挖通了"}), town).commit()
    matter = Matter.objects.get()
    assert (matter.state, matter.owner, matter.outcome) == ("done", town.secretary, "挖通了")


def test_a_household_by_its_number_is_the_matters_household(town, register):
    headings = f"{HEADINGS} 户编号"
    opened(register(DITCH | {"户编号": "060002", "反映人": None}, headings=headings), town).commit()
    assert (Matter.objects.get().household, Matter.objects.get().who) == (town.wang, "王大春")


def test_a_row_is_stored_once_in_the_file_and_however_often_it_is_brought(town, register):
    path = register(LAMP, DITCH, LAMP | {"编号": "JX-18"})
    examined = opened(path, town)
    assert [(told.row, told.what) for told in examined.warnings] == [(5, "和第 3 行一样")]
    assert examined.commit()["created"] == 2
    again = opened(path, town).commit()
    assert (again["created"], again["unchanged"]) == (0, 3)
    assert Matter.objects.count() == 2


def test_what_the_desk_has_registered_is_not_registered_again(town, matter, register):
    matter("路灯坏了", opened_on=dt.date(2026, 11, 20))
    row = {"登记日期": "2026-11-20", "反映人": "张三丰", "诉求内容": " 路灯坏了 "}
    assert opened(register(row), town).commit()["unchanged"] == 1
    assert Matter.objects.count() == 1


def test_every_fault_is_told_by_row_and_column_and_nothing_is_saved(town, register):
    rows = (
        {"登记日期": "昨天", "反映人": "甲", "诉求内容": "一"},
        {"登记日期": "2026-11-30", "反映人": "甲", "诉求内容": "二"},
        {"登记日期": "2026-11-01", "反映人": "甲", "诉求内容": "三", "类别": "天文"},
        {"登记日期": "2026-11-01", "反映人": "甲", "诉求内容": "四", "网格": "桥集第一网格"},
        {"登记日期": "2026-11-01", "反映人": "甲", "诉求内容": "五", "村": "桥集村"},
        {"登记日期": "2026-11-01", "诉求内容": "六"},
        {"登记日期": "2026-11-01", "反映人": "甲", "诉求内容": "七", "联系电话": "199****0901"},
        {"登记日期": "2026-11-01", "反映人": "甲", "诉求内容": "八", "联系电话": "1990"},
        {"登记日期": "2026-11-01", "反映人": "甲", "诉求内容": "九", "反馈日期": "2026-11-02"},
        {
            "登记日期": "2026-11-05",
            "反映人": "甲",
            "诉求内容": "十",
            "处理结果": "好",
            "反馈日期": "2026-11-02",
        },
        {"登记日期": "2026-11-05", "反映人": "甲", "诉求内容": "十一", "办理时限": "2026-11-02"},
        {"登记日期": "2026-11-05", "反映人": "甲", "诉求内容": "十二", "满意度": "满意"},
        {"登记日期": "2026-11-05", "反映人": "甲"},
    )
    examined = opened(register(*rows), town)
    told = {(fault.row, fault.column) for fault in examined.faults}
    assert told == {
        (3, "opened_on"), (4, "opened_on"), (5, "field"), (6, "grid"), (7, "village"), (8, "who"), (9, "phone"),
        (10, "phone"), (11, "outcome"), (12, "answered_on"), (13, "due_on"), (14, "answered_on"), (15, "words"),
    }  # fmt: skip
    for fault in examined.faults:
        assert not any("a" <= letter.lower() <= "z" for letter in fault.sentence), fault.sentence
    with pytest.raises(HasFaults):
        examined.commit()
    assert not Matter.objects.exists()
    assert not Move.objects.exists()


def test_an_exported_ledger_comes_back_unchanged_and_a_changed_row_is_refused(town, matter, tmp_path):
    lamp = matter("路灯坏了", phone="19900008888")
    matter("排水沟堵了", household=None, territory=town.jinxing, caller="过路 的人", actor=town.secretary)
    services.accept(actor=town.leader, matter=lamp)
    path = tmp_path / "out.xlsx"
    scope = LedgerScope(OPERATOR, town.jinxing, NOVEMBER, made_on=dt.date(2026, 11, 23))
    engine.get("appeals").export(scope, path)
    services.settle(actor=town.leader, matter=lamp, words="换了灯")
    with clock.stopped_at("2026-11-25T10:00"):
        services.answer(actor=town.leader, matter=lamp, rating="good")
        counts = opened(path, town).commit()
        assert (counts["created"], counts["unchanged"]) == (0, 2), "also when it has moved on since"
        book = openpyxl.load_workbook(path)
        cell = next(cell for row in book.active.iter_rows() for cell in row if cell.value == "路灯坏了")
        cell.value = "路灯坏了五盏"
        book.save(path)
        faults = opened(path, town).faults
    assert [(fault.column, fault.what) for fault in faults] == [("number", "登记过了，不能在表里改")]
    assert Matter.objects.count() == 2


def test_the_key_of_the_next_village_is_none_here(town, matter, tmp_path):
    matter("井盖丢了", actor=town.neighbour, household=town.chen)
    path = tmp_path / "out.xlsx"
    engine.get("appeals").export(LedgerScope(OPERATOR, town.qiaoji, NOVEMBER), path)
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.value = cell.value.replace("桥集", "金星")
    book.save(path)
    assert [fault.what for fault in opened(path, town).faults] == ["这一行的标识不是这个村的"]


def test_who_may_not_import_is_refused_and_so_is_the_wrong_villages_file(town, register):
    for actor in (town.worker, town.neighbour, town.supervisor):
        with pytest.raises(PermissionDenied):
            opened(register(DITCH), town, actor)
    with pytest.raises(BadWorkbook, match="桥集村"):
        opened(register(DITCH, title="桥集村群众诉求登记簿"), town)


def test_the_command_of_the_server_brings_it_in_too(town, register):
    opened(register(LAMP, DITCH), town, OPERATOR).commit()
    assert Matter.objects.filter(opened_by=None).count() == 2


def test_what_is_brought_into_a_sealed_month_is_told_there(db, register):
    with clock.stopped_at("2026-11-03T09:30"):
        cast = make_town_that_owes()
        submit(cast)
        row = seal(cast)
    with clock.stopped_at("2026-11-10T15:20"):
        examined = opened(register(DITCH | {"登记日期": "2026-10-10"}), cast)
        assert any("2026年10月" in line for line in examined.plan.lines)
        examined.commit()
        differences = found(row, "群众诉求清单台账")
    assert {(each.who, each.when) for each in differences} == {("金书记", "2026-11-10 15:20")}


def test_a_long_register_asks_no_more_often_than_a_short_one(town, register):
    def asked(rows):
        with CaptureQueriesContext(connection) as found:
            done = opened(register(*rows), town).commit()
        assert done["created"] == len(rows)
        # SQLite takes few parameters in one statement: of many rows there are a few more that write.
        return sum(each["sql"].startswith("SELECT") for each in found)

    def lamps(first, last):
        return [LAMP | {"编号": f"JX-{n}", "诉求内容": f"第 {n} 盏灯"} for n in range(first, last)]

    few = asked(lamps(0, 4))
    assert asked(lamps(4, 84)) <= few
    assert Matter.objects.count() == 84
    assert Move.objects.filter(kind="close").count() == 84
    numbers = list(Matter.objects.order_by("pk").values_list("words", flat=True))
    assert numbers == [f"第 {n} 盏灯" for n in range(84)], "in the order of the file"
