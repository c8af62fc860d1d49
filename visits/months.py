"""What visits tell of a month that is sealed: its coverage, and (visits.late) what came in later."""

from typing import Any

from core.ledger.sealing import register_figures, register_late
from core.periods import Month, Period
from grids.models import Territory
from visits.late import late
from visits.services import coverage
from visits.services.sealed import NAME, plain


def register() -> None:
    """Called once, when Django is ready."""
    register_figures(NAME, figures)
    register_late("visits", late)


def figures(territory: Territory, period: Period) -> list[dict[str, Any]]:
    """Coverage as plain values, village by village with its grids: for each group owed, made and away."""
    return [plain(village) for village in coverage(month=Month.of(period.last), territory=territory)]
