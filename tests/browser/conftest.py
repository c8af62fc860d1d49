"""A village on the live server, with everything owed written down, and a worker who has the phone in her hand."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from tests.browser.hand import Hand
from tests.people import Town, make_town_of_two
from visits import services

SEEDS = ("grids.migrations.0002_category_kinds", "visits.migrations.0002_cadences")


@pytest.fixture
def town(live_server: Any) -> Town:
    """The cast; what is owed is filled from September 2026 to today.

    The live server's tests empty the database after each, seeds included. Django's serialized_rollback does not bring
    them back once Playwright's loop runs in this thread: the connection is then another object than the one it marked.
    """
    for seed in SEEDS:
        import_module(seed).plant(apps, None)
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
