"""What appeals keeps: matters, each of their moves, and the town's clocks."""

from appeals.models.matters import Matter, MatterQuerySet
from appeals.models.moves import Move
from appeals.models.rules import ResponseTime

__all__ = ["Matter", "MatterQuerySet", "Move", "ResponseTime"]
