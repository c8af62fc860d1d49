"""What appeals keeps: matters, each of their moves, their 信访登记, meetings, and the town's clocks."""

from appeals.models.matters import Matter, MatterQuerySet
from appeals.models.meetings import Attendee, Meeting, MeetingQuerySet
from appeals.models.moves import Move
from appeals.models.petitions import Petition, PetitionQuerySet
from appeals.models.rules import ResponseTime

__all__ = [
    "Attendee",
    "Matter",
    "MatterQuerySet",
    "Meeting",
    "MeetingQuerySet",
    "Move",
    "Petition",
    "PetitionQuerySet",
    "ResponseTime",
]
