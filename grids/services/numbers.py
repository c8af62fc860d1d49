"""Opening what is sealed: a full identity number only with a reason and a row that says so."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from grids.models import Household, Person, Territory, Unmasking
from grids.services.rights import may, must


@transaction.atomic
def unmask(*, actor: Any, person: Person, reason: str) -> str:
    """The full identity number, logged in the same transaction. The door has asked for the second factor."""
    territory = Territory.objects.get(pk=person.household.territory_id)
    must(actor, "persons.unmask", territory)
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": "写明为什么要看，这会记下来。"})
    if person.id_number is None:
        raise ValidationError(f"{person}没有登记身份证号。")
    row = Unmasking(
        actor=actor,
        territory=territory,
        person=person,
        what="身份证号",
        reason=reason.strip(),
        at=clock.now(),
    )
    row.full_clean()
    row.save()
    return person.id_number.open()


def dial(actor: Any, household: Household) -> str:
    """The household's phone in full for who holds a duty for it, else nothing."""
    if household.phone is None or not may(actor, "phones.dial", household.territory):
        return ""
    return household.phone.open()
