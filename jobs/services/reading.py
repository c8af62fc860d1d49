"""What is read beside one's own rows: what a village or the town sets up is no secret to those who work below it."""

from typing import Any

from django.db.models import QuerySet

from core.scope import reach_of
from grids.models import Person, Territory
from jobs.models.words import MANAGES, SEES


def around(actor: Any, verb: str = SEES) -> set[int]:
    """Keys of the places within somebody's reach and of those above them; never of a neighbour."""
    reach = reach_of(actor, verb)
    if not reach:
        return set()
    rows = Territory.objects.filter(reach.q()).values_list("pk", "parent", "parent__parent")
    return {key for row in rows for key in row if key is not None}


def readable(rows: QuerySet, actor: Any) -> QuerySet:
    """Rows of a model whose TERRITORY is a village or the town, as far as somebody sees employment there."""
    path = rows.model.TERRITORY
    return rows.filter(**{f"{path}__in": around(actor)})


def called(actor: Any, place: Territory, name: str) -> list[Person]:
    """Who of this village (of a town: of one of its villages) is called so, as far as this person manages employment
    where he lives; several where there are namesakes."""
    rows = Person.objects.present().visible_to(actor, MANAGES).filter(name="".join(name.split()))
    rows = rows.filter(household__village__in=place.village_ids, household__ended_on__isnull=True)
    whole = rows.select_related("household__territory__parent", "household__group", "household__village")
    return list(whole.order_by("household__number", "pk"))


def villages_of(actor: Any, verb: str = SEES) -> QuerySet[Any]:
    """Villages in use around somebody, in the town's order."""
    return Territory.objects.villages().in_use().filter(pk__in=around(actor, verb)).in_order()
