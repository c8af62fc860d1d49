"""What is on record in one village, fetched in a handful of queries however many people it has."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from core.ledger.keys import row_key
from grids.models import Category, CategoryKind, Household, Person, Territory, VillagerGroup
from grids.words import group_key

PERSONS = "persons"
_AT_ONCE = 500  # values in one IN (…): SQLite takes a thousand

Item = TypeVar("Item")


def portions(items: Iterable[Item], size: int = _AT_ONCE) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    whole = list(items)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def person_key(village_code: str, pk: int) -> str:
    """The hidden key of a person's row in an exported roster."""
    return row_key(PERSONS, village_code, pk)


@dataclass
class VillageRecord:
    """Households, people and open categories of a village as they lie in the database now.

    `within` is the village, or one grid of it if only that grid's people were sent.
    """

    village: Territory
    within: Territory
    groups: dict[str, VillagerGroup] = field(default_factory=dict)
    households: dict[str, Household] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    kinds: dict[str, CategoryKind] = field(default_factory=dict)

    @classmethod
    def of(cls, village: Territory, within: Territory) -> "VillageRecord":
        found = cls(village, within)
        groups = VillagerGroup.objects.in_use().filter(village=village).order_by("position", "pk")
        found.groups = {group_key(group.name): group for group in groups}
        found.households = {h.number: h for h in Household.objects.filter(village=village)}
        found.people = list(Person.objects.filter(household__village=village).order_by("pk"))
        found.kinds = {kind.name: kind for kind in CategoryKind.objects.all()}
        return found

    @cached_property
    def household_by_pk(self) -> dict[int, Household]:
        return {household.pk: household for household in self.households.values()}

    @cached_property
    def present(self) -> list[Person]:
        return [person for person in self.people if person.left_on is None]

    @cached_property
    def by_hash(self) -> dict[str, Person]:
        """Who carries an identity number; those who left only if nobody present does."""
        left = {p.id_number_hash: p for p in self.people if p.id_number_hash and p.left_on}
        return left | {p.id_number_hash: p for p in self.present if p.id_number_hash}

    @cached_property
    def by_key(self) -> dict[str, Person]:
        return {person_key(self.village.code, person.pk): person for person in self.present}

    @cached_property
    def by_name(self) -> dict[tuple[str, str], list[Person]]:
        """People present by household number and name."""
        found = defaultdict(list)
        for person in self.present:
            found[self.household_of(person).number, person.name].append(person)
        return found

    @cached_property
    def members(self) -> dict[int, list[Person]]:
        """People present by household."""
        found = defaultdict(list)
        for person in self.present:
            found[person.household_id].append(person)
        return found

    @cached_property
    def categories(self) -> dict[int, dict[int, Category]]:
        """Categories that are open, by person and kind."""
        found: dict[int, dict[int, Category]] = defaultdict(dict)
        for category in Category.objects.filter(household__village=self.village, until__isnull=True):
            found[category.person_id][category.kind_id] = category
        return found

    @cached_property
    def number_without_zeros(self) -> dict[str, str]:
        """Household numbers on record by what is left when a spreadsheet drops the leading zeros; only sure ones."""
        found: dict[str, str] = {}
        for number in self.households:
            bare = number.lstrip("0")
            found[bare] = "" if bare in found else number
        return {bare: number for bare, number in found.items() if number}

    def household_of(self, person: Person) -> Household:
        return self.household_by_pk[person.household_id]

    def elsewhere(self, hashes: Iterable[str]) -> dict[str, Territory]:
        """Which of these identity numbers are in force in another village, and in which."""
        found: dict[str, Territory] = {}
        for some in portions(hashes):
            others = Person.objects.present().filter(id_number_hash__in=some)
            others = others.exclude(household__village=self.village).select_related("household__village")
            found |= {person.id_number_hash: person.household.village for person in others}
        return found


def read_masks(village: Territory) -> dict[str, dict[str, str]]:
    """By row key, the masks under which a person's sealed numbers were exported."""
    people: Any = Person.objects.present().filter(household__village=village)
    return {
        person_key(village.code, pk): {"id_number": id_mask, "phone": phone_mask}
        for pk, id_mask, phone_mask in people.values_list("pk", "id_number_mask", "phone_mask").iterator()
    }
