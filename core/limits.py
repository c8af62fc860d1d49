"""How often somebody may knock at a door that strangers use: counted in the database, so that it holds for every
process and without a cache; never under a name or an address that could be read back."""

import datetime as dt
import ipaddress

from django.conf import settings
from django.http import HttpRequest

from core import clock, crypto
from core.models import Knock

KEPT = dt.timedelta(days=2)


def client_ip(request: HttpRequest) -> str:
    """The address of the browser; the proxy's word for it only where a proxy is known to stand (BEHIND_PROXY).

    Of IPv6 the network it is in, 2001:db8:1:2::, since one line at home has 2^64 addresses and would pass for as many
    people (RFC 6177: a site gets a /64 or more). One that stands for an IPv4 address is that.
    """
    here = request.META.get("REMOTE_ADDR", "")
    told = (request.META.get("HTTP_X_REAL_IP") or here) if settings.BEHIND_PROXY else here
    try:
        address = ipaddress.IPv6Address(told)
    except ValueError:
        return told
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(address) >> 64 << 64))


def knock(door: str, who: str, *, most: int, within: dt.timedelta) -> bool:
    """Whether this one may still come in: False once it has been let in `most` times `within` the time before now.

    `who`: an address, a device, a telephone; only its keyed hash is kept, for two days. A refusal is not counted, so
    that nobody shuts the door on himself by trying. Of several at the same instant one more may slip in.
    """
    now, hashed = clock.now(), crypto.blind_index(who, purpose=f"limits:{door}")
    came = Knock.objects.filter(door=door, who=hashed, at__gt=now - within)
    if came.count() >= most:
        return False
    Knock.objects.create(door=door, who=hashed, at=now)
    return True


def has_come(door: str, who: str, *, within: dt.timedelta) -> bool:
    """Whether this one was let in there `within` the time before now."""
    hashed = crypto.blind_index(who, purpose=f"limits:{door}")
    return Knock.objects.filter(door=door, who=hashed, at__gt=clock.now() - within).exists()


def came_from(door: str, *, within: dt.timedelta) -> int:
    """From how many different addresses somebody was let in there `within` the time before now."""
    came = Knock.objects.filter(door=door, at__gt=clock.now() - within)
    return came.order_by().values("who").distinct().count()


def sweep_knocks() -> int:
    """Forget the old ones; how many."""
    return Knock.objects.filter(at__lt=clock.now() - KEPT).delete()[0]
