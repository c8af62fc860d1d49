"""What deserves a look before awards hang out: said to whoever makes the notice, never a reason to refuse by itself."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from core import clock
from grids.services import homes_near_each
from points.models import Award, Scheme

CLUSTER = 5  # so many households with the same deed, of one day and from one claimer


@dataclass(frozen=True)
class Oddity:
    """One thing about one award: `code` is `near`, `twice`, `cluster` or `last_day`, `words` say it to a person."""

    award: int
    code: str
    words: str


def oddities(awards: Iterable[Award]) -> list[Oddity]:
    """Of awards with their item, scheme and people (`Award.objects.whole()`), in their order. A fixed number of
    queries, however many there are."""
    rows = list(awards)
    near, clusters, twice = _near(rows), _clusters(rows), _twice(rows)
    found = []
    for row in rows:
        found += [Oddity(row.pk, "near", words) for words in near.get(row.pk, ())]
        if number := twice.get((row.household_id, row.item_id, row.day)):
            said = f"同一户同一天的“{row.item}”报了 {number} 件，看看是不是一件"
            found.append(Oddity(row.pk, "twice", said))
        if (number := clusters.get(_alike(row), 0)) >= CLUSTER:
            said = f"{row.claimed_by}给 {number} 户报了同一天的“{row.item}”"
            found.append(Oddity(row.pk, "cluster", said))
        found += [Oddity(row.pk, "last_day", words) for words in _last_days(row)]
    return found


def _near(rows: Sequence[Award]) -> dict[int, list[str]]:
    """Whose hands it went through who are near the household as the register knows it today, be it since yesterday."""
    people = {
        row.pk: [
            (user, did)
            for user, did in (
                (row.claimed_by, "申报"),
                (row.checked_by, "初审"),
                (row.decided_by, "复核"),
            )
            if user is not None
        ]
        for row in rows
    }
    homes = homes_near_each({user.pk for each in people.values() for user, _ in each})
    return {
        row.pk: [
            f"{did}的{user}和这一户是一家人或者住在一起过"
            for user, did in people[row.pk]
            if row.household_id in homes[user.pk]
        ]
        for row in rows
    }


def _twice(rows: Sequence[Award]) -> dict[tuple[int, int, dt.date], int]:
    """How often a household has the same of one day, where it is more than once, whether or not they hang out together:
    a visit, an activity, a panel, the household's card and a neighbour may all tell of one deed."""
    homes, items, days = ({getattr(row, name) for row in rows} for name in ("household_id", "item_id", "day"))
    same = Award.objects.counting().filter(household__in=homes, item__in=items, day__in=days).order_by()
    counted = same.values_list("household", "item", "day").annotate(number=Count("pk"))
    return {(home, item, day): number for home, item, day, number in counted if number > 1}


Alike = tuple[int, dt.date, int | None]


def _alike(row: Award) -> Alike:
    return row.item_id, row.day, row.claimed_by_id


def _clusters(rows: Sequence[Award]) -> dict[Alike, int]:
    """How many households have the same, whether or not they hang out together; what households said themselves is
    no cluster."""
    mine = {_alike(row) for row in rows if row.claimed_by_id}
    items, days, people = ({each[at] for each in mine} for at in range(3))
    alike = Award.objects.counting().filter(item__in=items, day__in=days, claimed_by__in=people).order_by()
    counted = alike.values_list("item", "day", "claimed_by").annotate(homes=Count("household", distinct=True))
    return {(item, day, by): homes for item, day, by, homes in counted if (item, day, by) in mine}


def _last_days(row: Award) -> list[str]:
    """Claimed at the last moment at which it could be, or counted for this year."""
    on, scheme = clock.local_date(row.claimed_at), row.item.scheme
    found = []
    if _last_claim(row, scheme) == on:
        found.append(f"卡着 {scheme.claim_days} 天的最后一天申报的")
    if scheme.until == on:
        found.append("原来的办法用到那天为止，最后一天申报的")
    if (on.month, on.day) == (12, 31):
        found.append("一年的最后一天申报的")
    return found


def _last_claim(row: Award, scheme: Scheme) -> dt.date:
    return row.day + dt.timedelta(days=scheme.claim_days)
