"""Sends what waits to go out: under a lease, not in quiet hours, again after a while if a channel is down.

A text that may have gone out is not sent again: whoever dies while handing it over leaves a row that says so, and the
notice stands in the inbox anyway. Whoever dies before leaves it to the next. Between writing and sending, a night may
lie and a post may end: whether somebody is still to be told is asked again of the room that knows.
"""

import datetime as dt
import logging
import time
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from accounts.notices import channels
from accounts.notices.kinds import Call, kind_of
from accounts.notices.models import Channel, Delivery, Notice, QuietHours
from core import clock
from core.crypto import Unreadable
from core.fields import Sealed
from core.work import MOST_TRIES, LeaseLost

log = logging.getLogger(__name__)

FROM = "洪集镇网格治理"
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=5), dt.timedelta(hours=4)
GIVE_UP = dt.timedelta(days=3)
# A channel that failed so often in a row is left alone until the next round: each try may take SECONDS.
ENOUGH = 3
UNSURE = "发到一半断了，不知道对方收到没有，不再发。系统里的提醒还在。"
WORN_OUT = f"试了 {MOST_TRIES} 次都没做完。系统里的提醒还在。"


def send_waiting(*, seconds: float = 50) -> dict[str, int]:
    """Send what is due, for at most `seconds`; counts of what became of it. In quiet hours only what is urgent."""
    found = {"unsure": _close_unsure(), "sent": 0, "again": 0, "closed": 0}
    quiet, until, asked = QuietHours.of_today(), time.monotonic() + seconds, Asked()
    down: dict[int, int] = {}
    for pk, channel, code in list(
        Delivery.objects.waiting().order_by("next_at", "pk").values_list("pk", "channel", "kind")
    ):
        if time.monotonic() > until:
            break
        # Before each: a round that began at 20:59 is not to ring somebody's phone at 21:00.
        kind = kind_of(code)
        if quiet.covers(clock.now().time()) and not (kind and kind.urgent):
            continue
        if down.get(channel, 0) >= ENOUGH:
            continue
        if (ended := send_one(pk, asked)) is not None:
            found[ended] += 1
            down[channel] = down.get(channel, 0) + 1 if ended == "again" else 0
    return found


class Asked:
    """What the rooms say now of who is to be told, asked once in a round for each kind, month and post."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], dict[int, int]] = {}

    def why_not(self, notice: Notice) -> str:
        """Why this person need not be told any more; empty if he must."""
        what, kind = (notice.kind, notice.period, notice.whom), kind_of(notice.kind)
        if kind is None:
            return ""
        if what not in self._known:
            self._known[what] = _numbers(kind.ask(kind.about(notice.period), notice.whom))
        number = self._known[what].get(notice.user_id)
        if number is None:
            return "已经不在这个岗位上，不用发了。"
        return "" if number else "事情已经办完了，不用发了。"


def _numbers(calls: Iterable[Call]) -> dict[int, int]:
    found: dict[int, int] = {}
    for call in calls:
        found[call.user] = found.get(call.user, 0) + call.number
    return found


def send_one(pk: int, asked: Asked) -> str | None:
    """Send one row if it can be taken: sent, again (later) or closed; None if another worker has it."""
    token = Delivery.objects.take(pk)
    if token is None:
        return None
    row = Delivery.objects.select_related("channel", "notice__user").get(pk=pk)
    try:
        try:
            address = _address(row, asked)
        except channels.NoAddress as reason:
            row.end(token, Delivery.STOPPED, why=str(reason))
            return "closed"
        _hand_over(row, token)
        channels.send(address, FROM, words_of(row))
    except LeaseLost:
        return None
    except (channels.NotSent, Unreadable) as fault:
        return _again(row, token, str(fault) if isinstance(fault, channels.NotSent) else "地址解不开")
    try:
        row.end(token, Delivery.DONE)
    except LeaseLost:
        log.warning("delivery %s went out after its lease had lapsed", pk)
    return "sent"


def words_of(row: Delivery) -> str:
    """The text that leaves the house."""
    kind = kind_of(row.kind)
    if row.notice is not None:
        return f"{row.notice.words}登录系统看。"
    return kind.say_to_group(row.period, row.whom) if kind else "有新的提醒，各自登录系统看。"


def _address(row: Delivery, asked: Asked) -> str:
    """Where it goes; NoAddress, with the reason, if it need not go any more."""
    if not row.channel.on:
        raise channels.NoAddress("渠道停用了。")
    assert row.channel.address is not None  # set_channel put it there
    address = row.channel.address.open()
    if row.notice is None:
        return address
    if row.notice.read_at is not None:
        raise channels.NoAddress("已经在系统里看过了。")
    if not row.notice.user.is_active:
        raise channels.NoAddress("账号停用了。")
    if why := asked.why_not(row.notice):
        raise channels.NoAddress(why)
    return channels.address_of(address, row.notice.user)


def _hand_over(row: Delivery, token: str) -> None:
    """From here on the text may have gone out; LeaseLost if the row is no longer ours."""
    row.beat(token)
    if not Delivery.objects.filter(pk=row.pk, lease=token).update(handed_at=clock.now()):
        raise LeaseLost


def _again(row: Delivery, token: str, why: str) -> str:
    """Back to waiting, each time twice as long; after GIVE_UP it is closed with the reason."""
    now, why = clock.now(), why[:300]
    if now - row.made_at > GIVE_UP:
        row.end(token, Delivery.FAILED, why=f"三天都没发出去：{why}。系统里的提醒还在。", handed_at=None)
        return "closed"
    wait = min(FIRST_WAIT * 2 ** min(row.failures, 10), LONGEST_WAIT)
    Delivery.objects.filter(pk=row.pk, lease=token).update(
        state=Delivery.WAITING,
        lease="",
        lease_until=None,
        handed_at=None,
        tries=0,
        failures=row.failures + 1,
        next_at=now + wait,
        why=why,
    )
    return "again"


def _close_unsure() -> int:
    ended = {"state": Delivery.FAILED, "lease": "", "lease_until": None, "ended_at": clock.now()}
    worn = Delivery.objects.waiting().filter(tries__gte=MOST_TRIES).update(**ended, why=WORN_OUT)
    return worn + Delivery.objects.unsure().update(**ended, why=UNSURE)


def set_channel(*, channel: Channel, address_plain: str = "") -> None:
    """Save a channel, with a new address if one is given; ValidationError if we do not send through such a one."""
    if address_plain:
        channel.way = channels.way_of(address_plain)
        channel.for_each = channels.for_each(address_plain)
        channel.address = Sealed.of(address_plain, "channel")
        channel.since = clock.now()
    if channel.address is None:
        raise ValidationError({"address_plain": "填上地址。"})
    channel.full_clean()
    channel.save()


def try_out(*, channel: Channel, user: Any) -> str:
    """One text now, so that the office sees whether the address is right; the reason if it was not taken."""
    try:
        assert channel.address is not None
        address = channels.address_of(channel.address.open(), user)
        channels.send(address, FROM, "试一试：收到这一条，提醒就能从这里发出来。")
    except (channels.NotSent, channels.NoAddress) as fault:
        return str(fault)
    except Unreadable:
        return "地址解不开"
    return ""
