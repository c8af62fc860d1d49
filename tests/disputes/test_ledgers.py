"""矛盾纠纷排查调处台账 and 矛盾纠纷月报 of November, cell by cell; and that a month that is over stays as it was."""

import datetime as dt
import uuid

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.ledger.keys import KEY_TITLE
from core.periods import Month
from core.scope import OPERATOR
from disputes import services
from disputes.models import Dispute
from tests.ledgers.months import found, seal, submit
from tests.people import make_town_that_owes

NOVEMBER = Month.parse("2026-11")
TITLES = (
    "所属网格 编号 纠纷级别 类型 排查时间 完成时限 是否重大 当事人情况 涉及人数 主要问题 收集人 稳控负责人 采取措施"
    " 责任部门 负责人 化解情况 群众反馈意见 督办 登记时间 备注 是否启动“三个三分之一” 议事次数 本月梳理日期"
    " 协议书编号 回访日期"
).split()


def sheet(place, tmp_path, slug="disputes", month=NOVEMBER, actor=OPERATOR):
    """All cells that have something, row by row."""
    path = tmp_path / f"{slug}.xlsx"
    engine.get(slug).export(LedgerScope(actor, place, month, made_on=dt.date(2026, 12, 1)), path)
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return [["" if cell is None else cell for cell in row] for row in rows]


def lines(place, tmp_path, **more):
    """(headings, rows by heading)."""
    cells = sheet(place, tmp_path, **more)
    head = next(number for number, row in enumerate(cells) if row[0] == "所属网格")
    titles = [title for title in cells[head] if title and title != KEY_TITLE]
    rows = [dict(zip(titles, row, strict=False)) for row in cells[head + 1 :]]
    return titles, [row for row in rows if str(row["编号"]).startswith("JF-")]


@pytest.fixture
def november(town, dispute):
    """One settled, one taken up and measured, one that ended without a settlement; written by 25 November."""
    wall = dispute(people=4, department="司法所", supervised="镇政法委员", major=True)
    water = dispute("争水", kind="land", territory=town.jinxing, actor=town.secretary)
    road = dispute("修路压了田", kind="land")
    with clock.stopped_at("2026-11-24T10:00"):
        for each in (wall, water, road):
            services.accept(actor=town.secretary, dispute=each)
        services.assign(actor=town.secretary, dispute=wall, keeper=town.leader)
        services.measure(actor=town.leader, dispute=wall, words="请了两家到村部")
        services.review(actor=town.secretary, dispute=water, words="还在争")
        services.note(actor=town.secretary, dispute=water, words="等水利站量")
        services.refuse(actor=town.secretary, dispute=road, words="甲方要上法院")
    with clock.stopped_at("2026-11-25T10:00"):
        services.settle(actor=town.secretary, dispute=wall, words="各退一尺", feedback="都满意")
    return wall, water, road


def test_the_ledger_is_this_one_cell_by_cell(town, november, tmp_path):
    titles, rows = lines(town.jinxing, tmp_path)
    assert titles == TITLES
    wall, water, road = rows
    assert list(wall.values()) == [
        "金星第一网格",
        f"JF-2026-{november[0].pk:04d}",
        "村",
        "邻里",
        dt.datetime(2026, 11, 23),
        dt.datetime(2026, 12, 23),
        "是",
        "甲方 张三丰（男，一组1号）；乙方 王大春（女，一组2号）",
        4,
        "院墙砌过了界",
        "王格",
        "周长",
        "请了两家到村部",
        "司法所",
        "金书记",
        "化解了：各退一尺",
        "都满意",
        "镇政法委员",
        dt.datetime(2026, 11, 23),
        "",
        "",
        "",
        "",
        "",
        "",
    ]
    assert (water["所属网格"], water["化解情况"], water["备注"]) == ("", "调处中", "等水利站量")
    assert water["本月梳理日期"] == dt.datetime(2026, 11, 24)
    assert (road["化解情况"], road["是否重大"]) == ("没调成", "否")


def test_what_comes_later_changes_the_month_it_comes_in_and_not_the_one_before(town, november, tmp_path):
    before = lines(town.jinxing, tmp_path)
    wall, water, road = november
    with clock.stopped_at("2026-12-02T10:00"):
        services.revisit(actor=town.secretary, dispute=wall, words="很好", feedback="早就好了")
        services.settle(actor=town.secretary, dispute=water, words="轮着放水")
        services.hand_on(actor=town.secretary, dispute=road, words="起诉了")
        assert lines(town.jinxing, tmp_path) == before
        _, december = lines(town.jinxing, tmp_path, month=NOVEMBER.next)
    told = {row["主要问题"]: (row["化解情况"], row["群众反馈意见"], row["本月梳理日期"]) for row in december}
    assert told == {
        "院墙砌过了界": ("化解了：各退一尺", "早就好了", ""),
        "争水": ("化解了：轮着放水", "", ""),
        "修路压了田": ("转其他途径：起诉了", "", ""),
    }
    with clock.stopped_at("2027-01-05T10:00"):
        assert lines(town.jinxing, tmp_path, month=Month.parse("2027-01"))[1] == []


def test_the_footnotes_say_the_numbers_of_the_screening_and_that_nothing_was_found(town, tmp_path):
    homes = [each.pk for each in (town.zhang, town.wang, town.li, town.zhao)]
    services.tick_seen(actor=town.secretary, households=homes, month=NOVEMBER)
    text = "".join(str(cell) for row in sheet(town.jinxing, tmp_path) for cell in row)
    assert "本月没有新发现的矛盾纠纷（零报告）。4 户看了 4 户" in text
    assert "从排查那天起 30 天内调处好；调好后 30 天、90 天回访" in text


def test_the_monthly_figures_by_village_and_by_kind(town, november, dispute, tmp_path):
    gone = dispute("记重了")
    services.withdraw(actor=town.secretary, dispute=gone, words="重了")
    dispute(
        "桥上争路", actor=town.neighbour, territory=town.qiaoji, parties=[services.Named("first", name="甲")]
    )
    cells = sheet(town.town, tmp_path, "dispute-stats")
    head = next(number for number, row in enumerate(cells) if row[0] == "村")
    kinds, parts = cells[head], cells[head + 1]
    assert cells[head][:6] == ["村", "本月排查数", "调处数", "成功数", "成功率", "未化解数"]
    assert [kinds[column] for column in (6, 8)] == ["婚姻家庭", "邻里"]
    assert parts[6:10] == ["化解", "未化解", "化解", "未化解"]
    rows = {row[0]: row[1:] for row in cells[head + 2 :] if row[0] in ("金星村", "桥集村", "合计")}
    assert rows["金星村"][:5] == [3, 3, 1, pytest.approx(1 / 3), 2]
    assert rows["桥集村"][:5] == [1, 0, 0, "", 1]
    assert rows["合计"][:5] == [4, 3, 1, pytest.approx(1 / 3), 3]
    for row in rows.values():
        by_kind = row[5:35]
        assert (sum(by_kind[::2]), sum(by_kind[1::2])) == (row[2], row[4]), "the kinds add up to the whole"


def test_a_neighbour_finds_nothing_and_the_number_of_questions_is_the_same_for_many(
    town, november, dispute, tmp_path
):
    assert lines(town.jinxing, tmp_path, actor=town.neighbour)[1] == []
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            lines(town.jinxing, tmp_path)
            sheet(town.town, tmp_path, "dispute-stats")
        counts.append(len(asked))
        for number in range(15):
            dispute(f"第 {number} 件")
    assert counts[0] == counts[1]


def test_what_is_written_into_a_sealed_month_is_told_with_who_and_when(db):
    with clock.stopped_at("2026-11-03T09:30"):
        cast = make_town_that_owes()
    with clock.stopped_at("2026-10-20T10:00"):
        told = services.open_dispute(
            actor=cast.worker,
            uuid=uuid.uuid4(),
            source="asked",
            words="争水",
            kind="neighbours",
            territory=cast.grid1,
            parties=[services.Named("first", name="甲")],
        ).dispute
    with clock.stopped_at("2026-11-03T09:30"):
        submit(cast)
        row = seal(cast)
        assert found(row) == []
    with clock.stopped_at("2026-11-10T15:20"):
        services.settle(
            actor=cast.secretary, dispute=Dispute.objects.get(), words="说好了", day=dt.date(2026, 10, 30)
        )
        services.correct(actor=cast.secretary, dispute=told, kind="land")
        line, figures = found(row, "矛盾纠纷排查调处台账"), found(row, "矛盾纠纷月报")
    assert {each.who for each in (*line, *figures)} == {"金书记"}
    assert {each.column for each in line} >= {"化解情况", "类型"}
    assert {each.column for each in figures} >= {"成功数", "未化解数"}
