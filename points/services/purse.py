"""What a household's page says of its points: the desk's, and the one behind its card."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from core.scope import may
from grids.models import Household
from points.models import Account, Award, Entry
from points.models.awards import SEES
from points.services.books import entries_of

LATELY = 5


@dataclass(frozen=True)
class Line:
    """An entry as the household sees it: what it brought (negative: took), and what was there afterwards."""

    entry: Entry
    change: int
    left: int


@dataclass(frozen=True)
class Purse:
    """Points to spend, the last entries with the newest on top, and how many deeds are on their way."""

    balance: int
    lately: list[Line]
    on_the_way: int


def purse_of(actor: Any, household: Household) -> Purse | None:
    """None for who does not see the points of the place."""
    return own_purse(household) if may(actor, SEES, household.territory) else None


def own_purse(household: Household) -> Purse:
    """The same for the household itself."""
    account = Account.objects.filter(household=household).first()
    lines = [Line(*each) for each in islice(entries_of(account), LATELY)] if account else []
    open_states = (Award.CLAIMED, Award.CHECKED, Award.DECIDED, Award.SHOWN)
    waiting = Award.objects.filter(household=household).in_state(*open_states).count()
    return Purse(account.balance if account else 0, lines, waiting)
