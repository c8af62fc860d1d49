"""What appeals tells of a month that is sealed: steps of matters that were written down since, dated into it."""

import datetime as dt
from collections.abc import Iterator

from appeals.coming_in import SLUG
from appeals.ledgers import MatterLedger
from appeals.models import Move
from core.ledger.sealing import ROW, Late
from core.periods import Period
from grids.models import Territory

MOVES = frozenset({f"{SLUG}.{ROW}", *(f"{SLUG}.{column.name}" for column in MatterLedger.columns)})


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each of them explains the line of its matter and nothing else."""
    rows = Move.objects.at(territory).filter(at__gt=since, day__lte=period.last)
    rows = rows.select_related("actor", "matter__household", "matter__territory__parent").order_by("pk")
    for move in rows.iterator(chunk_size=500):
        matter = move.matter
        yield Late(
            (("village", matter.village.name), ("number", matter.number)),
            str(move.actor or matter.get_source_display()),
            move.at,
            f"补录：诉求 {matter.number} {move.get_kind_display()}",
            home=matter.household_id,
            moves=MOVES,
            lines={SLUG: frozenset({matter.number})},
        )
