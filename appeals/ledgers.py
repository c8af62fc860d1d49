"""群众诉求清单台账: what people asked for in a month, what was promised, and what came of it by the month's end."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from appeals.coming_in import FIELDS, RATINGS, SLUG, SOURCES, URGENCIES, read_matters, save_all
from appeals.models import Matter, ResponseTime
from appeals.services.standing import of_period, stood_on
from core.ledger import (
    Column,
    Entry,
    ImportContext,
    LedgerScope,
    Line,
    Plan,
    register,
    row_key,
)
from core.periods import Month
from grids.one_village import OneVillage
from grids.stepped import FromSteps

# Words that registers have for ours.
_OTHER_SOURCES = {
    "入户": "走访", "入户走访": "走访", "网格走访": "走访", "热线": "书记热线", "电话": "书记热线", "来电": "书记热线",
    "一键呼叫": "呼叫器", "板凳会议": "板凳会", "议事会": "板凳会", "12345热线": "12345", "政务热线": "12345",
    "市长热线": "12345", "来访": "上门来说", "上门": "上门来说", "村民来访": "上门来说", "群众来访": "上门来说",
    "镇交办": "上级交办", "上级转办": "上级交办", "转办": "上级交办", "扫码": "扫码留言", "网上留言": "扫码留言",
}  # fmt: skip
_OTHER_FIELDS = {
    "育儿": "幼有所育", "教育": "学有所教", "上学": "学有所教", "就业": "劳有所得", "医疗": "病有所医",
    "看病": "病有所医", "养老": "老有所养", "住房": "住有所居", "救助": "弱有所扶", "低保": "弱有所扶",
    "残疾": "弱有所扶", "纠纷": "矛盾纠纷", "矛盾": "矛盾纠纷", "环境卫生": "环境", "环境问题": "环境",
    "人居环境": "环境", "安全隐患": "隐患", "安全": "隐患", "其他": "别的事", "其它": "别的事",
}  # fmt: skip
_OTHER_URGENCIES = {
    "紧急": "马上", "特急": "马上", "急": "马上", "较急": "三天内", "一般": "三天内", "普通": "三天内",
    "不紧急": "不急",
}  # fmt: skip
_OTHER_RATINGS = {
    "非常满意": "满意", "很满意": "满意", "较满意": "基本满意", "比较满意": "基本满意", "一般": "基本满意",
    "未评价": "没有评价", "无评价": "没有评价",
}  # fmt: skip


@register
class MatterLedger(OneVillage, FromSteps):
    """Every matter that moved in the month or was not finished when it began, as it stood on the month's last day."""

    slug, title, group, order = SLUG, "群众诉求清单台账", "诉求", 40
    verb = "matters.see"
    called, brings = "诉求登记簿", "matters.open"
    by = "诉求由村里、镇办公室登记，请村党组织书记或者村干部导入。"
    shown = "appeals:matter"
    importable = keyed = True
    named_by = ("number", "who")
    columns = (
        Column("number", "编号", "code", width=13, synonyms=("单号", "诉求编号", "登记编号", "事项编号")),
        Column("source", "来源", "choice", width=8, choices=tuple(SOURCES.values()),
               choice_synonyms=_OTHER_SOURCES, synonyms=("诉求来源", "来源渠道", "渠道", "受理方式")),
        Column("opened_on", "登记时间", "date", required=True,
               synonyms=("登记日期", "反映时间", "诉求时间", "提出时间", "受理时间", "日期")),
        Column("who", "诉求人", width=9, squeeze=True, longest=40,
               synonyms=("反映人", "来访人", "诉求人姓名", "群众姓名", "姓名")),
        Column("home", "户编号", "code", exported=False, synonyms=("户号", "户编码")),
        Column("phone", "电话", "code", width=12, synonyms=("联系电话", "手机", "手机号", "手机号码", "联系方式")),
        Column("village", "村", width=9, squeeze=True, synonyms=("村居", "所属村", "村（社区）", "行政村")),
        Column("grid", "网格", width=11, squeeze=True, synonyms=("所属网格", "网格名称")),
        Column("field", "类别", "choice", width=9, choices=tuple(FIELDS.values()),
               choice_synonyms=_OTHER_FIELDS, synonyms=("诉求类别", "诉求类型", "事项类别", "类型")),
        Column("words", "内容", left=True, width=22, required=True, longest=500,
               synonyms=("诉求内容", "诉求事项", "主要内容", "反映问题", "问题内容", "具体内容", "事项")),
        Column("urgency", "紧急程度", "choice", width=7, choices=tuple(URGENCIES.values()),
               choice_synonyms=_OTHER_URGENCIES, synonyms=("缓急", "轻重缓急")),
        Column("due_on", "承诺时限", "date", synonyms=("办理时限", "办结时限", "完成时限", "承诺办结日期")),
        Column("owner", "承办人", width=9, squeeze=True, longest=60,
               synonyms=("责任人", "经办人", "办理人", "承办人员")),
        Column("story", "流转记录", left=True, width=30, imported=False),
        Column("outcome", "办理结果", left=True, width=18, longest=500,
               synonyms=("处理结果", "办理情况", "处理情况", "办结情况")),
        Column("answered_on", "反馈群众日期", "date",
               synonyms=("反馈日期", "反馈时间", "回复日期", "回复时间", "办结日期", "办结时间")),
        Column("rating", "满意度", "choice", width=8, choices=tuple(RATINGS.values()),
               choice_synonyms=_OTHER_RATINGS, synonyms=("群众满意度", "评价", "满意情况")),
        Column("followed_up", "回访人", width=9, squeeze=True, longest=60, synonyms=("反馈人", "回复人")),
    )  # fmt: skip
    footnotes = (
        "本月登记的、本月有进展的、以前登记到本月初还没办完的都列；写的是到月底的情况。",
        "以前的登记簿可以照这些列传回来：登记时间、内容和诉求人（或者电话）要填；登记过的行不要改。",
    )

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
        standing = stood_on(month.last, [each.pk for each in batch])
        for matter in batch:
            then = standing[matter.pk]
            grid = matter.territory.name if matter.territory.kind == "grid" else ""
            cells = (
                matter.number, SOURCES[matter.source], matter.opened_on, matter.who, matter.phone_mask,
                matter.village.name, grid, FIELDS[matter.field], matter.words, URGENCIES[matter.urgency],
                then.due_on, then.owner, "；".join(then.story), then.outcome, then.answered_on,
                RATINGS.get(then.rating, ""), then.followed_up, row_key(SLUG, matter.village.code, matter.pk),
            )  # fmt: skip
            homes = (matter.household_id,) if matter.household_id else ()
            yield Line(cells, name=matter.number, homes=homes), matter.pk

    # --- in ----------------------------------------------------------------------------------------------

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        return read_matters(entries, context)

    def save(self, plan: Plan, context: ImportContext) -> None:
        save_all(plan, context)
