"""What disputes tells of a month that is sealed: steps that were written down since, dated into it, and corrections."""

import datetime as dt
from collections.abc import Iterator

from core.ledger.sealing import ROW, Late
from core.periods import Period
from disputes.coming_in import SLUG
from disputes.ledgers import DisputeLedger, DisputeStats
from disputes.models import Move
from disputes.services import CORRECTED, IN_FORCE_SAID, REWORDED
from grids.models import Territory

LINE = frozenset({f"{SLUG}.{ROW}", *(f"{SLUG}.{column.name}" for column in DisputeLedger.columns)})
FIGURES = frozenset(f"{DisputeStats.slug}.{column.name}" for column in DisputeStats.columns)
# What a line says of a dispute as it is, and not as its steps left it.
PLAIN = frozenset(
    f"{SLUG}.{name}" for name in ("kind", "major", "people", "words", "department", "supervised", "parties")
)


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each of them explains the line of its dispute and the figures of its village; who sets a fact right, or names
    another party, on a later day explains those cells and the figures by kinds."""
    rows = Move.objects.at(territory).filter(at__gt=since, dispute__found_on__lte=period.last)
    whole = rows.select_related("actor", "dispute__territory__parent").order_by("pk")
    for move in whole.filter(day__lte=period.last).iterator(chunk_size=500):
        agreed = IN_FORCE_SAID.match(move.words)
        what = agreed[0] if agreed else move.get_kind_display()
        yield from _of(move, f"补录：纠纷 {move.dispute.number} {what}", LINE)
    for move in whole.filter(day__gt=period.last, kind__in=("note", "parties")).iterator(chunk_size=500):
        if move.kind == "parties" or move.words.startswith((CORRECTED, REWORDED)):
            yield from _of(move, f"更正：纠纷 {move.dispute.number}", PLAIN)


def _of(move: Move, why: str, moves: frozenset[str]) -> Iterator[Late]:
    dispute = move.dispute
    who, village = str(move.actor or dispute.get_source_display()), dispute.village
    lines = {SLUG: frozenset({dispute.number})}
    yield Late((("number", dispute.number),), who, move.at, why, moves=moves, lines=lines)
    sums = {DisputeStats.slug: frozenset({village.code})}
    yield Late((("village", village.name),), who, move.at, why, moves=FIGURES, lines=sums)
