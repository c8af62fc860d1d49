"""Writes down what is owed (应访), once and only once, for towns of any size: one INSERT … SELECT for each cadence.

附件4 三.5: the five categories at least once a month, other households at least once a quarter; 五（三）: the secretary
at every household once a year. Facts are asked on the last day of the period, of a running one today. Open rows of
running periods follow the register. What is written for a period that is over stays, whatever ends; only when a change
is undone, what it alone had made owed is withdrawn. And nothing ordinary is written late for a household that was
followed then: that it had no row was decided while the quarter ran.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, When

from core import clock
from core.after import TakenBack
from core.periods import PERIODS, Period
from grids.models import Absence, Category, Household, Territory
from visits.models import Cadence, Obligation, Practice
from visits.services.settling import settle, settle_open

# SQLite takes few parameters in one statement; who changes more households at once asks for their villages.
MOST_HOUSEHOLDS = 500


@dataclass(frozen=True)
class Span:
    """One period of one cadence: `day` is when facts are asked, `latest` the last day a category may have begun.

    A category makes the period owed if it began by `latest` and holds on `first` or later.
    """

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
    (household_id, territory_id, cadence_id, who, period_start, period_end, due_on, category_id, found_done, away)
WITH p (first_day, last_day, day, latest) AS (VALUES {periods})
SELECT h.id,
    CASE WHEN p.last_day >= %s THEN h.territory_id ELSE COALESCE((
        SELECT at.territory_id FROM grids_placement at
        WHERE at.household_id = h.id AND at.since <= p.day AND (at.until IS NULL OR at.until >= p.day)
        ORDER BY at.since DESC LIMIT 1), h.territory_id) END,
    %s, %s, p.first_day, p.last_day, {due_on}, {category}, %s,
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
# Every category that held in the period tells until when; one that began in time makes it owed.
_CATEGORY = """(
    SELECT c.household_id, p.first_day, p.last_day, p.day, p.latest, MAX(c.visited_to) AS held_until,
        MIN(CASE WHEN c.visited_from <= p.latest THEN c.id END) AS category_id
    FROM ({visited}) c JOIN p ON c.visited_from <= p.day AND c.visited_to >= p.first_day
    GROUP BY c.household_id, p.first_day, p.last_day, p.day, p.latest
    HAVING MIN(c.visited_from) <= p.latest
) p JOIN grids_household h ON h.id = p.household_id"""
_NO_CATEGORY = """ AND NOT EXISTS (SELECT 1 FROM ({visited}) c
    WHERE c.household_id = h.id AND c.visited_from <= p.day AND c.visited_to >= p.day)"""
# A quarter that is over, in a village that was followed then: only households that had no row then or since.
_NOT_FOLLOWED = """ AND (p.last_day >= %s OR NOT EXISTS (
    SELECT 1 FROM visits_obligation o
    WHERE o.household_id = h.id AND o.period_end >= p.first_day AND o.id <= %s)
    OR NOT EXISTS (
    SELECT 1 FROM grids_territory g JOIN visits_obligation o ON o.territory_id = g.id
    WHERE g.parent_id = h.village_id AND o.who <> 'secretary' AND o.id <= %s
    AND o.period_start >= p.first_day AND o.period_start <= p.last_day))"""


@dataclass(frozen=True)
class Plan:
    """What differs between the cadences: where the households come from, until when, and on what condition."""

    source: str
    due_on: str = "p.last_day"
    category: str = "CAST(NULL AS bigint)"
    condition: str = ""


_PLANS = {
    Cadence.CATEGORY: Plan(
        _CATEGORY,
        due_on="CASE WHEN p.held_until < p.last_day THEN p.held_until ELSE p.last_day END",
        category="p.category_id",
    ),
    Cadence.ORDINARY: Plan(_EVERYBODY, condition=_NO_CATEGORY + _NOT_FOLLOWED),
    Cadence.SECRETARY: Plan(_EVERYBODY),
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
        made += sum(_fill(cadence, whose, day, newest) for cadence in Cadence.objects.order_by("pk"))
        rows = whose.of(Obligation.objects.all())
        settle_open(rows, day=day, newer_than=newest)
        rows.filter(pk__gt=newest, discharged_on__isnull=False).update(found_done=True)
    return made


def owed_for(household_ids: set[int]) -> None:
    """What core.after calls, inside the transaction, when households of the register have changed."""
    ensure_owed(households=household_ids)


@transaction.atomic
def take_back(household_ids: set[int], taken: TakenBack) -> None:
    """What core.after calls when a change is undone: what its facts alone had made owed is withdrawn.

    What somebody went for stays; a row that an earlier visit had discharged when it was written goes like an open one.
    """
    gone, restored = (
        {pk for name, pk in some if name == "category"} for some in (taken.gone, taken.restored)
    )
    today = clock.today()
    for whose in _portions(None, household_ids):
        # A visit that arrives this moment holds the household's row; what it has discharged by then stays.
        locked = Household.objects.select_for_update(no_key=True).filter(pk__in=whose.households or ())
        homes = list(locked.order_by("pk").values_list("pk", flat=True))
        rows = whose.of(Obligation.objects.all())
        count = _withdraw_unfounded(rows.filter(category__in=gone), whose, today) if gone else 0
        if restored:
            count += _withdraw_quarters(rows.of(Cadence.ORDINARY).filter(found_done=True), today)
        for home in homes if count else ():
            settle(home)


def _withdraw_unfounded(rows: QuerySet, whose: Whose, day: dt.date) -> int:
    """Of rows whose category never held: those that no other makes owed go, the others are owed by that one now."""
    count = 0
    for cadence in Cadence.objects.filter(who=Cadence.CATEGORY).order_by("pk"):
        for span in _spans(cadence, whose, day):
            mine = rows.filter(cadence=cadence, period_start=span.first)
            others = _visited(span.first, span.latest)
            unfounded = mine.exclude(Exists(others))
            deleted, _ = unfounded.filter(Q(discharged_on__isnull=True) | Q(found_done=True)).delete()
            mine.update(category=Subquery(others.order_by("pk").values("pk")[:1]))
            count += deleted
    return count


def _withdraw_quarters(rows: QuerySet, day: dt.date) -> int:
    """Running quarters written because a category had ended, which holds again."""
    running = rows.filter(period_start__lte=day, period_end__gte=day)
    deleted, _ = running.filter(Exists(_visited(day, day))).delete()
    return deleted


def _fill(cadence: Cadence, whose: Whose, day: dt.date, newest: int) -> int:
    """Write what is missing of one cadence; rows up to the key `newest` were there before this filling."""
    spans = _spans(cadence, whose, day)
    if not spans:
        return 0
    plan = _PLANS[cadence.who]
    only, ids = whose.sql()
    visited, held = _visited_sql(whose)
    in_source, in_condition = (held if "{visited}" in part else () for part in (plan.source, plan.condition))
    followed = [day, newest, newest] if cadence.who == Cadence.ORDINARY else []
    sql = _SHAPE.format(
        periods=", ".join(["(%s, %s, %s, %s)"] * len(spans)),
        source=plan.source.format(visited=visited),
        due_on=plan.due_on,
        category=plan.category,
        condition=_PRESENT + plan.condition.format(visited=visited),
        whose=only,
    )
    periods = [value for span in spans for value in span.values()]
    values = [*periods, day, cadence.pk, cadence.who, False, *in_source, *in_condition, *followed, *ids]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, cadence.pk])
        return cursor.rowcount


def _visited_sql(whose: Whose) -> tuple[str, tuple[Any, ...]]:
    """The categories that are visited, as the model says it, and their parameters."""
    found = whose.of(Category.objects.visited()).values("id", "household_id", "visited_from", "visited_to")
    sql, values = found.query.sql_with_params()
    return sql, values


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
            found.append(_span(period, asked, late))
    return found


def _follow_register(whose: Whose, day: dt.date) -> None:
    """Withdraw, date and move the open rows of running periods as the register stands on `day`."""
    running = whose.of(Obligation.objects.open().filter(period_start__lte=day, period_end__gte=day))
    running.filter(Q(household__ended_on__lte=day) | Q(household__since__gt=day)).delete()
    running.exclude(cadence__in=Cadence.objects.on(day)).delete()
    running.of(Cadence.ORDINARY).filter(Exists(_visited(day, day))).delete()
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
    rows.exclude(Exists(_visited(span.first, span.latest))).delete()
    held = _visited(span.first, span.day)
    until = held.order_by().values("household").annotate(at=Max("visited_to")).values("at")
    rows = rows.annotate(held_until=Subquery(until))
    due_on = Case(When(held_until__lt=span.last, then=F("held_until")), default=Value(span.last))
    rows.exclude(due_on=due_on).update(due_on=due_on)


def _visited(first: dt.date, last: dt.date) -> QuerySet:
    """Categories (五必访) of the household of the outer query, on any of these days."""
    return Category.objects.visited_in(first, last).filter(household=OuterRef("household"))


def _spans_now(cadence: Cadence, day: dt.date) -> Span:
    period = cadence.period_of(day)
    return _span(period, day, Practice.on(day).late_category_day)


def _span(period: Period, asked: dt.date, late: int) -> Span:
    return Span(period.first, period.last, asked, min(period.first + dt.timedelta(days=late - 1), asked))
