"""Two tabs of one phone: who signs out or in on one page has left or come in on every page."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.offline import Hold, Phone
from tests.browser.test_offline_people import nothing_readable
from tests.people import PASSWORD, Town
from visits.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(town: Town, keeping: Hold, expected_complaints: list[str]) -> Phone:
    expected_complaints += ["ERR_", "401", "403", "404"]
    return keeping(town.worker).ready()


def leave_at_the_desk(phone: Phone) -> Any:
    """Signs out with the desk's button in a second tab, which it returns."""
    other = phone.page.context.new_page()
    other.goto("/desk/")
    other.locator("form[action='/logout/'] button").first.dispatch_event("click")
    expect(other.get_by_role("button", name="登录", exact=True)).to_be_visible()
    return other


def come_in_at_the_desk(page: Any, username: str) -> None:
    page.goto("/login/?next=/desk/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/desk/**")


def deaf(phone: Phone) -> None:
    """The tab hears nothing of the others, as one that the phone has put to sleep."""
    phone.page.add_init_script("delete globalThis.BroadcastChannel")
    phone.page.reload()
    phone.ready()


def test_leaving_on_a_desk_page_empties_the_list_in_the_other_tab(phone: Phone) -> None:
    leave_at_the_desk(phone)
    expect(phone.page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    expect(phone.row("张三丰")).to_have_count(0)
    nothing_readable(phone)


def test_a_tab_that_heard_nothing_opens_no_card_and_keeps_no_visit_once_another_has_left(
    phone: Phone, town: Town
) -> None:
    deaf(phone)
    phone.tap(phone.row("王大春"))
    expect(phone.save()).to_be_visible()
    other = leave_at_the_desk(phone)
    come_in_at_the_desk(other, "qiaoji")
    phone.tap(phone.save())
    expect(phone.page.get_by_text("没有找到这一户")).to_be_visible()
    expect(phone.page.get_by_text("王大春")).to_have_count(0)
    assert not Visit.objects.exists()
    nothing_readable(phone)


def test_somebody_else_who_signs_in_at_the_desk_is_alone_in_every_tab(phone: Phone, town: Town) -> None:
    phone.page.context.clear_cookies()
    other = phone.page.context.new_page()
    come_in_at_the_desk(other, "qiaoji")
    expect(phone.row("陈小军")).to_be_visible()
    expect(phone.row("张三丰")).to_have_count(0)
    nothing_readable(phone)


def test_a_sign_in_tried_without_a_signal_locks_nobody_out(phone: Phone) -> None:
    other = phone.page.context.new_page()
    phone.page.context.clear_cookies()
    other.goto("/login/?next=/v/")
    phone.signal(False)
    other.locator("[name=username]").fill("wanggeyuan")
    other.locator("[name=password]").fill(PASSWORD)
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other.locator("h1")).to_have_text("没有信号")
    other.goto("/v/")
    expect(Phone(other).row("张三丰")).to_be_visible()
