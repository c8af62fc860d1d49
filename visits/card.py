"""What visits adds to a household's card: the last promise, what is owed, the last visits, what is still open."""

from typing import Any

from django.db.models import Q

from core.scope import reach_of
from grids.models import Household, Officer
from visits.models import Finding, Obligation, Visit
from visits.services import open_promise, undoable

MOST_VISITS = 12
MOST_OWED = 8


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


def _own(actor: Any, household: Household, visitor: str) -> Q | None:
    """Which rows of the household's visits the actor reads: all, her own where she only records, none (None)."""
    if _sees(actor, household):
        return Q()
    records = reach_of(actor, "visits.record").covers(household.territory)
    return Q(**{visitor: actor.pk}) if records else None


def last_promise(actor: Any, household: Household) -> dict[str, Any] | None:
    """上次答应的事, for whoever may read the household's visits or promised it herself."""
    return promise_json(open_promise(household, actor))


def visits(actor: Any, household: Household) -> list[dict[str, Any]]:
    """The last visits in force: history goes with the household, whoever carried it then."""
    if (which := _own(actor, household, "visitor")) is None:
        return []
    can_undo = undoable(actor)
    found = Visit.objects.in_force().filter(which, household=household).latest_first()
    found = found.select_related("visitor", "household__territory").prefetch_related("findings")[:MOST_VISITS]
    return [
        {
            "uuid": str(each.uuid),
            "day": each.day,
            "visitor": str(each.visitor),
            "manner": each.manner,
            "met": each.met,
            "counts": each.counts,
            "summary": each.summary,
            "can_undo": can_undo(each),
        }
        for each in found
    ]


def owed(actor: Any, household: Household) -> list[dict[str, Any]]:
    """The running obligations and those missed and not made up, the latest first."""
    if not _sees(actor, household):
        return []
    rows = Obligation.objects.filter(household=household).order_by("-period_start", "who")[: MOST_OWED * 3]
    shown = [row for row in rows if row.state != "rested"][:MOST_OWED]
    titles = {"done": "走到了", "overdue": "没走到", "due": "待访"}
    return [
        {
            "who": row.who,
            "who_title": row.get_who_display(),
            "period_title": row.period.title,
            "due_on": row.due_on,
            "state": row.state,
            "state_title": titles[row.state],
        }
        for row in shown
    ]


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
    return [
        {
            "id": each.pk,
            "kind": each.kind,
            "kind_title": each.get_kind_display(),
            "detail": each.detail,
            "words": each.words,
            "urgency": each.urgency,
            "day": each.visit.day,
        }
        for each in found[:20]
    ]


def companions(actor: Any, household: Household) -> list[dict[str, Any]]:
    """Who may have come along: the village's officers in force, the actor herself left out."""
    if not reach_of(actor, "visits.record").covers(household.territory):
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
    "visits": visits,
    "owed": owed,
    "open_findings": open_findings,
    "companions": companions,
}
