"""封存后差异表: what is done to a sealed month later is allowed, and told cell by cell with who, when and why."""

import datetime as dt
import tracemalloc
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.ledger import Column, Ledger, LedgerScope, registry
from core.ledger.sealing import Late
from core.periods import Month
from grids import services as grids
from ledgers import comparing, keeping, services
from ledgers.models import SealedMonth
from tests.ledgers.months import LATER, OCTOBER, found, on_the_third, seal, sealed, submit, visit
from tests.people import Town
from visits import services as visits

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def test_a_month_just_sealed_has_no_difference(town: Town) -> None:
    assert found(sealed(town)) == []


def test_a_visit_that_comes_later_is_told_as_late_by_whom_and_when(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20", note="补记的")
        told = found(row, "五必访走访台账")
        cells = {each.column: (each.sealed, each.now) for each in told}
        assert cells["实访"] == ("0", "1")
        assert cells["最近走访日期"] == ("", "2026-10-20")
        assert cells["走访人"] == ("", "王格")
        assert {each.row for each in told} == {f"金星村 金星第一网格 二组 {town.li.head_name}"}
        assert {(each.who, each.when, each.why) for each in told} == {
            ("王格", "2026-11-10 15:20", "补录：10月20日的走访")
        }
        (log,) = found(row, "走访日志")
        assert (log.column, log.sealed) == ("整行", "（没有这一行）")
        assert "补记的" in log.now
        assert "张三丰" not in str([each.row for each in found(row)]), "what did not change is not told"


def test_sums_that_moved_are_explained_by_what_they_sum_up(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        told = found(row, "走访覆盖统计表")
        grid = [each for each in told if "金星第一网格" in each.row]
        total = [each for each in told if "小计" in each.row]
        assert {each.column for each in grid} == {"已访", "完成率", "未访户（名单）"}
        assert total
        assert {each.why for each in [*grid, *total]} == {"补录：10月20日的走访"}
        assert not [each for each in told if "第二网格" in each.row]


def test_a_visit_taken_back_and_one_corrected_say_so(town: Town) -> None:
    with clock.stopped_at("2026-11-03T09:00"):
        undone = visit(town, town.li, "2026-10-21")
    row = sealed(town)
    with clock.stopped_at("2026-11-04T08:00"):
        visits.undo_visit(actor=town.secretary, visit=undone)
        gone = next(each for each in found(row, "走访日志"))
        assert (gone.column, gone.now) == ("整行", "（没有这一行）")
        assert (gone.who, gone.why) == ("金书记", "撤销：10月21日的走访")
        old = town.zhang.visits.get()
        visits.correct_visit(
            actor=town.worker,
            visit=old,
            uuid=uuid.uuid4(),
            happened_at=clock.now(),
            day=dt.date(2026, 10, 13),
        )
        told = [each for each in found(row, "五必访走访台账") if "张三丰" in each.row]
        assert ("最近走访日期", "2026-10-12", "2026-10-13") in [(e.column, e.sealed, e.now) for e in told]
        assert {each.why for each in told} == {"补录更正：原记在10月12日的走访"}


def test_a_change_of_the_register_that_reaches_back_is_told(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        grids.change(
            actor=town.secretary,
            kind="category_begin",
            person=town.head(town.wang),
            happened_on=dt.date(2026, 10, 1),
            facts={"category": "illness"},
            client_id=uuid.uuid4(),
        )
        (told,) = [each for each in found(row, "五必访走访台账") if town.wang.head_name in each.row]
        assert (told.column, told.sealed, told.who) == ("整行", "（没有这一行）", "金书记")
        assert told.why == "户籍变动：认定对象（10月1日起）"


def test_the_sheet_is_a_ledger_of_its_own_inside_the_readers_reach(town: Town) -> None:
    sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        ledger = registry.get("differences")

        def rows(actor: Any, place: Any, month: Month = OCTOBER) -> list[Any]:
            return list(ledger.rows(LedgerScope(actor, place, month, made_on=clock.today())))

        titles = [column.title for column in ledger.exported]
        for title in ("台账", "户、行", "列", "封存时", "现在", "谁", "什么时候", "为什么"):
            assert title in titles
        own = rows(town.secretary, town.jinxing)
        assert own
        assert own == rows(town.office, town.town)
        assert [line[0] for line in own] == list(range(1, len(own) + 1))
        assert rows(town.neighbour, town.town) == []
        assert rows(town.office, town.qiaoji) == []
        assert rows(town.office, town.jinxing, Month.parse("2026-09")) == []
        job = services.ask_export(
            actor=town.secretary, slug="differences", territory=town.jinxing, period="2026-10"
        )
        assert services.run_job(job.pk) == "done"
        assert "differences" not in {each.slug for each in keeping.monthly_ledgers()}


def test_the_second_version_is_compared_with_itself_alone(town: Town) -> None:
    sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        services.reopen_month(actor=town.office, village=town.jinxing, month=OCTOBER, reason="补录")
        assert list(_sheet(town)) == [], "open: there is nothing sealed to differ from"
        submit(town)
        assert found(seal(town)) == []


def _sheet(town: Town) -> Iterator[Any]:
    scope = LedgerScope(town.office, town.jinxing, OCTOBER, made_on=clock.today())
    yield from registry.get("differences").rows(scope)


def test_how_many_there_are_is_kept_for_the_page(town: Town) -> None:
    row = sealed(town)
    assert row.differences == 0
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        count = services.count_differences(row)
        row.refresh_from_db()
        assert (row.differences, row.compared_at) == (count, clock.now())
        assert count == len(found(row)) > 5


# --- the comparison itself ------------------------------------------------------------------------------------------


class Lines(Ledger):
    """Rows that a test lays down; a name may come twice."""

    slug, title, group = "lines", "行", "试"
    period_kind = "month"
    columns = (
        Column("position", "序号", "integer"),
        Column("grid", "网格"),
        Column("head_name", "户主"),
        Column("number", "几次", "integer"),
        Column("note", "备注"),
    )
    laid: Any = ()

    def rows(self, scope: Any) -> Any:
        for position, row in enumerate(Lines.laid, 1):
            yield (position, *row)


@pytest.fixture
def lines(town: Town) -> Iterator[Any]:
    """`lines(sealed rows, rows of today)` → the differences."""
    with registry.emptied():
        registry.register(Lines)

        def compared(was: Any, now: Any) -> list[tuple[str, ...]]:
            Lines.laid = was
            row = sealed(town)
            Lines.laid = now
            return [(each.row, each.column, each.sealed, each.now) for each in services.compare(row)]

        yield compared


def test_a_row_that_came_in_above_moves_no_other(lines: Any) -> None:
    was = [("一格", "张", 1, ""), ("一格", "王", 2, "")]
    assert lines(was, [("一格", "安", 3, "x"), *was]) == [
        ("一格 安", "整行", "（没有这一行）", "网格 一格，户主 安，几次 3，备注 x")
    ]


def test_two_of_one_name_are_told_apart_by_what_stayed_the_same(lines: Any) -> None:
    was = [("一格", "张", 1, "甲"), ("一格", "张", 2, "乙")]
    assert lines(was, [("一格", "张", 2, "乙"), ("一格", "张", 5, "甲")]) == [("一格 张", "几次", "1", "5")]


def test_a_row_that_went_is_told_whole(lines: Any) -> None:
    was = [("一格", "张", 1, ""), ("一格", "王", 2, "")]
    assert lines(was, was[:1]) == [("一格 王", "整行", "网格 一格，户主 王，几次 2", "（没有这一行）")]


def test_the_memory_of_a_comparison_does_not_grow_with_the_rows(lines: Any, town: Town) -> None:
    def peak(rows: int) -> int:
        Lines.laid = [("一格", f"户{n}", n, "备注" * 20) for n in range(rows)]
        with clock.stopped_at("2026-11-03T10:00"):
            row = sealed(town) if not SealedMonth.objects.exists() else _again(town)
        Lines.laid = Later(rows)
        tracemalloc.start()
        assert sum(1 for _ in services.compare(row)) == 1
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    small, large = peak(1_000), peak(12_000)
    assert large < 1.5 * small + 1_000_000


class Later:
    """The same rows as a test sealed, made one by one; the last has changed."""

    def __init__(self, rows: int) -> None:
        self.count = rows

    def __iter__(self) -> Iterator[Any]:
        for n in range(self.count):
            yield ("一格", f"户{n}", n, "备注" * 20 if n < self.count - 1 else "改了")


def _again(town: Town) -> SealedMonth:
    services.reopen_month(actor=town.office, village=town.jinxing, month=OCTOBER, reason="再")
    return sealed(town)


def test_reasons_are_found_by_the_marks_a_ledger_has(town: Town) -> None:
    at = clock.now()
    late = [
        Late((("village", "村"), ("grid", "一格"), ("head_name", "张")), "甲", at, "补录"),
        Late((("village", "村"), ("grid", "二格"), ("head_name", "王")), "乙", at, "撤销"),
    ]
    reasons = comparing.Reasons(Lines(), late)

    def of(*cells: str) -> tuple[str, str, str]:
        return reasons.of(keeping.Told(list(cells), ""))

    assert of("1", "一格", "张", "1", "")[0::2] == ("甲", "补录")
    assert of("1", "二格", "张", "1", "")[0] == "", "another household's visit explains nothing here"
    assert of("1", "二格", "小计", "1", "")[0] == "乙"
    assert of("1", "三格", "赵", "1", "")[2] == comparing.UNTOLD
