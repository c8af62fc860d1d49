"""告知权利义务: which party got the paper with his rights and duties (人民调解法 §23, §24), when, and by whom."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from core import clock
from core.scope import NOT_YOURS
from disputes.models import Dispute, Move
from disputes.services.agreements import check_day, note_on
from disputes.services.rights import ones_own, works_on
from disputes.services.stepping import locked


@transaction.atomic
def tell_rights(*, actor: Any, dispute: Dispute, told: Mapping[int, dt.date | None]) -> Move | None:
    """`told`: party (key) → day; None takes back what was noted by mistake, and who is not named stays as he is.

    The step says what is new; None where nothing is. PermissionDenied; ValidationError by field (`told-7`), the days
    lie between the one on which the dispute was noticed and today.
    """
    held = locked(dispute)
    if not works_on(actor, held):
        raise PermissionDenied(ones_own(actor, held) or NOT_YOURS)
    said = []
    for party in held.parties.filter(pk__in=list(told)):
        day = told[party.pk]
        if day == party.rights_told_on:
            continue
        check_day(held, f"told-{party.pk}", day)
        party.rights_told_on = day
        party.save(update_fields=["rights_told_on"])
        who = f"{party.side_said} {party.name}"
        said.append(f"{clock.cn_date(day)}交给{who}" if day else f"没有交给{who}，记错了")
    if not said:
        return None
    return note_on(actor, held, f"权利义务告知书：{'；'.join(said)}")
