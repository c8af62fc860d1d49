"""What visits puts on the desk's first page: the 无事 board, who was missed, what was found, and coverage."""

from typing import Any

from django.urls import reverse

from core import clock
from core.board import Figure, Panel, Waiting, register_figure, register_panel, register_waiting
from core.periods import Month
from core.scope import may, reach_of
from grids.models import RegisterChange
from visits.models import Cadence, Finding, Obligation
from visits.services import calm_board, coverage


def calm(actor: Any) -> Figure | None:
    """无事: visited this month and nothing open."""
    if not (reach := reach_of(actor, "figures.see")):
        return None
    found = calm_board(reach=reach)
    said = f"五必访 {found.total} 户，走过 {found.calm + found.busy} 户，{found.busy} 户有事没办完"
    return Figure("无事板", found.calm, "户走过，没有新情况", said, reverse("visits:coverage"), calm=True)


def missed(actor: Any) -> Figure | None:
    """Five-category households whose last month is over and that nobody has visited since."""
    if not (reach := reach_of(actor, "visits.manage")):
        return None
    rows = Obligation.objects.overdue().of(Cadence.CATEGORY).filter(household__ended_on__isnull=True)
    number = rows.filter(reach.q("household__territory")).values("household").distinct().count()
    url = reverse("visits:owed") + "?list=category&state=overdue"
    return Figure("前面没访到", number, "户", "五必访，到今天还没补上", url)


def found(actor: Any) -> list[Waiting]:
    """What visits found and nobody has settled, newest first; what waits as a change for her yes stands there."""
    rows = Finding.objects.visible_to(actor, "findings.settle").open().select_related("household", "visit")
    if may(actor, "register.accept"):
        rows = rows.exclude(proposal__state=RegisterChange.PROPOSED)
    return [
        Waiting(
            each.get_kind_display()[:2],
            "，".join(word for word in (str(each.household), each.detail) if word),
            reverse("visits:household", args=[each.household_id]),
            each.visit.received_at,
        )
        for each in rows.order_by("-pk")[:8]
    ]


def covered(actor: Any) -> Panel | None:
    """Coverage by village, in the order of the plan."""
    if not may(actor, "figures.see"):
        return None
    month = Month.of(clock.today())
    context = {
        "places": coverage(month=month, actor=actor),
        "month": month,
        "links": may(actor, "visits.manage"),
    }
    return Panel("visits/_coverage.html", context, wide=True)


def register() -> None:
    """Called once, when Django is ready."""
    register_figure("visits.calm", calm, order=10)
    register_figure("visits.missed", missed, order=20)
    register_waiting("visits.found", found, order=10)
    register_panel("visits.coverage", covered, order=10)
