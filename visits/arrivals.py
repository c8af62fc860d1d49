"""What has come in of visits on a day: visits, what they found, and what is on hold; each row as a line."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.board import Arrival, Arrived, register_arrival
from core.ledger.sealing import LATE
from core.scope import may
from visits.models import Finding, Held, Visit
from visits.services import late_visits


def visits_arrived(actor: Any, day: dt.date) -> QuerySet | None:
    if not may(actor, "visits.see"):
        return None
    rows = Visit.objects.visible_to(actor, "visits.see").in_force().received_on(day)
    return rows.select_related("household__territory", "visitor").prefetch_related("findings")


def tell_visits(actor: Any, rows: Sequence[Visit]) -> list[Arrived]:
    """Where it was made on an earlier day, that day is said."""
    late = late_visits(rows)
    return [
        Arrived(
            "，".join(
                (
                    f"{row.household.territory} {row.household}",
                    *([f"{clock.cn_day(row.day)}走的"] if row.day != _received(row) else []),
                    row.summary,
                    *([LATE] if row.pk in late else []),
                )
            ),
            f"{reverse('visits:household', args=[row.household_id])}#visit-{row.pk}",
            row.received_at,
            str(row.visitor),
        )
        for row in rows
    ]


def _received(row: Visit) -> dt.date:
    return clock.local_date(row.received_at)


def findings_arrived(actor: Any, day: dt.date) -> QuerySet | None:
    if not may(actor, "visits.see"):
        return None
    made = Visit.objects.in_force().received_on(day)
    rows = Finding.objects.visible_to(actor, "visits.see").filter(visit__in=made)
    return rows.select_related("household__territory", "visit__visitor")


def tell_findings(actor: Any, rows: Sequence[Finding]) -> list[Arrived]:
    return [
        Arrived(
            f"{row.household.territory} {row.household}，"
            + "，".join(word for word in (row.get_kind_display(), row.detail) if word),
            f"{reverse('visits:household', args=[row.household_id])}#findings",
            row.visit.received_at,
            str(row.visit.visitor),
        )
        for row in rows
    ]


def held_arrived(actor: Any, day: dt.date) -> QuerySet | None:
    if not may(actor, "register.accept"):
        return None
    rows = Held.objects.visible_to(actor, "register.accept").received_on(day)
    return rows.select_related("household", "author")


def tell_held(actor: Any, rows: Sequence[Held]) -> list[Arrived]:
    return [
        Arrived(
            f"{row.household}，{row.get_state_display()}：{row.get_reason_display()}",
            reverse("visits:held"),
            row.received_at,
            str(row.author),
        )
        for row in rows
    ]


ARRIVALS = (
    Arrival("visits", "走访", "次", visits_arrived, tell_visits),
    Arrival("findings", "走访发现", "件", findings_arrived, tell_findings),
    Arrival("held", "暂存的走访", "条", held_arrived, tell_held),
)


def register() -> None:
    """Called once, when Django is ready."""
    for order, arrival in enumerate(ARRIVALS, 10):
        register_arrival(arrival, order)
