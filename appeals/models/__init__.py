"""What appeals keeps: matters, each of their moves, their 信访登记, meetings, calls, buttons, capable people, cards."""

from appeals.models.calls import Call, CallStep, Times
from appeals.models.cards import Card, CardPrint, PublicNumber
from appeals.models.devices import Device, DeviceStep, Press
from appeals.models.matters import Matter, MatterQuerySet
from appeals.models.meetings import Attendee, Meeting, MeetingQuerySet
from appeals.models.moves import Move
from appeals.models.petitions import Petition, PetitionQuerySet
from appeals.models.rules import ResponseTime
from appeals.models.talents import SKILLS, Talent

__all__ = [
    "SKILLS",
    "Attendee",
    "Call",
    "CallStep",
    "Card",
    "CardPrint",
    "Device",
    "DeviceStep",
    "Matter",
    "MatterQuerySet",
    "Meeting",
    "MeetingQuerySet",
    "Move",
    "Petition",
    "PetitionQuerySet",
    "Press",
    "PublicNumber",
    "ResponseTime",
    "Talent",
    "Times",
]
