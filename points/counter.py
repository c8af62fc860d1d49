"""What lies on the counter: a card's code between the scan and the redemption, sealed in the session of who scanned it.

The code stands in no address and no log; the address names the redemption that is to be, which is the same however
often one presses the button, so that an answer that was lost never costs points twice.
"""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.http import HttpRequest

from core import clock, crypto

_KEY, _CONTEXT = "counter", "points.counter"
KEPT = dt.timedelta(minutes=10)
MOST = 5  # several tabs of one PC


@dataclass(frozen=True)
class Laid:
    """In which shop (key), and the code."""

    shop: int
    code: str


def lay(request: HttpRequest, shop: int, code: str) -> UUID:
    """Put it there; what lies too long goes. The number of the redemption that is to be."""
    number = uuid4()
    sealed = crypto.encrypt(code, context=_CONTEXT)
    rows = {**_lying(request), str(number): [shop, sealed, int(clock.now().timestamp())]}
    request.session[_KEY] = dict(list(rows.items())[-MOST:])
    return number


def laid(request: HttpRequest, number: UUID) -> Laid | None:
    """What lies there under this number; None if it never did, or lay too long."""
    row = _lying(request).get(str(number))
    if row is None:
        return None
    try:
        return Laid(row[0], crypto.decrypt(row[1], context=_CONTEXT))
    except crypto.Unreadable:  # the keys were changed meanwhile
        return None


def _lying(request: HttpRequest) -> dict[str, list]:
    oldest = (clock.now() - KEPT).timestamp()
    rows: dict[str, list] = request.session.get(_KEY, {})
    return {number: row for number, row in rows.items() if row[2] >= oldest}
