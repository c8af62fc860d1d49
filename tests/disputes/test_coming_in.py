"""A register of disputes comes in: as villages keep it, once however often, every fault told by row and column."""

import datetime as dt

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notice
from core import clock
from core import ledger as engine
from core.ledger import BadWorkbook, HasFaults, ImportContext, LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from disputes import services
from disputes.coming_in import read_outcome
from disputes.models import Dispute, Move
from disputes.party_names import read_parties
from tests.disputes.seats import matched

NOVEMBER = Month.parse("2026-11")
HEADINGS = (
    "序号 所属网格 编号 纠纷级别 类型 排查时间 完成时限 是否重大 当事人情况 涉及人数 主要问题 收集人 稳控负责人"
    " 采取措施 责任部门 负责人 化解情况 化解日期 群众反馈意见 督办 备注 回访日期"
)


@pytest.fixture
def register(tmp_path):
    """`register(rows)`: a workbook as a village keeps it; each row is {heading: cell}."""

    def do(*rows, headings=HEADINGS, title="金星村矛盾纠纷排查化解台账"):
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
    return engine.get("disputes").open(path, ImportContext(actor or town.secretary, town.jinxing))


WALL = {
    "所属网格": "金星第一网格",
    "编号": "JX-3",
    "纠纷级别": "村级",
    "类型": "邻里纠纷",
    "排查时间": "2025.3.2",
    "完成时限": "2025-04-01",
    "是否重大": "否",
    "当事人情况": "张三丰（男，一组1号）、王大春",
    "涉及人数": 4,
    "主要问题": "院墙砌过了界",
    "收集人": "王格",
    "稳控负责人": "周长",
    "采取措施": "请两家到村部",
    "责任部门": "司法所",
    "负责人": "金书记",
    "化解情况": "已化解，各退一尺",
    "化解日期": "2025年3月20日",
    "群众反馈意见": "满意",
    "备注": "老账",
    "回访日期": "2025-04-20",
}
WATER = {"排查时间": "2026-11-10", "当事人情况": "甲；乙", "主要问题": "争水", "负责人": "老支书"}


def test_a_settled_row_is_a_dispute_with_its_steps_dated_by_its_columns(town, register):
    assert opened(register(WALL), town).commit()["created"] == 1
    found = Dispute.objects.get()
    assert (found.kind, found.level, found.people, found.major) == ("neighbours", "village", 4, False)
    assert (found.territory, found.found_on) == (town.grid1, dt.date(2025, 3, 2))
    assert (found.owner, found.keeper) == (town.secretary, town.leader)
    assert (found.state, found.settled_on, found.revisit_on) == ("settled", dt.date(2025, 3, 20), None)
    parties = [(each.side, each.name, each.sex, each.address) for each in found.parties.all()]
    assert parties == [("first", "张三丰", "M", "一组1号"), ("second", "王大春", "", "")]
    told = [(move.kind, move.day.isoformat(), move.words) for move in found.moves.all()]
    assert told == [
        ("open", "2025-03-02", "院墙砌过了界"),
        ("note", "2025-03-02", "导入，原编号 JX-3，收集人 王格，老账"),
        ("accept", "2025-03-02", "导入"),
        ("measure", "2025-03-02", "请两家到村部"),
        ("settle", "2025-03-20", "已化解，各退一尺"),
        ("revisit", "2025-04-20", "导入"),
    ]
    assert not Notice.objects.exists(), "a register that comes in rings nobody"


def test_an_open_row_waits_where_it_lies_and_says_who_had_it(town, register):
    opened(register(WATER, WATER | {"主要问题": "争地", "负责人": "金书记"}), town).commit()
    water, land = Dispute.objects.order_by("pk")
    assert (water.state, water.level, water.owner) == ("noted", "village", None)
    assert water.moves.get(kind="note").words == "导入，负责人 老支书"
    assert (land.state, land.owner) == ("in_hand", town.secretary)


def test_when_it_was_settled_is_asked_for_and_guessed_by_the_day_it_was_due(town, register):
    rows = ({**WALL, "化解日期": None, "回访日期": None}, WATER | {"化解情况": "起诉到法院"})
    examined = opened(register(*rows), town)
    assert [(told.row, told.what) for told in examined.warnings] == [
        (3, "没有写哪天化解的"),
        (4, "没有写哪天化解的"),
    ]
    examined.commit()
    wall, water = Dispute.objects.order_by("found_on")
    assert wall.settled_on == dt.date(2025, 4, 1)
    assert (water.state, water.moves.latest("pk").day) == ("handed", dt.date(2026, 11, 10))


@pytest.mark.parametrize(
    ("said", "state", "rest"),
    [
        ("", "noted", ""),
        ("已化解", "settled", ""),
        ("化解", "settled", ""),
        ("化解了：说好了", "settled", "说好了"),
        ("未化解", "in_hand", ""),
        ("化解中", "in_hand", ""),
        ("调解不成功", "ended", ""),
        ("没调成：要上法院", "ended", "要上法院"),
        ("已达成协议，3月前付清", "agreed", "已达成协议，3月前付清"),
        ("转其他途径：仲裁", "handed", "仲裁"),
        ("是", "settled", ""),
        ("是老问题", None, ""),
        ("化解难度大", None, ""),
        ("双方都在气头上", None, ""),
    ],
)
def test_how_far_it_has_come_is_read_from_what_registers_write(said, state, rest):
    assert read_outcome(said) == (None if state is None else (state, rest))


def test_the_parties_are_taken_apart_and_brackets_stay_together():
    named = read_parties("乙方 王大春（女，二组，靠河）；甲方：张 三丰、第三方 村委会；李四").named
    assert [(each.side, each.name, each.sex, each.address) for each in named] == [
        ("second", "王大春", "F", "二组，靠河"),
        ("first", "张三丰", "", ""),
        ("third", "村委会", "", ""),
        ("third", "李四", "", ""),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("张三与李四", ["张三", "李四"]),
        ("张三和李四", ["张三", "李四"]),
        ("张三，李四", ["张三", "李四"]),
        ("张三 李四", ["张三", "李四"]),
        ("张三和李四、王五", ["张三", "李四", "王五"]),
        ("张三和李和平", ["张三", "李和平"]),
        ("张三（男，一组）和李四（女）", ["张三", "李四"]),
        ("甲方 张三 乙方 李四", ["张三", "李四"]),
        ("李和平", ["李和平"]),
        ("和大春", ["和大春"]),
        ("张 三丰", ["张三丰"]),
        ("欧阳 娜娜", ["欧阳娜娜"]),
        ("马和平和顺", ["马和平和顺"]),  # of the register
        ("马和平和顺与李四", ["马和平和顺", "李四"]),
        ("金星村村民委员会", ["金星村村民委员会"]),
        ("洪集和顺粮油公司（单位）", ["洪集和顺粮油公司"]),
    ],
)
def test_names_that_stand_together_are_parted_where_each_is_one(text, names):
    read = read_parties(text, frozenset({"马和平和顺"}))
    assert [each.name for each in read.named] == names
    assert not read.unclear


def test_parties_parted_so_have_each_their_side_and_what_is_said_of_them():
    read = read_parties("张三（男，一组）和李四（女）")
    assert [(each.side, each.sex, each.address) for each in read.named] == [
        ("first", "M", "一组"),
        ("second", "F", ""),
    ]
    both = read_parties("甲方：张三，李四；乙方 王五").named
    assert [(each.side, each.name) for each in both] == [
        ("first", "张三"),
        ("first", "李四"),
        ("second", "王五"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "张三，男", "张三，一组", "张三（男），一组12号", "张三和他弟弟", "张三和洪集粮油公司", "李三和四和王五",
        "张三和李四（一组）", "张三 李四等人", "金星村 村民委员会",
    ],
)  # fmt: skip
def test_where_it_is_not_clear_who_is_a_party_it_is_asked_with_how_to_write_it(town, register, text):
    examined = opened(register(WATER | {"当事人情况": text}), town)
    assert [(fault.column, text in fault.what, "顿号" in fault.how) for fault in examined.faults] == [
        ("parties", True, True)
    ]


def test_a_name_of_the_villages_register_stays_whole(town, register):
    person = town.zhang.people.first()
    type(person).objects.filter(pk=person.pk).update(name="马和平和顺")
    opened(register(WATER | {"当事人情况": "马和平和顺、李四"}), town).commit()
    assert [each.name for each in Dispute.objects.get().parties.order_by("pk")] == ["马和平和顺", "李四"]


def test_a_row_is_stored_once_in_the_file_and_however_often_it_is_brought(town, register, dispute):
    dispute("路", found_on=dt.date(2026, 11, 20))
    road = {"排查时间": "2026-11-20", "当事人情况": "王大春、张三丰", "主要问题": " 路 "}
    path = register(WALL, WATER, WALL | {"编号": "JX-4"}, road)
    examined = opened(path, town)
    assert ["和第 3 行一样" in told.what for told in examined.warnings] == [True]
    counts = examined.commit()
    assert (counts["created"], counts["unchanged"]) == (2, 2), "what the desk has registered is known"
    assert opened(path, town).commit()["created"] == 0
    assert Dispute.objects.count() == 3


def test_a_long_register_is_stored_in_batches_and_not_line_by_line(town, register):
    def asked(path):
        with CaptureQueriesContext(connection) as queries:
            opened(path, town).commit()
        return len(queries)

    asked(register(WALL | {"主要问题": "先来一件"}))
    few = asked(register(*(WALL | {"主要问题": f"院墙{number}"} for number in range(3))))
    many = asked(register(*(WALL | {"主要问题": f"水沟{number}"} for number in range(60))))
    assert Dispute.objects.count() == 64
    assert many - few < 19, "statements of many rows each; SQLite takes some fifty rows in one"


def test_every_fault_is_told_by_row_and_column_and_nothing_is_saved(town, register):
    good = {"排查时间": "2026-11-05", "当事人情况": "甲、乙"}
    rows = (
        good | {"主要问题": "一", "排查时间": "昨天"},
        good | {"主要问题": "二", "排查时间": "2026-11-30"},
        good | {"主要问题": "三", "类型": "天文"},
        good | {"主要问题": "四", "所属网格": "桥集第一网格"},
        good | {"主要问题": "五", "当事人情况": None},
        good | {"主要问题": "六", "涉及人数": 0},
        good | {"主要问题": "七", "化解情况": "难说"},
        good | {"主要问题": "八", "化解情况": "已化解", "化解日期": "2026-11-01"},
        good | {"主要问题": "九", "完成时限": "2026-11-01"},
        good | {"主要问题": "十", "回访日期": "2026-11-20"},
        good | {"主要问题": "十一", "当事人情况": "、；"},
        good | {"主要问题": "十二", "化解情况": "已化解", "化解日期": "2026-11-10", "回访日期": "2026-11-08"},
        good,
    )
    examined = opened(register(*rows), town)
    told = {(fault.row, fault.column) for fault in examined.faults}
    assert told == {
        (3, "found_on"), (4, "found_on"), (5, "kind"), (6, "grid"), (7, "parties"), (8, "people"), (9, "outcome"),
        (10, "settled_on"), (11, "due_on"), (12, "revisited_on"), (13, "parties"), (14, "revisited_on"),
        (15, "words"),
    }  # fmt: skip
    for fault in examined.faults:
        assert not any("a" <= letter.lower() <= "z" for letter in fault.sentence), fault.sentence
    with pytest.raises(HasFaults):
        examined.commit()
    assert not Dispute.objects.exists()
    assert not Move.objects.exists()


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (
            {"排查时间": "昨天", "涉及人数": "几个", "所属网格": "桥集第一网格", "化解情况": "好了"},
            {"found_on", "people", "grid", "outcome"},
        ),
        (
            {"类型": "打架", "当事人情况": None, "排查时间": "2027-01-05", "化解情况": "化解难度大"},
            {"kind", "parties", "found_on", "outcome"},
        ),
        ({"排查时间": "昨天", "主要问题": None, "当事人情况": "、；"}, {"found_on", "words", "parties"}),
        (
            {"排查时间": "2027-01-05", "当事人情况": "甲方：（男）", "所属网格": "没有的"},
            {"found_on", "parties", "grid"},
        ),
        (
            {
                "完成时限": "2026-11-01",
                "化解情况": "已化解",
                "化解日期": "2026-12-30",
                "回访日期": "2026-10-01",
            },
            {"due_on", "settled_on", "revisited_on"},
        ),
        ({"化解情况": "没调成", "回访日期": "2026-11-20", "涉及人数": "x"}, {"revisited_on", "people"}),
    ],
)
def test_all_faults_of_one_row_are_told_at_once(town, register, row, columns):
    good = {"排查时间": "2026-11-05", "当事人情况": "甲、乙", "主要问题": "争水"}
    examined = opened(register(good | row, good | {"主要问题": "争地", "化解情况": "难说"}), town)
    assert [(fault.row, fault.column) for fault in examined.faults if fault.row == 4] == [(4, "outcome")]
    told = [fault.column for fault in examined.faults if fault.row == 3]
    assert sorted(told) == sorted(columns), "each once"


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (
            {"排查时间": "昨天", "完成时限": "2026-11-08", "化解情况": "已化解", "化解日期": "2026-11-06"},
            {"found_on"},
        ),
        (
            {
                "排查时间": "2027-01-05",
                "完成时限": "2026-12-01",
                "化解情况": "已化解",
                "化解日期": "2026-11-06",
            },
            {"found_on"},
        ),
        (
            {"化解情况": "已化解", "化解日期": "某天", "完成时限": "2026-11-19", "回访日期": "2026-11-18"},
            {"settled_on"},
        ),
        ({"化解情况": "好了", "化解日期": "2026-11-06", "回访日期": "2026-11-18"}, {"outcome"}),
    ],
)
def test_what_hangs_on_a_cell_that_cannot_be_read_is_not_blamed(town, register, row, columns):
    good = {"排查时间": "2026-11-05", "当事人情况": "甲、乙", "主要问题": "争水"}
    examined = opened(register(good | row), town)
    assert {fault.column for fault in examined.faults} == columns
    assert not examined.warnings


def test_an_exported_row_with_a_spoilt_cell_is_told_of_that_and_of_what_else_was_changed(
    town, dispute, tmp_path
):
    dispute(people=3)
    path = tmp_path / "out.xlsx"
    engine.get("disputes").export(LedgerScope(OPERATOR, town.jinxing, NOVEMBER), path)
    book = openpyxl.load_workbook(path)
    cells = {cell.value: cell for row in book.active.iter_rows() for cell in row if cell.value is not None}
    cells[3].value = "几个"
    book.save(path)
    assert [fault.column for fault in opened(path, town).faults] == ["people"]
    cells["院墙砌过了界"].value = "院墙没砌过界"
    book.save(path)
    assert {fault.column for fault in opened(path, town).faults} == {"people", "number"}


def test_an_exported_ledger_comes_back_unchanged_and_a_changed_row_is_refused(town, dispute, tmp_path):
    wall = dispute(people=3, department="司法所")
    named = services.Named("first", name="过路 的人", phone="19900008888")
    dispute("争水", territory=town.jinxing, actor=town.secretary, parties=[named])
    services.accept(actor=town.secretary, dispute=wall)
    services.note(actor=town.secretary, dispute=wall, words="量过了")
    path = tmp_path / "out.xlsx"
    scope = LedgerScope(OPERATOR, town.jinxing, NOVEMBER, made_on=dt.date(2026, 11, 23))
    engine.get("disputes").export(scope, path)
    services.settle(actor=town.secretary, dispute=wall, words="各退一尺", feedback="好")
    with clock.stopped_at("2026-12-25T10:00"):
        services.revisit(actor=town.secretary, dispute=wall, words="很好")
        counts = opened(path, town).commit()
        assert (counts["created"], counts["unchanged"]) == (0, 2), "also when it has moved on since"
        engine.get("disputes").export(LedgerScope(OPERATOR, town.jinxing, NOVEMBER.next), path)
        assert opened(path, town).commit()["unchanged"] == 2
        book = openpyxl.load_workbook(path)
        cell = next(cell for row in book.active.iter_rows() for cell in row if cell.value == "院墙砌过了界")
        cell.value = "院墙没砌过界"
        book.save(path)
        faults = opened(path, town).faults
    assert [(fault.column, fault.what) for fault in faults] == [("number", "登记过了，不能在表里改")]


def test_what_was_brought_in_goes_out_and_comes_back_unchanged(town, register, tmp_path):
    opened(register(WALL, WATER), town).commit()
    path = tmp_path / "out.xlsx"
    engine.get("disputes").export(LedgerScope(OPERATOR, town.jinxing, Month.parse("2025-03")), path)
    assert opened(path, town).commit()["unchanged"] == 1
    engine.get("disputes").export(LedgerScope(OPERATOR, town.jinxing, NOVEMBER), path)
    assert opened(path, town).commit()["unchanged"] == 1


def test_who_may_not_import_is_refused_and_so_is_the_wrong_villages_file(town, register):
    for actor in (town.worker, town.neighbour, town.supervisor):
        with pytest.raises(PermissionDenied):
            opened(register(WATER), town, actor)
    with pytest.raises(BadWorkbook, match="桥集村"):
        opened(register(WATER, title="桥集村矛盾纠纷台账"), town)


def test_the_command_of_the_server_brings_it_in_too(town, register):
    opened(register(WALL, WATER), town, OPERATOR).commit()
    assert Dispute.objects.filter(registered_by=None).count() == 2


def test_who_was_to_settle_his_own_quarrel_or_his_households_is_named(town, register):
    matched(town.secretary, town.zhang.people.exclude(relation="户主").first())
    rows = (
        WATER | {"当事人情况": "金书记、王大春", "负责人": "金书记"},
        WATER | {"当事人情况": "张三丰、王大春", "负责人": "金书记", "稳控负责人": "周长"},
        WATER | {"当事人情况": "老支书、王大春"},
    )
    told = [(fault.row, fault.column, fault.what) for fault in opened(register(*rows), town).faults]
    assert told == [
        (3, "owner", "负责人金书记和当事人同名"),
        (4, "owner", "负责人金书记和当事人张三丰像是一家人"),
        (5, "owner", "负责人老支书和当事人同名"),
    ]
    over = opened(register(WALL), town)
    assert [(fault.row, fault.column, fault.what) for fault in over.warnings] == [
        (3, "owner", "负责人金书记和当事人张三丰像是一家人")
    ]
    assert over.commit()["created"] == 1, "what is over is only asked"
