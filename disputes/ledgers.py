"""矛盾纠纷排查调处台账: what moved in a month or was not finished when it began, as it stood at the end."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from core import clock
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
from disputes.coming_in import KINDS, LEVELS, SLUG, cells_of, read_disputes, save_all
from disputes.models import Dispute, DisputeRule
from disputes.models.disputes import SEES, WORKS
from disputes.panels_ledger import PanelLedger
from disputes.services import Convened, agreements_of, of_period, panels_of, screened, stood_on
from disputes.stats_ledger import DisputeStats
from grids.one_village import OneVillage
from grids.stepped import FromSteps

__all__ = ["DisputeLedger", "DisputeStats", "PanelLedger"]

# Words that registers have for ours.
_OTHER_KINDS = {
    "婚姻": "婚姻家庭", "家庭": "婚姻家庭", "家庭纠纷": "婚姻家庭", "婚姻纠纷": "婚姻家庭", "家庭婚姻": "婚姻家庭",
    "赡养": "婚姻家庭", "赡养纠纷": "婚姻家庭", "邻里纠纷": "邻里", "邻里矛盾": "邻里", "相邻关系": "邻里",
    "宅基地": "房屋宅基地", "房屋": "房屋宅基地", "建房": "房屋宅基地", "宅基地纠纷": "房屋宅基地",
    "经济合同": "合同", "经济": "合同", "债务": "合同", "借贷": "合同", "经济纠纷": "合同", "债权债务": "合同",
    "生产": "生产经营", "经营": "生产经营", "赔偿": "损害赔偿", "人身损害": "损害赔偿", "土地": "山林土地",
    "山林": "山林土地", "土地纠纷": "山林土地", "土地承包": "山林土地", "林地": "山林土地", "水利": "山林土地",
    "征地": "征地拆迁", "拆迁": "征地拆迁", "村务": "村务管理", "干群": "村务管理", "劳动": "劳动争议",
    "劳资": "劳动争议", "欠薪": "劳动争议", "交通事故": "道路交通事故", "交通": "道路交通事故",
    "医患": "医疗", "医疗纠纷": "医疗", "环境": "环境污染", "环保": "环境污染", "物业纠纷": "物业",
    "其它": "其他", "其他纠纷": "其他", "其它纠纷": "其他",
}  # fmt: skip
_OTHER_LEVELS = {
    "网格级": "网格", "组": "网格", "组级": "网格", "村级": "村", "社区": "村", "镇级": "镇", "乡镇": "镇",
    "乡": "镇", "区级": "区", "县级": "区", "县": "区",
}  # fmt: skip
_YES_NO = {"√": "是", "有": "是", "重大": "是", "×": "否", "无": "否", "一般": "否", "不是": "否"}


@register
class DisputeLedger(OneVillage, FromSteps):
    """As the registers of the villages have it (columns found in real ones), with what the plan asks for besides."""

    slug, title, group, order = SLUG, "矛盾纠纷排查调处台账", "矛盾纠纷", 45
    verb = SEES
    called, brings = "纠纷台账", WORKS
    by = "纠纷由村里、镇办公室、司法所登记，请村党组织书记或者村干部导入。"
    shown = "disputes:dispute"
    importable = keyed = True
    named_by = ("number", "parties")
    columns = (
        Column("grid", "所属网格", width=7, squeeze=True, synonyms=("网格", "网格名称", "所在网格")),
        Column("number", "编号", "code", width=8, longest=60, synonyms=("单号", "纠纷编号", "登记编号")),
        Column("level", "纠纷级别", "choice", width=5, choices=tuple(LEVELS.values()),
               choice_synonyms=_OTHER_LEVELS, synonyms=("级别", "层级")),
        Column("kind", "类型", "choice", width=7, choices=tuple(KINDS.values()), choice_synonyms=_OTHER_KINDS,
               synonyms=("纠纷类型", "纠纷类别", "矛盾类型", "类别", "矛盾纠纷类型")),
        Column("found_on", "排查时间", "date", width=10, required=True,
               synonyms=("排查日期", "发现时间", "发现日期", "发生时间", "受理时间", "日期")),
        Column("due_on", "完成时限", "date", width=10, synonyms=("化解时限", "办结时限", "时限", "化解期限")),
        Column("major", "是否重大", "choice", width=5, choices=("是", "否"), choice_synonyms=_YES_NO,
               synonyms=("是否重大纠纷", "重大纠纷", "是否重大矛盾")),
        Column("parties", "当事人情况", left=True, width=14, required=True, longest=500,
               synonyms=("当事人", "当事人姓名", "涉及人员", "双方当事人", "姓名")),
        Column("people", "涉及人数", "integer", width=5, least=1, most=100000, synonyms=("人数", "涉及人员数")),
        Column("words", "主要问题", left=True, width=16, required=True, longest=500,
               synonyms=("主要情况", "纠纷内容", "矛盾内容", "简要情况", "基本情况", "纠纷事由", "内容")),
        Column("collector", "收集人", width=6.5, squeeze=True, longest=40,
               synonyms=("登记人", "排查人", "上报人", "信息收集人")),
        Column("keeper", "稳控负责人", width=6.5, squeeze=True, longest=40,
               synonyms=("稳控责任人", "包保人", "稳控人")),
        Column("measures", "采取措施", left=True, width=13, longest=900, synonyms=("措施", "化解措施", "稳控措施")),
        Column("department", "责任部门", width=7, longest=60, synonyms=("责任单位", "化解单位", "牵头部门")),
        Column("owner", "负责人", width=6.5, squeeze=True, longest=40,
               synonyms=("责任人", "化解责任人", "调解人", "调解员", "化解负责人")),
        Column("outcome", "化解情况", left=True, width=13, longest=500,
               synonyms=("化解结果", "调处情况", "调解结果", "处理结果", "是否化解", "调处结果", "办理结果")),
        Column("settled_on", "化解日期", "date", exported=False,
               synonyms=("化解时间", "办结时间", "办结日期", "调处时间", "调解日期", "调解时间")),
        Column("feedback", "群众反馈意见", left=True, width=9, longest=300,
               synonyms=("反馈意见", "群众意见", "满意度")),
        Column("supervised", "督办", width=7, longest=100, synonyms=("督办情况", "督办人", "督办领导")),
        Column("registered_on", "登记时间", "date", width=10, imported=False, synonyms=("登记日期",)),
        Column("note", "备注", left=True, width=9, longest=500, synonyms=("说明",)),
        Column("panel", "是否启动“三个三分之一”", width=6, imported=False),
        Column("panels", "议事次数", "integer", width=5, imported=False),
        Column("reviewed_on", "本月梳理日期", "date", width=10, imported=False),
        Column("agreement", "协议书编号", "code", width=9, imported=False, squeeze=True),
        Column("revisited_on", "回访日期", "date", width=10, synonyms=("回访时间",)),
    )  # fmt: skip
    footnotes = (
        "本月登记的、本月有进展的、以前登记到本月初还没了结的都列；写的是到月底的情况。",
        "以前的登记簿可以照这些列传回来：排查时间、当事人和主要问题要填；登记过的行不要改。",
    )

    def notes(self, scope: LedgerScope) -> Sequence[str]:
        """The numbers of the screening, 零报告 where nothing was found, and the town's days as they were then."""
        assert isinstance(scope.period, Month)
        days = DisputeRule.on(scope.period.last)
        said = screened(scope.territory, scope.period).said
        again = [f"{each} 天" for each in (days.first_revisit, days.second_revisit) if each]
        told = f"没有另写时限的，从排查那天起 {days.settle_days} 天内调处好"
        told += f"；调好后 {'、'.join(again)}回访。" if again else "。"
        return (f"排查：{said}", *self.footnotes, told)

    def found(self, scope: LedgerScope) -> QuerySet:
        """In the order in which they were found."""
        assert isinstance(scope.period, Month)
        rows = Dispute.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        rows = of_period(rows.at(scope.territory), scope.period).select_related(
            "territory__parent", "registered_by"
        )
        return rows.prefetch_related("parties").order_by("found_on", "pk")

    def lines(self, batch: Sequence[Dispute], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        keys = [each.pk for each in batch]
        standing = stood_on(month.last, keys)
        panels, agreements = panels_of(keys, month.last), agreements_of(keys, month.last)
        for dispute in batch:
            then, convened = standing[dispute.pk], panels.get(dispute.pk, Convened())
            reviewed = then.reviewed_on if then.reviewed_on and then.reviewed_on in month else None
            cells = cells_of(dispute, then) | {
                "registered_on": clock.local_date(dispute.registered_at),
                "panel": "是" if convened.begun else "",
                "panels": convened.sittings or None,
                "reviewed_on": reviewed,
                "agreement": agreements.get(dispute.pk, ""),
            }
            key = row_key(SLUG, dispute.village.code, dispute.pk)
            homes = {each.household_id for each in dispute.parties.all() if each.household_id}
            row = (*(cells[column.name] for column in self.exported), key)
            yield Line(row, name=dispute.number, homes=homes), dispute.pk

    # --- in ----------------------------------------------------------------------------------------------

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        return read_disputes(entries, context)

    def save(self, plan: Plan, context: ImportContext) -> None:
        save_all(plan, context)
