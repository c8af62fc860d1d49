"""What day it is on the phone: the town's, whatever the phone's clock and zone say, and the next one after midnight."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core import clock
from tests.browser.hand import Hand
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEXT_DAY = "24:00:00"


@pytest.fixture
def page(page_phone: Page) -> Page:
    """A phone whose clock stands years behind, at an address without HTTPS: where something is kept, twelve hours
    without the server end it all (test_offline_people.py)."""
    page_phone.add_init_script("Object.defineProperty(window, 'isSecureContext', {get: () => false})")
    page_phone.clock.install(time=dt.datetime(2020, 2, 3, 4, 5, tzinfo=dt.UTC))
    return page_phone


def a_day_passes(page: Page, complaints: list[str]) -> None:
    """On the phone only: the server, which would still say that it is today, is not reached."""
    complaints.append("ERR_FAILED")
    page.route("**/api/**", lambda route: route.abort())
    page.clock.fast_forward(NEXT_DAY)


def said(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"


def test_the_day_of_a_change_is_proposed_by_the_town_and_moves_on_after_midnight(
    town: Town, page: Page, sign_in: Callable[..., None], expected_complaints: list[str]
) -> None:
    sign_in(page, town.worker)
    page.goto(f"/v/#/h/{town.zhang.pk}/change/birth")
    day = page.locator("[name=happened_on]")
    today = clock.today()
    expect(day).to_have_value(today.isoformat())
    expect(day).to_have_attribute("max", today.isoformat())

    page.locator("[name='fact-name']").fill("张小宝")
    a_day_passes(page, expected_complaints)
    tomorrow = (today + dt.timedelta(1)).isoformat()
    expect(day).to_have_value(tomorrow)
    expect(day).to_have_attribute("max", tomorrow)
    expect(page.locator("[name='fact-name']")).to_have_value("张小宝")


def test_a_day_that_was_chosen_stays_over_midnight(
    town: Town, page: Page, sign_in: Callable[..., None], expected_complaints: list[str]
) -> None:
    sign_in(page, town.worker)
    page.goto(f"/v/#/h/{town.zhang.pk}/change/birth")
    day = page.locator("[name=happened_on]")
    today = clock.today()
    chosen = (today - dt.timedelta(3)).isoformat()
    day.fill(chosen)
    a_day_passes(page, expected_complaints)
    expect(day).to_have_attribute("max", (today + dt.timedelta(1)).isoformat())
    expect(day).to_have_value(chosen)


def test_a_visit_begun_yesterday_may_be_dated_today(
    town: Town, page: Page, sign_in: Callable[..., None], expected_complaints: list[str]
) -> None:
    sign_in(page, town.worker)
    page.goto("/v/")
    hand = Hand(page)
    hand.tap(hand.row("张三丰"))
    today = clock.today()
    expect(page.locator("[name=day]")).to_have_attribute("max", today.isoformat())
    hand.tap(hand.pill("人才"))
    hand.tap(page.get_by_role("link", name="返回"))
    a_day_passes(page, expected_complaints)
    hand.tap(hand.row("张三丰"))
    expect(page.locator("[name=day]")).to_have_attribute("max", (today + dt.timedelta(1)).isoformat())


def test_the_list_stands_under_the_towns_day(
    town: Town, page: Page, sign_in: Callable[..., None], expected_complaints: list[str]
) -> None:
    sign_in(page, town.worker)
    page.goto("/v/")
    today = clock.today()
    expect(page.locator(".top-sub")).to_contain_text(said(today))
    a_day_passes(page, expected_complaints)
    expect(page.locator(".top-sub")).to_contain_text(said(today + dt.timedelta(1)))
