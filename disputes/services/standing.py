"""How a dispute stood on a day, read from its steps: a month that is over shows what was so when it ended."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from core.periods import Period
from disputes.models import Dispute, Move

AT_ONCE = 500  # SQLite takes few parameters in one statement
FINISHED = tuple(code for code, _ in Dispute.STATES if code not in Dispute.OPEN_STATES)
ENDS = ("settle", "agree", "hand_on")  # their words say what came of it


@dataclass
class Standing:
    """`moves`: the steps up to the day. `reviewed_on`, `revisited_on`: the last of each; `outcome` holds while it was
    not taken up again."""

    state: str = Dispute.NOTED
    level: str = Dispute.GRID
    due_on: dt.date | None = None
    owner: str = ""
    keeper: str = ""
    outcome: str = ""
    feedback: str = ""
    settled_on: dt.date | None = None
    reviewed_on: dt.date | None = None
    revisited_on: dt.date | None = None
    moves: list[Move] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.state in Dispute.OPEN_STATES

    def measures(self) -> list[str]:
        """What was done about it, as phrases."""
        return [move.words for move in self.moves if move.kind == "measure"]


def stood(moves: Iterable[Move], day: dt.date) -> Standing:
    """Of the steps of one dispute, in their order, those up to that day."""
    found = Standing()
    for move in moves:
        if move.day > day:
            continue
        found.state, found.level, found.due_on = move.state, move.level, move.due_on
        found.feedback = move.feedback
        found.owner, found.keeper = str(move.owner or ""), str(move.keeper or "")
        if move.kind in ENDS:
            found.outcome, found.settled_on = move.words, move.day
        elif move.kind == "reopen":
            found.outcome, found.settled_on = "", None
        elif move.kind == Move.REVIEW:
            found.reviewed_on = move.day
        elif move.kind == Move.REVISIT:
            found.revisited_on = move.day
        found.moves.append(move)
    return found


def stood_on(day: dt.date, disputes: Iterable[int]) -> dict[int, Standing]:
    """How these disputes (their keys) stood on that day. One query for each 500."""
    keys, found = list(disputes), dict[int, Standing]()
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        moves: dict[int, list[Move]] = {key: [] for key in some}
        rows = Move.objects.filter(dispute__in=some).select_related("actor", "owner", "keeper")
        for move in rows.order_by("pk"):
            moves[move.dispute_id].append(move)
        found |= {key: stood(rows, day) for key, rows in moves.items()}
    return found


def of_period(disputes: QuerySet, period: Period) -> QuerySet:
    """Disputes with a step in the period, and those that were not finished when it began."""
    moves = Move.objects.filter(dispute=OuterRef("pk"))
    inside = moves.filter(day__gte=period.first, day__lte=period.last)
    before = moves.filter(day__lt=period.first).order_by("-pk").values("state")[:1]
    rows = disputes.filter(found_on__lte=period.last).annotate(stood_before=Subquery(before))
    return rows.filter(Exists(inside) | Q(stood_before__isnull=False) & ~Q(stood_before__in=FINISHED))
