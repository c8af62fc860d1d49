"""The one place that asks what time it is, so that a test can say so, and so that a day is always a day in Shanghai."""

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

SHANGHAI = ZoneInfo("Asia/Shanghai")
NO_DAY = "日期写成 2026-11-23 这样。"

_stopped: ContextVar[dt.datetime | None] = ContextVar("stopped", default=None)


def now() -> dt.datetime:
    """The present moment, aware, in Shanghai time."""
    return _stopped.get() or dt.datetime.now(SHANGHAI)


def today() -> dt.date:
    """Today's date in Shanghai, whatever the server's own zone is."""
    return now().date()


def local_date(moment: dt.datetime) -> dt.date:
    """The Shanghai date of an aware moment: 2026-10-31T16:30Z is already 1 November."""
    return moment.astimezone(SHANGHAI).date()


def at_noon(day: dt.date) -> dt.datetime:
    """A moment for something of which only the day is known."""
    return dt.datetime.combine(day, dt.time(12), tzinfo=SHANGHAI)


def read_day(text: str, field: str = "") -> dt.date:
    """The day that was typed, or chosen in a calendar: 2026-11-23. ValidationError, at `field` if one is named."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise ValidationError({field: NO_DAY} if field else NO_DAY) from None


def hours_of(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When a day begins in Shanghai and when the next one does."""
    first = dt.datetime.combine(day, dt.time(), tzinfo=SHANGHAI)
    return first, first + dt.timedelta(days=1)


def corrected_time(happened_at: dt.datetime, sent_at: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """The phone's time by our clock; never later than now, for nothing can be sent before it was made."""
    try:
        return min(happened_at + (now - sent_at) if sent_at else happened_at, now)
    except OverflowError:
        return now


def runs() -> bool:
    """Whether nobody holds it."""
    return _stopped.get() is None


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many months later (earlier, if negative); the last of its month where that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def years_between(born: dt.date, day: dt.date) -> int:
    """Full years from one day to another: somebody's age."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def cn_day(day: dt.date) -> str:
    """11月23日: where the year is plain."""
    return f"{day.month}月{day.day}日"


def cn_moment(moment: dt.datetime) -> str:
    """11月23日 09:30 in Shanghai: when something was done, or is to begin."""
    there = moment.astimezone(SHANGHAI)
    return f"{cn_day(there.date())} {there:%H:%M}"


def cn_date(day: dt.date) -> str:
    """2026年11月23日: on paper and in sentences."""
    return f"{day.year}年{cn_day(day)}"


@contextmanager
def stopped_at(moment: dt.datetime | dt.date | str) -> Iterator[None]:
    """Hold the clock, for tests and for filling a demo town; a date or text without a zone is Shanghai time."""
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    if not isinstance(moment, dt.datetime):
        moment = at_noon(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    token = _stopped.set(moment.astimezone(SHANGHAI))
    try:
        yield
    finally:
        _stopped.reset(token)
