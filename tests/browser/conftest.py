"""A village on the live server, with everything owed written down, and a worker who has the phone in her hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.hand import Hand
from tests.people import Town, make_town_of_two
from visits import services


@pytest.fixture
def town(live_server: Any) -> Town:
    """The cast; what is owed is filled from September 2026 to today."""
    cast = make_town_of_two()
    services.ensure_owed()
    return cast


@pytest.fixture
def phone_of(page_phone: Any, sign_in: Callable[..., None]) -> Callable[..., Hand]:
    """`phone_of(user, "#/todo")`: the phone in this person's hand, at this address."""

    def hold(user: Any, place: str = "") -> Hand:
        sign_in(page_phone, user)
        page_phone.goto(f"/v/{place}")
        page_phone.locator("main").wait_for()
        return Hand(page_phone)

    return hold
