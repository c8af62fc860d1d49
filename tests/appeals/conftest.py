"""A Monday in November in the town of two, and matters of its households."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appeals import services
from appeals.models import Matter
from core import clock
from tests.people import Town, make_town_of_two

TODAY = "2026-11-23T09:30"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with clock.stopped_at(TODAY):
        yield make_town_of_two()


@pytest.fixture
def matter(town: Town) -> Callable[..., Matter]:
    """`matter(words, actor=…, household=…)`: registered by the worker for 张三丰, unless told otherwise."""

    def do(words: str = "路灯坏了三盏", *, actor: Any = None, **more: Any) -> Matter:
        said = {"source": "walk_in", "household": town.zhang, "field": "environment"} | more
        return services.open_matter(actor=actor or town.worker, uuid=uuid.uuid4(), words=words, **said).matter

    return do
