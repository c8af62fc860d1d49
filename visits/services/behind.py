"""The rows behind a figure of coverage: exactly those obligations that `coverage` counted, so that a number opens."""

from collections.abc import Collection, Sequence

from django.db.models import Count, Q, QuerySet

from core import clock
from core.periods import Month
from grids.models import Territory
from visits.models import Obligation
from visits.services.coverage import lay_elsewhere, made_by, owed_in
from visits.services.trouble import in_trouble

OWED, MADE, LEFT, AWAY, CALM, BUSY = "owed", "made", "left", "away", "calm", "busy"
PARTS = {
    OWED: "应访",
    MADE: "走到",
    LEFT: "没走到",
    AWAY: "在外务工",
    CALM: "没有新情况",
    BUSY: "有事没办完",
}


def rows_behind(whos: Sequence[str], month: Month, *, grids: Collection[int]) -> QuerySet:
    """What these groups owed in these grids, as the month's figure counts it: in the grid where it lay at its end."""
    rows = Obligation.objects.none()
    for who in whos:
        rows = rows | owed_in(who, month)
    if month.last >= clock.today():
        return rows.filter(territory__in=grids)
    moved = lay_elsewhere(rows, month)
    stayed = Q(territory__in=grids) & ~Q(pk__in=moved.values("pk"))
    return rows.filter(stayed | Q(pk__in=moved.filter(lay__in=grids).values("pk")))


def part_of(rows: QuerySet, part: str, month: Month) -> QuerySet:
    """One of PARTS of such rows."""
    return _with_trouble(rows).filter(_parts(month)[part])


def count_parts(rows: QuerySet, month: Month) -> dict[str, int]:
    """How many rows each of PARTS has. One query."""
    parts = {part: Count("pk", filter=condition) for part, condition in _parts(month).items()}
    return _with_trouble(rows).aggregate(**parts)


def _with_trouble(rows: QuerySet) -> QuerySet:
    return rows.annotate(trouble=in_trouble())


def _parts(month: Month) -> dict[str, Q]:
    made = made_by(month)
    return {
        OWED: Q(pk__isnull=False),
        MADE: made,
        LEFT: ~made,
        AWAY: Q(away=True),
        CALM: made & Q(trouble=False),
        BUSY: made & Q(trouble=True),
    }


def place_then(rows: Sequence[Obligation], month: Month) -> dict[int, Territory]:
    """The grid each of these rows was counted in, by its key."""
    found = {row.pk: row.territory for row in rows}
    if month.last < clock.today():
        moved = lay_elsewhere(Obligation.objects.filter(pk__in=list(found)), month)
        lay = dict(moved.values_list("pk", "lay"))
        grids = Territory.objects.in_bulk(set(lay.values()))
        found |= {pk: grids[grid] for pk, grid in lay.items()}
    return found
