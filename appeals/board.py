"""What appeals puts on the desk's first page: what waits for this person, and what came in today."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from appeals.models import Matter, Petition
from appeals.petition_part import shown_owed
from appeals.services import petition_steps_for, steps_for
from appeals.services.petitions import WALKS
from core import clock
from core.board import Arrival, Arrived, Ends, Waiting, register_arrival, register_waiting
from core.scope import may
from core.workdays import Calendar


def _hers(actor: Any) -> QuerySet:
    """该我办, as desk and API list it."""
    return Matter.objects.readable_by(actor).listed("mine", actor)


def count_matters(actor: Any) -> int:
    return _hers(actor).count()


def waiting(actor: Any, ends: Ends) -> list[Waiting]:
    """Matters whose next step is hers."""
    rows = _hers(actor).select_related("household", "territory__parent__parent", "petition")
    calendar, today = Calendar(), clock.today()
    return [
        Waiting(
            "诉求",
            f"{row.who}，{row.words[:30]}",
            reverse("appeals:matter", args=[row.pk]),
            row.opened_at,
            _why(row, row.days_over(today, calendar)),
            next((step.button for step in steps_for(actor, row)), "去看"),
        )
        for row in ends.of(rows)
    ]


def _why(matter: Matter, over: int) -> str:
    """村待受理，超 3 个工作日"""
    state = matter.where if matter.is_open else matter.get_state_display()
    return f"{state}，超 {over} 个工作日" if over else state


def _owed(actor: Any) -> Any:
    """Petitions of which the office owes something by law; whoever walks their road sees them."""
    return Petition.objects.visible_to(actor, WALKS).running().filter(due_on__isnull=False)


def count_petitions(actor: Any) -> int:
    return _owed(actor).count()


def petitions_waiting(actor: Any, ends: Ends) -> list[Waiting]:
    """What is due first."""
    calendar, found = Calendar(), []
    for row in _owed(actor).whole().order_by("due_on", "pk")[: ends.most]:
        line = shown_owed(row, calendar)
        assert line is not None  # due_on says so
        left = f"超 {line.over} 天" if line.over else f"还有 {line.left} 天" if line.left else "今天到期"
        found.append(
            Waiting(
                "信访",
                f"{line.clock.title}{left}：{row.matter.words[:30]}",
                f"{reverse('appeals:matter', args=[row.matter_id])}#petition",
                row.registered_at,
                row.get_state_display(),
                next((step.button for step in petition_steps_for(actor, row.matter)), "去看"),
            )
        )
    return found


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
    register_waiting("appeals.matters", waiting, 20, count_matters)
    register_waiting("appeals.petitions", petitions_waiting, 15, count_petitions)
    register_arrival(ARRIVAL, 40)
