"""October of 金星村 as tests of sealing have it: visited a little, submitted, sealed."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core import clock
from core.periods import Month
from ledgers import services
from ledgers.comparing import Difference
from ledgers.models import SealedMonth
from tests.people import Town, kept, make_town_that_owes
from visits import services as visits

LATER = "2026-11-10T15:20"  # after the sealing
OCTOBER, NOVEMBER = Month.parse("2026-10"), Month.parse("2026-11")


@contextmanager
def on_the_third() -> Iterator[Town]:
    """Half past nine on 3 November; 张三丰's household was visited in October, the others were not."""
    with clock.stopped_at("2026-11-03T09:30"):
        yield kept("visited in October", _visited_in_october)


def _visited_in_october() -> Town:
    cast = make_town_that_owes()
    with clock.stopped_at("2026-11-01T10:00"):
        visit(cast, cast.zhang, "2026-10-12", note="都好")
    return cast


def visit(town: Town, household: Any, day: str, **more: Any) -> Any:
    actor = more.pop("actor", town.worker)
    day = dt.date.fromisoformat(day)
    said = {"happened_at": clock.at_noon(day), "day": day} | more
    return visits.record_visit(actor=actor, uuid=uuid.uuid4(), household=household, **said).visit


def submit(town: Town, month: Month = OCTOBER, **more: Any) -> SealedMonth:
    asked: dict[str, Any] = {"actor": town.secretary, "village": town.jinxing, "month": month}
    return services.submit_month(**asked | more)


def seal(town: Town, month: Month = OCTOBER, **more: Any) -> SealedMonth:
    asked: dict[str, Any] = {"actor": town.office, "village": town.jinxing, "month": month}
    return services.seal_month(**asked | more)


def sealed(town: Town) -> SealedMonth:
    submit(town)
    return seal(town)


def found(row: SealedMonth, ledger: str = "") -> list[Difference]:
    """What differs now from what was sealed, of all ledgers or the one of this title."""
    return [each for each in services.compare(row) if ledger in ("", each.ledger)]
