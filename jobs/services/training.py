"""技能培训: the year's plan (附件3 之 12), courses, who is on the roster, who came, and who got a certificate.

A course is its village's, or the town's for all villages. Who is on its roster is written down where he lives: whoever
manages employment there enrols him, calls him up and notes his certificate.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet

from core import clock
from core.scope import may, must, reach_of, signer
from grids.models import Household, Person, Territory
from jobs.models import Course, Labour, PlannedCourse, Presence, Trainee
from jobs.models.words import MANAGES, NOTES_LABOUR
from jobs.services.errors import GONE, NOT_YET, check_year
from jobs.services.labour import labour_of, note_labour

LONGEST = 366  # days from a course's first to its last
SUGGESTED = 30
STOOD_ON = "已经有培训班照它办，不能改、不能去掉。"
CERTIFICATE_TAKEN = "这个证书编号已经发给别人了，对一下。"

# --- the year's plan --------------------------------------------------------------------------------------------------


@transaction.atomic
def save_plan(*, actor: Any, line: PlannedCourse) -> PlannedCourse:
    """One line of a year's plan, new or changed while no course stands on it. ValidationError by field."""
    must(actor, MANAGES, line.territory)
    _refuse_grid(line.territory)
    Territory.objects.select_for_update(no_key=True).get(pk=line.territory_id)  # the same line twice at once
    if line.pk:
        must(actor, MANAGES, _refuse_stood_on(line).territory)
    else:
        line.made_at, line.made_by = clock.now(), signer(actor)
    line.full_clean(exclude=["made_by"])
    check_year("year", dt.date(line.year, 1, 1))
    line.save()
    return line


@transaction.atomic
def remove_plan(*, actor: Any, line: PlannedCourse) -> None:
    """Take a line away while no course stands on it."""
    must(actor, MANAGES, line.territory)
    _refuse_stood_on(line)
    line.delete()


def _refuse_stood_on(line: PlannedCourse) -> PlannedCourse:
    """The line as it stands."""
    rows = PlannedCourse.objects.select_for_update(of=("self",), no_key=True).select_related("territory")
    held = rows.get(pk=line.pk)
    if held.courses.exists():
        raise ValidationError(STOOD_ON)
    return held


def _refuse_grid(place: Territory) -> None:
    if place.kind == Territory.GRID:
        raise ValidationError({"territory": "选村或者镇。"})


def with_done(lines: QuerySet[PlannedCourse]) -> QuerySet[PlannedCourse]:
    """Each line with `held` (courses), `enrolled` and `certified`: the plan against what was done."""
    stands, on = Q(courses__cancelled_at__isnull=True), Q(courses__trainees__left_why="")
    certified = stands & ~Q(courses__trainees__certificate="")
    return lines.annotate(
        held=Count("courses", filter=stands, distinct=True),
        enrolled=Count("courses__trainees", filter=stands & on, distinct=True),
        certified=Count("courses__trainees", filter=certified, distinct=True),
    )


def outside_plan(courses: QuerySet[Course], year: int) -> dict[str, int]:
    """The same three figures of the year's courses that stand on no line."""
    rows = courses.filter(plan__isnull=True, first__year=year, cancelled_at__isnull=True)
    return rows.aggregate(
        held=Count("pk", distinct=True),
        enrolled=Count("trainees", filter=Q(trainees__left_why=""), distinct=True),
        certified=Count("trainees", filter=~Q(trainees__certificate=""), distinct=True),
    )


# --- courses ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_course(*, actor: Any, course: Course) -> Course:
    """排一个培训班, or change one to which nobody came yet. Needs jobs.manage there. ValidationError by field."""
    must(actor, MANAGES, course.territory)
    _refuse_grid(course.territory)
    if course.pk:
        held = _locked(course)
        must(actor, MANAGES, held.territory)
        _refuse_cancelled(held)
        if Presence.objects.filter(trainee__course=course).exists():
            raise ValidationError("已经有人到课，不能再改。")
        if (on := _seated(course)) > (course.places or 0):
            raise ValidationError({"places": f"已经报了 {on} 个人，不能再少。"})
        if on and held.territory_id != course.territory_id:
            raise ValidationError({"territory": "已经有人报名，不能换地方。"})
    else:
        course.made_at, course.made_by = clock.now(), signer(actor)
    course.full_clean(exclude=["territory", "plan", "skill", "made_by"])
    check_year("first", course.first)
    if (course.last - course.first).days >= LONGEST:
        raise ValidationError({"last": "一个班最长一年，长的分成几个班。"})
    if course.plan is not None:
        _check_plan(course, course.plan)
    course.save()
    _stamp(course.trainees.all(), actor)
    return course


def _check_plan(course: Course, line: PlannedCourse) -> None:
    same = (line.territory_id, line.year) == (course.territory_id, course.first.year)
    if not same or line.skill_id != course.skill_id:
        raise ValidationError({"plan": "选同一个地方、同一年、学同一样的那一项；都没有的选“不在计划里”。"})


@transaction.atomic
def cancel_course(*, actor: Any, course: Course, why: str) -> Course:
    """取消, with the reason, before anybody came."""
    must(actor, MANAGES, course.territory)
    held = _locked(course)
    _refuse_cancelled(held)
    if Presence.objects.filter(trainee__course=held).exists():
        raise ValidationError("已经有人到课，不能取消。")
    if not why.strip():
        raise ValidationError({"why": "写一句为什么取消。"})
    held.cancelled_at, held.cancelled_why = clock.now(), why.strip()[:100]
    held.save(update_fields=["cancelled_at", "cancelled_why"])
    _stamp(held.trainees.all(), actor)
    return held


def _locked(course: Course) -> Course:
    rows = Course.objects.select_for_update(of=("self",), no_key=True).select_related("territory")
    return rows.get(pk=course.pk)


def _refuse_cancelled(course: Course) -> None:
    if course.cancelled_at is not None:
        raise ValidationError(f"这个班取消了：{course.cancelled_why}")


def _seated(course: Course) -> int:
    return course.trainees.filter(left_why="").count()


def _stamp(trainees: QuerySet[Trainee], actor: Any) -> None:
    trainees.update(changed_at=clock.now(), changed_by=signer(actor))


# --- the roster -------------------------------------------------------------------------------------------------------


@transaction.atomic
def enrol(*, actor: Any, course: Course, person: Person) -> Trainee:
    """报名 of somebody of the register; again is the same row, and who had left comes back.

    Needs jobs.manage where he lives. ValidationError if the course is full, cancelled, or not for his village.
    """
    home = Household.objects.select_related("territory").get(pk=person.household_id)
    must(actor, MANAGES, home.territory)
    held = _locked(course)
    _refuse_cancelled(held)
    if person.left_on is not None:
        raise ValidationError({"name": GONE})
    if course.territory.kind == Territory.VILLAGE and home.village_id != course.territory_id:
        raise ValidationError(
            {"name": f"{person.name}不是{course.territory}的，这个班是{course.territory}办的。"}
        )
    known = Trainee.objects.filter(course=held, person=person).first()
    if known is not None and not known.left_why:
        return known
    if _seated(held) >= held.places:
        raise ValidationError({"name": f"这个班只有 {held.places} 个位子，报满了。"})
    row = known or Trainee(course=held, person=person, household=home, territory=home.territory)
    if known is None:
        row.noted_at, row.noted_by = clock.now(), signer(actor)
    row.left_why, row.changed_at, row.changed_by = "", clock.now(), signer(actor)
    row.save()
    return row


@transaction.atomic
def leave_course(*, actor: Any, trainee: Trainee, why: str) -> Trainee:
    """不学了, with the reason; the days on which he came stay."""
    must(actor, MANAGES, trainee.territory)
    held = Trainee.objects.select_for_update(of=("self",), no_key=True).get(pk=trainee.pk)
    if held.certificate:
        raise ValidationError({"why": "已经发了证书，不能算不学了。"})
    if not why.strip():
        raise ValidationError({"why": "写一句为什么不学了。"})
    held.left_why, held.changed_at, held.changed_by = why.strip()[:100], clock.now(), signer(actor)
    held.save(update_fields=["left_why", "changed_at", "changed_by"])
    return held


def suggested(actor: Any, course: Course) -> list[Labour]:
    """Who wants to learn this and is not on the roster, as far as somebody may enrol him; some of them."""
    rows = Labour.objects.visible_to(actor, MANAGES).at(course.territory).living()
    rows = rows.filter(until__isnull=True, learns=course.skill_id, household__ended_on__isnull=True)
    rows = rows.exclude(person__in=course.trainees.values("person"))
    return list(rows.select_related("person__household__group").order_by("since", "pk")[:SUGGESTED])


# --- who came ---------------------------------------------------------------------------------------------------------


def days_of(course: Course) -> list[dt.date]:
    """Every day from its first to its last; on which of them it is held, the roll says."""
    return [course.first + dt.timedelta(days=n) for n in range((course.last - course.first).days + 1)]


@transaction.atomic
def call_roll(*, actor: Any, course: Course, day: dt.date, came: Iterable[Trainee]) -> int:
    """点名 of one day: of those whom this person may call up, these came and the others did not; how many came.

    Called again it corrects that day. ValidationError for a day that is not the course's or has not come.
    """
    must(actor, MANAGES)
    held = _locked(course)
    _refuse_cancelled(held)
    if not held.first <= day <= held.last:
        raise ValidationError({"day": f"这个班是 {held.first} 到 {held.last}，选这几天里的。"})
    if day > clock.today():
        raise ValidationError({"day": NOT_YET})
    reach = reach_of(actor, MANAGES)
    own = [row for row in held.trainees.select_related("territory") if reach.covers(row.territory)]
    if not own:
        must(actor, MANAGES, held.territory)
    wanted = {row.pk for row in came}
    there = {row.pk for row in own if row.pk in wanted and not row.left_why}
    before = set(Presence.objects.filter(trainee__in=own, day=day).values_list("trainee", flat=True))
    if not there and not before:
        raise ValidationError({"": "来了的打上勾，再存。"})
    # Who has left keeps the days on which he came before.
    gone = {row.pk for row in own if row.left_why}
    Presence.objects.filter(trainee__in=before - there - gone, day=day).delete()
    at, by = clock.now(), signer(actor)
    Presence.objects.bulk_create(
        Presence(trainee_id=pk, day=day, noted_at=at, noted_by=by) for pk in sorted(there - before)
    )
    _stamp(Trainee.objects.filter(pk__in=(before ^ there) - (before & gone)), actor)
    return len(there | (before & gone))


# --- certificates -----------------------------------------------------------------------------------------------------


@transaction.atomic
def certify(*, actor: Any, trainee: Trainee, number: str, day: dt.date) -> Trainee:
    """发证, or its number or day set right: the skill comes into his labour row, if he has one, in the same breath."""
    must(actor, MANAGES, trainee.territory)
    row = _whole(trainee)
    _refuse_cancelled(row.course)
    number = "".join(number.split())
    if not number:
        raise ValidationError({"number": "写证书编号；发错了要收回的，点“收回证书”。"})
    if row.left_why:
        raise ValidationError({"number": f"他不学了：{row.left_why}。又来学的，先再报一次名。"})
    if not row.course.first <= day <= clock.today():
        raise ValidationError({"day": f"发证日期写 {row.course.first} 到今天的。"})
    first = not row.certificate
    row.certificate, row.certified_on = number, day
    row.changed_at, row.changed_by = clock.now(), signer(actor)
    try:
        row.full_clean(exclude=["course", "person", "household", "territory", "noted_by", "changed_by"])
    except ValidationError as why:
        raise ValidationError({"number": why.messages}) from None
    if first:
        row.gave_skill = _teach(actor, row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # the same number in another course at this very moment
        raise ValidationError({"number": CERTIFICATE_TAKEN}) from None
    return row


@transaction.atomic
def take_back_certificate(*, actor: Any, trainee: Trainee) -> Trainee:
    """收回: it was written by mistake; the skill goes out of the labour row if only this certificate gave it."""
    must(actor, MANAGES, trainee.territory)
    row = _whole(trainee)
    if not row.certificate:
        raise ValidationError({"number": "还没有发证。"})
    if row.gave_skill:
        _unteach(actor, row)
    row.certificate, row.certified_on, row.gave_skill = "", None, False
    row.changed_at, row.changed_by = clock.now(), signer(actor)
    row.save()
    return row


def _whole(trainee: Trainee) -> Trainee:
    rows = Trainee.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("course__skill", "person__household__territory").get(pk=trainee.pk)


def _noted(actor: Any, trainee: Trainee) -> Labour | None:
    """His labour row; none if he has gone, or lives now where this person has no say."""
    person = trainee.person
    if person.left_on is not None or not may(actor, NOTES_LABOUR, person.household.territory):
        return None
    return labour_of(person)


def source_of(trainee: Trainee) -> str:
    return f"course:{trainee.course_id}:trainee:{trainee.pk}"


def _teach(actor: Any, trainee: Trainee) -> bool:
    labour = _noted(actor, trainee)
    known = list(labour.skills.all()) if labour else []
    skill = trainee.course.skill
    if labour is None or skill in known:
        return False
    note_labour(actor=actor, person=trainee.person, skills=[*known, skill], source=source_of(trainee))
    return True


def _unteach(actor: Any, trainee: Trainee) -> None:
    skill = trainee.course.skill
    others = Trainee.objects.filter(person=trainee.person, course__skill=skill).exclude(certificate="")
    if (other := others.exclude(pk=trainee.pk).first()) is not None:
        other.gave_skill = True  # another certificate says so too: from now on it is that one's
        other.save(update_fields=["gave_skill"])
        return
    if (labour := _noted(actor, trainee)) is not None:
        left = [each for each in labour.skills.all() if each != skill]
        note_labour(actor=actor, person=trainee.person, skills=left, source=source_of(trainee))


# --- what waits -------------------------------------------------------------------------------------------------------


def empty_soon(courses: QuerySet[Course], days: int = 7) -> QuerySet[Course]:
    """Those that begin within a week and have nobody on the roster."""
    today = clock.today()
    soon = courses.filter(cancelled_at__isnull=True, first__gte=today)
    soon = soon.filter(first__lte=today + dt.timedelta(days=days))
    return soon.exclude(pk__in=Trainee.objects.filter(left_why="").values("course"))


def unrolled(courses: QuerySet[Course], day: dt.date) -> QuerySet[Course]:
    """Those of which that day is one, with somebody on the roster and no roll."""
    ran = courses.filter(cancelled_at__isnull=True, first__lte=day, last__gte=day)
    ran = ran.filter(pk__in=Trainee.objects.filter(left_why="").values("course"))
    return ran.exclude(pk__in=Presence.objects.filter(day=day).values("trainee__course"))


def came_of(trainees: Sequence[Trainee]) -> dict[int, int]:
    """On how many days each of them came. One query."""
    rows = Presence.objects.filter(trainee__in=trainees).values("trainee").order_by()
    return {row["trainee"]: row["days"] for row in rows.annotate(days=Count("pk"))}
