"""The legal clocks, day by day: month ends, 29 February, Spring Festival, National Day, make-up days of work."""

import datetime as dt

import pytest

from appeals.services import legal
from core.models import WorkdayChange
from core.workdays import KNOWN_YEARS, Calendar

pytestmark = pytest.mark.django_db

NOTICE, OBJECTION, REPLY, REPLY_30, REVIEW = "notice", "objection", "reply", "reply and 30", "review"
RULES = {
    NOTICE: (legal.notice_by,),
    OBJECTION: (legal.objection_by,),
    REPLY: (legal.reply_by,),
    REPLY_30: (lambda day, calendar: legal.reply_by(day, calendar, 30),),
    REVIEW: (legal.review_by, legal.review_asked_by, legal.recheck_by, legal.recheck_asked_by),
}
TABLE = (
    # 15 days of the calendar to tell the petitioner
    (NOTICE, "2026-11-23", "2026-12-08"),
    (NOTICE, "2026-01-30", "2026-02-14"),  # a Saturday on which the office works for Spring Festival
    (NOTICE, "2026-01-31", "2026-02-24"),  # the first day of Spring Festival: the first day after it
    (NOTICE, "2026-02-05", "2026-02-24"),
    (NOTICE, "2026-02-08", "2026-02-24"),  # its last day
    (NOTICE, "2026-02-13", "2026-02-28"),  # the Saturday that makes up for it
    (NOTICE, "2026-02-14", "2026-03-02"),  # a Sunday
    (NOTICE, "2026-09-05", "2026-09-20"),  # a Sunday of work
    (NOTICE, "2026-09-16", "2026-10-08"),  # National Day
    (NOTICE, "2026-09-22", "2026-10-08"),
    (NOTICE, "2026-09-25", "2026-10-10"),  # a Saturday of work
    (NOTICE, "2026-09-26", "2026-10-12"),
    (NOTICE, "2024-02-14", "2024-02-29"),
    (NOTICE, "2024-02-29", "2024-03-15"),
    (NOTICE, "2026-12-17", "2027-01-01"),  # a year that is not announced: its weeks alone
    # 5 days of work to say that it is not ours
    (OBJECTION, "2026-11-23", "2026-11-30"),
    (OBJECTION, "2026-09-28", "2026-10-10"),
    (OBJECTION, "2026-09-30", "2026-10-13"),
    (OBJECTION, "2026-02-12", "2026-02-26"),
    (OBJECTION, "2026-02-20", "2026-02-28"),  # registered in the middle of the festival
    (OBJECTION, "2026-04-30", "2026-05-11"),
    (OBJECTION, "2027-02-03", "2027-02-10"),
    # 60 days from the acceptance, and 30 more
    (REPLY, "2026-11-23", "2027-01-22"),
    (REPLY, "2025-12-31", "2026-03-02"),
    (REPLY, "2023-12-31", "2024-02-29"),
    (REPLY, "2025-12-20", "2026-02-24"),
    (REPLY, "2026-08-02", "2026-10-08"),
    (REPLY, "2026-07-01", "2026-08-31"),
    (REPLY, "2026-12-08", "2027-02-08"),
    (REPLY_30, "2026-07-01", "2026-09-29"),  # 90 days on, not 30 after the Monday
    (REPLY_30, "2025-11-20", "2026-02-24"),
    # 30 days for each of the four of the review
    (REVIEW, "2026-01-31", "2026-03-02"),
    (REVIEW, "2024-01-30", "2024-02-29"),
    (REVIEW, "2026-01-20", "2026-02-24"),
    (REVIEW, "2026-08-31", "2026-09-30"),
    (REVIEW, "2026-09-01", "2026-10-08"),
    (REVIEW, "2026-04-01", "2026-05-06"),
    (REVIEW, "2027-01-07", "2027-02-08"),
)
# With Spring Festival 2027 in the town's own table: 5 to 11 February off, Saturday the 20th made up.
ANNOUNCED = (
    (NOTICE, "2027-01-21", "2027-02-12"),
    (NOTICE, "2027-02-05", "2027-02-20"),
    (OBJECTION, "2027-02-03", "2027-02-17"),
    (REPLY, "2026-12-08", "2027-02-12"),
    (REVIEW, "2027-01-07", "2027-02-12"),
)


def day(text):
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(("what", "since", "last"), TABLE)
def test_the_last_day_is(what, since, last):
    assert 2027 not in KNOWN_YEARS, "the library has learned 2027: write what it says into the table"
    assert [rule(day(since), Calendar()) for rule in RULES[what]] == [day(last)] * len(RULES[what])


@pytest.mark.parametrize(("what", "since", "last"), ANNOUNCED)
def test_the_last_day_is_by_the_towns_own_table(what, since, last):
    for number in range(5, 12):
        WorkdayChange.objects.create(day=dt.date(2027, 2, number), works=False, name="春节")
    WorkdayChange.objects.create(day=dt.date(2027, 2, 20), works=True, name="春节调休")
    assert [rule(day(since), Calendar()) for rule in RULES[what]] == [day(last)] * len(RULES[what])


@pytest.mark.parametrize("days", [-1, 31])
def test_an_extension_is_thirty_days_at_most(days):
    with pytest.raises(ValueError, match="0 to 30"):
        legal.reply_by(day("2026-11-23"), Calendar(), days)
