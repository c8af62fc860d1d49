"""What disputes keeps: the dispute, its parties, every step of it, and the town's days for it."""

from disputes.models.disputes import Dispute, DisputeQuerySet
from disputes.models.moves import Move
from disputes.models.parties import Party
from disputes.models.rules import DisputeRule
from disputes.models.screening import Seen, Subject, SubjectLook

__all__ = ["Dispute", "DisputeQuerySet", "DisputeRule", "Move", "Party", "Seen", "Subject", "SubjectLook"]
