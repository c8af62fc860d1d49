"""What discipline puts on the desk's first page: that something new is there, without a word of it."""

from typing import Any

from django.db.models import Count, Max
from django.urls import reverse

from core.board import Ends, Waiting, register_waiting
from core.scope import may
from discipline.models import READS, Report


def count(actor: Any) -> int:
    """One line, however many there are."""
    return int(may(actor, READS) and Report.objects.readable_by(actor).new().exists())


def waiting(actor: Any, ends: Ends) -> list[Waiting]:
    """One line, for whoever may read some that nobody has begun to look into."""
    if not may(actor, READS):
        return []
    rows = Report.objects.readable_by(actor).new()
    found = rows.aggregate(number=Count("pk"), newest=Max("received_at"))
    if not found["number"]:
        return []
    told = f"{found['number']} 件反映还没有人核实"
    return [Waiting("反映", told, reverse("discipline:reports"), found["newest"], "等着核实", "去看")]


def register() -> None:
    register_waiting("discipline.reports", waiting, 20, count)
