"""What visits tell of a month that is sealed: who recorded, corrected, took back or settled what since then.

A visit explains the line of its household; a sum only if it moved it: a household that was visited already when the
month was sealed adds nothing to what was made, however often somebody went there since.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q

from appeals.models import Move
from core.clock import cn_day
from core.ledger import row_key
from core.ledger.sealing import ROW, Late
from core.periods import Month, Period, Year
from disputes.models import Move as DisputeMove
from grids.models import Territory
from visits.ledgers.coming_in import SLUG as LOG
from visits.ledgers.five import FIVE, KNOWS, OF_VISITS
from visits.models import Cadence, Finding, Obligation, Visit
from visits.services import GROUPS, owed_in

# A visit's own lines, and what it says in its household's line of 五必访走访台账.
OWN = frozenset({f"{LOG}.{ROW}", f"{KNOWS}.{ROW}"})
CAUGHT_UP = frozenset({f"{FIVE}.note"})
SAID = OWN | CAUGHT_UP | (OF_VISITS - {"made", "note"})
PLAN_DONE = frozenset({"done", "share", "left"})
SETTLED = frozenset({"outcome", "settled_on", "carer", f"{KNOWS}.state"})
AT_ONCE = 500


def late(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Visits of the year up to the period's end that came, or were taken back, later than `since`; those that made up
    for it afterwards; findings settled later.

    Of the year: the quarter's and the year's figures of a month count what was done before it as well.
    """
    days = {"day__gte": Year.of(period.last).first, "day__lte": period.last}
    rows = _changed(Visit.objects.at(territory).filter(**days), since)
    for some in _portions(rows.order_by("household", "pk").values_list("household", flat=True).distinct()):
        known = _Known(some, Month.of(period.last), since)
        for visit in _whole(rows.filter(household__in=some)):
            yield from _of_visit(visit, known)
    yield from _caught_up(territory, period, since)
    yield from _settled(territory, period, since)
    yield from _worked_on(territory, period, since)


def _changed(visits: Any, since: dt.datetime) -> Any:
    """Recorded or taken back later; what was both is as if it had never been."""
    came = Q(received_at__gt=since, void_at=None)
    return visits.filter(came | Q(received_at__lte=since, void_at__gt=since))


def _whole(visits: Any) -> Any:
    rows = visits.select_related(
        "household",
        "territory__parent",
        "visitor",
        "entered_by",
        "void_by",
        "corrects",
        "corrected_by__visitor",
    )
    return rows.prefetch_related("findings").order_by("pk")


class _Known:
    """A few households: what their visits made of each figure when the month was sealed, and what they make now."""

    def __init__(self, homes: list[int], month: Month, since: dt.datetime) -> None:
        self.month = month
        self.visits: dict[int, list[Visit]] = defaultdict(list)
        days = {"day__gte": Year.of(month.last).first, "day__lte": month.last}
        for visit in Visit.objects.filter(household__in=homes, met=True, **days).order_by(
            "day", "corrected_at"
        ):
            self.visits[visit.household_id].append(visit)
        self.since = since
        self.owed: dict[int, list[Obligation]] = defaultdict(list)
        for who in GROUPS:
            for row in owed_in(who, month).filter(household__in=homes):
                self.owed[row.household_id].append(row)

    def moves(self, visit: Visit) -> frozenset[str]:
        """The columns this visit has moved, by being there now or by being there no more."""
        found: set[str] = set(SAID) if visit.day in self.month else set(OWN)
        home = visit.household_id
        for row in self.owed[home]:
            secretary = row.who == Cadence.SECRETARY
            if visit.day < row.period_start or (secretary and not visit.by_secretary):
                continue
            if self._turned(visit, row.period_start, secretary=secretary):
                found |= {f"{row.who}_made", f"{row.who}_share"}
                if row.who == Cadence.CATEGORY:
                    found |= {"made", "missed"}
        if visit.day in self.month and self._turned(visit, self.month.first):
            found |= PLAN_DONE
        return frozenset(found)

    def _turned(self, visit: Visit, first: dt.date, *, secretary: bool = False) -> bool:
        """Whether it turned not visited into visited, or back. Of several new ones the first did."""
        mine = [
            each
            for each in self.visits[visit.household_id]
            if each.day >= first and (each.by_secretary or not secretary)
        ]
        was = [each for each in mine if self._stood(each)]
        now = [each for each in mine if each.void_at is None and each.counts]
        return bool(was) != bool(now) and visit.pk in {each.pk for each in (now[:1] or was)}

    def _stood(self, visit: Visit) -> bool:
        """Counted when the month was sealed; of one taken back since only that it would have is known."""
        if visit.received_at > self.since or (visit.void_at and visit.void_at <= self.since):
            return False
        return visit.counts if visit.void_at is None else visit.manner == Visit.DOOR or visit.away


def _of_visit(visit: Visit, known: _Known) -> Iterator[Late]:
    moves, replaced = known.moves(visit), getattr(visit, "corrected_by", None)
    if visit.void_at is None:
        old = visit.corrects
        what = f"补录更正：原记在{cn_day(old.day)}" if old else f"补录：{cn_day(visit.day)}"
        by = f"（{visit.entered_by}代录）" if visit.entered_by else ""
        if old and old.received_at <= known.since and old.day in known.month:
            moves |= known.moves(old)
        yield _late(visit, str(visit.visitor), visit.received_at, f"{what}的走访{by}", moves, old)
    elif replaced is None:
        why = f"撤销：{cn_day(visit.day)}的走访"
        yield _late(visit, str(visit.void_by or visit.visitor), visit.void_at, why, moves)
    elif replaced.day > known.month.last or replaced.territory_id != visit.territory_id:
        why = f"更正：{cn_day(visit.day)}的走访改记到{cn_day(replaced.day)}"
        yield _late(visit, str(replaced.visitor), visit.void_at, why, moves)


def _caught_up(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """补走 of what the month had missed: told in its line's note, whenever after the month it was made."""
    owed: Any = owed_in(Cadence.CATEGORY, Month.of(period.last))
    missed = owed.at(territory).exclude(discharged_on__lte=period.last)
    later = _changed(Visit.objects.filter(household__in=missed.values("household"), met=True), since)
    rested = dict(missed.exclude(rested_on=None).values_list("household", "rested_on"))
    for visit in _whole(later.filter(day__gt=period.last)):
        if visit.void_at:
            replaced = getattr(visit, "corrected_by", None)
            who = str(replaced.visitor if replaced else visit.void_by or visit.visitor)
            why = f"{'更正' if replaced else '撤销'}：{cn_day(visit.day)}的走访"
            yield _late(visit, who, visit.void_at, why, CAUGHT_UP)
        elif visit.counts and rested.get(visit.household_id) == visit.day:
            yield _late(
                visit, str(visit.visitor), visit.received_at, f"补走：{cn_day(visit.day)}的走访", CAUGHT_UP
            )


def _settled(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Findings of the month that were settled since, whatever day was said."""
    rows = Finding.objects.at(territory).filter(visit__day__gte=period.first, visit__day__lte=period.last)
    rows = rows.exclude(state=Finding.OPEN).filter(settled_at__gt=since)
    for finding in rows.select_related("household", "territory__parent", "settled_by", "visit").order_by(
        "pk"
    ):
        done = "办结" if finding.state == Finding.SETTLED else "转办"
        why = f"封存后{done}：{finding.get_kind_display()}"
        yield _of_finding(finding, str(finding.settled_by), finding.settled_at, why)


def _worked_on(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Steps of the matters and disputes that the month's findings became, written down since and dated into it."""
    yield from _steps_of("matter", Move, "诉求", territory, period, since)
    yield from _steps_of("dispute", DisputeMove, "纠纷", territory, period, since)


def _steps_of(
    name: str, model: Any, title: str, territory: Territory, period: Period, since: dt.datetime
) -> Iterator[Late]:
    of_month = {"visit__day__gte": period.first, "visit__day__lte": period.last}
    rows = Finding.objects.at(territory).filter(**{f"{name}__isnull": False}, **of_month)
    written = {f"{name}__moves__at__gt": since, f"{name}__moves__day__lte": period.last}
    rows = rows.filter(**written).distinct()
    rows = rows.select_related("household", "territory__parent", "visit").order_by("pk")
    moves: dict[int, list[Any]] = defaultdict(list)
    steps = model.objects.filter(
        **{f"{name}__in": rows.order_by().values(name)}, at__gt=since, day__lte=period.last
    )
    for move in steps.select_related("actor", name).order_by("pk"):
        moves[getattr(move, f"{name}_id")].append(move)
    for finding in rows:
        for move in moves[getattr(finding, f"{name}_id")]:
            why = f"补录：{title} {getattr(move, name).number} {move.get_kind_display()}"
            yield _of_finding(finding, str(move.actor or "群众"), move.at, why)


def _of_finding(finding: Finding, who: str, when: dt.datetime | None, why: str) -> Late:
    key = row_key(LOG, finding.territory.parent.code, finding.visit_id)
    lines = {KNOWS: frozenset({str(finding.pk)}), LOG: frozenset({key})}
    return Late(_marks(finding), who, when, why, home=finding.household_id, moves=SETTLED, lines=lines)


def _late(
    visit: Visit, who: str, when: dt.datetime, why: str, moves: frozenset[str], old: Visit | None = None
) -> Late:
    code = visit.territory.parent.code
    both = [each for each in (visit, old) if each is not None]
    found = {str(finding.pk) for each in both for finding in each.findings.all()}
    lines = {LOG: frozenset(row_key(LOG, code, each.pk) for each in both), KNOWS: frozenset(found)}
    return Late(_marks(visit), who, when, why, home=visit.household_id, moves=moves, lines=lines)


def _marks(row: Any) -> tuple[tuple[str, str], ...]:
    place = row.territory
    return (("village", place.parent.name), ("grid", place.name), ("head_name", row.household.head_name))


def _portions(homes: Iterable[int]) -> Iterator[list[int]]:
    ids = list(dict.fromkeys(homes))
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
