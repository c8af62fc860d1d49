"""书记热线台账, and the register of buttons and camera points, each as things stood at the month's end."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from appeals.models import Call, CallStep, Device, DeviceStep, Move, Times
from appeals.services.standing import Standing, stood
from appeals.stepped import FromSteps, steps_of
from core import clock
from core.ledger import Column, LedgerScope, Line, register
from core.periods import Month, Period
from grids.models import Category

CALLS, DEVICES = "hotline", "devices"
_STATES = dict(Device.STATES)


@register
class HotlineLedger(FromSteps):
    """Every call of the month, and those of before that were not called back when it began."""

    slug, title, group, order = CALLS, "书记热线台账", "诉求", 41
    verb = "calls.take"
    shown = "appeals:call"
    named_by = ("number", "who")
    columns = (
        Column("number", "编号", "code", width=13),
        Column("called_at", "来电时间", "datetime"),
        Column("who", "来电人", width=9),
        Column("phone", "电话", "code", width=12),
        Column("words", "事项", left=True, width=24),
        Column("sent", "派给", width=10),
        Column("sent_at", "派单时间", "datetime"),
        Column("arrived_at", "到场时间", "datetime"),
        Column("outcome", "处理结果", left=True, width=20),
        Column("back_at", "回访", "datetime"),
        Column("minutes", "用时", width=9),
    )
    footnotes = (
        "本月的来电、以前到本月初还没回访的都列；写的是到月底的情况。",
        "呼叫器按的也算来电。用时从来电到有人到场，没派人去现场的到回访。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Call.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        return (
            calls_of(rows.at(scope.territory), scope.period)
            .select_related("matter")
            .order_by("called_at", "pk")
        )

    def lines(self, batch: Sequence[Call], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        steps = steps_of(CallStep.objects.select_related("to", "talent"), "call", [call.pk for call in batch])
        matters = [call.matter_id for call in batch if call.matter_id]
        moves = steps_of(Move.objects.select_related("actor", "to"), "matter", matters)
        for call in batch:
            times = Times(steps[call.pk], month.last)
            then = stood(moves[call.matter_id], month.last) if call.matter_id else Standing()
            cells = (
                call.number, call.called_at, call.who, call.phone_mask,
                _matter(call, steps[call.pk], month.last),
                times.sent.sent if times.sent else "",
                times.sent and times.sent.happened_at,
                times.arrived and times.arrived.happened_at,
                times.dropped.words if times.dropped else then.outcome,
                times.back and times.back.happened_at,
                _spell(times.minutes(call)),
            )  # fmt: skip
            homes = (call.household_id,) if call.household_id else ()
            yield Line(cells, name=call.number, homes=homes), call.pk


def calls_of(calls: QuerySet, period: Period) -> QuerySet:
    """Calls of the period, and earlier ones that were neither called back nor dropped when it began."""
    first, end = clock.hours_of(period.first)[0], clock.hours_of(period.last)[1]
    ended = CallStep.objects.filter(call=OuterRef("pk"), kind__in=(CallStep.BACK, CallStep.DROP))
    before = Q(called_at__lt=first) & ~Exists(ended.filter(happened_at__lt=first))
    return calls.filter(called_at__lt=end).filter(Q(called_at__gte=first) | before)


def _matter(call: Call, steps: Sequence[CallStep], last: dt.date) -> str:
    """What it was about; of one that asked about an older matter that too. On hold until the day it was let in."""
    later = (step for step in steps if clock.local_date(step.happened_at) > last)
    if call.matter is None or any(step.kind == CallStep.LET_IN for step in later):
        return "按了呼叫器，先停着"
    return f"问 {call.matter.number}：{call.matter.words}" if call.asked else call.matter.words


def _spell(minutes: int | None) -> str:
    """35 分钟, 2 小时 5 分, 3 天 2 小时."""
    if minutes is None:
        return ""
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} 小时 {rest} 分" if rest else f"{hours} 小时"
    days, hours = divmod(hours, 24)
    return f"{days} 天 {hours} 小时" if hours else f"{days} 天"


@register
class DeviceLedger(FromSteps):
    """Every button and camera point that was surveyed by the month's end."""

    slug, title, group, order = DEVICES, "呼叫器、摄像头摸排表", "诉求", 44
    verb = "devices.manage"
    shown = "appeals:device"
    named_by = ("village", "head", "point")
    columns = (
        Column("village", "村", width=9),
        Column("group", "组", width=8, group="呼叫器"),
        Column("head", "户主", width=9, group="呼叫器"),
        Column("kinds", "对象类别", width=13, group="呼叫器"),
        Column("wanted", "是否需要呼叫器", width=8, group="呼叫器"),
        Column("relative", "联系亲属", width=13, group="呼叫器"),
        Column("state", "安装状态", width=8, group="呼叫器"),
        Column("serial", "编号", "code", width=10, group="呼叫器"),
        Column("point", "点位", width=9, group="摄像头"),
        Column("place", "位置", left=True, width=13, group="摄像头"),
        Column("purpose", "用途", left=True, width=11, group="摄像头"),
        Column("power", "供电网络", width=11, group="摄像头"),
        Column("ownership", "产权", width=8, group="摄像头"),
        Column("point_state", "状态", width=8, group="摄像头"),
    )
    footnotes = ("到月底登记过的都列，拆了的也列；写的是到月底的情况。只登记点位，不存画面。",)

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Device.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        known = DeviceStep.objects.filter(device=OuterRef("pk"), day__lte=scope.period.last)
        rows = rows.at(scope.territory).filter(Exists(known))
        return rows.select_related("territory__parent").order_by("kind", "territory__code", "pk")

    def lines(self, batch: Sequence[Device], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        steps = steps_of(
            DeviceStep.objects.filter(day__lte=month.last), "device", [each.pk for each in batch]
        )
        homes_of = [each.household_id for each in batch if each.household_id]
        kinds = Category.objects.on(month.last).filter(household__in=homes_of).names_by_household()
        for device in batch:
            last = steps[device.pk][-1]
            button = device.kind == Device.BUTTON
            state, facts = _STATES[last.state], last.facts
            cells = (
                device.territory.parent.name,
                facts["group"], facts["head"], "、".join(kinds.get(device.household_id or 0, ())),
                ("否" if last.state == Device.DECLINED else "是") if button else "",
                " ".join(filter(None, (facts["relative"], facts["phone_mask"]))) if button else "",
                state if button else "", facts["serial"] if button else "",
                facts["point"], facts["place"], facts["purpose"], facts["power"], facts["ownership"],
                "" if button else state,
            )  # fmt: skip
            homes = (device.household_id,) if device.household_id else ()
            yield Line(cells, name=str(device.uuid), homes=homes), device.pk
