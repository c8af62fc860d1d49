"""The verbs that change the tree. Each locks the roots first: mptt corrupts its ranges under concurrent writes."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from core import clock
from core.after import register_changed
from grids.models import GroupPlacement, Household, Placement, Post, Territory, VillagerGroup
from grids.services.rights import must

_ADD_TOWN_LOCK = 0x686A7401  # any number; the same in every process
BELOW = {Territory.TOWN: Territory.VILLAGE, Territory.VILLAGE: Territory.GRID}
CODE_LENGTH = {Territory.TOWN: 9, Territory.VILLAGE: 12, Territory.GRID: 15}


def lock_tree() -> None:
    """Wait until nobody else changes the tree, and hold it to the end of the transaction."""
    list(Territory.objects.select_for_update().filter(parent__isnull=True).order_by("pk").values_list("pk"))


@transaction.atomic
def add_town(*, name: str, code: str) -> Territory:
    """A new root, made from the command line only. A second town shifts the first one's place in the forest."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # an empty table has no root row to lock
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADD_TOWN_LOCK])
    lock_tree()
    return _insert(None, name=name, code=code, kind=Territory.TOWN)


@transaction.atomic
def add_territory(
    *,
    actor: Any,
    parent: Territory,
    name: str,
    code: str,
    kind: str,
    party_group: str = "",
    note: str = "",
) -> Territory:
    """A village of a town, or a grid of a village. ValidationError if code or name is taken or of the wrong shape."""
    lock_tree()
    parent = Territory.objects.get(pk=parent.pk)  # its range may have moved while we waited
    must(actor, "grids.redraw", parent)
    if BELOW.get(parent.kind) != kind:
        raise ValidationError({"kind": "镇下面是村，村下面是网格。"})
    if parent.closed_on:
        raise ValidationError({"parent": f"{parent}已经撤了，不能再往下添。"})
    return _insert(parent, name=name, code=code, kind=kind, party_group=party_group, note=note)


def _insert(parent: Territory | None, **fields: Any) -> Territory:
    node = Territory(parent=parent, **fields)
    if len(node.code) != CODE_LENGTH[node.kind]:
        raise ValidationError(
            {"code": f"{node.get_kind_display()}的编码是 {CODE_LENGTH[node.kind]} 位数字。"}
        )
    if parent is not None and not node.code.startswith(parent.code):
        raise ValidationError({"code": f"编码要以{parent}的 {parent.code} 开头。"})
    node.full_clean()
    node.save()
    return node


@transaction.atomic
def describe_territory(*, actor: Any, territory: Territory, **fields: str) -> Territory:
    """Change name, party_group or note; the place in the tree stays."""
    lock_tree()
    territory = Territory.objects.get(pk=territory.pk)
    if "name" in fields and fields["name"] != territory.name:
        must(actor, "grids.redraw", territory)
    must(actor, "posts.manage", territory)
    if unknown := fields.keys() - {"name", "party_group", "note"}:
        raise TypeError(f"not to be described: {unknown}")
    for field, value in fields.items():
        setattr(territory, field, value)
    territory.full_clean()
    territory.save(update_fields=list(fields))
    return territory


@transaction.atomic
def close_territory(*, actor: Any, territory: Territory, on: dt.date) -> Territory:
    """A grid or village that is no more. Its code is never used again; households and groups must have left it."""
    lock_tree()
    territory = Territory.objects.get(pk=territory.pk)
    must(actor, "grids.redraw", territory)
    if on > clock.today():
        raise ValidationError("这一天还没到，到那天再撤。")
    if territory.closed_on:
        raise ValidationError(f"{territory}早就撤了。")
    if territory.kind == Territory.TOWN:
        raise ValidationError("镇不能撤。")
    if territory.children.filter(closed_on__isnull=True).exists():
        raise ValidationError(f"{territory}下面还有网格，先撤网格。")
    if VillagerGroup.objects.filter(grid=territory).exists():
        raise ValidationError(f"{territory}里还有村民组，先划到别的网格。")
    if Household.objects.filter(territory=territory).exists():
        raise ValidationError(f"{territory}里还有户，先划到别的网格。")
    held = Post.objects.filter(territory=territory)
    held.filter(since__gt=on).delete()
    for post in held.from_day(on):
        post.until = on
        post.save(update_fields=["until"])
    territory.closed_on = on
    territory.save(update_fields=["closed_on"])
    return territory


@transaction.atomic
def start_village(*, actor: Any, village: Territory, month: dt.date) -> Territory:
    """From which month visits are owed; never moved to a later month once it is set."""
    lock_tree()
    village = Territory.objects.get(pk=village.pk)
    must(actor, "imports.run", village)
    month = month.replace(day=1)
    if village.start_month is None or month < village.start_month:
        village.start_month = month
        village.save(update_fields=["start_month"])
    return village


@transaction.atomic
def add_group(
    *, actor: Any, grid: Territory, name: str, since: dt.date, position: int | None = None
) -> VillagerGroup:
    """A villager group of the grid's village, lying in the grid since that day; at the end of the village's list."""
    must(actor, "posts.manage", grid)
    if grid.kind != Territory.GRID:
        raise ValidationError({"grid": "村民组要划在网格里。"})
    if position is None:
        last = VillagerGroup.objects.filter(village_id=grid.parent_id).order_by("-position").first()
        position = last.position + 1 if last else 1
    group = VillagerGroup(village_id=grid.parent_id, grid=grid, name=name, position=position)
    group.full_clean()
    group.save()
    GroupPlacement.objects.create(group=group, grid=grid, since=since)
    return group


@transaction.atomic
def redraw(*, actor: Any, group: VillagerGroup, grid: Territory, since: dt.date) -> VillagerGroup:
    """From `since` on the group and its households lie in `grid`; what was reported for earlier days stays.

    ValidationError for a day to come, another village's grid, or a day before the group's present place began.
    """
    lock_tree()
    grid = Territory.objects.get(pk=grid.pk)
    group = VillagerGroup.objects.select_for_update().get(pk=group.pk)
    must(actor, "grids.redraw", grid)
    must(actor, "grids.redraw", group.grid)
    if grid.kind != Territory.GRID or grid.parent_id != group.village_id or grid.closed_on:
        raise ValidationError({"grid": "村民组只能划到本村在用的网格。"})
    if since > clock.today():
        raise ValidationError({"since": "这一天还没到，到那天再划。"})
    if group.grid_id == grid.pk:
        return group
    held = GroupPlacement.objects.get(group=group, until__isnull=True)
    if since < held.since:
        raise ValidationError({"since": f"{held.since:%Y-%m-%d} 刚划过，日期不能比它早。"})
    _follow(GroupPlacement.objects.filter(group=group), since, {"group": group, "grid": grid})
    group.grid = grid
    group.save(update_fields=["grid"])
    register_changed(_move_households(group, grid, since))
    return group


def _follow(placements: Any, since: dt.date, opened: dict[str, Any]) -> None:
    """Close the open placement the day before `since` (or drop it, if it began that day) and open the next."""
    current = placements.filter(until__isnull=True)
    current.filter(since__gte=since).delete()
    current.update(until=since - dt.timedelta(days=1))
    placements.model.objects.create(since=since, **opened)


def _move_households(group: VillagerGroup, grid: Territory, since: dt.date) -> set[int]:
    """Every household of the group goes with it: set-based, a village has thousands. The ids that moved."""
    ids = list(
        Household.objects.select_for_update().filter(group=group).present().values_list("pk", flat=True)
    )
    open_now = Placement.objects.filter(
        household__group=group, household__ended_on__isnull=True, until__isnull=True
    )
    begun_later = dict(open_now.filter(since__gt=since).values_list("household_id", "since"))
    open_now.filter(since__gte=since).delete()
    open_now.update(until=since - dt.timedelta(days=1))
    Placement.objects.bulk_create(
        Placement(household_id=pk, territory=grid, group=group, since=begun_later.get(pk, since))
        for pk in ids
    )
    Household.objects.filter(group=group).update(territory=grid)
    return set(ids)


def check_tree() -> list[str]:
    """Everything wrong with the nested sets, in words; empty if all is well. A wrong range is a breach of scope."""
    nodes = list(Territory.objects.order_by("tree_id", "lft", "pk"))
    by_pk = {node.pk: node for node in nodes}
    found = []
    for node in nodes:
        parent = by_pk.get(node.parent_id)
        if node.lft >= node.rght:
            found.append(f"{node.code} {node}：左右值颠倒（{node.lft}, {node.rght}）")
        if parent is None:
            if node.level != 0 or node.lft != 1:
                found.append(f"{node.code} {node}：是根，层级或左值却不对")
        elif node.tree_id != parent.tree_id or not parent.lft < node.lft < node.rght < parent.rght:
            found.append(f"{node.code} {node}：不在上级{parent}的范围里")
        elif node.level != parent.level + 1:
            found.append(f"{node.code} {node}：层级不对")
    for tree in {node.tree_id for node in nodes}:
        ends = sorted(end for node in nodes if node.tree_id == tree for end in (node.lft, node.rght))
        if ends != list(range(1, len(ends) + 1)):
            found.append(f"第 {tree} 棵树：左右值有空缺或重复")
    roots = [node for node in nodes if node.parent_id is None]
    if len({root.tree_id for root in roots}) != len(roots):
        found.append("有两个镇在同一棵树里")
    return found
