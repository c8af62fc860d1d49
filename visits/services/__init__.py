"""The verbs of visits: write what is owed, record, undo, settle; and what phone, desk and ledger ask."""

from visits.services.behind import PARTS, count_parts, part_of, place_then, rows_behind
from visits.services.content import Content
from visits.services.coverage import GROUPS, Covered, Figure, counted, coverage, made_by, owed_in, total
from visits.services.deeds import told_of_deeds
from visits.services.delivery import (
    HELD,
    Delivered,
    deliver,
    deliver_sealed,
    issued,
    take_back_sealed,
    twin_of,
    twins_among,
)
from visits.services.due import (
    ORDER,
    QUARREL,
    Calm,
    DueRow,
    Lately,
    Wanted,
    calm_board,
    counts_by_tab,
    due_households,
    due_rows,
    lately_at,
    narrowed,
    open_promise,
    reach_for_due,
    secretary_of,
    standing_promise,
)
from visits.services.errors import Conflict, Missing
from visits.services.findings import settle_finding
from visits.services.holding import (
    Letter,
    accept_held,
    content_of,
    refuse_held,
    said_unread,
    withdraw_held,
)
from visits.services.labouring import told_of_labour
from visits.services.late_marks import late_note, late_visits
from visits.services.missed import LENGTHS, Late, Length, Missed, missed_households
from visits.services.owed import ensure_owed, owed_for, take_back
from visits.services.photos import add_photo
from visits.services.proposals import follow_decisions
from visits.services.recording import (
    Recorded,
    correct_visit,
    record_visit,
    undo_until,
    undo_visit,
    undoable,
)
from visits.services.rights import NotHers, carried_then
from visits.services.sealed import sealed_places, shown_coverage
from visits.services.settling import settle
from visits.services.tallies import drop_triggers, ensure_triggers, recount
from visits.services.tickets import Ticket, read_ticket, sealing_for
from visits.services.trend import Point, counted_over, months_with_figures, trend
from visits.services.workload import coverage_of_grids, monthly_rates, rests_on_grids

__all__ = [
    "GROUPS",
    "HELD",
    "LENGTHS",
    "ORDER",
    "PARTS",
    "QUARREL",
    "Calm",
    "Conflict",
    "Content",
    "Covered",
    "Delivered",
    "DueRow",
    "Figure",
    "Late",
    "Lately",
    "Length",
    "Letter",
    "Missed",
    "Missing",
    "NotHers",
    "Point",
    "Recorded",
    "Ticket",
    "Wanted",
    "accept_held",
    "add_photo",
    "calm_board",
    "carried_then",
    "content_of",
    "correct_visit",
    "count_parts",
    "counted",
    "counted_over",
    "counts_by_tab",
    "coverage",
    "coverage_of_grids",
    "deliver",
    "deliver_sealed",
    "drop_triggers",
    "due_households",
    "due_rows",
    "ensure_owed",
    "ensure_triggers",
    "follow_decisions",
    "issued",
    "late_note",
    "late_visits",
    "lately_at",
    "made_by",
    "missed_households",
    "monthly_rates",
    "months_with_figures",
    "narrowed",
    "open_promise",
    "owed_for",
    "owed_in",
    "part_of",
    "place_then",
    "reach_for_due",
    "read_ticket",
    "record_visit",
    "recount",
    "refuse_held",
    "rests_on_grids",
    "rows_behind",
    "said_unread",
    "sealed_places",
    "sealing_for",
    "secretary_of",
    "settle",
    "settle_finding",
    "shown_coverage",
    "standing_promise",
    "take_back",
    "take_back_sealed",
    "told_of_deeds",
    "told_of_labour",
    "total",
    "trend",
    "twin_of",
    "twins_among",
    "undo_until",
    "undo_visit",
    "undoable",
    "withdraw_held",
]
