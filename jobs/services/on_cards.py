"""What a card says of people's work, at the desk and in the phone's pack; and what is asked by a tap."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from core import clock
from core.scope import reach_of
from grids.models import Household, Person
from jobs.models import Labour
from jobs.models.words import SEES_LABOUR
from jobs.services.registering import of_working_age

# What one taps of somebody: (status, wish, words). Without a status he goes on with what he does.
TAPS = (
    (Labour.IDLE, Labour.SEEKS, "在家，想找活"),
    (Labour.NEAR, Labour.RESTS, "本地务工"),
    (Labour.AWAY, Labour.RESTS, "外出务工"),
    (Labour.FARM, Labour.RESTS, "在家务农"),
    (Labour.OWN, Labour.RESTS, "自主创业"),
    (Labour.IDLE, Labour.RESTS, "在家，不找活"),
    (Labour.SCHOOL, Labour.RESTS, "在读书"),
    (Labour.UNABLE, Labour.RESTS, "干不了活"),
)
WANTS_OTHER = ("", Labour.CHANGES, "有活，想换一个")


def in_words(row: Labour | None) -> str:
    """在家待业，想找活. Empty if nothing is noted; that somebody looks for nothing is not said."""
    if row is None:
        return ""
    return "，".join([row.get_status_display(), *([row.get_wish_display()] if row.is_seeking else [])])


def labour_on_cards(actor: Any, homes: Iterable[Household]) -> dict[int, list[dict[str, Any]]]:
    """By household (only where the actor may see it): everybody of working age, or of whom something is noted.

    A few queries, however many households. Reads `territory`.
    """
    reach = reach_of(actor, SEES_LABOUR)
    found: dict[int, list[dict[str, Any]]] = {home.pk: [] for home in homes if reach.covers(home.territory)}
    if not found:
        return found
    noted = Labour.objects.filter(person__household__in=found, until__isnull=True)
    rows = {row.person_id: row for row in noted}
    holds = Exists(Labour.objects.filter(person=OuterRef("pk"), until__isnull=True))
    people = Person.objects.present().filter(household__in=found)
    people = people.filter(of_working_age(clock.today()) | Q(holds)).order_by("pk")
    for pk, name, home in people.values_list("pk", "name", "household"):
        row = rows.get(pk)
        told = {"person": pk, "name": name, "says": in_words(row)}
        found[home].append(told | {"works": bool(row and (row.is_working or row.status == Labour.FARM))})
    return found


def labour_on_card(actor: Any, household: Household) -> list[dict[str, Any]]:
    """The same of one household; nothing where it is not the actor's to see."""
    return labour_on_cards(actor, [household]).get(household.pk, [])
