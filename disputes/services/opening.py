"""How a dispute begins: reported by somebody, or by a room that has asked already whether she may."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core import clock
from core.digests import digest_of
from core.scope import must, signer
from disputes import notices
from disputes.models import Dispute, DisputeRule, Move, Party
from disputes.models.disputes import REPORTS
from disputes.services.errors import Conflict
from disputes.services.parties import MOST, TOO_MANY, Named, party_of, write_parties
from disputes.services.placing import WHICH_PLACE, place_for
from disputes.services.stepping import move_of, write_move
from grids.models import Territory

OLDEST = dt.timedelta(days=3660)  # quarrels are old; a day before that is a slip of the pen
ROWS = frozenset({"territory", "registered_by", "owner", "keeper"})  # what a dispute names
PARTY_ROWS = frozenset({"dispute", "person", "household"})
Rules = Callable[[dt.date], DisputeRule]
# What is said of a dispute as it stands; the rest follows from it.
_PLAIN = ("source", "kind", "words", "department", "supervised")


@dataclass(frozen=True)
class Opened:
    """A stored dispute, and whether this call stored it."""

    dispute: Dispute
    created: bool


def open_dispute(
    *,
    actor: Any,
    uuid: UUID,
    words: str,
    territory: Territory | None = None,
    parties: Iterable[Named] = (),
    found_on: dt.date | None = None,
    people: int | None = None,
    major: bool = False,
    **said: str,
) -> Opened:
    """Register a dispute; the same again is the same row. Needs disputes.report where it is.

    `territory`: where a party's household lies or the actor serves, if it is not told (place_for). `said`: source,
    kind, department, supervised. `found_on`: the day it was noticed, if that is not today. Conflict: the number is
    taken. ValidationError: by field.
    """
    named = list(parties)
    territory = territory or place_for(actor, named)
    if territory.kind == Territory.TOWN:
        raise ValidationError({"territory": WHICH_PLACE})
    must(actor, REPORTS, territory)
    return open_heard(
        actor=actor,
        uuid=uuid,
        territory=territory,
        words=words,
        parties=named,
        found_on=found_on,
        people=people,
        major=major,
        tell=True,
        **said,
    )


def open_heard(
    *,
    actor: Any,
    uuid: UUID,
    territory: Territory,
    words: str,
    parties: Iterable[Named] = (),
    found_on: dt.date | None = None,
    people: int | None = None,
    major: bool = False,
    tell: bool = True,
    **said: str,
) -> Opened:
    """The same for a room that heard of it, and has asked already whether the actor may. `tell`: whoever has it now."""
    named = list(parties)
    dispute = _said(actor, uuid, territory, words, named, found_on, people, major, said)
    if known := _stored(dispute):
        return known
    _check(dispute)
    try:
        with transaction.atomic():
            dispute.save(force_insert=True)
            write_parties(dispute, named)
            first = write_move(dispute, "open", actor, words=dispute.words, day=dispute.found_on)
            if tell:
                notices.tell_of_move(first)
    except IntegrityError:
        # Two at once: the constraint let one in, and the other is answered as above.
        if known := _stored(dispute):
            return known
        raise
    return Opened(dispute, created=True)


def draft_heard(
    *,
    actor: Any,
    uuid: UUID,
    territory: Territory,
    words: str,
    parties: Iterable[Named],
    found_on: dt.date,
    people: int | None,
    major: bool,
    rules: Rules,
    **said: str,
) -> tuple[Dispute, list[Party], Move]:
    """The same with its parties and its first step, checked and not stored: for who brings in many and stores them
    together. The rows it names were fetched for it, and the database asks the constraints; `rules`: the rule of a day.
    """
    named = list(parties)
    dispute = _said(actor, uuid, territory, words, named, found_on, people, major, said)
    _check(dispute, rules, fetched=ROWS)
    if len(named) > MOST:
        raise ValidationError({"parties": TOO_MANY})
    rows = [party_of(dispute, each, fetched=PARTY_ROWS) for each in named]
    return dispute, rows, move_of(dispute, "open", actor, words=dispute.words, day=dispute.found_on)


def _said(
    actor: Any,
    uuid: UUID,
    territory: Territory,
    words: str,
    named: list[Named],
    found_on: dt.date | None,
    people: int | None,
    major: bool,
    said: Mapping[str, str],
) -> Dispute:
    dispute = Dispute(
        uuid=uuid,
        territory=territory,
        level=Dispute.GRID if territory.kind == Territory.GRID else Dispute.VILLAGE,
        people=people,
        major=major,
        found_on=found_on or clock.today(),
        registered_at=clock.now(),
        registered_by=signer(actor),
        words=words.strip(),
        **{name: said.get(name, "").strip() or _default(name) for name in _PLAIN if name != "words"},
    )
    dispute.content_hash = _digest(dispute, named, found_on)
    return dispute


def _default(name: str) -> str:
    return str(Dispute._meta.get_field(name).get_default() or "")


def _stored(dispute: Dispute) -> Opened | None:
    found = Dispute.objects.filter(uuid=dispute.uuid).first()
    if found is None:
        return None
    if found.registered_by_id != dispute.registered_by_id or found.content_hash != dispute.content_hash:
        raise Conflict(found)
    return Opened(found, created=False)


def _digest(dispute: Dispute, named: list[Named], day: dt.date | None) -> str:
    """Of what was said; today's date is no part of it."""
    said = {name: getattr(dispute, name) for name in _PLAIN}
    said |= {"territory": dispute.territory_id, "people": dispute.people, "major": dispute.major}
    return digest_of(said | {"found_on": day, "parties": [each.plain() for each in named]})


def _check(dispute: Dispute, rules: Rules = DisputeRule.on, *, fetched: frozenset[str] = frozenset()) -> None:
    if dispute.found_on > clock.today():
        raise ValidationError({"found_on": "这一天还没到，改成今天或以前。"})
    if dispute.found_on < clock.today() - OLDEST:
        raise ValidationError({"found_on": "太早了，填近十年的日子。"})
    if not dispute.words:
        raise ValidationError({"words": "写一句为什么闹的。"})
    if dispute.people == 0:
        raise ValidationError({"people": "涉及人数至少是 1；说不清的空着。"})
    dispute.due_on = dispute.found_on + dt.timedelta(days=rules(dispute.found_on).settle_days)
    dispute.full_clean(exclude=fetched, validate_unique=False, validate_constraints=not fetched)
