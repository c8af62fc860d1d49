"""对账: the rows of the platform's workbook by household and month, against what our books say of the same."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from core import clock
from core.ledger import Entry, Plan
from core.ledger.compared import Compared
from core.periods import Month
from grids.models import Household, Territory


@dataclass(frozen=True)
class Stranger:
    """A household that only the platform has, as it is named there."""

    number: str
    head: str


Home = int | Stranger
Theirs = dict[tuple[Home, Month], int]
Figures = Callable[[Territory, Sequence[Month]], dict[tuple[int, Month], int]]


def keys_of(entries: Sequence[Entry], village: Territory, plan: Plan, *, once: bool) -> Theirs:
    """What they say, by household and month, of households that only they have, too; every row that cannot be told
    apart is a fault of the plan. `once`: a household has one row a month (balances), else rows are added up."""
    homes = _Homes(village)
    found: Theirs = {}
    for entry in entries:
        before = len(plan.faults)
        month, home = _month(entry, plan), homes.of(entry, plan)
        points = entry.values.get("points")
        if points is None and "points" not in entry.bad:
            plan.faults.append(entry.fault("points", "没写", "写几分"))
        if len(plan.faults) == before and not entry.bad and month and home and points is not None:
            if once and (home, month) in found:
                plan.faults.append(entry.fault("", "这一户这个月写了两行", "一户一个月留一行"))
            else:
                found[home, month] = found.get((home, month), 0) + points
                plan.outcomes[entry.number] = "unchanged"
    return found


def _month(entry: Entry, plan: Plan) -> Month | None:
    """Of the row's month or its day; both, and they must agree."""
    said: list[dt.date] = [day for name in ("month", "day") if (day := entry.values.get(name))]
    if {"month", "day"} & entry.bad:
        return None
    months = {Month.of(day) for day in said}
    column = "month" if "month" in entry.values else "day"
    if not months:
        plan.faults.append(entry.fault(column, "没写", "写是哪个月的"))
    elif len(months) > 1:
        plan.faults.append(entry.fault(column, "月份和日期不是一个月", "改成一样的"))
    elif (month := months.pop()) > Month.of(clock.today()):
        plan.faults.append(entry.fault(column, "这个月还没到", "改成这个月或以前"))
    else:
        return month
    return None


class _Homes:
    """The village's households by number and by head's name; those that are gone, too: their points stay."""

    def __init__(self, village: Territory) -> None:
        self.village = village
        self.by_number: dict[str, tuple[int, str]] = {}
        self.by_head: dict[str, list[int]] = defaultdict(list)
        rows = Household.objects.filter(village=village).values_list("pk", "number", "head_name")
        for pk, number, head in rows.iterator():
            self.by_number[number] = (pk, head)
            self.by_head["".join(head.split())].append(pk)

    def of(self, entry: Entry, plan: Plan) -> Home | None:
        number, head = entry.values.get("number"), entry.values.get("head")
        if {"number", "head"} & entry.bad:
            return None
        if number:
            pk, known = self.by_number.get(number, (None, ""))
            if pk is None:
                return Stranger(number, head or "")
            if head and head != "".join(known.split()) and "*" not in head:
                told = f"这个户编号的户主是{known}"
                plan.warnings.append(entry.fault("head", told, "看看是不是写错了户"))
            return pk
        if not head:
            plan.faults.append(entry.fault("number", "没写是哪一户", "写户编号"))
            return None
        same = self.by_head.get(head, [])
        if len(same) > 1:
            plan.faults.append(entry.fault("head", f"有 {len(same)} 户的户主都叫{head}", "写户编号"))
            return None
        return same[0] if same else Stranger("", head)


def compare(theirs: Theirs, village: Territory, figures: Figures) -> list[Compared]:
    """Every household and month of which either says anything, by month, villager group and house number; what only
    they have stands last in its month."""
    if not theirs:
        return []
    months = sorted({month for _, month in theirs})
    ours: Theirs = {
        key: points for key, points in figures(village, months).items() if points or key in theirs
    }
    homes: dict[Home, tuple[int, str, str]] = {}
    rows = Household.objects.filter(village=village).in_order().values_list("pk", "number", "head_name")
    for place, (pk, number, head) in enumerate(rows.iterator()):
        homes[pk] = (place, number, head)
    for home, _ in theirs:
        if isinstance(home, Stranger):
            homes[home] = (len(homes) + 1, home.number, home.head)
    return [
        Compared(
            number=homes[home][1],
            who=homes[home][2],
            period=str(month),
            ours=ours.get((home, month)),
            theirs=theirs.get((home, month)),
            url="" if isinstance(home, Stranger) else reverse("shops:card", args=[home]),
        )
        for home, month in sorted(theirs.keys() | ours.keys(), key=lambda key: (key[1], homes[key[0]][0]))
    ]
