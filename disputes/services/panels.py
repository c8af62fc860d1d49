"""The verbs of a panel: draft it, fill its thirds, ask the parties, settle it. The rules stand in panel_rules."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q

from core import clock
from core.scope import NOT_YOURS, OPERATOR, signer
from disputes import notices
from disputes.models import Consent, Dispute, Move, Objection, Observer, Panel, Party, Seat, Sitting
from disputes.services.errors import Conflict
from disputes.services.panel_rules import Refusal, Table, is_cadre, refusals
from disputes.services.rights import ones_own, works_on
from disputes.services.stepping import locked, move_on
from disputes.services.ticking import tick
from grids.models import Officer, Person

MOST = 40  # seats and observers of one panel
FIXED = "小组已经定下了。要改人，先点“重新改人”。"
GONE = "这个小组刚才有人不要了，刚才写的没有存。"
DROPPED = "次议事小组不要了："  # as the step of the dispute says it
BEGUN = "议事已经开始了，人不改了。要换人，议完再组一次。"


class NotYet(ValidationError):
    """It cannot be settled: `refusals` are all of the reasons, each with its way out."""

    def __init__(self, found: list[Refusal]) -> None:
        super().__init__([f"{each.what}{each.mend}" for each in found])
        self.refusals = found


@dataclass(frozen=True)
class Guest:
    """Somebody as he is named for a seat: of the register, with a post, or a name."""

    person: Person | None = None
    officer: Officer | None = None
    name: str = ""

    @property
    def said(self) -> str:
        if self.person:
            return self.person.name
        return self.officer.name if self.officer else self.name.strip()

    def fields(self) -> dict[str, Any]:
        """What his row keeps. ValidationError if nobody was named."""
        if not self.said:
            raise ValidationError({"look": "写姓名，或者从下面选一个人。"})
        return {"person": self.person, "officer": self.officer, "name": self.said}


@transaction.atomic
def draft_panel(*, actor: Any, dispute: Dispute, uuid: UUID, topic: str = "") -> Panel:
    """A new one, for a dispute that was taken up. Whoever drafts it leads it until another is named; it begins with
    the people of the last one, if there was one. The same uuid again is the same panel."""
    held = locked(dispute)
    if known := Panel.objects.filter(uuid=uuid).first():
        if known.dispute_id != held.pk:
            raise Conflict(known)
        return known
    _must_work(actor, held)
    if not may_convene(held, held.panels.all()):
        raise ValidationError("受理了、正在调处，又没有别的小组等着开的，才能组议事小组。")
    last = held.panels.order_by("-number").first()
    panel = Panel(
        uuid=uuid,
        dispute=held,
        number=last.number + 1 if last else 1,
        topic=topic.strip()[:200] or held.words[:200],
        made_at=clock.now(),
    )
    panel.full_clean()
    panel.save(force_insert=True)
    if last:
        _as_last_time(panel, last)
    elif officer := Officer.objects.in_force().filter(user=getattr(actor, "pk", None)).first():
        _lead(panel, officer)
    return panel


def may_convene(dispute: Dispute, panels: Iterable[Panel]) -> bool:
    """Whether it stands so that a panel can be drafted; `panels` are those it has."""
    return dispute.state == Dispute.IN_HAND and all(panel.state in Panel.OVER for panel in panels)


def _as_last_time(panel: Panel, last: Panel) -> None:
    rows: list[Seat | Observer] = [*last.seats.all(), *last.observers.all()]
    for row in rows:
        row.pk, row.panel, row.asked, row.came = None, panel, False, None
        row.save(force_insert=True)
    panel.host, panel.place = last.host, last.place
    panel.save(update_fields=["host", "place"])


def _lead(panel: Panel, officer: Officer) -> None:
    """The host is one of the cadres: he takes a seat there unless he has one. Who is no cadre gets none, and the rules
    say so."""
    panel.host = officer
    panel.save(update_fields=["host"])
    if is_cadre(officer) and not panel.seats.filter(officer=officer).exists():
        Seat.objects.create(panel=panel, side=Seat.CADRES, officer=officer, name=officer.name, role="主持人")


@transaction.atomic
def change_panel(
    *,
    actor: Any,
    panel: Panel,
    topic: str,
    at: dt.datetime | None,
    place: str,
    host: Officer | None,
    upon: str = "",
) -> Panel:
    """When, where, about what, and who leads.

    `upon`: Panel.facts_version as it was looked at. ValidationError by field, at `upon` if somebody was quicker and
    stored something else.
    """
    held = _held(actor, panel)
    wanted = (topic.strip(), at, place.strip(), host and host.pk)
    if upon and upon != held.facts_version and wanted != (held.topic, held.at, held.place, held.host_id):
        raise ValidationError({"upon": _quicker(held)})
    if at is not None and clock.local_date(at) < held.dispute.found_on:
        raise ValidationError({"at": "比发现这件纠纷还早，改日子。"})
    if host is not None and held.dispute.parties.filter(person__officer=host).exists():
        raise ValidationError({"host": f"{host}自己是当事人，不能主持。另选一个干部。"})
    held.topic, held.at, held.place = topic.strip(), at, place.strip()
    if host is None:
        held.host = None
    held.full_clean(validate_unique=False)
    held.save()
    if host is not None:
        _lead(held, host)
    return held


def _quicker(panel: Panel) -> str:
    """What somebody has stored of it after it was looked at."""
    when = clock.cn_moment(panel.at) if panel.at else "时间没定"
    now = f"{when}，{panel.place or '地点没定'}，主持人{panel.host or '没定'}，议“{panel.topic}”"
    told = f"您打开这一页以后，别人改过“什么时候、在哪里、谁主持”，您写的还没有存。现在存的是：{now}。"
    return f"{told}您写的还在那一栏里；还要照您写的存，就再点一次。"


@transaction.atomic
def seat(
    *,
    actor: Any,
    panel: Panel,
    side: str,
    guest: Guest,
    role: str = "",
    of_side: str = "",
    near: bool = False,
) -> Seat:
    """Give somebody a place in one of the thirds. What is wrong with it is said when the panel is to be settled.

    Sent again it is the same seat: one person, named the same, sits once on one side.
    """
    held = _held(actor, panel)
    made = Seat(
        panel=held,
        side=side,
        role=role.strip(),
        near=near,
        of_side=of_side if side == Seat.FRIENDS else "",
        **guest.fields(),
    )
    named = ("side", "role", "near", "of_side", "person", "officer", "name")
    if known := held.seats.filter(**{name: getattr(made, name) for name in named}).first():
        return known
    _room_left(held)
    made.full_clean()
    made.save(force_insert=True)
    return made


@transaction.atomic
def unseat(*, actor: Any, panel: Panel, seat: Seat) -> None:
    """Take his place away; a host who goes leads no more."""
    held = _held(actor, panel)
    gone = held.seats.filter(pk=seat.pk).first()
    if gone is None:
        return
    if gone.officer_id and gone.officer_id == held.host_id:
        held.host = None
        held.save(update_fields=["host"])
    gone.delete()


@transaction.atomic
def observe(*, actor: Any, panel: Panel, kind: str, guest: Guest) -> Observer:
    """Ask somebody to watch (旁听监督)."""
    held = _held(actor, panel)
    made = Observer(panel=held, kind=kind, **guest.fields())
    named = ("kind", "person", "officer", "name")
    if known := held.observers.filter(**{name: getattr(made, name) for name in named}).first():
        return known  # sent twice
    _room_left(held)
    made.full_clean()
    made.save(force_insert=True)
    return made


@transaction.atomic
def unobserve(*, actor: Any, panel: Panel, observer: Observer) -> None:
    """He does not watch after all."""
    _held(actor, panel).observers.filter(pk=observer.pk).delete()


def _room_left(panel: Panel) -> None:
    if panel.seats.count() + panel.observers.count() >= MOST:
        raise ValidationError(f"一个小组最多 {MOST} 个人，已经满了。")


@transaction.atomic
def say_consent(*, actor: Any, panel: Panel, party: Party, given: bool) -> Consent:
    """What the party said when it was asked whether relatives and the like may be invited; the last word holds."""
    held = _held(actor, panel)
    if party.dispute_id != held.dispute_id:
        raise ValidationError("他不是这件纠纷的当事人。")
    said = {"given": given, "at": clock.now(), "by": signer(actor)}
    return Consent.objects.update_or_create(panel=held, party=party, defaults=said)[0]


@transaction.atomic
def object_to(*, actor: Any, panel: Panel, party: Party, member: Seat | Observer, reason: str) -> Objection:
    """A party does not want a member: written down with why, for the host to decide."""
    held = _held(actor, panel, while_settled=True)
    if party.dispute_id != held.dispute_id or member.panel_id != held.pk:
        raise ValidationError("选是哪一方提的、不要谁。")
    if not reason.strip():
        raise ValidationError({"reason": "写一句为什么不要他来。"})
    who = {"person": member.person, "officer": member.officer, "name": member.name}
    if known := held.objections.filter(party=party, reason=reason.strip(), upheld=None, **who).first():
        return known  # sent twice
    made = Objection(panel=held, party=party, reason=reason.strip(), made_at=clock.now(), **who)
    made.full_clean()
    made.save(force_insert=True)
    return made


@transaction.atomic
def decide_objection(
    *, actor: Any, panel: Panel, objection: Objection, upheld: bool, answer: str = ""
) -> Objection:
    """The host decides; if he is the one who is not wanted, or has no account, somebody else who works on the dispute.

    One that is upheld opens a settled panel again: somebody else has to be found. Once they sit nobody is exchanged;
    what is said against somebody then is written down, and that he stays.
    """
    held = _held(actor, panel, while_settled=True)
    row = held.objections.select_for_update().filter(pk=objection.pk).first()
    if row is None or row.upheld is not None:
        raise ValidationError("这一条已经定过了。")
    _must_decide(actor, held, row)
    if upheld and sits(held):
        raise ValidationError(f"{BEGUN}当事人不愿接着议的，在议事那一页点“当事人不愿调了”。")
    row.upheld, row.answer = upheld, answer.strip()
    row.decided_at, row.decided_by = clock.now(), signer(actor)
    row.full_clean()
    row.save()
    if upheld and held.state == Panel.SETTLED and any(_is_he(row, each) for each in _members(held)):
        held.reopen()
        held.save()
    return row


def _must_decide(actor: Any, panel: Panel, row: Objection) -> None:
    me = getattr(actor, "pk", None)
    if row.officer and row.officer.user_id == me and me is not None:
        raise PermissionDenied("当事人不要的就是您，不能由您自己定。请别的干部来定。")
    host = panel.host
    decides = host is not None and host.user_id and host.pk != row.officer_id
    if actor is not OPERATOR and decides and host is not None and host.user_id != me:
        raise PermissionDenied(f"换不换人由主持人{host}定。")


def _members(panel: Panel) -> list[Seat | Observer]:
    return [*panel.seats.all(), *panel.observers.all()]


def _is_he(row: Objection, member: Seat | Observer) -> bool:
    return (row.person_id, row.officer_id, row.name) == (member.person_id, member.officer_id, member.name)


@transaction.atomic
def settle_panel(*, actor: Any, panel: Panel, **facts: Any) -> Move | None:
    """定下小组 once nothing stands against it; NotYet with everything that does. A step of the dispute says so.

    `facts`: what change_panel takes, where it was typed before; it is stored with it or not at all.
    None if the same person has settled it already; ValidationError with his name if somebody else was quicker.
    """
    held = _held(actor, panel, while_settled=True)
    if held.state == Panel.SETTLED:
        if held.settled_by_id == getattr(actor, "pk", None):
            return None
        raise ValidationError(f"{held.settled_by or '服务器'}已经定下这个小组了，有谁、什么时候看这一页。")
    if facts:
        held = change_panel(actor=actor, panel=held, **facts)
    if found := refusals(held, Table(held)):
        raise NotYet(found)
    assert held.at is not None  # as the rules ask
    held.settle(signer(actor))
    held.save()
    words = (
        f"定下第 {held.number} 次议事小组，{held.seats.count()} 人，"
        f"{clock.cn_moment(held.at)} 在{held.place}议事"
    )
    move = move_on("measure", works_on, actor, held.dispute, None, _stays_open, words=words)
    notices.tell_of_panel(move)
    return move


def _stays_open(dispute: Dispute) -> None:
    if dispute.state != Dispute.IN_HAND:
        raise ValidationError("这件纠纷现在不在调处中，议事小组定不了。")


@transaction.atomic
def reopen_panel(*, actor: Any, panel: Panel) -> Panel:
    """重新改人, until the sitting has begun."""
    held = _held(actor, panel, while_settled=True)
    if sits(held):
        raise ValidationError(BEGUN)
    if held.state == Panel.SETTLED:
        held.reopen()
        held.save()
    return held


@transaction.atomic
def drop_panel(*, actor: Any, panel: Panel, words: str) -> Move:
    """不要这个小组了, with why, before it is settled; a step of the dispute says so. One that was settled once stays as
    不开了, for the ledger of that month counts it; what never was more than a draft goes."""
    held = _held(actor, panel)
    said = words.strip()
    if not said:
        raise ValidationError({"words": "写一句为什么不要这个小组了。"})
    told = f"第 {held.number} {DROPPED}{said}"
    if objections := held.objections.count():
        told += f"（当事人提过的回避 {objections} 条）"
    if held.settled_at is None:
        held.delete()
    elif held.at is None or held.host is None:
        raise ValidationError(
            "这个小组定下过，登记表上有它。先写上什么时候、谁主持，点“先存着”，再点“不要了”。"
        )
    else:
        held.call_off(f"{clock.cn_day(clock.today())}不要这个小组了：{said}"[:100])
        held.save()
    return move_on("note", works_on, actor, held.dispute, None, lambda dispute: None, words=told[:1000])


def dropped(dispute: Dispute) -> list[str]:
    """What to say to whoever still had a panel of this dispute open that is no more: the last one that was dropped."""
    moves = dispute.moves.filter(kind="note", words__contains=DROPPED).select_related("actor")
    if (last := moves.order_by("-pk").first()) is None:
        return [GONE]
    return [GONE, f"{last.actor or '服务器'} {clock.cn_moment(last.at)} 记的：{last.words}"]


def draft_of(dispute: Dispute) -> Panel | None:
    """The panel of it whose people are being looked for, if there is one."""
    return dispute.panels.filter(state=Panel.DRAFTED).order_by("-number").first()


@transaction.atomic
def mark_asked(
    *, actor: Any, panel: Panel, seats: Iterable[int], observers: Iterable[int], upon: str = ""
) -> None:
    """Who has the invitation in hand; the keys of those who have. `upon`: the ticks that were looked at (tick)."""
    held = _held(actor, panel, while_settled=True)
    tick(held, "asked", seats=seats, observers=observers, upon=upon)


def _must_work(actor: Any, dispute: Dispute) -> None:
    if actor is not OPERATOR and not works_on(actor, dispute):
        raise PermissionDenied(ones_own(actor, dispute) or NOT_YOURS)


def _held(actor: Any, panel: Panel, *, while_settled: bool = False) -> Panel:
    """The panel under its lock, for who works on its dispute; what is held or settled is not changed by the way.

    Dispute, panel, sitting: whoever locks several of them locks them in this order.
    """
    locked(panel.dispute)
    rows = Panel.objects.select_for_update(of=("self",), no_key=True)
    found = (
        rows.select_related("dispute__territory__parent__parent", "host__user").filter(pk=panel.pk).first()
    )
    if found is None:
        raise ValidationError(GONE)
    _must_work(actor, found.dispute)
    if found.state in Panel.OVER:
        raise ValidationError(found.off_because or "这次议事开过了，不改了。")
    if not while_settled and sits(found):
        raise ValidationError(BEGUN)  # who sat there may have spoken: his seat stays
    if found.state == Panel.SETTLED and not while_settled:
        raise ValidationError(FIXED)
    return found


def sits(panel: Panel) -> bool:
    """Whether its sitting has begun: from then on its people are who they are."""
    return Sitting.objects.filter(panel=panel).exists()


@dataclass(frozen=True)
class Convened:
    """For the ledger: whether 三个三分之一 was begun for a dispute, and how often it sat."""

    begun: bool = False
    sittings: int = 0


def panels_of(disputes: Iterable[int], day: dt.date | None = None) -> dict[int, Convened]:
    """By the key of the dispute, as it was on that day (today if none is said); without a panel it is not in it."""
    end = clock.hours_of(day or clock.today())[1]
    keys, found = list(disputes), dict[int, Convened]()
    over = Count("sitting", filter=Q(sitting__ended_at__lt=end))
    for start in range(0, len(keys), 500):  # SQLite takes few parameters in one statement
        rows = Panel.objects.filter(dispute__in=keys[start : start + 500], settled_at__lt=end).order_by()
        for dispute, sat in rows.values_list("dispute").annotate(sat=over):
            found[dispute] = Convened(True, sat)
    return found
