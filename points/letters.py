"""A good deed as a phone tells it: sent by who noted it, or sealed by somebody else; and what her card offers."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from core.scope import reach_of, reach_on
from grids.models import Household, Person
from points import services
from points.models import Award, Item
from points.models.awards import CLAIMS
from points.serializers import AwardIn, short_item

ACCEPTED, REFUSED, MISSING, CONFLICT = "accepted", "refused", "missing", "conflict"


def claim_of(
    actor: Any, uuid: UUID, household: Household, sent: AwardIn, drawn: bytes | None = None
) -> services.Claimed:
    """What was sent, as a claim. PermissionDenied, ValidationError by field, Conflict."""
    told = sent.validated_data
    # A clock is corrected anew at each sending: what is stored already has its day.
    known = Award.objects.filter(uuid=uuid, claimed_by=actor.pk).first()
    day = told.get("day") or (known.day if known else clock.local_date(sent.noted_at()))
    return services.claim(
        actor=actor,
        uuid=uuid,
        household=household,
        item=_item(household, told["item"]),
        day=day,
        words=told["words"],
        number=told["number"],
        person=_person(household, told.get("person")),
        proof=told["proof"],
        drawn=drawn,
        photo_follows=told["photo"],
    )


def _item(household: Household, key: int) -> Item:
    found = (
        Item.objects.filter(pk=key, scheme__territory=household.village_id).select_related("scheme").first()
    )
    if found is None:
        raise ValidationError({"item": "村里没有这个积分项目，重新选一个。"})
    return found


def _person(household: Household, key: int | None) -> Person | None:
    if key is None:
        return None
    found = Person.objects.filter(pk=key, household=household).first()
    if found is None:
        raise ValidationError({"person": "这个人不在这一户，重新选。"})
    return found


# --- sealed ---------------------------------------------------------------------------------------------------------


def deliver_award(
    author: Any,
    uuid: UUID,
    body: Any,
    *,
    clock_then: dt.datetime | None,
    vouches: Callable[[dt.datetime], bool],
    drawn: bytes | None = None,
) -> tuple[str, str]:
    """What became of it, and its number; its author is not there to mend it, so what the rules have no room for, or
    her ticket does not vouch for, is refused, and her phone shows it to her. `clock_then`: what its clock shows now."""
    sent = AwardIn(data=body)
    if not sent.is_valid():
        return REFUSED, ""
    if clock_then:
        sent.validated_data["sent_at"] = clock_then
    rows = Household.objects.select_related("territory__parent", "group", "village")
    household = rows.filter(pk=sent.validated_data["household"]).first()
    known = Award.objects.filter(uuid=uuid).first()
    hers = household and reach_on(author, CLAIMS, clock.local_date(sent.noted_at())).covers(
        household.territory
    )
    if household is None or not (hers or (known and known.claimed_by_id == author.pk)):
        return MISSING, ""
    if known is None and not vouches(sent.noted_at()):
        return REFUSED, ""
    try:
        claimed = claim_of(author, uuid, household, sent, drawn)
    except services.Conflict:
        return CONFLICT, ""
    except (PermissionDenied, ValidationError):
        return REFUSED, ""
    return ACCEPTED, claimed.award.number_said


def was_given(number: str, uuid: UUID) -> bool:
    """Whether that number was ever given to that claim."""
    award = Award.objects.filter(uuid=uuid).first()
    return award is not None and award.number_said == number


# --- what a card offers ---------------------------------------------------------------------------------------------


def deeds(actor: Any, household: Household) -> list[list[Any]]:
    """On a household's card: what can be claimed for it, as `short_item` has it."""
    return list(map(short_item, services.offered_for(actor, household)))


def deeds_by_grid(actor: Any, homes: Iterable[Household]) -> dict[str, list[list[Any]]]:
    """For the phone's pack: the same by grid, once for all its households. Reads `territory`."""
    reach = reach_of(actor, CLAIMS)
    grids = {home.territory_id: home.village_id for home in homes if reach.covers(home.territory)}
    offered = services.offered_in(grids.values()) if grids else {}
    return {str(grid): list(map(short_item, offered.get(village, ()))) for grid, village in grids.items()}
