"""What visits reminds people of: the households that are still to be visited before the month is over."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode

from accounts.notices import Call, Kind, register
from core.periods import Month
from grids.duties import DUTIES
from grids.models import Post, Territory, WithheldVerb
from visits.models import Cadence, Obligation

# Who visits sees the list on the phone, who oversees it the desk's page; each with the verb that opens it.
PAGES = {
    "worker": ("visits:phone", "visits.record"),
    "assistant": ("visits:phone", "visits.record"),
    "leader": ("visits:owed", "visits.manage"),
    "secretary": ("visits:owed", "visits.manage"),
    "guide": ("visits:owed", "visits.manage"),
}


def still_owed(month: Month, whom: str) -> Iterator[Call]:
    """For each holder of the post with an account: the households of his place that nobody has visited, and whose time
    ends with this month or has ended. The secretary's own yearly round is not among them."""
    page, verb = PAGES[whom]
    if WithheldVerb.objects.filter(duty=whom, verb=verb).exists():
        return
    owed = _owed_by_place(month)
    posts = Post.objects.in_force().filter(duty=whom, territory__closed_on__isnull=True)
    for post in posts.select_related("officer", "territory__parent"):
        place = post.territory
        if post.officer.user_id is None:
            continue
        yield Call(
            user=post.officer.user_id,
            number=owed.get(place.pk, 0),
            why=f"您是{place.full_name}的{DUTIES[whom].title}",
            link=_link(page, place),
        )


def _owed_by_place(month: Month) -> dict[int, int]:
    """Households by grid and by village, where they lie today."""
    rows = Obligation.objects.open().filter(
        who__in=[Cadence.CATEGORY, Cadence.ORDINARY],
        period_start__lte=month.last,
        due_on__lte=month.last,
        household__ended_on__isnull=True,
    )
    counted = rows.order_by().values("household__territory", "household__village")
    found: dict[int, int] = {}
    for grid, village, number in counted.annotate(number=Count("household", distinct=True)).values_list(
        "household__territory", "household__village", "number"
    ):
        for place in {grid, village}:
            found[place] = found.get(place, 0) + number
    return found


def _link(page: str, place: Territory) -> str:
    if page == "visits:phone":
        return reverse(page)
    query: dict[str, Any] = {"grid" if place.kind == Territory.GRID else "village": place.pk}
    return f"{reverse(page)}?{urlencode(query)}"


STILL_OWED = Kind(
    code="visits.owed",
    title="还有户没走访",
    sentence="{month}还有 {number} 户没走访到。",
    whom={code: DUTIES[code].title for code in PAGES},
    ask=still_owed,
)


def register_kinds() -> None:
    """Called once, when Django is ready."""
    register(STILL_OWED)
