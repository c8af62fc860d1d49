"""What training tells of a month that is sealed: who was enrolled, called up or certified afterwards."""

import datetime as dt
from collections.abc import Iterator

from core.ledger.sealing import ROW, Late
from core.periods import Month, Period
from grids.models import Territory
from jobs.models import Trainee
from jobs.training_ledger import SLUG, TrainingLedger, name_of

CELLS = frozenset({f"{SLUG}.{ROW}", *(f"{SLUG}.{column.name}" for column in TrainingLedger.columns)})


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """The last word on each trainee explains his line: of whoever said it, and when."""
    assert isinstance(period, Month)
    rows = Trainee.objects.at(territory).filter(changed_at__gt=since)
    rows = rows.select_related("course", "person", "changed_by").order_by("pk")
    for row in rows.iterator(chunk_size=500):
        lines = {SLUG: frozenset({name_of(row)})}
        marks = (("course", row.course.title), ("name", row.person.name))
        why = f"补录：“{row.course}”的名单、到课或者证书"
        yield Late(marks, str(row.changed_by or "服务器"), row.changed_at, why, moves=CELLS, lines=lines)
