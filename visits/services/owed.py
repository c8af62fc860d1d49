"""Writes down what is owed (应访), once and only once, for towns of any size: one INSERT … SELECT for each cadence.

附件4 三.5: the five categories at least once a month, other households at least once a quarter; 五（三）: the secretary
at every household once a year. Facts are asked on the last day of the period, of a running one today. What is written
for a period that is over never changes; open rows of running periods follow the register.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from core import clock
from core.models import DatedQuerySet
from core.periods import PERIODS
from grids.models import Absence, Category, Household, Territory
from visits.models import Cadence, Obligation, Practice
from visits.services.settling import settle_open

# SQLite takes few parameters in one statement; who changes more households at once asks for their villages.
MOST_HOUSEHOLDS = 500


@dataclass(frozen=True)
class Span:
    """One period of one cadence: `day` is when facts are asked, `latest` the last day a category may have begun."""

    first: dt.date
    last: dt.date
    day: dt.date
    latest: dt.date

    def values(self) -> tuple[dt.date, ...]:
        return (self.first, self.last, self.day, self.latest)


@dataclass(frozen=True)
class Whose:
    """The households a call is about: all, those of some villages, or a few by id."""

    villages: tuple[int, ...] | None = None
    households: tuple[int, ...] | None = None

    def sql(self) -> tuple[str, list[int]]:
        """A condition on h (grids_household) and its parameters."""
        for column, ids in (("h.id", self.households), ("h.village_id", self.villages)):
            if ids is not None:
                return f"AND {column} IN ({', '.join(['%s'] * len(ids))})", list(ids)
        return "", []

    def of(self, rows: Any) -> Any:
        """Obligations of these households only."""
        if self.households is not None:
            return rows.filter(household__in=self.households)
        return rows if self.villages is None else rows.filter(household__village__in=self.villages)


# A household is of the register from its first day to the day before it ended.
_PRESENT = "h.since <= p.day AND (h.ended_on IS NULL OR h.ended_on > p.day)"
_SHAPE = """
INSERT INTO visits_obligation
    (household_id, territory_id, cadence_id, who, period_start, period_end, due_on, away)
WITH p (first_day, last_day, day, latest) AS (VALUES {periods})
SELECT h.id,
    CASE WHEN p.last_day >= %s THEN h.territory_id ELSE COALESCE((
        SELECT at.territory_id FROM grids_placement at
        WHERE at.household_id = h.id AND at.since <= p.day AND (at.until IS NULL OR at.until >= p.day)
        ORDER BY at.since DESC LIMIT 1), h.territory_id) END,
    %s, %s, p.first_day, p.last_day, {due_on},
    EXISTS (SELECT 1 FROM grids_absence gone
        WHERE gone.household_id = h.id AND gone.person_id IS NULL
        AND gone.since <= p.day AND (gone.until IS NULL OR gone.until >= p.day))
FROM {source}
JOIN grids_territory v ON v.id = h.village_id
WHERE v.start_month IS NOT NULL AND p.last_day >= v.start_month AND {condition} {whose}
    AND NOT EXISTS (SELECT 1 FROM visits_obligation o
        WHERE o.household_id = h.id AND o.cadence_id = %s AND o.period_start = p.first_day)
ON CONFLICT DO NOTHING
"""
_EVERYBODY = "p CROSS JOIN grids_household h"
# Every category that held in the month tells until when; one that began in time makes it owed.
_CATEGORY = """(
    SELECT c.household_id, p.first_day, p.last_day, p.day, p.latest, MAX(COALESCE(c.until, p.last_day)) AS held_until
    FROM grids_categorykind k
    JOIN grids_category c ON c.kind_id = k.id AND k.must_visit
    JOIN p ON c.since <= p.day AND (c.until IS NULL OR c.until >= p.first_day)
    GROUP BY c.household_id, p.first_day, p.last_day, p.day, p.latest
    HAVING MIN(c.since) <= p.latest
) p JOIN grids_household h ON h.id = p.household_id"""
_NO_CATEGORY = """ AND NOT EXISTS (
    SELECT 1 FROM grids_category c JOIN grids_categorykind k ON k.id = c.kind_id AND k.must_visit
    WHERE c.household_id = h.id AND c.since <= p.day AND (c.until IS NULL OR c.until >= p.day))"""
_PLANS = {
    Cadence.CATEGORY: (
        _CATEGORY,
        "CASE WHEN p.held_until < p.last_day THEN p.held_until ELSE p.last_day END",
        "",
    ),
    Cadence.ORDINARY: (_EVERYBODY, "p.last_day", _NO_CATEGORY),
    Cadence.SECRETARY: (_EVERYBODY, "p.last_day", ""),
}


@transaction.atomic
def ensure_owed(
    *,
    villages: Iterable[Territory | int] | None = None,
    households: Iterable[int] | None = None,
    today: dt.date | None = None,
) -> int:
    """Write what is missing for every period from each village's start month to today; how many rows are new.

    Open rows of running periods are brought up to the register first. Then visits already in force discharge what they
    should. Doing it again changes nothing. `villages` or `households` (by id) narrow it; neither means the whole town.
    """
    day = today or clock.today()
    made = 0
    for whose in _portions(villages, households):
        _follow_register(whose, day)
        newest = Obligation.objects.aggregate(at=Max("pk"))["at"] or 0
        made += sum(_fill(cadence, whose, day) for cadence in Cadence.objects.order_by("pk"))
        settle_open(whose.of(Obligation.objects.all()), day=day, newer_than=newest)
    return made


def owed_for(household_ids: set[int]) -> None:
    """What core.after calls, inside the transaction, when households of the register have changed."""
    ensure_owed(households=household_ids)


def _fill(cadence: Cadence, whose: Whose, day: dt.date) -> int:
    spans = _spans(cadence, whose, day)
    if not spans:
        return 0
    source, due_on, condition = _PLANS[cadence.who]
    only, ids = whose.sql()
    sql = _SHAPE.format(
        periods=", ".join(["(%s, %s, %s, %s)"] * len(spans)),
        source=source,
        due_on=due_on,
        condition=_PRESENT + condition,
        whose=only,
    )
    periods = [value for span in spans for value in span.values()]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*periods, day, cadence.pk, cadence.who, *ids, cadence.pk])
        return cursor.rowcount


def _portions(
    villages: Iterable[Territory | int] | None, households: Iterable[int] | None
) -> Iterator[Whose]:
    if households is not None:
        ids = sorted(set(households))
        for start in range(0, len(ids), MOST_HOUSEHOLDS):
            yield Whose(households=tuple(ids[start : start + MOST_HOUSEHOLDS]))
    elif villages is not None:
        if ids := sorted({each if isinstance(each, int) else each.pk for each in villages}):
            yield Whose(villages=tuple(ids))
    else:
        yield Whose()


def _spans(cadence: Cadence, whose: Whose, day: dt.date) -> list[Span]:
    """The cadence's periods from the earliest start month of these villages to the one that contains `day`."""
    villages = Territory.objects.villages()
    if whose.villages is not None:
        villages = villages.filter(pk__in=whose.villages)
    elif whose.households is not None:
        villages = villages.filter(pk__in=Household.objects.filter(pk__in=whose.households).values("village"))
    start = villages.aggregate(at=Min("start_month"))["at"]
    if start is None or start > day:
        return []
    kind, practices = PERIODS[cadence.unit], list(Practice.objects.order_by("-since"))
    found = []
    for period in kind.of(start).until(kind.of(day)):
        asked = min(period.last, day)
        if cadence.holds_on(asked):
            late = next((each for each in practices if each.holds_on(asked)), Practice()).late_category_day
            found.append(Span(period.first, period.last, asked, period.first + dt.timedelta(days=late - 1)))
    return found


def _follow_register(whose: Whose, day: dt.date) -> None:
    """Withdraw, date and move the open rows of running periods as the register stands on `day`."""
    running = whose.of(Obligation.objects.open().filter(period_start__lte=day, period_end__gte=day))
    running.filter(Q(household__ended_on__lte=day) | Q(household__since__gt=day)).delete()
    running.exclude(cadence__in=Cadence.objects.on(day)).delete()
    running.of(Cadence.ORDINARY).filter(Exists(_must_visit().on(day))).delete()
    for cadence in Cadence.objects.on(day).filter(who=Cadence.CATEGORY):
        _follow_categories(running.filter(cadence=cadence), _spans_now(cadence, day))
    running.exclude(territory=F("household__territory")).update(
        territory=Subquery(Household.objects.filter(pk=OuterRef("household")).values("territory")[:1])
    )
    gone = Exists(Absence.objects.on(day).filter(household=OuterRef("household"), person__isnull=True))
    running.filter(gone, away=False).update(away=True)
    running.filter(~gone, away=True).update(away=False)


def _follow_categories(rows: QuerySet, span: Span) -> None:
    """The running month of category households: owed while one that began in time holds, until the last one ends."""
    held = _must_visit().filter(since__lte=span.day).filter(Q(until__isnull=True) | Q(until__gte=span.first))
    rows.exclude(Exists(held.filter(since__lte=span.latest))).delete()
    until = held.values("household").annotate(at=Max(Coalesce("until", Value(span.last)))).values("at")
    rows = rows.annotate(held_until=Subquery(until))
    due_on = Case(When(held_until__lt=span.last, then=F("held_until")), default=Value(span.last))
    rows.exclude(due_on=due_on).update(due_on=due_on)


def _must_visit() -> DatedQuerySet:
    """Categories (五必访) of the household of the outer query."""
    return Category.objects.filter(household=OuterRef("household"), kind__must_visit=True)


def _spans_now(cadence: Cadence, day: dt.date) -> Span:
    period = cadence.period_of(day)
    late = Practice.on(day).late_category_day
    return Span(period.first, period.last, day, period.first + dt.timedelta(days=late - 1))
