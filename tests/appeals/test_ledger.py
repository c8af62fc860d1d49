"""群众诉求清单台账 of November, cell by cell; and that a month that is over stays as it was when it ended."""

import datetime as dt
import uuid

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appeals import services
from appeals.models import Matter
from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.ledger.keys import KEY_TITLE
from core.periods import Month
from core.scope import OPERATOR
from tests.ledgers.months import found, seal, submit
from tests.people import make_town_that_owes

NOVEMBER = Month.parse("2026-11")
TITLES = (
    "编号 来源 登记时间 诉求人 电话 村 网格 类别 内容 紧急程度 承诺时限 承办人"
    " 流转记录 办理结果 反馈群众日期 满意度 回访人"
)


def sheet(place, tmp_path, month=NOVEMBER, actor=OPERATOR):
    """(headings, rows as text by heading)."""
    path = tmp_path / "appeals.xlsx"
    engine.get("appeals").export(LedgerScope(actor, place, month, made_on=dt.date(2026, 12, 1)), path)
    cells = [
        ["" if cell is None else cell for cell in row]
        for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    ]
    head = next(number for number, row in enumerate(cells) if row[0] == "编号")
    titles = [title for title in cells[head] if title and title != KEY_TITLE]
    rows = [
        dict(zip(titles, row, strict=False)) for row in cells[head + 1 :] if str(row[0]).startswith("SQ-")
    ]
    return titles, rows


@pytest.fixture
def november(town, matter):
    """One settled and closed, one that lies with the village, one nobody has taken up; written by 25 November."""
    lamp = matter("路灯坏了", phone="19900008888")
    ditch = matter("排水沟堵了", field="danger", urgency="now", source="hotline", household=town.wang)
    matter(
        "办补贴", field="old", household=None, territory=town.jinxing, caller="路人甲", actor=town.secretary
    )
    with clock.stopped_at("2026-11-24T10:00"):
        services.accept(actor=town.leader, matter=lamp)
        services.settle(actor=town.leader, matter=lamp, words="换了灯")
        services.escalate(actor=town.worker, matter=ditch, words="要挖机")
        services.accept(actor=town.secretary, matter=ditch)
    with clock.stopped_at("2026-11-25T10:00"):
        services.answer(actor=town.leader, matter=lamp, rating="good")
    return lamp, ditch


def test_the_ledger_is_this_one_cell_by_cell(town, november, tmp_path):
    titles, rows = sheet(town.jinxing, tmp_path)
    assert titles == TITLES.split()
    lamp, ditch, grant = rows
    assert list(lamp.values()) == [
        f"SQ-2026-{november[0].pk:04d}",
        "上门来说",
        dt.datetime(2026, 11, 23),
        "张三丰",
        "199****8888",
        "金星村",
        "金星第一网格",
        "环境",
        "路灯坏了",
        "三天内",
        dt.datetime(2026, 11, 26),
        "周长",
        "11月23日王格登记；11月24日周长受理；11月24日周长办好：换了灯；11月25日周长回复群众；11月25日周长评价、办结：满意",
        "换了灯",
        dt.datetime(2026, 11, 25),
        "满意",
        "周长",
    ]
    assert (ditch["来源"], ditch["类别"], ditch["承办人"]) == ("书记热线", "隐患", "金书记")
    assert ditch["流转记录"].endswith("11月24日王格报上一级到村：要挖机；11月24日金书记受理")
    assert (ditch["办理结果"], ditch["反馈群众日期"], ditch["满意度"]) == ("", "", "")
    assert (grant["诉求人"], grant["网格"], grant["承办人"]) == ("路人甲", "", "")


def test_what_comes_later_changes_the_month_it_comes_in_and_not_the_one_before(town, november, tmp_path):
    before = sheet(town.jinxing, tmp_path)
    lamp, ditch = november
    with clock.stopped_at("2026-12-02T10:00"):
        services.reopen(actor=town.secretary, matter=lamp, words="又坏了")
        services.answer(actor=town.secretary, matter=ditch, words="挖通了", rating="fair")
        assert sheet(town.jinxing, tmp_path) == before
        _, december = sheet(town.jinxing, tmp_path, NOVEMBER.next)
    by_words = {row["内容"]: row for row in december}
    assert set(by_words) == {"路灯坏了", "排水沟堵了", "办补贴"}
    assert by_words["排水沟堵了"]["满意度"] == "基本满意"
    assert (by_words["路灯坏了"]["承办人"], by_words["路灯坏了"]["满意度"]) == ("", "")
    with clock.stopped_at("2027-01-05T10:00"):
        _, january = sheet(town.jinxing, tmp_path, Month.parse("2027-01"))
    assert {row["内容"] for row in january} == {"路灯坏了", "办补贴"}, "what is not finished goes on"


def test_a_neighbour_finds_nothing_of_it_and_the_number_of_questions_is_the_same_for_many(
    town, november, matter, tmp_path
):
    assert sheet(town.jinxing, tmp_path, actor=town.neighbour)[1] == []
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            sheet(town.jinxing, tmp_path)
        counts.append(len(asked))
        for number in range(15):
            matter(f"第 {number} 件")
    assert counts[0] == counts[1]


def test_text_that_looks_like_a_formula_stays_text(town, matter, tmp_path):
    matter("=1+1")
    assert sheet(town.jinxing, tmp_path)[1][0]["内容"] == "=1+1"


def test_what_is_written_into_a_sealed_month_is_told_with_who_and_when(db):
    with clock.stopped_at("2026-11-03T09:30"):
        cast = make_town_that_owes()
    with clock.stopped_at("2026-10-20T10:00"):
        told = services.open_matter(
            actor=cast.worker, uuid=uuid.uuid4(), source="walk_in", words="路灯坏了", household=cast.zhang
        ).matter
        services.accept(actor=cast.leader, matter=told)
    with clock.stopped_at("2026-11-03T09:30"):
        submit(cast)
        row = seal(cast)
        assert found(row, "群众诉求清单台账") == []
    with clock.stopped_at("2026-11-10T15:20"):
        services.answer(
            actor=cast.leader, matter=Matter.objects.get(), words="修好了", answered_on=dt.date(2026, 10, 30)
        )
        differences = found(row, "群众诉求清单台账")
    assert {(each.who, each.when) for each in differences} == {("周长", "2026-11-10 15:20")}
    assert {each.column for each in differences} >= {"办理结果", "反馈群众日期", "流转记录"}
