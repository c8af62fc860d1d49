"""封存后差异表 blames nobody wrongly: each cell names those whose act moved it, and figures of that month stay put."""

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appeals import services as appeals
from core import clock
from core.authorship import written_by
from core.ledger import ImportContext
from grids import services as grids
from grids.ledgers import Persons
from grids.models import Person
from ledgers.comparing import UNTOLD
from tests.ledgers.months import LATER, NOVEMBER, OCTOBER, found, on_the_third, seal, sealed, submit, visit
from tests.people import Town
from visits import services as visits
from visits.services import planning

pytestmark = pytest.mark.slow

FIVE, LOG, COVERAGE, PLAN = "五必访走访台账", "走访日志", "走访覆盖统计表", "走访计划"
KNOWS = "五必知清单"


@pytest.fixture(autouse=True)
def kept_alone(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    with on_the_third() as cast:
        yield cast


def change(town: Town, kind: str, household: Any, day: str, *, person: Any = None, **facts: Any) -> Any:
    told = {"household": household, "person": person, "facts": facts, "client_id": uuid.uuid4()}
    return grids.change(actor=town.secretary, kind=kind, happened_on=dt.date.fromisoformat(day), **told)


def son(household: Any) -> Person:
    return household.people.get(relation="长子")


# --- what held in the month stays -------------------------------------------------------------------------------------


def test_a_death_after_the_month_moves_nothing_of_it(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        head = town.head(town.zhang)
        change(town, "death", town.zhang, "2026-11-08", person=head, new_head=son(town.zhang).pk)
        change(town, "birth", town.zhao, "2026-11-09", name="赵小宝", relation="孙子")
        told = found(row)
        assert {each.ledger for each in told} == {COVERAGE}, "no line of the month says anything else"
        assert {(each.column, each.why) for each in told if each.column != "完成率"} == {
            ("一般户应访", "户籍变动：去世（11月8日起）"),
            ("已访", "户籍变动：去世（11月8日起）"),
        }, "it owes the quarter, which is not over, as an ordinary household now"


def test_a_move_after_the_month_moves_neither_household(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        change(
            town, "move", town.zhang, "2026-11-08", person=son(town.zhang), to=town.zhao.pk, relation="其他"
        )
        assert found(row) == []


def test_a_death_told_late_is_told_with_who_and_since_when(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        change(town, "death", town.zhang, "2026-10-20", person=son(town.zhang))
        visit(town, town.li, "2026-10-20")
        (size,) = [each for each in found(row, FIVE) if each.column == "家庭人口"]
        assert (size.sealed, size.now) == ("3", "2")
        assert (size.who, size.why) == ("金书记", "户籍变动：去世（10月20日起）")
        assert "去世" not in str([each.why for each in found(row, COVERAGE)]), "nobody was owed less for it"


def test_the_head_who_died_in_the_month_is_one_line_of_the_same_household(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        head = town.head(town.zhang)
        change(town, "death", town.zhang, "2026-10-20", person=head, new_head=son(town.zhang).pk)
        told = {each.column: (each.sealed, each.now) for each in found(row, FIVE)}
        assert told["户主"] == ("张三丰", "张翠山")
        assert told["家庭人口"] == ("3", "2")
        assert {each.why for each in found(row)} == {"户籍变动：去世（10月20日起）"}


def test_the_second_household_of_a_move_names_the_move(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        change(
            town, "move", town.zhang, "2026-10-20", person=son(town.zhang), to=town.zhao.pk, relation="其他"
        )
        told = {each.row.split()[-1]: each for each in found(row, FIVE) if each.column == "家庭人口"}
        assert {name: (each.sealed, each.now) for name, each in told.items()} == {
            "张三丰": ("3", "2"),
            "赵建国": ("2", "3"),
        }
        assert {each.why for each in told.values()} == {"户籍变动：搬到别户（10月20日起）"}


def test_two_households_that_became_one_name_the_merge(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        members = {str(town.head(town.li).pk): "其他"}
        change(town, "merge", town.li, "2026-10-20", into=town.zhang.pk, members=members)
        assert found(row, FIVE)
        assert {(each.who, each.why) for each in found(row)} == {("金书记", "户籍变动：并户（10月20日起）")}


def test_a_household_split_off_names_the_split_even_in_the_sums(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        child = son(town.zhang)
        change(town, "split", town.zhang, "2026-10-20", members={str(child.pk): "户主"})
        told = found(row)
        assert {each.ledger for each in told} >= {FIVE, COVERAGE}
        assert {(each.who, each.why) for each in told} == {("金书记", "户籍变动：分户（10月20日起）")}


# --- visits -----------------------------------------------------------------------------------------------------------


def test_a_visit_that_makes_up_for_the_month_is_named(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-11-05", actor=town.leader)
        visit(town, town.wang, "2026-10-30")
        (note,) = [each for each in found(row, FIVE) if town.li.head_name in each.row]
        assert (note.column, note.sealed, note.now) == ("备注", "", "2026-11-05 补走")
        assert (note.who, note.when, note.why) == ("周长", "2026-11-10 15:20", "补走：11月5日的走访")


def test_a_catching_up_visit_taken_back_is_named(town: Town) -> None:
    with clock.stopped_at("2026-11-03T09:00"):
        later = visit(town, town.li, "2026-11-02")
    row = sealed(town)
    with clock.stopped_at("2026-11-04T08:00"):
        visits.undo_visit(actor=town.secretary, visit=later)
        (note,) = found(row, FIVE)
        assert (note.sealed, note.now) == ("2026-11-02 补走", "")
        assert (note.who, note.why) == ("金书记", "撤销：11月2日的走访")


def test_a_correction_into_another_month_is_on_both_sheets(town: Town) -> None:
    october = sealed(town)
    with clock.stopped_at("2026-12-03T09:30"):
        visits.ensure_owed()
        submit(town, NOVEMBER)
        november = seal(town, NOVEMBER)
    with clock.stopped_at("2026-12-04T10:00"):
        old = town.zhang.visits.get()
        said = {"happened_at": clock.now(), "day": dt.date(2026, 11, 12)}
        visits.correct_visit(actor=town.worker, visit=old, uuid=uuid.uuid4(), **said)
        told = [each for each in found(october) if "张三丰" in each.row]
        assert {each.ledger for each in told} >= {FIVE, LOG}
        assert {(each.who, each.when, each.why) for each in told if each.column != "备注"} == {
            ("王格", "2026-12-04 10:00", "更正：10月12日的走访改记到11月12日")
        }
        told = [each for each in found(november) if "张三丰" in each.row]
        assert {each.ledger for each in told} >= {FIVE, LOG}
        assert {(each.who, each.why) for each in told} == {("王格", "补录更正：原记在10月12日的走访")}


def test_an_unrelated_later_act_in_the_village_is_not_blamed(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        visit(town, town.zhang, "2026-10-25", actor=town.leader)  # it was visited already: no sum moves
        visit(town, town.wang, "2026-10-26", actor=town.secretary)  # an ordinary household
        head = town.head(town.zhang)
        change(town, "correct_person", town.zhang, "2026-11-10", person=head, note="耳背")
        sums = {each.column: each for each in found(row, COVERAGE) if "第一网格" in each.row}
        assert sums["未访户（名单）"].who == "王格"
        moved = [
            each
            for each in found(row, COVERAGE)
            if (each.column, each.sealed, each.now) == ("已访", "1", "2")
        ]
        assert {each.who for each in moved} == {"王格"}
        assert {each.who for each in found(row, FIVE) if town.li.head_name in each.row} == {"王格"}
        assert {each.who for each in found(row, FIVE) if "张三丰" in each.row} == {"周长"}


def test_sums_name_all_who_are_summed(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        homes = [
            town.household(town.group1, f"户主{n}", number=f"06010{n}", categories=("lonely",))
            for n in range(4)
        ]
        visits.ensure_owed()
        actors = (town.worker, town.leader, town.assistant, town.secretary)
        for home, actor in zip(homes, actors, strict=True):
            visit(town, home, "2026-10-20", actor=actor)
        total = [each for each in found(row, COVERAGE) if "小计" in each.row and each.column == "已访"]
        assert set(total[0].who.split("、")) == {"王格", "周长", "许协", "金书记"}


def test_two_visits_of_one_household_are_two_lines_each_with_its_visitor(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        visit(town, town.li, "2026-10-25", actor=town.leader)
        assert sorted((each.who, each.why) for each in found(row, LOG)) == [
            ("周长", "补录：10月25日的走访"),
            ("王格", "补录：10月20日的走访"),
        ]


def test_what_was_settled_later_with_an_earlier_day_is_named(town: Town) -> None:
    with clock.stopped_at("2026-11-02T10:00"):
        found_on = visit(town, town.zhao, "2026-10-14", actor=town.secretary, findings=[{"kind": "talent"}])
    row = sealed(town)
    with clock.stopped_at(LATER):
        item = found_on.findings.get()
        said = {"state": "settled", "outcome": "办好了", "settled_on": dt.date(2026, 10, 20)}
        visits.settle_finding(actor=town.secretary, finding=item, **said)
        told = found(row)
        assert {each.ledger for each in told} == {FIVE, LOG, KNOWS}
        assert {(each.who, each.why, each.when) for each in told} == {
            ("金书记", "封存后办结：人才", "2026-11-10 15:20")
        }


def test_a_need_that_was_answered_later_with_an_earlier_day_is_named(town: Town) -> None:
    with clock.stopped_at("2026-11-02T10:00"):
        found_on = visit(town, town.zhao, "2026-10-14", actor=town.secretary, findings=[{"kind": "need"}])
    row = sealed(town)
    with clock.stopped_at(LATER):
        matter = found_on.findings.get().matter
        appeals.accept(actor=town.secretary, matter=matter)
        said = {"words": "办好了", "answered_on": dt.date(2026, 10, 14)}
        appeals.answer(actor=town.secretary, matter=matter, **said)
        told = found(row)
        assert {each.ledger for each in told} == {FIVE, LOG, "群众诉求清单台账"}
        assert {(each.who, each.why, each.when) for each in told} == {
            ("金书记", f"补录：诉求 {matter.number} 回复群众", "2026-11-10 15:20")
        }


# --- plans, officers, rosters, grids -------------------------------------------------------------------------------


def planned(town: Town) -> None:
    with clock.stopped_at("2026-10-02T09:00"):
        visits.ensure_owed()
        planning.propose_plan(actor=town.secretary, village=town.jinxing, period=OCTOBER)


def test_a_line_of_the_plan_names_only_who_went_to_its_households(town: Town) -> None:
    planned(town)
    row = sealed(town)
    with clock.stopped_at(LATER):
        visit(town, town.li, "2026-10-20")
        visit(town, town.zhang, "2026-10-25", actor=town.leader)  # of the same village, visited before
        told = found(row, PLAN)
        assert {each.column for each in told} == {"实际完成", "完成率", "未完成户"}
        assert {each.who for each in told} == {"王格"}


def test_a_group_that_was_renamed_is_told_with_both_names(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER), written_by(town.office):
        grids.rename_group(actor=town.office, group=town.group1, name="东头组")
        told = [each for each in found(row) if each.column == "村民组"]
        assert told
        assert {(each.sealed, each.now, each.who, each.why) for each in told} == {
            ("一组", "东头组", "陈办", "村民组改名：一组改成东头组")
        }


def test_an_officer_whose_name_was_corrected_is_told_and_nobody_else(town: Town) -> None:
    planned(town)
    row = sealed(town)
    with clock.stopped_at(LATER), written_by(town.office):
        visit(town, town.zhang, "2026-10-25", actor=town.leader)
        grids.change_officer(actor=town.office, officer=town.worker.officer, name="王明格")
        told = found(row, PLAN)
        assert {(each.column, each.sealed, each.now) for each in told} == {("走访人", "王格", "王明格")}
        assert {(each.who, each.why) for each in told} == {("陈办", "岗位上的人改名：王格改成王明格")}


def test_an_officer_replaced_moves_no_sealed_month(town: Town) -> None:
    planned(town)
    row = sealed(town)
    with clock.stopped_at(LATER):
        officer = town.officer("新来的")
        post = town.worker.officer.posts.get()
        grids.end_post(actor=town.office, post=post, until=dt.date(2026, 11, 9))
        grids.appoint(
            actor=town.office,
            officer=officer,
            territory=town.grid1,
            duty="worker",
            since=dt.date(2026, 11, 10),
        )
        assert found(row) == []


def import_roster(town: Town, tmp_path: Path, edit: Any) -> None:
    from openpyxl import load_workbook

    from core.ledger import LedgerScope

    ledger, path = Persons(), tmp_path / "roster.xlsx"
    ledger.export(LedgerScope(town.secretary, town.jinxing, made_on=clock.today()), path)
    book = load_workbook(path)
    edit(book.active)
    book.save(path)
    asked = ImportContext(town.secretary, town.jinxing, as_of=dt.date(2026, 10, 1))
    with written_by(town.secretary):
        ledger.open(path, asked).commit(skip_bad=False)


def test_a_category_begun_by_a_roster_names_who_imported_it(town: Town, tmp_path: Path) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):

        def edit(sheet: Any) -> None:
            heading = next(r for r in sheet.iter_rows() if any(c.value == "对象类别" for c in r))
            columns = {cell.value: cell.column for cell in heading}
            for line in sheet.iter_rows(min_row=heading[0].row + 1):
                if line[columns["姓名"] - 1].value == "王大春":
                    line[columns["对象类别"] - 1].value = "大病重病户"

        import_roster(town, tmp_path, edit)
        visit(town, town.zhang, "2026-10-25", actor=town.leader)
        (told,) = [each for each in found(row, FIVE) if "王大春" in each.row]
        assert (told.column, told.sealed) == ("整行", "（没有这一行）")
        assert (told.who, told.why) == ("金书记", "导入花名册：认定对象")
        sums = [each for each in found(row, COVERAGE) if each.column == "五必访应访"]
        assert {(each.who, each.why) for each in sums} == {("金书记", "导入花名册：认定对象")}


def test_a_grid_drawn_anew_into_the_month_is_named(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing into a sealed month is refused; what was drawn in the very moment of sealing is still told."""
    from core.ledger import sealing

    row = sealed(town)
    monkeypatch.setattr(sealing, "_sealed", {})
    with clock.stopped_at(LATER):
        since = dt.date(2026, 10, 15)
        grids.draw(
            actor=town.office,
            village=town.jinxing,
            since=since,
            groups={town.group2.pk: town.grid2.pk},
            why="太远",
        )
        told = found(row)
        assert told
        assert {(each.who, each.when, each.why) for each in told} == {
            ("陈办", "2026-11-10 15:20", "调整网格（10月15日起）：太远")
        }


def test_ordinary_life_after_the_month_is_told_by_its_own_name(town: Town) -> None:
    """A household that came in November owes the quarter too; the quarter's sum is October's as well."""
    row = sealed(town)
    with clock.stopped_at(LATER):
        people = [{"name": "何红药", "relation": "户主"}]
        change(town, "move_in", None, "2026-11-05", group=town.group1.pk, people=people)
        visit(town, town.zhang, "2026-10-25", actor=town.leader)
        told = found(row, COVERAGE)
        assert {(each.who, each.why) for each in told} == {("金书记", "户籍变动：迁入（11月5日起）")}


def test_nothing_is_left_without_a_name_where_somebody_did_it(town: Town) -> None:
    row = sealed(town)
    with clock.stopped_at(LATER):
        made = change(
            town, "category_begin", town.wang, "2026-10-01", person=town.head(town.wang), category="illness"
        )
        change(town, "correct_household", town.zhang, "2026-11-10", phone="19900000999")
        change(town, "away", town.zhao, "2026-11-06")
        assert UNTOLD not in {each.why for each in found(row)}
        grids.undo(actor=town.secretary, change=made)
        assert UNTOLD not in {each.why for each in found(row)}
