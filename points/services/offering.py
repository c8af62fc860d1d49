"""What can be claimed where: the deeds that a village's rules of today thank people for."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from core import clock
from core.scope import reach_of
from grids.models import Household
from grids.services import homes_near
from points.models import Item, Scheme
from points.models.awards import CLAIMS


def offered_in(villages: Iterable[int], day: dt.date | None = None) -> dict[int, list[Item]]:
    """By village (its key) what its rules of that day offer, in their order; one query however many villages."""
    found: dict[int, list[Item]] = defaultdict(list)
    rows = Scheme.objects.filter(territory__in=set(villages)).on(day or clock.today())
    for item in Item.objects.offered().filter(scheme__in=rows).select_related("scheme"):
        found[item.scheme.territory_id].append(item)
    return found


def offered_for(actor: Any, household: Household) -> list[Item]:
    """What this person may claim for this household today: nothing where she has no say, and nothing for her own."""
    if household.pk in homes_near(actor) or not reach_of(actor, CLAIMS).covers(household.territory):
        return []
    return offered_in([household.village_id])[household.village_id]
