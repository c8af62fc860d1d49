"""The ledgers of visits: 走访日志, 五必访走访台账, 走访覆盖统计表, 五必知清单. All four are read from the same rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from core.ledger import Column, Ledger, LedgerScope, register
from core.periods import Month
from core.scope import must
from grids.models import Category, Household, Territory
from visits import services
from visits.models import Cadence, Finding, Obligation, Practice, Visit

BATCH = 1000
MANNERS, STATES, KINDS = dict(Visit.MANNERS), dict(Finding.STATES), dict(Finding.KINDS)
PROMISES = dict(Visit.PROMISES)
COUNTING = "入户见到人算一次；打电话只在全家外出务工时算，不能连着两期都算；没见到人记下来，不算走访。"


class VisitLedger(Ledger):
    """What the four have in common: a month, a place on paper, rows inside the actor's reach."""

    group, period_kind = "走访", "month"

    def place(self, scope: LedgerScope) -> str:
        names = scope.territory.get_ancestors(include_self=True).values_list("name", flat=True)
        return "".join(names)

    def count(self, scope: LedgerScope) -> int | None:
        return self.found(scope).count()

    def found(self, scope: LedgerScope) -> QuerySet:
        """The rows in question, before they are written out."""
        raise NotImplementedError

    @staticmethod
    def within(rows: Any, scope: LedgerScope) -> Any:
        return rows.visible_to(scope.actor, "ledgers.export").at(scope.territory)

    @staticmethod
    def month(scope: LedgerScope) -> Month:
        assert isinstance(scope.period, Month)
        return scope.period


def in_batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def said_of(finding: Any) -> str:
    """What somebody wrote of a finding, as one phrase: 邻里，院墙."""
    return "，".join(word for word in (finding.detail, finding.words) if word)


def held_in(households: Iterable[int], month: Month, *, must_visit: bool) -> dict[int, list[Category]]:
    """The categories that held in the month, by household, in the town's order."""
    rows = Category.objects.during(month).filter(household__in=list(households))
    if must_visit:
        rows = rows.filter(kind__must_visit=True)
    found: dict[int, list[Category]] = defaultdict(list)
    for category in rows.select_related("kind").order_by("kind__position", "kind_id", "since"):
        found[category.household_id].append(category)
    return found


def kinds_of(categories: Iterable[Category]) -> str:
    return "、".join(dict.fromkeys(category.kind.name for category in categories))


@register
class VisitLog(VisitLedger):
    """走访日志: every visit in force of the month, day by day, whether it counts or not."""

    slug, title, order = "visits", "走访日志", 10
    columns = (
        Column("position", "序号", "integer"),
        Column("day", "走访日期", "date"),
        Column("visitor", "走访人", width=9),
        Column("companions", "陪同", width=9),
        Column("village", "村", width=9),
        Column("grid", "网格"),
        Column("group", "村民组", width=8),
        Column("head_name", "户主", width=9),
        Column("categories", "对象类别"),
        Column("manner", "走访方式", width=7),
        Column("met", "是否见面", width=6),
        Column("changed", "家庭变化", width=6),
        *(Column(kind, KINDS[kind], group="五必知", width=9) for kind in Finding.FIVE),
        Column("need", "诉求", left=True),
        Column("outcome", "现场办结/转办", width=9),
        Column("matter", "关联单号", "code", width=9),
        Column("note", "备注", left=True, width=14),
    )
    footnotes = (
        f"{COUNTING}撤销的和已更正的不列。",
        "对象类别是走访那天有效的；网格是走访时所在的网格。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        return self.within(Visit.objects.in_force().during(self.month(scope)), scope)

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        visits = self.found(scope).order_by("day", "corrected_at", "pk")
        values = visits.values_list(
            "pk", "household_id", "day", "visitor__name", "territory__parent__name", "territory__name",
            "household__group__name", "household__head_name", "manner", "met", "changed", "note",
        )  # fmt: skip
        position = 0
        for batch in in_batches(values.iterator(chunk_size=BATCH)):
            along, brought = _companions(row[0] for row in batch), _findings(row[0] for row in batch)
            held = held_in({row[1] for row in batch}, self.month(scope), must_visit=False)
            for pk, home, day, visitor, village, grid, group, head, manner, met, changed, note in batch:
                position += 1
                kinds = kinds_of(each for each in held.get(home, ()) if each.holds_on(day))
                yield (
                    position, day, visitor, along.get(pk, ""), village, grid, group, head, kinds, MANNERS[manner],
                    "是" if met else "否", "有" if changed else "无", *_knows(brought.get(pk, ())), "", note,
                )  # fmt: skip


def _companions(visits: Iterable[int]) -> dict[int, str]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = Visit.companions.through.objects.filter(visit__in=list(visits)).order_by("officer")
    for visit, name in rows.values_list("visit", "officer__name"):
        found[visit].append(name)
    return {visit: "、".join(names) for visit, names in found.items()}


def _findings(visits: Iterable[int]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    for finding in Finding.objects.filter(visit__in=list(visits)).select_related("settled_by").order_by("pk"):
        found[finding.visit_id].append(finding)
    return found


def _knows(findings: Sequence[Finding]) -> list[str]:
    """The five knows, the need, and how far they have come: seven cells."""
    said = {finding.kind: said_of(finding) or "有" for finding in findings}
    states = "、".join(dict.fromkeys(STATES[finding.state] for finding in findings))
    return [*(said.get(kind, "") for kind in Finding.FIVE), said.get(Finding.NEED, ""), states]


@register
class FiveVisits(VisitLedger):
    """五必访走访台账: one line for each household of the five categories that was owed a visit this month."""

    slug, title, order = "five-visits", "五必访走访台账", 20
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
        if scope.unmasked:
            must(scope.actor, "persons.unmask", scope.territory)
        month = self.month(scope)
        owed = self.found(scope).select_related("household__group", "territory__parent")
        owed = owed.order_by(
            "territory__parent__code",
            "territory__code",
            "household__group__position",
            "household__number",
            "pk",
        )
        position = 0
        for batch in in_batches(owed.iterator(chunk_size=BATCH)):
            homes = {row.household_id for row in batch}
            held, seen = held_in(homes, month, must_visit=True), _visits_of(homes, month)
            for row in batch:
                position += 1
                mine = seen.get(row.household_id, [])
                yield (
                    position,
                    *_household_cells(row, held, scope.unmasked),
                    *_visit_cells(row, mine, month),
                )


def _visits_of(homes: Iterable[int], month: Month) -> dict[int, list[Visit]]:
    found: dict[int, list[Visit]] = defaultdict(list)
    visits = (
        Visit.objects.in_force()
        .during(month)
        .filter(household__in=list(homes))
        .order_by("day", "corrected_at")
    )
    for visit in visits.select_related("visitor").prefetch_related("findings__settled_by"):
        found[visit.household_id].append(visit)
    return found


def _household_cells(row: Obligation, held: dict[int, list[Category]], unmasked: bool) -> list[Any]:
    home: Household = row.household
    categories = held.get(row.household_id, [])
    phone = home.phone.open() if unmasked and home.phone else home.phone_mask
    since = min((category.since for category in categories), default=None)
    return [
        row.territory.parent.name, row.territory.name, home.group.name, home.head_name, home.size,
        kinds_of(categories), since and since.replace(day=1), phone, 1,
    ]  # fmt: skip


def _visit_cells(row: Obligation, visits: Sequence[Visit], month: Month) -> list[Any]:
    made = row.discharged_on is not None and row.discharged_on <= month.last
    last = next((visit for visit in reversed(visits) if visit.counts), None)
    findings = [finding for visit in visits for finding in visit.findings.all()]
    promised = [visit for visit in visits if visit.promise_kind]
    settled = [finding for finding in findings if finding.state == Finding.SETTLED]
    carers = dict.fromkeys(
        str(each.settled_by or visit.visitor) for visit in visits for each in visit.findings.all()
    )
    results = dict.fromkeys(
        "：".join(word for word in (STATES[each.state], each.outcome) if word) for each in findings
    )
    done_on = (
        max((each.settled_on for each in settled), default=None) if len(settled) == len(findings) else None
    )
    return [
        int(made),
        last and last.day,
        str(last.visitor) if last else "",
        MANNERS[last.manner] if last else "",
        "；".join(filter(None, (last.note or ("家庭有变化" if last.changed else ""),))) if last else "",
        "；".join(
            f"{KINDS[each.kind]}：{said_of(each)}" if said_of(each) else KINDS[each.kind] for each in findings
        ),
        "；".join("，".join(filter(None, (PROMISES[v.promise_kind], v.promise_text))) for v in promised),
        "、".join(carers),
        "；".join(results),
        done_on,
        "" if made else _why_not(row, visits),
        f"{row.rested_on:%Y-%m-%d} 补走" if row.rested_on else "",
    ]


def _why_not(row: Obligation, visits: Sequence[Visit]) -> str:
    """What is known of why nobody was met; nothing is made up."""
    tries = [visit for visit in visits if not visit.met]
    words = ["全家外出务工"] if row.away else []
    words += [f"{len(tries)} 次没见到人"] if tries else []
    words += [visit.note for visit in tries if visit.note]
    return "；".join(words)


@register
class CoverageSheet(VisitLedger):
    """走访覆盖统计表: one line for each grid, then its village, then the whole."""

    slug, title, order = "coverage", "走访覆盖统计表", 30
    columns = (
        Column("village", "村"),
        Column("grid", "网格"),
        Column("category_owed", "五必访应访", "integer", width=8),
        Column("category_made", "已访", "integer"),
        Column("category_share", "完成率", "percent"),
        Column("ordinary_owed", "一般户应访", "integer", width=8),
        Column("ordinary_made", "已访", "integer"),
        Column("ordinary_share", "完成率", "percent"),
        Column("secretary_owed", "书记年度应访", "integer", width=8),
        Column("secretary_made", "已访", "integer"),
        Column("secretary_share", "完成率", "percent"),
        Column("away", "其中在外务工", "integer", width=8),
        Column("missed", "未访户（名单）", left=True, width=30),
    )
    footnotes = (
        "五必访：本月应访。一般户：本季应访，访到本月底为止。书记年度：本年应访，访到本月底为止。",
        f"已访数的是应访里走到的，不是走访次数。{COUNTING}",
        "其中在外务工：五必访和一般户的应访里，全家外出务工的户，也算在应访里。未访户列五必访的户。",
    )

    def count(self, scope: LedgerScope) -> int | None:
        return None

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        month, place = self.month(scope), scope.territory
        villages = services.coverage(month=month, actor=scope.actor, territory=place, verb="ledgers.export")
        missed = self._missed(scope, month)
        for village in villages:
            for grid in village.grids:
                yield self._line(village.territory.name, grid.territory.name, grid, missed[grid.territory.pk])
            if place.kind != Territory.GRID:
                yield self._line(village.territory.name, "小计", village, [])
        if place.kind == Territory.TOWN:
            yield self._line("合计", "", services.total(villages, place), [])

    def _missed(self, scope: LedgerScope, month: Month) -> dict[int, list[str]]:
        rows = self.within(services.owed_in(Cadence.CATEGORY, month), scope).exclude(services.made_by(month))
        found: dict[int, list[str]] = defaultdict(list)
        rows = rows.order_by("household__group__position", "household__number", "pk")
        for grid, name in rows.values_list("territory", "household__head_name"):
            found[grid].append(name)
        return found

    @staticmethod
    def _line(village: str, grid: str, place: services.Covered, missed: list[str]) -> list[Any]:
        figures: list[Any] = []
        for figure in (place.category, place.ordinary, place.secretary):
            figures += [figure.owed, figure.made, figure.share]
        return [village, grid, *figures, place.away, "、".join(missed)]


@register
class FiveKnows(VisitLedger):
    """五必知清单: what the month's visits brought to light, and what has come of it."""

    slug, title, order = "five-knows", "五必知清单", 40
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
        rows = self.found(scope).select_related("visit__visitor", "household", "territory__parent")
        rows = rows.order_by("territory__parent__code", "territory__code", "visit__day", "pk")
        for position, each in enumerate(rows.iterator(chunk_size=BATCH), 1):
            yield (
                position, each.territory.parent.name, each.territory.name, each.household.head_name,
                KINDS[each.kind], said_of(each), each.visit.day, str(each.visit.visitor), "", STATES[each.state],
            )  # fmt: skip
