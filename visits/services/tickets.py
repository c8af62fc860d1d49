"""凭条: a signed proof that somebody was signed in on a phone, sealed into every record that waits there.

Whoever signs in next on a shared phone sends what was left; the ticket inside says whose it is, and nothing else does.
It neither signs in nor reads anything, and holds for work done within twelve hours of its issue. The clocks of phones
err: three days more are allowed on either side.
"""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing

from core import clock, sealing

SALT = "visits.ticket"
HOLDS = dt.timedelta(hours=12)
SLACK = dt.timedelta(days=3)
LATEST = dt.timedelta(days=90)


@dataclass(frozen=True)
class Ticket:
    """Whose it is, and when it was issued."""

    user: Any
    issued: dt.datetime

    def vouches_for(self, moment: dt.datetime) -> bool:
        """Whether work done at that moment (by our clock), arriving now, is hers without asking anybody."""
        inside = self.issued - SLACK <= moment <= self.issued + HOLDS + SLACK
        return inside and clock.now() <= self.issued + LATEST


def sealing_for(actor: Any) -> dict[str, Any] | None:
    """What a phone needs to seal records of `actor`; None for a program's token: no ticket knows its narrower verbs."""
    if getattr(actor, "token_verbs", None) is not None:
        return None
    now = clock.now()
    kid, key = sealing.public_key()
    told = {"user": actor.pk, "id": secrets.token_urlsafe(9), "issued": now.timestamp()}
    return {"kid": kid, "key": key, "ticket": signing.dumps(told, salt=SALT), "until": now + HOLDS}


def read_ticket(text: Any) -> Ticket | None:
    """The ticket, or None if we never signed such a thing."""
    try:
        told = signing.loads(text, salt=SALT) if isinstance(text, str) else None
    except signing.BadSignature:
        return None
    user = get_user_model().objects.filter(pk=told["user"]).first() if told else None
    if told is None or user is None:
        return None
    return Ticket(user, dt.datetime.fromtimestamp(told["issued"], clock.SHANGHAI))
