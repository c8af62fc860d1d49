"""What the register shows on pages of several rooms: changes that wait, and those that were reported on a day."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.board import Arrival, Arrived, Ends, Waiting, register_arrival, register_waiting
from core.menu import register_menu
from core.scope import may
from grids.models import RegisterChange
from grids.services import acceptable

MOST = 8


def _proposed(actor: Any) -> QuerySet:
    rows = RegisterChange.objects.visible_to(actor, "register.propose").filter(state=RegisterChange.PROPOSED)
    return rows.select_related(
        "territory", "household__territory", "other__territory", "person", "proposed_by"
    )


def _hers(actor: Any, rows: Iterable[RegisterChange]) -> list[RegisterChange]:
    """Those that this actor may decide, in their order."""
    found = list(rows)
    decides = acceptable(actor, found) if found else set()
    return [row for row in found if row.pk in decides]


def count_changes(actor: Any) -> int:
    return len(_hers(actor, _proposed(actor)))


def waiting_changes(actor: Any, ends: Ends) -> Iterable[Waiting]:
    """Changes that this actor may decide."""
    rows = Ends(ends.oldest, ends.most * 4).of(_proposed(actor), "proposed_at")
    return [_line(row) for row in _hers(actor, rows)[: ends.most]]


def _line(row: RegisterChange) -> Waiting:
    """Kind, household and who reported it; the category itself is not said here."""
    text = f"{row.get_kind_display()} {row.household or ''}，{row.proposed_by}报"
    return Waiting("变动", text, reverse("grids:register"), row.proposed_at, "等村里同意", "去定")


def changes_arrived(actor: Any, day: dt.date) -> QuerySet | None:
    """Changes reported on that day, whatever has become of them."""
    if not may(actor, "register.propose"):
        return None
    first, end = clock.hours_of(day)
    rows = RegisterChange.objects.visible_to(actor, "register.propose")
    rows = rows.filter(proposed_at__gte=first, proposed_at__lt=end)
    return rows.select_related("household", "territory", "proposed_by")


def tell_changes(actor: Any, rows: Sequence[RegisterChange]) -> list[Arrived]:
    """The person and the category are not said here."""
    return [
        Arrived(
            f"{row.territory} {row.household or ''}，{row.get_kind_display()}，{row.get_state_display()}",
            reverse("grids:household", args=[row.household_id])
            if row.household_id
            else reverse("grids:register"),
            row.proposed_at,
            str(row.proposed_by or ""),
        )
        for row in rows
    ]


CHANGES = Arrival("changes", "户籍变动", "件", changes_arrived, tell_changes)


def register() -> None:
    """Called once, when the apps are ready."""
    register_menu("户籍", "居民和变动", "grids:register", "register.propose", 210)
    register_menu("户籍", "网格和人员", "grids:grids", "posts.manage", 220)
    register_waiting("grids.changes", waiting_changes, 20, count_changes)
    register_arrival(CHANGES, order=20)
