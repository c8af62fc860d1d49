"""What is owed (应访), what was done (走访), what it found (五必知), what is on hold (暂存), the paper (走访单)."""

from visits.models.found import Finding, FindingQuerySet
from visits.models.held import Held, HeldQuerySet
from visits.models.made import ReadableQuerySet, Visit, VisitQuerySet
from visits.models.owed import Obligation, ObligationQuerySet
from visits.models.plans import PlanLine, VisitPlan, plan_reach
from visits.models.rounds import RoundLine, RoundSheet
from visits.models.rules import Cadence, Practice
from visits.models.tally import Tally

__all__ = [
    "Cadence",
    "Finding",
    "FindingQuerySet",
    "Held",
    "HeldQuerySet",
    "Obligation",
    "ObligationQuerySet",
    "PlanLine",
    "Practice",
    "ReadableQuerySet",
    "RoundLine",
    "RoundSheet",
    "Tally",
    "Visit",
    "VisitPlan",
    "VisitQuerySet",
    "plan_reach",
]
