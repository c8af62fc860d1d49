"""What is still open, village by village, for who oversees several."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Min, Q, When

from appeals.models import Matter
from appeals.models.matters import SEES
from core import clock
from core.scope import reach_of
from core.workdays import Calendar
from grids.models import Territory


@dataclass(frozen=True)
class OpenInVillage:
    """How many matters are open and how many of them late; `first`: the day on which the oldest was said."""

    village: Territory
    open: int = 0
    late: int = 0
    first: dt.date | None = None


def open_by_village(actor: Any) -> list[OpenInVillage]:
    """In the town's own order; nothing for who oversees less than two villages. Two queries."""
    villages = list(Territory.objects.villages().in_use().filter(reach_of(actor, SEES).q()).in_order())
    if len(villages) < 2:
        return []
    over = Q(due_on__lt=Calendar().last_workday(clock.today()))
    at = Case(When(territory__kind=Territory.GRID, then=F("territory__parent")), default=F("territory"))
    rows = Matter.objects.visible_to(actor, SEES).open().annotate(village_pk=at).order_by()
    counted = {
        row.pop("village_pk"): row
        for row in rows.values("village_pk").annotate(
            open=Count("pk"), late=Count("pk", filter=over), first=Min("opened_on")
        )
    }
    return [OpenInVillage(village, **counted.get(village.pk, {})) for village in villages]
