"""The town of two on a Monday in November, with a market in one of its villages."""

from collections.abc import Iterator

import pytest

from core import clock
from tests.people import Town, make_town_of_two
from tests.points.market import PIN, Market, make_market

__all__ = ["PIN", "Market"]


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """The town of two on a Monday in November."""
    with clock.stopped_at("2026-11-23T09:30"):
        yield make_town_of_two()


@pytest.fixture
def market(town: Town) -> Market:
    return make_market(town)
