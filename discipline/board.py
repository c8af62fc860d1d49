"""What discipline puts on the desk's first page: that something new is there, without a word of it."""

from typing import Any

from django.urls import reverse

from core.board import Waiting, register_waiting
from core.scope import may
from discipline.models import READS, Report

NEWS = "有新的反映，打开看"


def waiting(actor: Any) -> list[Waiting]:
    """One line, for whoever may read at least one that nobody has begun to look into."""
    if not may(actor, READS):
        return []
    newest = Report.objects.readable_by(actor).new().order_by("-received_at").first()
    return [Waiting("反映", NEWS, reverse("discipline:reports"), newest.received_at)] if newest else []


def register() -> None:
    register_waiting("discipline.reports", waiting, 20)
