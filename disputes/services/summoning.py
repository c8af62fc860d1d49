"""调解通知: the parties are asked to come, at a time and to a place."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.scope import NOT_YOURS, signer
from disputes.models import Dispute, Summons
from disputes.services.errors import Conflict
from disputes.services.rights import works_on
from disputes.services.stepping import locked, move_on


@transaction.atomic
def summon(*, actor: Any, dispute: Dispute, uuid: UUID, meets_at: dt.datetime | None, place: str) -> Summons:
    """通知调解: one paper for each party. The same again is the same; a later one takes the place of an earlier.

    PermissionDenied; ValidationError by field; Conflict if the number is taken.
    """
    held, place = locked(dispute), place.strip()
    if not works_on(actor, held):
        raise PermissionDenied(NOT_YOURS)
    if known := Summons.objects.filter(uuid=uuid).first():
        if (known.dispute_id, known.meets_at, known.place) != (held.pk, meets_at, place):
            raise Conflict(known)
        return known
    if held.state != Dispute.IN_HAND:
        raise ValidationError("受理了、在调处的纠纷才通知调解。")
    if not held.parties.exists():
        raise ValidationError("还没写当事人，先写上再通知。")
    wrong = {}
    if meets_at is None:
        wrong["meets_at"] = "填什么时候调解。"
    elif meets_at <= clock.now():
        wrong["meets_at"] = "这个时间已经过了，改成以后的。"
    if not place:
        wrong["place"] = "填在哪里调解。"
    if wrong:
        raise ValidationError(wrong)
    assert meets_at is not None
    summons = Summons(
        uuid=uuid,
        dispute=held,
        meets_at=meets_at,
        place=place,
        issued_at=clock.now(),
        issued_by=signer(actor),
    )
    summons.full_clean()
    summons.save(force_insert=True)
    words = f"通知当事人 {clock.cn_moment(meets_at)} 到{place}调解"
    move_on("note", works_on, actor, held, None, lambda row: None, words=words)
    return summons
