"""每月排查: what was looked at in a month, by a visit or by a tick, and the numbers that follow.

Visits push what they saw and take it back; nobody has to say twice that a household was looked at.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from core import clock
from core.periods import Month
from core.scope import NOT_YOURS, must, reach_of, signer
from disputes.models import Dispute, Move, Seen, Subject, SubjectLook
from disputes.models.disputes import KEEPS, WORKS
from grids.models import Household, Placement, Territory

NOT_NOW = "只能记本月的。以前的月份过去了，看看就好。"
MOST = 200  # ticked at once


# --- what visits tell ---------------------------------------------------------------------------------------------


def note_seen(*, household: Household, territory: Territory, day: dt.date, actor: Any) -> None:
    """A visit of that day met somebody there; runs inside the visit's transaction, under the household's lock.

    `territory`: the grid of that day. What was ticked before is a visit's from now on.
    """
    row, made = Seen.objects.get_or_create(
        household=household,
        start=Month.of(day).first,
        defaults={"territory": territory, "how": Seen.VISIT, "day": day, "who": actor},
    )
    if not made and (row.how, row.day, row.who_id) != (Seen.VISIT, day, actor.pk):
        row.was_ticked = row.was_ticked or row.how == Seen.TICKED
        row.how, row.territory, row.day, row.who = Seen.VISIT, territory, day, actor
        row.save(update_fields=["how", "territory", "day", "who", "was_ticked"])


def forget_seen(*, household: Household, month: Month) -> None:
    """No visit of that month met anybody there after all; what was ticked besides stays."""
    rows = Seen.objects.filter(household=household, start=month.first, how=Seen.VISIT)
    rows.filter(was_ticked=True).update(how=Seen.TICKED)
    rows.filter(was_ticked=False).delete()


# --- what is ticked -----------------------------------------------------------------------------------------------


@transaction.atomic
def tick_seen(*, actor: Any, households: Iterable[int], month: Month) -> int:
    """看过了，没有矛盾: of these households (keys) those that nobody has looked at yet; how many they were.

    Needs disputes.keep where each lies, or PermissionDenied and none is ticked. Only of the running month.
    """
    must(actor, KEEPS)
    today = _running(month)
    keys = set(households)
    if not keys:
        raise ValidationError("先勾上看过的户。")
    if len(keys) > MOST:
        raise ValidationError(f"一次最多勾 {MOST} 户，分几次勾。")
    rows = list(Household.objects.present().filter(pk__in=keys).select_related("territory"))
    reach = reach_of(actor, KEEPS)
    if len(rows) < len(keys) or not all(reach.covers(row.territory) for row in rows):
        raise PermissionDenied(NOT_YOURS)
    known = set(
        Seen.objects.filter(household__in=keys, start=month.first).values_list("household", flat=True)
    )
    fresh = [
        Seen(
            household=row,
            start=month.first,
            territory=row.territory,
            how=Seen.TICKED,
            day=today,
            who=signer(actor),
        )
        for row in rows
        if row.pk not in known
    ]
    # Of two who tick the same at once the constraint lets one in.
    Seen.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


@transaction.atomic
def untick_seen(*, actor: Any, households: Iterable[int], month: Month) -> int:
    """勾错了: these were not looked at after all; how many. What a visit saw is the visit's to take back."""
    must(actor, KEEPS)
    _running(month)
    keys = set(households)
    if not keys:
        raise ValidationError("先勾上要撤回的户。")
    rows = Seen.objects.filter(household__in=keys, start=month.first, how=Seen.TICKED)
    gone, _ = rows.visible_to(actor, KEEPS).delete()
    return gone


# --- building projects and affairs --------------------------------------------------------------------------------


@transaction.atomic
def add_subject(
    *, actor: Any, village: Territory, name: str, kind: str, since: dt.date | None = None
) -> Subject:
    """Something of the village that is to be looked at every month. ValidationError by field."""
    must(actor, WORKS, village)
    subject = Subject(territory=village, name=name.strip(), kind=kind, since=since or clock.today())
    if not subject.name:
        raise ValidationError({"name": "写是什么项目、什么事。"})
    if subject.since > clock.today():
        raise ValidationError({"since": "这一天还没到，改成今天或以前。"})
    subject.full_clean()
    subject.save(force_insert=True)
    return subject


@transaction.atomic
def end_subject(*, actor: Any, subject: Subject) -> Subject:
    """It is over: from next month on nobody looks at it any more."""
    subject = Subject.objects.select_for_update(of=("self",), no_key=True).get(pk=subject.pk)
    must(actor, WORKS, subject.territory)
    if subject.until is None:
        subject.until = clock.today()
        subject.full_clean()
        subject.save(update_fields=["until"])
    return subject


@transaction.atomic
def look_at_subject(*, actor: Any, subject: Subject, month: Month, words: str = "") -> SubjectLook:
    """It was looked at this month; said again, the words are the last ones."""
    today = _running(month)
    must(actor, WORKS, subject.territory)
    words = words.strip()
    if len(words) > 200:
        raise ValidationError({"words": "最多写 200 个字，写短一点。"})
    look, _ = SubjectLook.objects.update_or_create(
        subject=subject,
        start=month.first,
        defaults={"day": today, "who": signer(actor), "words": words},
    )
    return look


def _running(month: Month) -> dt.date:
    today = clock.today()
    if month != Month.of(today):
        raise ValidationError(NOT_NOW)
    return today


# --- what pages and ledgers ask -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Screened:
    """A month of one place: households, how many a visit saw, how many were ticked; subjects and those looked at;
    disputes found."""

    homes: int = 0
    visited: int = 0
    ticked: int = 0
    subjects: int = 0
    looked: int = 0
    found: int = 0

    @property
    def left(self) -> int:
        """Households that nobody has looked at."""
        return self.homes - self.visited - self.ticked

    @property
    def is_whole(self) -> bool:
        return self.homes > 0 and self.left == 0 and self.looked == self.subjects

    @property
    def is_nothing(self) -> bool:
        """零报告: all was looked at and nothing was found."""
        return self.is_whole and self.found == 0

    @property
    def said(self) -> str:
        """One sentence with the numbers."""
        told = f"{self.homes} 户看了 {self.homes - self.left} 户"
        told += f"（走访看过 {self.visited} 户，打勾看过 {self.ticked} 户）"
        if self.subjects:
            told += f"，建设项目和社会事务 {self.subjects} 项看了 {self.looked} 项"
        if self.is_nothing:
            return f"本月没有新发现的矛盾纠纷（零报告）。{told}。"
        return f"{told}，新发现矛盾纠纷 {self.found} 件。"


def screened(place: Territory, month: Month) -> Screened:
    """The numbers of one place, with everything below it. Three queries."""
    homes = screened_by_grid(place, month)
    subjects = subjects_of(place, month)
    looked = Count("pk", filter=Exists(SubjectLook.objects.filter(subject=OuterRef("pk"), start=month.first)))
    counted = subjects.order_by().aggregate(all=Count("pk"), looked=looked)
    found = found_in(Dispute.objects.at(place), month).count()
    return Screened(
        homes=sum(each.homes for each in homes.values()),
        visited=sum(each.visited for each in homes.values()),
        ticked=sum(each.ticked for each in homes.values()),
        subjects=counted["all"],
        looked=counted["looked"],
        found=found,
    )


def screened_by_grid(place: Territory, month: Month) -> dict[int, Screened]:
    """Households alone, by the grid in which they lay at the month's end (or lie today). One query."""
    lay = _lay(month).at(place)
    saw = Seen.objects.filter(household=OuterRef("household"), start=month.first)
    rows = lay.annotate(how=Subquery(saw.values("how")[:1])).order_by().values("territory")
    rows = rows.annotate(
        homes=Count("pk"),
        visited=Count("pk", filter=Q(how=Seen.VISIT)),
        ticked=Count("pk", filter=Q(how=Seen.TICKED)),
    )
    return {row.pop("territory"): Screened(**row) for row in rows}


def homes_to_look_at(place: Territory, month: Month, *, ticked: bool = False) -> Any:
    """Households of the place that nobody has looked at in the month; `ticked`: those that somebody has ticked."""
    lay = _lay(month).at(place).filter(household=OuterRef("pk"))
    saw = Seen.objects.filter(household=OuterRef("pk"), start=month.first)
    looked = Exists(saw.filter(how=Seen.TICKED)) if ticked else ~Exists(saw)
    return Household.objects.filter(Exists(lay), looked)


def subjects_of(place: Territory, month: Month) -> QuerySet:
    """What of the place goes on in the month."""
    return Subject.objects.at(place).during(month)


def found_in(disputes: QuerySet, month: Month) -> QuerySet:
    """Of these disputes those that were found in the month; what turned out to be none is none."""
    rows = disputes.filter(found_on__gte=month.first, found_on__lte=month.last)
    # As it stood then: what is withdrawn later makes no 零报告 of a month that is over.
    then = Move.objects.filter(dispute=OuterRef("pk"), day__lte=month.last).order_by("-pk").values("state")
    return rows.annotate(stood_then=Subquery(then[:1])).exclude(stood_then=Dispute.WITHDRAWN)


def _lay(month: Month) -> Any:
    """Where the households of the register lay on the last day of the month that is over or here."""
    day = min(month.last, clock.today())
    rows = Placement.objects.on(day).filter(household__since__lte=day)
    return rows.filter(Q(household__ended_on__isnull=True) | Q(household__ended_on__gt=day))
