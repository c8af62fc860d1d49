"""走访单: print who is owed as numbered sheets of paper, and enter them again line by line."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.periods import Month
from core.scope import NOT_YOURS, Reach, reach_of
from grids.models import Officer, Territory, VillagerGroup
from visits.models import Cadence, Finding, Obligation, RoundLine, RoundSheet, Visit
from visits.services.adding import Beyond, add_to, beyond
from visits.services.due import ORDER, DueRow, Wanted, due_households, due_rows
from visits.services.entering import NotClerk, enter_visit
from visits.services.errors import Conflict

MOST_ROWS = 30
# What one A4 holds, in tenths of a millimetre: a row, the heading of a villager group, and all of them.
ROW, HEADING, LEAF = 72, 56, MOST_ROWS * 72 + 3 * 56
MET, PHONE, MISSED = "met", "phone", "missed"
SEEN = ((MET, "见到"), (PHONE, "电话"), (MISSED, "没见"))
MOST_WORDS = 300
ASK, SAME, DROP, OTHER = "ask", "same", "drop", "other"
NOTHING_MORE = Beyond()


def round_reach(actor: Any) -> Reach:
    """Where the actor prints sheets: where she visits, and where she oversees who was visited."""
    record, manage = reach_of(actor, "visits.record"), reach_of(actor, "visits.manage")
    return Reach(record.ranges | manage.ranges, everywhere=record.everywhere or manage.everywhere)


# --- printing -----------------------------------------------------------------------------------------------


@transaction.atomic
def print_sheets(
    *, actor: Any, grid: Territory, group: VillagerGroup | None = None, only_month: bool = False
) -> list[RoundSheet]:
    """Number and freeze the sheets of a grid, or one of its groups: whoever is owed, in walking order, 30 to a sheet.

    `only_month`: only households owed this month (五必访). ValidationError if nobody is owed a visit.
    """
    reach, today = round_reach(actor), clock.today()
    if not reach.covers(grid) or (group is not None and group.grid_id != grid.pk):
        raise PermissionDenied(NOT_YOURS)
    lines = _lines(actor, reach, grid, group, only_month=only_month)
    if not lines:
        raise ValidationError("这里现在没有应访的户，不用打印。")
    # The village's row is the lock: two who print at once take numbers one after the other.
    village = Territory.objects.select_for_update(no_key=True).get(pk=grid.parent_id)
    first, printing, sheets = _next_number(village, today), uuid.uuid4(), []
    for place, leaf in enumerate(leaves(lines)):
        sheet = RoundSheet(
            number=f"ZD-{today:%m%d}-{first + place:02d}",
            year=today.year,
            village=village,
            territory=grid,
            group=group,
            month=Month.of(today).first,
            printing=printing,
            printed_by=actor,
            printed_at=clock.now(),
        )
        sheet.full_clean(validate_unique=False)
        sheet.save(force_insert=True)
        for row, line in enumerate(leaf, 1):
            line.sheet, line.row = sheet, row
        RoundLine.objects.bulk_create(leaf)
        sheets.append(sheet)
    return sheets


def _next_number(village: Territory, today: dt.date) -> int:
    taken = RoundSheet.objects.filter(
        village=village, year=today.year, number__startswith=f"ZD-{today:%m%d}-"
    )
    return (
        max((int(number.rsplit("-", 1)[1]) for number in taken.values_list("number", flat=True)), default=0)
        + 1
    )


def leaves(lines: Sequence[RoundLine]) -> list[list[RoundLine]]:
    """The lines as sheets: at most 30, fewer if many groups take room for their headings."""
    found: list[list[RoundLine]] = []
    height, group = LEAF, None
    for line in lines:
        needed = ROW + (HEADING if line.group_name != group else 0)
        if height + needed > LEAF or len(found[-1]) == MOST_ROWS:
            found.append([])
            height, needed = 0, ROW + HEADING
        found[-1].append(line)
        height, group = height + needed, line.group_name
    return found


def _lines(
    actor: Any, reach: Reach, grid: Territory, group: VillagerGroup | None, *, only_month: bool
) -> list[RoundLine]:
    whos = (Cadence.CATEGORY,) if only_month else (Cadence.CATEGORY, Cadence.ORDINARY)
    wanted = Wanted(whos=whos)
    homes = due_households(reach=reach, wanted=wanted, at=grid, group=group.pk if group else None)
    rows = due_rows(actor=actor, found=homes.order_by(*ORDER), wanted=wanted)
    monthly = set(
        Obligation.objects.open()
        .of(Cadence.CATEGORY)
        .filter(household__in=[row.household.pk for row in rows], period_start__lte=clock.today())
        .values_list("household", flat=True)
    )
    promises = _promises(actor, rows)
    lines = [
        RoundLine(
            household=row.household,
            head_name=row.household.head_name,
            group_name=row.household.group.name,
            owed=RoundLine.MONTH if row.household.pk in monthly else RoundLine.QUARTER,
            missed=_missed(row),
            promise_kind=promises.get(row.household.promise_pk, ""),
        )
        for row in rows
    ]
    places = {row.household.pk: (row.household.group.position, row.household.group_id, row.household.number)
              for row in rows}  # fmt: skip
    # Group by group as one walks, those of the month first, and of these the missed ones.
    lines.sort(
        key=lambda line: (
            places[line.household_id][:2],
            line.owed != RoundLine.MONTH,
            not line.missed,
            places[line.household_id][2],
        )
    )
    return lines


def _missed(row: DueRow) -> str:
    """前面没访到 as the paper says it: never why the household is owed."""
    words = []
    if row.days_over:
        running = Month.of(clock.today())
        unit = {"month": "上月", "quarter": "上季"}.get(row.obligation.cadence.unit, "上年")
        last = row.obligation.period_end + dt.timedelta(days=1) >= running.first
        words.append(f"{unit if last else '前面'}没访到")
    if row.tries > 1:
        words.append(f"{row.tries}次没见到人")
    return "，".join(words)[:20]


def _promises(actor: Any, rows: Iterable[DueRow]) -> dict[int, str]:
    """The kind of what was promised last, by the visit: for who visits there or reads the visits, never the words."""
    goes, sees = reach_of(actor, "visits.record"), reach_of(actor, "visits.see")
    told = [
        row.household.promise_pk
        for row in rows
        if row.household.promise_pk
        and (goes.covers(row.household.territory) or sees.covers(row.household.territory))
    ]
    return dict(Visit.objects.filter(pk__in=told).values_list("pk", "promise_kind"))


# --- entering -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What stands on one line of the paper, as it was typed. `knows`: kinds of Finding.FIVE."""

    day: str
    seen: str = MET
    knows: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Answer:
    """What to do if a visit stands there on that day: `how` is ASK, SAME (it is this one: add what it lacks), DROP (it
    is, and what it lacks is given up) or OTHER (record another). It is an answer about the visit `shown`, no other."""

    how: str = ASK
    shown: str = ""


ASKS = Answer()


@dataclass(frozen=True)
class Entered:
    """What became of a line: its visit, or the visit of that day that may be the same one (`twin`), to be asked, and
    what the line says beyond it."""

    visit: Visit | None = None
    twin: Visit | None = None
    more: Beyond = NOTHING_MORE


@transaction.atomic
def enter_line(
    *,
    clerk: Any,
    line: RoundLine,
    visitor: Any,
    told: Told,
    companion: Officer | None = None,
    answer: Answer = ASKS,
) -> Entered:
    """Record one line of the paper. Entered twice it is one visit; if it may be one already, nothing is done before
    the answer. ValidationError by field (`day`, `seen`, `words`, `row`).
    """
    line = (
        RoundLine.objects.select_for_update(of=("self",))
        .select_related("sheet__village", "visit__visitor", "visit__territory", "visit__household__territory")
        .get(pk=line.pk)
    )
    sheet = line.sheet
    day = day_of(told.day, printed=clock.local_date(sheet.printed_at))
    twin = _twin(line, day)
    more = beyond(clerk=clerk, visit=twin, knows=told.knows, words=told.words) if twin else NOTHING_MORE
    if twin is not None and twin == line.visit and not more and answer.how != OTHER:
        return Entered(visit=twin)
    if twin is not None and not _answers(answer, twin, more):
        return Entered(twin=twin, more=more)
    if twin is None or answer.how == OTHER:
        if twin is None and not line.is_entered and answer.how in (SAME, DROP):
            raise ValidationError({"row": f"{answer.shown} 刚撤销了，这一行还没存。再按一次 Enter。"})
        visit = _record(clerk, visitor, line, day, told, companion)
    else:
        visit = add_to(clerk=clerk, visit=twin, more=more) if more and answer.how == SAME else twin
        RoundLine.objects.filter(visit=twin).update(visit=visit)
    line.visit = visit
    line.save(update_fields=["uuid", "visit"])
    sheet.visitor, sheet.companion = visitor, companion
    sheet.returned_at = sheet.returned_at or clock.now()
    sheet.save(update_fields=["visitor", "companion", "returned_at"])
    return Entered(visit=visit)


def _answers(answer: Answer, twin: Visit, more: Beyond) -> bool:
    """Whether the answer is about this visit, and leaves nothing out that the clerk was not told of."""
    if answer.how == ASK or answer.shown != twin.receipt:
        return False
    return answer.how != SAME or not more or more.addable


def _record(
    clerk: Any, visitor: Any, line: RoundLine, day: dt.date, told: Told, companion: Officer | None
) -> Visit:
    if Visit.objects.filter(uuid=line.uuid).exclude(void_at=None).exists():
        line.uuid = uuid.uuid4()  # what was entered before was undone, and keeps its number
    alone = len(told.knows) == 1
    findings = [
        {"kind": kind} | ({"words": told.words} if alone and told.words else {}) for kind in told.knows
    ]
    try:
        recorded = enter_visit(
            clerk=clerk,
            visitor=visitor,
            uuid=line.uuid,
            household=line.household,
            happened_at=clock.at_noon(day),
            day=day,
            manner=Visit.PHONE if told.seen == PHONE else Visit.DOOR,
            met=told.seen != MISSED,
            note="" if alone else told.words,
            companions=[companion] if companion else [],
            findings=findings,
        )
    except Conflict as conflict:
        told_before = "这一行录过了，内容不一样。要改，先到户页上撤销那一次。"
        raise ValidationError({"row": told_before}) from conflict
    except NotClerk as denied:
        raise ValidationError({"row": str(denied)}) from denied
    except PermissionDenied as denied:
        on_day = f"{clock.cn_day(day)}{line.head_name}家"
        raise ValidationError({"row": f"{on_day}不归{visitor}走。查一查日期和走访人。"}) from denied
    return recorded.visit


def _twin(line: RoundLine, day: dt.date) -> Visit | None:
    """The visit that stands for the line under another number: the one it was said to be, else one to the same
    household on the same day."""
    if line.visit is not None and line.is_entered:
        return line.visit if line.visit.uuid != line.uuid else None
    found = Visit.objects.in_force().filter(household=line.household_id, day=day).exclude(uuid=line.uuid)
    found = found.select_related("visitor", "territory", "household__territory")
    return found.latest_first().first()


_DATE = re.compile(r"(?:(\d{1,2})[-./月])?(\d{1,2})日?")


def day_of(text: str, *, printed: dt.date) -> dt.date:
    """The day somebody wrote on a sheet: `24`, or `12-3`. A day alone is the first one since the sheet was printed;
    if that is still to come, the last one before today. ValidationError in the field `day`."""
    text, today = text.strip(), clock.today()
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValidationError(
            {"day": "填几号，如 24；别的月写成 10-24。" if text else "填日期：只写几号就行。"}
        )
    month, day = found[1] and int(found[1]), int(found[2])
    if month:
        years = (today.year, today.year - 1)
        days = [each for year in years if (each := _date(year, month, day)) and each <= today]
    else:
        months = [Month.of(printed)]
        while months[-1].first < today.replace(day=1):
            months.append(months[-1].next)
        since = [each for each in (_date(m.first.year, m.first.month, day) for m in months) if each]
        days = [each for each in since if printed <= each <= today]
        if not days:
            at = Month.of(today)
            before = (_date(m.first.year, m.first.month, day) for m in (at, at.previous))
            days = [each for each in before if each and each <= today]
    if not days:
        raise ValidationError({"day": f"没有 {text} 这一天，或者还没到。改过来。"})
    return days[0]


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def hand_back(*, actor: Any, sheet: RoundSheet) -> RoundSheet:
    """The paper is back in the village; doing it again changes nothing."""
    if not round_reach(actor).covers(sheet.territory):
        raise PermissionDenied(NOT_YOURS)
    if sheet.returned_at is None:
        sheet.returned_at = clock.now()
        sheet.save(update_fields=["returned_at"])
    return sheet


KINDS = {kind: title for kind, title in Finding.KINDS if kind in Finding.FIVE}
