"""技能培训台账 of November, cell by cell; what is over stays as it was, and what comes late is told."""

import datetime as dt
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from core.scope import OPERATOR
from jobs.models import Course
from jobs.services import training as services
from tests.jobs.rooms import course_of, one
from tests.ledgers.months import found, seal, submit
from tests.people import Town, make_town_that_owes

pytestmark = pytest.mark.slow

NOVEMBER = Month.parse("2026-11")
TITLES = "课程 时间 地点 主办 姓名 到课 证书编号".split()


def lines(place: Any, tmp_path: Any, month: Month = NOVEMBER, actor: Any = OPERATOR) -> list[list[Any]]:
    """The rows below the heading, "" where there is nothing."""
    path = tmp_path / "training.xlsx"
    engine.get("training").export(LedgerScope(actor, place, month, made_on=dt.date(2026, 12, 1)), path)
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    cells = [["" if cell is None else cell for cell in row][: len(TITLES)] for row in rows]
    head = cells.index(TITLES)
    return [row for row in cells[head + 1 :] if row[4]]


@pytest.fixture
def course(town: Town) -> Course:
    """张三丰 came twice and has his certificate, 王大春 came once and left, 李秀英 has not come."""
    course = course_of(town)
    rows = {
        name: services.enrol(actor=town.secretary, course=course, person=one(name))
        for name in ("张三丰", "王大春", "李秀英")
    }
    roll = {"actor": town.secretary, "course": course}
    services.call_roll(**roll, day=dt.date(2026, 11, 19), came=[rows["张三丰"], rows["王大春"]])
    services.call_roll(**roll, day=dt.date(2026, 11, 20), came=[rows["张三丰"]])
    services.leave_course(actor=town.secretary, trainee=rows["王大春"], why="找到活了")
    services.certify(
        actor=town.secretary, trainee=rows["张三丰"], number="HJ-2026-0001", day=dt.date(2026, 11, 23)
    )
    return course


def test_it_is_this_one_cell_by_cell(town: Town, course: Course, tmp_path: Any) -> None:
    begins = ["电焊班", "2026-11-19 至 11-25", "村部", "人社所"]
    assert lines(town.jinxing, tmp_path) == [
        [*begins, "张三丰", "2 天", "HJ-2026-0001"],
        [*begins, "王大春", "1 天，后来不学了", ""],
        [*begins, "李秀英", "没来过", ""],
    ]
    assert lines(town.jinxing, tmp_path, actor=town.neighbour) == []
    assert lines(town.qiaoji, tmp_path) == []
    assert lines(town.jinxing, tmp_path, month=NOVEMBER.next) == []
    assert len(lines(town.town, tmp_path, actor=town.office)) == 3


def test_a_cancelled_course_and_who_left_before_he_came_are_not_in_it(town: Town, tmp_path: Any) -> None:
    course = course_of(town)
    row = services.enrol(actor=town.secretary, course=course, person=one("张三丰"))
    services.enrol(actor=town.secretary, course=course, person=one("王大春"))
    services.leave_course(actor=town.secretary, trainee=row, why="没空")
    assert [row[4] for row in lines(town.jinxing, tmp_path)] == ["王大春"]
    services.cancel_course(actor=town.secretary, course=course, why="下雪")
    assert lines(town.jinxing, tmp_path) == []


def test_a_certificate_of_the_next_month_stands_there_and_changes_nothing_before(
    town: Town, course: Course, tmp_path: Any
) -> None:
    before = lines(town.jinxing, tmp_path)
    with clock.stopped_at("2026-12-02T09:30"):
        row = services.enrol(actor=town.secretary, course=course, person=one("李秀英"))
        services.certify(actor=town.secretary, trainee=row, number="HJ-2", day=dt.date(2026, 12, 1))
        assert lines(town.jinxing, tmp_path) == before
        (december,) = lines(town.jinxing, tmp_path, month=NOVEMBER.next)
    assert december[4:] == ["李秀英", "没来过", "HJ-2"]


def test_the_towns_course_stands_in_each_villages_ledger_with_its_own_people(
    town: Town, tmp_path: Any
) -> None:
    course = course_of(town, territory=town.town, actor=town.office)
    services.enrol(actor=town.secretary, course=course, person=one("张三丰"))
    services.enrol(actor=town.neighbour, course=course, person=one("陈小军"))
    assert [row[4] for row in lines(town.jinxing, tmp_path, actor=town.secretary)] == ["张三丰"]
    assert [row[4] for row in lines(town.qiaoji, tmp_path, actor=town.neighbour)] == ["陈小军"]


def test_each_cell_leads_to_its_course_and_many_cost_no_more_questions(town: Town, course: Course) -> None:
    ledger, scope = engine.get("training"), LedgerScope(OPERATOR, town.jinxing, NOVEMBER)
    traced = list(ledger.traced_rows(scope))
    page = reverse("centres:course", args=[course.pk])
    assert all(origins == dict.fromkeys(origins, page) for _, origins in traced)
    assert ledger.count(scope) == len(traced) == 3
    counts = []
    for name in ("李㻞", "赵建国"):
        with CaptureQueriesContext(connection) as asked:
            list(ledger.rows(scope))
        counts.append(len(asked))
        services.enrol(actor=town.secretary, course=course, person=one(name))
    assert counts[0] == counts[1]


def test_what_is_noted_of_a_sealed_month_is_told_with_who_and_when(db: None) -> None:
    with clock.stopped_at("2026-10-12T09:30"):
        town = make_town_that_owes()
        october = {"first": dt.date(2026, 10, 8), "last": dt.date(2026, 10, 9)}
        course = course_of(town, **october)
        row = services.enrol(actor=town.secretary, course=course, person=one("张三丰"))
    with clock.stopped_at("2026-11-03T09:30"):
        submit(town)
        sealed = seal(town)
        assert found(sealed) == []
    with clock.stopped_at("2026-11-10T15:20"):
        services.call_roll(actor=town.secretary, course=course, day=dt.date(2026, 10, 8), came=[row])
        services.enrol(actor=town.secretary, course=course, person=one("王大春"))
        told = found(sealed)
    assert {each.ledger for each in told} == {"技能培训台账"}
    assert "到课" in {each.column for each in told}
    assert all("金书记" in each.who and "电焊班" in each.why for each in told)
