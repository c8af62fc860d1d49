"""Which visit discharges which obligation: asked again of all visits in force, so that their order never matters.

At the door a visit counts if somebody was met. By phone it counts only for a household that is away for work, and not
in two periods running. The secretary's year counts only the secretary's own visits. The earliest visit that counts
discharges; a missed period stays missed, but rests from the household's next visit that counts. What a phone dated
before the village's first month is kept, and counts for nothing: a year that began earlier is not done by it.
"""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from visits.models import Cadence, Obligation, Practice, Visit

_ORDER = ("day", "corrected_at", "uuid")
_ONE_DAY = dt.timedelta(days=1)


def settle(household_id: int) -> None:
    """Bring what one household owed into line with its visits in force. The caller holds the household's row lock."""
    rows = list(
        Obligation.objects.filter(household=household_id).select_related("visit").order_by("period_start")
    )
    met = Visit.objects.in_force().filter(household=household_id, met=True)
    met.filter(day__lt=F("household__village__start_month"), counts=True).update(counts=False)
    visits = list(met.exclude(day__lt=F("household__village__start_month")).order_by(*_ORDER))
    practices = list(Practice.objects.order_by("-since"))
    chosen, counting = _discharge(rows, visits, practices)
    for visit in visits:
        if visit.counts != (visit.pk in counting):
            visit.counts = visit.pk in counting
            Visit.objects.filter(pk=visit.pk).update(counts=visit.counts)
    changed = []
    for row in rows:
        by = chosen.get(row.pk)
        was = (row.discharged_on, row.visit_id, row.rested_on)
        row.discharged_on, row.visit = (by.day, by) if by else (None, None)
        row.rested_on = None if by else _rest(row, visits)
        if was != (row.discharged_on, row.visit_id, row.rested_on):
            row.found_done = row.found_done and was[1] == row.visit_id
            changed.append(row)
    Obligation.objects.bulk_update(changed, ["discharged_on", "visit", "rested_on", "found_done"])


def _discharge(
    rows: Sequence[Obligation], visits: Sequence[Visit], practices: Sequence[Practice]
) -> tuple[dict[int, Visit], set[int]]:
    """The visit that discharges each row, and the visits that count at all."""
    chosen: dict[int, Visit] = {}
    counting = {visit.pk for visit in visits if visit.manner == Visit.DOOR}
    asked: set[int] = set()
    before: dict[str, tuple[dt.date, bool]] = {}
    for row in rows:
        ended, by_phone = before.get(row.who, (None, False))
        twice = by_phone and ended is not None and ended + _ONE_DAY == row.period_start
        for visit in visits:
            if not row.period_start <= visit.day <= row.period_end:
                continue
            ordinary = row.who != Cadence.SECRETARY
            if ordinary:
                asked.add(visit.pk)
            if not _counts(visit, practices, twice=twice):
                continue
            if ordinary:
                counting.add(visit.pk)
            if (ordinary or visit.by_secretary) and row.pk not in chosen:
                chosen[row.pk] = visit
        by = chosen.get(row.pk)
        before[row.who] = (row.period_end, by is not None and by.manner == Visit.PHONE)
    # Where nothing was owed on the day, there is no period before to ask.
    counting |= {v.pk for v in visits if v.pk not in asked and _counts(v, practices, twice=False)}
    return chosen, counting


def _counts(visit: Visit, practices: Sequence[Practice], *, twice: bool) -> bool:
    """Whether a visit at which somebody was met counts; `twice`: the period before was discharged by phone."""
    if visit.manner == Visit.DOOR:
        return True
    practice = next((each for each in practices if each.holds_on(visit.day)), Practice())
    return visit.away and practice.phone_counts_when_away and not (twice and practice.phone_not_twice_running)


def _rest(row: Obligation, visits: Sequence[Visit]) -> dt.date | None:
    """The day of the next visit that counts after a missed period."""
    for visit in visits:
        if (
            visit.day > row.period_end
            and visit.counts
            and (row.who != Cadence.SECRETARY or visit.by_secretary)
        ):
            return visit.day
    return None


def settle_open(rows: QuerySet, *, day: dt.date, newer_than: int) -> None:
    """Let visits in force discharge many rows at once: those just written, and the open ones of running periods.

    Only households with a counted phone call need to be looked at one by one.
    """
    rows = rows.filter(discharged_on__isnull=True)
    asked = rows.filter(
        Q(pk__gt=newer_than) | Q(rested_on__isnull=True, period_start__lte=day, period_end__gte=day)
    )
    inside = (
        Visit.objects.in_force()
        .filter(
            household=OuterRef("household"),
            met=True,
            day__gte=OuterRef("period_start"),
            day__lte=OuterRef("period_end"),
        )
        .exclude(day__lt=F("household__village__start_month"))
    )
    phoned = asked.filter(Exists(inside.filter(manner=Visit.PHONE, away=True)))
    by_phone = set(phoned.values_list("household", flat=True))
    doors = inside.filter(manner=Visit.DOOR).order_by(*_ORDER)
    ours = asked.filter(who=Cadence.SECRETARY), doors.filter(by_secretary=True)
    for some, visits in ((asked.exclude(who=Cadence.SECRETARY), doors), ours):
        some.exclude(Exists(inside.filter(manner=Visit.PHONE, away=True))).filter(Exists(visits)).update(
            discharged_on=Subquery(visits.values("day")[:1]),
            visit=Subquery(visits.values("pk")[:1]),
            rested_on=None,
        )
    for household in sorted(by_phone):
        settle(household)
    later = Visit.objects.counting().filter(household=OuterRef("household"), day__gt=OuterRef("period_end"))
    missed = rows.filter(pk__gt=newer_than, rested_on__isnull=True)
    for some, visits in (
        (missed.exclude(who=Cadence.SECRETARY), later.order_by("day")),
        (missed.filter(who=Cadence.SECRETARY), later.filter(by_secretary=True).order_by("day")),
    ):
        some.filter(Exists(visits)).update(rested_on=Subquery(visits.values("day")[:1]))
