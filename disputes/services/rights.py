"""Who may do what with one dispute; the table itself is grids/duties.py."""

from collections.abc import Iterable
from typing import Any

from core.scope import kept, may
from disputes.models import Dispute, Party
from disputes.models.disputes import KEEPS, REPORTS, SEES, WORKS
from grids.models import Person

ONES_OWN = "这件纠纷里您自己是当事人，不能由您经手。请别的村干部来办，或者报镇里。"
KINS_OWN = "这件纠纷里您家里人是当事人，不能由您经手。请别的村干部来办，或者报镇里。"


def is_party(actor: Any, dispute: Dispute) -> bool:
    """Whether he is at odds himself: his post was matched to a person of the register, and that person is a party."""
    me = getattr(actor, "pk", None)
    if me is None:
        return False
    return dispute.pk in kept(("quarrels", me), lambda: _quarrels_of(me))


def _quarrels_of(user: int) -> set[int]:
    return set(Party.objects.filter(person__in=Person.of_user(user)).values_list("dispute", flat=True))


def is_near(actor: Any, dispute: Dispute) -> bool:
    """Whether he or one of his household is at odds: such a one does not handle it (回避)."""
    me = getattr(actor, "pk", None)
    if me is None:
        return False
    return dispute.pk in kept(("quarrels near", me), lambda: Party.disputes_near(me))


def ones_own(actor: Any, dispute: Dispute) -> str:
    """Why he may not handle it, "" if it is nobody's of his."""
    if is_party(actor, dispute):
        return ONES_OWN
    return KINS_OWN if is_near(actor, dispute) else ""


def reads_across(actor: Any, dispute: Dispute, parties: Iterable[Party]) -> bool:
    """Whether he reads it only because a household of his village is a party to a dispute that another village has."""
    if may(actor, SEES, dispute.territory):
        return False
    villages = {party.household.village for party in parties if party.household}
    return any(may(actor, SEES, village) for village in villages)


def works_on(actor: Any, dispute: Dispute) -> bool:
    """Settles the disputes of the place: the village's people, the town's office, 司法所; nobody his own."""
    return may(actor, WORKS, dispute.territory) and not is_near(actor, dispute)


def keeps(actor: Any, dispute: Dispute) -> bool:
    """Works on it, or was told to keep it steady or to settle it and still serves there."""
    hers = getattr(actor, "pk", None) in (dispute.keeper_id, dispute.owner_id)
    kept_by = hers and may(actor, KEEPS, dispute.territory) and not is_near(actor, dispute)
    return works_on(actor, dispute) or kept_by


def reported(actor: Any, dispute: Dispute) -> bool:
    """As above, or noticed it oneself while it still lies with the grid: whoever is there may settle it on the spot."""
    own = dispute.registered_by_id == getattr(actor, "pk", None) and may(actor, REPORTS, dispute.territory)
    own = own and not is_near(actor, dispute)
    return keeps(actor, dispute) or (own and dispute.level == Dispute.GRID)
