"""What the register tells of a month that is sealed: what was decided, undone or drawn since, and by whom.

A fact that holds only from a day after the month can move nothing of it but the sums of its quarter and its year, which
run on.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core.clock import cn_day
from core.ledger.sealing import Late
from core.periods import Period, Year
from grids.models import Household, Redrawing, RegisterChange, Territory
from grids.models.register import HEAD

SERVER_NAME = "服务器命令"
NAMES = frozenset({"head_name", "missed", "left"})
KINDS = frozenset({"categories", "since"})
PLACES = frozenset({"village", "grid", "group"})
LONG_SUMS = frozenset(
    {f"{who}_{part}" for who in ("ordinary", "secretary") for part in ("owed", "made", "share")} | {"away"}
)
MONTH_SUMS = LONG_SUMS | {"category_owed", "category_made", "category_share", "missed", "five-visits.*"}
PLAIN = ("correct_person", "correct_household")
CHUNK = 500


@dataclass
class Act:
    """One thing that was done: what it can have moved, household by household, and in which grids."""

    who: str
    when: dt.datetime
    why: str
    moves: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    grids: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    heads: dict[int, str] = field(default_factory=dict)
    """Names of households that are no more: it was undone that they ever were."""
    words: set[str] = field(default_factory=set)
    """If it was only a name that was set right: the two names."""

    def add(self, home: int | None, moves: Iterable[str], *grids: int | None) -> None:
        if home is not None:
            self.moves[home] |= set(moves)
            self.grids[home] |= {grid for grid in grids if grid}


def changes_since(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Changes of the register decided or undone later than `since`. One without a day of its own shows in any month."""
    rows = RegisterChange.objects.at(territory)
    rows |= RegisterChange.objects.filter(other__in=Household.objects.at(territory))
    rows = rows.filter(Q(happened_on__lte=Year.of(period.last).last) | Q(kind__in=PLAIN))
    decided = Q(state=RegisterChange.ACCEPTED, decided_at__gt=since)
    # What came and went since is as if it had never been.
    undone = Q(state=RegisterChange.UNDONE, undone_at__gt=since, decided_at__lte=since)
    people = rows.filter(decided | undone).select_related("decided_by", "undone_by", "proposed_by")
    acts = (_of_change(change, period) for change in people.order_by("pk").iterator(chunk_size=CHUNK))
    yield from told(territory, acts)


def _of_change(change: RegisterChange, period: Period) -> Act:
    undone = change.state == RegisterChange.UNDONE
    who = (change.undone_by if undone else change.decided_by) or change.proposed_by
    when = (change.undone_at if undone else change.decided_at) or change.proposed_at
    plain = change.kind in PLAIN
    day = "" if plain else f"（{cn_day(change.happened_on)}起）"
    why = f"户籍变动{'撤销' if undone else ''}：{change.get_kind_display()}{day}"
    act = Act(str(who), when, why)
    for effect in change.effects:
        before, after = effect["before"] or {}, effect["after"] or {}
        homes = {values["household_id"] for values in (before, after) if values.get("household_id")}
        if effect["model"] == "household":
            homes = {effect["pk"]}
        moves = moved_by(effect["model"], effect["before"], effect["after"])
        if not plain and change.happened_on > period.last:
            moves &= LONG_SUMS
        for home in homes or {change.household_id}:
            grids = [values.get("territory_id") for values in (before, after)]
            act.add(home, moves, change.territory_id, *grids)
            if effect["model"] == "person" and after.get("relation") == HEAD and after.get("name"):
                act.heads[home] = after["name"]
        if effect["model"] == "person" and moves and before.get("relation") == after.get("relation"):
            act.words |= (
                {before["name"], after["name"]} if before.get("name") and after.get("name") else set()
            )
    return act


def moved_by(model: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> set[str]:
    """The columns that a row of the register can move which came or went, or changed from `before` to `after`."""
    whole, told = before is None or after is None, {**(before or {}), **(after or {})}
    changed = {name for name in told if (before or {}).get(name) != (after or {}).get(name)}
    if model == "membership":
        return {"size"}
    if model == "person":
        heads = told.get("relation") == HEAD if whole else changed & {"name", "relation"}
        return set(NAMES) if heads else set()
    if model == "category":
        return {*KINDS, *(MONTH_SUMS if whole else LONG_SUMS)}
    if model == "placement":
        return {*PLACES, *LONG_SUMS, "missed"}
    if model == "absence":
        return {"away", "why_not"}
    found = {"phone"} if "phone_mask" in changed else set()
    if whole or "ended_on" in changed:
        found |= NAMES | LONG_SUMS
    return found | (PLACES | LONG_SUMS if changed & {"group_id", "territory_id"} else set())


def redrawings_since(territory: Territory, period: Period, since: dt.datetime) -> Iterator[Late]:
    """Grids drawn anew from a day of the month or before, or such a drawing taken back, later than `since`."""
    rows = Redrawing.objects.filter(village=territory, since__lte=period.last)
    drawn, undone = Q(drawn_at__gt=since, undone_at=None), Q(drawn_at__lte=since, undone_at__gt=since)
    rows = rows.filter(drawn | undone).select_related("drawn_by", "undone_by").order_by("pk")
    yield from told(territory, (_of_redrawing(row, period) for row in rows.iterator(chunk_size=20)))


def _of_redrawing(row: Redrawing, period: Period) -> Act:
    what = "撤销网格调整" if row.undone_at else "调整网格"
    why = f"{what}（{cn_day(row.since)}起）" + (f"：{row.why}" if row.why else "")
    who = row.undone_by if row.undone_at else row.drawn_by
    act = Act(str(who or SERVER_NAME), row.undone_at or row.drawn_at, why)
    for home, _, before, _, after, first, _ in row.effects["households"]:
        if dt.date.fromisoformat(first) <= period.last:
            act.add(home, PLACES | MONTH_SUMS, before, after)
    return act


def told(territory: Territory, acts: Iterable[Act]) -> Iterator[Late]:
    """As the sheet wants it: one for each household of the village and each grid it lay in."""
    grids = dict(Territory.objects.filter(parent=territory).values_list("pk", "name"))
    waiting: list[Act] = []
    for act in acts:
        waiting.append(act)
        if sum(len(each.moves) for each in waiting) >= CHUNK:
            yield from _told(territory, waiting, grids)
            waiting = []
    yield from _told(territory, waiting, grids)


def _told(territory: Territory, acts: list[Act], grids: dict[int, str]) -> Iterator[Late]:
    ids = sorted({home for act in acts for home in act.moves})
    homes: dict[int, tuple[str, int]] = {}
    for start in range(0, len(ids), CHUNK):
        rows = Household.objects.filter(pk__in=ids[start : start + CHUNK], village=territory)
        homes |= {pk: (name, grid) for pk, name, grid in rows.values_list("pk", "head_name", "territory")}
    for act in acts:
        for home, moves in act.moves.items():
            name, lies = homes.get(home, (act.heads.get(home, ""), 0))
            for grid in sorted({lies, *act.grids[home]} & grids.keys()) if moves else ():
                marks = (("village", territory.name), ("grid", grids[grid]), ("head_name", name))
                yield Late(
                    marks, act.who, act.when, act.why, home, frozenset(moves), words=frozenset(act.words)
                )
