"""A Monday in November in the town of two, and a quarrel between two of its households."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import clock
from disputes import services
from disputes.models import Dispute, Party
from tests.people import Town, make_town_of_two

TODAY = "2026-11-23T09:30"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with clock.stopped_at(TODAY):
        yield make_town_of_two()


@pytest.fixture
def dispute(town: Town) -> Callable[..., Dispute]:
    """`dispute(words, actor=…, parties=…)`: reported by the worker, 张三丰 against 王家, unless told otherwise."""

    def do(words: str = "院墙砌过了界", *, actor: Any = None, **more: Any) -> Dispute:
        said: dict[str, Any] = {"territory": town.grid1, "kind": "neighbours", "source": "asked"} | more
        said.setdefault("parties", [party(Party.FIRST, town.zhang), party(Party.SECOND, town.wang)])
        made = services.open_dispute(actor=actor or town.worker, uuid=uuid.uuid4(), words=words, **said)
        return made.dispute

    return do


def party(side: str, household: Any) -> services.Named:
    """The head of a household, as a party."""
    return services.Named(side, household.people.get(relation="户主"))
