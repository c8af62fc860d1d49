"""过期: at the turn of a year points that were not used in time run out, by an entry like all others."""

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from core import clock
from core.scope import OPERATOR
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
        rows = Account.objects.filter(territory=scheme.territory, kind=Account.HOUSEHOLD, balance__gt=0)
        for account in rows.order_by("pk").iterator():
            done += _expire(account, last)
    return done


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
    """What is left of the points that came in until that day; what a reversal gave back counts as never spent."""
    rows = Entry.objects.filter(Q(payee=account) | Q(payer=account))
    came = rows.filter(payee=account, posting__day__lte=last).exclude(posting__reverses__kind=Posting.REDEEM)
    spent = rows.filter(payer=account)
    back = rows.filter(payee=account, posting__reverses__kind=Posting.REDEEM)
    return max(0, _sum(came) - _sum(spent) + _sum(back))


def _sum(rows: QuerySet) -> int:
    return rows.aggregate(sum=Sum("points"))["sum"] or 0
