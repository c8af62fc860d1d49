"""A village on the live server, with everything owed written down, and a worker who has the phone in her hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.hand import Hand
from tests.browser.offline import Phone
from tests.people import Town, make_town_that_owes


@pytest.fixture
def town(live_server: Any) -> Town:
    """The cast; what is owed is filled from September 2026 to today."""
    return make_town_that_owes()


@pytest.fixture
def phone_of(page_phone: Any, sign_in: Callable[..., None]) -> Callable[..., Hand]:
    """`phone_of(user, "#/todo")`: the phone in this person's hand, at this address."""

    def hold(user: Any, place: str = "") -> Hand:
        sign_in(page_phone, user)
        page_phone.goto(f"/v/{place}")
        page_phone.locator("main").wait_for()
        return Hand(page_phone)

    return hold


@pytest.fixture
def keeping(
    page_phone: Any, sign_in: Callable[..., None], expected_complaints: list[str]
) -> Callable[..., Phone]:
    """`keeping(user, "#/todo")`: a phone that keeps a pack and an outbox, in this person's hand."""
    # Who is signed in, and what she may, changes under the page's hands in these tests. Whether it asks just before or
    # just after is a matter of milliseconds; being refused is an answer, and Chromium writes it down as an error.
    expected_complaints += ["401 (Unauthorized)", "403 (Forbidden)"]

    def hold(user: Any, place: str = "") -> Phone:
        sign_in(page_phone, user)
        page_phone.goto(f"/v/{place}")
        page_phone.locator("main").wait_for()
        return Phone(page_phone)

    return hold
