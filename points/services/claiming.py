"""申报: somebody says that a household did something good; the same again is the same row."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from core import clock
from core.digests import digest_of
from core.names import stored_under
from core.photos import keep_drawn, keep_photo
from core.scope import OPERATOR, must
from grids.models import Household, Person
from grids.services import is_near
from points.models import Award, Item, Scheme
from points.models.awards import CLAIMS
from points.services.caps import check_caps
from points.services.errors import Conflict
from points.services.stepping import locked, write_move

OWN = "自己家做的好事请别人申报，或者由户里用积分卡自己报。"
NO_PROOF = "要有佐证：添一张照片，或者写清凭什么（什么证、几号，谁能证明）。"
NO_SCHEME = "这一天村里还没有积分办法，先把办法定下来。"


@dataclass(frozen=True)
class Claimed:
    """A stored claim, and whether this call stored it."""

    award: Award
    created: bool


def claim(
    *,
    actor: Any,
    uuid: UUID,
    household: Household,
    item: Item,
    day: dt.date,
    words: str,
    number: int = 1,
    person: Person | None = None,
    proof: str = "",
    drawn: bytes | None = None,
    photo_follows: bool = False,
) -> Claimed:
    """A grid's people or the village say it. Needs points.claim where the household lives; nobody claims for his own.

    `drawn`: a photo, drawn anew (core.photos); `photo_follows`: it comes later, and before it nobody checks.

    PermissionDenied, ValidationError by field, Conflict if the number is taken.
    """
    # What she has sent before is answered wherever the household is now.
    if not Award.objects.filter(uuid=uuid, claimed_by=getattr(actor, "pk", None)).exists():
        must(actor, CLAIMS, household.territory)
        if is_near(actor, household):
            raise PermissionDenied(OWN)
    award = _award(actor, uuid, household, item, day, words, number, person, proof)
    return _store(award, drawn, proved=photo_follows)


def claim_with_card(
    *,
    uuid: UUID,
    household: Household,
    item: Item,
    day: dt.date,
    words: str,
    number: int = 1,
    person: Person | None = None,
    proof: str = "",
    drawn: bytes | None = None,
) -> Claimed:
    """The household says it itself; its card and PIN were asked for already (points.services.cards)."""
    award = _award(None, uuid, household, item, day, words, number, person, proof)
    award.by_household = True
    return _store(award, drawn)


@transaction.atomic
def add_proof(*, actor: Any, award: Award, photo: BinaryIO, size: int) -> Award:
    """The photo of one's own claim, in place of an earlier one, while nobody has looked at it. ValidationError."""
    held = locked(award)
    if held.claimed_by_id != actor.pk:
        raise PermissionDenied("只有申报的人能添佐证的照片。")
    if held.state != Award.CLAIMED:
        raise ValidationError({"photo": "这一件别人已经看过了，不能再添照片。"})
    keep_photo(held, photo, size)
    return held


def propose(
    *,
    actor: Any,
    key: str,
    household: Household,
    item: Item,
    day: dt.date,
    words: str,
    number: int = 1,
    person: Person | None = None,
) -> Claimed | None:
    """Another room has seen a deed and has asked already whether the actor may; once for each `key`.

    None where the rules have no room for it (封顶, 一户一次), or where it is the actor's own household: what somebody
    did otherwise is not undone by that.
    """
    if known := Award.objects.filter(key=key).first():
        return Claimed(known, created=False)
    if is_near(actor, household):
        return None
    award = _award(actor, uuid4(), household, item, day, words, number, person)
    award.key = key
    try:
        with transaction.atomic():
            return _store(award)
    except ValidationError:
        return None
    except IntegrityError:
        return Claimed(Award.objects.get(key=key), created=False)


def _award(
    actor: Any,
    uuid: UUID,
    household: Household,
    item: Item,
    day: dt.date,
    words: str,
    number: int,
    person: Person | None,
    proof: str = "",
) -> Award:
    words, proof = words.strip(), proof.strip()
    said = [household.pk, item.pk, str(day), words, number, person and person.pk]
    if proof:  # no part of what was said before there was one
        said.append(proof)
    return Award(
        uuid=uuid,
        item=item,
        household=household,
        person=person,
        territory=household.territory,
        group=household.group,
        day=day,
        number=number,
        words=words,
        proof=proof,
        claimed=item.points * number,
        claimed_at=clock.now(),
        claimed_by=None if actor in (None, OPERATOR) else actor,
        content_hash=digest_of(said),
    )


def _store(award: Award, drawn: bytes | None = None, *, proved: bool = False) -> Claimed:
    def same(known: Award) -> bool:
        return (known.content_hash, known.claimed_by_id) == (award.content_hash, award.claimed_by_id)

    rows = Award.objects.select_related("item")
    if known := stored_under(award.uuid, rows, same, Conflict):
        return Claimed(known, created=False)
    _check(award)
    if award.lacks_proof and not (drawn or proved):
        raise ValidationError({"proof": f"“{award.item}”{NO_PROOF}"})
    try:
        with transaction.atomic():
            # Two claims at once for one household: the second sees what the first has left of the caps.
            Household.objects.select_for_update(no_key=True).get(pk=award.household_id)
            check_caps(
                household=award.household,
                person=award.person,
                item=award.item,
                day=award.day,
                points=award.claimed,
            )
            award.save(force_insert=True)
            if drawn:
                keep_drawn(award, drawn)
            write_move(award, "claim", award.claimed_by, words=award.words)
    except IntegrityError:
        if known := stored_under(award.uuid, rows, same, Conflict):
            return Claimed(known, created=False)
        raise
    return Claimed(award, created=True)


def _check(award: Award) -> None:
    household, item = award.household, award.item
    if household.ended_on is not None:
        raise ValidationError({"household": "这一户已经销户，不能再申报。"})
    if award.day > clock.today():
        raise ValidationError({"day": "这一天还没到，改成今天或以前。"})
    scheme = Scheme.objects.of(household.village, award.day)
    if scheme is None:
        raise ValidationError({"day": NO_SCHEME})
    if item.scheme_id != scheme.pk:
        raise ValidationError({"item": "这个项目不在那一天的积分办法里，重新选一个。"})
    if item.refuses:
        raise ValidationError({"item": f"“{item}”是不予积分的情形，不能申报。"})
    if award.day < clock.today() - dt.timedelta(days=scheme.claim_days):
        raise ValidationError({"day": f"做了好事 {scheme.claim_days} 天内申报，这一天过了。"})
    if award.day < household.since:
        raise ValidationError({"day": "这一天这一户还没立户，改日子。"})
    if not 1 <= award.number <= item.most:
        raise ValidationError({"number": f"一次最多报 {item.most} {item.unit}。"})
    if not award.words:
        raise ValidationError({"words": "写一句做了什么。"})
    if award.person is not None and award.person.household_id != household.pk:
        raise ValidationError({"person": "这个人不在这一户，重新选。"})
    award.full_clean(validate_unique=False, exclude=["household", "territory", "group", "item", "person"])
