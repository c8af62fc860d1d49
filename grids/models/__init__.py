"""The register as tables."""

from grids.models import lookups  # noqa: F401  (registers `holds`)
from grids.models.changes import ElsewhereAnswer, RegisterChange, Unmasking
from grids.models.posts import Officer, Post, WithheldVerb
from grids.models.redrawing import Boundary, GridSize, Redrawing
from grids.models.register import Absence, Category, CategoryKind, Household, Membership, Person, Placement
from grids.models.territory import GroupPlacement, Territory, VillagerGroup

__all__ = [
    "Absence",
    "Boundary",
    "Category",
    "CategoryKind",
    "ElsewhereAnswer",
    "GridSize",
    "GroupPlacement",
    "Household",
    "Membership",
    "Officer",
    "Person",
    "Placement",
    "Post",
    "Redrawing",
    "RegisterChange",
    "Territory",
    "Unmasking",
    "VillagerGroup",
    "WithheldVerb",
]
