"""Who may do what with one dispute; the table itself is grids/duties.py."""

from typing import Any

from core.scope import may
from disputes.models import Dispute
from disputes.models.disputes import KEEPS, REPORTS, WORKS


def works_on(actor: Any, dispute: Dispute) -> bool:
    """Settles the disputes of the place: the village's people, the town's office, 司法所."""
    return may(actor, WORKS, dispute.territory)


def keeps(actor: Any, dispute: Dispute) -> bool:
    """Works on it, or was told to keep it steady or to settle it and still serves there."""
    hers = getattr(actor, "pk", None) in (dispute.keeper_id, dispute.owner_id)
    return works_on(actor, dispute) or (hers and may(actor, KEEPS, dispute.territory))


def reported(actor: Any, dispute: Dispute) -> bool:
    """As above, or noticed it oneself while it still lies with the grid: whoever is there may settle it on the spot."""
    own = dispute.registered_by_id == getattr(actor, "pk", None) and may(actor, REPORTS, dispute.territory)
    return keeps(actor, dispute) or (own and dispute.level == Dispute.GRID)
