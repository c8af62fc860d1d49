"""回避: whose matters are one's own, as the register knows it: one's post was matched to a person there by a click."""

from collections.abc import Iterable
from typing import Any

from core.scope import kept
from grids.models import Household, Membership


def homes_near(user: Any) -> set[int]:
    """The households (keys) where he, or somebody who ever lived with him, lives or has lived; one query.

    Empty for who is in no register.
    """
    me = getattr(user, "pk", None)
    if me is None:
        return set()
    return kept(("homes near", me), lambda: homes_near_each([me])[me])


def homes_near_each(users: Iterable[int]) -> dict[int, set[int]]:
    """The same for several people (keys) at once, in one query."""
    found: dict[int, set[int]] = {user: set() for user in users}
    rows = Membership.objects.filter(person__officer__user__in=list(found))
    homes = f"{Membership.TOGETHER}__memberships__household"
    for user, home in rows.values_list("person__officer__user", homes).distinct():
        found[user].add(home)
    return found


def is_near(user: Any, household: Household) -> bool:
    """Whether it is his own household, or that of one of his."""
    return household.pk in homes_near(user)
