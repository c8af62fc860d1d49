"""过期: at the turn of a year points that were not used in time run out, by an entry like all others."""

import datetime as dt
from collections import Counter

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from core import clock
from core.scope import OPERATOR
from grids.models import Territory
from points.models import Account, Entry, Posting, Scheme
from points.services import books


def expire(day: dt.date | None = None) -> int:
    """Of every household whose village's rules let points run out, what was earned up to the end of the year that is
    over; how many households. Run daily, counts once a year: the key of the posting says the year.

    The oldest are spent first: what is left of the old ones is what came in until then, less everything ever spent.
    """
    today = day or clock.today()
    done = 0
    for scheme in Scheme.objects.on(today).filter(good_years__isnull=False).select_related("territory"):
        assert scheme.good_years is not None
        last = dt.date(today.year - 1 - scheme.good_years, 12, 31)
        # Three questions for a village; only who has something that is too old is then looked at under its lock.
        done += sum(_expire(account, last) for account in _with_old_points(scheme.territory, last))
    return done


def _with_old_points(village: Territory, last: dt.date) -> list[Account]:
    accounts = Account.objects.filter(territory=village, kind=Account.HOUSEHOLD, balance__gt=0)
    left: Counter[int] = Counter()
    for sign, side, rows in _sides(Entry.objects.filter(posting__territory=village), last):
        sums = rows.order_by().values_list(side).annotate(Sum("points"))
        left.update({key: sign * points for key, points in sums})
    return [account for account in accounts.order_by("pk") if left[account.pk] > 0]


def _sides(rows: QuerySet[Entry], last: dt.date) -> list[tuple[int, str, QuerySet[Entry]]]:
    """What came in until that day, less everything ever spent; what a reversal gave back counts as never spent."""
    back = Q(posting__reverses__kind=Posting.REDEEM)
    return [
        (1, "payee", rows.filter(posting__day__lte=last).exclude(back)),
        (-1, "payer", rows),
        (1, "payee", rows.filter(back)),
    ]


@transaction.atomic
def _expire(account: Account, last: dt.date) -> bool:
    key = f"expiry:{last.year}:{account.pk}"
    if Posting.objects.filter(key=key).exists():
        return False
    held = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    points = min(held.balance, old_points(held, last))
    if points <= 0:
        return False
    books.post(
        actor=OPERATOR,
        key=key,
        kind=Posting.EXPIRE,
        village=held.territory,
        transfers=[books.Transfer(held, books.expired_of(held.territory), points)],
        words=f"{last.year} 年底以前的积分到期",
    )
    return True


def old_points(account: Account, last: dt.date) -> int:
    """What is left to an account of the points that came in until that day."""
    sides = _sides(Entry.objects.all(), last)
    left = sum(
        sign * (rows.filter(**{side: account}).aggregate(sum=Sum("points"))["sum"] or 0)
        for sign, side, rows in sides
    )
    return max(0, left)
