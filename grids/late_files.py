"""What lines of history tell of a month that is sealed: what rosters brought in since, and who or what was renamed."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from core.ledger.sealing import Late
from core.periods import Period
from grids.late import CHUNK, PLACES, SERVER_NAME, Act, moved_by, told
from grids.models import Category, Household, Officer, Person, Post, Territory, VillagerGroup
from grids.rosters.saving import WHY

WHAT = {Category: "认定对象", Person: "家庭成员", Household: "户的资料"}
FIELDS = {
    Household: ("group_id", "territory_id", "ended_on", "phone_mask"),
    Person: ("household_id", "name", "relation"),
    Category: ("household_id", "since", "until"),
}


def imports_since(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Rows of the register that a roster brought in or changed later: a roster has no change of its own."""
    for model, within in (
        (Household, "village"),
        (Person, "household__village"),
        (Category, "household__village"),
    ):
        yield from told(territory, _of_model(model, {within: territory}, since))


def _of_model(model: type[Any], within: dict[str, Any], since: dt.datetime) -> Iterator[Act]:
    rows = model.history.filter(history_date__gt=since, history_change_reason=WHY, **within)
    ids = list(rows.order_by("id").values_list("id", flat=True).distinct())
    for start in range(0, len(ids), CHUNK):
        lines = model.history.filter(id__in=ids[start : start + CHUNK]).select_related("history_user")
        for before, line in _steps(lines.order_by("id", "history_date", "history_id")):
            if line.history_date > since and line.history_change_reason == WHY:
                yield _of_line(model, before, line)


def _steps(lines: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Each line of history with the one before it of the same row, None where it begins."""
    for before, line in pairwise([None, *lines]):
        yield (before if before is not None and before.id == line.id else None), line


def _of_line(model: type[Any], before: Any, line: Any) -> Act:
    act = Act(str(line.history_user or SERVER_NAME), line.history_date, f"{WHY}：{WHAT[model]}")
    was = {name: getattr(before, name) for name in FIELDS[model]} if before else None
    now = {name: getattr(line, name) for name in FIELDS[model]}
    if was is not None:
        was, now = (
            {name: side[name] for name in FIELDS[model] if was[name] != now[name]} for side in (was, now)
        )
        if not now:
            return act
    moves = moved_by(model._meta.model_name, was, now)
    if model is Person and (was is None or "household_id" in now):
        moves |= moved_by("membership", was, now)
    for side in (before, line) if before else (line,):
        home = side.id if model is Household else side.household_id
        act.add(home, moves, getattr(side, "territory_id", None))
    return act


def renames_since(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Officers of the village, its grids, its groups and itself whose name was set right later than `since`."""
    officers = Post.objects.at(territory).values("officer")
    yield from _renamed(
        Officer, {"id__in": officers}, since, "岗位上的人改名", frozenset({"visitor", "companions"})
    )
    places = Territory.objects.at(territory).values("pk")
    yield from _renamed(Territory, {"id__in": places}, since, "网格、村改名", PLACES)
    groups = VillagerGroup.objects.filter(village=territory).values("pk")
    yield from _renamed(VillagerGroup, {"id__in": groups}, since, "村民组改名", frozenset({"group"}))


def _renamed(
    model: type[Any], within: dict[str, Any], since: dt.datetime, what: str, moves: frozenset[str]
) -> Iterator[Late]:
    ids = model.history.filter(history_date__gt=since, **within).values_list("id", flat=True).distinct()
    lines = model.history.filter(id__in=list(ids)).select_related("history_user")
    for before, line in _steps(lines.order_by("id", "history_date", "history_id")):
        if before is None or line.history_date <= since or before.name == line.name:
            continue
        who, why = str(line.history_user or SERVER_NAME), f"{what}：{before.name}改成{line.name}"
        words = frozenset({before.name, line.name})
        yield Late((), who, line.history_date, why, moves=moves, words=words)
