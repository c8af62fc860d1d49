"""By when: days of work, over a weekend and over the National Day, by the town's own numbers."""

import datetime as dt

import pytest

from appeals import services
from appeals.models import Matter, ResponseTime
from core import clock


@pytest.mark.parametrize(
    ("said_on", "urgency", "grade", "due"),
    [
        ("2026-11-23", "days", "ordinary", "2026-11-26"),
        ("2026-11-26", "days", "ordinary", "2026-12-01"),
        ("2026-11-23", "now", "ordinary", "2026-11-23"),
        ("2026-11-28", "now", "ordinary", "2026-11-30"),  # a Saturday: at once is Monday
        ("2026-11-23", "calm", "simple", "2026-11-23"),
        ("2026-11-23", "calm", "complex", "2026-12-02"),
        ("2026-09-30", "days", "ordinary", "2026-10-10"),  # 1 to 7 October off, Saturday the 10th made up
    ],
)
def test_the_promised_day(town, matter, said_on, urgency, grade, due):
    with clock.stopped_at(f"{said_on}T10:00"):
        found = matter(urgency=urgency)
        found.grade = grade
        assert str(services.promised(found)) == due


def test_the_towns_own_numbers_win(town, matter):
    ResponseTime.objects.create(since="2026-11-01", simple_days=1, ordinary_days=5, plan_days=10)
    assert matter().due_on == dt.date(2026, 11, 30)
    assert matter(urgency="now").due_on == dt.date(2026, 11, 24)


def test_how_hard_it_is_is_said_when_it_is_accepted_and_sets_the_day(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found, grade="complex")
    found.refresh_from_db()
    assert found.due_on == dt.date(2026, 12, 2)
    services.set_plan(actor=town.leader, matter=found, words="先量再修", due_on=dt.date(2026, 12, 20))
    found.refresh_from_db()
    assert (found.plan, found.due_on) == ("先量再修", dt.date(2026, 12, 20))
    assert found.moves.last().words == "先量再修（12月20日前办好）"


def test_a_matter_is_late_once_a_day_of_work_has_begun_since_its_day(town, matter):
    found = matter(opened_on=dt.date(2026, 11, 17))  # promised for Friday the 20th
    days = {20: 0, 21: 0, 22: 0, 23: 1, 24: 2}
    assert {day: found.days_over(dt.date(2026, 11, day)) for day in days} == days
    late = {day: Matter.objects.overdue(dt.date(2026, 11, day)).exists() for day in days}
    assert late == {day: over > 0 for day, over in days.items()}
    services.accept(actor=town.leader, matter=found)
    services.answer(actor=town.leader, matter=found, words="修好了")
    found.refresh_from_db()
    assert found.days_over(dt.date(2026, 12, 24)) == 0
