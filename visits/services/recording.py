"""The visit as a verb: recorded once under the phone's own number, undone within a day, corrected by a new row."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from core import clock
from core.periods import Month
from core.scope import may, reach_of
from grids.models import Absence, Household, Officer, Post
from visits.models import Cadence, Held, Obligation, Practice, Visit
from visits.services.content import Content
from visits.services.deeds import follow_with_deeds, propose_seen
from visits.services.errors import Conflict
from visits.services.findings import open_findings
from visits.services.handing import follow_visit
from visits.services.labouring import follow_with_labour, tell_labour
from visits.services.owed import ensure_owed
from visits.services.proposals import withdraw_proposals
from visits.services.rights import may_correct, must_have_carried, place_on
from visits.services.seeing import tell_seen
from visits.services.settling import settle


@dataclass(frozen=True)
class Recorded:
    """A stored visit, and whether this call stored it."""

    visit: Visit
    created: bool

    def discharged(self) -> list[Obligation]:
        return list(Obligation.objects.filter(visit=self.visit).select_related("cadence").order_by("pk"))

    def proposed(self) -> int:
        """How many changes of the register it proposed."""
        return self.visit.findings.filter(proposal__isnull=False).count()


def record_visit(
    *,
    actor: Any,
    uuid: UUID,
    household: Household,
    happened_at: dt.datetime,
    sent_at: dt.datetime | None = None,
    day: dt.date | None = None,
    manner: str = Visit.DOOR,
    met: bool = True,
    changed: bool = False,
    note: str = "",
    companions: Iterable[Officer | int] = (),
    last_promise: str = "",
    promise_kind: str = "",
    promise_text: str = "",
    promise_until: dt.date | None = None,
    findings: Iterable[Mapping[str, Any]] = (),
    deeds: Iterable[Mapping[str, Any]] = (),
    labour: Iterable[Mapping[str, Any]] = (),
    corrects: Visit | None = None,
    entered_by: Any = None,
) -> Recorded:
    """Store one visit and let it discharge what it should; the same again is the same row.

    `happened_at` is the phone's time, `sent_at` the phone's clock at sending: the difference to ours corrects it. A day
    somebody typed stands as typed. `entered_by`: the clerk who enters it for the actor (enter_visit asks whether she
    may). Conflict: the number is taken. NotHers (PermissionDenied): not the actor's household
    on that day. ValidationError: by field.
    """
    content = Content(
        happened_at=happened_at,
        day=day,
        manner=manner,
        met=met,
        changed=changed,
        note=note,
        companions=tuple(each if isinstance(each, int) else each.pk for each in companions),
        last_promise=last_promise,
        promise_kind=promise_kind,
        promise_text=promise_text,
        promise_until=promise_until,
        findings=tuple(findings),
        deeds=tuple(deeds),
        labour=tuple(labour),
    )
    return record_content(
        actor=actor,
        uuid=uuid,
        household=household,
        content=content,
        sent_at=sent_at,
        corrects=corrects,
        entered_by=entered_by,
    )


@dataclass(frozen=True)
class Decided:
    """A visit that was on hold and that the village lets stand: its day, the time worked out when it arrived, and the
    digest of what the phone sent."""

    day: dt.date
    corrected_at: dt.datetime
    content_hash: str


def record_content(
    *,
    actor: Any,
    uuid: UUID,
    household: Household,
    content: Content,
    sent_at: dt.datetime | None = None,
    corrects: Visit | None = None,
    decided: Decided | None = None,
    entered_by: Any = None,
) -> Recorded:
    """As record_visit; `decided`: the village has said yes, so that neither rights nor the register are asked again."""
    # 1. A number that is stored already gets its answer before anything else is asked.
    if known := _known(actor, uuid, household, content, corrects):
        return known
    try:
        with transaction.atomic():
            visit = _store(actor, uuid, household, content, sent_at, corrects, decided, entered_by)
    except IntegrityError:
        # 2. Two at once: the constraint let one in, and the other is answered as in 1.
        if known := _known(actor, uuid, household, content, corrects):
            return known
        raise
    return Recorded(visit, created=True)


def _known(
    actor: Any, uuid: UUID, household: Household, content: Content, corrects: Visit | None
) -> Recorded | None:
    found = Visit.objects.filter(uuid=uuid).select_related("household").first()
    if found is None:
        return None
    if found.visitor_id != actor.pk or found.content_hash != content.digest(
        household.pk, corrects.uuid if corrects else None
    ):
        raise Conflict(found)
    return Recorded(found, created=False)


def _store(
    actor: Any,
    uuid: UUID,
    household: Household,
    content: Content,
    sent_at: dt.datetime | None,
    corrects: Visit | None,
    decided: Decided | None,
    entered_by: Any,
) -> Visit:
    # The household's row is the lock: of two visits at once the second sees what the first discharged.
    home = _lock(household.pk)
    now = clock.now()
    corrected = decided.corrected_at if decided else clock.corrected_time(content.happened_at, sent_at, now)
    day = _day(decided.day if decided else content.day, corrected, home, now.date())
    place = place_on(home, day)
    if decided is None:
        written = (clock.local_date(corrected), now.date()) if content.day else ()
        must_have_carried(actor, home, day, written)
        _check_there(home, day)
    if corrects is not None:
        if decided is None:
            _must_correct(actor, corrects, home, clock.local_date(corrected))
        _check_replaceable(corrects, home)
    _check_promise(content)
    away = Absence.objects.on(day).filter(household=home, person__isnull=True).exists()
    secretary = Post.objects.held_by(actor, day, day).filter(duty="secretary", territory=home.village_id)
    visit = Visit(
        uuid=uuid,
        household=home,
        territory=place,
        visitor=actor,
        entered_by=entered_by,
        by_secretary=secretary.exists(),
        day=day,
        happened_at=content.happened_at,
        received_at=now,
        corrected_at=corrected,
        away=away,
        corrects=corrects,
        content_hash=decided.content_hash
        if decided
        else content.digest(home.pk, corrects.uuid if corrects else None),
        **{name: getattr(content, name) for name in _PLAIN},
    )
    visit.full_clean(validate_unique=False, validate_constraints=False)
    visit.save(force_insert=True)
    visit.companions.set(_companions(content.companions, home))
    if corrects is not None:
        _take_back(actor, corrects, now)
    open_findings(actor=actor, visit=visit, said=content.findings)
    if corrects is not None:
        _follow(actor, corrects)
    propose_seen(actor=actor, visit=visit, said=content.deeds)
    tell_labour(actor=actor, visit=visit, said=content.labour)
    tell_seen(home, day, *([corrects.day] if corrects else []))
    _settle_day(home, day, now.date())
    visit.refresh_from_db(fields=["counts"])
    return visit


def _follow(actor: Any, visit: Visit) -> None:
    """What a visit that was taken back, corrected, or stands again has told other rooms goes with it."""
    follow_visit(actor=actor, visit=visit)
    follow_with_deeds(actor=actor, visit=visit)
    follow_with_labour(actor=actor, visit=visit)


def _lock(household_id: int) -> Household:
    locked = Household.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("territory", "village").get(pk=household_id)


def _check_there(household: Household, day: dt.date) -> None:
    if household.ended_on is not None and household.ended_on <= day:
        told = f"{household}{household.ended_on:%Y-%m-%d}已销户，这天不用记走访。"
        raise ValidationError({"household": ValidationError(told, code=Held.ENDED)})


def _must_correct(actor: Any, visit: Visit, household: Household, made_on: dt.date) -> None:
    own = visit.visitor_id == actor.pk and may_correct(actor, household, made_on)
    if not own and not _hers(visit, actor):
        raise PermissionDenied("只有记的人和村党组织书记能更正。")


def _check_replaceable(visit: Visit, household: Household) -> None:
    if visit.household_id != household.pk:
        raise ValidationError({"household": "更正的是另一户的走访，先撤销那一次，再给这一户记。"})
    if Visit.objects.filter(pk=visit.pk).exclude(void_at=None).exists():
        raise ValidationError({"corrects": "这一次已经撤销或更正过了，打开最新的那一次再改。"})


_PLAIN = ("manner", "met", "changed", "note", "last_promise", "promise_kind", "promise_text", "promise_until")


def _day(typed: dt.date | None, corrected: dt.datetime, household: Household, today: dt.date) -> dt.date:
    """The Shanghai day that decides the period. Only a typed day can be refused."""
    if typed is None:
        return clock.local_date(corrected)
    if typed > today:
        raise ValidationError({"day": "这一天还没到，改成今天或以前。"})
    start = household.village.start_month
    if start and typed < start:
        title = Month.of(start).title
        raise ValidationError({"day": f"{household.village}从{title}起算走访，这一天太早，改过来。"})
    return typed


def _check_promise(content: Content) -> None:
    if content.promise_text and not content.promise_kind:
        raise ValidationError({"promise_kind": "答应的事选一样：送材料、问政策、办手续、帮联系、再来看。"})


def _companions(ids: Sequence[int], household: Household) -> list[Officer]:
    """Those who went along: they hold or held a post in the household's village."""
    if not ids:
        return []
    village = household.village
    found = Officer.objects.at(village).filter(pk__in=ids).distinct()
    if len(found) != len(set(ids)):
        raise ValidationError({"companions": f"陪同的人里有不在{village}任职的，重新选。"})
    return list(found)


def _settle_day(household: Household, day: dt.date, today: dt.date) -> None:
    """Settle; if nothing is written yet for the running month or quarter, write it first."""
    running = Obligation.objects.filter(household=household, period_start__lte=today, period_end__gte=today)
    if not running.exclude(who=Cadence.SECRETARY).exists():
        ensure_owed(households=[household.pk])
    settle(household.pk)


def undoable(actor: Any) -> Callable[[Visit], bool]:
    """Whether the actor may still take back a visit (with its household): her own, or one of the village she leads."""
    records, leads = reach_of(actor, "visits.record"), reach_of(actor, "register.accept")
    practice = Practice.on(clock.today())

    def may_undo(visit: Visit) -> bool:
        at = visit.household.territory
        hers = records.covers(at) and (visit.visitor_id == actor.pk or leads.covers(at))
        return hers and visit.void_at is None and clock.now() <= undo_until(visit, practice)

    return may_undo


def undo_until(visit: Visit, practice: Practice | None = None) -> dt.datetime:
    """The last moment at which the visit may be taken back."""
    practice = practice or Practice.on(clock.local_date(visit.received_at))
    return (visit.received_at + dt.timedelta(hours=practice.undo_hours)).astimezone(clock.SHANGHAI)


def _hers(visit: Visit, actor: Any) -> bool:
    """The visitor herself while she carries the household, or who leads its village."""
    at = visit.household.territory
    mine = visit.visitor_id == actor.pk or may(actor, "register.accept", at)
    return mine and may(actor, "visits.record", at)


@transaction.atomic
def undo_visit(*, actor: Any, visit: Visit) -> Visit:
    """Take a visit back: what it discharged is owed again, what it found is closed. Doing it again changes nothing.

    A correction taken back leaves the visit it corrected standing again, unless that one was undone by itself before.
    """
    home = _lock(visit.household_id)
    visit = Visit.objects.get(pk=visit.pk)
    visit.household = home
    if not _hers(visit, actor):
        raise PermissionDenied("只有记的人和村党组织书记能撤销。")
    if visit.void_at is not None:
        return visit
    if clock.now() > undo_until(visit):
        hours = Practice.on(clock.local_date(visit.received_at)).undo_hours
        raise ValidationError(f"过了 {hours} 小时，不能撤销了。记错的，重新记一次，写明更正。")
    _take_back(actor, visit, clock.now())
    replaced = _revive(visit)
    stirred = [each for each in (visit, replaced) if each]
    for each in stirred:
        _follow(actor, each)
    tell_seen(home, *(each.day for each in stirred))
    settle(visit.household_id)
    return visit


def correct_visit(*, actor: Any, visit: Visit, uuid: UUID, **content: Any) -> Recorded:
    """Record what really was: a new row that replaces `visit`, which stays to be read. Arguments as record_visit."""
    return record_visit(actor=actor, uuid=uuid, household=visit.household, corrects=visit, **content)


def _revive(correction: Visit) -> Visit | None:
    """Let stand again what a correction replaced, free to be corrected once more; not what was undone itself."""
    replaced = correction.corrects
    if replaced is None:
        return None
    rows = Visit.objects.filter(pk=replaced.pk, void_at=correction.received_at)
    if not rows.update(void_at=None, void_by=None):
        return None
    correction.corrects = None
    correction.save(update_fields=["corrects"])
    return replaced


def _take_back(actor: Any, visit: Visit, now: dt.datetime) -> None:
    visit.void_at, visit.void_by, visit.counts = now, actor, False
    visit.save(update_fields=["void_at", "void_by", "counts"])
    withdraw_proposals(actor=actor, visit=visit)
