"""Pages by key: nobody is shown twice or left out, forwards and backwards, whatever the key that was sent."""

import base64
from contextlib import suppress

import pytest

from core.paging import BadKey, Keyset
from grids.models import Household
from tests.people import Town, kept, make_town_of_two
from visits.models import Visit


@pytest.fixture
def town(db: None) -> Town:
    return kept("twelve more households", _with_twelve_more)


def _with_twelve_more() -> Town:
    town = make_town_of_two()
    for number in range(12):
        town.household(town.group1, f"新户{number}", number=f"0700{number:02d}")
    return town


@pytest.mark.parametrize(
    "order", [("number",), ("-number",), ("group__position", "number", "pk"), ("-group_id", "-pk")]
)
def test_all_pages_together_are_the_list(town: Town, order: tuple[str, ...]) -> None:
    rows = Household.objects.select_related("group")
    keyset = Keyset(*order, size=5)
    expected = list(rows.order_by(*order))
    seen, after, keys = [], None, []
    while True:
        page = keyset.page(rows, after)
        seen += page.rows
        keys.append(page)
        if page.after is None:
            break
        after = page.after
    assert seen == expected
    back = keyset.page(rows, before=keys[2].before)
    assert back.rows == keys[1].rows
    first = keyset.page(rows, before=keys[1].before)
    assert first.rows == keys[0].rows
    assert first.before is None


@pytest.mark.parametrize(
    "key", ["x", "====", "bnVsbA", "WzEsMl0", "W251bGxd", "e30", "W3RydWVd", "中文", "WyJcdTAwMDAiXQ"]
)
def test_a_key_that_is_not_ours_is_no_page(town: Town, key: str) -> None:
    with pytest.raises(BadKey):
        Keyset("pk", size=5).page(Household.objects.all(), key)


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("number", '["\\ud800"]'),
        ("pk", '["abc"]'),
        ("pk", '["1.5"]'),
        ("pk", "[1.5]"),
        ("pk", "[[1]]"),
        ("pk", "[" * 50_000),
        ("pk", "9" * 5000),
        ("since", "[5]"),
        ("since", '["2026-13-45"]'),
        ("group__position", '["\\ud83d"]'),
    ],
)
def test_a_key_of_another_type_or_with_half_a_character_is_no_page(town: Town, order: str, text: str) -> None:
    key = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for way in ("after", "before"):
        with pytest.raises(BadKey):
            Keyset(order, size=5).page(Household.objects.all(), **{way: key})


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "5"])
def test_a_moment_no_calendar_holds_is_no_fault(town: Town, moment: str) -> None:
    """PostgreSQL can compare with the year 1, SQLite's side refuses it: both are an answer."""
    key = base64.urlsafe_b64encode(f'["{moment}"]'.encode()).decode().rstrip("=")
    with suppress(BadKey):
        assert Keyset("received_at", size=5).page(Visit.objects.all(), key).rows == []


def test_a_page_costs_one_query_however_long_the_list(town: Town, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):
        Keyset("pk", size=5).page(Household.objects.all())


def test_an_order_that_goes_both_ways_is_refused_at_once():
    with pytest.raises(TypeError):
        Keyset("group_id", "-pk")
