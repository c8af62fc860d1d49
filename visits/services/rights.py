"""Whose visit it was to make, asked of the day on which it was made and not of the day on which it arrives.

A phone may come back with work after a household has moved, a grid was re-drawn, a post has ended or an account was
replaced. What was done while the right existed is accepted and credited to the grid of that day. What was not, by
somebody who could have had the household in hand, is put on hold for the village; anything else is a stranger's.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied

from core import clock
from core.scope import NOT_YOURS, Reach, may, reach_on
from grids.models import Household, Placement, Territory
from visits.models import Held, Visit

VERB = "visits.record"
# How long a phone may have lain in a drawer with a record, and for how long before that its owner counts as known.
LATEST = dt.timedelta(days=90)
KNOWN = dt.timedelta(days=60)


class NotHers(PermissionDenied):
    """The visitor had no right there on that day; `reason` is Held's word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(NOT_YOURS)
        self.reason = reason


def place_on(household: Household, day: dt.date) -> Territory:
    """The grid in which the household lay on that day; before its first place its first, after its last its last."""
    found = None
    rows = Placement.objects.filter(household=household).select_related("territory").order_by("since", "pk")
    for row in rows:
        if found is None or row.since <= day:
            found = row.territory
    return found or household.territory


def must_have_carried(
    actor: Any, household: Household, day: dt.date, written: Collection[dt.date] = ()
) -> None:
    """NotHers, with the reason, unless the actor might record a visit of that day.

    She might if the household was hers on the day of the visit. Of a day she typed herself (`written`: when she wrote
    it down, when it came) it suffices that it was hers then: who carries a household writes down what was done before.
    """
    if not any(_carried(actor, household, each) for each in (day, *written)):
        raise NotHers(_why_not(actor, household, day))
    if day < clock.today() - LATEST and not may(actor, VERB, household.territory):
        raise NotHers(Held.LATE)


def _carried(actor: Any, household: Household, day: dt.date) -> bool:
    return reach_on(actor, VERB, day).covers(place_on(household, day))


def _why_not(actor: Any, household: Household, day: dt.date) -> str:
    if not reach_on(actor, VERB, day):
        return Held.POST
    since = min(day, clock.today()) - KNOWN
    around = reach_on(actor, VERB, max(day, clock.today()), since=since)
    return Held.MOVED if _touches(around, household, since) else Held.ELSEWHERE


@dataclass(frozen=True)
class Standing:
    """How somebody stood to a household lately. `carried`: it was hers to visit; else only in the same village."""

    carried: bool


def standing(actor: Any, household: Household) -> Standing | None:
    """None: no post of hers lately let her have it in hand, so that it does not exist for her."""
    today = clock.today()
    lately = reach_on(actor, VERB, today, since=today - LATEST - KNOWN)
    if not lately:
        return None
    if _touches(lately, household, today - LATEST - KNOWN):
        return Standing(carried=True)
    village = Territory.objects.filter(pk=household.village_id).get()
    same = Territory.objects.at(village).filter(lately.q()).exists()
    return Standing(carried=False) if same else None


def _touches(reach: Reach, household: Household, since: dt.date) -> bool:
    """Whether the household lay inside at any time since that day, or lies there today."""
    lay = Placement.objects.filter(household=household).exclude(until__lt=since).filter(reach.q("territory"))
    return reach.covers(household.territory) or lay.exists()


def may_correct(actor: Any, household: Household, day: dt.date) -> bool:
    """Whether the visitor may still replace her own visit of that day: she carries the household, or did then."""
    return may(actor, VERB, household.territory) or _carried(actor, household, day)


def carried_then(actor: Any, visit: Visit) -> bool:
    """Whether the visit was the actor's to make on its day, whatever has ended since."""
    return reach_on(actor, VERB, visit.day).covers(visit.territory)
