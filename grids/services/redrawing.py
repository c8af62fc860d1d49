"""Grids are re-drawn from a day on, several groups and households in one step, and put back while nothing rests on it.

What was reported for earlier days stays: places are dated, and whoever hears of the change (core.after) lets only what
is open follow the households.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from core import clock
from core.after import register_changed
from core.ledger.sealing import sealed_until
from core.periods import Month
from grids.models import GroupPlacement, Household, Placement, Redrawing, Territory, VillagerGroup
from grids.services.rights import SERVER, must
from grids.services.territory import lock_tree, lock_village

DAY = dt.timedelta(days=1)
NOTHING = "没有要划的：选一个组或一户，划到别的网格。"
LATER = "后面又有变动，撤不掉。要改回去，再调整一次。"

# What upper rooms have built on a new place: `ask(household ids, the day they lie there from, when it was drawn)`.
RestsOn = Callable[[set[int], dt.date, dt.datetime], str]
_rests_on: list[RestsOn] = []


def register_rests_on(ask: RestsOn) -> None:
    """Have `ask` say, in a sentence, why a re-drawing can no longer be taken back; "" if it can. Once each."""
    if ask not in _rests_on:
        _rests_on.append(ask)


def redraw(
    *, actor: Any, group: VillagerGroup, grid: Territory, since: dt.date, why: str = ""
) -> VillagerGroup:
    """From `since` on one group and its households lie in `grid`; nothing happens if it lies there."""
    with transaction.atomic():
        lock_tree()
        group = VillagerGroup.objects.get(pk=group.pk)
        if group.grid_id == grid.pk and not group.closed_on:
            must(actor, "grids.redraw", Territory.objects.get(pk=grid.pk))
            return group
        draw(actor=actor, village=group.village, since=since, groups={group.pk: grid.pk}, why=why)
        return VillagerGroup.objects.get(pk=group.pk)


@transaction.atomic
def draw(
    *,
    actor: Any,
    village: Territory,
    since: dt.date,
    groups: Mapping[int, int],
    households: Mapping[int, int] | None = None,
    why: str = "",
) -> Redrawing:
    """From `since` on these `groups` lie in these grids and these `households` belong to these groups (ids to ids).

    A household always lies in the grid of its group. ValidationError for a day to come or before a present place
    began, for another village's grid, group or household, and if nothing would change.
    """
    lock_tree()
    lock_village(
        village.pk
    )  # a household that changes its group this moment must not miss where the group goes
    village = Territory.objects.get(pk=village.pk)
    must(actor, "grids.redraw", village)
    if since > clock.today():
        raise ValidationError({"since": "这一天还没到，到那天再划。"})
    if said := _sealed_then(village, since):
        raise ValidationError({"since": said})
    groups_in_order = VillagerGroup.objects.select_for_update().filter(village=village).order_by("pk")
    all_groups = {group.pk: group for group in groups_in_order}
    moved = _groups_to_move(village, all_groups, groups)
    singles = _households_to_move(village, all_groups, households or {})
    if not moved and not singles:
        raise ValidationError(NOTHING)
    effects = {"groups": [_move_group(all_groups[pk], grid, since) for pk, grid in moved.items()]}
    effects["households"] = _move_households(all_groups, set(moved), singles, since)
    redrawing = Redrawing.objects.create(
        village=village,
        since=since,
        why=why,
        effects=effects,
        drawn_by=None if actor is SERVER else actor,
        drawn_at=clock.now(),
    )
    register_changed(row[0] for row in effects["households"])
    return redrawing


def _sealed_then(village: Territory, since: dt.date) -> str:
    """Why nothing can be drawn anew from that day on: a month it reaches into was reported; "" if none was."""
    until = sealed_until(village)
    if until is None or since > until:
        return ""
    month, free = Month.of(until), until + DAY
    first = clock.cn_date(free)
    how = f"改成从{first}或以后划；一定要从那天划的，请镇里先把封存的月份重新打开。"
    return f"{village}{month.title}已经封存，报上去的数不能动。{how}"


def _groups_to_move(
    village: Territory, all_groups: Mapping[int, VillagerGroup], wanted: Mapping[int, int]
) -> dict[int, int]:
    """Of the groups asked for, those that lie elsewhere today."""
    grids = set(village.get_children().in_use().grids().values_list("pk", flat=True))
    for pk, grid in wanted.items():
        if pk not in all_groups or grid not in grids:
            raise ValidationError({"grid": "村民组只能划到本村在用的网格。"})
        if closed := all_groups[pk].closed_on:
            raise ValidationError({"group": f"{all_groups[pk]} {closed:%Y-%m-%d} 已经撤了。"})
    return {pk: grid for pk, grid in sorted(wanted.items()) if all_groups[pk].grid_id != grid}


def _households_to_move(
    village: Territory, all_groups: Mapping[int, VillagerGroup], wanted: Mapping[int, int]
) -> dict[int, int]:
    """Of the households asked for, those that belong to another group today."""
    present = Household.objects.present().filter(village=village, pk__in=wanted)
    now = dict(present.values_list("pk", "group"))
    for pk, group in wanted.items():
        if pk not in now:
            raise ValidationError({"household": "有一户不在这个村了，刷新页面重选。"})
        if group not in all_groups or all_groups[group].closed_on:
            raise ValidationError({"household": "户只能划到本村在用的村民组。"})
    return {pk: group for pk, group in sorted(wanted.items()) if now[pk] != group}


def _move_group(group: VillagerGroup, grid: int, since: dt.date) -> list[Any]:
    """The group's own place; what was done, as `effects` keeps it."""
    held = GroupPlacement.objects.get(group=group, until__isnull=True)
    if since < held.since:
        raise ValidationError({"since": f"{group} {held.since:%Y-%m-%d} 刚划过，日期不能比它早。"})
    replaced, before = held.since == since, group.grid_id
    if replaced:
        held.delete()
    else:
        held.until = since - DAY
        held.save(update_fields=["until"])
    GroupPlacement.objects.create(group=group, grid_id=grid, since=since)
    group.grid_id = grid
    group.save(update_fields=["grid"])
    return [group.pk, before, grid, replaced]


def _move_households(
    all_groups: Mapping[int, VillagerGroup], moved: set[int], singles: Mapping[int, int], since: dt.date
) -> list[list[Any]]:
    """Every household whose group moved, and those moved by themselves: set-based, a village has thousands.

    A household that came later than `since` lies in the new grid from its own first day.
    """
    mine = Household.objects.select_for_update().present().order_by("pk")
    rows = list(mine.filter(Q(group__in=moved) | Q(pk__in=singles)))  # one look: all of them locked by pk
    open_now = {
        place.household_id: place
        for place in Placement.objects.filter(household__in=[row.pk for row in rows], until__isnull=True)
    }
    effects: list[list[Any]] = []
    gone: list[int] = []
    ended: list[int] = []
    made: list[Placement] = []
    changed: list[Household] = []
    for row in rows:
        group = all_groups[singles.get(row.pk, row.group_id)]
        if (group.pk, group.grid_id) == (row.group_id, row.territory_id):
            continue  # its group went, and it stays behind in another one of the same grid: nothing to do
        place = open_now[row.pk]
        if row.pk in singles and since < place.since:
            said = f"{row}（{row.number}）{place.since:%Y-%m-%d} 才到现在的组，日期不能比它早。"
            raise ValidationError({"since": said})
        first, replaced = max(since, place.since), place.since >= since
        (gone if replaced else ended).append(place.pk)
        made.append(
            Placement(household_id=row.pk, territory_id=group.grid_id, group_id=group.pk, since=first)
        )
        effects.append(
            [row.pk, row.group_id, row.territory_id, group.pk, group.grid_id, first.isoformat(), replaced]
        )
        row.group_id, row.territory_id = group.pk, group.grid_id
        changed.append(row)
    Placement.objects.filter(pk__in=gone).delete()
    Placement.objects.filter(pk__in=ended).update(until=since - DAY)
    Placement.objects.bulk_create(made)
    Household.objects.bulk_update(changed, ["group", "territory"], batch_size=200)
    return effects


# --- taking it back -------------------------------------------------------------------------------------------------


def why_not_undo(redrawing: Redrawing) -> str:
    """Why a re-drawing cannot be taken back any more, in a sentence; "" if it can."""
    if redrawing.undone_at:
        return "已经撤销了。"
    if Redrawing.objects.in_force().filter(village=redrawing.village_id, pk__gt=redrawing.pk).exists():
        return "后面还调整过网格，先撤销后面那一次。"
    groups, households = redrawing.effects["groups"], redrawing.effects["households"]
    said = _closed(groups, households) or _groups_moved_on(groups, redrawing.since)
    said = said or _households_moved_on(groups, households)
    if not said and (sealed := _sealed_then(redrawing.village, redrawing.since)):
        said = f"{sealed.partition('。')[0]}，撤不掉。要改回去，从没封存的月份再调整一次。"
    if said:
        return said
    touched = {row[0] for row in households}
    return next(
        (said for ask in _rests_on if (said := ask(touched, redrawing.since, redrawing.drawn_at))), ""
    )


def _closed(groups: list[list[Any]], households: list[list[Any]]) -> str:
    """A grid or group to which something would go back is no more."""
    grids = {row[1] for row in groups} | {row[2] for row in households}
    gone: Any = Territory.objects.filter(pk__in=grids, closed_on__isnull=False).first()
    gone = (
        gone
        or VillagerGroup.objects.filter(
            pk__in={row[1] for row in households}, closed_on__isnull=False
        ).first()
    )
    return f"原来的{gone}已经撤了，划不回去。" if gone else ""


def _groups_moved_on(groups: list[list[Any]], since: dt.date) -> str:
    now = {
        place.group_id: place
        for place in GroupPlacement.objects.filter(
            group__in=[row[0] for row in groups], until__isnull=True
        ).select_related("group")
    }
    for pk, _, grid, _ in groups:
        place = now.get(pk)
        if place is None or (place.grid_id, place.since) != (grid, since):
            return LATER
    return ""


def _households_moved_on(groups: list[list[Any]], households: list[list[Any]]) -> str:
    touched = [row[0] for row in households]
    now = {place.household_id: place for place in _open(touched)}
    for pk, _, _, group, grid, first, _ in households:
        place = now.get(pk)
        if place is None or (place.group_id, place.territory_id, place.since.isoformat()) != (
            group,
            grid,
            first,
        ):
            home = Household.objects.get(pk=pk)
            return f"{home}（{home.number}）后来又有变动，撤不掉。要改回去，再调整一次。"
    came = Household.objects.present().filter(group__in=[row[0] for row in groups]).exclude(pk__in=touched)
    if newcomer := came.order_by("pk").first():
        return (
            f"{newcomer}（{newcomer.number}）是划过以后才到{newcomer.group}的，撤不掉。要改回去，再调整一次。"
        )
    return ""


def _open(households: Iterable[int]) -> Any:
    return Placement.objects.filter(household__in=list(households), until__isnull=True)


@transaction.atomic
def undo_redrawing(*, actor: Any, redrawing: Redrawing) -> Redrawing:
    """As if it had never been: every place as before. ValidationError, saying why, if something rests on it."""
    lock_tree()
    lock_village(redrawing.village_id)
    redrawing = Redrawing.objects.select_for_update().get(pk=redrawing.pk)
    must(actor, "grids.redraw", Territory.objects.get(pk=redrawing.village_id))
    groups, households = redrawing.effects["groups"], redrawing.effects["households"]
    touched = [row[0] for row in households]
    list(Household.objects.select_for_update().filter(pk__in=touched).order_by("pk").values_list("pk"))
    if said := why_not_undo(redrawing):
        raise ValidationError(said)
    for pk, before, _, replaced in groups:
        places = GroupPlacement.objects.filter(group=pk)
        places.get(until__isnull=True).delete()
        if replaced:
            places.create(group_id=pk, grid_id=before, since=redrawing.since)
        else:
            places.filter(until=redrawing.since - DAY, grid=before).update(until=None)
        VillagerGroup.objects.filter(pk=pk).update(grid=before)
    _put_households_back(households, redrawing.since)
    redrawing.undone_at = clock.now()
    redrawing.undone_by = None if actor is SERVER else actor
    redrawing.save(update_fields=["undone_at", "undone_by"])
    register_changed(touched)
    return redrawing


def _put_households_back(households: list[list[Any]], since: dt.date) -> None:
    _open(row[0] for row in households).delete()
    Placement.objects.bulk_create(
        Placement(household_id=pk, group_id=group, territory_id=grid, since=dt.date.fromisoformat(first))
        for pk, group, grid, _, _, first, replaced in households
        if replaced
    )
    ended = [row[0] for row in households if not row[6]]
    Placement.objects.filter(household__in=ended, until=since - DAY).update(until=None)
    rows = Household.objects.in_bulk([row[0] for row in households])
    for pk, group, grid, *_ in households:
        rows[pk].group_id, rows[pk].territory_id = group, grid
    Household.objects.bulk_update(rows.values(), ["group", "territory"], batch_size=200)


def told(redrawing: Redrawing) -> str:
    """What a re-drawing did: `一组、二组 划到金星第二网格；另划 1 户`."""
    names = dict(VillagerGroup.objects.filter(village=redrawing.village_id).values_list("pk", "name"))
    grids = dict(Territory.objects.filter(parent=redrawing.village_id).values_list("pk", "name"))
    by_grid: dict[int, list[str]] = {}
    for pk, _, grid, _ in redrawing.effects["groups"]:
        by_grid.setdefault(grid, []).append(names[pk])
    said = [f"{'、'.join(found)}划到{grids[grid]}" for grid, found in by_grid.items()]
    single = Counter(row[3] for row in redrawing.effects["households"] if row[1] != row[3])
    said += [f"{count} 户换到{names[group]}" for group, count in single.items()]
    return "；".join(said)
