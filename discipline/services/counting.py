"""How many there are: for the system administrator, who sees that reports exist and not what they say."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from core import clock
from core.periods import Month
from core.scope import must
from discipline.models import EXIST, Report
from discipline.notices import readers


@dataclass(frozen=True)
class Counted:
    """`months`: the newest first, each with how many of every state, in the order of Report.STATES. `unread`: those not
    finished that nobody may read."""

    months: list[tuple[Month, list[int]]]
    unread: int


def count_reports(*, actor: Any) -> Counted:
    """Needs reports.exist. What is about the actor, or about somebody above him, is not counted for him either."""
    must(actor, EXIST)
    rows = Report.objects.open_to(actor, EXIST)
    found: dict[Month, Counter[str]] = {}
    for received_at, state in rows.values_list("received_at", "state"):
        found.setdefault(Month.of(clock.local_date(received_at)), Counter())[state] += 1
    months = [
        (month, [found[month][state] for state, _ in Report.STATES]) for month in sorted(found, reverse=True)
    ]
    read: set[int] = set()
    for user in readers():
        read |= set(Report.objects.readable_by(user).values_list("pk", flat=True))
    return Counted(months, rows.unfinished().exclude(pk__in=read).count())
