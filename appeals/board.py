"""What appeals puts on the desk's first page: what waits for this person, and what came in today."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from appeals.models import Matter
from core import clock
from core.board import Arrival, Arrived, Waiting, register_arrival, register_waiting
from core.scope import may


def waiting(actor: Any) -> list[Waiting]:
    """Matters whose next step is hers, the latest registered first."""
    rows = Matter.objects.waiting_for(actor).select_related("household").order_by("-pk")[:8]
    return [
        Waiting(
            "诉求", f"{row.who}，{row.words[:30]}", reverse("appeals:matter", args=[row.pk]), row.opened_at
        )
        for row in rows
    ]


def arrived(actor: Any, day: dt.date) -> QuerySet | None:
    if not may(actor, "matters.see"):
        return None
    first, end = clock.hours_of(day)
    rows = Matter.objects.visible_to(actor, "matters.see").filter(opened_at__gte=first, opened_at__lt=end)
    return rows.select_related("household", "territory__parent", "opened_by")


def tell(actor: Any, rows: Sequence[Matter]) -> list[Arrived]:
    return [
        Arrived(
            f"{row.territory} {row.who}，{row.words[:30]}",
            reverse("appeals:matter", args=[row.pk]),
            row.opened_at,
            str(row.opened_by or row.get_source_display()),
        )
        for row in rows
    ]


ARRIVAL = Arrival("matters", "群众诉求", "件", arrived, tell)


def register() -> None:
    register_waiting("appeals.matters", waiting, 20)
    register_arrival(ARRIVAL, 40)
