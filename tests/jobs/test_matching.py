"""Who is proposed for which place: the best first, 低保 households without work before them, and why the others not."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.scope import OPERATOR
from grids.models import Category
from jobs import services
from jobs.models import Labour, Road, Vacancy
from tests.jobs.market import man_of, offer, seek
from tests.people import Town

pytestmark = pytest.mark.django_db


def named(found):
    return [each.seeker.name for each in found.best]


def test_the_best_place_for_a_person_stands_first_with_its_reasons(town: Town):
    seek(man_of(town), "缝纫", wage=3500)
    far = offer(town.jinxing, "保洁员", "保洁", wage_low=2600, wage_high=2600)
    near = offer(town.jinxing, village=town.jinxing)
    found = services.best_for(town.secretary, man_of(town))
    assert [each.offer.vacancy for each in found.best] == [near.pk, far.pk]
    why = "工种对口：缝纫；就在本村；工资 3000—4000 元，想要 3500 元，问清楚能给多少；时间是全天，没有不合的"
    assert found.best[0].verdict.why == why


def test_the_low_income_household_without_anybody_in_work_comes_first_and_says_so(town: Town):
    place = offer(town.jinxing)
    seek(man_of(town), "缝纫", wage=3000)
    poor = town.head(town.zhang)
    poor.birth_date = dt.date(1976, 5, 1)
    poor.save()
    seek(poor, "建筑")
    found = services.best_for_vacancy(town.secretary, place)
    assert named(found) == [poor.name, man_of(town).name]
    assert "社会救助暂行办法第 43 条" in found.best[0].verdict.why

    son = town.person(town.zhang, "张小丰", "子")
    services.note_labour(actor=OPERATOR, person=son, status=Labour.NEAR)
    assert named(services.best_for_vacancy(town.secretary, place)) == [man_of(town).name, poor.name]
    services.note_labour(actor=OPERATOR, person=son, status=Labour.IDLE)
    assert named(services.best_for_vacancy(town.secretary, place))[0] == poor.name
    Category.objects.filter(household=town.zhang).update(until=dt.date(2026, 10, 31))
    assert named(services.best_for_vacancy(town.secretary, place))[0] == man_of(town).name


def test_only_seekers_in_reach_are_proposed(town: Town):
    place = offer(town.town)
    seek(man_of(town), "缝纫")
    seek(town.head(town.chen), "缝纫")
    assert named(services.best_for_vacancy(town.secretary, place)) == [man_of(town).name]
    assert len(named(services.best_for_vacancy(town.office, place))) == 2
    assert named(services.best_for_vacancy(town.nobody, place)) == []
    assert services.best_for(town.secretary, town.head(town.chen)) is None


def test_who_does_not_look_for_work_or_has_gone_is_not_proposed(town: Town):
    place = offer(town.jinxing)
    seek(man_of(town), wish=Labour.RESTS)
    assert named(services.best_for_vacancy(town.secretary, place)) == []
    assert services.best_for(town.secretary, man_of(town)) is None


def test_places_that_are_over_shut_or_full_are_not_proposed(town: Town):
    man = man_of(town)
    seek(man, "缝纫")
    offer(town.jinxing, "过期的", until=dt.date(2026, 11, 22))
    shut = offer(town.jinxing, "不招的")
    Vacancy.objects.filter(pk=shut.pk).update(state=Vacancy.CLOSED)
    full = offer(town.jinxing, "满的", number=1)
    other = town.head(town.li)
    seek(other, "缝纫")
    services.start(
        actor=town.secretary, match=services.recommend(actor=town.secretary, person=other, vacancy=full)
    )
    assert services.best_for(town.secretary, man).best == []
    assert services.best_for_vacancy(town.secretary, full).best == []


def test_the_others_are_counted_by_reason_and_shown_when_asked(town: Town):
    Road.objects.create(one=town.jinxing, other=town.qiaoji, km=9)
    place = offer(town.town, village=town.qiaoji, demands=["stand"])
    seek(man_of(town), "缝纫", limits=["stand"])
    seek(town.head(town.li), "缝纫", distance=3)
    found = services.best_for_vacancy(town.secretary, place)
    assert found.why_not == [("health", "身体干不了", 1), ("far", "太远", 1)]
    assert found.shown == []
    (shown,) = services.best_for_vacancy(town.secretary, place, "far").shown
    assert shown.verdict.bars == (("far", "离家 9 公里，最远去 3 公里"),)


def test_who_was_sent_is_not_proposed_again_and_a_no_is_told_with_its_reason(town: Town):
    man, place = man_of(town), offer(town.jinxing)
    seek(man, "缝纫")
    match = services.recommend(actor=town.secretary, person=man, vacancy=place)
    assert services.best_for(town.secretary, man).why_not == [("asked", "已经推荐过", 1)]
    services.decline(actor=town.worker, match=match, said=services.Said(reason="far"))
    (shown,) = services.best_for(town.secretary, man, "declined").shown
    assert shown.verdict.bars == (("declined", "以前推荐过，“不愿去”：太远"),)


def test_many_seekers_and_places_cost_no_more_questions_than_one(town: Town):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            services.best_for_vacancy(town.secretary, place)
            services.best_for(town.secretary, man_of(town))
        return len(asked)

    place = offer(town.jinxing, skills=("缝纫",))
    seek(man_of(town), "缝纫", skills=("缝纫",))
    cost()
    one = cost()
    for number in range(4):
        person = town.person(town.wang, f"王{number}", "子")
        seek(person, "缝纫", "保洁", skills=("缝纫", "面点"))
        offer(town.jinxing, f"第{number}个", skills=("面点",))
    assert cost() == one
