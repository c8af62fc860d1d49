"""技能培训台账: who sat in the courses of a month, on how many days he came, and the number of his certificate."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from core.ledger import Column, LedgerScope, Line, register
from core.periods import Month
from grids.stepped import FromSteps
from jobs.models import Course, Presence, Trainee
from jobs.models.words import SEES

SLUG = "training"


@register
class TrainingLedger(FromSteps):
    """One line for each on a roster, where he lived when he enrolled: the town's courses stand in every village's own
    ledger with that village's people."""

    slug, title, group, order = SLUG, "技能培训台账", "就业", 63
    verb = SEES
    shown = "centres:course"
    named_by = ("course", "name")
    columns = (
        Column("course", "课程", left=True, width=16),
        Column("time", "时间", width=18),
        Column("place", "地点", left=True, width=14),
        Column("organiser", "主办", left=True, width=12),
        Column("name", "姓名", width=8),
        Column("came", "到课", left=True, width=12),
        Column("certificate", "证书编号", "code", width=16),
    )
    footnotes = (
        "本月里有课的、本月发证的都列，一人一行；取消了的班、报了名没来过又不学的不列。",
        "到课是到月底来了几天；证书编号是到月底发了的。跨月的班，各月照各月的情况写。",
        "人按报名那时住的村（网格）写；镇里办的班，各村的人写在各村的台账上。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Trainee.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        found = of_month(rows.at(scope.territory), scope.period)
        return found.select_related("course", "person").order_by("course__first", "course", "pk")

    def lines(self, batch: Sequence[Trainee], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        came = days_until(batch, month)
        for row in batch:
            course = row.course
            done = row.certified_on is not None and row.certified_on <= month.last
            cells = (
                course.title,
                _time(course),
                course.place,
                course.organiser,
                row.person.name,
                _came(row, came.get(row.pk, 0)),
                row.certificate if done else "",
            )
            yield Line(cells, name=name_of(row), homes=(row.household_id,)), course.pk


def name_of(row: Trainee) -> str:
    """By what a line is known while its cells change."""
    return f"{row.course_id} {row.pk}"


def of_month(rows: QuerySet[Trainee], month: Month) -> QuerySet[Trainee]:
    """Who was on a roster that ran in the month, or got his certificate in it."""
    ran = Q(course__first__lte=month.last, course__last__gte=month.first)
    got = Q(certified_on__gte=month.first, certified_on__lte=month.last)
    stayed = Q(left_why="") | Q(pk__in=Presence.objects.filter(day__lte=month.last).values("trainee"))
    return rows.filter(ran | got, stayed, course__cancelled_at__isnull=True)


def days_until(batch: Sequence[Trainee], month: Month) -> dict[int, int]:
    rows = Presence.objects.filter(trainee__in=batch, day__lte=month.last).values("trainee").order_by()
    return {row["trainee"]: row["days"] for row in rows.annotate(days=Count("pk"))}


def _time(course: Course) -> str:
    if course.first == course.last:
        return f"{course.first:%Y-%m-%d}"
    same = course.first.year == course.last.year
    return f"{course.first:%Y-%m-%d} 至 {course.last:{'%m-%d' if same else '%Y-%m-%d'}}"


def _came(row: Trainee, days: int) -> str:
    told = f"{days} 天" if days else "没来过"
    return f"{told}，后来不学了" if row.left_why else told
