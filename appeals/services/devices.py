"""呼叫器、摄像头: the register of need, installation, repair; the key of a button, and when it is put on hold."""

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django_fsm import TransitionNotAllowed, can_proceed

from appeals import notices
from appeals.models import Device, DeviceStep
from appeals.models.devices import key_hash
from appeals.services.errors import stored_under
from core import clock
from core.digests import digest_of
from core.scope import must
from grids.models import Category, Household, Territory
from grids.services import lock_village

MANAGES = "devices.manage"
MAKES_KEY = ("install", "new_key")  # of a button
OLDEST = dt.timedelta(days=366)


@dataclass(frozen=True)
class DeviceMove:
    """A step as it is offered: what it asks for (`fields`), and what its words are for."""

    code: str
    button: str
    fields: tuple[str, ...] = ("words", "day")
    ask: str = "说明"


MOVES: Mapping[str, DeviceMove] = {
    move.code: move
    for move in (
        DeviceMove("install", "装好了", ("serial", "day")),
        DeviceMove("repair", "修好了", ask="怎么修的"),
        DeviceMove("report", "报修", ask="哪里坏了"),
        DeviceMove("let_go", "恢复", ("words",), "怎么知道没事"),
        DeviceMove("new_key", "换一把钥匙", ("words",), "为什么换"),
        DeviceMove("want", "又要装"),
        DeviceMove("decline", "不要装", ask="为什么不要"),
        DeviceMove("remove", "拆了", ask="为什么拆"),
    )
}


def moves_for(device: Device) -> list[DeviceMove]:
    """What may be done with it now."""
    keyed = device.kind == Device.BUTTON and device.state in (Device.INSTALLED, Device.BROKEN)
    more = {"let_go": device.held_at is not None, "new_key": keyed}
    return [
        move
        for code, move in MOVES.items()
        if (more[code] if code in more else can_proceed(getattr(device, code)))
    ]


def proposed_homes(village: Territory) -> QuerySet:
    """Households with somebody of the five categories and no button registered, the way a grid is walked."""
    today = clock.today()
    listed = Category.objects.visited_on(today).filter(household=OuterRef("pk"))
    known = Device.objects.filter(kind=Device.BUTTON, household=OuterRef("pk")).exclude(state=Device.REMOVED)
    homes = Household.objects.at(village).present().filter(Exists(listed)).exclude(Exists(known))
    return homes.select_related("group", "territory").in_order()


@transaction.atomic
def survey(*, actor: Any, wants: Iterable[Household], declines: Iterable[Household] = ()) -> int:
    """摸排: these households want a button, those were asked and do not; who is registered already stays as she is.

    ValidationError if one is said to do both, or if nobody was asked.
    """
    made, asked = 0, ((True, list(wants)), (False, list(declines)))
    if not any(homes for _, homes in asked):
        raise ValidationError("勾上要装的、不要的，再存。刚存过的户不在上面了。")
    if {home.pk for home in asked[0][1]} & {home.pk for home in asked[1][1]}:
        raise ValidationError("有的户又勾了要装、又勾了不要，只勾一样。")
    for home in (home for _, homes in asked for home in homes):
        must(actor, MANAGES, home.territory)
    # The lock: of two at once the second sees whom the first has registered.
    for village in sorted({home.village_id for _, homes in asked for home in homes}):
        lock_village(village)
    for wanted, homes in asked:
        for home in homes:
            known = Device.objects.filter(kind=Device.BUTTON, household=home).exclude(state=Device.REMOVED)
            if known.exists():
                continue
            device = Device(kind=Device.BUTTON, household=home, territory=home.territory)
            device.full_clean()
            device.save()
            if not wanted:
                device.decline()
                device.save()
            _write("want" if wanted else "decline", actor, device)
            made += 1
    return made


@transaction.atomic
def add_device(
    *,
    actor: Any,
    uuid: UUID,
    territory: Territory,
    household: Household | None = None,
    phone: str = "",
    **facts: str,
) -> Device:
    """登记要装: a button of a household, or a camera point with a place in words. The same number again is the same."""
    place = household.territory if household else territory
    must(actor, MANAGES, place)
    if place.village:
        lock_village(place.village.pk)

    def same(known: Device) -> bool:
        return known.household_id == (household and household.pk) and known.point == facts.get("point", "")

    known: Device | None = stored_under(uuid, Device.objects.select_related("household"), same)
    if known:
        return known
    device = Device(
        uuid=uuid,
        kind=Device.BUTTON if household else Device.CAMERA,
        household=household,
        territory=place,
        **{name: text.strip() for name, text in facts.items()},
    )
    device.set_phone(phone)
    if household is None and not device.point:
        raise ValidationError({"point": "写点位叫什么，比如“村口”。"})
    if place.kind != Territory.GRID:
        raise ValidationError({"territory": "选在哪个网格。"})
    device.full_clean()
    device.save()
    _write("want", actor, device)
    return device


@transaction.atomic
def describe_device(
    *,
    actor: Any,
    device: Device,
    phone: str = "",
    version: str = "",
    uuid: UUID | None = None,
    **facts: str,
) -> DeviceStep | None:
    """改登记: whom to call, what the point is; None if nothing is other than it was. An empty number leaves the old.

    `version`: Device.version as it was shown. Of two who change it the second is told at `version` who was quicker,
    unless it stands there already as she has it. Conflict: the number is taken.
    """
    must(actor, MANAGES, device.territory)
    held = _locked(device)
    before = held.version
    for name, text in facts.items():
        setattr(held, name, text.strip())
    if phone.strip():
        held.set_phone(phone)
    digest = digest_of(["describe", held.pk, actor.pk, held.version])
    if known := _stored(uuid, digest):
        return known
    if held.version == before:
        return None
    if version and version != before:
        raise ValidationError({"version": _quicker(held)})
    if held.household is None and not held.point:
        raise ValidationError({"point": "写点位叫什么，比如“村口”。"})
    held.full_clean(validate_unique=False)
    held.save()
    return _write("describe", actor, held, uuid=uuid, digest=digest)


def _quicker(device: Device) -> str:
    """Who changed it after it was shown."""
    last = device.steps.filter(kind="describe").select_related("actor").latest("pk")
    who = f"{last.actor} {clock.cn_moment(last.at)}"
    return f"{who} 已经改过登记，您写的还没有存。上面是现在登记的；还要照您写的存，就再点一次“存”。"


def _locked(device: Device) -> Device:
    rows = Device.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("household__group", "territory__parent__parent").get(pk=device.pk)


@transaction.atomic
def move_device(
    *,
    actor: Any,
    device: Device,
    code: str,
    words: str = "",
    serial: str = "",
    day: dt.date | None = None,
    uuid: UUID | None = None,
) -> tuple[DeviceStep, str]:
    """One step of MOVES, and the key if it made one: it is told this once and stored as a hash."""
    must(actor, MANAGES, device.territory)
    said = [code, device.pk, actor.pk, words.strip(), serial.strip(), day and day.isoformat()]
    digest = digest_of(said)
    if known := _stored(uuid, digest):
        return known, ""
    # The lock: of the same step twice at once the second finds the first.
    held = _locked(device)
    if known := _stored(uuid, digest):
        return known, ""
    if code not in {move.code for move in moves_for(held)}:
        raise ValidationError(f"现在是“{held.get_state_display()}”，走不了这一步，刷新看看。")
    _check_day(held, day)
    if code in ("report", "decline", "remove") and not words.strip():
        raise ValidationError({"words": f"写一句{MOVES[code].ask}。"})
    key = _change(held, code, serial.strip())
    held.full_clean(validate_unique=False)
    held.save()
    step = _write(code, actor, held, words=words.strip(), day=day, uuid=uuid, digest=digest)
    return step, key


def _stored(uuid: UUID | None, digest: str) -> DeviceStep | None:
    found: DeviceStep | None = stored_under(
        uuid, DeviceStep.objects.all(), lambda known: known.content_hash == digest
    )
    return found


def hold(*, device: Device, why: str) -> None:
    """先停着: its key is used as no button uses it. What it sends is kept; the office and the secretary are told."""
    device.held_at, device.held_why = clock.now(), why
    device.save(update_fields=["held_at", "held_why"])
    notices.tell_of_hold(_write("hold", None, device, words=why))


def _change(device: Device, code: str, serial: str) -> str:
    """What the step does to it; the new key if it makes one."""
    if code == "let_go":
        device.held_at, device.held_why = None, ""
        return ""
    if code == "new_key":
        key = secrets.token_urlsafe(24)
        device.key_hash, device.held_at, device.held_why = key_hash(key), None, ""
        return key
    if code == "install":
        if device.kind == Device.BUTTON and not serial:
            raise ValidationError({"serial": "写机身上的编号。"})
        key = secrets.token_urlsafe(24) if device.kind == Device.BUTTON else ""
        device.install(serial, key)
        return key
    change: Callable[[], None] = getattr(device, code)
    try:
        change()
    except TransitionNotAllowed:
        raise ValidationError(f"现在是“{device.get_state_display()}”，走不了这一步。") from None
    return ""


def _check_day(device: Device, day: dt.date | None) -> None:
    if day is None:
        return
    if day > clock.today():
        raise ValidationError({"day": "这一天还没到，改成今天或以前。"})
    last = device.steps.order_by("-day").values_list("day", flat=True).first()
    if day < clock.today() - OLDEST or (last and day < last):
        raise ValidationError({"day": f"不能早于上一步（{last}），改过来。"})


def _write(
    kind: str,
    actor: Any,
    device: Device,
    *,
    words: str = "",
    day: dt.date | None = None,
    uuid: UUID | None = None,
    digest: str = "",
) -> DeviceStep:
    step = DeviceStep(
        uuid=uuid or uuid4(),
        device=device,
        kind=kind,
        at=clock.now(),
        day=day or clock.today(),
        actor=actor,
        state=device.state,
        facts=device.facts(),
        words=words,
        content_hash=digest,
    )
    step.full_clean(validate_unique=False)
    step.save(force_insert=True)
    step.fresh = True
    return step
