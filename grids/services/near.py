"""回避: whose matters are one's own, as the register knows it: one's post was matched to a person there by a click."""

from typing import Any

from core.scope import kept
from grids.models import Household, Membership


def homes_near(user: Any) -> set[int]:
    """The households (keys) of somebody with an account: where he lives or has lived, and where those live now or have
    lived who ever lived with him. Empty for who is in no register. Two queries."""
    me = getattr(user, "pk", None)
    if me is None:
        return set()
    return kept(("homes near", me), lambda: _homes_near(me))


def _homes_near(user: int) -> set[int]:
    own = Membership.objects.filter(person__officer__user=user).values("household")
    together = Membership.objects.filter(household__in=own).values("person")
    return set(Membership.objects.filter(person__in=together).values_list("household", flat=True))


def is_near(user: Any, household: Household) -> bool:
    """Whether it is his own household, or that of one of his."""
    return household.pk in homes_near(user)
