"""Several groups and households re-drawn in one step, what it would mean for the work, and the way back."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from grids import services
from grids.models import GridSize, GroupPlacement, Household, Placement, Redrawing, VillagerGroup
from grids.services.redrawing import told
from tests.people import Town

DAY = dt.date(2026, 11, 10)


@pytest.fixture(autouse=True)
def november() -> Any:
    with clock.stopped_at("2026-11-23T09:00"):
        yield


def places() -> set[tuple[Any, ...]]:
    """Who lies where from when to when: all that a re-drawing may change."""
    return {
        *Household.objects.values_list("pk", "group", "territory"),
        *VillagerGroup.objects.values_list("pk", "grid"),
        *Placement.objects.values_list("household", "group", "territory", "since", "until"),
        *GroupPlacement.objects.values_list("group", "grid", "since", "until"),
    }


def draw(town: Town, since: dt.date = DAY, **more: Any) -> Redrawing:
    """一组 to 金星第二网格, 李 of 二组 by himself to 三组 there."""
    groups = more.pop("groups", {town.group1.pk: town.grid2.pk})
    households = more.pop("households", {town.li.pk: town.group3.pk})
    return services.draw(
        actor=more.pop("actor", town.office),
        village=town.jinxing,
        since=since,
        groups=groups,
        households=households,
        why="任务相当",
    )


def lies(household: Household) -> tuple[Any, Any]:
    household.refresh_from_db()
    return household.group, household.territory


def test_groups_and_households_move_in_one_step_and_say_who_when_and_why(town: Town) -> None:
    redrawing = draw(town)
    assert lies(town.zhang) == lies(town.wang) == (town.group1, town.grid2)
    assert lies(town.li) == (town.group3, town.grid2)
    assert (redrawing.drawn_by, redrawing.why, redrawing.since) == (town.office, "任务相当", DAY)
    assert told(redrawing) == "一组划到金星第二网格；1 户换到三组"
    until = dt.date(2026, 11, 9)
    assert Placement.objects.get(household=town.li, until=until).group == town.group2


def test_a_household_stays_behind_when_its_group_goes(town: Town) -> None:
    draw(town, households={town.wang.pk: town.group2.pk})
    assert lies(town.zhang) == (town.group1, town.grid2)
    assert lies(town.wang) == (town.group2, town.grid1)


def test_two_groups_may_change_places(town: Town) -> None:
    draw(
        town,
        groups={town.group1.pk: town.grid2.pk, town.group3.pk: town.grid1.pk},
        households={town.zhang.pk: town.group3.pk},
    )
    assert lies(town.zhang) == lies(town.zhao) == (town.group3, town.grid1)
    assert lies(town.wang) == (town.group1, town.grid2)


@pytest.mark.parametrize("since", [DAY, dt.date(2026, 9, 1), dt.date(2026, 8, 1)])
def test_undoing_leaves_no_trace_in_the_register(town: Town, since: dt.date) -> None:
    """Also from the very day households came to their place, and from before it."""
    before = places()
    moved = {} if since < dt.date(2026, 9, 1) else {town.li.pk: town.group3.pk}
    redrawing = services.undo_redrawing(actor=town.office, redrawing=draw(town, since, households=moved))
    assert places() == before
    assert (redrawing.undone_by, redrawing.undone_at) == (town.office, clock.now())
    with pytest.raises(ValidationError, match="已经撤销了"):
        services.undo_redrawing(actor=town.office, redrawing=redrawing)


def test_it_is_undone_from_the_last_back(town: Town) -> None:
    before, first = places(), draw(town)
    second = draw(town, groups={town.group1.pk: town.grid1.pk}, households={})
    with pytest.raises(ValidationError, match="先撤销后面那一次"):
        services.undo_redrawing(actor=town.office, redrawing=first)
    for redrawing in (second, first):
        services.undo_redrawing(actor=town.office, redrawing=redrawing)
    assert places() == before


def test_what_was_built_on_it_keeps_it(town: Town) -> None:
    redrawing = draw(town)
    came = town.household(VillagerGroup.objects.get(pk=town.group1.pk), "新来", since=dt.date(2026, 11, 20))
    with pytest.raises(ValidationError, match="划过以后才到一组"):
        services.undo_redrawing(actor=town.office, redrawing=redrawing)
    Household.objects.filter(pk=came.pk).update(ended_on=dt.date(2026, 11, 21))
    away = services.change(
        actor=town.secretary,
        kind="regroup",
        household=Household.objects.get(pk=town.zhang.pk),
        happened_on=dt.date(2026, 11, 21),
        facts={"group": town.group2.pk},
    )
    with pytest.raises(ValidationError, match="张三丰 家（060001）后来又有变动"):
        services.undo_redrawing(actor=town.office, redrawing=redrawing)
    services.undo(actor=town.secretary, change=away)
    services.undo_redrawing(actor=town.office, redrawing=redrawing)


def test_it_does_not_go_back_to_a_closed_grid(town: Town) -> None:
    redrawing = draw(town, groups={town.group3.pk: town.grid1.pk}, households={})
    services.close_territory(actor=town.office, territory=town.grid2, on=DAY)
    with pytest.raises(ValidationError, match="原来的金星第二网格已经撤了"):
        services.undo_redrawing(actor=town.office, redrawing=redrawing)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"since": dt.date(2026, 12, 1)}, "这一天还没到"),
        ({"since": dt.date(2022, 1, 1)}, "刚划过"),
        ({"since": dt.date(2026, 8, 1), "groups": {}}, "才到现在的组"),
        ({"groups": {}, "households": {}}, "没有要划的"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_moves(town: Town, more: dict[str, Any], sentence: str) -> None:
    before = places()
    with pytest.raises(ValidationError, match=sentence):
        draw(town, **more)
    assert places() == before


def test_nothing_leaves_the_village(town: Town) -> None:
    for more in (
        {"groups": {town.group1.pk: town.far_grid.pk}},
        {"groups": {town.far_group.pk: town.grid1.pk}},
        {"households": {town.chen.pk: town.group1.pk}},
        {"households": {town.zhang.pk: town.far_group.pk}},
    ):
        with pytest.raises(ValidationError):
            draw(town, **more)
    redrawing = draw(town)
    for actor in (town.secretary, town.leader, town.nobody):
        with pytest.raises(PermissionDenied):
            draw(town, actor=actor)
        with pytest.raises(PermissionDenied):
            services.undo_redrawing(actor=actor, redrawing=redrawing)


def test_before_and_after_stand_side_by_side(town: Town) -> None:
    loads = services.grid_loads(
        town.jinxing, groups={town.group1.pk: town.grid2.pk}, households={town.li.pk: town.group3.pk}
    )
    assert [
        (load.grid, load.worker, load.before.households, load.after.households, load.more.households)
        for load in loads
    ] == [(town.grid1, "王格", 3, 0, -3), (town.grid2, "", 1, 4, 3)]
    assert [(load.before.listed, load.after.listed) for load in loads] == [(2, 0), (1, 3)]
    assert loads[0].hints == ["没有户了，用不着的网格可以撤掉"]
    assert loads[1].hints == ["4 户，不到 300 户，可以和邻近的并", "还没有专职网格员"]


def test_hints_follow_what_the_town_set(town: Town) -> None:
    GridSize.objects.create(least=1, most=2, uneven=30)
    first, second = services.grid_loads(town.jinxing)
    assert first.hints == ["3 户，比 2 户多，可以再分", "任务比全村平均多 40%"]
    assert second.hints == ["还没有专职网格员", "任务比全村平均少 40%"]
