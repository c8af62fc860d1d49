"""封顶: how many points a household may still get for a deed, and why not more."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.db.models.functions import Coalesce

from grids.models import Household, Person
from points.models import Award, Item


def check_caps(*, household: Household, person: Person | None, item: Item, day: dt.date, points: int) -> None:
    """ValidationError that says which cap is met and what is left. The caller holds the household's row locked, so
    that two claims at once cannot both fit into what is left for one.

    Everything on its way counts, by the year of the deed.
    """
    scheme = item.scheme
    year = _of_year(household, day)
    # The same item under the rules of before is the same item.
    same = year.filter(item__title=item.title)
    if item.once and Award.objects.counting().filter(household=household, item__title=item.title).exists():
        raise ValidationError({"item": f"“{item}”一户只算一次，{household}已经申报过。"})
    _within(item.item_cap, same, points, f"“{item}”一户一年最多 {item.item_cap} 分")
    _within(scheme.household_cap, year, points, f"一户一年最多 {scheme.household_cap} 分")
    if person is not None:
        _within(
            scheme.person_cap, year.filter(person=person), points, f"一个人一年最多 {scheme.person_cap} 分"
        )


def _of_year(household: Household, day: dt.date) -> Any:
    return Award.objects.counting().filter(household=household, day__year=day.year)


def _within(cap: int, rows: Any, points: int, said: str) -> None:
    if not cap:
        return
    had = rows.aggregate(sum=Sum(Coalesce("points", "claimed")))["sum"] or 0
    if had + points > cap:
        left = max(0, cap - had)
        raise ValidationError(
            {"item": f"{said}，今年已有 {had} 分，" + (f"还能报 {left} 分。" if left else "满了。")}
        )
