"""The verbs that change the tree. Each locks the roots first: mptt corrupts its ranges under concurrent writes."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from core import clock
from grids.models import GroupPlacement, Household, Placement, Post, Territory, VillagerGroup
from grids.services.rights import must
from grids.words import group_key

_ADD_TOWN_LOCK = 0x686A7401  # any number; the same in every process
BELOW = {Territory.TOWN: Territory.VILLAGE, Territory.VILLAGE: Territory.GRID}
CODE_LENGTH = {Territory.TOWN: 9, Territory.VILLAGE: 12, Territory.GRID: 15}
EARLIEST = dt.date(
    2000, 1, 1
)  # nothing the register keeps of the tree is older; a year 0001 is a slip of the hand


def lock_tree() -> None:
    """Wait until nobody else changes the tree, and hold it to the end of the transaction."""
    list(Territory.objects.select_for_update().filter(parent__isnull=True).order_by("pk").values_list("pk"))


def lock_village(pk: int | None) -> None:
    """Wait for whoever gives out this village's household numbers or changes which households its groups hold.

    Or registers devices, cards and capable people there (appeals). Who needs several locks takes them in this order:
    the roots (`lock_tree`), villages by pk, their groups, their households by pk.
    """
    list(Territory.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))


def check_day(day: dt.date, field: str) -> None:
    """ValidationError at `field` for a day that can only be a slip: before 2000 or more than a year ahead."""
    latest = clock.today() + dt.timedelta(days=366)
    if day < EARLIEST:
        raise ValidationError({field: f"日期太早，最早写到 {EARLIEST:%Y-%m-%d}。"})
    if day > latest:
        raise ValidationError({field: f"日期太远，最晚写到一年以后（{latest:%Y-%m-%d}）。"})


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
    _refuse_same_name(node)
    node.full_clean()
    node.save()
    return node


def _refuse_same_name(node: Territory) -> None:
    """A name is used once below one parent; the constraint that holds it would have no field to say so at."""
    same = Territory.objects.filter(parent=node.parent_id, name=node.name).exclude(pk=node.pk).first()
    if same is not None:
        closed = f"，{same.closed_on:%Y-%m-%d} 撤的" if same.closed_on else ""
        raise ValidationError(
            {"name": f"已有同名的：{same.full_name}（编码 {same.code}{closed}）。换个名称。"}
        )


def next_code(parent: Territory) -> str:
    """The first code below `parent` after all that were ever given, closed ones included; "" if there is no more."""
    below = Territory.objects.filter(parent=parent).order_by("-code").values_list("code", flat=True).first()
    number = int(below[len(parent.code) :]) + 1 if below else 1
    return f"{parent.code}{number:03d}" if number < 1000 else ""


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
    _refuse_same_name(territory)
    territory.full_clean()
    territory.save(update_fields=list(fields))
    return territory


@transaction.atomic
def close_territory(*, actor: Any, territory: Territory, on: dt.date) -> Territory:
    """A grid or village that is no more. Its code is never used again; households and groups must have left it."""
    lock_tree()
    territory = Territory.objects.get(pk=territory.pk)
    must(actor, "grids.redraw", territory)
    check_day(on, "on")
    if on > clock.today():
        raise ValidationError({"on": "这一天还没到，到那天再撤。"})
    if territory.closed_on:
        raise ValidationError(f"{territory}早就撤了。")
    if territory.kind == Territory.TOWN:
        raise ValidationError("镇不能撤。")
    if territory.children.filter(closed_on__isnull=True).exists():
        raise ValidationError(f"{territory}下面还有网格，先撤网格。")
    if VillagerGroup.objects.in_use().filter(grid=territory).exists():
        raise ValidationError(f"{territory}里还有村民组，先划到别的网格。")
    if Household.objects.present().filter(territory=territory).exists():
        raise ValidationError(f"{territory}里还有户，先划到别的网格。")
    left = GroupPlacement.objects.filter(grid=territory).order_by("-until").first()
    if left is not None and left.until and left.until >= on:
        raise ValidationError({"on": f"到 {left.until:%Y-%m-%d} 里面还有村民组，日期要比它晚。"})
    held = Post.objects.filter(territory=territory)
    if later := held.filter(since__gt=on).order_by("-since").select_related("officer").first():
        said = f"{later} {later.since:%Y-%m-%d} 才上岗，日期不能比它早。"
        raise ValidationError({"on": said})
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
    lock_tree()
    grid = Territory.objects.get(pk=grid.pk)  # it may have been closed while we waited
    must(actor, "posts.manage", grid)
    check_day(since, "since")
    if grid.kind != Territory.GRID:
        raise ValidationError({"grid": "村民组要划在网格里。"})
    if grid.closed_on:
        raise ValidationError({"grid": f"{grid}已经撤了。"})
    _refuse_same_group(grid.parent_id, name)
    if position is None:
        last = VillagerGroup.objects.filter(village_id=grid.parent_id).order_by("-position").first()
        position = last.position + 1 if last else 1
    group = VillagerGroup(village_id=grid.parent_id, grid=grid, name=name, position=position)
    group.full_clean()
    group.save()
    GroupPlacement.objects.create(group=group, grid=grid, since=since)
    return group


def _refuse_same_group(village_id: int | None, name: str, pk: int | None = None) -> None:
    """一组, 1组 and 第一村民组 are one group: a roster could not tell two of them apart."""
    others = VillagerGroup.objects.filter(village=village_id)
    for group in others if pk is None else others.exclude(pk=pk):
        if group_key(group.name) == group_key(name):
            closed = f"，{group.closed_on:%Y-%m-%d} 撤的" if group.closed_on else ""
            raise ValidationError({"name": f"村里已有这个组：{group}{closed}。换个名称。"})


@transaction.atomic
def rename_group(*, actor: Any, group: VillagerGroup, name: str) -> VillagerGroup:
    """Another name; the group, its households and its past stay."""
    lock_tree()
    group = VillagerGroup.objects.select_for_update().get(pk=group.pk)
    must(actor, "posts.manage", group.grid)
    _refuse_same_group(group.village_id, name, group.pk)
    group.name = name
    group.full_clean()
    group.save(update_fields=["name"])
    return group


@transaction.atomic
def close_group(*, actor: Any, group: VillagerGroup, on: dt.date) -> VillagerGroup:
    """A villager group that is no more; its households must have left it. `on` is its last day."""
    lock_tree()
    lock_village(group.village_id)  # before it is counted who lives there
    group = VillagerGroup.objects.select_for_update().get(pk=group.pk)
    must(actor, "posts.manage", group.grid)
    check_day(on, "on")
    if on > clock.today():
        raise ValidationError({"on": "这一天还没到，到那天再撤。"})
    if group.closed_on:
        raise ValidationError(f"{group}早就撤了。")
    if count := Household.objects.present().filter(group=group).count():
        raise ValidationError(f"{group}里还有 {count} 户，先在各户那里换村民组。")
    held = GroupPlacement.objects.get(group=group, until__isnull=True)
    last = Placement.objects.filter(group=group).order_by("-until").first()
    earliest = max(held.since, last.until if last and last.until else held.since)
    if on < earliest:
        raise ValidationError({"on": f"到 {earliest:%Y-%m-%d} 里面还有户，日期不能比它早。"})
    held.until = on
    held.save(update_fields=["until"])
    group.closed_on = on
    group.save(update_fields=["closed_on"])
    return group


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
