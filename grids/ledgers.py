"""The two rosters: 网格花名册（1+1+N） and 居民花名册, out and in."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Case, Count, Q, Sum, Value, When
from django.urls import reverse

from core import clock, idnumber
from core.ledger import (
    BadWorkbook,
    Column,
    Entry,
    ImportContext,
    Ledger,
    LedgerScope,
    Origins,
    Plan,
    Problem,
    register,
)
from core.ledger.reading import Sheet
from core.scope import may, must, reach_of
from grids.duties import DUTIES
from grids.models import Category, CategoryKind, Household, Officer, Person, Post, Territory, VillagerGroup
from grids.models.register import HEAD
from grids.rosters import posts as grid_roster
from grids.rosters.people import read_persons
from grids.rosters.saving import save_persons
from grids.rosters.stored import PERSONS, person_key, read_masks
from grids.services import lock_tree
from grids.words import (
    ETHNICITIES,
    ETHNICITY_SYNONYMS,
    POLITICS,
    POLITICS_SYNONYMS,
    RELATION_SYNONYMS,
    RELATIONS,
    SEX_SYNONYMS,
    SEX_WORDS,
)

EMPTY_KEEPS = "空着的格不会清掉已登记的内容。"
SEXES = {code: word for word, code in SEX_WORDS.items()}
NO_CATEGORY = dict.fromkeys(("否", "无", "非", "不是", "没有", "不属于", "一般户", "普通户"), "")


def longest(model: Any, field: str) -> int:
    """How long the model lets a text be."""
    return int(model._meta.get_field(field).max_length)


def by_model(model: Any, field: str) -> Callable[[str], list[Problem]]:
    """The model's own validators of a field, as a check of a column."""

    def check(value: str) -> list[Problem]:
        try:
            model._meta.get_field(field).run_validators(value)
        except ValidationError as refused:
            return [Problem.of(sentence.replace("编码是", "编码应是")) for sentence in refused.messages]
        return []

    return check


def id_problems(number: str) -> list[Problem]:
    return [Problem.of(said) for said in idnumber.faults(number, today=clock.today())]


def phone_problems(number: str) -> list[Problem]:
    said = idnumber.phone_fault(number)
    return [Problem.of(said)] if said else []


def category_words() -> dict[str, str]:
    """Other spellings of the categories, as the town keeps them with each kind."""
    words = dict(NO_CATEGORY)
    for kind in CategoryKind.objects.all():
        words |= dict.fromkeys(
            [kind.short, *filter(None, re.split(r"[、，,;；\s]+", kind.synonyms))], kind.name
        )
    return words


def category_names() -> list[str]:
    return list(CategoryKind.objects.values_list("name", flat=True))


def place_on_paper(place: Territory) -> str:
    """洪集镇, 洪集镇金星村, 洪集镇金星村金星第二网格."""
    names = place.get_ancestors(include_self=True).values_list("name", flat=True)
    return "".join(names)


def villages_of(scope: LedgerScope) -> Iterator[tuple[Territory, Territory]]:
    """(village, what of it is asked for) in the town's order, for a town, a village or a grid."""
    place: Territory = scope.territory
    if place.kind != Territory.TOWN:
        assert place.village
        yield place.village, place
        return
    for village in Territory.objects.at(place).villages().in_use().in_order():
        yield village, village


POLITICS_COLUMN = {"choices": POLITICS, "choice_synonyms": POLITICS_SYNONYMS}
SEX_COLUMN = {"choices": tuple(SEX_WORDS), "choice_synonyms": SEX_SYNONYMS, "width": 5}
PHONE_TITLES = ("电话", "手机", "手机号", "手机号码", "电话号码", "联系方式")


@register
class Persons(Ledger):
    """居民花名册: who lives in which household, group by group in walking order. Households come in whole."""

    slug, title, group, order, verb = PERSONS, "居民花名册", "花名册", 20, "persons.see"
    importable = keyed = True
    columns = (
        Column("position", "序号", "integer", imported=False),
        Column("group", "村民组", merged_down=True, squeeze=True, width=8,
               synonyms=("组", "组别", "村民小组", "居民组", "村（居）民组", "所在组", "所属组"),
               longest=longest(VillagerGroup, "name")),
        Column("number", "户编号", "code", merged_down=True, width=10,
               synonyms=("户号", "户编码", "户口编号", "家庭编号", "户籍编号"),
               longest=longest(Household, "number"), checks=(by_model(Household, "number"),)),
        Column("head_name", "户主", merged_down=True, squeeze=True, width=9, synonyms=("户主姓名", "户主名"),
               longest=longest(Household, "head_name")),
        Column("relation", "与户主关系", "choice", required=True, choices=RELATIONS,
               choice_synonyms=RELATION_SYNONYMS, synonyms=("关系", "家庭关系", "与户主的关系", "成员关系")),
        Column("name", "姓名", required=True, squeeze=True, width=9,
               synonyms=("成员姓名", "家庭成员", "家庭成员姓名", "人员姓名"), longest=longest(Person, "name")),
        Column("sex", "性别", "choice", **SEX_COLUMN),
        Column("ethnicity", "民族", "choice", choices=ETHNICITIES, choice_synonyms=ETHNICITY_SYNONYMS, width=7),
        Column("id_number", "身份证号", "code", mask="id", width=20, checks=(id_problems,),
               synonyms=("身份证", "身份证号码", "公民身份号码", "公民身份证号码", "证件号码", "证件号")),
        Column("birth_date", "出生日期", "date", synonyms=("出生年月", "出生年月日", "生日", "出生时间")),
        Column("phone", "联系电话", "code", mask="phone", synonyms=PHONE_TITLES, checks=(phone_problems,)),
        Column("politics", "政治面貌", "choice", **POLITICS_COLUMN),
        Column("education", "文化程度", synonyms=("学历", "文化", "受教育程度", "教育程度"), width=9,
               longest=longest(Person, "education")),
        Column("address", "家庭住址", merged_down=True, left=True, width=16,
               synonyms=("住址", "家庭地址", "地址", "居住地址", "现住址"), longest=longest(Household, "address")),
        Column("categories", "对象类别", "choice", multiple=True, width=14, choices=category_names,
               choice_synonyms=category_words,
               synonyms=("是否五必访对象", "五必访对象", "五必访类别", "五必访", "对象类型", "人员类别")),
        Column("note", "备注", left=True, longest=longest(Person, "note")),
    )  # fmt: skip
    footnotes = (
        "只列现在在册的人，按村民组、户编号、户主在前排列；对象类别是现在有效的。",
        f"改好可以传回来：{EMPTY_KEEPS}表里删去的人不会销户，只会提示。",
    )

    # --- out ---------------------------------------------------------------------------------------------

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def count(self, scope: LedgerScope) -> int:
        return sum(self._people(scope, part).count() for _, part in villages_of(scope))

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        for row, home in self._lines(scope):
            shown = reverse("grids:household", args=[home])
            yield row, dict.fromkeys((column.name for column in self.exported), shown)

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int]]:
        """Each line with the key of its household."""
        numbers = ("id_number", "phone") if scope.unmasked else ("id_number_mask", "phone_mask")
        if scope.unmasked:
            must(scope.actor, "persons.unmask", scope.territory)
        position = 0
        for village, part in villages_of(scope):
            kinds = self._kinds(village)
            people = self._people(scope, part).values_list(
                "household__group__name", "household__number", "household__head_name", "relation", "name", "sex",
                "ethnicity", numbers[0], "birth_date", numbers[1], "politics", "education", "household__address",
                "note", "pk", "household_id",
            )  # fmt: skip
            for *row, home in people.iterator(chunk_size=2000):
                position += 1
                yield self._row(position, row, kinds, village.code), home

    def _row(self, position: int, row: Sequence[Any], kinds: dict[int, str], code: str) -> Sequence[Any]:
        *front, address, note, pk = row
        front[5] = SEXES.get(front[5], "")
        for place in (7, 9):
            if hasattr(front[place], "open"):
                front[place] = front[place].open()
        return (position, *front, address, kinds.get(pk, ""), note, person_key(code, pk))

    def _people(self, scope: LedgerScope, part: Territory) -> Any:
        people = Person.objects.visible_to(scope.actor, "ledgers.export").at(part).present()
        heads_first = Case(When(relation=HEAD, then=Value(0)), default=Value(1))
        return people.order_by(
            "household__group__position", "household__group_id", "household__number", heads_first, "pk"
        )

    @staticmethod
    def _kinds(village: Territory) -> dict[int, str]:
        """Each person's categories in force, as one cell."""
        held: dict[int, list[str]] = defaultdict(list)
        rows = Category.objects.in_force().at(village).order_by("kind__position", "kind_id")
        for pk, name in rows.values_list("person_id", "kind__name").iterator():
            held[pk].append(name)
        return {pk: "、".join(dict.fromkeys(names)) for pk, names in held.items()}

    # --- in ----------------------------------------------------------------------------------------------

    def place_of(self, sheet: Sheet, context: ImportContext) -> Territory | None:
        return context.territory or village_said(sheet, context.actor)

    def check_sheet(self, sheet: Sheet, context: ImportContext) -> None:
        place = context.territory
        village = place.village if place else None
        if village is None:
            raise BadWorkbook("no_village", "居民花名册一个村一个村地导入，先说是哪个村。")
        must(context.actor, "imports.run", place)
        for name in ("group", "number"):
            if name not in sheet.places:
                title = next(column.title for column in self.columns if column.name == name)
                raise BadWorkbook("missing_heading", f"缺“{title}”这一列。补上标题和内容再传。")
        refuse_other_village(sheet, village)
        if (made_on := sheet.meta.get("made_on")) and made_on > clock.today() and not context.as_of:
            raise BadWorkbook("made_on", f"表上的填报日期 {made_on} 还没到，改成真实日期再传。")
        if not village.groups.exists():
            raise BadWorkbook("no_groups", f"{village}还没有村民组，先导入网格花名册。")

    def unit_of(self, entry: Entry) -> str | None:
        return entry.values.get("number") or None

    def stored_masks(self, context: ImportContext) -> Callable[[str, str], str | None]:
        masks = read_masks(context.territory.village)
        return lambda key, column: masks.get(key, {}).get(column)

    def lock(self, context: ImportContext) -> None:
        village = context.territory.village
        if village.start_month is None:
            lock_tree()  # before the village: whoever changes the tree takes them in this order
        locked = Territory.objects.select_for_update(no_key=True).get(pk=village.pk)
        must(context.actor, "imports.run", locked)

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        since = valid_from(context)
        plan = read_persons(entries, context, within=context.territory, since=since)
        if not set(plan.outcomes.values()) <= {"unchanged"}:
            plan.lines.append(f"新的家庭成员和对象类别从 {clock.cn_date(since)} 算起")
        return plan

    def save(self, plan: Plan, context: ImportContext) -> None:
        save_persons(plan.work, actor=context.actor)


def valid_from(context: ImportContext) -> dt.date:
    """From which day a file holds: as told, else the first of the month of its 填报日期, else of this month."""
    return context.as_of or (context.meta.get("made_on") or clock.today()).replace(day=1)


def village_said(sheet: Sheet, actor: Any) -> Territory | None:
    """The one village within the actor's reach that 填报单位 or the title names; None if it is none, or two."""
    said = "".join(f"{sheet.meta.get('unit', '')} {sheet.meta.get('title', '')}".split())
    villages = Territory.objects.villages().in_use().filter(reach_of(actor, "imports.run").q())
    named = [village for village in villages if village.name in said]
    return named[0] if len(named) == 1 else None


def refuse_other_village(sheet: Sheet, village: Territory) -> None:
    """BadWorkbook if the title or 填报单位 names another village than the chosen one."""
    unit, title = sheet.meta.get("unit", ""), sheet.meta.get("title", "")
    said = "".join(f"{unit} {title}".split())
    if village.name in said:
        return
    others = Territory.objects.villages().in_use().exclude(pk=village.pk).values_list("name", flat=True)
    named = next((name for name in others if name in said), "")
    if not named:
        bare = re.sub(r"[一-龥]{1,6}?[镇乡]", "", unit, count=1)
        found = re.match(r"(?!农村|各村|本村|全村|行政村|乡村)([一-龥]{2,8}?(?:村|社区))", bare)
        named = found[1] if found else ""
    if named:
        raise BadWorkbook("other_village", f"这份表是{named}的，选的是{village}。换一份表，或者改选{named}。")


@register
class Grids(Ledger):
    """网格花名册（1+1+N）: each grid's groups, figures and posts; a village's supervisor stands with its first grid."""

    slug, title, group, order = grid_roster.GRIDS, "网格花名册（1+1+N）", "花名册", 10
    importable = keyed = True
    columns = (
        Column("position", "序号", "integer", imported=False),
        Column("village", "村（社）", required=True, merged_down=True, squeeze=True, width=10,
               synonyms=("村", "村（社区）", "村名", "所属村", "村社"), longest=longest(Territory, "name")),
        Column("grid", "网格名称", required=True, merged_down=True, squeeze=True, width=14,
               synonyms=("网格", "网格名"), longest=longest(Territory, "name")),
        Column("code", "网格编码", "code", required=True, merged_down=True, digits=15, width=17,
               synonyms=("编码", "网格代码", "网格编号"), checks=(by_model(Territory, "code"),)),
        Column("groups", "范围（村民组）", merged_down=True, left=True, width=20,
               synonyms=("范围", "村民组", "所辖村民组", "网格范围", "包含村民组")),
        Column("households", "户数", "integer", imported=False),
        Column("people", "人口", "integer", imported=False),
        Column("must_visit", "五必访户数", "integer", imported=False),
        Column("duty", "岗位", "choice", choices=tuple(grid_roster.DUTY_BY_TITLE), width=11,
               choice_synonyms={"专职网格管理员": "专职网格员", "网格员": "专职网格员", "协管员": "网格协管员",
                                "监督员": "网格监督员"}, synonyms=("职务", "岗位名称", "网格职务")),
        Column("source", "人员来源", synonyms=("来源", "身份"), longest=longest(Post, "source")),
        Column("name", "姓名", squeeze=True, width=9, longest=longest(Officer, "name")),
        Column("sex", "性别", "choice", **SEX_COLUMN),
        Column("birth_month", "出生年月", "month", synonyms=("出生日期", "出生年月日", "出生时间")),
        Column("politics", "政治面貌", "choice", **POLITICS_COLUMN),
        Column("education", "文化程度", synonyms=("学历", "文化"), longest=longest(Officer, "education")),
        Column("smartphone", "会用智能手机", "choice", choices=("是", "否"), width=8,
               choice_synonyms={"会": "是", "能": "是", "√": "是", "不会": "否", "不能": "否", "×": "否"},
               synonyms=("会使用智能手机", "是否会用智能手机", "智能手机", "能否使用智能手机", "是否会使用智能手机")),
        Column("phone", "联系电话", "code", mask="phone", synonyms=PHONE_TITLES, checks=(phone_problems,)),
        Column("since", "任职时间", "date", synonyms=("任职日期", "到任时间", "上岗时间")),
        Column("party_group", "党小组", merged_down=True, width=14, longest=longest(Territory, "party_group")),
        Column("note", "备注", left=True, longest=longest(Post, "note")),
    )  # fmt: skip
    footnotes = (
        "户数、人口是现在在册的；五必访户数是现在有五必访类别的户。监督员是村里的岗位，写在本村第一个网格下面。",
        f"改好可以传回来：{EMPTY_KEEPS}换了人，前任到新人任职时间的前一天止。",
    )

    # --- out ---------------------------------------------------------------------------------------------

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def count(self, scope: LedgerScope) -> int:
        return sum(1 for _ in self.rows(scope))

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        opens = may(scope.actor, "posts.manage")
        for row, grid in self._lines(scope):
            shown = reverse("grids:territory", args=[grid])
            yield row, dict.fromkeys((column.name for column in self.exported), shown) if opens else {}

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], int]]:
        """Each line with the key of its grid."""
        if scope.unmasked:
            must(scope.actor, "persons.unmask", scope.territory)
        reach = Territory.objects.visible_to(scope.actor, "ledgers.export").at(scope.territory)
        grids = list(reach.grids().in_use().select_related("parent").in_order())
        figures, groups, posts = self._figures(scope), self._groups(scope), self._posts(scope)
        position, villages = 0, set()
        for grid in grids:
            held = posts[grid.pk] + ([] if grid.parent_id in villages else posts[grid.parent_id])
            villages.add(grid.parent_id)
            place = (grid.parent.name, grid.name, grid.code, "、".join(groups[grid.pk]), *figures(grid.pk))
            for post in held or [None]:
                position += 1
                yield (position, *place, *self._post(post, grid, unmasked=scope.unmasked)), grid.pk

    @staticmethod
    def _post(post: Post | None, grid: Territory, *, unmasked: bool) -> tuple[Any, ...]:
        if post is None:
            return ("", "", "", "", None, "", "", "", "", None, grid.party_group, "", "")
        officer = post.officer
        phone = officer.phone.open() if unmasked and officer.phone else officer.phone_mask
        smartphone = {True: "是", False: "否"}.get(officer.smartphone, "")
        key = grid_roster.post_key(grid.code[:12], post.pk)
        return (
            DUTIES[post.duty].title, post.source, officer.name, SEXES.get(officer.sex, ""), officer.birth_month,
            officer.politics, officer.education, smartphone, phone, post.since, grid.party_group, post.note, key,
        )  # fmt: skip

    @staticmethod
    def _figures(scope: LedgerScope) -> Callable[[int], tuple[int, int, int]]:
        """Households, people and households to be visited monthly, by grid."""
        homes = Household.objects.visible_to(scope.actor, "ledgers.export").at(scope.territory).present()
        sums = (
            homes.values("territory")
            .annotate(n=Count("pk"), people=Sum("size"))
            .values_list("territory", "n", "people")
        )
        by_grid = {grid: (n, people) for grid, n, people in sums}
        must_visit = Category.objects.visited_on(clock.today()).filter(household__in=homes)
        visited = dict(
            must_visit.values("household__territory").annotate(n=Count("household", distinct=True))
            .values_list("household__territory", "n")
        )  # fmt: skip
        return lambda pk: (*by_grid.get(pk, (0, 0)), visited.get(pk, 0))

    @staticmethod
    def _groups(scope: LedgerScope) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        groups = VillagerGroup.objects.in_use().at(scope.territory).order_by("position", "pk")
        for grid, name in groups.values_list("grid", "name"):
            found[grid].append(name)
        return found

    @staticmethod
    def _posts(scope: LedgerScope) -> dict[int, list[Post]]:
        found: dict[int, list[Post]] = defaultdict(list)
        posts = Post.objects.visible_to(scope.actor, "ledgers.export").at(scope.territory).filter(
            Q(until__isnull=True) | Q(until__gte=clock.today()), duty__in=grid_roster.DUTY_CODES
        )  # fmt: skip
        order = {code: n for n, code in enumerate(grid_roster.DUTY_CODES)}
        for post in sorted(posts.select_related("officer"), key=lambda p: (order[p.duty], p.since, p.pk)):
            found[post.territory_id].append(post)
        return found

    # --- in ----------------------------------------------------------------------------------------------

    def check_sheet(self, sheet: Sheet, context: ImportContext) -> None:
        must(context.actor, "imports.run", context.territory)

    def stored_masks(self, context: ImportContext) -> Callable[[str, str], str | None]:
        masks = grid_roster.read_masks(context)
        return lambda key, column: masks.get(key, {}).get(column)

    def lock(self, context: ImportContext) -> None:
        lock_tree()

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        plan = grid_roster.try_grids(entries, context)
        plan.work = list(entries)
        return plan

    def save(self, plan: Plan, context: ImportContext) -> None:
        done = grid_roster.apply_grids(plan.work, context)
        if done.faults:
            raise ValidationError([fault.sentence for fault in done.faults])
