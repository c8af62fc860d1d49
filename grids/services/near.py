"""回避: whose matters are one's own, as the register knows it: one's post was matched to a person there by a click."""

from collections.abc import Iterable
from typing import Any

from core.scope import kept
from grids.models import Household, Membership, Person


def homes_near(user: Any) -> set[int]:
    """The households (keys) where he, or somebody who ever lived with him, lives or has lived.

    Empty for who is in no register.
    """
    me = getattr(user, "pk", None)
    if me is None:
        return set()
    return kept(("homes near", me), lambda: homes_near_each([me])[me])


def homes_near_each(users: Iterable[int]) -> dict[int, set[int]]:
    """The same for several people (keys) at once, in a constant number of queries."""
    near = people_near_each(users)
    lived = _lived(set().union(*near.values()))
    return {user: set().union(*(lived[each] for each in people)) for user, people in near.items()}


def people_near_each(users: Iterable[int]) -> dict[int, set[int]]:
    """By account (key) everybody (keys) who lives or ever lived in a household with him, himself too, under the rows
    by which they lived there; a constant number of queries."""
    found: dict[int, set[int]] = {user: set() for user in users}
    own = list(Person.objects.filter(officer__user__in=list(found)).values_list("officer__user", "pk"))
    lived = _lived({person for _, person in own})
    together: dict[int, set[int]] = {}
    there = Membership.objects.filter(household__in=set().union(*lived.values()))
    for home, person in there.values_list("household", "person"):
        together.setdefault(home, set()).add(person)
    for user, person in own:
        found[user].update({person}, *(together[home] for home in lived[person]))
    return found


def _lived(persons: set[int]) -> dict[int, set[int]]:
    """Where each of these lives or has lived, be it under another row of the register."""
    who = Person.selves(persons)
    homes: dict[str, set[int]] = {each: set() for each in who.values()}
    for person, home in Membership.objects.filter(person__in=who).values_list("person", "household"):
        homes[who[person]].add(home)
    return {person: homes[who[person]] for person in persons}


def is_near(user: Any, household: Household) -> bool:
    """Whether it is his own household, or that of one of his."""
    return household.pk in homes_near(user)
