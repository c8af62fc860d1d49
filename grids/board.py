"""What the register shows on pages of several rooms: changes that wait, in the list of things to do."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from core.board import Waiting, register_waiting
from core.menu import register_menu
from grids.models import RegisterChange
from grids.services import acceptable

MOST = 8


def waiting_changes(actor: Any) -> Iterable[Waiting]:
    """Changes that this actor may decide, the oldest first."""
    rows = RegisterChange.objects.visible_to(actor, "register.propose").filter(state=RegisterChange.PROPOSED)
    rows = rows.select_related(
        "territory", "household__territory", "other__territory", "person", "proposed_by"
    )
    found = list(rows.order_by("proposed_at")[: MOST * 4])
    decides = acceptable(actor, found) if found else set()
    return [_line(row) for row in found if row.pk in decides][:MOST]


def _line(row: RegisterChange) -> Waiting:
    """Kind, household and who reported it; the category itself is not said here."""
    text = f"{row.get_kind_display()} {row.household or ''}，{row.proposed_by}报"
    return Waiting("变动", text, reverse("grids:register"), row.proposed_at)


def register() -> None:
    """Called once, when the apps are ready."""
    register_menu("户籍", "居民和变动", "grids:register", "register.propose", 210)
    register_menu("户籍", "网格和人员", "grids:grids", "posts.manage", 220)
    register_waiting("grids.changes", waiting_changes, order=20)
