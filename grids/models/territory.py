"""The tree 镇 → 村（社区）→ 网格 and the villager groups (村民组) that grids are made of.

Only this module and core.scope know that `lft` and `rght` exist; territories change only through grids.services.
"""

from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from mptt.models import MPTTModel, TreeForeignKey, TreeManager
from simple_history.models import HistoricalRecords

from core.models import Dated
from core.scope import ScopedQuerySet


class TerritoryQuerySet(ScopedQuerySet):
    def towns(self) -> Self:
        return self.filter(kind=Territory.TOWN)

    def villages(self) -> Self:
        return self.filter(kind=Territory.VILLAGE)

    def grids(self) -> Self:
        return self.filter(kind=Territory.GRID)

    def in_use(self) -> Self:
        return self.filter(closed_on__isnull=True)

    def in_order(self) -> Self:
        """The town's own order: as in the plan, each village followed by its grids."""
        return self.order_by("tree_id", "lft")


class TerritoryManager(TreeManager.from_queryset(TerritoryQuerySet)):  # type: ignore[misc]
    """mptt's manager with our adjectives."""


class Territory(MPTTModel):
    """A node: town, village or grid. Codes are text (town 9 digits, village 12, grid 15) and are never reused."""

    TERRITORY = ""  # it is the tree itself

    TOWN, VILLAGE, GRID = "town", "village", "grid"
    KINDS = ((TOWN, "镇"), (VILLAGE, "村（社区）"), (GRID, "网格"))

    parent = TreeForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    kind = models.CharField("层级", max_length=10, choices=KINDS)
    name = models.CharField("名称", max_length=40)
    code = models.CharField(
        "编码",
        max_length=15,
        unique=True,
        validators=[
            RegexValidator(r"^(\d{9}|\d{12}|\d{15})$", "编码是 9 位（镇）、12 位（村）或 15 位（网格）数字。")
        ],
        error_messages={"unique": "这个编码用过了，编码不能重复用。"},
    )
    start_month = models.DateField(
        "从哪个月起算走访", null=True, blank=True, help_text="村里第一次导入花名册时自动填上"
    )
    party_group = models.CharField("党小组", max_length=60, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    closed_on = models.DateField("哪天撤的", null=True, blank=True, editable=False)

    # Where a node lies in the nested sets is no fact about it, and mptt adds those columns after the history is made.
    history = HistoricalRecords(verbose_name="修改记录", excluded_fields=["lft", "rght", "tree_id", "level"])
    objects = TerritoryManager()

    class MPTTMeta:
        order_insertion_by = ["code"]

    class Meta:
        verbose_name = verbose_name_plural = "区划"
        indexes = [models.Index(fields=["tree_id", "lft"], name="grids_territory_tree")]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="grids_territory_name",
                violation_error_message="同一个上级下面已有同名的。",
            ),
            models.CheckConstraint(
                condition=Q(kind="town", parent__isnull=True) | (~Q(kind="town") & Q(parent__isnull=False)),
                name="grids_territory_root",
                violation_error_message="镇没有上级；村和网格必须有上级。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def village(self) -> "Territory | None":
        """The village it is or lies in; None for a town."""
        return {self.VILLAGE: self, self.GRID: self.parent}.get(self.kind)

    @property
    def village_ids(self) -> list[int]:
        """The village it is or lies in, of a town all its villages; one query for a town, none else."""
        if self.kind == self.TOWN:
            return list(Territory.objects.at(self).villages().values_list("pk", flat=True))
        return [self.parent_id if self.kind == self.GRID else self.pk]

    @property
    def full_name(self) -> str:
        """`金星村 金星第二网格`."""
        return f"{self.parent} {self}" if self.kind == self.GRID else self.name


class VillagerGroupQuerySet(ScopedQuerySet):
    def in_use(self) -> Self:
        return self.filter(closed_on__isnull=True)


class VillagerGroup(models.Model):
    """村民组. It belongs to its village for ever and to one grid at a time (GroupPlacement says since when)."""

    TERRITORY = "grid"

    village = models.ForeignKey(Territory, models.PROTECT, related_name="groups", verbose_name="村")
    name = models.CharField("名称", max_length=20)
    position = models.PositiveSmallIntegerField("顺序", default=0)
    grid = models.ForeignKey(Territory, models.PROTECT, related_name="grid_groups", verbose_name="网格")
    closed_on = models.DateField("哪天撤的", null=True, blank=True, editable=False)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = VillagerGroupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "村民组"
        ordering = ("village", "position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["village", "name"],
                name="grids_group_name",
                violation_error_message="村里已有这个组。",
            )
        ]

    def __str__(self) -> str:
        return self.name


class GroupPlacement(Dated):
    """In which grid a villager group lay, and when: re-drawing a grid is a dated fact."""

    TERRITORY = "grid"

    group = models.ForeignKey(VillagerGroup, models.PROTECT, related_name="placements", verbose_name="村民组")
    grid = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "村民组划入网格"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["group"], condition=Q(until__isnull=True), name="grids_group_one_grid"
            ),
        ]
