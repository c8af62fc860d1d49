"""What is measured side by side gives the same answer on both sides."""

import pytest

from core import clock
from core.periods import Month
from hongji.bench import owed
from hongji.town.filling import make_town
from visits.models import Cadence

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# in the order in which the baseline counts them
WHOSE = (Cadence.CATEGORY, Cadence.ORDINARY, Cadence.SECRETARY)


def test_coverage_counted_from_visits_is_the_coverage_counted_from_what_is_owed() -> None:
    make_town(households=400, months=14, seed=7, say=lambda text: None)
    month = Month.of(clock.today())
    ours = {(grid, who): (each.owed, each.made, each.away) for grid, who, each in owed.by_obligation(month)}
    theirs = owed.by_visits(month)
    assert len(ours) > 100
    assert {who for _, who in ours} == set(WHOSE)
    assert theirs == ours
