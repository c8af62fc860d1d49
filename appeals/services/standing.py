"""How a matter stood on a day, read from its steps: a month that is over shows what was so when it ended."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from appeals.models import Matter, Move
from core import clock
from core.periods import Period

AT_ONCE = 500  # SQLite takes few parameters in one statement
FINISHED = (Matter.CLOSED, Matter.WITHDRAWN)
_TAKES, _LOSES = ("accept", "dispatch"), ("give_back", "escalate", "reopen", "withdraw")


@dataclass
class Standing:
    """`story`: each step as a phrase; `answered_on`, `rating`, `followed_up` hold while it was not taken up again."""

    state: str = Matter.COLLECTED
    due_on: dt.date | None = None
    owner: str = ""
    outcome: str = ""
    answered_on: dt.date | None = None
    rating: str = ""
    followed_up: str = ""
    story: list[str] = field(default_factory=list)


def stood(moves: Iterable[Move], day: dt.date) -> Standing:
    """Of the steps of one matter, in their order, those up to that day."""
    found = Standing()
    for move in moves:
        if move.day > day:
            continue
        who = str(move.actor) if move.actor else ""
        found.state, found.due_on, found.rating = move.state, move.due_on, move.rating
        if move.kind in _TAKES and move.to:
            found.owner = str(move.to)
        elif move.kind in _LOSES:
            found.owner = ""
        if move.kind == "settle" or (move.kind == "answer" and not found.outcome):
            found.outcome = move.words
        if move.kind == "answer":
            found.answered_on, found.followed_up = move.day, who
        elif move.kind == "close":
            found.followed_up = who
        elif move.kind == "reopen":
            found.answered_on, found.followed_up, found.outcome = None, "", ""
        found.story.append(_told(move, who))
    return found


def stood_on(day: dt.date, matters: Iterable[int]) -> dict[int, Standing]:
    """How these matters (their keys) stood on that day. One query for each 500."""
    keys, found = list(matters), dict[int, Standing]()
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        moves: dict[int, list[Move]] = {key: [] for key in some}
        for move in Move.objects.filter(matter__in=some).select_related("actor", "to").order_by("pk"):
            moves[move.matter_id].append(move)
        found |= {key: stood(rows, day) for key, rows in moves.items()}
    return found


def _told(move: Move, who: str) -> str:
    to = f"给{move.to}" if move.kind == "dispatch" and move.to else ""
    up = f"到{move.get_level_display()}" if move.kind == "escalate" else ""
    words = f"：{move.words}" if move.words else ""
    return f"{clock.cn_day(move.day)}{who}{move.get_kind_display()}{to}{up}{words}"


def of_period(matters: QuerySet, period: Period) -> QuerySet:
    """Matters with a step in the period, and those that were not finished when it began."""
    moves = Move.objects.filter(matter=OuterRef("pk"))
    inside = moves.filter(day__gte=period.first, day__lte=period.last)
    before = moves.filter(day__lt=period.first).order_by("-pk").values("state")[:1]
    rows = matters.filter(opened_on__lte=period.last).annotate(stood_before=Subquery(before))
    return rows.filter(Exists(inside) | Q(stood_before__isnull=False) & ~Q(stood_before__in=FINISHED))
