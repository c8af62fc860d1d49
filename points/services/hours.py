"""志愿时长: for how many hours people came to activities, by the year of the activity."""

from collections.abc import Iterable

from django.db.models import Sum

from grids.models import Household
from points.models import Attendance


def hours_of(people: Iterable[int], year: int) -> dict[int, int]:
    """By person (his key) the hours of that year; who never came is left out. One query."""
    rows = Attendance.objects.filter(person__in=list(people), activity__day__year=year).order_by()
    return {key: hours for key, hours in rows.values_list("person").annotate(Sum("hours")) if key}


def hours_of_home(household: Household, year: int) -> list[tuple[str, int]]:
    """The hours of that year of each who came for this household, the most first; the name is "" for who was signed
    in by the household's card."""
    rows = Attendance.objects.filter(household=household, activity__day__year=year).order_by()
    summed = (
        rows.values_list("person", "person__name").annotate(told=Sum("hours")).order_by("-told", "person")
    )
    return [(name or "", hours) for _, name, hours in summed]
