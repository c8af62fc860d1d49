"""How a dispute begins: reported by somebody, or by a room that has asked already whether she may."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core import clock
from core.digests import digest_of
from core.scope import OPERATOR, must
from disputes import notices
from disputes.models import Dispute, DisputeRule
from disputes.models.disputes import REPORTS
from disputes.services.errors import Conflict
from disputes.services.parties import Named, write_parties
from disputes.services.stepping import write_move
from grids.models import Territory

OLDEST = dt.timedelta(days=3660)  # quarrels are old; a day before that is a slip of the pen
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
    territory: Territory,
    words: str,
    parties: Iterable[Named] = (),
    found_on: dt.date | None = None,
    people: int | None = None,
    major: bool = False,
    **said: str,
) -> Opened:
    """Register a dispute; the same again is the same row. Needs disputes.report where it is.

    `said`: source, kind, department, supervised. `found_on`: the day it was noticed, if that is not today. Conflict:
    the number is taken. ValidationError: by field.
    """
    if territory.kind == Territory.TOWN:
        raise ValidationError({"territory": "选是哪个村、哪个网格的纠纷；说不清网格的，选村。"})
    must(actor, REPORTS, territory)
    return open_heard(
        actor=actor,
        uuid=uuid,
        territory=territory,
        words=words,
        parties=parties,
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
    dispute = Dispute(
        uuid=uuid,
        territory=territory,
        level=Dispute.GRID if territory.kind == Territory.GRID else Dispute.VILLAGE,
        people=people,
        major=major,
        found_on=found_on or clock.today(),
        registered_at=clock.now(),
        registered_by=None if actor is OPERATOR else actor,
        words=words.strip(),
        **{name: said.get(name, "").strip() or _default(name) for name in _PLAIN if name != "words"},
    )
    dispute.content_hash = _digest(dispute, named, found_on)
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


def _check(dispute: Dispute) -> None:
    if dispute.found_on > clock.today():
        raise ValidationError({"found_on": "这一天还没到，改成今天或以前。"})
    if dispute.found_on < clock.today() - OLDEST:
        raise ValidationError({"found_on": "太早了，填近十年的日子。"})
    if not dispute.words:
        raise ValidationError({"words": "写一句为什么闹的。"})
    if dispute.people == 0:
        raise ValidationError({"people": "涉及人数至少是 1；说不清的空着。"})
    dispute.due_on = dispute.found_on + dt.timedelta(days=DisputeRule.on(dispute.found_on).settle_days)
    dispute.full_clean(validate_unique=False)
