"""What disputes keeps: the dispute, its parties, steps, panels and papers, and the town's days."""

from disputes.models.disputes import Dispute, DisputeQuerySet
from disputes.models.moves import Move
from disputes.models.panels import Consent, Objection, Observer, Panel, Seat
from disputes.models.papers import Agreement, AgreementQuerySet, Scan, ScanReading, Signature, Summons
from disputes.models.parties import Party
from disputes.models.rules import DisputeRule
from disputes.models.screening import Seen, Subject, SubjectLook
from disputes.models.sittings import MinuteReading, Sitting, Stance, Word

__all__ = [
    "Agreement",
    "AgreementQuerySet",
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
    "Scan",
    "ScanReading",
    "Seat",
    "Seen",
    "Signature",
    "Sitting",
    "Stance",
    "Subject",
    "SubjectLook",
    "Summons",
    "Word",
]
