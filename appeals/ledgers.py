"""群众诉求清单台账: what people asked for in a month, what was promised, and what came of it by the month's end."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from appeals.models import Matter, Move, ResponseTime
from appeals.services.standing import of_period, stood
from appeals.stepped import FromSteps, steps_of
from core.ledger import Column, LedgerScope, Line, register
from core.periods import Month

SLUG = "appeals"
_SOURCES, _FIELDS = dict(Matter.SOURCES), dict(Matter.FIELDS)
_URGENCIES, _RATINGS = dict(Matter.URGENCIES), dict(Matter.RATINGS)


@register
class MatterLedger(FromSteps):
    """Every matter that moved in the month or was not finished when it began, as it stood on the month's last day."""

    slug, title, group, order = SLUG, "群众诉求清单台账", "诉求", 40
    verb = "matters.see"
    shown = "appeals:matter"
    named_by = ("number", "who")
    columns = (
        Column("number", "编号", "code", width=13),
        Column("source", "来源", width=8),
        Column("opened_on", "登记时间", "date"),
        Column("who", "诉求人", width=9),
        Column("phone", "电话", "code", width=12),
        Column("village", "村", width=9),
        Column("grid", "网格", width=11),
        Column("field", "类别", width=9),
        Column("words", "内容", left=True, width=22),
        Column("urgency", "紧急程度", width=7),
        Column("due_on", "承诺时限", "date"),
        Column("owner", "承办人", width=9),
        Column("story", "流转记录", left=True, width=30),
        Column("outcome", "办理结果", left=True, width=18),
        Column("answered_on", "反馈群众日期", "date"),
        Column("rating", "满意度", width=8),
        Column("followed_up", "回访人", width=9),
    )
    footnotes = ("本月登记的、本月有进展的、以前登记到本月初还没办完的都列；写的是到月底的情况。",)

    def notes(self, scope: LedgerScope) -> Sequence[str]:
        """The town's own days of work, as they were then."""
        assert isinstance(scope.period, Month)
        days = ResponseTime.on(scope.period.last)
        simple = f"{days.simple_days} 个工作日" if days.simple_days else "当天"
        told = f"承诺时限按工作日算：简单的事{simple}，一般的事 {days.ordinary_days} 个工作日，"
        return (*self.footnotes, f"{told}复杂的事 {days.plan_days} 个工作日内拿出办法。")

    def found(self, scope: LedgerScope) -> QuerySet:
        """In the order in which they were registered."""
        assert isinstance(scope.period, Month)
        rows = Matter.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        rows = of_period(rows.at(scope.territory), scope.period)
        return rows.select_related("household", "territory__parent").order_by("opened_on", "pk")

    def lines(self, batch: Sequence[Matter], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        moves = steps_of(Move.objects.select_related("actor", "to"), "matter", [each.pk for each in batch])
        for matter in batch:
            then = stood(moves[matter.pk], month.last)
            grid = matter.territory.name if matter.territory.kind == "grid" else ""
            cells = (
                matter.number, _SOURCES[matter.source], matter.opened_on, matter.who, matter.phone_mask,
                matter.village.name, grid, _FIELDS[matter.field], matter.words, _URGENCIES[matter.urgency],
                then.due_on, then.owner, "；".join(then.story), then.outcome, then.answered_on,
                _RATINGS.get(then.rating, ""), then.followed_up,
            )  # fmt: skip
            homes = (matter.household_id,) if matter.household_id else ()
            yield Line(cells, name=matter.number, homes=homes), matter.pk
