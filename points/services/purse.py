"""What a household's page says of its points: the desk's, and the one behind its card."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from core import clock
from core.idnumber import mask_name
from core.scope import may
from grids.models import Household
from points.models import Account, Award, Entry
from points.models.awards import SEES
from points.services.books import entries_of
from points.services.hours import hours_of_home

LATELY = 5


@dataclass(frozen=True)
class Line:
    """An entry as the household sees it: what it brought (negative: took), and what was there afterwards."""

    entry: Entry
    change: int
    left: int


@dataclass(frozen=True)
class Purse:
    """Points to spend, the last entries with the newest on top, how many deeds are on their way, and for how many
    hours who of it came to this year's activities (a card alone: nobody's name)."""

    balance: int
    lately: list[Line]
    on_the_way: int
    hours: list[tuple[str, int]]

    @property
    def all_hours(self) -> int:
        return sum(hours for _, hours in self.hours)


def purse_of(actor: Any, household: Household) -> Purse | None:
    """None for who does not see the points of the place."""
    if not may(actor, SEES, household.territory):
        return None
    return _purse(household, named=may(actor, "persons.see", household.territory))


def own_purse(household: Household) -> Purse:
    """The same for the household itself, on a page that lies open on its table."""
    return _purse(household, named=False)


def _purse(household: Household, *, named: bool) -> Purse:
    account = Account.objects.filter(household=household).first()
    lines = [Line(*each) for each in islice(entries_of(account), LATELY)] if account else []
    open_states = (Award.CLAIMED, Award.CHECKED, Award.DECIDED, Award.SHOWN)
    waiting = Award.objects.filter(household=household).in_state(*open_states).count()
    came = hours_of_home(household, clock.today().year)
    hours = [(name if named else mask_name(name), number) for name, number in came]
    return Purse(account.balance if account else 0, lines, waiting, hours)
