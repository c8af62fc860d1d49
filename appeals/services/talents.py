"""能人名册: who may be sent by the hotline besides the people who hold a post."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from appeals.models import Talent
from appeals.services.calls import TAKES
from appeals.services.errors import stored_under
from core import clock
from core.scope import must
from grids.models import Person, Territory
from grids.services import lock_village

_SAID = ("territory_id", "person_id", "name", "skills", "agreed", "note", "phone_hash")


@transaction.atomic
def add_talent(
    *,
    actor: Any,
    uuid: UUID,
    village: Territory,
    skills: str,
    person: Person | None = None,
    name: str = "",
    phone: str = "",
    agreed: bool = False,
    note: str = "",
) -> Talent:
    """Somebody of the register (her number is there) or of outside, with a name and a number; the same again is the
    same row. Needs calls.take for the whole village. Conflict: the number is taken. ValidationError: by field."""
    must(actor, TAKES, village)
    words = [
        each for each in skills.replace("，", "、").replace(",", "、").replace(" ", "、").split("、") if each
    ]
    talent = Talent(
        uuid=uuid,
        territory=village,
        person=person,
        name=person.name if person else name.strip(),
        skills="、".join(dict.fromkeys(words)),
        agreed=agreed,
        note=note.strip(),
        since=clock.today(),
    )
    talent.set_phone(phone)
    # The lock: of the same form twice at once the second finds the first.
    lock_village(village.pk)
    known: Talent | None = stored_under(
        uuid,
        Talent.objects.all(),
        lambda known: all(getattr(known, name) == getattr(talent, name) for name in _SAID),
    )
    if known:
        return known
    if not talent.name:
        raise ValidationError({"name": "写姓名。"})
    if not talent.skills:
        raise ValidationError({"skills": "写会什么，比如电工、水管。"})
    if agreed and not (talent.phone or (person and person.phone)):
        raise ValidationError({"phone": "同意随叫的要有电话，不然叫不到。"})
    talent.full_clean()
    talent.save()
    return talent


@transaction.atomic
def end_talent(*, actor: Any, talent: Talent) -> Talent:
    """Out of the list: what she was sent to stays."""
    must(actor, TAKES, talent.territory)
    if talent.until is None:
        talent.until = clock.today()
        talent.save(update_fields=["until"])
    return talent


def number_of(talent: Talent) -> str:
    """In full, for who is about to call; reads `person`."""
    sealed = talent.phone or (talent.person.phone if talent.person else None)
    return sealed.open() if sealed else ""
