"""A household as the phone reads it: a row of a list, and the card; each field only for who may read it."""

from typing import Any

from django.db.models import QuerySet

from core import clock
from core.card import card_parts
from core.scope import Reach, reach_of
from grids.models import Absence, Category, Household, Person
from grids.services import dial

ROW_FIELDS = (
    "id",
    "number",
    "head_name",
    "address",
    "size",
    "phone_mask",
    "group_id",
    "group__name",
    "group__position",
    "village_id",
    "territory__tree_id",
    "territory__lft",
    "territory__rght",
)


def rows(actor: Any, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List rows out of `values(*ROW_FIELDS)`; categories and masked phones only where the actor may read them."""
    sees, dials = reach_of(actor, "categories.see"), reach_of(actor, "phones.dial")
    shorts = _shorts([row["id"] for row in found]) if sees else {}
    return [_row(row, shorts, sees, dials) for row in found]


def _row(row: dict[str, Any], shorts: dict[int, list[str]], sees: Reach, dials: Reach) -> dict[str, Any]:
    at = (row["territory__tree_id"], row["territory__lft"], row["territory__rght"])
    shown = {
        "id": row["id"],
        "number": row["number"],
        "head_name": row["head_name"],
        "address": row["address"],
        "size": row["size"],
        "group": {"id": row["group_id"], "name": row["group__name"], "position": row["group__position"]},
    }
    if _inside(sees, at):
        shown["categories"] = shorts.get(row["id"], [])
    if _inside(dials, at):
        shown["phone_mask"] = row["phone_mask"]
    return shown


def _inside(reach: Reach, at: tuple[int, int, int]) -> bool:
    return any(tree == at[0] and left <= at[1] and at[2] <= right for tree, left, right in reach.ranges)


def _shorts(households: list[int]) -> dict[int, list[str]]:
    """The short names of the categories in force, by household, each once."""
    held = Category.objects.in_force().filter(household__in=households)
    found: dict[int, list[str]] = {}
    for pk, short in held.order_by("kind__position").values_list("household", "kind__short"):
        if short not in found.setdefault(pk, []):
            found[pk].append(short)
    return found


def as_values(households: QuerySet) -> QuerySet:
    return households.values(*ROW_FIELDS)


def card(actor: Any, household: Household) -> dict[str, Any]:
    """Everything of one household that this actor may read, and what upper rooms add."""
    at = household.territory
    shown: dict[str, Any] = {
        "id": household.pk,
        "number": household.number,
        "head_name": household.head_name,
        "address": household.address,
        "group": {"id": household.group_id, "name": household.group.name},
        "grid": at.name,
        "size": household.size,
        "away": Absence.objects.in_force().filter(household=household, person__isnull=True).exists(),
        "ended_on": household.ended_on,
    }
    if reach_of(actor, "phones.dial").covers(at):
        shown["phone"], shown["phone_mask"] = dial(actor, household), household.phone_mask
    if reach_of(actor, "persons.see").covers(at):
        shown["people"] = _people(actor, household)
    if reach_of(actor, "categories.see").covers(at):
        shown["categories"] = _categories(household)
    return shown | card_parts(actor, household)


def _people(actor: Any, household: Household) -> list[dict[str, Any]]:
    people = list(Person.objects.present().filter(household=household).order_by("pk"))
    gone = set(Absence.objects.in_force().filter(household=household).values_list("person", flat=True))
    dials = reach_of(actor, "phones.dial").covers(household.territory)
    today = clock.today()
    return [
        {
            "id": person.pk,
            "name": person.name,
            "relation": person.relation,
            "sex": person.get_sex_display(),
            "birth_year": person.birth_date and person.birth_date.year,
            "age": person.birth_date and clock.years_between(person.birth_date, today),
            "id_number_mask": person.id_number_mask,
            "phone": person.phone.open() if dials and person.phone else "",
            "away": person.pk in gone,
        }
        for person in people
    ]


def _categories(household: Household) -> list[dict[str, Any]]:
    held = Category.objects.in_force().filter(household=household).select_related("kind", "person")
    return [
        {
            "code": row.kind.code,
            "name": row.kind.name,
            "short": row.kind.short,
            "since": row.since,
            "person": row.person.name,
        }
        for row in held.order_by("kind__position", "since")
    ]
