"""What visits adds to a household's card: the last promise, what is owed, the last visits, what is still open."""

from typing import Any

from django.db.models import Q

from core import clock
from core.scope import reach_of
from grids.models import Household, Officer
from visits.models import Cadence, Finding, Obligation, Visit
from visits.services import Lately, late_visits, lately_at, open_promise, standing_promise, undoable

MOST_VISITS = 12
MOST_OWED = 8
STATE_TITLES = {"done": "走到了", "overdue": "没走到", "due": "待访"}


def promise_json(visit: Visit | None) -> dict[str, Any] | None:
    """What was promised and when; None if nothing stands."""
    if visit is None:
        return None
    return {
        "kind": visit.promise_kind,
        "kind_title": visit.get_promise_kind_display(),
        "text": visit.promise_text,
        "day": visit.day,
        "until": visit.promise_until,
    }


def _sees(actor: Any, household: Household) -> bool:
    return reach_of(actor, "visits.see").covers(household.territory)


def _goes(actor: Any, household: Household) -> bool:
    return reach_of(actor, "visits.record").covers(household.territory)


def _own(actor: Any, household: Household, visitor: str) -> Q | None:
    """Which rows of the household's visits the actor reads: all, her own where she only records, none (None)."""
    if _sees(actor, household):
        return Q()
    return Q(**{visitor: actor.pk}) if _goes(actor, household) else None


def last_promise(actor: Any, household: Household) -> dict[str, Any] | None:
    """上次答应的事: in the words it was said for whoever may read the household's visits or promised it herself; only
    its kind for whoever just goes there (domain.md: a promise by its kind, as on the round sheet)."""
    if promise := open_promise(household, actor):
        return promise_json(promise)
    promise = standing_promise(household) if _goes(actor, household) else None
    return (promise_json(promise) or {}) | {"text": ""} if promise else None


def lately_json(lately: Lately | None) -> dict[str, Any] | None:
    return {"day": lately.day, "visitor": lately.visitor} if lately else None


def lately(actor: Any, household: Household) -> dict[str, Any] | None:
    """Before the door: that somebody was here a few days ago, without a name for who just goes there."""
    return lately_json(lately_at(household, actor))


def visits(actor: Any, household: Household) -> list[dict[str, Any]]:
    """The last visits in force: history goes with the household, whoever carried it then."""
    if (which := _own(actor, household, "visitor")) is None:
        return []
    can_undo = undoable(actor)
    found = Visit.objects.in_force().filter(which, household=household).latest_first()
    found = found.select_related("visitor", "household__territory").prefetch_related("findings")[:MOST_VISITS]
    late = late_visits(found)
    return [visit_json(each, can_undo(each), each.pk in late) for each in found]


def visit_json(visit: Visit, can_undo: bool, late: bool) -> dict[str, Any]:
    """One visit as a card tells it; reads `visitor` and `findings`."""
    return {
        "uuid": str(visit.uuid),
        "day": visit.day,
        "visitor": str(visit.visitor),
        "manner": visit.manner,
        "met": visit.met,
        "counts": visit.counts,
        "summary": visit.summary,
        "can_undo": can_undo,
        "late": late,
    }


def owed(actor: Any, household: Household) -> list[dict[str, Any]]:
    """The running obligations and those missed and not made up, the latest first.

    Who only goes there reads what is still to be done and by when (应访 本月、本季), and not for which reason.
    """
    if not _sees(actor, household):
        return _still_owed(household) if _goes(actor, household) else []
    rows = Obligation.objects.filter(household=household).order_by("-period_start", "who")[: MOST_OWED * 3]
    shown = [row for row in rows if row.state != "rested"][:MOST_OWED]
    return [owed_json(row) for row in shown]


def owed_json(row: Obligation) -> dict[str, Any]:
    return {
        "who": row.who,
        "who_title": row.get_who_display(),
        "period_title": row.period.title,
        "due_on": row.due_on,
        "state": row.state,
        "state_title": STATE_TITLES[row.state],
    }


def _still_owed(household: Household) -> list[dict[str, Any]]:
    """As `owed`, without `who`; the secretary's own year is nobody else's errand."""
    rows = Obligation.objects.open().filter(household=household, period_start__lte=clock.today())
    rows = (
        rows.exclude(who=Cadence.SECRETARY)
        .select_related("cadence")
        .order_by("-period_start", "who")[:MOST_OWED]
    )
    return [owed_plainly_json(row) for row in rows]


def owed_plainly_json(row: Obligation) -> dict[str, Any]:
    """For who only goes there; reads `cadence`."""
    return owed_json(row) | {"who": "", "who_title": "应访", "period_title": f"应访 {_plainly(row)}"}


def _plainly(row: Obligation) -> str:
    """本月, 本季 for a period that runs, its name for one that is over."""
    running = row.period_start <= clock.today() <= row.period_end
    return {"month": "本月", "quarter": "本季"}.get(row.cadence.unit, "今年") if running else row.period.title


def open_findings(actor: Any, household: Household) -> list[dict[str, Any]]:
    """What visits found and nobody has settled yet."""
    if (which := _own(actor, household, "visit__visitor")) is None:
        return []
    found = (
        Finding.objects.open()
        .filter(which, household=household)
        .select_related("visit")
        .order_by("-visit__day", "-pk")
    )
    return [finding_json(each) for each in found[:20]]


def finding_json(finding: Finding) -> dict[str, Any]:
    """One open item as a card tells it; reads `visit`."""
    return {
        "id": finding.pk,
        "kind": finding.kind,
        "kind_title": finding.get_kind_display(),
        "detail": finding.detail,
        "words": finding.words,
        "urgency": finding.urgency,
        "day": finding.visit.day,
    }


def companions(actor: Any, household: Household) -> list[dict[str, Any]]:
    """Who may have come along: the village's officers in force, the actor herself left out."""
    if not _goes(actor, household):
        return []
    duties = ("leader", "worker", "assistant", "secretary", "cadre")
    found = Officer.objects.filter(
        posts__duty__in=duties,
        posts__until__isnull=True,
        posts__territory__in=[household.territory_id, household.village_id],
    )
    # exclude(user=…) alone would leave out officers without an account.
    found = found.filter(~Q(user=actor) | Q(user__isnull=True)).order_by("pk")
    return [{"id": each.pk, "name": each.name} for each in found]


PARTS = {
    "last_promise": last_promise,
    "lately": lately,
    "visits": visits,
    "owed": owed,
    "open_findings": open_findings,
    "companions": companions,
}
