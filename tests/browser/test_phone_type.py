"""The size of the type, chosen under 我的 with one tap, kept on this phone and nowhere else."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hand import Hand
from tests.people import Town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_tap_makes_the_type_larger_and_it_stays_on_this_phone(
    town: Town, phone_of: Callable[..., Hand]
) -> None:
    def height(part: str) -> float:
        return float(
            hand.page.locator(part).first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
        )

    hand = phone_of(town.worker, "#/me")
    expect(hand.pill("特大")).to_be_visible()
    before = height("h1")
    hand.tap(hand.pill("特大"))
    assert hand.taps == 1
    assert height("h1") == pytest.approx(before * 1.4)
    hand.page.reload()
    expect(hand.page.get_by_role("radio", name="特大")).to_be_checked()
    assert height("h1") == pytest.approx(before * 1.4)
    kept: dict[str, Any] = hand.page.evaluate("({...localStorage})")
    assert kept == {"type": "largest"}
