"""岗位: what is unlawful or a slip of the hand is refused at its field; over by themselves, closed, offered again."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from jobs import services
from jobs.models import Vacancy
from jobs.services.vacancies import words_against_law
from tests.jobs.conftest import UNTIL, asked, employer_of, offered

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("facts", "field", "sentence"),
    [
        ({"wage_low": 300000, "wage_high": None}, "wage_low", "是不是多写了一个零"),
        ({"wage_high": 3000}, "__all__", "到多少”比“从多少”小"),
        ({"until": dt.date(2026, 11, 22)}, "until", "已经过去了"),
        ({"until": dt.date(2029, 1, 1)}, "until", "一年以后"),
        ({"age_low": 15}, "age_low", "不满 16 岁不能招用"),
        ({"age_high": 45}, "ground", "限年龄要有法律依据"),
        ({"age_low": 30}, "ground", "限年龄要有法律依据"),
        ({"title": "女工"}, "title", "不能限男女"),
        ({"needs": "限男性，能吃苦"}, "needs", "不能限男女"),
        ({"needs": "45岁以下"}, "needs", "年龄不写在这里"),
        ({"starts_on": dt.date(2016, 12, 1)}, "starts_on", "年份是不是写错"),
        ({"needs": "要的打 139 0000 5678"}, "needs", "写了电话"),
        ({"place": "村口，电话13900005678"}, "place", "写了电话"),
        ({"number": 0}, "number", "1 到 2000"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(town, facts, field, sentence):
    employer = employer_of(town)
    with pytest.raises(ValidationError) as refused:
        offered(town, employer, **facts)
    assert sentence in "".join(refused.value.message_dict[field])
    assert not Vacancy.objects.exists()


def test_everything_that_is_wrong_is_said_at_once(town):
    with pytest.raises(ValidationError) as refused:
        offered(town, wage_low=300000, until=dt.date(2026, 11, 1), age_low=14, title="女工")
    assert {"wage_low", "until", "age_low", "title"} <= refused.value.message_dict.keys()


@pytest.mark.parametrize(
    "words",
    [
        "女工优先",
        "限男",
        "只招女的",
        "男性",
        "男3名，女2名",
        "招2名女工",
        "男，能出差",
        "女士优先",
        "女服务员",
        "会缝纫，女",
    ],
)
def test_a_sex_is_found_in_many_ways_of_writing_it(words):
    assert "就业促进法" in words_against_law(words)


@pytest.mark.parametrize(
    "words", ["45岁以下", "四十五岁以下", "年龄要求18-45", "年龄：50以下", "年龄在18至45之间", "限 50"]
)
def test_an_age_is_found_in_many_ways_of_writing_it(words):
    assert "年龄不写在这里" in words_against_law(words)


@pytest.mark.parametrize(
    "words",
    [
        "限20人报名",
        "年龄不限，15人",
        "男女不限",
        "女装导购",
        "不限男女，能吃苦",
        "男女都可以",
        "有女工宿舍",
        "会开叉车",
        "妇女儿童用品",
        "女性用品导购",
        "男童装",
    ],
)
def test_what_names_no_limit_passes(words):
    assert words_against_law(words) == ""


def test_an_age_with_its_ground_in_law_stands(town):
    made = offered(town, title="保安", age_low=18, ground="guard")
    assert made.state == Vacancy.OPEN


def test_a_place_is_over_by_itself_after_its_last_day(town):
    made = offered(town, until=dt.date(2026, 11, 23))
    assert Vacancy.objects.open().get() == made
    with clock.stopped_at("2026-11-24T00:10"):
        assert not Vacancy.objects.open().exists()
        made.refresh_from_db()
        assert made.is_over
        services.change_vacancy(actor=town.secretary, vacancy=made, until=UNTIL)
        assert Vacancy.objects.open().exists()


def test_one_that_is_over_is_corrected_without_a_new_day(town):
    made = offered(town, until=dt.date(2026, 11, 23))
    with clock.stopped_at("2026-11-30T09:00"):
        changed = services.change_vacancy(actor=town.secretary, vacancy=made, number=5)
        assert (changed.number, changed.until) == (5, dt.date(2026, 11, 23))


def test_closed_with_a_reason_and_offered_again_with_a_day_to_come(town):
    made = offered(town)
    with pytest.raises(ValidationError, match="为什么不招了"):
        services.close_vacancy(actor=town.secretary, vacancy=made, why="")
    services.close_vacancy(actor=town.secretary, vacancy=made, why="招满了")
    with pytest.raises(ValidationError) as quicker:
        services.close_vacancy(actor=town.office, vacancy=made, why="招满了")
    assert str(town.secretary) in "".join(quicker.value.messages)
    with pytest.raises(ValidationError, match="已经过去了"):
        services.reopen_vacancy(actor=town.secretary, vacancy=made, until=dt.date(2026, 11, 1))
    assert services.reopen_vacancy(actor=town.secretary, vacancy=made, until=UNTIL).state == Vacancy.OPEN


def test_a_stranger_and_a_reader_may_not(town):
    employer = employer_of(town)
    for actor in (town.neighbour, town.worker, town.nobody):
        with pytest.raises(PermissionDenied):
            services.offer_vacancy(actor=actor, employer=employer, **asked())


def test_an_employer_that_is_closed_offers_nothing(town):
    made = offered(town)
    services.close_employer(actor=town.secretary, employer=made.employer, why="搬走了")
    assert not Vacancy.objects.open().exists()
    with pytest.raises(ValidationError, match="已经停用"):
        services.reopen_vacancy(actor=town.secretary, vacancy=made, until=UNTIL)
