"""A small ledger of the villager groups, importable, so that the desk is tested without any room's own rules."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openpyxl import Workbook

from core import clock
from core.ledger import Column, Ledger, Plan, registry, row_key
from grids.models import Territory, VillagerGroup
from tests.people import Town, make_town_of_two


@pytest.fixture
def town(db: None) -> Town:
    return make_town_of_two()


class Groups(Ledger):
    """Villager groups of a village; a group is a unit, 大组 are warned about, the number is written masked."""

    slug, title, group, order = "groups", "村民组名册", "网格和居民", 1
    importable = keyed = True
    columns = (
        Column("name", "村民组", required=True, squeeze=True, synonyms=("组名",)),
        Column("position", "顺序", "integer", least=0, most=99),
        Column("id_number", "身份证号", "code", mask="id", digits=18),
    )
    footnotes = ("只数在用的组。",)

    def rows(self, scope: Any) -> Iterator[tuple]:
        for group in self._groups(scope):
            yield group.name, group.position, None, row_key(self.slug, scope.territory.code, group.pk)

    def count(self, scope: Any) -> int:
        return self._groups(scope).count()

    def _groups(self, scope: Any) -> Any:
        return VillagerGroup.objects.visible_to(scope.actor, "ledgers.export").at(scope.territory)

    def examine(self, entries: Any, context: Any) -> Plan:
        plan = Plan()
        known = {g.name: g for g in VillagerGroup.objects.filter(village=context.territory)}
        for entry in entries:
            name, position = entry.values["name"], entry.values.get("position") or 0
            if name in known:
                plan.outcomes[entry.number] = "unchanged" if known[name].position == position else "updated"
            else:
                plan.outcomes[entry.number] = "created"
                plan.lines.append(f"新增 {name}")
            if name and "大" in name:
                plan.warnings.append(entry.fault("name", "名字里有“大”", "看看对不对"))
            if name and "坏" in name:
                plan.faults.append(entry.fault("name", "不能叫这个名字", "换一个"))
        plan.work = entries
        return plan

    def save(self, plan: Plan, context: Any) -> None:
        grid = Territory.objects.grids().filter(parent=context.territory).first()
        for entry in plan.work:
            VillagerGroup.objects.update_or_create(
                village=context.territory,
                name=entry.values["name"],
                defaults={"position": entry.values.get("position") or 0, "grid": grid},
            )


class Monthly(Groups):
    """The same by the month; it cannot come in."""

    slug, title, order = "monthly", "村民组月报", 2
    period_kind = "month"
    importable = keyed = False

    def rows(self, scope: Any) -> Iterator[tuple]:
        for group in self._groups(scope):
            yield group.name, group.position, None


@pytest.fixture
def november() -> Iterator[None]:
    with clock.stopped_at("2026-11-23T09:50"):
        yield


@pytest.fixture
def ledgers() -> Iterator[None]:
    with registry.emptied():
        registry.register(Groups)
        registry.register(Monthly)
        yield


@pytest.fixture
def sheet() -> Callable[..., io.BytesIO]:
    """`sheet(("四组", 4), …)` or `sheet(headings=[…])`: a workbook as somebody might upload it."""

    def make(*rows: tuple, headings: tuple[str, ...] = ("村民组", "顺序", "身份证号")) -> io.BytesIO:
        book = Workbook()
        page = book.active
        page.append(headings)
        for row in rows:
            page.append(row)
        out = io.BytesIO()
        book.save(out)
        out.seek(0)
        return out

    return make
