"""The shopkeeper's counter: three taps after the scan, nothing spent twice, and a sentence where something is wrong."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from points import counter, services, shop_views
from points.models import Goods, PointCard, Redemption, Shop, Shopkeeper
from tests.factor import client_of
from tests.pages import stands
from tests.people import POSTED
from tests.points.market import PIN, Market

pytestmark = pytest.mark.django_db
START = reverse("shops:start")


@pytest.fixture
def rich(market: Market) -> Market:
    """The market, and 张三丰 has 25 points and a card."""
    market.posted(item=market.blood)
    market.posted()
    market.card()
    return market


@pytest.fixture
def keeper(rich: Market) -> Client:
    return client_of(rich.keeper)


def laid(client: Client, code: str) -> str:
    """The address of the goods page after the card was scanned."""
    answer = client.post(START, {"code": code})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def chosen(market: Market, number: int = 1, pin: str = PIN, **more: Any) -> dict[str, Any]:
    soap = market.soap
    return {f"n-{soap.pk}": str(number), f"p-{soap.pk}": str(soap.points), "pin": pin} | more


def text_of(answer: Any) -> str:
    return re.sub(r"<[^>]*>", "", answer.content.decode())


# --- the way through ------------------------------------------------------------------------------------------------


def test_a_shopkeeper_who_signs_in_lands_at_his_counter(keeper: Client, rich: Market) -> None:
    for agent in ("Mozilla/5.0 (Linux; Android 12) Mobile", "Mozilla/5.0 (Windows NT 10.0)"):
        assert keeper.get(reverse("home"), headers={"user-agent": agent}).url == START
    assert client_of(rich.cadre).get(reverse("home")).url == reverse("desk")


def test_from_the_card_to_the_goods_and_back_for_the_next_one(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    page = text_of(keeper.get(goods))
    assert "张*丰 家" in page
    assert "可用 25 分" in page
    assert "张三丰" not in page
    answer = keeper.post(goods, chosen(rich), follow=True)
    page = text_of(answer)
    made = Redemption.objects.get()
    assert "兑换好了，给东西吧" in page
    assert made.number in page
    assert "剩余13 分" in page
    start = text_of(keeper.get(START))
    assert "1 笔，12 分" in start
    assert "洗衣粉 1 袋" in start


def test_the_number_on_the_card_serves_as_well(keeper: Client, rich: Market) -> None:
    number = PointCard.objects.get(household=rich.town.zhang).number
    assert keeper.post(laid(keeper, number), chosen(rich)).url.endswith("/done/")


def test_what_one_cannot_have_says_how_much_is_missing(keeper: Client, rich: Market) -> None:
    Goods.objects.create(shop=rich.shop, name="菜籽油", unit="桶", points=32)
    assert "32 分 · 差 7 分" in text_of(keeper.get(laid(keeper, rich.card())))


def test_the_pin_is_asked_only_where_the_villages_rule_asks_for_it(keeper: Client, rich: Market) -> None:
    page = keeper.get(laid(keeper, rich.card())).content.decode()
    field = re.search(r'<input[^>]*name="pin"[^>]*>', page)
    assert field
    assert 'inputmode="numeric"' in field.group()
    assert 'autocomplete="off"' in field.group()
    voucher = services.write_voucher(
        actor=rich.town.secretary, household=rich.town.zhang, points=12, last=clock.today()
    )
    assert 'name="pin"' not in keeper.get(laid(keeper, voucher.code)).content.decode()


def test_a_paper_slip_buys_once_and_no_more_than_it_says(keeper: Client, rich: Market) -> None:
    slip = services.write_voucher(
        actor=rich.town.secretary, household=rich.town.zhang, points=12, last=clock.today()
    )
    goods = laid(keeper, slip.code)
    assert "最多 12 分" in text_of(keeper.get(goods))
    assert keeper.post(goods, chosen(rich, pin="")).url.endswith("/done/")
    assert "用过了" in text_of(keeper.post(START, {"code": slip.code}))


# --- sent again -------------------------------------------------------------------------------------------------------


def test_the_button_pressed_again_after_a_lost_answer_costs_nothing_more(
    keeper: Client, rich: Market
) -> None:
    goods = laid(keeper, rich.card())
    first, again = (keeper.post(goods, chosen(rich)) for _ in "12")
    assert first.url == again.url == f"{goods}done/"
    assert Redemption.objects.count() == 1
    assert services.balance_of(rich.town.zhang) == 13
    assert keeper.get(goods).url == f"{goods}done/"


def test_and_says_so_if_something_else_was_chosen_meanwhile(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    keeper.post(goods, chosen(rich))
    answer = keeper.post(goods, chosen(rich, 2), follow=True)
    assert "编号已用过" in text_of(answer)
    assert answer.redirect_chain[-1][0] == f"{goods}done/"
    assert Redemption.objects.count() == 1


def test_long_after_it_a_retry_still_finds_what_was_done(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    keeper.post(goods, chosen(rich))
    with clock.stopped_at(clock.now() + 2 * counter.KEPT):
        assert keeper.post(goods, chosen(rich)).url == f"{goods}done/"


def test_the_pages_script_is_told_where_to_go(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    answer = keeper.post(goods, chosen(rich), headers={"accept": "application/json"})
    assert answer.json() == {"go": f"{goods}done/"}


def test_a_card_that_lies_there_too_long_is_scanned_again(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    with clock.stopped_at(clock.now() + counter.KEPT + dt.timedelta(seconds=1)):
        answer = keeper.post(goods, chosen(rich), follow=True)
    assert "再扫一次。分没有动" in text_of(answer)
    assert not Redemption.objects.exists()


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_wrong_pin_counts_down_and_keeps_what_was_chosen(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    for left in (4, 3, 2, 1):
        answer = keeper.post(goods, chosen(rich, pin="9999"))
        assert answer.status_code == 422
        assert f"还能试 {left} 次" in text_of(answer)
        assert f'name="n-{rich.soap.pk}" value="1"' in answer.content.decode()
        assert not stands("9999", answer.content.decode())
    answer = keeper.post(goods, chosen(rich, pin="9999"), follow=True)
    assert "这张卡锁了" in text_of(answer)
    assert "这张卡锁了" in text_of(keeper.post(START, {"code": rich.card()}))
    assert services.balance_of(rich.town.zhang) == 25


def test_stock_that_runs_out_between_two_clicks_is_said_at_the_goods(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    Goods.objects.filter(pk=rich.soap.pk).update(stock=1)
    answer = keeper.post(goods, chosen(rich, 2))
    assert answer.status_code == 422
    page = text_of(answer)
    assert "洗衣粉只剩 1 袋" in page
    assert "分没有动" in page
    assert "剩 1 袋" in page


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_spent(
    keeper: Client, rich: Market
) -> None:
    goods = laid(keeper, rich.card())
    Goods.objects.filter(pk=rich.soap.pk).update(points=14)
    answer = keeper.post(goods, chosen(rich))
    assert "现在一共 14 分" in text_of(answer)
    assert f'name="p-{rich.soap.pk}" value="14"' in answer.content.decode()


def test_what_is_not_on_offer_any_more_is_named(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    Goods.objects.filter(pk=rich.soap.pk).update(offered=False)
    assert "洗衣粉不换了" in text_of(keeper.post(goods, chosen(rich)))


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"n": ""}, "选要换的东西"), ({"n": "一"}, "件数写数字"), ({"n": "3"}, "现有 25 分，要 36 分")],
)
def test_what_cannot_be_is_said_in_a_sentence(
    keeper: Client, rich: Market, sent: dict[str, str], said: str
) -> None:
    goods = laid(keeper, rich.card())
    answer = keeper.post(goods, chosen(rich) | {f"n-{rich.soap.pk}": sent["n"]})
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_without_a_script_one_may_ask_what_it_would_cost(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    page = text_of(keeper.post(goods, chosen(rich, 2) | {"count": "1"}))
    assert "24 分兑后剩 1 分" in page
    assert not Redemption.objects.exists()


@pytest.mark.parametrize(
    ("code", "said"), [("", "先扫卡"), ("123456", "没有这张卡"), ("x" * 300, "没有这张卡")]
)
def test_what_is_no_card_is_said_at_the_field(keeper: Client, code: str, said: str) -> None:
    answer = keeper.post(START, {"code": code})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'aria-invalid="true"' in answer.content.decode()


def test_numbers_are_not_tried_one_after_the_other(
    keeper: Client, rich: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_views, "MOST_CARDS", 3)
    answers = [keeper.post(START, {"code": f"{number:06d}"}) for number in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    right = keeper.post(START, {"code": rich.card()})
    assert right.status_code == 429, "the right one would tell as much"
    assert "歇一会儿再来" in text_of(right)
    with clock.stopped_at(clock.now() + counter.KEPT):
        assert keeper.post(START, {"code": rich.card()}).status_code == 302


def test_a_card_of_another_village_says_nothing_of_whose_it_is(keeper: Client, rich: Market) -> None:
    made = services.issue_card(actor=rich.town.neighbour, household=rich.town.chen, pin=PIN)
    page = text_of(keeper.post(START, {"code": made.code}))
    assert "不是本村的" in page
    assert "陈" not in page.split("不是本村的")[0].split("输卡上")[-1]


# --- his own shop only ------------------------------------------------------------------------------------------------


def test_who_stands_behind_no_counter_is_told_whom_to_ask(rich: Market) -> None:
    other = rich.town.post("second", "金二店", "shopkeeper", rich.town.jinxing)
    client = client_of(other)
    assert "还不是哪家店的店员" in text_of(client.get(START))
    assert client.post(START, {"code": rich.card()}).status_code == 404
    assert client.get(reverse("shops:shelf")).status_code == 404


def test_what_another_shop_did_does_not_exist_here(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    keeper.post(goods, chosen(rich))
    made = Redemption.objects.get()
    stranger = rich.town.post("far", "桥店员", "shopkeeper", rich.town.qiaoji)
    shop = Shop.objects.create(territory=rich.town.qiaoji, name="桥集店", since=dt.date(2026, 9, 1))
    Shopkeeper.objects.create(shop=shop, officer=stranger.officer, since=POSTED)
    client = client_of(stranger)
    for name in ("done", "receipt"):
        assert client.get(reverse(f"shops:{name}", args=[made.uuid])).status_code == 404
    assert client.post(reverse("shops:undo", args=[made.uuid]), {"words": "拿错了"}).status_code == 404
    assert client.post(f"/shop/{made.uuid}/", chosen(rich), follow=True).redirect_chain[-1][0] == START
    assert client.get(START, {"shop": rich.shop.pk}).status_code == 404


def test_who_serves_two_shops_chooses_and_stays(keeper: Client, rich: Market) -> None:
    second = services.open_shop(actor=rich.town.secretary, village=rich.town.jinxing, name="卫生室")
    services.add_keeper(actor=rich.town.secretary, shop=second, officer=rich.keeper.officer)
    services.save_goods(actor=rich.town.secretary, goods=Goods(shop=second, name="体检", points=20))
    keeper.get(START, {"shop": second.pk})
    page = text_of(keeper.get(laid(keeper, rich.card())))
    assert "体检" in page
    assert "洗衣粉" not in page


def test_who_was_taken_from_the_counter_hands_nothing_out(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    services.end_keeper(actor=rich.town.secretary, keeper=Shopkeeper.objects.get())
    assert keeper.post(goods, chosen(rich)).status_code == 404
    assert not Redemption.objects.exists()


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_what_was_given_wrongly_is_taken_back_with_a_reason(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    keeper.post(goods, chosen(rich))
    undo = reverse("shops:undo", args=[Redemption.objects.get().uuid])
    answer = keeper.post(undo, {"words": " "})
    assert answer.status_code == 422
    assert "写一句为什么冲正" in text_of(answer)
    page = text_of(keeper.post(undo, {"words": "拿错了"}, follow=True))
    assert "这一笔冲正了" in page
    assert "拿错了" in page
    assert services.balance_of(rich.town.zhang) == 25
    assert "已经冲正过" in text_of(keeper.post(undo, {"words": "再来"}))


def test_the_slip_and_the_days_sheet_say_the_same(keeper: Client, rich: Market) -> None:
    goods = laid(keeper, rich.card())
    keeper.post(goods, chosen(rich))
    made = Redemption.objects.get()
    for page in (reverse("shops:receipt", args=[made.uuid]), reverse("shops:day")):
        shown = text_of(keeper.get(page))
        assert made.number in shown
        assert "洗衣粉" in shown
        assert "张三丰" not in shown
    assert keeper.get(reverse("shops:day"), {"day": "2026-11-24"}).status_code == 404
    assert keeper.get(reverse("shops:day"), {"day": "x"}).status_code == 404


def test_no_code_and_no_pin_stands_in_an_address_a_page_or_the_session(keeper: Client, rich: Market) -> None:
    code = rich.card()
    goods = laid(keeper, code)
    answers = [
        keeper.get(goods),
        keeper.post(goods, chosen(rich, pin="9999")),
        keeper.post(goods, chosen(rich)),
    ]
    answers.append(keeper.get(answers[-1].url))
    assert uuid.UUID(goods.split("/")[2])
    for answer in answers:
        assert code not in answer.wsgi_request.get_full_path() + answer.headers.get("Location", "")
        assert code not in answer.content.decode()
    kept = str(dict(keeper.session.items()))
    assert code not in kept
    assert not stands(PIN, kept)
