"""The verbs of visits: write what is owed, record, undo, settle; and what phone, desk and ledger ask."""

from visits.services.coverage import Covered, Figure, coverage, made_by, owed_in, total
from visits.services.due import (
    ORDER,
    Calm,
    DueRow,
    Wanted,
    calm_board,
    counts_by_tab,
    due_households,
    due_rows,
    open_promise,
    reach_for_due,
    secretary_of,
)
from visits.services.errors import Conflict
from visits.services.findings import settle_finding
from visits.services.owed import ensure_owed, owed_for
from visits.services.photos import add_photo
from visits.services.proposals import follow_decisions
from visits.services.recording import Recorded, correct_visit, record_visit, undo_until, undo_visit, undoable
from visits.services.settling import settle

__all__ = [
    "ORDER",
    "Calm",
    "Conflict",
    "Covered",
    "DueRow",
    "Figure",
    "Recorded",
    "Wanted",
    "add_photo",
    "calm_board",
    "correct_visit",
    "counts_by_tab",
    "coverage",
    "due_households",
    "due_rows",
    "ensure_owed",
    "follow_decisions",
    "made_by",
    "open_promise",
    "owed_for",
    "owed_in",
    "reach_for_due",
    "record_visit",
    "secretary_of",
    "settle",
    "settle_finding",
    "total",
    "undo_until",
    "undo_visit",
    "undoable",
]
