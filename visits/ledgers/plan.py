"""走访计划 as a workbook: one line for each visitor, villager group and day; changed there, it changes the plan."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core import clock
from core.ledger import (
    BadWorkbook,
    Column,
    Entry,
    ImportContext,
    LedgerScope,
    Line,
    Origins,
    Plan,
    register,
    row_key,
)
from core.ledger.reading import Sheet
from core.periods import Month
from core.scope import may, must
from grids.models import Household, Officer, Territory
from visits.ledgers.parts import Heads, VisitLedger, group_then
from visits.models import PlanLine, VisitPlan
from visits.services import planning
from visits.services.entering import companions_at

SLUG = "visit-plan"
HOW = "到走访计划的页上改"


@dataclass
class Walk:
    """What one line of the workbook stands for: the households of one group that one visitor has on one day."""

    village: Territory
    visitor: str
    group: str
    day: dt.date | None
    lines: list[Any]
    """PlanLine with `done`."""

    @property
    def planned(self) -> int:
        return len(self.lines) if self.day else 0

    @property
    def monthly(self) -> int:
        return sum(line.monthly for line in self.lines) if self.day else 0

    @property
    def left(self) -> list[Any]:
        return [line for line in self.lines if not line.done]

    @property
    def reason(self) -> str:
        return "；".join(dict.fromkeys(line.reason for line in self.lines if line.reason))

    @property
    def key(self) -> str:
        ident = (self.lines[0].plan_id, self.lines[0].visitor_id, self.group, self.day)
        return row_key(SLUG, self.village.code, "/".join(map(str, ident)))


def walks(lines: Any, month: Month) -> Iterator[Walk]:
    """The lines of month plans as the workbook has them, village by village, visitor by visitor, day by day."""
    rows = lines.compared(month, by_secretary=False).annotate(**group_then(month.last))
    rows = rows.in_order().select_related("household", "visitor", "plan__village")

    def of(line: Any) -> tuple[Any, ...]:
        name = line.visitor.name if line.visitor else ""
        place = (line.group_place, line.group_name)
        return line.plan.village.code, name, line.visitor_id or 0, line.day or dt.date.max, place

    for (_, name, _, day, (_, group)), found in groupby(sorted(rows, key=of), key=of):
        mine = list(found)
        yield Walk(mine[0].plan.village, name, group, None if day == dt.date.max else day, mine)


@dataclass
class Brought:
    """What a workbook would do: change these lines, and plan these households."""

    month: Month
    changes: dict[int, planning.Change] = field(default_factory=dict)
    new: dict[int, planning.Change] = field(default_factory=dict)


@register
class VisitPlanSheet(VisitLedger):
    """走访计划: what was planned for the month, and beside it what was done."""

    slug, title, order = SLUG, "走访计划", 5
    importable = keyed = True
    columns = (
        Column("month", "月份", "month", required=True),
        Column("village", "村", width=9, squeeze=True),
        Column("visitor", "走访人", width=9, squeeze=True, synonyms=("走访干部",)),
        Column("group", "村民组", width=8, required=True, squeeze=True, synonyms=("组", "组别", "村民小组")),
        Column("planned", "计划户数", "integer", width=7, least=0),
        Column("monthly", "其中五必访", "integer", width=8, imported=False),
        Column("day", "计划日期", "date"),
        Column("done", "实际完成", "integer", width=7, imported=False),
        Column("share", "完成率", "percent", imported=False),
        Column("left", "未完成户", left=True, width=26, imported=False),
        Column("reason", "原因", left=True, width=16, longest=PlanLine._meta.get_field("reason").max_length),
    )
    footnotes = (
        "实际完成数的是计划里这个月走到的户，不管哪天走的、谁走的；算不算一次走访，照走访规则。",
        "没有计划日期的是不排的户，不算在计划户数里，原因写在后面。",
        "改走访人、计划日期、原因，传回来就改计划，已经走到的户不动；加一行，就排这个组还没排的户，户数不填就是全部。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        plans = {"plan__whose": VisitPlan.VILLAGE, "plan__start": self.month(scope).first}
        return self.within(PlanLine.objects.filter(**plans), scope)

    def count(self, scope: LedgerScope) -> int | None:
        return None

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        opens = may(scope.actor, "visits.record") or may(scope.actor, "visits.manage")
        for row, walk in self._lines(scope):
            plan = reverse("visits:plan", args=[walk.lines[0].plan_id])
            yield row, dict.fromkeys((column.name for column in self.exported), plan) if opens else {}

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Walk]]:
        month = self.month(scope)
        found = list(walks(self.found(scope), month))
        heads = Heads(line.household_id for walk in found for line in walk.lines)
        for walk in found:
            done = walk.planned - len(walk.left) if walk.day else 0
            cells = (
                month.first, walk.village.name, walk.visitor, walk.group, walk.planned, walk.monthly, walk.day, done,
                done / walk.planned if walk.planned else None,
                "、".join(heads.on(month.last, line.household_id) for line in walk.left), walk.reason, walk.key,
            )  # fmt: skip
            yield Line(cells, homes=(line.household_id for line in walk.lines)), walk

    # --- in ----------------------------------------------------------------------------------------------

    def check_sheet(self, sheet: Sheet, context: ImportContext) -> None:
        village = context.territory.village if context.territory else None
        if village is None:
            raise BadWorkbook("no_village", "走访计划一个村一个村地导入，先说是哪个村。")
        must(context.actor, "imports.run", village)
        if not planning.leads_plan(context.actor, village):
            raise BadWorkbook("not_hers", "走访计划由村里排，请村党组织书记或者村干部导入。")

    def lock(self, context: ImportContext) -> None:
        Territory.objects.select_for_update(no_key=True).get(pk=context.territory.village.pk)

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        plan, village = Plan(), context.territory.village
        good = [entry for entry in entries if not entry.bad]
        months = sorted({entry.values["month"] for entry in good})
        if not months:
            return plan
        reading = Reading(village, Month.of(months[0]))
        for place, entry in enumerate(good):
            context.looked_at(place, len(good))
            reading.read(entry, plan)
        plan.work = reading.brought
        return plan

    def save(self, plan: Plan, context: ImportContext) -> None:
        brought, village = plan.work, context.territory.village
        if brought is None:
            return
        if brought.new:
            planning.plan_households(
                actor=context.actor, village=village, period=brought.month, wanted=brought.new
            )
        if brought.changes:
            stored = VisitPlan.objects.get(
                village=village, whose=VisitPlan.VILLAGE, start=brought.month.first
            )
            planning.change_lines(actor=context.actor, plan=stored, changes=brought.changes)


class Reading:
    """The rows of one workbook against the plan as it stands."""

    def __init__(self, village: Territory, month: Month) -> None:
        self.village, self.month, self.brought = village, month, Brought(month)
        lines = PlanLine.objects.filter(
            plan__village=village, plan__whose=VisitPlan.VILLAGE, plan__start=month.first
        )
        self.walks = {walk.key: walk for walk in walks(lines, month)}
        self.visitors = list(companions_at(village, clock.today()))
        self.reported = VisitPlan.objects.filter(
            village=village, whose=VisitPlan.VILLAGE, start=month.first, reported_at__isnull=False
        ).exists()
        self.open = month in planning.plannable(clock.today())
        known = {line.household_id for walk in self.walks.values() for line in walk.lines}
        groups = dict(Household.objects.filter(village=village).values_list("pk", "group__name"))
        self.groups = set(village.groups.values_list("name", flat=True))
        self.loose: dict[str, list[int]] = {}
        for need in planning.needs(village, month) if self.open else ():
            if need.household not in known:
                self.loose.setdefault(groups[need.household], []).append(need.household)

    def read(self, entry: Entry, plan: Plan) -> None:
        """Put the row's outcome or its fault into the plan."""
        said = entry.values
        walk = self._walk(entry)
        if walk is not None and self._is_same(walk, said):
            plan.outcomes[entry.number] = "unchanged"
            return
        if fault := self._fault(entry, walk):
            plan.faults.append(entry.fault(*fault))
            return
        visitor = next(each for each in self.visitors if each.name == said["visitor"])
        wanted = planning.Change(said.get("day"), visitor.pk, said.get("reason") or "")
        if walk is not None:
            self.brought.changes |= {line.pk: wanted for line in walk.left}
            plan.outcomes[entry.number] = "updated"
        else:
            rest = self.loose[said["group"]]
            number = said.get("planned") or len(rest)
            self.brought.new |= dict.fromkeys(rest[:number], wanted)
            self.loose[said["group"]] = rest[number:]
            plan.outcomes[entry.number] = "created"

    def _walk(self, entry: Entry) -> Walk | None:
        """The line this row was written from; a row without a key that says the same stands for it too."""
        if entry.key:
            return self.walks.get(entry.key)
        said = entry.values
        same = (said.get("visitor") or "", said["group"], said.get("day"))
        return next((w for w in self.walks.values() if (w.visitor, w.group, w.day) == same), None)

    def _is_same(self, walk: Walk, said: dict[str, Any]) -> bool:
        stands = {
            "month": self.month.first,
            "village": walk.village.name,
            "visitor": walk.visitor,
            "group": walk.group,
        }
        stands |= {"planned": walk.planned, "day": walk.day, "reason": walk.reason or None}
        return all((said[name] or None) == (value or None) for name, value in stands.items() if name in said)

    def _fault(self, entry: Entry, walk: Walk | None) -> tuple[str, str, str] | None:
        """(column, what is wrong, how to mend it) of a row that would change something."""
        said, month = entry.values, self.month
        if Month.of(said["month"]) != month:
            return "month", "和上面的行不是一个月", "一个月一份表"
        if not self.open:
            return "month", f"{month.title}现在不能排", "能排这个月和下个月"
        if self.reported:
            return "", "这个月的计划已经报到镇里了", "到走访计划的页上重新打开，再导入"
        if said.get("village") not in (None, self.village.name):
            return "village", f"不是{self.village}的", "一个村一个村地导入"
        if entry.key and walk is None:
            return "", "计划里没有这一行，导出以后有人改过", "重新导出，再改"
        if fault := self._fault_of_visitor(said):
            return fault
        day: dt.date | None = said.get("day")
        if day is not None and day not in month:
            return "day", f"不在{month.title}里", "改日子"
        if day is not None and day < clock.today() and (walk is None or day != walk.day):
            return "day", "这一天已经过了", "填今天或者以后的日子"
        if day is None and not said.get("reason"):
            return "day", "没有日子，也没有原因", "填日子；不去的，写一句原因"
        return self._fault_of_walk(walk, said) if walk else self._fault_of_new(said)

    def _fault_of_visitor(self, said: dict[str, Any]) -> tuple[str, str, str] | None:
        if not said.get("visitor"):
            return "visitor", "没有走访人", "填上谁去"
        named: list[Officer] = [each for each in self.visitors if each.name == said["visitor"]]
        if not named:
            return "visitor", f"不在{self.village}任职", "改走访人；没有定岗的，先定岗"
        return ("visitor", f"有 {len(named)} 位都叫这个名字", HOW) if len(named) > 1 else None

    @staticmethod
    def _fault_of_walk(walk: Walk, said: dict[str, Any]) -> tuple[str, str, str] | None:
        if said["group"] != walk.group:
            return "group", f"这一行是{walk.group}的，不能改组", "改回去"
        if walk.day and said.get("planned") not in (None, walk.planned):
            return "planned", f"这一行排了 {walk.planned} 户，户数不能在表里改", HOW
        return None

    def _fault_of_new(self, said: dict[str, Any]) -> tuple[str, str, str] | None:
        group, number = said["group"], said.get("planned")
        if group not in self.groups:
            return "group", f"{self.village}没有这个组", "照花名册改"
        left = len(self.loose.get(group, ()))
        if not left:
            return "group", "这个组该走的户都排上了", "把这一行删掉，或者改排好的那一行"
        if number and number > left:
            return "planned", f"这个组没排的只有 {left} 户", "改户数，或者空着"
        return None
