"""劳动力资源台账: of a month cell by cell; a register that comes in, with every fault of every row, nobody twice."""

import datetime as dt

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core import ledger as engine
from core.ledger import BadWorkbook, HasFaults, ImportContext, LedgerScope
from core.ledger.keys import KEY_TITLE
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Person
from jobs import services
from jobs.models import Labour, Skill, Trade
from tests.jobs.conftest import born
from tests.ledgers.months import found, seal, submit
from tests.people import Town, id_number, make_town_that_owes

pytestmark = pytest.mark.slow

NOVEMBER, OCTOBER = Month.parse("2026-11"), Month.parse("2026-10")
TITLES = (
    "序号 姓名 身份证号 年龄 性别 与户主关系 户籍地 健康状况 文化程度 技能特长 就业状态 务工地点 单位 求职意愿"
    " 求职意愿工种 期望工资 培训意愿 享受补贴"
).split()


def export(place, tmp_path, month=NOVEMBER, actor=OPERATOR, **more):
    path = tmp_path / "out.xlsx"
    scope = LedgerScope(actor, place, month, made_on=clock.today(), **more)
    engine.get("labour").export(scope, path)
    return path


def lines(*args, **more):
    """The rows by heading, below the one heading row whose titles are these."""
    rows = openpyxl.load_workbook(export(*args, **more)).active.iter_rows(values_only=True)
    cells = [["" if cell is None else cell for cell in row] for row in rows]
    head = next(number for number, row in enumerate(cells) if row[0] == "序号")
    assert [title for title in cells[head] if title and title != KEY_TITLE] == TITLES
    return [dict(zip(TITLES, row, strict=False)) for row in cells[head + 1 :] if isinstance(row[0], int)]


@pytest.fixture
def noted(town: Town, son: Person, wife: Person) -> Person:
    """张翠山 works in a factory since October and wants another work; 殷素素 looks for work since November."""
    with clock.stopped_at("2026-10-08T10:00"):
        services.note_labour(
            actor=town.worker,
            person=son,
            status="near",
            wish="changes",
            wage=4500,
            place="镇上",
            employer="顺发机械厂",
            health="good",
            subsidy="务工补贴",
            trades=Trade.objects.filter(name__in=["焊工", "普工"]),
            skills=[Skill.objects.get(name="焊工证")],
            learns=Skill.objects.get(name="叉车证"),
        )
    with clock.stopped_at("2026-11-02T10:00"):
        services.note_labour(actor=town.worker, person=wife, status="idle", wish="seeks")
    return son


def test_a_month_is_this_cell_by_cell(town, noted, tmp_path):
    son, wife = lines(town.jinxing, tmp_path)
    assert list(son.values()) == [
        1,
        "张翠山",
        noted.id_number_mask,
        36,
        "男",
        "长子",
        "金星村一组",
        "健康",
        "",
        "焊工证",
        "本地务工",
        "镇上",
        "顺发机械厂",
        "想换活",
        "普工、焊工",
        4500,
        "叉车证",
        "务工补贴",
    ]
    assert (wife["姓名"], wife["就业状态"], wife["求职意愿"], wife["期望工资"]) == (
        "殷素素",
        "在家待业",
        "想找活",
        "",
    )


def test_it_tells_what_held_on_the_months_last_day(town, noted, tmp_path):
    services.note_labour(actor=town.worker, person=noted, status="away", place="苏州")
    (october,) = lines(town.jinxing, tmp_path, month=OCTOBER)
    assert (october["姓名"], october["就业状态"]) == ("张翠山", "本地务工")
    assert lines(town.jinxing, tmp_path)[0]["务工地点"] == "苏州"
    Person.objects.filter(pk=noted.pk).update(left_on=dt.date(2026, 11, 20), left_why="moved")
    assert [row["姓名"] for row in lines(town.jinxing, tmp_path)] == ["殷素素"]
    assert len(lines(town.jinxing, tmp_path, month=OCTOBER)) == 1


def test_it_has_only_what_lies_in_the_reach_and_full_numbers_only_for_who_may(town, noted, far, tmp_path):
    services.note_labour(actor=town.neighbour, person=far, status="farm")
    assert len(lines(town.town, tmp_path, actor=town.office)) == 3
    assert lines(town.jinxing, tmp_path, actor=town.neighbour) == []
    full = lines(town.jinxing, tmp_path, actor=town.office, unmasked=True)[0]["身份证号"]
    assert full == Person.objects.get(pk=noted.pk).id_number.open()
    with pytest.raises(Exception, match="不归您办"):
        lines(town.jinxing, tmp_path, actor=town.secretary, unmasked=True)


def test_it_costs_the_same_for_more_people(town, noted, tmp_path):
    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            export(town.jinxing, tmp_path)
        return len(caught)

    before = asked()
    for number in range(4):
        person = born(town.person(town.wang, f"工{number}", "儿子"), "1995-01-01", sex="M")
        services.note_labour(actor=town.worker, person=person, status="near", skills=Skill.objects.all()[:2])
    assert asked() == before


def test_what_is_noted_after_the_sealing_is_told_with_who_and_why(db):
    with clock.stopped_at("2026-11-23T09:30"):
        town = make_town_that_owes()
    son = born(Person.objects.get(name="张翠山"), "1990-03-01", sex="M")
    with clock.stopped_at("2026-10-08T10:00"):
        services.note_labour(actor=town.worker, person=son, status="near")
    with clock.stopped_at("2026-11-03T10:00"):
        submit(town, OCTOBER)
        row = seal(town, OCTOBER)
    with clock.stopped_at("2026-11-05T10:00"):
        assert found(row, "劳动力资源台账") == []
        services.note_labour(
            actor=town.secretary, person=son, day=dt.date(2026, 10, 20), status="away", place="苏州"
        )
        differences = found(row, "劳动力资源台账")
    assert {each.who for each in differences} == {"金书记"}


def test_a_sealed_month_stays_as_it_was_though_somebody_moves_to_the_other_village(db):
    with clock.stopped_at("2026-11-23T09:30"):
        town = make_town_that_owes()
    son = born(Person.objects.get(name="张翠山"), "1990-03-01", sex="M")
    with clock.stopped_at("2026-10-08T10:00"):
        services.note_labour(actor=town.worker, person=son, status="near")
    with clock.stopped_at("2026-11-03T10:00"):
        submit(town, OCTOBER)
        row = seal(town, OCTOBER)
    with clock.stopped_at("2026-11-05T10:00"):
        Person.objects.filter(pk=son.pk).update(household=town.chen)
        services.follow_register({town.chen.pk})
        assert found(row, "劳动力资源台账") == []


# --- in ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path):
    """`workbook(rows)`: a register as a village keeps it; each row is {heading: cell}."""

    def do(
        *rows,
        title="金星村劳动力资源台账",
        names="序号 姓名 身份证 健康状况 技能特长 就业情况 务工地点 单位 意愿工种 期望薪资 培训意愿",
    ):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append([title])
        sheet.append(names.split())
        for number, row in enumerate(rows, 1):
            sheet.append([{"序号": number, **row}.get(name) for name in names.split()])
        path = tmp_path / "in.xlsx"
        book.save(path)
        return path

    return do


def opened(path, town, actor=None):
    context = ImportContext(actor or town.secretary, town.jinxing)
    return engine.get("labour").open(path, context)


def told(examined):
    return {(fault.row, fault.column): f"{fault.what}，{fault.how}" for fault in examined.faults}


SON = {
    "姓名": "张翠山",
    "健康状况": "良好",
    "技能特长": "电焊、C1",
    "就业情况": "外出打工",
    "务工地点": "苏州",
    "意愿工种": "电焊工",
    "期望薪资": 6000,
    "培训意愿": "否",
}


def test_an_old_register_comes_in_by_number_or_by_a_name_that_only_one_bears(town, son, wife, workbook):
    number = Person.objects.get(pk=wife.pk).id_number.open()
    rows = SON, {"姓名": "殷素素", "身份证": number, "就业情况": "待业", "意愿工种": "缝纫工"}
    assert opened(workbook(*rows), town).commit()["created"] == 2
    row = services.labour_of(son)
    assert (row.status, row.wish, row.wage, row.place, row.health) == (
        "away",
        "changes",
        6000,
        "苏州",
        "good",
    )
    assert {str(each) for each in row.skills.all()} == {"焊工证", "驾驶证"}
    assert services.labour_of(wife).wish == "seeks"
    again = opened(workbook(*rows), town).commit()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    assert Labour.objects.count() == 2


def test_every_fault_of_every_row_is_named_at_once_and_nothing_is_saved(town, son, wife, workbook):
    child = born(town.head(town.wang), "2012-01-01")
    twin = born(town.person(town.li, "殷素素", "女儿"), "1991-01-01")
    rows = (
        SON | {"期望薪资": 300000, "技能特长": "会飞"},
        SON,
        {"姓名": child.name, "就业情况": "待业", "意愿工种": "普工"},
        {"姓名": "殷素素", "就业情况": "待业"},
        {"姓名": "没有他", "就业情况": "待业"},
        {"姓名": "李四", "身份证": id_number("19800101", 77), "就业情况": "务工去了"},
        {"姓名": twin.name, "身份证": Person.objects.get(pk=twin.pk).id_number.open(), "就业情况": ""},
    )
    examined = opened(workbook(*rows), town)
    faults = told(examined)
    assert "多写了一个零" in faults[3, "wage"]
    assert (3, "skills") in faults
    assert "和第 4 行是同一个人" in faults[3, "name"]
    assert "和第 3 行是同一个人" in faults[4, "name"]
    assert "不满 16 岁" in faults[5, "status"]
    assert "2 个人叫这个名字" in faults[6, "name"]
    assert "没有这个人" in faults[7, "name"]
    assert "没有这个号" in faults[8, "id_number"]
    assert (8, "status") in faults
    assert (9, "status") in faults
    with pytest.raises(HasFaults):
        examined.commit()
    assert not Labour.objects.exists()


def test_a_number_of_another_village_says_no_more_than_one_that_is_nowhere(town, son, far, workbook):
    elsewhere = Person.objects.get(pk=far.pk).id_number.open()
    rows = [
        {"姓名": "某人", "身份证": number, "就业情况": "待业"}
        for number in (elsewhere, id_number("19800101", 77))
    ]
    faults = told(opened(workbook(*rows), town))
    assert faults[3, "id_number"] == faults[4, "id_number"]


def test_what_went_out_comes_back_unchanged_and_an_edited_row_is_a_change(town, noted, tmp_path):
    path = export(town.jinxing, tmp_path, actor=town.secretary)
    counts = opened(path, town).commit()
    assert (counts["unchanged"], counts["updated"], counts["created"]) == (2, 0, 0)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == 4500)
    cell.value = 5000
    book.save(path)
    assert opened(path, town).commit()["updated"] == 1
    row = services.labour_of(noted)
    assert (row.wage, row.employer, row.since) == (5000, "顺发机械厂", clock.today())
    assert {str(each) for each in row.trades.all()} == {"焊工", "普工"}


def test_it_is_brought_in_by_who_may_and_for_its_own_village(town, son, workbook):
    with pytest.raises(Exception, match="不归您办"):
        opened(workbook(SON), town, town.worker)
    with pytest.raises(BadWorkbook, match="这份表是桥集村的"):
        opened(workbook(SON, title="桥集村劳动力资源台账"), town)


def test_what_is_registered_newer_is_not_overwritten_by_an_older_book(town, noted, workbook):
    services.note_labour(actor=town.worker, person=noted, status="near", wage=5000)
    context = ImportContext(town.secretary, town.jinxing, as_of=dt.date(2026, 10, 1))
    examined = engine.get("labour").open(workbook(SON), context)
    assert "已有更新的登记" in told(examined)[3, "name"]
