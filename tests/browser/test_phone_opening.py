"""The phone's pages on a bad day: parts that do not arrive, a browser too old, an address of nobody's household."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hand import Hand
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOST = "没有加载完，信号可能断了"
OLD = "这个浏览器太旧"


@pytest.mark.parametrize("part", ["main.js", "dom.js", "views/form.js"])
def test_a_part_that_does_not_arrive_is_told_as_a_lost_signal_and_the_button_loads_anew(
    town: Town,
    page_phone: Any,
    sign_in: Callable[..., None],
    expected_complaints: list[str],
    part: str,
) -> None:
    expected_complaints.append("ERR_")
    sign_in(page_phone, town.worker)
    page_phone.route(f"**/js/phone/{part}", lambda route: route.abort())
    page_phone.goto(f"/v/#/h/{town.zhang.pk}")

    expect(page_phone.get_by_text(LOST)).to_be_visible()
    expect(page_phone.get_by_text("正在打开")).to_be_hidden()
    expect(page_phone.get_by_text(OLD)).to_be_hidden()
    page_phone.unroute(f"**/js/phone/{part}")
    page_phone.get_by_role("button", name="再试一次", exact=True).tap()
    expect(page_phone.locator("h2", has_text="张三丰 家")).to_be_visible()


def test_when_no_script_at_all_arrives_the_words_come_by_themselves_and_the_button_still_works(
    town: Town, page_phone: Any, sign_in: Callable[..., None], expected_complaints: list[str]
) -> None:
    expected_complaints.append("ERR_")
    sign_in(page_phone, town.worker)
    page_phone.route("**/js/phone/**", lambda route: route.abort())
    page_phone.goto("/v/")

    expect(page_phone.get_by_text("正在打开")).to_be_visible()
    expect(page_phone.get_by_text(LOST)).to_be_hidden()
    page_phone.evaluate("document.getAnimations().forEach(each => each.finish())")
    expect(page_phone.get_by_text(LOST)).to_be_visible()
    page_phone.unroute("**/js/phone/**")
    page_phone.get_by_role("button", name="再试一次", exact=True).tap()
    expect(Hand(page_phone).row("张三丰")).to_be_visible()


@pytest.mark.parametrize(
    "missing", ["HTMLScriptElement.prototype.noModule", "Element.prototype.replaceChildren"]
)
def test_an_old_browser_is_told_that_it_is_old(
    page_phone: Any, expected_complaints: list[str], missing: str
) -> None:
    expected_complaints += ["replaceChildren", "ERR_", "401"]
    page_phone.add_init_script(f"delete {missing}")
    # A browser without modules would not run them; this one would.
    page_phone.route("**/js/phone/main.js", lambda route: route.abort())
    page_phone.goto("/v/")
    expect(page_phone.get_by_text(OLD)).to_be_visible()
    expect(page_phone.get_by_text(LOST)).to_be_hidden()
    expect(page_phone.get_by_text("正在打开")).to_be_hidden()


@pytest.mark.parametrize(
    "address", ["{foreign}", "{foreign}/change/birth", "987654321", "abc", "%E5%BC", "0"]
)
def test_an_address_of_no_household_of_hers_is_told_in_words_with_the_way_back_to_the_list(
    town: Town, phone_of: Callable[..., Hand], expected_complaints: list[str], address: str
) -> None:
    expected_complaints.append("404")
    hand = phone_of(town.worker, f"#/h/{address.format(foreign=town.chen.pk)}")
    expect(hand.page.locator("main")).to_contain_text("没有找到这一户")
    assert "陈小军" not in hand.page.content()
    hand.tap(hand.page.get_by_role("link", name="回名单"))
    expect(hand.row("张三丰")).to_be_visible()


def test_whom_to_visit_is_asked_with_who_it_is_while_the_pages_are_still_on_their_way(
    town: Town, page_phone: Any, sign_in: Callable[..., None]
) -> None:
    asked: list[str] = []
    held: list[Any] = []
    page_phone.on("request", lambda request: "/api/" in request.url and asked.append(request.url))
    page_phone.route("**/js/phone/views/due.js", lambda route: held.append(route))
    sign_in(page_phone, town.worker)
    with page_phone.expect_response("**/api/me/?with=due"):
        page_phone.goto("/v/", wait_until="commit")
    assert len(held) == 1, "the list itself has not come yet"
    held[0].continue_()
    expect(Hand(page_phone).row("张三丰")).to_be_visible()
    assert [url for url in asked if "/api/me/" in url or "/api/due/" in url] == asked[:1], asked


def test_a_household_tapped_before_its_page_has_come_opens_when_it_comes(
    town: Town, page_phone: Any, sign_in: Callable[..., None]
) -> None:
    held: list[Any] = []
    page_phone.route("**/js/phone/views/form.js", lambda route: held.append(route))
    sign_in(page_phone, town.worker)
    page_phone.goto("/v/")
    hand = Hand(page_phone)
    hand.tap(hand.row("张三丰"))
    expect(page_phone.get_by_text("正在打开")).to_be_visible()
    assert len(held) == 1
    held[0].continue_()
    expect(page_phone.locator("h2", has_text="张三丰 家")).to_be_visible()
    hand.tap(hand.save())
    expect(page_phone.locator("#toast")).to_contain_text("张三丰家")
