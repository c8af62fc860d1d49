"""The village's desk: shops and who stands in them, goods and prices, cards that are printed once, and what is owed."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.periods import Month
from grids.models import Officer
from points import services
from points.models import Goods, PointCard, Redemption, Shop, Shopkeeper, Statement, Voucher
from tests.factor import client_of
from tests.points.market import PIN, Market
from tests.points.test_shop_counter import text_of

pytestmark = pytest.mark.django_db
NOVEMBER = Month.of(dt.date(2026, 11, 1))


@pytest.fixture
def desk(market: Market) -> Client:
    """The secretary at the office PC."""
    return client_of(market.town.secretary)


def to(name: str, *parts: Any) -> str:
    return reverse(f"shops:{name}", args=parts)


# --- shops -----------------------------------------------------------------------------------------------------------


def test_a_shop_is_opened_and_gets_its_keeper_and_goods(desk: Client, market: Market) -> None:
    answer = desk.post(to("new_shop"), {"name": "卫生室", "address": "村部"}, follow=True)
    assert "卫生室开好了" in text_of(answer)
    shop = Shop.objects.get(name="卫生室")
    assert shop.territory == market.town.jinxing
    officer = Officer.objects.get(user=market.keeper)
    page = text_of(desk.post(to("add_keeper", shop.pk), {"officer": officer.pk}, follow=True))
    assert "金店员现在是卫生室的店员" in page
    goods = {"name": "体检", "unit": "次", "points": "20", "low": "0", "position": "0", "offered": "on"}
    assert "体检上了，20 分一次" in text_of(desk.post(to("add_goods", shop.pk), goods, follow=True))
    assert Goods.objects.get(shop=shop).stock is None


def test_a_name_that_is_taken_is_said_and_nothing_typed_is_lost(desk: Client, market: Market) -> None:
    answer = desk.post(to("new_shop"), {"name": market.shop.name, "address": "村口大槐树"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "村里已有这个店名" in page
    assert "村口大槐树" in page


def test_only_who_holds_the_post_stands_behind_the_counter(desk: Client, market: Market) -> None:
    worker = Officer.objects.get(user=market.town.worker)
    with pytest.raises(ValidationError, match="不是这个村的爱心超市店员"):
        services.add_keeper(actor=market.town.secretary, shop=market.shop, officer=worker)
    answer = desk.post(to("add_keeper", market.shop.pk), {"officer": worker.pk})
    assert answer.status_code == 422
    assert "选一位店员" in text_of(answer)


def test_a_keeper_who_goes_serves_no_more_and_the_others_do(desk: Client, market: Market) -> None:
    keeper = Shopkeeper.objects.get()
    desk.post(to("end_keeper", keeper.pk))
    assert not Shop.objects.served_by(market.keeper).exists()
    keeper.refresh_from_db()
    assert keeper.until == dt.date(2026, 11, 22)


def test_the_neighbour_has_no_hand_in_it(market: Market) -> None:
    neighbour = market.town.neighbour
    with pytest.raises(PermissionDenied):
        services.open_shop(actor=neighbour, village=market.town.jinxing, name="二店")
    with pytest.raises(PermissionDenied):
        services.save_goods(actor=neighbour, goods=market.soap)
    with pytest.raises(PermissionDenied):
        services.change_shop(actor=neighbour, shop=market.shop, name="别的店", address="")


def test_a_price_is_changed_for_what_comes_and_not_for_what_was(desk: Client, market: Market) -> None:
    market.posted(item=market.blood)
    made = market.redeem().redemption
    facts = {"name": "洗衣粉", "unit": "袋", "points": "15", "low": "9", "position": "0", "offered": "on"}
    assert "改好了" in text_of(desk.post(to("desk_goods", market.soap.pk), facts, follow=True))
    market.soap.refresh_from_db()
    assert (market.soap.points, market.soap.stock) == (15, 9)
    assert made.lines.get().each == 12
    page = text_of(desk.get(to("shop", market.shop.pk)))
    assert "15 分一袋" in page
    assert "快没了" in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [("points", "0", "填 1 到 100000 分"), ("points", "十", "写数字"), ("name", "", "这一格要填")],
)
def test_what_is_wrong_with_goods_is_said_at_its_field(
    desk: Client, market: Market, field: str, typed: str, said: str
) -> None:
    facts = {"name": "毛巾", "unit": "条", "points": "5", "low": "0", "position": "0", "offered": "on"}
    answer = desk.post(to("add_goods", market.shop.pk), facts | {field: typed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Goods.objects.filter(name="毛巾").exists()


def test_what_is_stopped_is_not_on_the_counter(desk: Client, market: Market) -> None:
    facts = {"name": "洗衣粉", "unit": "袋", "points": "12", "low": "0", "position": "0"}
    desk.post(to("desk_goods", market.soap.pk), facts)
    assert list(Goods.objects.filter(shop=market.shop).offered()) == [market.bus]


def test_a_shop_with_goods_does_not_close_and_one_without_does(desk: Client, market: Market) -> None:
    answer = desk.post(to("close", market.shop.pk))
    assert answer.status_code == 422
    assert "店里还有货：洗衣粉 10 袋" in text_of(answer)
    stock = {"do": "stock", "kind": "count", "number": "0", "words": "送敬老院"}
    desk.post(to("desk_goods", market.soap.pk), stock)
    assert "货和账都清了" in text_of(desk.post(to("close", market.shop.pk), follow=True))
    with pytest.raises(ValidationError, match="已经停了"):
        services.save_goods(actor=market.town.secretary, goods=market.soap)


# --- the shelf, by the shopkeeper ------------------------------------------------------------------------------------


def test_the_shopkeeper_keeps_his_shelf(market: Market) -> None:
    keeper, page = client_of(market.keeper), to("shelf_goods", market.soap.pk)
    keeper.post(page, {"kind": "intake", "number": "5", "words": "镇上进的"})
    keeper.post(page, {"kind": "count", "number": "14"})
    answer = keeper.post(page, {"kind": "write_off", "number": "1"})
    assert answer.status_code == 422
    assert "写一句为什么报损" in text_of(answer)
    market.soap.refresh_from_db()
    assert market.soap.stock == 14
    Goods.objects.filter(pk=market.soap.pk).update(low=20)
    assert "该进货了" in text_of(keeper.get(to("shelf")))
    assert keeper.post(page, {"kind": "intake", "number": "一"}).status_code == 422
    assert client_of(market.town.neighbour).get(page).status_code == 403


# --- the month -------------------------------------------------------------------------------------------------------


@pytest.fixture
def sold(market: Market) -> Market:
    """November: soap and bus tickets, a soap that was taken back; it is December now."""
    market.posted(item=market.blood)
    for _ in range(8):
        market.posted()
    market.redeem()
    market.redeem(market.bus)
    services.undo(actor=market.keeper, redemption=market.redeem().redemption, words="拿错了")
    return market


def test_thing_by_thing_a_month_adds_up_to_its_statement(sold: Market) -> None:
    things = services.sold(sold.shop, NOVEMBER)
    assert [(each.name, each.number, each.points) for each in things] == [
        ("乘公交 10 次", 1, 20),
        ("洗衣粉", 1, 12),
    ]
    assert sum(each.points for each in things) == services.counted(sold.shop, NOVEMBER).points


def test_what_is_taken_back_in_the_next_month_comes_off_that_one(sold: Market) -> None:
    last = Redemption.objects.standing().latest("pk")
    with clock.stopped_at("2026-12-01T09:00"):
        services.undo(actor=sold.town.secretary, redemption=last, words="车没来")
        december = Month.of(clock.today())
        assert services.sold(sold.shop, NOVEMBER)[0].points == 20
        assert [each.points for each in services.sold(sold.shop, december)] == [-20]
        assert services.counted(sold.shop, december).points == -20


def test_the_statement_is_made_signed_by_both_and_paid(sold: Market) -> None:
    with clock.stopped_at("2026-12-01T09:00"):
        desk, keeper = client_of(sold.town.secretary), client_of(sold.keeper)
        page = text_of(desk.post(to("make_statement", sold.shop.pk), {"month": "2026-11"}, follow=True))
        assert "2 笔，32 分，32.00 元" in page
        statement = Statement.objects.get()
        desk.post(to("sign", statement.pk))
        assert "付了 32.00 元" not in text_of(desk.get(to("shop", sold.shop.pk)))
        assert "数对，确认" in text_of(keeper.get(to("statements")))
        keeper.post(to("sign", statement.pk))
        answer = desk.post(to("pay", statement.pk), {"day": "2026-11-30"})
        assert answer.status_code == 422
        assert "填这个月过完以后" in text_of(answer)
        assert "日期写成 2026-11-23 这样" in text_of(desk.post(to("pay", statement.pk), {"day": "昨天"}))
        desk.post(to("pay", statement.pk), {"day": "2026-12-01"})
        assert "已经付过" in text_of(desk.post(to("pay", statement.pk), {"day": "2026-12-01"}))
        for reader in (desk, keeper):
            paper = text_of(reader.get(to("statement_paper", statement.pk)))
            assert "金星村新风爱心超市商超结算单" in paper
            assert "合计（2笔，冲正的已减去）32" in re.sub(r"\s", "", paper)
            assert "（2026年12月1日）" in paper
        assert client_of(sold.town.neighbour).get(to("statement_paper", statement.pk)).status_code == 404
        assert "12月1日付了" in text_of(keeper.get(to("statements")))
    assert not list(services.faults())


def test_a_month_that_was_forgotten_comes_before_the_next(sold: Market) -> None:
    with clock.stopped_at("2027-01-02T09:00"):
        desk = client_of(sold.town.secretary)
        for month in ("2026年9月", "2026年10月", "2026年11月", "2026年12月"):
            page = desk.get(to("shop", sold.shop.pk)).content.decode()
            assert f"出{month}的结算单" in page
            value = re.search(r'name="month" value="([^"]*)"', page)
            assert value
            desk.post(to("make_statement", sold.shop.pk), {"month": value[1]})
        assert "还没有出" not in text_of(desk.get(to("shop", sold.shop.pk)))
    assert [each.points for each in Statement.objects.order_by("month")] == [0, 0, 32, 0]


def test_after_its_day_the_village_takes_a_redemption_back(sold: Market) -> None:
    made = Redemption.objects.standing().earliest("pk")
    with clock.stopped_at("2026-11-24T09:00"):
        desk = client_of(sold.town.secretary)
        assert "过了当天的" in text_of(client_of(sold.keeper).get(to("done", made.uuid)))
        assert "写一句为什么冲正" in text_of(desk.post(to("desk_undo", made.pk)))
        assert "冲正了，12 分退回去了" in text_of(
            desk.post(to("desk_undo", made.pk), {"words": "坏的"}, follow=True)
        )


# --- cards -----------------------------------------------------------------------------------------------------------


def test_a_card_is_printed_once_and_does_not_say_whose_it_is(desk: Client, market: Market) -> None:
    home = market.town.zhang
    answer = desk.post(to("issue", home.pk), {"pin": PIN, "again": PIN})
    page = answer.content.decode()
    card = PointCard.objects.get()
    assert "<svg" in page
    assert card.number in page
    paper = page.split("<main")[1]
    assert "张三丰" not in paper
    assert "060001" not in paper
    again = desk.get(to("card", home.pk)).content.decode()
    assert card.number in again
    assert "qr-code" not in again
    assert desk.get(to("issue", home.pk)).status_code == 405


@pytest.mark.parametrize(
    ("pin", "again", "said"),
    [("2580", "2581", "两次输的不一样"), ("1234", "1234", "太好猜"), ("25", "25", "4 位数字")],
)
def test_a_pin_that_will_not_do_is_said_and_never_shown_again(
    desk: Client, market: Market, pin: str, again: str, said: str
) -> None:
    answer = desk.post(to("issue", market.town.zhang.pk), {"pin": pin, "again": again})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert f'value="{pin}"' not in answer.content.decode()
    assert not PointCard.objects.exists()


def test_a_locked_card_is_found_and_opens_with_a_new_pin(desk: Client, market: Market) -> None:
    market.posted(item=market.blood)
    market.card()
    card = PointCard.objects.get()
    PointCard.objects.update(wrong=5)
    assert "张三丰" in text_of(desk.get(to("cards"), {"card": "locked"}))
    assert "密码改好了" in text_of(
        desk.post(to("set_pin", card.pk), {"pin": "8642", "again": "8642"}, follow=True)
    )
    assert market.redeem(pin="8642").created


def test_a_lost_card_is_made_worthless_with_a_reason(desk: Client, market: Market) -> None:
    code = market.card()
    card = PointCard.objects.get()
    assert "写一句为什么作废" in text_of(desk.post(to("revoke", card.pk)))
    assert "卡作废了" in text_of(desk.post(to("revoke", card.pk), {"why": "丢了"}, follow=True))
    with pytest.raises(ValidationError, match="没有这张卡"):
        services.shown(code)
    assert "已经作废" in text_of(desk.post(to("revoke", card.pk), {"why": "丢了"}))


def test_a_slip_is_written_printed_once_and_cancelled(desk: Client, market: Market) -> None:
    market.posted(item=market.blood)
    home = market.town.zhang.pk
    wrong = desk.post(to("write_voucher", home), {"points": "21", "last": "2026-11-25"})
    assert "填 1 到 20 分" in text_of(wrong)
    assert 'value="2026-11-25"' in wrong.content.decode()
    assert "有效期从今天起" in text_of(
        desk.post(to("write_voucher", home), {"points": "9", "last": "2027-11-25"})
    )
    assert "写数字" in text_of(desk.post(to("write_voucher", home), {"points": "", "last": ""}))
    page = desk.post(to("write_voucher", home), {"points": "9", "last": "2026-11-25"}).content.decode()
    assert "最多兑 9 分" in page
    assert "qr-code" in page
    voucher = Voucher.objects.get()
    assert "作废了" in text_of(desk.post(to("cancel_voucher", voucher.pk), follow=True))
    assert "已经作废" in text_of(desk.post(to("cancel_voucher", voucher.pk)))


@pytest.mark.parametrize(
    ("press", "typed", "model", "told"),
    [
        ("issue", {"pin": "2580", "again": "2580"}, PointCard, "没有再发"),
        ("write_voucher", {"points": "9", "last": "2026-11-25"}, Voucher, "没有再开"),
    ],
)
def test_what_is_printed_once_is_not_made_again_by_sending_the_page_again(
    desk: Client, market: Market, press: str, typed: dict[str, str], model: Any, told: str
) -> None:
    market.posted(item=market.blood)
    home = market.town.zhang.pk

    def as_drawn() -> dict[str, str]:
        page = desk.get(to("card", home)).content.decode()
        form = page[page.index(to(press, home)) :]
        return typed | {"newest": re.search(r'name="newest" value="(\d+)"', form)[1]}

    first = as_drawn()
    assert "qr-code" in desk.post(to(press, home), first).content.decode()
    again = desk.post(to(press, home), first)
    assert again.status_code == 422
    assert told in text_of(again)
    assert model.objects.count() == 1
    assert "qr-code" in desk.post(to(press, home), as_drawn()).content.decode()
    assert model.objects.count() == 2


def test_households_are_found_by_name_and_number_within_ones_reach(desk: Client, market: Market) -> None:
    assert "王大春" in text_of(desk.get(to("cards"), {"q": "王"}))
    page = text_of(desk.get(to("cards"), {"q": "060001"}))
    assert "张三丰" in page
    assert "王大春" not in page
    assert "陈小军" not in text_of(desk.get(to("cards")))
    assert desk.get(to("card", market.town.chen.pk)).status_code == 404
    assert desk.get(to("cards"), {"card": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("who", "page"), [("secretary", "cards"), ("secretary", "shops"), ("keeper", "start")]
)
def test_a_list_costs_the_same_however_long_it_is(market: Market, who: str, page: str) -> None:
    market.posted(item=market.blood)
    client = client_of(market.keeper if who == "keeper" else market.town.secretary)

    def more(name: str) -> None:
        shop = services.open_shop(actor=market.town.secretary, village=market.town.jinxing, name=name)
        services.save_goods(actor=market.town.secretary, goods=Goods(shop=shop, name="体检", points=20))
        market.card(getattr(market.town, "wang" if name == "一" else "zhao"))
        salt = services.save_goods(
            actor=market.town.secretary, goods=Goods(shop=market.shop, name=name, points=1)
        )
        market.redeem(salt)

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(to(page)).status_code == 200
        return len(seen)

    cost()  # what a first answer does once
    more("一")
    before = cost()
    more("二")
    assert cost() == before
