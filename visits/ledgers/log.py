"""走访日志: every visit of a month, out; and in again, with the rows a clerk has added from paper."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core.ledger import (
    Column,
    Entry,
    ImportContext,
    LedgerScope,
    Line,
    Origins,
    Plan,
    keys_in,
    register,
)
from core.ledger.sealing import LATE
from grids.one_village import OneVillage
from visits.ledgers.coming_in import SLUG, read_visits, save_one
from visits.ledgers.parts import (
    BATCH,
    CLERK,
    COUNTING,
    KINDS,
    MANNERS,
    Heads,
    VisitLedger,
    companions_of,
    findings_of,
    group_on,
    groups_left,
    in_batches,
    kinds_on,
    knows_of,
    late_entries,
    note_of,
    spans_in,
)
from visits.models import Finding, Visit

MET = {"见到": "是", "√": "是", "没见": "否", "没见到": "否", "未见面": "否", "×": "否"}
CHANGED = {"是": "有", "√": "有", "否": "无", "没有": "无"}


def longest(model: Any, field: str) -> int:
    """How long the model lets a text be."""
    return int(model._meta.get_field(field).max_length)


# A kind's cell holds both what was tapped and what was said: 邻里，院墙.
SAID = longest(Finding, "detail") + longest(Finding, "words") + 1
# What was noted, and who entered it.
NOTE = (
    longest(Visit, "note")
    + len(f"；{CLERK}；{LATE}")
    + longest(Visit._meta.get_field("entered_by").related_model, "name")
)


@register
class VisitLog(OneVillage, VisitLedger):
    """走访日志: every visit in force of the month, day by day, whether it counts or not."""

    slug, title, order = SLUG, "走访日志", 10
    called, brings = "走访日志", "visits.record"
    by = "走访由村里录，请村党组织书记或者村干部导入。"
    importable = keyed = True
    named_by = ("day", "visitor", "grid", "group", "head_name")
    columns = (
        Column("position", "序号", "integer", imported=False),
        Column("day", "走访日期", "date", required=True, synonyms=("日期", "走访时间")),
        Column("visitor", "走访人", width=9, required=True, squeeze=True, synonyms=("走访干部",)),
        Column("companions", "陪同", width=9, synonyms=("陪同人", "陪同人员")),
        Column("village", "村", width=9, squeeze=True),
        Column("grid", "网格", imported=False),
        Column("group", "村民组", width=8, squeeze=True, synonyms=("组", "组别", "村民小组")),
        Column("number", "户编号", "code", exported=False, synonyms=("户号", "户编码")),
        Column("head_name", "户主", width=9, required=True, squeeze=True, synonyms=("户主姓名",)),
        Column("categories", "对象类别", imported=False),
        Column("manner", "走访方式", "choice", width=7, choices=tuple(MANNERS.values()),
               choice_synonyms={"上门": "入户", "打电话": "电话"}),
        Column("met", "是否见面", "choice", width=6, choices=("是", "否"), choice_synonyms=MET),
        Column("changed", "家庭变化", "choice", width=6, choices=("有", "无"), choice_synonyms=CHANGED),
        *(Column(kind, KINDS[kind], group="五必知", width=9, longest=SAID) for kind in Finding.FIVE),
        Column("need", "诉求", left=True, longest=SAID),
        Column("outcome", "现场办结/转办", width=9, imported=False),
        Column("matter", "关联单号", "code", width=9, imported=False),
        Column("note", "备注", left=True, width=14, longest=NOTE),
    )  # fmt: skip
    footnotes = (
        f"{COUNTING}撤销的和已更正的不列。",
        "对象类别是走访那天有效的；网格是走访时所在的网格。备注里的“代录”是替走访人录的人，“补录”是封存以后才记的。",
        "纸上记的可以在下面加行，传回来：走访日期、走访人、村民组、户主要填；记过的行不要改。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        return self.within(Visit.objects.in_force().during(self.month(scope)), scope)

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        for row, home, visit in self._lines(scope):
            shown = f"{reverse('visits:household', args=[home])}#visit-{visit}"
            yield row, dict.fromkeys((column.name for column in self.exported), shown)

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int, int]]:
        """Each line with the keys of its household and of the visit."""
        visits = self.found(scope).order_by("day", "corrected_at", "pk")
        values = visits.values_list(
            "pk", "household_id", "day", "visitor__name", "territory__parent__name", "territory__name",
            "household__group__name", "manner", "met", "changed", "note",
            "territory__parent__code", "entered_by__name", "received_at", "territory__parent",
        )  # fmt: skip
        position, entries, keys = 0, late_entries(scope), dict[str, Callable[[object], str]]()
        for batch in in_batches(values.iterator(chunk_size=BATCH)):
            along, brought = companions_of(row[0] for row in batch), findings_of(row[0] for row in batch)
            homes = {row[1] for row in batch}
            held, left, heads = spans_in(homes, self.month(scope)), groups_left(homes), Heads(homes)
            for pk, home, day, visitor, village, grid, now, manner, met, changed, note, *more in batch:
                code, clerk, came, place = more
                late = bool(entries.sealed_at) and entries.is_late(place, day, came)
                position += 1
                group = group_on(day, left[home], now) if home in left else now
                kinds = kinds_on(day, held[home]) if home in held else ""
                key = keys.get(code) or keys.setdefault(code, keys_in(SLUG, code))
                cells = (
                    position, day, visitor, along.get(pk, ""), village, grid, group, heads.on(day, home), kinds,
                    MANNERS[manner], "是" if met else "否", "有" if changed else "无",
                    *knows_of(brought.get(pk, ()), day),
                    note_of(note, clerk, late=late) if clerk or late else note, key(pk),
                )  # fmt: skip
                yield Line(cells, homes=(home,)), home, pk

    # --- in ----------------------------------------------------------------------------------------------

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        return read_visits(entries, context)

    def save(self, plan: Plan, context: ImportContext) -> None:
        for made in plan.work or ():
            save_one(made, context.actor)
