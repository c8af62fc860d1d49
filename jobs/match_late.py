"""What matches tell of a month that is sealed: that an employer or a place was renamed since.

All else of a line is told by steps, which carry the moment at which they were written and no other: what comes later
stands in the month it comes in.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

from core.ledger.sealing import Late
from core.periods import Period
from grids.models import Territory
from jobs.match_ledger import SLUG
from jobs.models import Employer, Match, Vacancy

CELLS = frozenset({f"{SLUG}.vacancy"})


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each new name explains the lines of those who were sent there."""
    matches = Match.objects.at(territory).filter(made_at__lte=since)
    for model, path, name in ((Vacancy, "vacancy", "title"), (Employer, "vacancy__employer", "name")):
        changed = model.history.filter(history_date__gt=since, id__in=matches.values(path)).values("id")
        rows = model.history.filter(id__in=changed).select_related("history_user")
        for key, versions in groupby(rows.order_by("id", "history_id"), key=attrgetter("id")):
            yield from _renamed(list(versions), name, since, matches.filter(**{path: key}))


def _renamed(versions: list[Any], name: str, since: dt.datetime, matches: Any) -> Iterator[Late]:
    lines = {SLUG: frozenset(str(key) for key in matches.values_list("pk", flat=True))}
    for before, after in pairwise(versions):
        old, new = getattr(before, name), getattr(after, name)
        if after.history_date > since and old != new:
            who, why = str(after.history_user or "服务器"), f"把“{old}”改成“{new}”"
            yield Late((), who, after.history_date, why, moves=CELLS, lines=lines)
