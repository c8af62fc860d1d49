"""Who has the letter, who came: ticked for a whole panel at once, never over what somebody else has stored unseen."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from core.digests import digest_of
from disputes.models import Observer, Panel, Seat

TITLES = {"asked": "请到了吗", "came": "谁来了"}


def ticks_of(name: str, seats: Iterable[Seat], observers: Iterable[Observer]) -> str:
    """Which ticks these are: another text after each that is set or taken away. `name`: asked or came."""
    rows = [[(each.pk, bool(getattr(each, name))) for each in each_of] for each_of in (seats, observers)]
    return digest_of([name, *(sorted(each) for each in rows)])


def tick(panel: Panel, name: str, *, seats: Iterable[int], observers: Iterable[int], upon: str) -> None:
    """Set `name` of those whose keys these are, and of nobody else of the panel. Called under its lock.

    `upon`: the ticks that were looked at (ticks_of), "" if none were. ValidationError at `upon`, with who is ticked
    now, if somebody was quicker, unless it is the same.
    """
    wanted = (set(seats), set(observers))
    stored: tuple[list[Any], list[Any]] = (list(panel.seats.all()), list(panel.observers.all()))
    now = [[each for each in rows if getattr(each, name)] for rows in stored]
    same = all({each.pk for each in rows} == keys for rows, keys in zip(now, wanted, strict=True))
    if upon and not same and upon != ticks_of(name, *stored):
        names = "、".join(each.name for rows in now for each in rows) or "一个也没有"
        told = f"您打开这一页以后，别人存过“{TITLES[name]}”，您勾的还没有存。现在存的是：{names}。"
        raise ValidationError({"upon": f"{told}下面勾的是您的；还要照您勾的存，就再点一次“存”。"})
    for rows, keys in zip((panel.seats, panel.observers), wanted, strict=True):
        rows.update(**{name: False})
        rows.filter(pk__in=keys).update(**{name: True})
