"""积分登记表, 积分兑换台账 and 商超结算单 of November, cell by cell; what is over stays as it was."""

import datetime as dt

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.ledger.keys import KEY_TITLE
from core.periods import Month
from core.scope import OPERATOR
from points import services
from points.models import Award, Shop, Statement
from tests.ledgers.months import found, seal, submit
from tests.people import make_town_that_owes
from tests.points.conftest import Market
from tests.points.market import make_market

NOVEMBER = Month.parse("2026-11")
AWARDS = (
    "序号 编号 户编号 户主 网格 组 申报日期 积分项目 事由 申报分 佐证 初审 复核 核定分 公示起止 异议及处理 入账日期"
    " 累计结余 状态 备注"
).split()
REDEMPTIONS = (
    "序号 兑换人 户编号 兑换物资 数量 单价 消耗积分 前后余额 兑换时间 商店 兑换码 经办人 状态 冲正单号 签字"
).split()
STATEMENTS = "村 商店 期间 笔数 分值 应付金额 已付 差额 双方签字".split()


def sheet(place, tmp_path, slug, month=NOVEMBER, actor=OPERATOR):
    """All cells, "" where there is nothing, row by row."""
    path = tmp_path / f"{slug}.xlsx"
    engine.get(slug).export(LedgerScope(actor, place, month, made_on=dt.date(2026, 12, 1)), path)
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return [["" if cell is None else cell for cell in row] for row in rows]


def lines(place, tmp_path, slug="points-awards", **more):
    """The rows by heading, below the one heading row whose titles are these."""
    titles = {"points-awards": AWARDS, "redemptions": REDEMPTIONS, "shop-statement": STATEMENTS}[slug]
    cells = sheet(place, tmp_path, slug, **more)
    head = next(number for number, row in enumerate(cells) if row[0] == titles[0])
    assert [title for title in cells[head] if title and title != KEY_TITLE] == titles
    rows = [dict(zip(titles, row, strict=False)) for row in cells[head + 1 :]]
    last = "双方签字" if slug == "shop-statement" else "户编号"
    return [row for row in rows if row[last]]


@pytest.fixture
def november(market: Market) -> Award:
    """One that hung out and is in the books, one that was objected to and refused, one that waits."""
    town = market.town
    done = market.decided(words="扫了村口")
    wrong = market.decided(town.wang, words="扫了塘边")
    notice = services.show(actor=town.secretary, village=town.jinxing, awards=[done, wrong])
    with clock.stopped_at("2026-11-24T10:00"):
        said = services.challenge(actor=town.leader, award=wrong, words="那天他不在家")
        services.answer_challenge(actor=market.cadre, challenge=said, upheld=True, words="问过了，是别人扫的")
        market.claim(town.li, market.hours, number=3, words="陪老人看病")
    with clock.stopped_at("2026-11-28T02:00"):
        services.post_due(notice.last + dt.timedelta(days=1))
    return Award.objects.get(pk=done.pk)


def test_the_register_is_this_one_cell_by_cell(market, november, tmp_path):
    done, wrong, waits = lines(market.town.jinxing, tmp_path)
    assert list(done.values()) == [
        1,
        november.number_said,
        "060001",
        "张三丰",
        "金星第一网格",
        "一组",
        dt.datetime(2026, 11, 23),
        "打扫公共地方",
        "扫了村口",
        5,
        "",
        "周长 11月23日",
        "金书记 11月23日",
        5,
        "2026-11-23 至 11-27",
        "",
        dt.datetime(2026, 11, 28),
        5,
        "已入账",
        "",
    ]
    assert wrong["异议及处理"] == "11月24日 那天他不在家（成立：问过了，是别人扫的）"
    assert (wrong["状态"], wrong["累计结余"]) == ("没通过：问过了，是别人扫的", "")
    assert (waits["序号"], waits["申报分"], waits["核定分"], waits["状态"]) == (3, 6, "", "待初审")


def test_what_comes_later_stands_in_the_month_it_comes_in_and_changes_none_before(market, november, tmp_path):
    before = lines(market.town.jinxing, tmp_path)
    with clock.stopped_at("2026-12-02T10:00"):
        services.reverse_award(actor=market.cadre, award=november, words="记错户了")
        market.posted(words="又扫了一回")
        assert lines(market.town.jinxing, tmp_path) == before
        december = lines(market.town.jinxing, tmp_path, month=NOVEMBER.next)
    told = {row["事由"]: (row["状态"], row["累计结余"]) for row in december}
    assert told == {
        "扫了村口": ("已冲正：记错户了", 5),
        "陪老人看病": ("待初审", ""),
        "又扫了一回": ("已入账", 5),
    }, "what is left is what the books wrote down then"


def test_a_notice_that_was_taken_down_is_still_told_of_the_month_in_which_it_hung(market, tmp_path):
    award = market.decided(item=market.hours, number=4)
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    before = lines(market.town.jinxing, tmp_path)
    assert before[0]["公示起止"] == "2026-11-23 至 11-27"
    with clock.stopped_at("2026-12-01T10:00"):
        said = services.challenge(actor=None, award=award, words="没有这么久")
        services.answer_challenge(actor=market.cadre, challenge=said, upheld=True, words="两小时", points=4)
        assert lines(market.town.jinxing, tmp_path) == before


def spend(market: Market) -> None:
    """30 points earned; soap and a ride on the 23rd, two soaps on the 24th, of which one redemption went back."""
    market.posted(item=market.blood)
    market.posted(item=market.hours, number=8)
    market.posted(item=market.hours, number=8, day=dt.date(2026, 11, 20), words="修路")
    market.redeem()
    with clock.stopped_at("2026-11-24T10:00"):
        given = market.redeem(number=2).redemption
        services.undo(actor=market.keeper, redemption=given, words="扫错卡了")


def test_the_counters_register_is_this_one_cell_by_cell_and_adds_up_to_the_statement(market, tmp_path):
    spend(market)
    soap, two, back = lines(market.town.jinxing, tmp_path, "redemptions")
    number = soap["兑换码"]
    assert number.startswith("DH-1123-")
    assert list(soap.values()) == [
        1, "张三丰", "060001", "洗衣粉", 1, 12, 12, "52 → 40", dt.datetime(2026, 11, 23, 9, 30), "金星店", number,
        "金店员", "已兑换", "", "",
    ]  # fmt: skip
    assert (two["数量"], two["消耗积分"], two["前后余额"], two["状态"]) == (
        2,
        24,
        "40 → 16",
        "已冲正：扫错卡了",
    )
    assert (back["数量"], back["消耗积分"], back["前后余额"], back["状态"]) == (
        -2,
        -24,
        "16 → 40",
        "冲正退回",
    )
    assert two["冲正单号"] == back["冲正单号"] != ""
    counted = services.counted(market.shop, NOVEMBER)
    assert sum(row["消耗积分"] for row in (soap, two, back)) == counted.points == 12


def test_what_goes_back_later_stands_in_its_own_month(market, tmp_path):
    market.posted(item=market.blood)
    given = market.redeem().redemption
    before = lines(market.town.jinxing, tmp_path, "redemptions")
    with clock.stopped_at("2026-12-02T10:00"):
        services.undo(actor=market.town.secretary, redemption=given, words="货是坏的")
        assert lines(market.town.jinxing, tmp_path, "redemptions") == before
        (back,) = lines(market.town.jinxing, tmp_path, "redemptions", month=NOVEMBER.next)
    assert (back["消耗积分"], back["兑换码"]) == (-12, before[0]["兑换码"])


def test_a_price_that_changes_changes_nothing_that_was_given_before(market, tmp_path):
    market.posted(item=market.blood)
    market.redeem()
    before = lines(market.town.jinxing, tmp_path, "redemptions")
    market.soap.points, market.soap.name = 15, "大袋洗衣粉"
    market.soap.save()
    assert lines(market.town.jinxing, tmp_path, "redemptions") == before


def test_the_statement_is_what_the_books_say_until_there_is_one_and_then_what_was_signed(market, tmp_path):
    spend(market)
    (before,) = lines(market.town.jinxing, tmp_path, "shop-statement")
    assert list(before.values()) == [
        "金星村", "金星店", "2026-11-01 至 11-30", 1, 12, 12, 0, 12, "还没出结算单",
    ]  # fmt: skip
    with clock.stopped_at("2026-12-02T10:00"):
        made = services.make_statement(actor=market.town.secretary, shop=market.shop, month=NOVEMBER)
        services.sign_statement(actor=market.keeper, statement=made)
        (half,) = lines(market.town.jinxing, tmp_path, "shop-statement")
        assert half["双方签字"] == "商店 金店员 12月2日；村里还没确认"
        services.sign_statement(actor=market.town.secretary, statement=made)
        services.pay_statement(actor=market.town.secretary, statement=made, day=dt.date(2026, 12, 2))
        (after,) = lines(market.town.jinxing, tmp_path, "shop-statement")
    assert (after["应付金额"], after["已付"], after["差额"]) == (12, 12, 0)


def test_a_neighbour_finds_nothing_and_many_cost_no_more_questions_than_one(market, tmp_path):
    town = market.town
    slugs = ("points-awards", "redemptions", "shop-statement")
    market.posted(item=market.blood)
    services.take_in(actor=market.keeper, goods=market.soap, number=20)
    market.redeem()
    for slug in slugs:
        assert lines(town.jinxing, tmp_path, slug, actor=town.neighbour) == []
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            for slug in slugs:
                sheet(town.town, tmp_path, slug)
        counts.append(len(asked))
        for number in range(6):
            market.posted(item=market.hours, number=8, words=f"第 {number} 回")
            market.redeem()
            Shop.objects.create(
                territory=town.jinxing, name=f"第{len(counts)}批{number}店", since=clock.today()
            )
    assert counts[0] == counts[1]


def test_a_statement_that_is_made_of_a_sealed_month_is_told_with_who_and_when(db):
    with clock.stopped_at("2026-10-12T09:30"):
        market = make_market(make_town_that_owes())
        market.posted(item=market.blood)
        market.redeem()
    with clock.stopped_at("2026-11-03T09:30"):
        submit(market.town)
        row = seal(market.town)
        assert found(row) == []
    with clock.stopped_at("2026-11-10T15:20"):
        services.make_statement(actor=market.town.secretary, shop=market.shop, month=Month.parse("2026-10"))
        services.sign_statement(actor=market.keeper, statement=Statement.objects.get())
        market.posted(item=market.hours, number=2, day=dt.date(2026, 10, 20))
        told = found(row)
    assert {each.ledger for each in told} == {"商超结算单"}, "no deed comes into a month that is over"
    assert {each.column for each in told} == {"双方签字"}
    assert "金书记" in told[0].who
    assert "结算单" in told[0].why


def test_each_cell_of_the_shops_ledgers_leads_to_the_shop(market):
    spend(market)
    scope = LedgerScope(OPERATOR, market.town.jinxing, NOVEMBER)
    page = reverse("shops:shop", args=[market.shop.pk])
    for slug in ("redemptions", "shop-statement"):
        ledger = engine.get(slug)
        traced = list(ledger.traced_rows(scope))
        assert [tuple(row) for row, _ in traced] == [tuple(row) for row in ledger.rows(scope)]
        assert all(origins == dict.fromkeys(origins, page) for _, origins in traced)
        assert set(traced[0][1]) == {column.name for column in ledger.exported}
        assert ledger.count(scope) == len(traced)


def test_each_cell_of_the_register_leads_to_its_award(market, november):
    ledger, scope = engine.get("points-awards"), LedgerScope(OPERATOR, market.town.jinxing, NOVEMBER)
    (_, origins), *_ = ledger.traced_rows(scope)
    page = reverse("points:award", args=[november.pk])
    assert origins == dict.fromkeys((column.name for column in ledger.exported), page)
