"""What the labour register tells of a month that is sealed: what was noted, or taken back, of its days since."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from core.ledger.sealing import Late
from core.periods import Month, Period
from grids.models import Territory
from jobs.labour_coming_in import SLUG
from jobs.labour_ledger import LabourLedger
from jobs.models import Labour

CELLS = frozenset(f"{SLUG}.{column.name}" for column in LabourLedger.columns) | {f"{SLUG}.*"}


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each row that begins by the month's end and was noted later explains the line of its person, and so does each
    that was there and is no more."""
    assert isinstance(period, Month)
    found = {"since__lte": period.last, "territory__in": Territory.objects.at(territory)}
    noted = Labour.objects.filter(**found, noted_at__gt=since).select_related(
        "household__village", "household__group", "noted_by"
    )
    for row in noted.order_by("pk").iterator(chunk_size=500):
        yield _late(row, row.noted_by, row.noted_at, f"登记就业情况（{row.since} 起）")
    gone = Labour.history.filter(**found, history_type="-", history_date__gt=since)
    for row in gone.select_related("household__village", "household__group", "history_user").order_by(
        "history_id"
    ):
        yield _late(row, row.history_user, row.history_date, f"撤销就业情况（{row.since} 起）")


def _late(row: Any, who: Any, when: dt.datetime, why: str) -> Late:
    home = row.household
    name = f"{home.village.code} {row.person_id}"
    marks = (("home", f"{home.village.name}{home.group.name}"),)
    return Late(
        marks, str(who or "服务器"), when, why, home=home.pk, moves=CELLS, lines={SLUG: frozenset({name})}
    )
