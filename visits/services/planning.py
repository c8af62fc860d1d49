"""走访计划: propose who is visited on which day, change it, report it to the town.

Whom a plan must have is asked of `needing`. Each grid's go to its full-time worker, on the days the office works and
the visitor has chosen. The secretary's yearly round is planned alike, over the rest of the year.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from simple_history.utils import bulk_update_with_history

from core import clock
from core.periods import Month, Period, Year
from core.scope import OPERATOR, may, reach_of, signer
from core.workdays import Calendar
from grids.models import Post, Territory
from visits.models import PlanLine, VisitPlan
from visits.services.entering import companions_at
from visits.services.needing import Need
from visits.services.needing import needs as needs  # the workbook of plans asks it too

EVERY_WEEKDAY = frozenset(range(1, 8))
# A walk is worth the way from so many households on: fewer are not spread over single days [ours].
LEAST_A_DAY = 5
NOT_HERS = "走访计划由村里排，要改，找村党组织书记。"
REPORTED = "这份计划已经报到镇里了。要改，先按“重新打开”。"
OLD_PAGE = "这份计划刚才有人改过，下面是现在的样子，看一眼再改。"


def leads_plan(actor: Any, village: Territory) -> bool:
    """Who proposes, reports and re-opens: the secretary and the village's cadres. The town reads."""
    return actor is OPERATOR or (
        may(actor, "visits.record", village) and may(actor, "register.accept", village)
    )


def _must_lead(actor: Any, village: Territory) -> None:
    if not leads_plan(actor, village):
        raise PermissionDenied(NOT_HERS)


def plannable(today: dt.date) -> tuple[Period, ...]:
    """The periods that can be planned: this month and the next, this year, and in December the next."""
    month, year = Month.of(today), Year.of(today)
    return (month, month.next, year, *([year.next] if today.month == 12 else []))


# --- proposing -----------------------------------------------------------------------------------------------


@transaction.atomic
def propose_plan(*, actor: Any, village: Territory, period: Period) -> VisitPlan:
    """Make the plan of this period, or add to it whom it lacks; lines that stand stay as they are.

    ValidationError if the period cannot be planned, is reported, or has no day of work left.
    """
    _must_lead(actor, village)
    if period not in plannable(clock.today()):
        raise ValidationError(f"{period.title}现在不能排。能排这个月和下个月，书记的能排今年。")
    # The village's row is the lock: of two who propose at once, the second finds the plan of the first.
    Territory.objects.select_for_update(no_key=True).get(pk=village.pk)
    whose = VisitPlan.SECRETARY if isinstance(period, Year) else VisitPlan.VILLAGE
    plan, _ = VisitPlan.objects.get_or_create(village=village, whose=whose, start=period.first)
    _must_be_open(plan)
    if new := needs(village, period):
        visitors, days = _visitors(village, plan), days_left(period, EVERY_WEEKDAY)
        by_visitor: dict[int | None, list[Need]] = defaultdict(list)
        for each in new:
            by_visitor[visitors.get(each.territory)].append(each)
        PlanLine.objects.bulk_create(
            PlanLine(
                plan=plan,
                household_id=each.household,
                territory_id=each.territory,
                visitor_id=visitor,
                monthly=each.monthly,
                day=day,
            )
            for visitor, mine in by_visitor.items()
            for each, day in zip(mine, spread_over(len(mine), days), strict=True)
        )
        _changed(plan)
    return plan


@transaction.atomic
def plan_households(
    *, actor: Any, village: Territory, period: Period, wanted: Mapping[int, "Change"]
) -> VisitPlan:
    """Add these households, by key, to the plan as somebody has chosen; who is not owed, or stands in it, is left."""
    _must_lead(actor, village)
    Territory.objects.select_for_update(no_key=True).get(pk=village.pk)
    plan, _ = VisitPlan.objects.get_or_create(village=village, whose=VisitPlan.VILLAGE, start=period.first)
    _must_be_open(plan)
    new = [
        PlanLine(
            plan=plan,
            household_id=each.household,
            territory_id=each.territory,
            visitor_id=wanted[each.household].visitor,
            monthly=each.monthly,
            day=wanted[each.household].day,
            reason=wanted[each.household].reason,
        )
        for each in needs(village, period)
        if each.household in wanted
    ]
    for line in new:
        line.clean()
        _must_come(line.day)
    PlanLine.objects.bulk_create(new)
    _changed(plan)
    return plan


def _visitors(village: Territory, plan: VisitPlan) -> dict[int, int]:
    """The officer who visits each grid: its full-time worker; in the secretary's round, the secretary."""
    day = max(clock.today(), plan.start)
    if plan.is_secretary:
        post = Post.objects.on(day).filter(territory=village, duty="secretary").first()
        grids = Territory.objects.grids().filter(parent=village).values_list("pk", flat=True)
        return dict.fromkeys(grids, post.officer_id) if post else {}
    posts = Post.objects.on(day).filter(territory__parent=village, duty="worker").order_by("-since")
    return dict(posts.values_list("territory", "officer"))


def days_left(period: Period, weekdays: Collection[int]) -> list[dt.date]:
    """The days of work from today to the period's end that fall on these weekdays (Monday is 1).

    A day of work on a weekend (调休) counts for whoever chose that weekday. ValidationError if none is left.
    """
    days = Calendar().workdays(max(clock.today(), period.first), period.last)
    if not days:
        raise ValidationError(
            f"{period.title}剩下的日子里一个工作日也没有了，排不上。已经排了的，周末要去就自己填日子。"
        )
    found = [day for day in days if day.isoweekday() in weekdays]
    if not found:
        raise ValidationError(f"{period.title}剩下的日子里，没有您选的工作日。多选几天。")
    return found


def spread_over(count: int, days: Sequence[dt.date]) -> list[dt.date]:
    """The day of each of `count` households in walking order: even stretches of the walk, so neighbours share a day."""
    walks = min(len(days), ceil(count / LEAST_A_DAY))
    return [days[(place * walks // count) * len(days) // walks] for place in range(count)]


# --- changing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What was chosen for one line; `visitor` is an officer's key, no day means left out for `reason`."""

    day: dt.date | None
    visitor: int | None
    reason: str = ""


def changeable(actor: Any, lines: Iterable[PlanLine]) -> set[int]:
    """The lines the actor may change: those of grids she visits and oversees, and her own. They come with territory
    and visitor."""
    records, manages = reach_of(actor, "visits.record"), reach_of(actor, "visits.manage")
    return {
        line.pk
        for line in lines
        if records.covers(line.territory)
        and (manages.covers(line.territory) or (line.visitor and line.visitor.user_id == actor.pk))
    }


@transaction.atomic
def change_lines(
    *, actor: Any, plan: VisitPlan, changes: Mapping[int, Change], version: int | None = None
) -> int:
    """Move households to other days or visitors, or leave them out; how many lines are other than before.

    All or none. ValidationError names the households at fault, or says that the page was old (`version`).
    """
    plan = _locked(plan, version)
    lines = list(plan.lines.filter(pk__in=list(changes)).select_related("household", "territory", "visitor"))
    allowed, manages = changeable(actor, lines), reach_of(actor, "visits.manage")
    visitors = set(visitors_of(plan).values_list("pk", flat=True))
    faults, count = [], 0
    for line in lines:
        wanted, before, day = changes[line.pk], line.visitor_id, line.day
        if not line.set(day=wanted.day, visitor=wanted.visitor, reason=wanted.reason):
            continue
        if line.pk not in allowed:
            raise PermissionDenied(NOT_HERS)
        line.plan = plan
        if line.visitor_id != before and not manages.covers(line.territory):
            faults.append(f"{line.household}：换人要网格长或者村党组织书记来换。")
        elif line.visitor_id != before and line.visitor_id not in visitors | {None}:
            faults.append(f"{line.household}：走访人不在这个村任职，重新选。")
        else:
            faults += _refused(line, moved=line.day != day)
        if not faults:
            line.save()
        count += 1
    if faults:
        raise ValidationError(faults)
    if count:
        _changed(plan)
    return count


def _refused(line: PlanLine, *, moved: bool) -> list[str]:
    try:
        line.full_clean(validate_unique=False, validate_constraints=False)
        if moved:
            _must_come(line.day)
    except ValidationError as refused:
        return [f"{line.household}：{sentence}" for sentence in refused.messages]
    return []


def _must_come(day: dt.date | None) -> None:
    """Nobody can go on a day that is over; what was planned for it before stays."""
    if day is not None and day < clock.today():
        raise ValidationError(f"{clock.cn_day(day)}已经过了，填今天或者以后的日子。")


def days_off(days: Iterable[dt.date | None]) -> set[dt.date]:
    """Those on which the office does not work: somebody may choose them, and is told so."""
    calendar = Calendar()
    return {day for day in days if day is not None and not calendar.is_workday(day)}


@transaction.atomic
def spread_again(
    *, actor: Any, plan: VisitPlan, visitor: int | None, weekdays: Collection[int], version: int | None = None
) -> int:
    """Spread one visitor's households that nobody has visited yet over the weekdays chosen; how many have other days.

    Those of days that are over move too; those left out stay out. ValidationError if no day of work is left.
    """
    plan = _locked(plan, version)
    lines: Any = (
        plan.lines.planned().compared(plan.period, by_secretary=plan.is_secretary).filter(visitor=visitor)
    )
    lines = (
        lines.filter(done=False)
        .select_related("territory", "visitor")
        .order_by("household__group__position", "household__group", "household__number")
    )
    mine = list(lines)
    allowed = changeable(actor, mine)
    mine = [line for line in mine if line.pk in allowed]
    if not mine:
        raise PermissionDenied(NOT_HERS)
    moved = []
    for line, day in zip(mine, spread_over(len(mine), days_left(plan.period, weekdays)), strict=True):
        if line.day != day:
            line.day = day
            moved.append(line)
    if moved:
        by = signer(actor)
        bulk_update_with_history(moved, PlanLine, ["day"], batch_size=500, default_user=by)
        _changed(plan)
    return len(moved)


def visitors_of(plan: VisitPlan) -> Any:
    """Officers who may be chosen: who holds, now or later, a post in the village that visits."""
    return companions_at(plan.village, clock.today())


# --- reporting -----------------------------------------------------------------------------------------------


@transaction.atomic
def report_plan(*, actor: Any, plan: VisitPlan) -> VisitPlan:
    """To the town, as it stands; doing it again changes nothing. ValidationError if nobody is planned, or somebody has
    no visitor."""
    _must_lead(actor, plan.village)
    plan = _lock(plan)
    if plan.reported_at is not None:
        return plan
    _must_not_be_over(plan)
    lines = plan.lines.planned().compared(plan.period, by_secretary=plan.is_secretary)
    if not lines.exists():
        raise ValidationError("计划里一户也没有，不用报。")
    if number := lines.filter(visitor=None).count():
        raise ValidationError(f"还有 {number} 户没有定走访人，定好再报。")
    plan.reported_at, plan.reported_by = clock.now(), actor
    plan.save()
    return plan


@transaction.atomic
def reopen_plan(*, actor: Any, plan: VisitPlan) -> VisitPlan:
    """Open to changes again; who had reported it when stays in its history."""
    _must_lead(actor, plan.village)
    plan = _lock(plan)
    _must_not_be_over(plan)
    if plan.reported_at is not None:
        plan.reported_at = plan.reported_by = None
        plan.save()
    return plan


def _lock(plan: VisitPlan) -> VisitPlan:
    """The row as it is now, locked; the village beside it is read without a lock."""
    found = VisitPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    found.village = plan.village
    return found


def _locked(plan: VisitPlan, version: int | None) -> VisitPlan:
    found = _lock(plan)
    _must_be_open(found)
    if version is not None and version != found.version:
        raise ValidationError(OLD_PAGE)
    return found


def _must_be_open(plan: VisitPlan) -> None:
    _must_not_be_over(plan)
    if plan.reported_at is not None:
        raise ValidationError(REPORTED)


def is_over(plan: VisitPlan) -> bool:
    """What was planned for a time that is over stays as it was."""
    return plan.period.last < clock.today()


def _must_not_be_over(plan: VisitPlan) -> None:
    if is_over(plan):
        raise ValidationError(f"{plan.period.title}过完了，那时的计划不再改。")


def _changed(plan: VisitPlan) -> None:
    """One version further; the lines keep their own history."""
    plan.version += 1
    VisitPlan.objects.filter(pk=plan.pk).update(version=plan.version)
