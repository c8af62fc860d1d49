"""群众诉求清单台账: what people asked for in a month, what was promised, and what came of it by the month's end."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from appeals.models import Matter, ResponseTime
from appeals.services.standing import AT_ONCE, of_period, stood_on
from core.ledger import Column, Ledger, LedgerScope, Line, Origins, register
from core.periods import Month

SLUG = "appeals"
_SOURCES, _FIELDS = dict(Matter.SOURCES), dict(Matter.FIELDS)
_URGENCIES, _RATINGS = dict(Matter.URGENCIES), dict(Matter.RATINGS)


@register
class MatterLedger(Ledger):
    """Every matter that moved in the month or was not finished when it began, as it stood on the month's last day."""

    slug, title, group, order = SLUG, "群众诉求清单台账", "诉求", 40
    period_kind = "month"
    verb = "matters.see"
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

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        for row, matter in self._lines(scope):
            shown = reverse("appeals:matter", args=[matter])
            yield row, dict.fromkeys((column.name for column in self.exported), shown)

    def count(self, scope: LedgerScope) -> int | None:
        return self._found(scope).count()

    def place(self, scope: LedgerScope) -> str:
        names = scope.territory.get_ancestors(include_self=True).values_list("name", flat=True)
        return "".join(names)

    @staticmethod
    def _found(scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Matter.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, "matters.see")
        return of_period(rows.at(scope.territory), scope.period)

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int]]:
        """Each line with the key of its matter, in the order in which they were registered."""
        assert isinstance(scope.period, Month)
        matters = (
            self._found(scope).select_related("household", "territory__parent").order_by("opened_on", "pk")
        )
        source = matters.iterator(chunk_size=AT_ONCE)
        while batch := list(islice(source, AT_ONCE)):
            standing = stood_on(scope.period.last, [each.pk for each in batch])
            for matter in batch:
                then = standing[matter.pk]
                grid = matter.territory.name if matter.territory.kind == "grid" else ""
                cells = (
                    matter.number, _SOURCES[matter.source], matter.opened_on, matter.who,
                    matter.phone_mask,
                    matter.village.name, grid, _FIELDS[matter.field], matter.words, _URGENCIES[matter.urgency],
                    then.due_on, then.owner, "；".join(then.story), then.outcome, then.answered_on,
                    _RATINGS.get(then.rating, ""), then.followed_up,
                )  # fmt: skip
                homes = (matter.household_id,) if matter.household_id else ()
                yield Line(cells, name=matter.number, homes=homes), matter.pk
