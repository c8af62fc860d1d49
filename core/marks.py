"""A mark that a form for strangers carries: a number and when the page was drawn, signed. What comes back at once was
filled in by a machine, what comes back after half a day lay open on somebody's phone."""

import datetime as dt
from uuid import UUID, uuid4

from django.core import signing

from core import clock

LEAST, MOST = dt.timedelta(seconds=3), dt.timedelta(hours=12)


class Stale(Exception):
    """No mark of ours, or one from a page that lay open too long."""


class TooFast(Exception):
    """Nobody reads and writes in such a time."""


def new_mark(salt: str) -> str:
    """For one form; `salt` names the page, so that no other page's mark is good here."""
    return signing.dumps([str(uuid4()), clock.now().timestamp()], salt=salt)


def read_mark(text: str, salt: str) -> UUID:
    """The number in it; Stale or TooFast."""
    try:
        number, at = signing.loads(text, salt=salt)
    except signing.BadSignature:
        raise Stale from None
    age = clock.now().timestamp() - at
    if age > MOST.total_seconds():
        raise Stale
    if age < LEAST.total_seconds():
        raise TooFast
    return UUID(number)
