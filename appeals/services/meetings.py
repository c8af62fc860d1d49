"""Holding a 板凳会 or 议事会: the meeting, who came, and what was asked for there, in one save or not at all."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from appeals.models import Attendee, Matter, Meeting
from appeals.models.meetings import HOLDS
from appeals.services.errors import stored_under
from appeals.services.opening import OLDEST, open_heard
from core import clock
from core.digests import digest_of
from core.faults import by_field
from core.ledger.sealing import sealed_until
from core.scope import must
from grids.models import Officer, Person, Territory, VillagerGroup

# Where a fault of a matter is shown in the row of a need.
_SHOWN_AT = {"person": "who", "household": "who", "opened_on": "words", "territory": "who", "phone": "caller"}


@dataclass(frozen=True)
class Need:
    """What one of them asked for: of a person of the register, or of somebody by name."""

    words: str
    person: Person | None = None
    caller: str = ""
    field: str = Matter.OTHER
    urgency: str = Matter.DAYS


@dataclass(frozen=True)
class HeldMeeting:
    """A stored meeting, and whether this call stored it."""

    meeting: Meeting
    created: bool


@transaction.atomic
def hold_meeting(
    *,
    actor: Any,
    uuid: UUID,
    kind: str,
    territory: Territory,
    held_on: dt.date,
    place: str,
    led_by: Officer | None,
    group: VillagerGroup | None = None,
    started_at: dt.time | None = None,
    topics: str = "",
    attendees: Sequence[Person] = (),
    others: int = 0,
    needs: Sequence[Need] = (),
) -> HeldMeeting:
    """Record a meeting of a village or grid; the same again is the same one. Needs meetings.hold there.

    Each need becomes a matter with source 板凳会, said on the day of the meeting. Conflict: the number is taken.
    ValidationError by field; those of the needs as `needs-<row>-<field>`, rows from 0. One fault, and nothing is saved.
    """
    must(actor, HOLDS, territory)
    meeting = Meeting(
        uuid=uuid,
        kind=kind,
        territory=territory,
        group=group,
        held_on=held_on,
        started_at=started_at,
        place=place.strip(),
        led_by=led_by,
        topics=topics.strip(),
        others=others,
        recorded_at=clock.now(),
        recorded_by=actor,
    )
    meeting.content_hash = _digest(meeting, attendees, needs)
    if known := _known(meeting):
        return known
    if meeting.held_on < clock.today() - OLDEST:
        raise ValidationError({"held_on": "太早了，只补记一年以内的，改成近一年的日子。"})
    _check(meeting, attendees, bool(attendees), bool(needs), _faults_of(needs))
    try:
        with transaction.atomic():
            meeting.save(force_insert=True)
    except IntegrityError:
        # Two at once: the constraint let one in, and the other is answered as above.
        if known := _known(meeting):
            return known
        raise
    _note_attendees(meeting, attendees)
    meeting.matters.set(_open_all(actor, meeting, needs))
    return HeldMeeting(meeting, created=True)


@transaction.atomic
def correct_meeting(
    *,
    actor: Any,
    meeting: Meeting,
    kind: str,
    place: str,
    led_by: Officer | None,
    started_at: dt.time | None = None,
    topics: str = "",
    attendees: Sequence[Person] = (),
    others: int = 0,
    version: str = "",
) -> Meeting:
    """Set right what was written of it, while its month is not sealed. Its day and its matters stay as they are.

    `version`: Meeting.version as it was shown. Of two who correct it the second is told at `version` who was quicker,
    unless it stands there already as she has it.
    """
    locked = Meeting.objects.select_for_update(of=("self",), no_key=True)
    held = locked.select_related("territory__parent", "group", "led_by", "corrected_by").get(pk=meeting.pk)
    must(actor, HOLDS, held.territory)
    if held.is_sealed(sealed_until(held.village)):
        told = f"{held.held_on.year}年{held.held_on.month}月已经封存，这次会不能改了。"
        raise ValidationError(f"{told}要改，请镇办公室先重新打开那个月。")
    there = set(held.attendees.values_list("person", flat=True))
    if held.corrected_at and held.version != version:
        wanted = [kind, place.strip(), started_at, topics.strip(), others, led_by]
        stands = [held.kind, held.place, held.started_at, held.topics, held.others, held.led_by]
        if wanted == stands and there == {person.pk for person in attendees}:
            return held
        raise ValidationError({"version": _quicker(held, held.corrected_at)})
    held.kind, held.place, held.started_at = kind, place.strip(), started_at
    held.topics, held.others = topics.strip(), others
    held.led_by = led_by  # type: ignore[assignment]  # None is told by _check
    # Who stands on it already came from here, wherever she lives today.
    more = [person for person in attendees if person.pk not in there]
    _check(held, more, bool(attendees), held.matters.exists(), {})
    held.corrected_at, held.corrected_by = clock.now(), actor
    held.save()
    held.attendees.exclude(person__in=[person.pk for person in attendees]).delete()
    _note_attendees(held, more)
    return held


def _quicker(meeting: Meeting, moment: dt.datetime) -> str:
    who = f"{meeting.corrected_by} {clock.cn_moment(moment)}"
    return f"{who} 已经改过这次会，您写的还没有存。先打开这次会，看改了什么；还要照您写的存，就再点一次“存”。"


def _known(meeting: Meeting) -> HeldMeeting | None:
    def same(found: Meeting) -> bool:
        return (found.recorded_by_id, found.content_hash) == (meeting.recorded_by_id, meeting.content_hash)

    found = stored_under(meeting.uuid, Meeting.objects.all(), same)
    return HeldMeeting(found, created=False) if found else None


def _digest(meeting: Meeting, attendees: Iterable[Person], needs: Iterable[Need]) -> str:
    said = [
        meeting.kind, meeting.territory_id, meeting.group_id, str(meeting.held_on), str(meeting.started_at or ""),
        meeting.place, meeting.led_by_id, meeting.topics, meeting.others, sorted(each.pk for each in attendees),
        [
            [each.words.strip(), each.person.pk if each.person else None, each.caller.strip(), each.field, each.urgency]
            for each in needs
        ],
    ]  # fmt: skip
    return digest_of(said)


def _faults_of(needs: Sequence[Need]) -> dict[str, str]:
    """What a row lacks; the rest is asked by the matter as it is opened."""
    faults: dict[str, str] = {}
    for row, need in enumerate(needs):
        if not need.words.strip():
            faults[f"needs-{row}-words"] = "写一句什么事；没有事，把这一条清空。"
        if need.person is None and not need.caller.strip():
            faults[f"needs-{row}-caller"] = "选是谁说的，或者写姓名。"
    return faults


def _check(
    meeting: Meeting, newcomers: Sequence[Person], came: bool, asked: bool, of_rows: dict[str, str]
) -> None:
    """All that is wrong with the meeting itself, told together with the faults of its rows."""
    faults = dict(of_rows)
    if meeting.territory.kind == Territory.TOWN:
        faults["territory"] = "选是哪个村、哪个网格的会。"
    elif meeting.group and meeting.group.village_id != meeting.village.pk:
        faults["group"] = "选的组不在这个村，重新选。"
    if meeting.held_on > clock.today():
        faults["held_on"] = "这一天还没到，开了再记。"
    if meeting.led_by_id is None:
        faults["led_by"] = "选谁主持的。"
    if not meeting.place:
        faults["place"] = "写在哪里开的，比如“村口大树下”。"
    if not came and not meeting.others:
        faults["attendees"] = "写谁来了：找到的人打勾，不在名单上的填几个人。"
    elif any(person.household.village_id != meeting.village.pk for person in newcomers):
        faults["attendees"] = "有人不是这个村的，去掉。"
    if not meeting.topics and not asked:
        faults["topics"] = "写一句讲了什么；没讲什么、只听大家说的，把大家说的写在下面。"
    if faults:
        raise ValidationError({name: [told] for name, told in faults.items()})
    meeting.full_clean(validate_unique=False)


def _note_attendees(meeting: Meeting, people: Iterable[Person]) -> None:
    Attendee.objects.bulk_create(
        Attendee(meeting=meeting, person=person, name=person.name, group_name=person.household.group.name)
        for person in people
    )


def _open_all(actor: Any, meeting: Meeting, needs: Sequence[Need]) -> list[Matter]:
    """A matter for each; every fault of every row, and then nothing at all."""
    found, faults = list[Matter](), dict[str, list[str]]()
    for row, need in enumerate(needs):
        try:
            found.append(_open(actor, meeting, row, need))
        except ValidationError as refused:
            for name, told in by_field(refused).items():
                faults.setdefault(f"needs-{row}-{_SHOWN_AT.get(name, name or 'words')}", []).extend(told)
    if faults:
        raise ValidationError(faults)
    return found


def _open(actor: Any, meeting: Meeting, row: int, need: Need) -> Matter:
    # Of a household that is no more it is a matter of the place, under the name of who said it.
    person = need.person if need.person and not need.person.household.ended_on else None
    household = person.household if person else None
    return open_heard(
        actor=actor,
        # The number of the matter follows from that of the meeting: sent again it is the same one.
        uuid=uuid5(meeting.uuid, f"need-{row}"),
        territory=household.territory if household else meeting.territory,
        household=household,
        person=person,
        opened_on=meeting.held_on,
        source=Matter.MEETING,
        words=need.words,
        field=need.field,
        urgency=need.urgency,
        caller=need.caller or (need.person.name if need.person else ""),
    ).matter
