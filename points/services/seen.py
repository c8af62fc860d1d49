"""Deeds that another room has seen: each under a key of what told of it, given up with that, and taken up again."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from grids.models import Household, Person
from points.models import Award, Item, Scheme
from points.services.caps import check_caps
from points.services.claiming import propose
from points.services.stepping import locked, move

BETWEEN = "在议事小组当中间人，议成了"
UNDECIDED = (Award.CLAIMED, Award.CHECKED)


def seen_in(sources: Iterable[str]) -> Any:
    """What was proposed of these, each the beginning of keys (`visit:<uuid>:`), whatever became of it; none of none."""
    asked = Q(pk__in=())
    for source in sources:
        asked |= Q(key__startswith=source)
    return Award.objects.filter(asked)


def propose_mediators(*, actor: Any, panel: int, people: Iterable[Person], day: dt.date) -> None:
    """Who sat between the parties of a panel that agreed: one claim for each under the item that the rules of his
    village mean for it; none where they mean none. Reads the household's territory, group and village."""
    rows = list(people)
    schemes = Scheme.objects.filter(territory__in={row.household.village_id for row in rows}).on(day)
    items = Item.objects.filter(scheme__in=schemes, source=Item.MEDIATION).select_related("scheme")
    by_village = {item.scheme.territory_id: item for item in items}
    for row in rows:
        if item := by_village.get(row.household.village_id):
            propose(
                actor=actor,
                key=f"panel:{panel}:person:{row.pk}:rule:{item.pk}",
                household=row.household,
                person=row,
                item=item,
                day=day,
                words=BETWEEN,
            )


@transaction.atomic
def give_up(*, actor: Any, source: str, because: str) -> None:
    """What told of them is no longer so: they are withdrawn, unless the committee has decided already. The other room
    has asked whether the actor may."""
    for award in seen_in([source]).in_state(*UNDECIDED).order_by("pk"):
        held = locked(award)
        if held.state in UNDECIDED:
            move(held, "withdraw", actor, lambda row: row.give_up(), words=because)


@transaction.atomic
def take_up(*, actor: Any, source: str, because: str, but: Collection[int] = ()) -> None:
    """It is so again: what was given up for that reason begins anew, as far as the caps have still room for it. `but`:
    items (their keys) that are claimed of the same otherwise."""
    rows = seen_in([source]).in_state(Award.WITHDRAWN).exclude(item__in=but)
    for award in rows.order_by("pk"):
        Household.objects.select_for_update(no_key=True).get(pk=award.household_id)
        held = locked(award)
        last = held.moves.latest("pk")
        if held.state != Award.WITHDRAWN or last.words != because:
            continue
        try:
            check_caps(
                household=held.household,
                person=held.person,
                item=held.item,
                day=held.day,
                points=held.claimed,
            )
        except ValidationError:
            continue
        move(held, "claim", actor, lambda row: row.stand_again(), words=held.words)
