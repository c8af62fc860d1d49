"""What points tell of a month that is sealed: its statements are made, signed and paid afterwards.

All else of a month is told by steps and postings, which carry the moment at which they were written and no other.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from core.ledger.sealing import Late
from core.periods import Month, Period
from grids.models import Territory
from points.models import Statement
from points.shop_ledgers import STATEMENTS, StatementLedger

CELLS = frozenset(f"{STATEMENTS}.{column.name}" for column in StatementLedger.columns)


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each step of a statement explains the line of its shop."""
    assert isinstance(period, Month)
    rows = Statement.objects.at(territory).filter(month=period.first)
    moved = (
        Q(made_at__gt=since)
        | Q(shop_signed_at__gt=since)
        | Q(village_signed_at__gt=since)
        | Q(paid_at__gt=since)
    )
    rows = rows.filter(moved).select_related(
        "shop__territory", "made_by", "shop_signed_by", "village_signed_by", "paid_by"
    )
    for row in rows.order_by("pk"):
        for who, at, what in _steps(row):
            if at is not None and at > since:
                lines = {STATEMENTS: frozenset({f"{row.shop.territory.code} {row.shop_id}"})}
                marks = (("village", row.shop.territory.name), ("shop", row.shop.name))
                yield Late(marks, str(who or "服务器"), at, f"{row.shop}{what}", moves=CELLS, lines=lines)


def _steps(row: Statement) -> Iterator[tuple[Any, dt.datetime | None, str]]:
    yield row.made_by, row.made_at, "出了结算单"
    yield row.shop_signed_by, row.shop_signed_at, "商店确认了结算单"
    yield row.village_signed_by, row.village_signed_at, "村里确认了结算单"
    if row.paid_on is not None:
        yield row.paid_by, row.paid_at, row.paid_said
