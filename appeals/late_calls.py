"""What appeals tells of a sealed month's calls and devices: steps that were written down since, dated into it."""

import datetime as dt
from collections.abc import Iterator

from appeals.call_ledgers import CALLS, DEVICES, DeviceLedger, HotlineLedger
from appeals.models import Call, CallStep, DeviceStep, Move
from core import clock
from core.ledger.sealing import ROW, Late
from core.periods import Period
from grids.models import Territory

CALL_MOVES = frozenset({f"{CALLS}.{ROW}", *(f"{CALLS}.{column.name}" for column in HotlineLedger.columns)})
DEVICE_MOVES = frozenset(
    {f"{DEVICES}.{ROW}", *(f"{DEVICES}.{column.name}" for column in DeviceLedger.columns)}
)


def late_calls(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each step of a call explains the line of its call, and so does a step of the matter behind it."""
    end = clock.hours_of(period.last)[1]
    steps = CallStep.objects.at(territory).filter(at__gt=since, happened_at__lt=end)
    for step in steps.select_related("actor", "call__territory__parent").order_by("pk"):
        yield _late(
            step.call, str(step.actor), step.at, f"补录：来电 {step.call.number} {step.get_kind_display()}"
        )
    calls = Call.objects.at(territory).filter(called_at__lt=end).select_related("territory__parent")
    for call in calls.filter(at__gt=since).select_related("taken_by").order_by("pk"):
        yield _late(call, str(call.taken_by or "呼叫器"), call.at, f"补录：来电 {call.number}")
    moves = Move.objects.at(territory).filter(at__gt=since, day__lte=period.last, matter__calls__isnull=False)
    told: dict[int | None, list[Call]] = {}
    for call in calls.filter(matter__in=moves.values("matter")):
        told.setdefault(call.matter_id, []).append(call)
    for move in moves.select_related("actor").distinct().order_by("pk"):
        why = f"补录：诉求 {move.get_kind_display()}"
        for call in told.get(move.matter_id, ()):
            yield _late(call, str(move.actor or "群众"), move.at, why)


def _late(call: Call, who: str, when: dt.datetime, why: str) -> Late:
    village = call.territory.village
    assert village is not None
    return Late(
        (("village", village.name), ("number", call.number)),
        who,
        when,
        why,
        home=call.household_id,
        moves=CALL_MOVES,
        lines={CALLS: frozenset({call.number})},
    )


def late_devices(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Each step of a device explains its line."""
    steps = DeviceStep.objects.at(territory).filter(at__gt=since, day__lte=period.last)
    rows = steps.select_related("actor", "device__territory__parent", "device__household").order_by("pk")
    for step in rows.iterator(chunk_size=500):
        device = step.device
        village = device.territory.village
        assert village is not None
        yield Late(
            (("village", village.name),),
            str(step.actor or "系统"),
            step.at,
            f"补录：{device} {step.get_kind_display()}",
            home=device.household_id,
            moves=DEVICE_MOVES,
            lines={DEVICES: frozenset({str(device.uuid)})},
        )
