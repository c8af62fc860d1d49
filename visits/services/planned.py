"""What is asked of plans: what came of them, the day of a household, and whom the year has not yet seen."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from core import clock
from core.periods import Month, Period, Year
from grids.models import Territory
from visits.models import Cadence, Obligation, PlanLine, VisitPlan
from visits.models.plans import PlanLineQuerySet


@dataclass
class Kept:
    """A plan beside what happened: households planned, of them 五必访, and those visited in the period."""

    planned: int = 0
    monthly: int = 0
    done: int = 0
    left_out: int = 0

    @property
    def left(self) -> int:
        return self.planned - self.done

    @property
    def share(self) -> float | None:
        return self.done / self.planned if self.planned else None


def kept(
    lines: PlanLineQuerySet, *, period: Period, by_secretary: bool, by: str = "plan"
) -> dict[int | None, Kept]:
    """The figures of these lines by plan, or by another column of theirs; one query."""
    planned = Q(day__isnull=False)
    rows = lines.compared(period, by_secretary=by_secretary).order_by().values(by)
    rows = rows.annotate(
        n_planned=Count("pk", filter=planned),
        n_monthly=Count("pk", filter=planned & Q(monthly=True)),
        n_done=Count("pk", filter=planned & Q(done=True)),
        n_out=Count("pk", filter=~planned),
    )
    columns = rows.values_list(by, "n_planned", "n_monthly", "n_done", "n_out")
    return {key: Kept(*figures) for key, *figures in columns}


def planned_days(households: Collection[int], today: dt.date | None = None) -> dict[tuple[int, str], dt.date]:
    """(household, whose plan) → its day in its village's plan of this month, or in the secretary's of this year."""
    today = today or clock.today()
    month, year = Month.of(today), Year.of(today)
    running = Q(plan__whose=VisitPlan.VILLAGE, plan__start=month.first)
    running |= Q(plan__whose=VisitPlan.SECRETARY, plan__start=year.first)
    lines = PlanLine.objects.planned().filter(running, household__in=list(households))
    return {
        (home, whose): day
        for home, whose, day in lines.values_list("household", "plan__whose", "day")
        if day is not None
    }


def unseen_this_year(villages: Iterable[Territory], year: Year) -> dict[int, tuple[int, int]]:
    """Village → households that its secretary has not visited this year, and of them those in no plan of hers."""
    rows = (
        Obligation.objects.of(Cadence.SECRETARY)
        .open()
        .filter(
            period_start=year.first, household__ended_on__isnull=True, household__village__in=list(villages)
        )
    )
    line = PlanLine.objects.filter(
        plan__whose=VisitPlan.SECRETARY, plan__start=year.first, household=OuterRef("household")
    )
    found = rows.annotate(in_plan=Exists(line)).order_by().values("household__village")
    counted = found.annotate(all=Count("pk"), loose=Count("pk", filter=Q(in_plan=False)))
    return {
        village: (all_, loose)
        for village, all_, loose in counted.values_list("household__village", "all", "loose")
    }
