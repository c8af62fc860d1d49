"""What disputes keeps: the dispute, its parties, every step of it, the panels that sit about it, the town's days."""

from disputes.models.disputes import Dispute, DisputeQuerySet
from disputes.models.moves import Move
from disputes.models.panels import Consent, Objection, Observer, Panel, Seat
from disputes.models.parties import Party
from disputes.models.rules import DisputeRule
from disputes.models.screening import Seen, Subject, SubjectLook
from disputes.models.sittings import MinuteReading, Sitting, Stance, Word

__all__ = [
    "Consent",
    "Dispute",
    "DisputeQuerySet",
    "DisputeRule",
    "MinuteReading",
    "Move",
    "Objection",
    "Observer",
    "Panel",
    "Party",
    "Seat",
    "Seen",
    "Sitting",
    "Stance",
    "Subject",
    "SubjectLook",
    "Word",
]
