"""人岗对接台账: who was sent where in a month and what came of it, as the steps stood on the month's last day."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from core import clock
from core.ledger import Column, LedgerScope, Line, register
from core.periods import Month
from grids.stepped import FromSteps, steps_of
from jobs.models import Match, MatchStep
from jobs.models.words import SEES

SLUG = "matches"
# What the sheet calls a state; the rest is called as the pages call it.
RESULTS = dict(Match.STATES) | {
    Match.RECOMMENDED: "还没联系",
    Match.UNWILLING: "不愿",
    Match.INTERVIEWED: "面试",
    Match.KEPT: "到岗",
}
SETTLED = tuple(state for state, _ in Match.STATES if state not in Match.RUNNING)
_REASONS = dict(Match.REASONS)


@register
class MatchLedger(FromSteps):
    """One line for each recommendation of the month, each that moved in it, and each that still waits for a result."""

    slug, title, group, order = SLUG, "人岗对接台账", "就业", 62
    verb = SEES
    shown = "matches:match"
    named_by = ("day", "person", "vacancy")
    columns = (
        Column("day", "日期", "date", width=10),
        Column("person", "求职人", width=8),
        Column("vacancy", "岗位", left=True, width=16),
        Column("made_by", "推荐人", width=8),
        Column("why", "理由", left=True, width=30),
        Column("result", "结果", left=True, width=13),
        Column("reason", "未成原因", left=True, width=14),
        Column("asked", "三个月回访", left=True, width=15),
        Column("kept", "稳岗", width=5),
    )
    footnotes = (
        "本月推荐的、本月有进展的、以前推荐到本月还没有结果的都列；写的是到月底的情况。",
        "到岗满三个月（镇里定的月数）回访，还在干的算稳岗；没到回访日子的空着。",
        "理由是推荐那天的情况。未成原因记下来是为了帮他找合适的，不作别的用。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Match.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        begin, end = clock.hours_of(scope.period.first)[0], clock.hours_of(scope.period.last)[1]
        steps = MatchStep.objects.filter(match=OuterRef("pk"))
        moved = Exists(steps.filter(at__gte=begin, at__lt=end))
        then = steps.filter(at__lt=begin).order_by("-pk").values("state")[:1]
        rows = rows.at(scope.territory).filter(made_at__lt=end).annotate(moved=moved, then=Subquery(then))
        rows = rows.exclude(moved=False, then__in=SETTLED)
        return rows.select_related("person", "vacancy__employer", "made_by").order_by("day", "pk")

    def lines(self, batch: Sequence[Match], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        end = clock.hours_of(month.last)[1]
        steps = steps_of(MatchStep.objects.filter(at__lt=end), "match", [match.pk for match in batch])
        for match in batch:
            cells = cells_of(match, steps[match.pk])
            row = tuple(cells[column.name] for column in self.exported)
            yield Line(row, name=f"{match.pk}", homes=(match.household_id,)), match.pk


def cells_of(match: Match, steps: Sequence[MatchStep]) -> dict[str, Any]:
    """The line, out of the steps up to the month's end alone; what was taken back was not."""
    steps = _standing(steps)
    last = steps[-1]
    by_kind = {step.kind: step for step in steps}
    started, kept, left = (by_kind.get(kind) for kind in ("start", "keep", "leave"))
    dated = last.state in (Match.STARTED, Match.KEPT, Match.LEFT)
    on = started if last.state != Match.LEFT else left
    told = f"{RESULTS[last.state]} {on.day:%m-%d}" if dated and on else RESULTS[last.state]
    return {
        "day": match.day,
        "person": match.person.name,
        "vacancy": str(match.vacancy),
        "made_by": str(match.made_by or "服务器"),
        "why": match.why,
        "result": told,
        "reason": _why(last),
        "asked": _asked(match, started, kept, left),
        "kept": "是" if kept else "否" if left else "",
    }


def _standing(steps: Sequence[MatchStep]) -> list[MatchStep]:
    found: list[MatchStep] = []
    for step in steps:
        if step.kind == MatchStep.TAKEN_BACK:
            found.pop()
        else:
            found.append(step)
    return found


def _why(last: MatchStep) -> str:
    if last.state not in Match.ENDED:
        return ""
    return "：".join(each for each in (_REASONS.get(last.reason, ""), last.words) if each)


def _asked(match: Match, started: Any, kept: Any, left: Any) -> str:
    if kept:
        return f"{kept.day:%Y-%m-%d} 还在干"
    if left:
        return f"{left.day:%Y-%m-%d} 不干了"
    return f"应 {match.ask_on:%Y-%m-%d} 回访" if started and match.ask_on else ""
