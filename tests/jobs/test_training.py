"""The year's plan, courses, rosters, rolls and certificates; a certificate feeds the register of labour."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from jobs.models import Course, Labour, PlannedCourse, Presence, Trainee
from jobs.services import labour_of, note_labour
from jobs.services import training as services
from tests.jobs.rooms import born, course_of, line_of, one, skill
from tests.people import Town

MONDAY, FRIDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 20)


def enrol(town: Town, course: Course, name: str, actor: object = None) -> Trainee:
    return services.enrol(actor=actor or town.secretary, course=course, person=one(name))


def test_the_years_plan_stands_beside_what_was_done(town: Town) -> None:
    line = line_of(town)
    with pytest.raises(ValidationError, match="已经排了这一样"):
        line_of(town)
    course = course_of(town, plan=line)
    course_of(town, title="面点班", skill=skill("面点"))
    for name in ("张三丰", "王大春"):
        enrol(town, course, name)
    services.certify(actor=town.secretary, trainee=enrol(town, course, "张三丰"), number="HJ-1", day=MONDAY)
    services.leave_course(actor=town.secretary, trainee=enrol(town, course, "王大春"), why="找到活了")
    (row,) = services.with_done(PlannedCourse.objects.all())
    assert (row.people, row.held, row.enrolled, row.certified) == (20, 1, 1, 1)
    assert services.outside_plan(Course.objects.all(), 2026) == {"held": 1, "enrolled": 0, "certified": 0}


def test_a_line_is_changed_and_taken_away_while_no_course_stands_on_it(town: Town) -> None:
    line = line_of(town)
    line.people = 30
    assert services.save_plan(actor=town.secretary, line=line).people == 30
    course_of(town, plan=line)
    for act in (services.save_plan, services.remove_plan):
        with pytest.raises(ValidationError, match="已经有培训班"):
            act(actor=town.secretary, line=line)
    other = line_of(town, quarter=3)
    services.remove_plan(actor=town.secretary, line=other)
    assert PlannedCourse.objects.count() == 1
    with pytest.raises(PermissionDenied):
        line_of(town, actor=town.worker, quarter=2)


def test_a_course_stands_on_a_line_of_its_place_year_and_skill_only(town: Town) -> None:
    for line in (line_of(town, skill=skill("面点")), line_of(town, year=2027)):
        with pytest.raises(ValidationError, match="同一个地方、同一年、学同一样"):
            course_of(town, plan=line)
    with pytest.raises(ValidationError, match="到哪天比从哪天早"):
        course_of(town, last=dt.date(2026, 11, 1))
    with pytest.raises(ValidationError, match="最长一年"):
        course_of(town, last=dt.date(2028, 11, 1))


def test_nobody_sits_there_twice_and_a_full_course_says_so(town: Town) -> None:
    course = course_of(town, places=1)
    first = enrol(town, course, "张三丰")
    assert enrol(town, course, "张三丰") == first
    with pytest.raises(ValidationError, match="只有 1 个位子，报满了"):
        enrol(town, course, "王大春")
    services.leave_course(actor=town.secretary, trainee=first, why="家里有事")
    enrol(town, course, "王大春")
    assert first.territory == town.grid1
    with pytest.raises(ValidationError, match="不是金星村的"):
        enrol(town, course, "陈小军", actor=town.office)
    with pytest.raises(PermissionDenied):
        enrol(town, course, "张三丰", actor=town.neighbour)


def test_the_towns_course_is_for_all_villages_and_each_sends_its_own_people(town: Town) -> None:
    course = course_of(town, territory=town.town, actor=town.office)
    here = enrol(town, course, "张三丰", actor=town.secretary)
    there = enrol(town, course, "陈小军", actor=town.neighbour)
    services.call_roll(actor=town.secretary, course=course, day=FRIDAY, came=[here, there])
    assert [row.trainee for row in Presence.objects.all()] == [here], "not the neighbour's people"
    services.call_roll(actor=town.neighbour, course=course, day=FRIDAY, came=[there])
    assert Presence.objects.count() == 2
    with pytest.raises(PermissionDenied):
        course_of(town, territory=town.town)


def test_a_roll_is_of_a_day_of_the_course_and_again_it_corrects_that_day(town: Town) -> None:
    course = course_of(town)
    zhang, wang = enrol(town, course, "张三丰"), enrol(town, course, "王大春")
    roll = {"actor": town.secretary, "course": course}
    assert services.call_roll(**roll, day=FRIDAY, came=[zhang, wang]) == 2
    assert services.call_roll(**roll, day=FRIDAY, came=[zhang]) == 1
    assert services.came_of([zhang, wang]) == {zhang.pk: 1}
    with pytest.raises(ValidationError, match="选这几天里的"):
        services.call_roll(**roll, day=dt.date(2026, 11, 18), came=[zhang])
    with pytest.raises(ValidationError, match="还没到"):
        services.call_roll(**roll, day=dt.date(2026, 11, 24), came=[zhang])
    with pytest.raises(ValidationError, match="打上勾"):
        services.call_roll(**roll, day=MONDAY, came=[])
    assert services.call_roll(**roll, day=FRIDAY, came=[]) == 0
    with pytest.raises(PermissionDenied):
        services.call_roll(**roll | {"actor": town.worker}, day=FRIDAY, came=[zhang])


def test_who_has_left_keeps_the_days_on_which_he_came(town: Town) -> None:
    course = course_of(town)
    zhang, wang = enrol(town, course, "张三丰"), enrol(town, course, "王大春")
    services.call_roll(actor=town.secretary, course=course, day=FRIDAY, came=[zhang, wang])
    services.leave_course(actor=town.secretary, trainee=wang, why="找到活了")
    services.call_roll(actor=town.secretary, course=course, day=FRIDAY, came=[zhang])
    assert services.came_of([zhang, wang]) == {zhang.pk: 1, wang.pk: 1}


def test_a_course_somebody_came_to_is_neither_changed_nor_cancelled(town: Town) -> None:
    course = course_of(town)
    zhang = enrol(town, course, "张三丰")
    course.places = 0
    with pytest.raises(ValidationError, match="已经报了 1 个人"):
        services.plan_course(actor=town.secretary, course=course)
    services.call_roll(actor=town.secretary, course=course, day=FRIDAY, came=[zhang])
    with pytest.raises(ValidationError, match="不能再改"):
        services.plan_course(actor=town.secretary, course=Course.objects.get())
    with pytest.raises(ValidationError, match="不能取消"):
        services.cancel_course(actor=town.secretary, course=course, why="下雪")
    other = course_of(town, title="面点班", skill=skill("面点"))
    with pytest.raises(ValidationError, match="写一句为什么"):
        services.cancel_course(actor=town.secretary, course=other, why=" ")
    services.cancel_course(actor=town.secretary, course=other, why="下雪")
    with pytest.raises(ValidationError, match="取消了：下雪"):
        enrol(town, other, "张三丰")


def test_a_certificate_gives_its_skill_to_the_register_and_taken_back_takes_it_away(town: Town) -> None:
    person = born("张三丰", 1990)
    with clock.stopped_at("2026-10-10T09:30"):
        note_labour(actor=town.worker, person=person, status=Labour.IDLE, skills=[skill("面点")])
    course = course_of(town)
    row = enrol(town, course, "张三丰")
    row = services.certify(actor=town.secretary, trainee=row, number=" HJ-2026-1 ", day=MONDAY)
    labour = labour_of(person)
    assert labour is not None
    assert {each.name for each in labour.skills.all()} == {"面点", "焊工证"}
    assert labour.source == f"course:{course.pk}:trainee:{row.pk}"
    assert row.gave_skill
    row = services.certify(actor=town.secretary, trainee=row, number="HJ-2026-2", day=MONDAY)
    assert (row.certificate, row.gave_skill) == ("HJ-2026-2", True), (
        "a number set right is the same certificate"
    )
    services.take_back_certificate(actor=town.secretary, trainee=row)
    labour = labour_of(person)
    assert labour is not None
    assert {each.name for each in labour.skills.all()} == {"面点"}


def test_a_skill_he_had_before_or_has_of_another_course_is_not_taken_away(town: Town) -> None:
    person = born("张三丰", 1990)
    note_labour(actor=town.worker, person=person, status=Labour.IDLE)
    first = enrol(town, course_of(town), "张三丰")
    second = enrol(town, course_of(town, title="电焊二班"), "张三丰")
    services.certify(actor=town.secretary, trainee=first, number="A1", day=MONDAY)
    services.certify(actor=town.secretary, trainee=second, number="A2", day=MONDAY)
    services.take_back_certificate(actor=town.secretary, trainee=first)
    assert list(labour_of(person).skills.all()) == [skill()]  # type: ignore[union-attr]
    services.take_back_certificate(actor=town.secretary, trainee=second)
    assert not labour_of(person).skills.exists()  # type: ignore[union-attr]


def test_a_number_is_given_once_and_a_day_that_cannot_be_is_refused(town: Town) -> None:
    course = course_of(town)
    zhang, wang = enrol(town, course, "张三丰"), enrol(town, course, "王大春")
    services.certify(actor=town.secretary, trainee=zhang, number="A1", day=MONDAY)
    with pytest.raises(ValidationError, match="已经发给别人了"):
        services.certify(actor=town.secretary, trainee=wang, number="A1", day=MONDAY)
    with pytest.raises(ValidationError, match="发证日期写"):
        services.certify(actor=town.secretary, trainee=wang, number="A2", day=dt.date(2026, 12, 1))
    with pytest.raises(ValidationError, match="写证书编号"):
        services.certify(actor=town.secretary, trainee=wang, number=" ", day=MONDAY)
    with pytest.raises(ValidationError, match="已经发了证书"):
        services.leave_course(actor=town.secretary, trainee=zhang, why="走了")
    assert not Labour.objects.exists(), "who has no labour row gets none by a certificate"


def test_who_wants_to_learn_it_is_suggested_with_a_constant_number_of_queries(town: Town) -> None:
    course, counts = course_of(town), []
    for names in (("张三丰",), ("王大春", "李秀英", "李㻞")):
        for name in names:
            person = born(name, 1990)
            note_labour(actor=town.secretary, person=person, status=Labour.IDLE, learns=skill())
        with CaptureQueriesContext(connection) as asked:
            found = services.suggested(town.secretary, course)
            assert [str(each.person.household.group) for each in found]
        counts.append(len(asked))
    assert counts[0] == counts[1]
    enrol(town, course, "张三丰")
    assert {each.person.name for each in services.suggested(town.secretary, course)} == {
        *("王大春", "李秀英", "李㻞")
    }
    assert services.suggested(town.neighbour, course) == []


@pytest.mark.parametrize("year", [1990, 2030, 9999])
def test_no_course_and_no_line_stands_in_a_year_that_no_page_shows(town: Town, year: int) -> None:
    with pytest.raises(ValidationError, match="2022 到 2027"):
        course_of(town, first=dt.date(year, 3, 1), last=dt.date(year, 3, 2))
    with pytest.raises(ValidationError, match="年份"):
        line_of(town, year=year)
    assert not Course.objects.exists() | PlannedCourse.objects.exists()
