"""劳动力资源台账: what held of everybody's work on the month's last day (today in a month that runs); out and in."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.ledger import BadWorkbook, Column, Entry, ImportContext, LedgerScope, Line, Plan, register
from core.ledger.keys import keys_in
from core.ledger.reading import Sheet
from core.periods import Month
from core.scope import must
from grids.ledgers import SEXES, by_model, id_problems, longest
from grids.one_village import OneVillage
from grids.stepped import BATCH, FromSteps
from jobs.labour_coming_in import SLUG, day_of, labour_masks, read_labour, save_labour
from jobs.labour_words import (
    HEALTH_WORDS,
    STATUS_WORDS,
    WISH_WORDS,
    skill_names,
    skill_words,
    trade_names,
    trade_words,
)
from jobs.models import Labour
from jobs.models.words import NOTES_LABOUR, SEES_LABOUR
from jobs.services import age_on


@register
class LabourLedger(OneVillage, FromSteps):
    """One line for each person who is registered, household by household."""

    slug, title, group, order = SLUG, "劳动力资源台账", "就业", 60
    verb = SEES_LABOUR
    called, brings = "劳动力资源台账", NOTES_LABOUR
    by = "劳动力由村里登记，请村党组织书记或者村干部导入。"
    shown = "labour:person"
    importable = keyed = True
    named_by = ("name", "home")
    columns = (
        Column("position", "序号", "integer", width=4.5, imported=False),
        Column("name", "姓名", required=True, squeeze=True, width=7,
               synonyms=("人员姓名", "劳动力姓名", "名字"), longest=40),
        Column("id_number", "身份证号", "code", mask="id", width=19, checks=(id_problems,),
               synonyms=("身份证", "身份证号码", "公民身份号码", "证件号码", "身份证（脱敏）")),
        Column("age", "年龄", "integer", width=4.5, imported=False),
        Column("sex", "性别", width=4.5, imported=False),
        Column("relation", "与户主关系", width=6, imported=False, synonyms=("关系", "家庭关系")),
        Column("home", "户籍地", left=True, width=10, imported=False, synonyms=("户籍地址", "家庭住址", "村组")),
        Column("health", "健康状况", "choice", width=7, choices=tuple(dict(Labour.HEALTHS).values()),
               choice_synonyms=HEALTH_WORDS, synonyms=("身体状况", "健康情况")),
        Column("education", "文化程度", width=7, imported=False, synonyms=("学历",)),
        Column("skills", "技能特长", "choice", multiple=True, width=10, choices=skill_names,
               choice_synonyms=skill_words, synonyms=("技能", "特长", "专业技能", "技能证书")),
        Column("status", "就业状态", "choice", required=True, width=8, choices=tuple(dict(Labour.STATUSES).values()),
               choice_synonyms=STATUS_WORDS, synonyms=("就业情况", "就业状况", "务工状态", "从业状态")),
        Column("place", "务工地点", left=True, width=10, longest=longest(Labour, "place"),
               synonyms=("务工地", "就业地点", "打工地点", "工作地点")),
        Column("employer", "单位", left=True, width=10, longest=longest(Labour, "employer"),
               synonyms=("务工单位", "就业单位", "工作单位", "单位名称")),
        Column("wish", "求职意愿", "choice", width=7, choices=tuple(dict(Labour.WISHES).values()),
               choice_synonyms=WISH_WORDS, synonyms=("就业意愿", "是否有求职意愿", "求职意向")),
        Column("trades", "求职意愿工种", "choice", multiple=True, width=10, choices=trade_names,
               choice_synonyms=trade_words, synonyms=("意愿工种", "求职工种", "意向工种", "意向岗位")),
        Column("wage", "期望工资", "integer", width=6.5, checks=(by_model(Labour, "wage"),),
               synonyms=("期望工资（元/月）", "期望薪资", "期望月薪", "工资要求")),
        Column("learns", "培训意愿", "choice", width=8, choices=skill_names, choice_synonyms=skill_words,
               synonyms=("培训意愿工种", "想学什么", "培训需求")),
        Column("subsidy", "享受补贴", left=True, width=8, longest=longest(Labour, "subsidy"),
               synonyms=("享受补贴情况", "补贴")),
    )  # fmt: skip
    footnotes = (
        "写的是月底那天的情况，本月没完的写到今天；那天已不在册（迁走、去世）的不列。年龄也算到那天。",
        "以前的劳动力台账可以照这些列传回来：写身份证号的按号认人，不写的村里只有一个同名的才认得；空着的格不会清掉登记的内容，只是就业状态变了的，原来的务工地点和单位不再算。",
        "性别、年龄、文化程度、户籍地照花名册，在表里改了不算。不满 16 岁的不登记找活（劳动法第 15 条）。",
    )

    # --- out ---------------------------------------------------------------------------------------------

    def found(self, scope: LedgerScope) -> QuerySet:
        assert isinstance(scope.period, Month)
        if scope.unmasked:
            must(scope.actor, "persons.unmask", scope.territory)
        day = _day(scope.period)
        rows = Labour.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        rows = rows.at(scope.territory).on(day)
        rows = rows.filter(Q(person__left_on__isnull=True) | Q(person__left_on__gt=day))
        # Where he lived then: who has moved to another village since stays in this one's past months as he was.
        rows = rows.select_related("person", "household__village", "household__group", "learns")
        if not scope.unmasked:
            rows = rows.defer("person__id_number", "person__phone")
        order = ("household__group__position", "household__group_id", "household__number", "person_id", "pk")
        return rows.prefetch_related("trades", "skills").order_by("territory__code", *order)

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int]]:
        assert isinstance(scope.period, Month)
        keys: dict[str, Callable[[object], str]] = {}
        for position, row in enumerate(self.found(scope).iterator(chunk_size=BATCH), 1):
            code = row.household.village.code
            key = keys.setdefault(code, keys_in(SLUG, code))
            cells = _cells(row, _day(scope.period), scope.unmasked) | {"position": position}
            line = (*(cells[column.name] for column in self.exported), key(row.person_id))
            name = f"{code} {row.person_id}"
            homes = (row.household_id, row.person.household_id)
            yield Line(line, name=name, homes=tuple(dict.fromkeys(homes))), row.person_id

    # --- in ----------------------------------------------------------------------------------------------

    def check_sheet(self, sheet: Sheet, context: ImportContext) -> None:
        super().check_sheet(sheet, context)
        if (day := day_of(context)) > clock.today():
            raise BadWorkbook("made_on", f"表上的填报日期 {day} 还没到，改成真实日期再传。")

    def stored_masks(self, context: ImportContext) -> Callable[[str, str], str | None]:
        masks = labour_masks(context.territory.village)
        return lambda key, column: masks.get(key) if column == "id_number" else None

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        return read_labour(entries, context)

    def save(self, plan: Plan, context: ImportContext) -> None:
        save_labour(plan, context)


def _day(month: Month) -> dt.date:
    """The day whose facts a month's ledger tells."""
    return min(month.last, clock.today())


def _cells(row: Labour, day: dt.date, unmasked: bool) -> dict[str, Any]:
    person, home = row.person, row.household
    number = person.id_number_mask
    if unmasked:
        number = person.id_number.open() if person.id_number else ""
    return {
        "name": person.name,
        "id_number": number,
        "age": age_on(person, day),
        "sex": SEXES.get(person.sex, ""),
        "relation": person.relation,
        "home": f"{home.village.name}{home.group.name}",
        "health": row.get_health_display(),
        "education": person.education,
        "skills": "、".join(each.name for each in row.skills.all()),
        "status": row.get_status_display(),
        "place": row.place,
        "employer": row.employer,
        "wish": row.get_wish_display(),
        "trades": "、".join(each.name for each in row.trades.all()),
        "wage": row.wage,
        "learns": row.learns.name if row.learns else "",
        "subsidy": row.subsidy,
    }
