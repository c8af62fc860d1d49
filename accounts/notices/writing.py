"""Writes what is missing, by state: "the notice for 2026-11 exists". Called as often as one likes, by as many as like.

1. Every rule and every month whose day has come, and not long gone: a beat that was down catches up.
2. The room says who is to be told; who has been told for that month and kind is left out.
3. The insert ignores what another beat wrote meanwhile: the constraint decides, not the question before it.
"""

import datetime as dt
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.notices.kinds import Call, Kind, News, inside_kinds, kind_of
from accounts.notices.models import Channel, Delivery, Notice, NoticeRule
from core import clock
from core.board import Ends, Waiting
from core.periods import Month
from core.workdays import Calendar

# How long after a month, or after the rule's day in the next one, somebody is still told of it.
CATCH_UP = dt.timedelta(days=10)
# How old a notice may be that still goes out; one that is older is read in the house.
FRESH = dt.timedelta(days=3)


def ensure_notices() -> int:
    """Every notice that should exist today; how many were written now."""
    written = sum(
        tell(kind=kind, month=month, whom=rule.whom, calls=kind.ask(month, rule.whom), rule=str(rule))
        for kind, month, rule in _come()
    )
    ensure_deliveries()
    return written


def tell_at_once(*, kind: News, about: int | str) -> int:
    """Everybody who is to know of the row with this key, or of what this day brings; how many were new. What goes out
    is on its way at once."""
    key = str(about)
    written = sum(tell(kind=kind, month=key, whom=whom, calls=kind.ask(key, whom)) for whom in kind.whom)
    if written and Channel.objects.filter(on=True).exists():
        ensure_deliveries()
        transaction.on_commit(_ring, robust=True)
    return written


def _ring() -> None:
    from accounts.tasks import send_notices

    send_notices.apply_async(expires=240)


def tell(*, kind: Kind, month: Month | str, whom: str, calls: Iterable[Call], rule: str = "") -> int:
    """One notice for each person called, unless told of this month and kind before; how many were new.

    Two calls of one person are one: the numbers add up, and he is told why twice.
    """
    by_user: dict[int, list[Call]] = {}
    for call in calls:
        if call.number > 0:
            by_user.setdefault(call.user, []).append(call)
    if not by_user:
        return 0
    new = User.objects.active().filter(pk__in=list(by_user))
    told = Notice.objects.filter(kind=kind.code, period=str(month)).values("user")
    rows = [
        _notice(kind, month, whom, user, by_user[user], rule)
        for user in new.exclude(pk__in=told).values_list("pk", flat=True)
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


@transaction.atomic
def tell_now(*, kind: Kind, whom: str, calls: Iterable[Call]) -> None:
    """Something has just come in: who is called finds the month's notice of this kind unread, as often as it comes."""
    month = Month.of(clock.today())
    called = [call for call in calls if call.number > 0]
    told = Notice.objects.filter(kind=kind.code, period=str(month), user__in=[call.user for call in called])
    told.update(read_at=None, created=clock.now())
    tell(kind=kind, month=month, whom=whom, calls=called)


def _notice(kind: Kind, month: Month | str, whom: str, user: int, calls: list[Call], rule: str) -> Notice:
    why = "，".join(dict.fromkeys(call.why for call in calls))
    return Notice(
        user_id=user,
        kind=kind.code,
        period=str(month),
        whom=whom,
        title=kind.title,
        words=kind.say(month, sum(call.number for call in calls), calls[0].row),
        link=calls[0].link,
        why=(f"{why}。规则：{rule}。" if rule else f"{why}。")[:300],
        created=clock.now(),
    )


def _come() -> Iterator[tuple[Kind, Month, NoticeRule]]:
    """Kinds, months and rules whose day has come. A rule counts if it held on that day."""
    today, calendar = clock.today(), Calendar()
    this = Month.of(today)
    for rule in NoticeRule.objects.order_by("kind", "pk"):
        if (kind := kind_of(rule.kind)) is None:
            continue
        for month in (this.shift(-2), this.previous, this):
            day = rule.day_for(month, calendar)
            if rule.holds_on(day) and day <= today <= max(day, month.last) + CATCH_UP:
                yield kind, month, rule


def ensure_deliveries() -> None:
    """For every channel in use a row for each fresh notice that came after it was set up, and one for each group."""
    now = clock.now()
    for channel in Channel.objects.filter(on=True):
        fresh = Notice.objects.come().filter(created__gte=max(channel.since, now - FRESH))
        fresh = fresh.exclude(kind__in=inside_kinds())
        rows: list[Delivery] = []
        if channel.for_each:
            sent = Delivery.objects.filter(channel=channel, notice__isnull=False).values("notice")
            for notice in fresh.unread().exclude(pk__in=sent):
                rows.append(_delivery(channel, notice.kind, notice.period, notice.whom, notice))
        else:
            for kind, period, whom in fresh.order_by().values_list("kind", "period", "whom").distinct():
                rows.append(_delivery(channel, kind, period, whom))
        Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def _delivery(channel: Channel, kind: str, period: str, whom: str, notice: Notice | None = None) -> Delivery:
    now = clock.now()
    return Delivery(
        channel=channel, notice=notice, kind=kind, period=period, whom=whom, made_at=now, next_at=now
    )


# --- one's own inbox --------------------------------------------------------------------------------------------------


def mark_read(*, notice: Notice) -> None:
    """The first time counts."""
    Notice.objects.filter(pk=notice.pk).unread().update(read_at=clock.now())


@transaction.atomic
def mark_all_read(*, user: User) -> int:
    return Notice.objects.of(user).unread().update(read_at=clock.now())


def waiting(actor: User, ends: Ends) -> list[Waiting]:
    """The actor's unread notices, for the desk's first page."""
    rows = ends.of(Notice.objects.of(actor).unread(), "created")
    return [Waiting("提醒", row.words, reverse("accounts:notices"), row.created) for row in rows]
