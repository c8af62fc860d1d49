"""What disputes tells of a month that is sealed: steps that were written down since, dated into it, and corrections."""

import datetime as dt
from collections.abc import Iterator

from core import clock
from core.ledger.sealing import ROW, Late
from core.periods import Period
from disputes.coming_in import SLUG
from disputes.ledgers import DisputeLedger, DisputeStats, PanelLedger
from disputes.models import Move, Word
from disputes.panels_ledger import STEPS, name_of
from disputes.services import CORRECTED, IN_FORCE_SAID, REWORDED
from grids.models import Territory

LINE = frozenset({f"{SLUG}.{ROW}", *(f"{SLUG}.{column.name}" for column in DisputeLedger.columns)})
FIGURES = frozenset(f"{DisputeStats.slug}.{column.name}" for column in DisputeStats.columns)
# What a line says of a dispute as it is, and not as its steps left it.
PLAIN = frozenset(
    f"{SLUG}.{name}" for name in ("kind", "major", "people", "words", "department", "supervised", "parties")
)
# Of the line of a sitting: what its dispute's steps tell, its parties, and who spoke.
AFTER = frozenset(f"{PanelLedger.slug}.{name}" for name in ("signed", "sequel"))
PARTIES = frozenset({f"{PanelLedger.slug}.parties"})
SPOKEN = frozenset(f"{PanelLedger.slug}.{name}" for name in STEPS)


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each of them explains the line of its dispute, what the lines of its sittings say of it, and the figures of its
    village; who sets a fact right, or names another party, later explains those cells and the figures by kinds."""
    rows = Move.objects.at(territory).filter(at__gt=since, dispute__found_on__lte=period.last)
    whole = rows.select_related("actor", "dispute__territory__parent").order_by("pk")
    for move in whole.filter(day__lte=period.last).iterator(chunk_size=500):
        agreed = IN_FORCE_SAID.match(move.words)
        what = agreed[0] if agreed else move.get_kind_display()
        yield from _of(move, f"补录：纠纷 {move.dispute.number} {what}", LINE | AFTER)
    for move in whole.filter(day__gt=period.last, kind__in=("note", "parties")).iterator(chunk_size=500):
        if move.kind == "parties" or move.words.startswith((CORRECTED, REWORDED)):
            yield from _of(move, f"更正：纠纷 {move.dispute.number}", PLAIN | PARTIES)
    yield from _spoken(territory, period, since)


def _of(move: Move, why: str, moves: frozenset[str]) -> Iterator[Late]:
    dispute = move.dispute
    who, village = str(move.actor or dispute.get_source_display()), dispute.village
    lines = {SLUG: frozenset({dispute.number})}
    yield Late((("number", dispute.number),), who, move.at, why, moves=moves, lines=lines)
    sums = {DisputeStats.slug: frozenset({village.code})}
    yield Late((("village", village.name),), who, move.at, why, moves=FIGURES, lines=sums)


def _spoken(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """What was said in the period and lay on a laptop until now."""
    end = clock.hours_of(period.last)[1]
    rows = Word.objects.at(territory).filter(received_at__gt=since, said_at__lt=end, corrects=None)
    for word in (
        rows.select_related("writer", "sitting__panel__dispute").order_by("pk").iterator(chunk_size=500)
    ):
        panel = word.sitting.panel
        lines = {PanelLedger.slug: frozenset({name_of(panel)})}
        why = f"补录：{panel}的发言"
        marks = (("number", panel.dispute.number),)
        yield Late(marks, str(word.writer), word.received_at, why, moves=SPOKEN, lines=lines)
