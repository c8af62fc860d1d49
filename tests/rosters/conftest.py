"""The cast's town, for tests of who may bring in what."""

import pytest

from tests.people import Town, make_town_of_two


@pytest.fixture
def town(db: None) -> Town:
    return make_town_of_two()
