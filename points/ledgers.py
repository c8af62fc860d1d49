"""积分登记表: every deed that was claimed or moved in a month, as it stood at the end; old registers come in."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from core import clock
from core.ledger import Column, Entry, ImportContext, LedgerScope, Line, Plan, register, row_key
from core.periods import Month
from grids.one_village import OneVillage
from grids.stepped import FromSteps
from points.city_ledgers import CityAwards, CityBalances, CityRedemptions
from points.coming_in import SLUG, cells_of, objections_of, read_awards, save_all
from points.models import Award, Challenge
from points.models.awards import DECIDES, SEES
from points.services.standing import of_period, stood_at
from points.shop_ledgers import RedemptionLedger, StatementLedger

__all__ = [
    "AwardLedger",
    "CityAwards",
    "CityBalances",
    "CityRedemptions",
    "RedemptionLedger",
    "StatementLedger",
]


@register
class AwardLedger(OneVillage, FromSteps):
    """One line for each award, in the order in which they were claimed."""

    slug, title, group, order = SLUG, "积分登记表", "积分", 50
    verb = SEES
    called, brings = "积分登记表", DECIDES
    by = "积分由村里复核，请村党组织书记或者村干部导入。"
    shown = "points:award"
    importable = keyed = approves = True
    named_by = ("number", "head")
    columns = (
        Column("position", "序号", "integer", width=4.5, imported=False),
        Column("number", "编号", "code", width=9, longest=60, squeeze=True, synonyms=("单号", "登记编号")),
        Column("household_number", "户编号", "code", width=7.5, longest=20, synonyms=("户号", "家庭编号")),
        Column("head", "户主", width=6.5, required=True, squeeze=True, longest=40,
               synonyms=("户主姓名", "姓名", "家庭户主")),
        Column("grid", "网格", width=8, squeeze=True, synonyms=("所属网格", "网格名称")),
        Column("group", "组", width=5, squeeze=True, synonyms=("村民组", "组别", "所在组")),
        Column("claimed_on", "申报日期", "date", width=10, required=True,
               synonyms=("日期", "时间", "申报时间", "登记日期")),
        Column("item", "积分项目", left=True, width=10, required=True, longest=60,
               synonyms=("项目", "积分事项", "积分类别", "积分内容")),
        Column("words", "事由", left=True, width=13, longest=300,
               synonyms=("具体事由", "说明", "积分事由", "主要事迹")),
        Column("claimed", "申报分", "integer", width=5, least=1, most=100000, synonyms=("申报分值", "申请分")),
        Column("proof", "佐证", width=5, longest=100, synonyms=("佐证材料",)),
        Column("checked", "初审", width=8, longest=60, synonyms=("初审人", "初审意见", "组长")),
        Column("decided", "复核", width=8, longest=60, synonyms=("复核人", "复核意见", "评议人")),
        Column("points", "核定分", "integer", width=5, required=True, least=1, most=100000,
               synonyms=("核定分值", "积分", "分值", "得分", "实得分")),
        Column("shown", "公示起止", width=10, longest=60, synonyms=("公示时间", "公示")),
        Column("objections", "异议及处理", left=True, width=10, longest=300, synonyms=("异议", "异议处理")),
        Column("posted_on", "入账日期", "date", width=10, synonyms=("入账时间",)),
        Column("left", "累计结余", "integer", width=6, least=0, most=1000000,
               synonyms=("结余", "累计积分", "余额", "累计", "剩余积分")),
        Column("state", "状态", left=True, width=8, imported=False),
        Column("note", "备注", left=True, width=8, longest=300),
    )  # fmt: skip
    footnotes = (
        "本月申报的、本月有进展的、以前申报到本月初还没了结的都列；写的是到月底的情况。",
        "累计结余是这一笔入账那时账上有的分，以后再兑换的不改它。",
        "以前的登记簿可以照这些列传回来：户主、申报日期、积分项目、核定分要填；兑换过的户，最后一行写累计结余。",
        "导入的申报日期照簿上写，入账日期是导入的那天；登记过的行不要改。",
    )

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        rows = Award.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        rows = of_period(rows.at(scope.territory), scope.period)
        told = Prefetch("challenges", Challenge.objects.order_by("pk"))
        return (
            rows.select_related("item", "household__village", "territory", "group", "posting")
            .prefetch_related("posting__entries", told)
            .order_by("claimed_at", "pk")
        )

    def lines(self, batch: Sequence[Award], month: Month) -> Iterator[tuple[Sequence[Any], int]]:
        end = clock.hours_of(month.last)[1]
        standing = stood_at(end, batch)
        for award in batch:
            cells = cells_of(award, standing[award.pk], objections_of(award, end))
            key = row_key(SLUG, award.household.village.code, award.pk)
            row = (*(cells[column.name] for column in self.exported if column.name != "position"), key)
            yield Line(row, name=award.number_said, homes=(award.household_id,)), award.pk

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int]]:
        for position, (row, pk) in enumerate(super()._lines(scope), 1):
            assert isinstance(row, Line)
            yield Line((position, *row), name=row.name, homes=row.homes), pk

    # --- in ----------------------------------------------------------------------------------------------

    def unit_of(self, entry: Entry) -> Hashable:
        """A household's lines belong together: what is left of its points is told by the last of them."""
        return entry.values.get("household_number") or entry.values.get("head")

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        return read_awards(entries, context)

    def save(self, plan: Plan, context: ImportContext) -> None:
        save_all(plan, context)
