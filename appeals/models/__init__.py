"""What appeals keeps: matters, each of their moves, their 信访登记, and the town's clocks."""

from appeals.models.matters import Matter, MatterQuerySet
from appeals.models.moves import Move
from appeals.models.petitions import Petition, PetitionQuerySet
from appeals.models.rules import ResponseTime

__all__ = ["Matter", "MatterQuerySet", "Move", "Petition", "PetitionQuerySet", "ResponseTime"]
