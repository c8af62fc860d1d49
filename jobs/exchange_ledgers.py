"""The three sheets for 六安市就业创业平台: seekers, employers, places; out as laid out, in to be compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from core import clock
from core.idnumber import mask_name
from core.ledger import Entry, ImportContext, LedgerScope, Plan, register
from core.ledger.cleaning import tidy
from core.ledger.compared import ComparedAs
from core.scope import may
from grids.laid import LaidLedger
from grids.models import Person, Territory
from jobs.exchange_columns import EMPLOYERS, SEEKERS, TITLES, VACANCIES
from jobs.exchanging import Book, Ours, Part, People, words_of
from jobs.models import Employer, Labour, Skill, Trade, Vacancy
from jobs.models.words import MANAGES, SEES, SEES_LABOUR
from jobs.services import age_on
from jobs.vacancy_ledger import phone_said
from jobs.wages import Wage, read_wage

_compared = partial(
    ComparedAs,
    figures=False,
    untouched="我们的登记一条也不改",
    link_verb=MANAGES,
    mend="我们的登记要改的：",
    theirs="平台那边要改的，找区人社局。",
)
_PEOPLE = _compared(
    who="姓名",
    number="户编号",
    order="有完整身份证号的按号对，没有的按姓名对。",
    same="每个人都对得上。",
    link="看这一户",
    mend_page="labour:register",
    mend_title="劳动力",
)
_EMPLOYERS = _compared(
    who="单位",
    number="信用代码",
    order="有统一社会信用代码的按代码对，没有的按名称对。",
    same="每个单位都对得上。",
    link="看这个单位",
    mend_page="vacancies:employers",
    mend_title="用工单位",
)
_VACANCIES = _compared(
    who="单位和岗位",
    number="信用代码",
    order="按单位加岗位对；同一单位同名的岗位合在一起，人数加起来。",
    same="每个岗位都对得上。",
    link="看这个岗位",
    mend_page="vacancies:vacancies",
    mend_title="岗位",
)


class JobsSheet(LaidLedger):
    """One of the three."""

    group = "就业平台"
    brings = MANAGES
    called = "就业平台的表"
    by = "对账要能管用工单位和岗位，请村党组织书记、村干部或者人社所来传。"
    only_compared = "这份表只用来对账，我们的登记一条也不改。要改的，在系统里改。"

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        plan = Plan()
        book = self.book(self.place_in(context))
        for place, entry in enumerate(entries):
            context.looked_at(place, len(entries))
            if not entry.bad:
                self.hold(entry, book, plan)
        plan.compared = book.result()
        return plan

    def book(self, place: Territory) -> Book:
        """Our side of it at that place."""
        raise NotImplementedError

    def hold(self, entry: Entry, book: Book, plan: Plan) -> None:
        """One of their rows against ours."""
        raise NotImplementedError


class _PeopleBook(Book):
    people: People


@dataclass
class _EmployersBook(Book):
    """Employers by name; `by_code`: which name has this 统一社会信用代码."""

    by_code: dict[str, str] = field(default_factory=dict)


@register
class SeekersSheet(JobsSheet):
    """Who wants work or another work today."""

    slug, title, order = SEEKERS, TITLES[SEEKERS], 90
    verb = SEES_LABOUR
    compared_as = _PEOPLE
    rule = "现在登记着想找活、想换活的人，一人一行；健康状况、住址不是必要的，先不给。"
    needs = (
        (
            frozenset({"name", "id_number"}),
            "nobody",
            "表里没有姓名，也没有身份证号，不知道是谁。照列序设置里的列名补上再传。",
        ),
    )

    def found(self, scope: LedgerScope) -> QuerySet[Labour]:
        rows = Labour.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, SEES_LABOUR)
        rows = rows.at(scope.territory).in_force().living().seeking()
        if not scope.unmasked:
            rows = rows.defer("person__id_number", "person__phone", "household__phone")
        rows = rows.select_related("person", "household__village", "learns")
        rows = rows.prefetch_related("trades", "skills")
        return rows.order_by("territory__code", "household__number", "pk")

    def cells(
        self, batch: Sequence[Labour], scope: LedgerScope, names: Sequence[str]
    ) -> Iterator[tuple[dict[str, Any], Sequence[int], str]]:
        sees = may(scope.actor, "households.see", scope.territory)
        today = scope.made_on or clock.today()
        for row in batch:
            person, home = row.person, row.household
            cells = _said_of(row) | {
                "village": home.village.name,
                "name": person.name if sees else mask_name(person.name),
                "sex": person.get_sex_display(),
                "age": age_on(person, today),
                "education": person.education,
                "distance": row.get_distance_display() or "",
                "learns": str(row.learns or ""),
                "since": row.since,
                "address": home.address if sees else "",
                "health": row.get_health_display(),
            }
            yield cells | _numbers(person, home, scope.unmasked), (home.pk,), _home_page(home.pk)

    def book(self, place: Territory) -> Book:
        rows = Labour.objects.at(place).in_force().living().seeking()
        rows = rows.defer("person__id_number", "person__phone", "household__phone")
        rows = rows.select_related("person", "household").prefetch_related("trades", "skills")
        trades, skills = Trade.objects.words(), Skill.objects.words()
        parts = (
            Part("status", "就业状态"),
            Part("trades", "求职工种", lambda text: words_of(text, trades)),
            Part("wage", "期望工资"),
            Part("skills", "技能特长", lambda text: words_of(text, skills)),
        )
        book, people = _PeopleBook(parts, {}), People()
        for row in rows.order_by("household__number", "pk").iterator(chunk_size=500):
            person = row.person
            book.ours[person.pk] = Ours(
                row.household.number, person.name, _said_of(row), _home_page(row.household_id)
            )
            people.add(person.pk, person.name, person.id_number_hash, person.id_number_mask)
        book.people = people
        return book

    def hold(self, entry: Entry, book: Book, plan: Plan) -> None:
        assert isinstance(book, _PeopleBook)
        key, read = book.people.of(entry, plan)
        if not read:
            return
        if key is not None and key in book.seen:
            plan.faults.append(entry.fault("name", "这个人写了两行", "一人留一行"))
            return
        book.met(key, entry.values, entry.values.get("name") or "（没写姓名）")
        plan.outcomes[entry.number] = "unchanged"


def _said_of(row: Labour) -> dict[str, Any]:
    """What both sides say of somebody who seeks."""
    return {
        "status": row.get_status_display(),
        "trades": "、".join(str(trade) for trade in row.trades.all()),
        "wage": row.wage,
        "skills": "、".join(str(skill) for skill in row.skills.all()),
    }


def _numbers(person: Person, home: Any, unmasked: bool) -> dict[str, Any]:
    """Masked ones are written from the stored masks; full ones only for who has asked for them with a reason."""
    if not unmasked:
        return {"id_number": person.id_number_mask, "phone": person.phone_mask or home.phone_mask}
    number, phone = person.id_number, person.phone or home.phone
    return {"id_number": number.open() if number else "", "phone": phone.open() if phone else ""}


def _home_page(pk: int) -> str:
    return reverse("grids:household", args=[pk])


class _OfEmployers(JobsSheet):
    """Both about employers: the town's own stand in its file, a village's in the village's."""

    verb = SEES
    town_too = True
    needs: ClassVar[tuple[tuple[frozenset[str], str, str], ...]] = (
        (
            frozenset({"employer"}),
            "no_employer",
            "表里没有单位名称，不知道是谁家的。照列序设置里的列名补上再传。",
        ),
    )


@register
class EmployersSheet(_OfEmployers):
    """Every employer that is in use."""

    slug, title, order = EMPLOYERS, TITLES[EMPLOYERS], 91
    compared_as = _EMPLOYERS
    rule = "在用的单位，一个单位一行；在招人数是现在在招的岗位加起来。"

    def found(self, scope: LedgerScope) -> QuerySet[Employer]:
        rows = Employer.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, SEES)
        alive = Q(vacancies__state=Vacancy.OPEN, vacancies__until__gte=clock.today())
        rows = rows.at(scope.territory).approved().annotate(wanted=Sum("vacancies__number", filter=alive))
        if not scope.unmasked:
            rows = rows.defer("phone")
        return rows.select_related("territory").order_by("territory__code", "pk")

    def cells(
        self, batch: Sequence[Any], scope: LedgerScope, names: Sequence[str]
    ) -> Iterator[tuple[dict[str, Any], Sequence[int], str]]:
        for row in batch:
            cells = _of_employer(row) | {
                "phone": phone_said(row, scope.unmasked),
                "village": row.territory.name,
                "number": row.wanted or 0,
            }
            yield cells, (), reverse("vacancies:employer", args=[row.pk])

    def book(self, place: Territory) -> Book:
        parts = (
            Part("industry", "行业"),
            Part("contact", "联系人"),
            Part("address", "地址"),
            Part("credit_code", "信用代码"),
        )
        book = _EmployersBook(parts, {})
        for row in Employer.objects.at(place).approved().defer("phone").order_by("pk"):
            url = reverse("vacancies:employer", args=[row.pk])
            book.ours[tidy(row.name)] = Ours(row.credit_code, row.name, _of_employer(row), url)
        for key, mine in book.ours.items():
            if mine.number:
                book.by_code.setdefault(mine.number, key)
        return book

    def hold(self, entry: Entry, book: Book, plan: Plan) -> None:
        name, code = entry.values.get("employer"), entry.values.get("credit_code")
        if not name:
            plan.faults.append(entry.fault("employer", "没写", "写单位名称"))
            return
        assert isinstance(book, _EmployersBook)
        key = book.by_code.get((code or "").upper(), tidy(name))
        if key in book.seen:
            plan.faults.append(entry.fault("employer", "这个单位写了两行", "一个单位留一行"))
            return
        book.met(key, entry.values, name)
        plan.outcomes[entry.number] = "unchanged"


def _of_employer(row: Employer) -> dict[str, Any]:
    return {
        "employer": row.name,
        "credit_code": row.credit_code,
        "industry": row.industry,
        "contact": row.contact,
        "address": row.address,
    }


@register
class VacanciesSheet(_OfEmployers):
    """Every place that is open today."""

    slug, title, order = VACANCIES, TITLES[VACANCIES], 92
    compared_as = _VACANCIES
    rule = "现在在招的岗位，一个岗位一行；过期的、不招了的不列。"
    needs = (
        *_OfEmployers.needs,
        (
            frozenset({"title"}),
            "no_title",
            "表里没有岗位名称，不知道是哪个岗位。照列序设置里的列名补上再传。",
        ),
    )

    def found(self, scope: LedgerScope) -> QuerySet[Vacancy]:
        rows = Vacancy.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, SEES)
        rows = rows.at(scope.territory).open().select_related("employer", "trade")
        if not scope.unmasked:
            rows = rows.defer("employer__phone")
        return rows.order_by("territory__code", "employer_id", "pk")

    def cells(
        self, batch: Sequence[Vacancy], scope: LedgerScope, names: Sequence[str]
    ) -> Iterator[tuple[dict[str, Any], Sequence[int], str]]:
        for row in batch:
            cells = _of_vacancy(row) | {
                "needs": row.needs,
                "starts_on": row.starts_on,
                "contact": row.employer.contact,
                "phone": phone_said(row.employer, scope.unmasked),
            }
            yield cells, (), reverse("vacancies:vacancy", args=[row.pk])

    def book(self, place: Territory) -> Book:
        trades = Trade.objects.words()
        parts = (
            Part("trade", "工种", lambda text: words_of(text, trades)),
            Part("kind", "类型"),
            Part("number", "人数"),
            Part("wage", "工资", _wage),
            Part("place", "地点"),
            Part("until", "有效期至"),
        )
        book = Book(parts, {})
        rows = Vacancy.objects.at(place).open().select_related("employer", "trade").defer("employer__phone")
        for row in rows.order_by("pk").iterator(chunk_size=500):
            key = (tidy(row.employer.name), tidy(row.title))
            cells = _of_vacancy(row)
            if before := book.ours.get(key):
                cells["number"] += before.cells["number"]
            url = reverse("vacancies:vacancy", args=[row.pk])
            book.ours[key] = Ours(row.employer.credit_code, f"{row.employer.name} {row.title}", cells, url)
        return book

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        """Their rows of one employer and one title are one place, as ours are."""
        plan, book = Plan(), self.book(self.place_in(context))
        said: dict[tuple[str, str], dict[str, Any]] = {}
        for entry in entries:
            values = entry.values
            empty = [name for name in ("employer", "title") if not values.get(name) and name not in entry.bad]
            for name in empty:
                plan.faults.append(entry.fault(name, "没写", "写单位名称、岗位名称"))
            if entry.bad or empty:
                continue
            key = (tidy(values["employer"]), tidy(values["title"]))
            before = said.get(key)
            if before and "number" in values:
                before["number"] = (before["number"] or 0) + (values["number"] or 0)
            said.setdefault(key, dict(values))
            plan.outcomes[entry.number] = "unchanged"
        for key, values in said.items():
            book.met(key, values, f"{values['employer']} {values['title']}")
        plan.compared = book.result()
        return plan


def _of_vacancy(row: Vacancy) -> dict[str, Any]:
    return {
        "employer": row.employer.name,
        "title": row.title,
        "trade": row.trade.name,
        "kind": row.get_kind_display(),
        "number": row.number,
        "wage": row.wage_said,
        "place": row.place,
        "until": row.until,
    }


def _wage(text: Any) -> Any:
    """The same wage however it is written."""
    if not text:
        return None
    found = read_wage(str(text))
    return found if isinstance(found, Wage) else tidy(str(text))
