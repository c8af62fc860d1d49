"""Who only ever opens the phone's first page learns there that she was reminded, and is one tap from what of."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import Notice
from accounts.notices.writing import tell
from core.periods import Month
from tests.browser.hand import Hand
from tests.people import Town
from visits.notices import STILL_OWED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST = "/v/"


def remind(*users: object) -> None:
    from accounts.notices import Call

    for number in range(2):
        calls = [Call(user.pk, 5, "您是金星村的人", FIRST) for user in users]
        tell(kind=STILL_OWED, month=Month.parse("2026-09").shift(number), whom="worker", calls=calls)


@pytest.mark.parametrize("who", ["worker", "supervisor", "nobody"])
def test_the_first_page_says_how_many_reminders_are_unread_and_one_tap_opens_them(
    town: Town, phone_of: Callable[..., Hand], who: str
) -> None:
    remind(town.everyone[who])
    hand = phone_of(town.everyone[who])
    told = hand.page.locator(".band", has_text="2 条提醒没看")
    expect(told).to_be_visible()
    hand.tap(told.get_by_role("link", name="去看"))
    hand.page.wait_for_url("**/me/notices/")
    assert hand.taps == 1

    Notice.objects.update(read_at="2026-11-01T08:00:00+08:00")
    hand.page.goto(FIRST)
    expect(hand.page.get_by_role("navigation", name="主菜单")).to_be_visible()
    expect(hand.page.get_by_text("条提醒没看")).to_have_count(0)


def test_mine_says_it_too(town: Town, phone_of: Callable[..., Hand]) -> None:
    remind(town.worker)
    hand = phone_of(town.worker, "#/me")
    expect(hand.page.get_by_role("link", name="提醒，2 条没看")).to_be_visible()
