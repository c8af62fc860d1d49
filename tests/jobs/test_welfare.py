"""Public-welfare posts: so many places, a term each, three years in all, nobody under 16, and they go round."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from jobs.models import Labour, WelfarePost, WelfareTerm
from jobs.services import labour_of, note_labour
from jobs.services import welfare as services
from jobs.services.first import homes_to_help_first
from tests.jobs.rooms import born, one, post_of
from tests.people import Town

TODAY = dt.date(2026, 11, 23)


def give(town: Town, post: WelfarePost, name: str, **said: Any) -> WelfareTerm:
    said = {"since": TODAY, "actor": town.secretary} | said
    return services.give_post(post=post, person=one(name), **said)


@pytest.mark.parametrize(
    ("since", "months", "until"),
    [
        ("2026-01-01", 12, "2026-12-31"),
        ("2026-11-23", 12, "2027-11-22"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-15", 1, "2027-01-14"),
    ],
)
def test_a_term_ends_the_day_before_it_would_begin_again(since: str, months: int, until: str) -> None:
    first, last = dt.date.fromisoformat(since), dt.date.fromisoformat(until)
    assert services.last_day(first, months) == last
    assert services.months_of(first, last) == months
    assert services.months_of(first, last + dt.timedelta(days=1)) == months + 1


def test_who_gets_a_post_is_in_work_near_home_and_who_ends_early_is_not(town: Town) -> None:
    person = born("张三丰", 1990)
    note_labour(
        actor=town.worker, person=person, status=Labour.IDLE, wish=Labour.SEEKS, day=dt.date(2026, 10, 1)
    )
    term = give(town, post_of(town), "张三丰")
    assert term.until == dt.date(2027, 11, 22)
    labour = labour_of(person)
    assert labour is not None
    assert (labour.status, labour.employer, labour.source) == ("near", "金星村", f"welfare:{term.pk}")
    with clock.stopped_at("2026-12-10T09:30"):
        with pytest.raises(ValidationError, match="为什么提前结束"):
            services.end_early(actor=town.secretary, term=term, day=dt.date(2026, 12, 9), why="")
        services.end_early(actor=town.secretary, term=term, day=dt.date(2026, 12, 9), why="找到厂里的活")
        labour = labour_of(person)
        assert labour is not None
        assert (labour.status, labour.wish, labour.employer) == (Labour.IDLE, Labour.SEEKS, "")
        assert [each.labour.person for each in services.waiting(town.secretary, town.jinxing)] == [person]
        with pytest.raises(ValidationError, match="已经结束了"):
            services.end_early(actor=town.secretary, term=term, day=dt.date(2026, 12, 9), why="再来")


def test_by_night_who_came_to_his_last_day_is_without_work_unless_he_said_otherwise(town: Town) -> None:
    post = post_of(town, number=2, months=1)
    with clock.stopped_at("2026-11-01T09:30"):
        for name in ("张三丰", "王大春"):
            give(town, post, name, since=dt.date(2026, 11, 1))
    with clock.stopped_at("2026-11-30T09:30"):
        assert services.note_ended() == 0, "the last day is still work"
        note_labour(actor=town.worker, person=one("王大春"), status=Labour.AWAY, employer="合肥的厂")
    with clock.stopped_at("2026-12-01T00:45"):
        assert services.note_ended() == 1
        assert services.note_ended() == 0
        assert labour_of(one("张三丰")).status == Labour.IDLE  # type: ignore[union-attr]
        assert labour_of(one("王大春")).status == Labour.AWAY  # type: ignore[union-attr]


def test_there_are_only_so_many_places_and_one_post_for_a_person(town: Town) -> None:
    post, other = post_of(town), post_of(town, title="护林员")
    give(town, post, "张三丰")
    with pytest.raises(ValidationError, match="只要 1 个人"):
        give(town, post, "王大春")
    with pytest.raises(ValidationError, match="一个人一次只有一个岗"):
        give(town, other, "张三丰")
    with pytest.raises(ValidationError, match="不是金星村的"):
        give(town, other, "陈小军")
    with pytest.raises(ValidationError, match="还没到"):
        give(town, other, "王大春", since=dt.date(2026, 11, 24))
    with pytest.raises(PermissionDenied):
        give(town, other, "王大春", actor=town.worker)


def test_all_terms_added_up_nobody_holds_a_post_longer_than_the_rule_says(town: Town) -> None:
    post = post_of(town)
    give(town, post, "张三丰", since=dt.date(2023, 1, 1), until=dt.date(2025, 6, 30))
    with pytest.raises(ValidationError) as told:
        give(town, post, "张三丰")
    (sentence,) = told.value.message_dict["until"]
    assert "最多 36 个月" in sentence
    assert "他还剩 6 个月" in sentence
    give(town, post, "张三丰", until=services.last_day(TODAY, 6))
    assert services.months_left([one("张三丰")], TODAY) == {one("张三丰").pk: 0}


def test_a_year_with_a_slipped_key_is_told_and_not_counted_through(town: Town) -> None:
    with pytest.raises(ValidationError, match="年份太远") as told:
        give(town, post_of(town), "张三丰", until=dt.date(9999, 12, 31))
    assert set(told.value.message_dict) == {"until"}


def test_who_ends_early_and_looks_for_nothing_is_not_called(town: Town) -> None:
    person = born("张三丰", 1990)
    term = give(town, post_of(town), "张三丰")
    services.end_early(actor=town.secretary, term=term, day=TODAY, why="带孙子", seeks=False)
    labour = labour_of(person)
    assert labour is not None
    assert (labour.status, labour.wish) == (Labour.IDLE, Labour.RESTS)


def test_a_term_given_to_the_wrong_one_leaves_no_trace_if_it_is_taken_back_that_day(town: Town) -> None:
    person = born("张三丰", 1990)
    note_labour(
        actor=town.worker, person=person, status=Labour.IDLE, wish=Labour.SEEKS, day=dt.date(2026, 10, 1)
    )
    before = labour_of(person)
    post = post_of(town)
    term = give(town, post, "张三丰")
    with pytest.raises(PermissionDenied):
        services.take_back_term(actor=town.worker, term=term)
    assert services.take_back_term(actor=town.secretary, term=term)
    after = labour_of(person)
    assert before is not None
    assert after is not None
    assert (after.pk, after.status, after.wish, after.source) == (before.pk, Labour.IDLE, Labour.SEEKS, "")
    assert services.months_left([person], TODAY) == {person.pk: 36}
    with pytest.raises(ValidationError, match="已经撤回了"):
        services.take_back_term(actor=town.secretary, term=term)
    again = give(town, post, "张三丰")
    with clock.stopped_at("2026-11-24T09:00"), pytest.raises(ValidationError, match="只有当天记的能撤"):
        services.take_back_term(actor=town.secretary, term=again)


def test_what_was_noted_since_stays_when_a_term_is_taken_back(town: Town) -> None:
    person = born("张三丰", 1990)
    term = give(town, post_of(town), "张三丰")
    note_labour(actor=town.worker, person=person, status=Labour.AWAY, place="合肥")
    assert not services.take_back_term(actor=town.secretary, term=term)
    labour = labour_of(person)
    assert labour is not None
    assert (labour.status, labour.place) == (Labour.AWAY, "合肥")
    assert not WelfareTerm.objects.exists()


def test_nobody_under_sixteen(town: Town) -> None:
    born("张翠山", 2011)
    with pytest.raises(ValidationError, match="不满 16 岁"):
        give(town, post_of(town), "张翠山")
    assert not WelfareTerm.objects.exists()


def test_a_post_is_closed_when_nobody_holds_it_and_takes_nobody_then(town: Town) -> None:
    post = post_of(town)
    term = give(town, post, "张三丰")
    post.number = 0
    with pytest.raises(ValidationError, match="人数不能再少"):
        services.set_post(actor=town.secretary, post=post)
    with pytest.raises(ValidationError, match="还有人在岗"):
        services.close_post(actor=town.secretary, post=post)
    services.end_early(actor=town.secretary, term=term, day=TODAY, why="搬走")
    services.close_post(actor=town.secretary, post=post)
    with pytest.raises(ValidationError, match="撤了"):
        give(town, post, "王大春")
    with pytest.raises(ValidationError, match="已有这个岗位"):
        post_of(town, title="护林员"), post_of(town, title="护林员")


def test_who_comes_next_are_those_who_look_for_work_households_on_lowincome_first(town: Town) -> None:
    for name, day in (("王大春", 1), ("李秀英", 2), ("张翠山", 3), ("赵䶮", 4)):
        note_labour(
            actor=town.secretary,
            person=born(name, 1990),
            status=Labour.IDLE,
            wish=Labour.SEEKS,
            day=dt.date(2026, 11, day),
        )
    assert list(homes_to_help_first(town.jinxing)) == [town.zhang.pk]
    told = [(each.labour.person.name, each.first) for each in services.waiting(town.secretary, town.jinxing)]
    assert told == [("张翠山", True), ("王大春", False), ("李秀英", False), ("赵䶮", False)]
    give(town, post_of(town), "王大春")
    note_labour(actor=town.secretary, person=born("张三丰", 1970), status=Labour.NEAR)
    told = [(each.labour.person.name, each.first) for each in services.waiting(town.secretary, town.jinxing)]
    assert told == [("李秀英", False), ("张翠山", False), ("赵䶮", False)], (
        "somebody of that household works now"
    )
    assert [each.labour.person.name for each in services.waiting(town.worker, town.jinxing)] == [
        "李秀英",
        "张翠山",
    ]


def test_nobody_of_age_able_to_work_is_no_household_the_law_puts_first(town: Town) -> None:
    note_labour(actor=town.secretary, person=born("张三丰", 1940), status=Labour.IDLE)
    note_labour(actor=town.secretary, person=born("张翠山", 1990), status=Labour.UNABLE)
    assert not homes_to_help_first(town.jinxing).exists()


def test_terms_that_end_within_sixty_days_are_listed(town: Town) -> None:
    give(town, post_of(town), "张三丰", until=dt.date(2027, 1, 22))
    give(town, post_of(town, title="护林员"), "王大春", until=dt.date(2027, 1, 23))
    assert [term.person.name for term in services.ending(WelfareTerm.objects.all())] == ["张三丰"]
