"""The town on a day in November 2026, with everything owed written down, and visits in one line."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from core import clock
from tests.people import Town, make_town_that_owes
from visits import services

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """The clock stands at noon of 23 November 2026; what is owed is filled from September."""
    with clock.stopped_at(TODAY):
        yield make_town_that_owes()


@pytest.fixture
def visit(town: Town) -> Callable[..., Any]:
    """`visit(household, "2026-10-05", met=False)`: a visit by who carries the household, at the door, on that day."""

    return partial(record, town)


def record(town: Town, household: Any, day: str | dt.date, *, actor: Any = None, **content: Any) -> Any:
    """The same for a town of one's own."""
    day = dt.date.fromisoformat(day) if isinstance(day, str) else day
    by = actor or {town.grid1.pk: town.worker, town.grid2.pk: town.secretary}.get(
        household.territory_id, town.neighbour
    )
    recorded = services.record_visit(
        actor=by,
        uuid=content.pop("uuid", None) or uuid.uuid4(),
        household=household,
        happened_at=clock.at_noon(day),
        day=day,
        **content,
    )
    return recorded.visit
