"""How a matter begins: registered by somebody who heard it, or by a room that has asked already whether she may."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from appeals import notices
from appeals.models import Matter, Move
from appeals.models.matters import OPENS
from appeals.services.clocks import Promises
from appeals.services.errors import stored_under
from appeals.services.mediating import open_dispute
from core import clock
from core.digests import digest_of
from core.scope import must, signer
from grids.models import Household, Person, Territory

OLDEST = dt.timedelta(days=366)  # a matter that was said longer ago is registered no more
# What is said of a matter as it stands; the rest follows from it.
_PLAIN = ("source", "field", "words", "urgency", "caller")
ROWS = frozenset({"household", "person", "territory", "opened_by", "owner", "answered_by"})  # what it names


@dataclass(frozen=True)
class Opened:
    """A stored matter, and whether this call stored it."""

    matter: Matter
    created: bool


def open_matter(
    *,
    actor: Any,
    uuid: UUID,
    source: str,
    words: str,
    field: str = Matter.OTHER,
    urgency: str = Matter.DAYS,
    household: Household | None = None,
    territory: Territory | None = None,
    person: Person | None = None,
    caller: str = "",
    phone: str = "",
    opened_on: dt.date | None = None,
) -> Opened:
    """Register a matter; the same again is the same row. Needs matters.open where it is from.

    Of a household, or of a grid or village while it is not known whose it is. `opened_on`: the day it was said, if
    that is not today. Conflict: the number is taken. ValidationError: by field.
    """
    place = household.territory if household else territory
    if place is None or place.kind == Territory.TOWN:
        raise ValidationError({"territory": "选是哪个村、哪个网格的事；说不清网格的，选村。"})
    must(actor, OPENS, place)
    said = {"source": source, "field": field, "words": words, "urgency": urgency, "caller": caller}
    matter = _said(actor, uuid, place, household, person, phone, opened_on, said)
    return _stored(matter) or _store(actor, matter, _check_typed)


def open_heard(
    *,
    actor: Any,
    uuid: UUID,
    territory: Territory,
    household: Household | None = None,
    person: Person | None = None,
    phone: str = "",
    opened_on: dt.date | None = None,
    tell: bool = True,
    **said: str,
) -> Opened:
    """The same for a room that heard it, and has asked already whether the actor may and whom it is about; `said` as
    in open_matter.

    `tell` is False for who gives it to somebody in the same breath and tells of it afterwards.
    """
    matter = _said(actor, uuid, territory, household, person, phone, opened_on, said)
    return _stored(matter) or _store(actor, matter, _check, tell=tell)


def draft_heard(
    *,
    actor: Any,
    uuid: UUID,
    territory: Territory,
    promises: Promises,
    household: Household | None = None,
    phone: str = "",
    opened_on: dt.date | None = None,
    **said: str,
) -> tuple[Matter, Move]:
    """The same with its first step, checked and not stored: for who brings in many and stores them together.

    The rows it names were fetched for it, and the database asks the constraints; nothing else is left unasked.
    """
    matter = _said(actor, uuid, territory, household, None, phone, opened_on, said)
    _check(matter, promises, fetched=ROWS)
    return matter, _first_move(matter)


def _said(
    actor: Any,
    uuid: UUID,
    territory: Territory,
    household: Household | None,
    person: Person | None,
    phone: str,
    opened_on: dt.date | None,
    said: Mapping[str, str],
) -> Matter:
    matter = Matter(
        uuid=uuid,
        household=household,
        person=person,
        territory=territory,
        level=Matter.GRID if territory.kind == Territory.GRID else Matter.VILLAGE,
        opened_at=clock.now(),
        opened_on=opened_on or clock.today(),
        opened_by=signer(actor),
        **{name: said.get(name, "").strip() or Matter._meta.get_field(name).get_default() for name in _PLAIN},
    )
    matter.set_phone(phone)
    matter.content_hash = _digest(matter, place=territory if household is None else None, day=opened_on)
    _keep_names(matter)
    return matter


def _store(actor: Any, matter: Matter, check: Callable[[Matter], None], *, tell: bool = True) -> Opened:
    check(matter)
    try:
        with transaction.atomic():
            if matter.field == Matter.DISPUTE:
                matter.dispute = open_dispute(actor, matter)
            matter.save(force_insert=True)
            first = _first_move(matter)
            first.save()
            if tell:
                notices.tell_of_move(first)
    except IntegrityError:
        # Two at once: the constraint let one in, and the other is answered as above.
        if known := _stored(matter):
            return known
        raise
    return Opened(matter, created=True)


def _stored(matter: Matter) -> Opened | None:
    def same(found: Matter) -> bool:
        return (found.opened_by_id, found.content_hash) == (matter.opened_by_id, matter.content_hash)

    found = stored_under(matter.uuid, Matter.objects.all(), same)
    return Opened(found, created=False) if found else None


def _digest(matter: Matter, place: Territory | None, day: dt.date | None) -> str:
    """Of what was said: neither today's date nor where the household lies today is part of it."""
    said: dict[str, Any] = {name: getattr(matter, name) for name in _PLAIN}
    said |= {
        "household": matter.household_id,
        "person": matter.person_id,
        "territory": place.pk if place else None,
    }
    said |= {"phone": matter.phone_hash, "opened_on": day.isoformat() if day else None}
    return digest_of(said)


def _keep_names(matter: Matter) -> None:
    """Whose matter it was and her number's mask stay as they were: next year somebody else may head the household."""
    if matter.household:
        matter.caller = matter.caller or matter.household.head_name
        matter.phone_mask = matter.phone_mask or matter.household.phone_mask


def _check_typed(matter: Matter) -> None:
    """What somebody typed may be mistaken where a room that heard it knows."""
    if matter.opened_on < clock.today() - OLDEST:
        raise ValidationError({"opened_on": "太早了，只补登一年以内的，改成近一年的日子。"})
    if matter.household and matter.household.ended_on:
        told = f"{matter.household}已销户。还有这件事的，选村或者网格登记，写诉求人的姓名。"
        raise ValidationError({"household": told})
    if matter.person and matter.household and matter.person.household_id != matter.household_id:
        raise ValidationError({"person": "选的人不在这一户，重新选。"})
    _check(matter)


def _check(matter: Matter, promises: Promises | None = None, fetched: frozenset[str] = frozenset()) -> None:
    if matter.opened_on > clock.today():
        raise ValidationError({"opened_on": "这一天还没到，改成今天或以前。"})
    if not (matter.household or matter.caller or matter.phone_hash):
        raise ValidationError({"caller": "写诉求人的姓名或者电话，办好了好回复。"})
    matter.due_on = (promises or Promises()).of(matter)
    matter.full_clean(exclude=fetched, validate_unique=False, validate_constraints=not fetched)


def _first_move(matter: Matter) -> Move:
    return Move(
        matter=matter,
        kind="open",
        at=matter.opened_at,
        day=matter.opened_on,
        due_on=matter.due_on,
        actor=matter.opened_by,
        level=matter.level,
        state=matter.state,
    )
