"""October 2026 in a small town, cell by cell: the workbooks are read back, and every cell is known beforehand."""

import datetime as dt

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appeals.models import Matter
from core import ledger as engine
from core.ledger import LedgerScope
from core.ledger.keys import KEY_TITLE
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Absence
from visits import services
from visits.models import Finding, Obligation

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OCTOBER = Month.parse("2026-10")


@pytest.fixture
def october(town, visit):
    """张 visited twice, something found and settled; 李 twice not met; 赵 away and telephoned; 王 by the secretary."""
    Absence.objects.create(household=town.zhao, since=dt.date(2026, 10, 1), place="合肥")
    Obligation.objects.all().delete()
    services.ensure_owed()
    first = visit(
        town.zhang,
        "2026-10-05",
        note="身体好",
        companions=[town.leader.officer.pk],
        findings=[{"kind": "family", "detail": "怀孕", "words": "七个月"}],
        promise_kind="deliver",
        promise_text="送通知",
    )
    services.settle_finding(
        actor=town.worker,
        finding=first.findings.get(),
        state=Finding.SETTLED,
        outcome="建档了",
        settled_on=dt.date(2026, 10, 25),
    )
    visit(town.wang, "2026-10-09", actor=town.secretary, findings=[{"kind": "need", "detail": "老有所养"}])
    visit(town.li, "2026-10-12", met=False, note="住院")
    visit(town.li, "2026-10-20", met=False)
    visit(town.zhang, "2026-10-20", actor=town.secretary, changed=True)
    visit(town.zhao, "2026-10-22", manner="phone")
    undone = visit(town.chen, "2026-10-23", findings=[{"kind": "talent"}])
    services.undo_visit(actor=town.neighbour, visit=undone)
    visit(town.li, "2026-11-03")
    return town


def sheet(slug, place, tmp_path, actor=OPERATOR, **scope):
    """The whole sheet: (heading rows, data rows, lines below); every cell as openpyxl reads it, empty ones as ""."""
    path = tmp_path / f"{slug}.xlsx"
    ledger = engine.get(slug)
    ledger.export(LedgerScope(actor, place, OCTOBER, made_on=dt.date(2026, 11, 2), **scope), path)
    grid = [
        ["" if cell is None else cell for cell in row] for row in openpyxl.load_workbook(path).active.values
    ]
    head = next(at for at, row in enumerate(grid) if row[0] in ("序号", "村"))
    if KEY_TITLE in grid[head] + grid[head + 1]:
        grid = [row[:-1] for row in grid]
    body = head + (2 if any(cell == "五必知" for cell in grid[head]) else 1)
    end = next(at for at in range(body, len(grid)) if str(grid[at][0]).startswith(("说明", "制表人", "注")))
    rows = [_days(row) for row in grid[body:end]]
    return grid[:body], rows, ["".join(map(str, row)) for row in grid[end:]]


def _days(row):
    return [cell.date() if isinstance(cell, dt.datetime) else cell for cell in row]


def test_the_visit_log_cell_by_cell(october, tmp_path):
    head, rows, below = sheet("visits", october.jinxing, tmp_path)
    assert head[0][0] == "洪集镇金星村 走访日志（2026年10月）"
    titles = [low or high for high, low in zip(head[-2], head[-1], strict=True)]
    assert titles == [
        *("序号", "走访日期", "走访人", "陪同", "村", "网格", "村民组", "户主", "对象类别", "走访方式", "是否见面"),
        "家庭变化",
        *("弱势群体", "婚育", "人才", "矛盾", "环境", "诉求", "现场办结/转办", "关联单号", "备注"),
    ]  # fmt: skip
    one, two = ["金星村", "金星第一网格"], ["金星村", "金星第二网格"]
    day = [dt.date(2026, 10, n) for n in range(32)[1:]]
    assert rows == [
        [1, day[4], "王格", "周长", *one, "一组", "张三丰", "低保困难户", "入户", "是", "无",
         "", "怀孕，七个月", "", "", "", "", "现场办结", "", "身体好"],
        [2, day[8], "金书记", "", *one, "一组", "王大春", "", "入户", "是", "无",
         "", "", "", "", "", "老有所养", "已转办", Matter.objects.get().number, ""],
        [3, day[11], "王格", "", *one, "二组", "李㻞", "鳏寡孤独老人", "入户", "否", "无", *[""] * 8, "住院"],
        [4, day[19], "王格", "", *one, "二组", "李㻞", "鳏寡孤独老人", "入户", "否", "无", *[""] * 9],
        [5, day[19], "金书记", "", *one, "一组", "张三丰", "低保困难户", "入户", "是", "有", *[""] * 9],
        [6, day[21], "金书记", "", *two, "三组", "赵建国", "信访户", "电话", "是", "无", *[""] * 9],
    ]  # fmt: skip
    assert "打电话只在全家外出务工时算" in "".join(below)


def test_the_five_visits_ledger_cell_by_cell(october, tmp_path):
    head, rows, below = sheet("five-visits", october.jinxing, tmp_path)
    assert head[0][0] == "洪集镇金星村 五必访走访台账（2026年10月）"
    assert head[-1] == [
        *("序号", "村", "网格", "村民组", "户主", "家庭人口", "对象类别", "认定时间", "联系电话", "本月应访", "实访"),
        *("最近走访日期", "走访人", "走访方式", "家庭现状", "反映问题及诉求", "办理措施", "责任人"),
        *("办理结果", "办结日期", "未访原因", "备注"),
    ]  # fmt: skip
    one, two, september = ["金星村", "金星第一网格"], ["金星村", "金星第二网格"], dt.date(2026, 9, 1)
    assert rows == [
        [1, *one, "一组", "张三丰", 3, "低保困难户", september, "199****0901", 1, 1, dt.date(2026, 10, 20), "金书记",
         "入户", "家庭有变化", "婚育：怀孕，七个月", "送材料，送通知", "王格", "现场办结：建档了",
         dt.date(2026, 10, 25), "", ""],
        [2, *one, "二组", "李㻞", 1, "鳏寡孤独老人", september, "199****0903", 1, 0, "", "", "", "", "", "", "", "", "",
         "2 次没见到人；住院", "2026-11-03 补走"],
        [3, *two, "三组", "赵建国", 2, "信访户", september, "199****0904", 1, 1, dt.date(2026, 10, 22), "金书记",
         "电话", "", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    assert "本月应访 3 户，实访 2 户。" in "".join(below)
    assert "20 日以后新认定的，下月起应访" in "".join(below)


def test_the_coverage_sheet_cell_by_cell_for_the_whole_town(october, tmp_path):
    head, rows, below = sheet("coverage", october.town, tmp_path)
    assert head[0][0] == "洪集镇 走访覆盖统计表（2026年10月）"
    assert head[-1] == [
        *("村", "网格", "五必访应访", "已访", "完成率", "一般户应访", "已访", "完成率"),
        *("书记年度应访", "已访", "完成率", "其中在外务工", "未访户（名单）"),
    ]
    rows = [[round(cell, 4) if isinstance(cell, float) else cell for cell in row] for row in rows]
    assert rows == [
        ["金星村", "金星第一网格", 2, 1, 0.5, 1, 1, 1, 3, 2, 0.6667, 0, "李㻞"],
        ["金星村", "金星第二网格", 1, 1, 1, 0, 0, "", 1, 1, 1, 1, ""],
        ["金星村", "小计", 3, 2, 0.6667, 1, 1, 1, 4, 3, 0.75, 1, ""],
        ["桥集村", "桥集第一网格", 1, 0, 0, 0, 0, "", 1, 0, 0, 0, "陈小军"],
        ["桥集村", "小计", 1, 0, 0, 0, 0, "", 1, 0, 0, 0, ""],
        ["合计", "", 4, 2, 0.5, 1, 1, 1, 5, 3, 0.6, 1, ""],
    ]
    assert "一般户：本季应访，访到本月底为止" in "".join(below)


def test_a_visit_of_november_does_not_count_in_octobers_quarter(october, visit, tmp_path):
    home = october.household(october.group3, "新户主", number="060010", since=dt.date(2026, 10, 1))
    services.ensure_owed(households=[home.pk])
    visit(home, "2026-11-05")
    _, rows, _ = sheet("coverage", october.grid2, tmp_path)
    assert [row[5:7] for row in rows] == [[1, 0]]


def test_the_five_knows_cell_by_cell(october, tmp_path):
    head, rows, _ = sheet("five-knows", october.jinxing, tmp_path)
    assert head[-1] == [
        "序号",
        "村",
        "网格",
        "户主",
        "类别",
        "情况",
        "发现日期",
        "发现人",
        "转办单号",
        "状态",
    ]
    assert rows == [
        [
            1,
            "金星村",
            "金星第一网格",
            "张三丰",
            "婚育",
            "怀孕，七个月",
            dt.date(2026, 10, 5),
            "王格",
            "",
            "现场办结",
        ]
    ]


@pytest.mark.parametrize("slug", ["visits", "five-visits", "coverage", "five-knows"])
def test_a_secretary_finds_only_her_own_village_in_the_towns_ledger(october, tmp_path, slug):
    _, rows, _ = sheet(slug, october.town, tmp_path, actor=october.secretary)
    assert {row[0] if slug == "coverage" else row[1 if slug != "visits" else 4] for row in rows} - {
        "合计"
    } == {"金星村"}


@pytest.mark.parametrize("slug", ["visits", "five-visits", "coverage", "five-knows"])
@pytest.mark.parametrize("who", ["worker", "assistant", "supervisor", "nobody", "neighbour"])
def test_who_may_not_export_finds_nothing_in_the_village(october, tmp_path, slug, who):
    _, rows, _ = sheet(slug, october.jinxing, tmp_path, actor=getattr(october, who))
    assert rows == []


def test_full_phones_only_for_who_may_unmask(october, tmp_path):
    from django.core.exceptions import PermissionDenied

    _, rows, _ = sheet("five-visits", october.jinxing, tmp_path, actor=october.office, unmasked=True)
    assert rows[0][8] == "19900000901"
    with pytest.raises(PermissionDenied):
        sheet("five-visits", october.jinxing, tmp_path, actor=october.secretary, unmasked=True)


@pytest.mark.parametrize("slug", ["visits", "five-visits", "coverage", "five-knows"])
def test_twice_the_households_cost_no_more_queries(october, visit, tmp_path, slug):
    def cost():
        with CaptureQueriesContext(connection) as found:
            sheet(slug, october.jinxing, tmp_path)
        return len(found)

    before = cost()
    for order in range(5):
        home = october.household(
            october.group1, f"新户{order}", number=f"06020{order}", categories=("illness",)
        )
        services.ensure_owed(households=[home.pk])
        visit(home, "2026-10-07", findings=[{"kind": "talent", "words": "会木工"}])
    assert cost() == before
