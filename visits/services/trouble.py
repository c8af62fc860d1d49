"""有新情况: whether anything a household has told is still open: found by a visit, or now a matter or a dispute."""

from django.db.models import Exists, OuterRef, Q

from appeals.models import Matter
from disputes.models import Dispute
from visits.models import Finding


def in_trouble(household: str = "household") -> Q:
    """For rows that have a household under that name; the one rule of 无事 (domain.md: 一户走过，没有新情况)."""
    here = {"household": OuterRef(household)}
    found = Finding.objects.open().filter(**here)
    quarrels = Dispute.objects.open().filter(parties__household=OuterRef(household))
    return Q(Exists(found)) | Q(Exists(Matter.objects.open().filter(**here))) | Q(Exists(quarrels))
