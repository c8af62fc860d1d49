"""Finding people: by characters, pinyin, initials, household number, full identity number, phone."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from core import idnumber
from core.models import phone_hash
from core.scope import may, reach_of
from grids.models import Household, Person

MOST = 20


@dataclass(frozen=True)
class Found:
    """A household, and the person in it whose name or number was looked for (None if the household itself)."""

    household: Household
    person: Person | None


def find(actor: Any, text: str, within: Any = None) -> list[Found]:
    """At most 20 of the actor's reach (and `within` a territory), best first. Who may not see persons finds heads of
    households only."""
    text = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"[\s\-()+]", "", text)
    if not plain:
        return []
    if re.fullmatch(r"\d{17}[\dXx]", plain):
        return _by_id_number(actor, plain, within)
    if plain.isascii() and re.search(r"\d", plain):
        return _by_number(actor, text, idnumber.clean_phone(text), within)
    if plain.isascii():
        return _by_letters(actor, re.sub(r"[^a-z]", "", plain.lower()), within)
    return _by_characters(actor, re.sub(r"\s", "", text), within)


def _people(actor: Any, within: Any) -> Any:
    """Persons whose names the actor may read: everybody, or the heads where only households are hers."""
    everybody, heads_only = reach_of(actor, "persons.see"), reach_of(actor, "households.see")
    people = Person.objects.visible_to(actor, "persons.see") if everybody else Person.objects.none()
    if everybody != heads_only:
        heads = Person.objects.visible_to(actor, "households.see").filter(relation="户主")
        people = people | heads if everybody else heads
    return _inside(people.present(), within).select_related("household__group", "household__territory")


def _inside(rows: Any, within: Any) -> Any:
    return rows if within is None else rows.at(within)


def _rows(people: Iterable[Person]) -> list[Found]:
    """One row for each person, those whose name is shortest first."""
    found = {person.pk: Found(person.household, person) for person in people}
    return list(found.values())[:MOST]


def _by_id_number(actor: Any, text: str, within: Any) -> list[Found]:
    people = Person.objects.visible_to(actor, "persons.see").present().with_id_number(text)
    people = _inside(people, within)
    return _rows(people.select_related("household__group", "household__territory")[:MOST])


def _by_number(actor: Any, text: str, digits: str, within: Any) -> list[Found]:
    """A household number as it stands, or a phone of a household or of somebody in it."""
    households = _inside(Household.objects.present(), within).select_related("group", "territory")
    number = text.strip()
    found = [
        Found(household, None)
        for household in households.visible_to(actor, "households.see").filter(number=number)[:MOST]
    ]
    if len(digits) >= 7 and digits.isdigit() and may(actor, "phones.dial"):
        sealed = phone_hash(digits)
        mine = households.visible_to(actor, "phones.dial").filter(phone_hash=sealed)
        found += [Found(household, None) for household in mine[:MOST]]
        people = Person.objects.visible_to(actor, "phones.dial").present().filter(phone_hash=sealed)
        people = _inside(people, within)
        known = {row.household.pk for row in found}
        found += [
            row
            for row in _rows(people.select_related("household__group", "household__territory")[:MOST])
            if row.household.pk not in known
        ]
    return found[:MOST]


def _by_letters(actor: Any, letters: str, within: Any) -> list[Found]:
    """Initials (zsf) or pinyin (zhangsan): a prefix of either."""
    if not letters:
        return []
    people = _people(actor, within)
    first = sorted(
        people.beginning("initials", letters)[:MOST], key=lambda p: (len(p.initials), p.name, p.pk)
    )
    if len(first) < MOST:
        more = sorted(people.beginning("pinyin", letters)[:MOST], key=lambda p: (len(p.pinyin), p.name, p.pk))
        first += more
    return _rows(first)


def _by_characters(actor: Any, text: str, within: Any) -> list[Found]:
    """Names that begin so, then names that hold the characters anywhere."""
    people = _people(actor, within)
    found = sorted(people.beginning("name", text)[:MOST], key=lambda p: (len(p.name), p.name, p.pk))
    if len(found) < MOST:
        inside = people.filter(Q(name__holds=text))[:MOST]
        found += sorted(inside, key=lambda p: (len(p.name), p.name, p.pk))
    return _rows(found)
