"""A reported change in words, so that who decides reads what is asked and not only its name."""

from collections.abc import Sequence
from typing import Any

from grids.models import CategoryKind, Person, RegisterChange, VillagerGroup
from grids.services.facts import FACTS, SEX, Fact


def tell(rows: Sequence[RegisterChange]) -> dict[int, str]:
    """`{pk: "大病重病户，凭据 诊断书"}` for a page of changes, in three queries however many there are."""
    people = Person.objects.filter(pk__in={pk for row in rows for pk in _people(row)})
    groups = VillagerGroup.objects.filter(pk__in={row.facts["group"] for row in rows if "group" in row.facts})
    words = {
        "person": dict(people.values_list("pk", "name")),
        "group": dict(groups.values_list("pk", "name")),
        "category": dict(CategoryKind.objects.values_list("code", "name")),
    }
    return {row.pk: "，".join(_parts(row.facts, FACTS[row.kind], words)) for row in rows}


def _people(row: RegisterChange) -> list[int]:
    named = [row.facts["new_head"]] if "new_head" in row.facts else []
    return named + [int(pk) for pk in row.facts.get("members", {})]


def _parts(facts: dict[str, Any], asked: tuple[Fact, ...], words: dict[str, Any]) -> list[str]:
    """One piece for each fact told; the second household stands in a column of its own."""
    found = []
    for fact in asked:
        value = facts.get(fact.name)
        if value == "" and fact.erasable:
            found.append(f"{fact.title}清掉")
        if not value or fact.shape == "household":
            continue
        if fact.shape == "people":
            found += [f"{person['name']}（{person['relation']}）" for person in value]
        elif fact.shape == "members":
            names = words["person"]
            found += [f"{names.get(int(pk), '')}（{relation}）" for pk, relation in value.items()]
        elif fact.shape == "category":
            found.append(words["category"].get(value, value))
        elif fact.shape in words:
            found.append(f"{fact.title} {words[fact.shape].get(value, '')}")
        else:
            found.append(f"{fact.title} {SEX.get(value, value) if fact.shape == 'sex' else value}")
    return found
