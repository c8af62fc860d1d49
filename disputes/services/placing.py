"""Where a dispute lies when nobody says it: where the household of a party lies, or where who reports it serves."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from core.scope import reach_of
from disputes.models.disputes import REPORTS
from disputes.services.parties import Named
from grids.models import Territory

WHICH_PLACE = "选是哪个村、哪个网格的纠纷；说不清网格的，选村。"


def place_for(actor: Any, parties: Iterable[Named]) -> Territory:
    """The grid of the first party whose household is known and in reach, else `one_place`; ValidationError at
    `territory` where there is neither."""
    reach = reach_of(actor, REPORTS)
    for each in parties:
        home = each.home or (each.person.household if each.person else None)
        if home is not None and reach.covers(home.territory):
            return home.territory
    if (place := one_place(actor)) is None:
        raise ValidationError({"territory": WHICH_PLACE})
    return place


def one_place(actor: Any) -> Territory | None:
    """The one village where she may report, or the one grid; None where there are several, or none."""
    rows = Territory.objects.in_use().filter(reach_of(actor, REPORTS).q())
    for kind in (Territory.VILLAGE, Territory.GRID):
        found = list(rows.filter(kind=kind).select_related("parent__parent")[:2])
        if found:
            return found[0] if len(found) == 1 else None
    return None
