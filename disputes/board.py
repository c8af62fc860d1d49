"""What disputes puts on pages that show several rooms: what waits for this person, and what came in today."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.board import Arrival, Arrived, Ends, Waiting, register_arrival, register_waiting
from core.periods import Month
from core.scope import may
from disputes.models import Agreement, Dispute, DisputeRule
from disputes.models.disputes import SEES, WORKS
from disputes.services import steps_for


def count_disputes(actor: Any) -> int:
    return Dispute.objects.waiting_for(actor).count()


def waiting(actor: Any, ends: Ends) -> list[Waiting]:
    """Disputes whose next step is hers."""
    rows = Dispute.objects.waiting_for(actor).select_related("territory__parent__parent")
    today = clock.today()
    return [
        Waiting(
            "纠纷",
            row.words[:30],
            reverse("disputes:dispute", args=[row.pk]),
            row.registered_at,
            _why(row, today),
            next((step.button for step in steps_for(actor, row)), "去看"),
        )
        for row in ends.of(rows)
    ]


def _why(dispute: Dispute, today: dt.date) -> str:
    if dispute.revisit_on and dispute.revisit_on <= today:
        return f"{dispute.state_said}，该回访了"
    over = dispute.days_over(today)
    return f"{dispute.where}，超 {over} 天" if over else dispute.where


def _unreviewed(actor: Any) -> QuerySet:
    """From the day the town says: the open disputes that nobody has looked at this month."""
    today = clock.today()
    if not may(actor, WORKS) or today.day < DisputeRule.on(today).remind_from:
        return Dispute.objects.none()
    return Dispute.objects.unreviewed(Month.of(today)).visible_to(actor, WORKS)


def count_reviews(actor: Any) -> int:
    """One line for all of them."""
    return int(_unreviewed(actor).exists())


def reviews_waiting(actor: Any, ends: Ends) -> list[Waiting]:
    rows = _unreviewed(actor)
    if not (number := rows.count()):
        return []
    first = rows.order_by("registered_at").values_list("registered_at", flat=True)[0]
    url = f"{reverse('disputes:disputes')}?list=review"
    return [Waiting("纠纷", f"{number} 件纠纷这个月还没梳理", url, first, "每月梳理一次", "去梳理")]


def _to_confirm(actor: Any) -> QuerySet:
    """Agreements whose thirty days for judicial confirmation end soon, and nobody asked the parties."""
    return Agreement.objects.visible_to(actor, WORKS).to_confirm()


def count_confirmations(actor: Any) -> int:
    """One line for all of them."""
    return int(_to_confirm(actor).exists())


def confirmations_waiting(actor: Any, ends: Ends) -> list[Waiting]:
    rows = _to_confirm(actor)
    if not (number := rows.count()):
        return []
    first = rows.order_by("confirm_by").select_related("dispute")[0]
    why = f"最早的一份到 {clock.cn_day(first.confirm_by)}"
    url = f"{reverse('disputes:agreements')}?list=confirm"
    text = f"{number} 份调解协议申请司法确认的 30 天快到了"
    return [Waiting("协议", text, url, first.drafted_at, why, "去问当事人")]


def arrived(actor: Any, day: dt.date) -> QuerySet | None:
    if not may(actor, SEES):
        return None
    first, end = clock.hours_of(day)
    rows = Dispute.objects.visible_to(actor, SEES).filter(registered_at__gte=first, registered_at__lt=end)
    return rows.select_related("territory__parent", "registered_by")


def tell(actor: Any, rows: Sequence[Dispute]) -> list[Arrived]:
    return [
        Arrived(
            f"{row.territory}，{row.words[:30]}",
            reverse("disputes:dispute", args=[row.pk]),
            row.registered_at,
            str(row.registered_by or row.get_source_display()),
        )
        for row in rows
    ]


ARRIVAL = Arrival("disputes", "矛盾纠纷", "件", arrived, tell)


def register() -> None:
    """Called once, when Django is ready."""
    register_waiting("disputes.disputes", waiting, 22, count_disputes)
    register_waiting("disputes.reviews", reviews_waiting, 23, count_reviews)
    register_waiting("disputes.confirmations", confirmations_waiting, 24, count_confirmations)
    register_arrival(ARRIVAL, 45)
