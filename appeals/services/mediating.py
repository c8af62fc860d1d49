"""A matter that is a quarrel goes on as a dispute too, and keeps its own clock until whoever asked has an answer."""

from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction

from appeals.models import Matter, Move
from appeals.services.moving import has_in_hand
from appeals.services.stepping import move_on
from disputes import services as disputes
from disputes.models import Dispute, Party
from grids.models import Person

_DISPUTE = UUID("5c1d5b0e-7b1c-4f57-9d5c-1a54c6f0d2c4")  # the dispute's number follows from the matter's


def is_to_mediate(matter: Matter) -> bool:
    """Open, and not a dispute yet."""
    return matter.is_open and matter.dispute_id is None


@transaction.atomic
def mediate(*, actor: Any, matter: Matter, words: str = "", uuid: UUID | None = None) -> Move:
    """转矛盾纠纷: registered there with who it is about; by whoever has the matter in hand."""

    def change(held: Matter) -> None:
        if held.dispute is not None:
            raise ValidationError(f"已经转成纠纷 {held.dispute.number} 了。")
        if not held.is_open:
            raise ValidationError("这件事办完了。又闹起来的，先重新办。")
        held.dispute = open_dispute(actor, held)

    return move_on("mediate", has_in_hand, actor, matter, uuid, change, words=words)


def open_dispute(actor: Any, matter: Matter) -> Dispute:
    """Once for a matter: whoever asked is the first party."""
    heads = Person.objects.present().heads().filter(household=matter.household)
    person = matter.person or (heads.order_by("pk").first() if matter.household else None)
    who = person if person and person.name == (matter.caller or person.name) else None
    named = disputes.Named(Party.FIRST, who, "" if who else matter.who, home=matter.household)
    opened = disputes.open_heard(
        actor=actor,
        uuid=uuid5(_DISPUTE, str(matter.uuid)),
        territory=matter.territory,
        source=Dispute.MATTER,
        words=matter.words,
        found_on=matter.opened_on,
        parties=[named],
    )
    return opened.dispute
