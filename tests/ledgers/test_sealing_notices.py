"""On the first day of work the secretary is reminded to submit the month, on the third the town to seal it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Notice
from accounts.notices.writing import ensure_notices
from core import clock
from tests.ledgers.months import OCTOBER, on_the_third, seal, submit
from tests.people import Town


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def told(kind: str, day: str) -> list[tuple[Any, str]]:
    """Who has been told by that morning, twice looked."""
    with clock.stopped_at(f"{day}T08:00"):
        ensure_notices()
        ensure_notices()
    rows = Notice.objects.filter(kind=kind, period=str(OCTOBER)).order_by("user__username")
    return [(row.user, row.words) for row in rows]


def test_the_town_is_told_once_on_the_third_day_of_work_of_what_is_not_sealed(town: Town) -> None:
    submit(town)
    assert told("ledgers.seal", "2026-11-03") == []  # 2, 3, 4 November are the first days of work
    assert told("ledgers.seal", "2026-11-04") == [(town.office, "2026年10月有 2 个村的台账还没封存。")]
    assert len(told("ledgers.seal", "2026-11-06")) == 1


def test_what_is_sealed_by_then_is_not_told(town: Town) -> None:
    for secretary, village in ((town.secretary, town.jinxing), (town.neighbour, town.qiaoji)):
        submit(town, actor=secretary, village=village)
        seal(town, village=village)
    assert told("ledgers.seal", "2026-11-04") == []


def test_only_the_secretary_who_has_not_submitted_is_told(town: Town) -> None:
    submit(town)
    assert told("ledgers.submit", "2026-11-03") == [
        (town.neighbour, "2026年10月有 1 个村的台账还没报给镇里。")
    ]


def test_whoever_the_town_took_the_verb_from_is_not_told(town: Town) -> None:
    from grids.models import WithheldVerb

    WithheldVerb.objects.create(duty="secretary", verb="months.submit")
    assert told("ledgers.submit", "2026-11-03") == []
