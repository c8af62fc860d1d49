"""What was settled on the spot and comes sealed from a shared phone: taken in the name of whose ticket lies inside."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from core.scope import reach_on
from disputes import services
from disputes.models import Dispute, Party
from disputes.models.disputes import REPORTS
from disputes.serializers import SettledIn
from grids.models import Household

ACCEPTED, REFUSED, MISSING, CONFLICT = "accepted", "refused", "missing", "conflict"


def deliver_settled(
    author: Any,
    uuid: UUID,
    body: Any,
    *,
    clock_then: dt.datetime | None,
    vouches: Callable[[dt.datetime], bool],
) -> tuple[str, str]:
    """What became of it, and the dispute's number; its author is not there to mend it.

    What the ticket does not vouch for, or what she may not settle any more, is a dispute that waits for the village,
    with what was said. `clock_then`: what the phone's clock would show now.
    """
    sent = SettledIn(data=body)
    if not sent.is_valid():
        return REFUSED, ""
    if clock_then:
        sent.validated_data["sent_at"] = clock_then
    said, homes = sent.said(), dict[str, Any]()
    known = Dispute.objects.filter(uuid=uuid).first()
    own = known is not None and known.registered_by_id == author.pk
    reach = reach_on(author, REPORTS, said["day"])
    rows = Household.objects.select_related("territory__parent", "village")
    for side in ("household", "other_household"):
        key = sent.validated_data.get(side)
        home = homes[side] = rows.filter(pk=key).first() if key else None
        if key and (home is None or not (own or reach.covers(home.territory))):
            return MISSING, ""
    try:
        if not vouches(sent.settled_at()):
            raise ValidationError("登录的凭条过了时间。")
        done = services.settle_on_spot(actor=author, uuid=uuid, **homes, **said)
    except services.Conflict:
        return _noted_before(author, uuid, known)
    except (PermissionDenied, ValidationError) as refused:
        why = "".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
        return _note(author, uuid, homes, said, why)
    return ACCEPTED, done.dispute.number


def _noted_before(author: Any, uuid: UUID, known: Dispute | None) -> tuple[str, str]:
    """The same that became a note when it came first is the same still."""
    mine = known is not None and known.registered_by_id == author.pk
    if known and mine and known.moves.filter(uuid=uuid5(uuid, "note")).exists():
        return ACCEPTED, known.number
    return CONFLICT, ""


def _note(author: Any, uuid: UUID, homes: dict[str, Any], said: dict[str, Any], why: str) -> tuple[str, str]:
    one, other = homes["household"], homes["other_household"]
    named = [
        services.Named(Party.FIRST, name=one.head_name if one else said.get("one", ""), home=one),
        services.Named(Party.SECOND, name=other.head_name if other else said.get("other", ""), home=other),
    ]
    at = one or other
    kind = said["kind"] or Dispute.OTHER
    try:
        dispute = services.open_heard(
            actor=author,
            uuid=uuid,
            territory=at.territory if at else services.place_of(author),
            words=said.get("about") or f"{dict(Dispute.KINDS)[kind]}的事",
            parties=[each for each in named if each.name.strip()],
            found_on=min(said["day"], clock.today()),
            source=Dispute.SCREENING,
            kind=kind,
        ).dispute
        words = f"没有信号时记的“就地化解”没有算，写的是：{said['words']}。为什么：{why}"
        services.note_sent(actor=author, dispute=dispute, uuid=uuid5(uuid, "note"), words=words)
    except services.Conflict:
        return CONFLICT, ""
    except ValidationError:
        return REFUSED, ""
    return ACCEPTED, dispute.number
