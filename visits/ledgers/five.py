"""五必访走访台账 and 五必知清单: who of the five categories was visited, and what visits brought to light."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core.ledger import Column, LedgerScope, Line, Origins, register
from core.ledger.sealing import LateEntries
from core.periods import Month
from core.scope import must
from grids.models import Category, Household
from visits import services
from visits.ledgers.came import Came, came_of
from visits.ledgers.parts import (
    BATCH,
    COUNTING,
    KINDS,
    MANNERS,
    PROMISES,
    Heads,
    VisitLedger,
    group_then,
    held_in,
    in_batches,
    kinds_of,
    late_entries,
    note_of,
    sizes_on,
)
from visits.models import Cadence, Finding, Obligation, Practice, Visit

FIVE, KNOWS = "five-visits", "five-knows"
# The columns of 五必访走访台账 that a visit fills.
OF_VISITS = frozenset(
    "made last visitor manner state need measure carer outcome settled_on why_not note".split()
)


@register
class FiveVisits(VisitLedger):
    """五必访走访台账: one line for each household of the five categories that was owed a visit this month."""

    slug, title, order, verb = FIVE, "五必访走访台账", 20, "categories.see"
    columns = (
        Column("position", "序号", "integer"),
        Column("village", "村", width=9),
        Column("grid", "网格"),
        Column("group", "村民组", width=8),
        Column("head_name", "户主", width=9),
        Column("size", "家庭人口", "integer", width=5),
        Column("categories", "对象类别"),
        Column("since", "认定时间", "month"),
        Column("phone", "联系电话", "code", mask="phone"),
        Column("owed", "本月应访", "integer", width=5),
        Column("made", "实访", "integer", width=5),
        Column("last", "最近走访日期", "date"),
        Column("visitor", "走访人", width=9),
        Column("manner", "走访方式", width=7),
        Column("state", "家庭现状", left=True),
        Column("need", "反映问题及诉求", left=True),
        Column("measure", "办理措施", left=True),
        Column("carer", "责任人", width=9),
        Column("outcome", "办理结果"),
        Column("settled_on", "办结日期", "date"),
        Column("why_not", "未访原因", left=True),
        Column("note", "备注", left=True),
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        return self.within(services.owed_in(Cadence.CATEGORY, self.month(scope)), scope)

    def notes(self, scope: LedgerScope) -> Sequence[str]:
        month = self.month(scope)
        owed, made = self.found(scope).count(), self.found(scope).filter(services.made_by(month)).count()
        late = Practice.on(month.last).late_category_day
        return (
            COUNTING,
            f"{late} 日以后新认定的，下月起应访；取消的，应访到取消那天。过了月补走的不算本月实访，写在备注里。",
            f"本月应访 {owed} 户，实访 {made} 户。",
        )

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        """Each line leads to its household; what a visit says, to that visit."""
        for row, owed, visits in self._lines(scope):
            home = reverse("visits:household", args=[owed.household_id])
            counting = next((visit for visit in reversed(visits) if visit.counts), None)
            last = f"{home}#visit-{(counting or visits[-1]).pk}" if visits else home
            yield row, {column.name: last if column.name in OF_VISITS else home for column in self.columns}

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Obligation, Sequence[Visit]]]:
        """Each line with what was owed and the month's visits there."""
        if scope.unmasked:
            must(scope.actor, "persons.unmask", scope.territory)
        month = self.month(scope)
        owed = self.found(scope).select_related("household", "territory__parent", "category__kind")
        owed = owed.annotate(**group_then(month.last))
        owed = owed.order_by(
            "territory__parent__code",
            "territory__code",
            "group_place",
            "household__number",
            "pk",
        )
        position, entries = 0, late_entries(scope)
        for batch in in_batches(owed.iterator(chunk_size=BATCH)):
            homes = {row.household_id for row in batch}
            held, seen = held_in(homes, month), _visits_of(homes, month)
            heads, sizes = Heads(homes), sizes_on(month.last, homes)
            brought = (each for mine in seen.values() for visit in mine for each in visit.findings.all())
            came = came_of(month.last, brought)
            for row in batch:
                position += 1
                home = row.household_id
                mine = seen.get(home, [])
                who = (heads.on(month.last, home), sizes.get(home, 0))
                cells = (
                    position,
                    *_household_cells(row, who, held, scope.unmasked),
                    *_visit_cells(row, mine, month, came, late=_any_late(entries, row, mine)),
                )
                yield Line(cells, name=home, homes=(home,)), row, mine


def _visits_of(homes: Iterable[int], month: Month) -> dict[int, list[Visit]]:
    found: dict[int, list[Visit]] = defaultdict(list)
    visits = (
        Visit.objects.in_force()
        .during(month)
        .filter(household__in=list(homes))
        .order_by("day", "corrected_at")
    )
    for visit in visits.select_related("visitor").prefetch_related(
        "findings__settled_by", "findings__matter", "findings__dispute"
    ):
        found[visit.household_id].append(visit)
    return found


def _household_cells(
    row: Any, who: tuple[str, int], held: dict[int, list[Category]], unmasked: bool
) -> list[Any]:
    """`who`: the head and how many they were when the month ended."""
    home: Household = row.household
    # A month that is over says of what category the household was, even if that was ended backwards since.
    categories = held.get(row.household_id) or ([row.category] if row.category else [])
    phone = home.phone.open() if unmasked and home.phone else home.phone_mask
    since = min((category.since for category in categories), default=None)
    return [
        row.territory.parent.name, row.territory.name, row.group_name, *who,
        kinds_of(categories), since and since.replace(day=1), phone, 1,
    ]  # fmt: skip


def _any_late(entries: LateEntries, row: Any, visits: Sequence[Visit]) -> bool:
    return any(entries.is_late(row.territory.parent_id, visit.day, visit.received_at) for visit in visits)


def _visit_cells(
    row: Obligation, visits: Sequence[Visit], month: Month, came: Mapping[int, Came], *, late: bool
) -> list[Any]:
    made = row.discharged_on is not None and row.discharged_on <= month.last
    last = next((visit for visit in reversed(visits) if visit.counts), None)
    findings = [finding for visit in visits for finding in visit.findings.all()]
    promised = [visit for visit in visits if visit.promise_kind]
    carers = dict.fromkeys(
        came[each.pk].carer or str(visit.visitor) for visit in visits for each in visit.findings.all()
    )
    ends = [came[each.pk] for each in findings]
    days = [each.settled_on for each in ends if each.settled_on]
    done_on = max(days, default=None) if len(days) == len(findings) else None
    return [
        int(made),
        last and last.day,
        str(last.visitor) if last else "",
        MANNERS[last.manner] if last else "",
        "；".join(filter(None, (last.note or ("家庭有变化" if last.changed else ""),))) if last else "",
        "；".join(f"{KINDS[each.kind]}：{each.said}" if each.said else KINDS[each.kind] for each in findings),
        "；".join("，".join(filter(None, (PROMISES[v.promise_kind], v.promise_text))) for v in promised),
        "、".join(carers),
        "；".join(dict.fromkeys(each.words for each in ends)),
        done_on,
        "" if made else _why_not(row, visits),
        note_of(f"{row.rested_on:%Y-%m-%d} 补走" if row.rested_on else "", None, late=late),
    ]


def _why_not(row: Obligation, visits: Sequence[Visit]) -> str:
    """What is known of why nobody was met; nothing is made up."""
    tries = [visit for visit in visits if not visit.met]
    words = ["全家外出务工"] if row.away else []
    words += [f"{len(tries)} 次没见到人"] if tries else []
    words += [visit.note for visit in tries if visit.note]
    return "；".join(words)


@register
class FiveKnows(VisitLedger):
    """五必知清单: what the month's visits brought to light, and what has come of it."""

    slug, title, order = KNOWS, "五必知清单", 40
    named_by = ("village", "grid", "head_name", "kind", "day", "visitor")
    columns = (
        Column("position", "序号", "integer"),
        Column("village", "村"),
        Column("grid", "网格"),
        Column("head_name", "户主", width=9),
        Column("kind", "类别", width=9),
        Column("words", "情况", left=True, width=30),
        Column("day", "发现日期", "date"),
        Column("visitor", "发现人", width=9),
        Column("matter", "转办单号", "code"),
        Column("state", "状态", width=9),
    )
    footnotes = ("只列五必知（弱势群体、婚育、人才、矛盾、环境）；一般诉求在走访日志里。撤销的走访不列。",)

    def found(self, scope: LedgerScope) -> QuerySet:
        month = self.month(scope)
        rows = Finding.objects.filter(kind__in=Finding.FIVE, visit__void_at__isnull=True)
        return self.within(rows.filter(visit__day__gte=month.first, visit__day__lte=month.last), scope)

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        for row, each in self._lines(scope):
            home = reverse("visits:household", args=[each.household_id])
            visit = f"{home}#visit-{each.visit_id}"
            yield (
                row,
                {name: visit if name in ("day", "visitor") else f"{home}#findings" for name in self.named_by},
            )

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Finding]]:
        last = self.month(scope).last
        rows = self.found(scope).select_related(
            "visit__visitor", "territory__parent", "settled_by", "matter", "dispute"
        )
        rows = rows.order_by("territory__parent__code", "territory__code", "visit__day", "pk")
        position = 0
        for batch in in_batches(rows.iterator(chunk_size=BATCH)):
            heads, came = Heads({each.household_id for each in batch}), came_of(last, batch)
            for each in batch:
                position += 1
                home, day, then = each.household_id, each.visit.day, came[each.pk]
                cells = (
                    position, each.territory.parent.name, each.territory.name, heads.on(day, home),
                    KINDS[each.kind], each.said, day, str(each.visit.visitor),
                    then.number, then.said,
                )  # fmt: skip
                yield Line(cells, name=each.pk, homes=(home,)), each
