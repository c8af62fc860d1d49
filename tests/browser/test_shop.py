"""Behind the counter, phone in hand: three taps after the scan, and no point is spent that nobody knows of."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from points import services
from points.models import Activity, Attendance, Goods, PointCard, Redemption
from tests.browser.hand import Hand
from tests.points.market import PIN, Market, make_market

MOST_TAPS = 3  # after the scan; the four digits are the villager's
# A camera that shows a card, and a browser that can read it: both are the phone's, and no test machine has them.
CAMERA = """code => {
    window.BarcodeDetector = class { async detect() { return [{rawValue: code}]; } };
    navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream();
    HTMLMediaElement.prototype.play = async () => {};
}"""
NO_CAMERA = "delete window.BarcodeDetector;"


@pytest.fixture
def market(town: Any) -> Market:
    """张三丰 has 25 points and a card; more goods than fit on a screen."""
    made = make_market(town)
    made.posted(item=made.blood)
    made.posted()
    made.card()
    for name, points in (("毛巾", 5), ("食盐 400 克", 2), ("菜籽油 5 升", 65), ("牙膏", 6), ("香皂", 4)):
        goods = Goods.objects.create(shop=made.shop, name=name, unit="件", points=points, low=5)
        services.take_in(actor=made.keeper, goods=goods, number=8)
    return made


@pytest.fixture
def hand(page_phone: Any, sign_in: Any, market: Market) -> Hand:
    """The shopkeeper's phone at his counter."""
    sign_in(page_phone, market.keeper)
    page_phone.add_init_script(f"({CAMERA})('{market.card()}')")
    page_phone.goto(reverse("shops:start"))
    return Hand(page_phone)


def chosen(hand: Hand) -> None:
    """Scanned, and one bag of 洗衣粉 chosen."""
    hand.page.locator("#scan").tap()
    hand.page.get_by_role("button", name="洗衣粉多一袋").wait_for()
    hand.tap(hand.page.get_by_role("button", name="洗衣粉多一袋"))


def go(hand: Hand) -> Any:
    return hand.page.locator("#go")


def test_from_the_scan_to_the_goods_in_three_taps(hand: Hand, market: Market) -> None:
    page = hand.page
    chosen(hand)
    expect(page.locator(".bar-text")).to_contain_text("12 分")
    expect(page.locator(".bar-text")).to_contain_text("兑后剩 13 分")
    expect(go(hand)).to_have_text("兑换 1 件")
    hand.taps += 1  # into the field of the PIN
    hand.type(page.locator("#pin"), PIN)
    assert page.locator("#pin").evaluate("field => field.scrollWidth <= field.clientWidth"), (
        "all four dots are seen"
    )
    hand.tap(go(hand))
    expect(page.locator("h1")).to_have_text("兑换好了，给东西吧")
    assert hand.taps <= MOST_TAPS, f"{hand.taps} taps"
    assert hand.typed == 4, "nothing but the PIN was typed"
    assert Redemption.objects.get().points == 12
    assert market.card() not in page.url
    page.get_by_role("link", name="下一位").tap()
    expect(page.locator(".rows")).to_contain_text("洗衣粉 1 袋")


def test_what_is_beyond_the_purse_cannot_be_pressed_and_says_why(hand: Hand) -> None:
    page = hand.page
    chosen(hand)
    oil = page.locator(".item", has_text="菜籽油")
    expect(oil).to_contain_text("差 52 分")
    expect(oil.get_by_role("button", name="多一")).to_be_disabled()
    hand.tap(page.get_by_role("button", name="洗衣粉多一袋"))
    expect(page.get_by_role("button", name="洗衣粉多一袋")).to_be_disabled()
    expect(page.locator(".item", has_text="毛巾")).to_contain_text("差 4 分")


def test_a_wrong_pin_is_said_at_its_place_and_the_choice_stays(
    hand: Hand, expected_complaints: list[str]
) -> None:
    expected_complaints.append("422")
    page = hand.page
    chosen(hand)
    page.locator("#pin").fill("9999")
    hand.tap(go(hand))
    expect(page.locator("#pin-bad")).to_contain_text("还能试 4 次")
    expect(page.locator("#pin")).to_be_focused()
    expect(page.locator("#pin")).to_have_value("")
    expect(go(hand)).to_have_text("兑换 1 件")
    page.locator("#pin").fill(PIN)
    hand.tap(go(hand))
    expect(page.locator("h1")).to_have_text("兑换好了，给东西吧")


def test_without_a_signal_nothing_is_sent_and_the_page_says_why(hand: Hand, market: Market) -> None:
    page = hand.page
    chosen(hand)
    page.locator("#pin").fill(PIN)
    page.context.set_offline(True)
    expect(page.locator("#no-signal")).to_contain_text("没有信号，现在不能兑换，分没有动")
    expect(page.locator("#no-signal")).to_contain_text("余额和货要当场查")
    hand.tap(go(hand))
    page.context.set_offline(False)
    expect(page.locator("#no-signal")).to_be_hidden()
    assert services.balance_of(market.town.zhang) == 25
    hand.tap(go(hand))
    expect(page.locator("h1")).to_have_text("兑换好了，给东西吧")


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_spent_twice(
    hand: Hand, market: Market, expected_complaints: list[str]
) -> None:
    expected_complaints += ["422", "ERR_FAILED"]
    page = hand.page
    chosen(hand)
    page.locator("#pin").fill("9999")
    hand.tap(go(hand))
    expect(page.locator("#pin-bad")).to_contain_text("密码不对")
    page.locator("#pin").fill(PIN)

    def lose(route: Any) -> None:
        route.fetch()  # the server has done it, and its answer never arrives
        route.abort()

    page.route("**/shop/*/", lose, times=1)
    hand.tap(go(hand))
    expect(page.locator("#no-signal")).to_contain_text("还不知道这一笔成没成，先别给东西")
    expect(page.locator("#pin-bad"), "what was wrong before is not said of this try").to_have_count(0)
    assert Redemption.objects.count() == 1
    hand.tap(go(hand))
    expect(page.locator("h1")).to_have_text("兑换好了，给东西吧")
    assert Redemption.objects.count() == 1
    assert services.balance_of(market.town.zhang) == 13


def test_pressed_twice_it_is_done_once(hand: Hand, market: Market) -> None:
    page = hand.page
    chosen(hand)
    page.locator("#pin").fill(PIN)
    go(hand).dblclick()
    expect(page.locator("h1")).to_have_text("兑换好了，给东西吧")
    assert services.balance_of(market.town.zhang) == 13


def test_where_nothing_scans_six_digits_do(page_phone: Any, sign_in: Any, market: Market) -> None:
    sign_in(page_phone, market.keeper)
    page_phone.add_init_script(NO_CAMERA)
    page_phone.goto(reverse("shops:start"))
    expect(page_phone.locator("#scan")).to_be_hidden()
    page_phone.locator("#code").fill(PointCard.objects.get(household=market.town.zhang).number)
    page_phone.keyboard.press("Enter")
    expect(page_phone.locator(".purse")).to_contain_text("张*丰 家")


def test_a_card_is_given_out_and_printed_once_at_the_desk(
    page_desk: Any, sign_in: Any, market: Market
) -> None:
    sign_in(page_desk, market.town.secretary)
    page_desk.goto(reverse("shops:card", args=[market.town.wang.pk]))
    for field in ("pin", "again"):
        page_desk.locator(f"#issue-{field}").fill("8642")
    page_desk.get_by_role("button", name="发卡，去打印").click()
    expect(page_desk.locator(".card6 svg.qr-code")).to_be_visible()
    expect(page_desk.locator(".card6")).not_to_contain_text("王大春")
    number = PointCard.objects.get(household=market.town.wang).number
    expect(page_desk.locator(".card6 .number")).to_contain_text(number)
    page_desk.get_by_role("link", name="打好了，回去").click()
    expect(page_desk.locator(".card6")).to_have_count(0)


def test_at_an_activity_a_card_is_scanned_and_its_household_has_come(
    page_phone: Any, sign_in: Any, market: Market
) -> None:
    activity = Activity(territory=market.town.jinxing, title="清塘", day=clock.today(), place="村口")
    activity = services.plan_activity(actor=market.town.secretary, activity=activity)
    sign_in(page_phone, market.town.worker)
    page_phone.add_init_script(f"({CAMERA})('https://hongji.example/k/{market.card()}/')")
    page_phone.goto(reverse("activities:activity", args=[activity.pk]))
    page_phone.locator("#scan").tap()
    expect(page_phone.get_by_text("张*丰 家签到了")).to_be_visible()
    assert Attendance.objects.get().household == market.town.zhang
