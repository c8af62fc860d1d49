"""What appeals tells of a month that is sealed: steps of matters that were written down since, dated into it."""

import datetime as dt
from collections.abc import Iterator

from appeals.coming_in import SLUG
from appeals.ledgers import MatterLedger
from appeals.models import Move
from appeals.services import REWORDED
from core.ledger.sealing import ROW, Late
from core.periods import Period
from grids.models import Territory

MOVES = frozenset({f"{SLUG}.{ROW}", *(f"{SLUG}.{column.name}" for column in MatterLedger.columns)})


# What a line says of a matter as it is, and not as its steps left it: where it is from, and its words.
PLACE = frozenset({f"{SLUG}.grid"})
WORDS = frozenset(f"{SLUG}.{name}" for name in ("words", "field", "urgency"))


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each of them explains the line of its matter and nothing else; who gave it to a grid, or put it in other words
    on a later day, explains those cells of the line."""
    rows = Move.objects.at(territory).filter(at__gt=since, matter__opened_on__lte=period.last)
    whole = rows.select_related("actor", "matter__household", "matter__territory__parent").order_by("pk")
    for move in whole.filter(day__lte=period.last).iterator(chunk_size=500):
        yield _of(move, f"补录：诉求 {move.matter.number} {move.get_kind_display()}", MOVES)
    later = whole.filter(day__gt=period.last)
    for move in later.filter(kind="dispatch").iterator(chunk_size=500):
        yield _of(move, f"诉求 {move.matter.number} 交办给网格", PLACE)
    for move in later.filter(kind="note", words__startswith=REWORDED).iterator(chunk_size=500):
        yield _of(move, f"更正：诉求 {move.matter.number} 的内容", WORDS)


def _of(move: Move, why: str, moves: frozenset[str]) -> Late:
    matter = move.matter
    return Late(
        (("village", matter.village.name), ("number", matter.number)),
        str(move.actor or matter.get_source_display()),
        move.at,
        why,
        home=matter.household_id,
        moves=moves,
        lines={SLUG: frozenset({matter.number})},
    )
