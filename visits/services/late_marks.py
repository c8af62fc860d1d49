"""补录 of visits: the rule of core.ledger.sealing.LateEntries, asked for visits, corrections and undoings."""

from collections.abc import Iterable

from core.ledger.sealing import LateEntries
from visits.models import Visit


def late_visits(visits: Iterable[Visit]) -> set[int]:
    """The keys of those that came, or were taken back, after their month was sealed. One query; reads `household`."""
    rows = list(visits)
    entries = LateEntries.at({visit.household.village_id for visit in rows})
    return {visit.pk for visit in rows if _is_late(entries, visit)}


def _is_late(entries: LateEntries, visit: Visit) -> bool:
    return entries.is_late(visit.household.village_id, visit.day, visit.received_at, visit.void_at)


def late_note(visit: Visit) -> str:
    """What whoever recorded it, corrected it or took it back is told of a month that is sealed; "" if none is.

    A correction changes the month of what it replaces as well as its own.
    """
    place = visit.household.village_id
    entries = LateEntries.at([place])
    moments = (visit.received_at, visit.void_at)
    days = [visit.day, *([visit.corrects.day] if visit.corrects else [])]
    notes = (entries.note(place, day, *moments) for day in days)
    return "".join(dict.fromkeys(note for note in notes if note))
