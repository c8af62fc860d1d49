"""The verbs of discipline. Nobody but the frame of the house imports from here."""

from discipline.services.counting import Counted, count_reports
from discipline.services.errors import Conflict
from discipline.services.telling import Received, asked_after, check, enter, tell
from discipline.services.working import OFFERS, Offer, finish, note, offers_for, pass_on, reopen, take

__all__ = [
    "OFFERS",
    "Conflict",
    "Counted",
    "Offer",
    "Received",
    "asked_after",
    "check",
    "count_reports",
    "enter",
    "finish",
    "note",
    "offers_for",
    "pass_on",
    "reopen",
    "take",
    "tell",
]
