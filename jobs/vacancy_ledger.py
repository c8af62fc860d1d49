"""用工信息台账: every place that was offered this year, with how many were sent and have begun; out, and in again."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.urls import reverse

from core import clock
from core.ledger import (
    Entry,
    ImportContext,
    LedgerScope,
    Line,
    Origins,
    Plan,
    register,
    row_key,
)
from core.periods import Year
from core.scope import must
from grids.ledgers import place_on_paper
from grids.one_village import OneVillage
from jobs.models import Employer, Vacancy
from jobs.models.words import MANAGES, SEES
from jobs.vacancies_coming_in import SLUG, Record, read_vacancies, save_all
from jobs.vacancy_columns import COLUMNS

BATCH = 500


@register
class VacancyLedger(OneVillage):
    """One line for each place: employers wait or are refused outside of it."""

    slug, title, group, order = SLUG, "用工信息台账", "就业", 81
    verb, brings, town_too = SEES, MANAGES, True
    called = "用工信息"
    by = "导入用工信息要能管用工单位，请村党组织书记、村干部或者人社所来传。"
    importable = keyed = True
    columns = COLUMNS
    named_by = ("employer", "title")
    footnotes = (
        "今年招过的岗位都列，现在在招的、过期了的、不招了的；还没审过的不列。",
        "推荐人次是推荐到这个岗位的次数（推荐错了、不推荐了的不算），到岗人数是去了还在的人。",
        "单位自己填的表可以照这些列传回来：新的单位、岗位传上来就在用。薪资写成 3500—5000 元/月、150 元/天。",
        "招人不能限男女；限年龄的写依据（就业促进法、劳动法）。不满 16 岁的不能招。",
    )

    # --- out ---------------------------------------------------------------------------------------------

    def found(self, scope: LedgerScope) -> Any:
        rows = Vacancy.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, self.verb)
        rows = rows.at(scope.territory).filter(state__in=(Vacancy.OPEN, Vacancy.CLOSED))
        rows = rows.filter(until__gte=Year.of(scope.made_on or clock.today()).first)
        return rows.select_related("employer", "trade", "territory").order_by(
            "territory__code", "employer_id", "pk"
        )

    def count(self, scope: LedgerScope) -> int | None:
        return self.found(scope).count()

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def rows(self, scope: LedgerScope) -> Iterator[Sequence[Any]]:
        for row, _ in self._lines(scope):
            yield row

    def traced_rows(self, scope: LedgerScope) -> Iterator[tuple[Sequence[Any], Origins]]:
        names = [column.name for column in self.exported]
        for row, pk in self._lines(scope):
            yield row, dict.fromkeys(names, reverse("vacancies:vacancy", args=[pk]))

    def _lines(self, scope: LedgerScope) -> Iterator[tuple[Line, int]]:
        if scope.unmasked:
            must(scope.actor, "persons.unmask", scope.territory)
        rows = self.found(scope).with_taken().with_sent()
        if not scope.unmasked:
            rows = rows.defer("employer__phone")
        source, number = rows.iterator(chunk_size=BATCH), 0
        while batch := list(islice(source, BATCH)):
            for row in batch:
                number += 1
                cells = cells_of(row) | {
                    "position": number,
                    "phone": phone_said(row.employer, scope.unmasked),
                }
                key = row_key(SLUG, row.territory.code, row.pk)
                line = [*(cells[column.name] for column in self.exported), key]
                yield Line(line, name=f"{row.territory.code} {row.pk}"), row.pk

    # --- in ----------------------------------------------------------------------------------------------

    def stored_masks(self, context: ImportContext) -> Callable[[str, str], str | None]:
        known = Record.masks(context)
        return lambda key, column: known.get(key) if column == "phone" else None

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        return read_vacancies(entries, context)

    def save(self, plan: Plan, context: ImportContext) -> None:
        save_all(plan, context)


def cells_of(row: Any) -> dict[str, Any]:
    """What the line says, but its number and phone; reads employer and trade."""
    employer = row.employer
    return {
        "employer": employer.name,
        "industry": employer.get_industry_display(),
        "title": row.title,
        "trade": row.trade.name,
        "number": row.number,
        "kind": row.get_kind_display(),
        "hours": row.get_hours_display(),
        "starts_on": row.starts_on,
        "wage": row.wage_said,
        "needs": row.needs,
        "age_low": row.age_low if row.age_low > 16 else None,
        "age_high": row.age_high,
        "ground": row.get_ground_display(),
        "place": row.place,
        "contact": employer.contact,
        "until": row.until,
        "sent": row.sent,
        "begun": row.taken,
        "state": _state(row),
    }


def _state(row: Vacancy) -> str:
    if row.state == Vacancy.CLOSED:
        return "不招了"
    return "过期了" if row.is_over else "在招"


def phone_said(employer: Employer, unmasked: bool) -> str:
    """The stored mask; the full one only for who has asked for it with a reason."""
    if not unmasked:
        return employer.phone_mask
    return employer.phone.open() if employer.phone else ""
