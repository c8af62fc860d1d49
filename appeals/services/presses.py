"""What a button sends: each press once, whatever the network does; none is lost, also where nobody can trust it."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from appeals.models import Call, Device, Press
from appeals.services.calls import open_pressed
from appeals.services.devices import hold
from appeals.services.errors import stored_under
from core import clock
from core.limits import came_from, knock

LATE, AHEAD = dt.timedelta(minutes=10), dt.timedelta(minutes=2)
# Pressed again so soon, somebody presses harder: it is the same call.
SAME_CALL = dt.timedelta(minutes=2)
# A button stands in one house; a key that comes from so many addresses in an hour was copied.
MOST_ADDRESSES, IN_AN_HOUR = 10, dt.timedelta(hours=1)
COPIED = f"一小时里从 {MOST_ADDRESSES} 个地址用过，钥匙可能被人抄走了"


def press(*, device: Device, uuid: UUID, pressed_at: dt.datetime, kind: str, address: str) -> Press:
    """Store one press and what came of it; the same number again is the same answer, with other content a Conflict.

    A time that is wrong is marked and kept, and counts as now: who presses needs somebody now.
    """
    if known := _known(device, uuid, pressed_at, kind):
        return known
    try:
        with transaction.atomic():
            return _press(device, uuid, pressed_at, kind, address)
    except IntegrityError:
        # Two at once: the constraint let one in, and the other is answered as above.
        if known := _known(device, uuid, pressed_at, kind):
            return known
        raise


def _press(device: Device, uuid: UUID, pressed_at: dt.datetime, kind: str, address: str) -> Press:
    # 1. The lock: presses of one button come one after the other.
    held = (
        Device.objects.select_for_update(of=("self",), no_key=True)
        .select_related("household__territory__parent__parent", "household__group", "territory")
        .get(pk=device.pk)
    )
    if known := _known(device, uuid, pressed_at, kind):
        return known
    # 2. Where it comes from, before anything is made of it.
    door = f"device:{held.pk}"
    knock(door, address, most=1, within=IN_AN_HOUR)
    now = clock.now()
    if held.held_at is None and came_from(door, within=_lately(held, now)) >= MOST_ADDRESSES:
        hold(device=held, why=COPIED)
    mark = Press.LATE if pressed_at < now - LATE else Press.AHEAD if pressed_at > now + AHEAD else ""
    made = Press(uuid=uuid, device=held, kind=kind, pressed_at=pressed_at, at=now, mark=mark)
    if kind == Press.TEST:
        made.outcome = Press.TESTED
    elif last := _still_open(held, now):
        made.call, made.outcome = last, Press.AGAIN
    else:
        made.call = open_pressed(device=held, uuid=uuid, called_at=min(now, pressed_at) if not mark else now)
        made.outcome = Press.OPENED if made.call.matter_id else Press.KEPT
    made.save(force_insert=True)
    return made


def _lately(device: Device, now: dt.datetime) -> dt.timedelta:
    """An hour, or less since somebody said that all is well."""
    settled = device.steps.filter(kind__in=("let_go", "new_key")).order_by("-pk").values_list("at", flat=True)
    last = settled.first()
    return min(IN_AN_HOUR, now - last) if last else IN_AN_HOUR


def _still_open(device: Device, now: dt.datetime) -> Call | None:
    """The call of a press of just now, unless it is settled or stands otherwise with the key since."""
    last = device.presses.filter(kind=Press.PRESS, at__gt=now - SAME_CALL, call__isnull=False)
    found: Any = last.order_by("-pk").select_related("call__matter").first()
    call: Call | None = found.call if found else None
    if call is None or (call.matter is None) != (device.held_at is not None):
        return None
    return call if call.matter is None or call.matter.is_open else None


def _known(device: Device, uuid: UUID, pressed_at: dt.datetime, kind: str) -> Press | None:
    def same(found: Press) -> bool:
        return found.device_id == device.pk and found.says(pressed_at, kind)

    found: Press | None = stored_under(uuid, Press.objects.select_related("call__matter"), same)
    return found
