"""R9: 48 month ends, 29 February among them, whatever beat and clock do: one notice per person, month and kind."""

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from accounts.models import Delivery, Notice, User
from accounts.notices import Call
from accounts.notices.writing import ensure_notices
from core import clock
from core.periods import Month
from core.workdays import Calendar

FIRST, MONTHS = Month.parse("2026-11"), 48
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, 20), tzinfo=clock.SHANGHAI)


def month_ends() -> Iterator[tuple[Month, list[dt.date]]]:
    """Each month with the days around its end, far enough for the first day of work after the longest holiday."""
    for number in range(MONTHS):
        month = FIRST.shift(number)
        yield month, [month.last + DAY * count for count in range(-2, 11)]


def ordinary(month: Month, days: list[dt.date]) -> Iterator[dt.datetime]:
    for day in days:
        yield from (at(day, 0), at(day, 12)) if abs((day - month.last).days) < 4 else (at(day, 9),)


def two_at_once(month: Month, days: list[dt.date]) -> Iterator[dt.datetime]:
    for moment in ordinary(month, days):
        yield from (moment, moment)


def down_over_midnight(month: Month, days: list[dt.date]) -> Iterator[dt.datetime]:
    for moment in ordinary(month, days):
        if not at(month.last, 11) < moment < at(month.next.first, 11):
            yield moment


def down_for_three_days(month: Month, days: list[dt.date]) -> Iterator[dt.datetime]:
    for moment in ordinary(month, days):
        if not month.last - DAY <= moment.date() <= month.next.first:
            yield moment


def set_back_an_hour(month: Month, days: list[dt.date]) -> Iterator[dt.datetime]:
    for moment in ordinary(month, days):
        yield from (moment, moment - HOUR, moment)


def set_back_a_day(month: Month, days: list[dt.date]) -> Iterator[dt.datetime]:
    for moment in ordinary(month, days):
        yield from (moment, moment - DAY, moment - DAY + HOUR, moment)


@pytest.fixture
def three(db: None) -> list[User]:
    return [User.objects.create_user(username=name, name=name) for name in ("worker", "leader", "secretary")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "beats",
    [ordinary, two_at_once, down_over_midnight, down_for_three_days, set_back_an_hour, set_back_a_day],
    ids=lambda beats: beats.__name__,
)
def test_at_48_month_ends_everybody_is_told_exactly_once(three, month_end, beats):
    worker, leader, secretary = three
    month_end(worker=[worker], leader=[leader], secretary=[secretary])
    for month, days in month_ends():
        for moment in beats(month, days):
            with clock.stopped_at(moment):
                ensure_notices()
    told = sorted(Notice.objects.values_list("user", "period"))
    wanted = {str(FIRST.shift(number)) for number in range(MONTHS)}
    for user in three:
        periods = [period for who, period in told if who == user.pk]
        assert len(periods) == len(set(periods))
        # The walk begins in November 2026: the month before it is told of too where its day is not long gone.
        assert set(periods) - {str(FIRST.previous)} == wanted, user
    assert {"2028-02"} <= {period for _, period in told}


def test_the_29th_of_february_is_the_31st_of_that_month(three, month_end):
    month_end(worker=three[:1])
    with clock.stopped_at("2028-02-28T23:20"):
        ensure_notices()
    assert not Notice.objects.filter(period="2028-02").exists()
    with clock.stopped_at("2028-02-29T00:20"):
        ensure_notices()
    assert Notice.objects.get(period="2028-02").words == "2028年2月还有 5 件没办。"


def test_midnight_is_midnight_in_shanghai(three, month_end):
    month_end(worker=three[:1])
    with clock.stopped_at("2026-11-29T15:50:00+00:00"):  # 23:50 in Shanghai
        ensure_notices()
    assert not Notice.objects.exists()
    with clock.stopped_at("2026-11-29T16:20:00+00:00"):
        ensure_notices()
    assert Notice.objects.get().period == "2026-11"


def test_who_came_after_the_others_were_told_is_told_too_and_they_not_again(three, month_end):
    kind = month_end(worker=(listed := three[:1]))
    with clock.stopped_at("2026-11-30T00:20"):
        ensure_notices()
        listed.append(three[1])
        assert ensure_notices() == 1
        assert ensure_notices() == 0
    assert Notice.objects.filter(kind=kind.code).count() == 2


def test_two_posts_of_one_person_are_one_notice_with_both_reasons(three, month_end):
    user = three[0]

    def two(month, whom):
        if whom == "worker":
            yield Call(user.pk, 2, "您是甲网格的专职网格员", "/v/")
            yield Call(user.pk, 3, "您是乙网格的专职网格员", "/v/")

    month_end(two)
    with clock.stopped_at("2026-11-30T00:20"):
        ensure_notices()
    notice = Notice.objects.get()
    assert "还有 5 件" in notice.words
    assert "甲网格" in notice.why
    assert "乙网格" in notice.why
    assert "月底的事，当月31日提醒专职网格员" in notice.why


def test_nothing_left_to_do_is_no_notice_and_a_closed_account_gets_none(three, month_end):
    closed = three[1]
    closed.is_active = False
    closed.save()

    def nothing(month, whom):
        if whom == "worker":
            yield Call(three[0].pk, 0, "…", "/v/")
            yield Call(closed.pk, 4, "…", "/v/")

    month_end(nothing)
    with clock.stopped_at("2026-11-30T00:20"):
        assert ensure_notices() == 0
    assert not Notice.objects.exists()


def test_a_rule_that_began_after_its_day_does_not_call_for_this_month(three, month_end):
    from accounts.models import NoticeRule

    month_end(worker=three[:1])
    NoticeRule.objects.update(since="2026-12-01")
    with clock.stopped_at("2026-12-01T00:20"):
        assert ensure_notices() == 0


def test_a_month_long_gone_is_not_brought_up_again(three, month_end):
    month_end(worker=three[:1])
    with clock.stopped_at("2026-12-20T09:20"):
        assert ensure_notices() == 0


def test_the_days_of_a_rule(three, month_end):
    from accounts.models import NoticeRule

    calendar = Calendar()
    for counted, number, month, day in (
        ("date", 20, "2026-11", "2026-11-20"),
        ("date", 31, "2027-02", "2027-02-28"),
        ("workday", 3, "2026-10", "2026-10-10"),
        ("workday", 31, "2026-11", "2026-11-30"),
        ("after", 3, "2026-12", "2027-01-05"),
    ):
        rule = NoticeRule(counted=counted, number=number)
        assert str(rule.day_for(Month.parse(month), calendar)) == day, (counted, number, month)


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_the_same_moment_write_one_notice_and_one_delivery(month_end, channel):
    users = [User.objects.create_user(username=f"u{number}", name="甲") for number in range(20)]
    meet = threading.Barrier(2)

    def asked_at_once(month, whom):
        if whom == "worker":
            meet.wait(30)  # both have come as far as this: neither can see the other's rows
            yield from (Call(user.pk, 1, "…", "/v/") for user in users)

    month_end(asked_at_once)
    faults = []
    with clock.stopped_at("2026-11-01"):
        channel("hongjitest://{phone}")

    def beat(moment):
        try:
            with clock.stopped_at(moment):
                ensure_notices()
        except Exception as fault:
            faults.append(fault)
            meet.abort()
        finally:
            connection.close()

    for month in ("2026-11-30", "2026-12-31", "2027-01-31"):
        beats = [threading.Thread(target=beat, args=(f"{month}T00:20",)) for _ in range(2)]
        for each in beats:
            each.start()
        for each in beats:
            each.join(60)
        Notice.objects.update(created=clock.at_noon(dt.date.fromisoformat(month)))
    assert not faults
    assert Notice.objects.count() == 20 * 3
    assert Delivery.objects.count() == 20 * 3
