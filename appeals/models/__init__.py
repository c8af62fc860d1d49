"""What appeals keeps: matters, each of their moves, the town's clocks; calls, buttons, capable people, cards."""

from appeals.models.calls import Call, CallStep, Times
from appeals.models.cards import Card, CardPrint, PublicNumber
from appeals.models.devices import Device, DeviceStep, Press
from appeals.models.matters import Matter, MatterQuerySet
from appeals.models.moves import Move
from appeals.models.rules import ResponseTime
from appeals.models.talents import SKILLS, Talent

__all__ = [
    "SKILLS",
    "Call",
    "CallStep",
    "Card",
    "CardPrint",
    "Device",
    "DeviceStep",
    "Matter",
    "MatterQuerySet",
    "Move",
    "Press",
    "PublicNumber",
    "ResponseTime",
    "Talent",
    "Times",
]
