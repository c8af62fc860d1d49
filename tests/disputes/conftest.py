"""A Monday in November in the town of two, and a quarrel between two of its households."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from core import clock
from disputes import services
from disputes.models import Agreement, Dispute, Party, Scan
from tests.people import Town, make_town_of_two

TODAY = "2026-11-23T09:30"
TEXT = {
    "form": "written",
    "facts": "王家砌院墙过了界半尺",
    "points": "界在哪里",
    "terms": "墙退半尺\n以老石桩为界",
    "performance": "王家自己拆，不要张家出钱",
}
NOVEMBER_23 = dt.date(2026, 11, 23)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with clock.stopped_at(TODAY):
        yield make_town_of_two()


@pytest.fixture
def dispute(town: Town) -> Callable[..., Dispute]:
    """`dispute(words, actor=…, parties=…)`: `over_a_wall` in this town."""
    return partial(over_a_wall, town)


def over_a_wall(town: Town, words: str = "院墙砌过了界", *, actor: Any = None, **more: Any) -> Dispute:
    """Reported by the worker, 张三丰 against 王家, unless told otherwise."""
    said: dict[str, Any] = {"territory": town.grid1, "kind": "neighbours", "source": "asked"} | more
    said.setdefault("parties", [party(Party.FIRST, town.zhang), party(Party.SECOND, town.wang)])
    return services.open_dispute(actor=actor or town.worker, uuid=uuid.uuid4(), words=words, **said).dispute


def party(side: str, household: Any) -> services.Named:
    """The head of a household, as a party."""
    return services.Named(side, household.people.get(relation="户主"))


@pytest.fixture
def media(settings: Any, tmp_path: Any) -> None:
    """Scans lie in a folder of this test."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def taken(town: Town, dispute: Any) -> Dispute:
    """A dispute that the secretary has taken up."""
    found = dispute()
    services.accept(actor=town.secretary, dispute=found)
    found.refresh_from_db()
    return found


@pytest.fixture
def draft(town: Town, taken: Dispute) -> Callable[..., Agreement]:
    """`draft(…)`: its agreement, not signed yet."""

    def do(of: Dispute | None = None, **more: Any) -> Agreement:
        return services.draft_agreement(
            actor=town.secretary, dispute=of or taken, uuid=uuid.uuid4(), **TEXT | more
        )

    return do


def sign(actor: Any, agreement: Agreement, day: dt.date = NOVEMBER_23, **more: Any) -> Agreement:
    """Everybody signs and the committee seals, unless told otherwise."""
    signed = {each.pk: day for each in agreement.dispute.parties.all()}
    said: dict[str, Any] = {"signed": signed, "mediators": "金书记", "mediated_on": day, "sealed_on": day}
    said["text"] = agreement.digest_of_text
    return services.sign_agreement(actor=actor, agreement=agreement, **said | more)


def keep(actor: Any, dispute: Dispute, item: str, pages: int | None, file: Any = None) -> Scan:
    """Put a paper into the case file."""
    return services.keep_scan(
        actor=actor, dispute=dispute, uuid=uuid.uuid4(), item=item, pages=pages, file=file
    )
