"""回避: whose matters are one's own, as the register knows it: one's post was matched to a person there by a click."""

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
    return kept(("homes near", me), lambda: _homes_near(me))


def _homes_near(user: int) -> set[int]:
    return set(
        Membership.objects.filter(person__in=Membership.people_near(user)).values_list("household", flat=True)
    )


def is_near(user: Any, household: Household) -> bool:
    """Whether it is his own household, or that of one of his."""
    return household.pk in homes_near(user)
