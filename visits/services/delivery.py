"""A record arrives, under the number its phone gave it: accepted, put on hold or refused, and never dropped.

The one way in for what is sent by its author (PUT) and for what was sealed on a shared phone and is sent by somebody
else. The same number with the same content always gets the answer it got, or what has become of it since.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from appeals.models import Move
from core.photos import keep_drawn
from core.scope import NOT_YOURS, reach_of
from disputes.models import Dispute
from grids.models import Household
from points.letters import was_given
from visits.models import Held, Visit
from visits.services.errors import Conflict, Missing
from visits.services.holding import Letter, hold, settle_held, withdraw_held
from visits.services.recording import Recorded, record_content, undo_visit
from visits.services.rights import NotHers, standing

ACCEPTED, HELD, REFUSED = "accepted", "held", "refused"


@dataclass(frozen=True)
class Delivered:
    """What became of it: `recorded` where it is a visit, else `held`."""

    recorded: Recorded | None = None
    held: Held | None = None

    @property
    def outcome(self) -> str:
        return ACCEPTED if self.recorded else self.held.state if self.held else REFUSED

    @property
    def number(self) -> str:
        stored = self.recorded.visit.receipt if self.recorded else self.held and self.held.number
        return stored or ""


def deliver(letter: Letter, *, doubt: str = "", drawn: bytes | None = None) -> Delivered:
    """Take in what its author sends herself. `doubt` puts it on hold whatever her rights (Held's word for why).

    Conflict: the number is taken. Missing: no household she could have had in hand. PermissionDenied: she sees it and
    does not visit. ValidationError: by field, for the author to mend.
    """
    try:
        with transaction.atomic():
            return _deliver(letter, doubt, drawn)
    except IntegrityError:
        # Two at once under one number: the constraint let one in, and the other finds it there.
        with transaction.atomic():
            return _deliver(letter, doubt, drawn)


def deliver_sealed(letter: Letter, *, doubt: str = "", drawn: bytes | None = None) -> Delivered:
    """As deliver, but its author is not there to mend anything: what is wrong with it is said to the village."""
    try:
        if letter.content is None:
            raise ValidationError(letter.faults)
        return deliver(letter, doubt=doubt, drawn=drawn)
    except ValidationError as fault:
        return _hold_to_mend(letter, "".join(fault.messages), drawn)
    except PermissionDenied as denied:
        if reach_of(letter.author, "visits.record"):
            return _hold_to_mend(letter, str(denied), drawn)
        raise Missing from denied


def take_back_sealed(letter: Letter) -> Delivered | None:
    """Undo what its author took back before she left the phone; what never came is not made for it.

    None: nothing of it stands. Delivered: it stands, since the time for taking it back is over. Conflict: the number
    is another's.
    """
    held = Held.objects.filter(uuid=letter.uuid).first()
    if held is not None and held.author_id != letter.author.pk:
        raise Conflict(held)
    if held is not None and withdraw_held(actor=letter.author, held=held).visit is None:
        return None
    known = _visited(letter)
    if known is None or known.recorded is None:
        return None
    try:
        undo_visit(actor=letter.author, visit=known.recorded.visit)
    except (ValidationError, PermissionDenied):
        return known
    return None


def _deliver(letter: Letter, doubt: str, drawn: bytes | None) -> Delivered:
    held = Held.objects.select_for_update(of=("self",)).filter(uuid=letter.uuid).first()
    if held is not None and (known := _again(letter, held)):
        return known
    if known := _visited(letter):
        return _with_photo(known, drawn)
    household, carried = _household(letter)
    if not carried:
        doubt = Held.ELSEWHERE
    corrects = _corrected(letter.author, letter.corrects) if letter.corrects else None
    if letter.corrects and corrects is None:
        doubt = doubt or Held.CORRECTS
    if not doubt:
        assert letter.content is not None
        try:
            recorded = record_content(
                actor=letter.author,
                uuid=letter.uuid,
                household=household,
                content=letter.content,
                sent_at=letter.sent_at,
                corrects=corrects,
            )
        except NotHers as why:
            doubt = why.reason
        except ValidationError as fault:
            if not _because_ended(fault):
                raise
            doubt = Held.ENDED
        else:
            if held is not None:
                settle_held(held, recorded.visit, letter.author)
            return _with_photo(Delivered(recorded=recorded), drawn)
    return Delivered(held=hold(letter, household, reason=doubt, drawn=drawn, into=held))


def _hold_to_mend(letter: Letter, faults: str, drawn: bytes | None) -> Delivered:
    with transaction.atomic():
        held = Held.objects.select_for_update(of=("self",)).filter(uuid=letter.uuid).first()
        if held is not None:
            if known := _again(letter, held):
                return known
            raise Conflict(held)
        if known := _visited(letter):
            return known
        household, carried = _household(letter)
        reason = Held.FIX if carried else Held.ELSEWHERE
        return Delivered(held=hold(letter, household, reason=reason, faults=faults, drawn=drawn))


def _again(letter: Letter, held: Held) -> Delivered | None:
    """What has become of a number that was on hold. None: its author sends what was to be mended."""
    if held.author_id != letter.author.pk:
        raise Conflict(held)
    if held.content_hash == letter.digest():
        return Delivered(recorded=Recorded(held.visit, created=False)) if held.visit else Delivered(held=held)
    if held.state == Held.WAITING and held.reason == Held.FIX and letter.content is not None:
        return None
    raise Conflict(held)


def _visited(letter: Letter) -> Delivered | None:
    """The visit that has the number already. Conflict if it is another's, or says something else."""
    found = Visit.objects.filter(uuid=letter.uuid).select_related("household").first()
    if found is None:
        return None
    if found.visitor_id != letter.author.pk or found.content_hash != letter.digest():
        raise Conflict(found)
    return Delivered(recorded=Recorded(found, created=False))


def _household(letter: Letter) -> tuple[Household, bool]:
    """The household, and whether it was its author's to visit lately. A stranger's does not exist."""
    household = Household.objects.filter(pk=letter.household).select_related("territory", "village").first()
    stood = standing(letter.author, household) if household else None
    if household is None or (stood is None and not _sees(letter.author, household)):
        raise Missing
    if stood is None:
        raise PermissionDenied(NOT_YOURS)
    return household, stood.carried


def _sees(actor: Any, household: Household) -> bool:
    return reach_of(actor, "households.see").covers(household.territory)


def _corrected(author: Any, uuid: UUID) -> Visit | None:
    """The visit it replaces; None while that one is on hold itself. Missing: not hers and not hers to read."""
    found = Visit.objects.filter(uuid=uuid).first()
    if found is None and Held.objects.filter(uuid=uuid, author=author).exists():
        return None
    own = found is not None and found.visitor_id == author.pk
    if found is None or not (own or Visit.objects.readable_by(author).filter(pk=found.pk).exists()):
        raise Missing
    return found


def _because_ended(fault: ValidationError) -> bool:
    return hasattr(fault, "error_dict") and any(
        each.code == Held.ENDED for each in fault.error_dict.get("household", [])
    )


def _with_photo(delivered: Delivered, drawn: bytes | None) -> Delivered:
    visit = delivered.recorded and delivered.recorded.visit
    if drawn is not None and visit and not visit.photo and visit.void_at is None:
        keep_drawn(visit, drawn)
    return delivered


def twin_of(visit: Visit) -> Visit | None:
    """Another visit in force to the household on that day: perhaps the same, on paper and by phone."""
    found = Visit.objects.in_force().filter(household=visit.household_id, day=visit.day).exclude(pk=visit.pk)
    return found.select_related("visitor").order_by("pk").first()


def twins_among(visits: Sequence[Visit]) -> set[int]:
    """Of one household's visits, those in force that share their day with another."""
    days = Counter(each.day for each in visits if each.void_at is None)
    return {each.pk for each in visits if each.void_at is None and days[each.day] > 1}


def issued(number: str, uuid: UUID) -> bool:
    """Whether that receipt was ever given to that number: a server set back in time does not know it."""
    kind, key = number.partition("-")[0], number.rpartition("-")[2]
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        return False
    if kind == "ZF":
        visit = Visit.objects.filter(pk=int(key), uuid=uuid).first()
        return visit is not None and visit.receipt == number
    if kind == "SQ":
        move = Move.objects.filter(uuid=uuid).select_related("matter").first()
        return move is not None and move.matter.number == number
    if kind == "JF":
        dispute = Dispute.objects.filter(uuid=uuid).first()
        return dispute is not None and dispute.number == number
    if kind == "SB":
        return was_given(number, uuid)
    held = Held.objects.filter(pk=int(key), uuid=uuid).first()
    return held is not None and held.number == number
