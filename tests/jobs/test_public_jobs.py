"""招工 in public: open places without an account, no phone of anybody, robots kept out, and an employer's own page."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appeals.models import PublicNumber
from core import clock
from hongji.logging import scrub
from jobs import public_views, services
from jobs.models import Employer, Trade, Vacancy
from tests.factor import client_of
from tests.jobs.conftest import PHONE, employer_of, offered
from tests.jobs.rooms import centre_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LIST = "vacancies:public"


def text_of(address, status=200, **query):
    answer = Client().get(address, query)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def places(town):
    """One of 金星村, one of 桥集村, one of the town; one waits, one is over."""
    here = offered(town)
    far = offered(
        town, employer_of(town, town.neighbour, town.qiaoji, name="桥集粮站"), town.neighbour, title="搬运"
    )
    ours = offered(
        town, employer_of(town, town.office, town.town, name="镇敬老院"), town.office, title="护理员"
    )
    code = services.make_link(actor=town.secretary, employer=here.employer).code
    services.offer_itself(
        employer=here.employer,
        code=code,
        title="等着审的",
        trade=here.trade,
        number=1,
        wage_low=3000,
        place="村口",
        until=here.until,
    )
    over = offered(town, here.employer, title="过了期的")
    Vacancy.objects.filter(pk=over.pk).update(until=dt.date(2026, 11, 22))
    return here, far, ours


def test_everybody_reads_what_is_open_and_nothing_else(places):
    page = text_of(reverse(LIST))
    for title in ("车工", "搬运", "护理员", "3500—5000 元/月"):
        assert title in page
    for hidden in ("等着审的", "过了期的", PHONE, "199****", "吴厂长"):
        assert hidden not in page


def test_a_village_sees_its_own_and_the_towns_a_trade_its_own(town, places):
    page = text_of(reverse(LIST), village=town.jinxing.pk)
    assert "车工" in page
    assert "护理员" in page
    assert "搬运" not in page
    other = Trade.objects.get(name="普工")
    assert "没有这样的岗位" in text_of(reverse(LIST), trade=other.pk)
    assert "车工" in text_of(reverse(LIST), village="x", after="nonsense")


def test_one_place_shows_no_phone_and_is_gone_once_it_is_over(town, places):
    here = places[0]
    address = reverse("vacancies:offer", args=[here.pk])
    page = text_of(address)
    assert "明发制衣" in page
    assert PHONE not in page
    assert "吴厂长" not in page
    with clock.stopped_at("2026-12-21T09:00"):
        assert "不招了" in text_of(address, 410)
    waiting = Vacancy.objects.get(title="等着审的")
    assert "没有这个岗位" in text_of(reverse("vacancies:offer", args=[waiting.pk]), 404)
    text_of(reverse("vacancies:offer", args=[99999]), 404)


def test_many_places_cost_no_more_questions_than_one(town, places):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            text_of(reverse(LIST))
        counts.append(len(asked))
        for number in range(5):
            offered(town, places[0].employer, title=f"工 {number}")
    assert counts[0] == counts[1]


def test_who_wants_a_place_rings_the_villages_hotline(town, places):
    PublicNumber.objects.create(
        territory=town.town, kind="hotline", number="12345", since=dt.date(2022, 5, 10)
    )
    PublicNumber.objects.create(
        territory=town.jinxing, kind="hotline", number="66001", since=dt.date(2022, 5, 10)
    )
    assert "打书记热线 12345" in text_of(reverse(LIST))
    assert "打书记热线 66001" in text_of(reverse("vacancies:offer", args=[places[0].pk]))
    assert "打书记热线 12345" in text_of(reverse("vacancies:offer", args=[places[1].pk]))


def test_who_wants_a_place_is_sent_to_a_centre_only_where_there_is_one(town, places):
    centre_of(town)
    assert "到金星村就业创业服务中心说一声（村部一楼，周一到周五" in text_of(
        reverse(LIST), village=town.jinxing.pk
    )
    without = text_of(reverse(LIST), village=town.qiaoji.pk)
    assert "到桥集村说一声" in without
    assert "服务中心说一声" not in without
    for user, village, named in ((town.secretary, town.jinxing, True), (town.neighbour, town.qiaoji, False)):
        poster = client_of(user).get(reverse("vacancies:poster", args=[village.pk])).content.decode()
        assert ("就业创业服务中心" in poster) is named


# --- an employer comes by itself ----------------------------------------------------------------------------


def form(client, **changes):
    """What an employer fills in, with the mark of a page that was opened a minute ago."""
    with clock.stopped_at("2026-11-23T09:29"):
        mark = public_views.new_mark(public_views.SALT)
    body = {
        "mark": mark, "name": "老张饭店", "industry": "餐饮", "contact": "张老板", "phone": "19900009999",
        "title": "服务员", "trade": Trade.objects.get(name="餐饮").pk, "kind": "full", "number": "2",
        "wage_low": "3000", "unit": "month", "hours": "full", "place": "老街", "until": "2026-12-20",
    }  # fmt: skip
    return client.post(reverse("vacancies:sign_up"), body | changes)


def test_it_signs_up_and_waits(town):
    answer = form(Client(), village=town.jinxing.pk)
    assert "打电话核实" in answer.content.decode()
    made = Employer.objects.get()
    assert (made.state, made.territory, made.by_itself) == (Employer.PENDING, town.jinxing, True)
    place = made.vacancies.get()
    assert (place.state, place.village) == (Vacancy.PENDING, None)
    assert "服务员" not in text_of(reverse(LIST))
    form(Client(), name="镇上的店")
    assert Employer.objects.get(name="镇上的店").territory == town.town


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"phone": ""}, "填联系电话"),
        ({"wage_low": "300000"}, "是不是多写了一个零"),
        ({"until": "2026-11-22"}, "已经过去了"),
        ({"title": "女服务员"}, "不能限男女"),
        ({"number": "很多"}, "写数字"),
        ({"website": "http://x"}, "点得太快"),
        ({"mark": "x"}, "开得太久"),
    ],
)
def test_what_is_wrong_is_said_nothing_is_stored_and_nothing_typed_is_lost(town, changes, sentence):
    answer = form(Client(), **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="老张饭店"' in page
    assert not Employer.objects.exists()
    assert not Vacancy.objects.exists()


def test_what_is_wrong_with_the_employer_and_with_its_place_is_said_at_once(town):
    page = form(Client(), phone="", wage_low="300000", until="2026-11-22", title="女服务员").content.decode()
    for sentence in ("填联系电话", "是不是多写了一个零", "已经过去了", "不能限男女"):
        assert sentence in page
    assert not Employer.objects.exists()


def test_after_many_from_one_address_it_is_told_to_come_later(town):
    client = Client()
    for number in range(public_views.BY_ADDRESS[0]):
        assert form(client, name=f"第 {number} 家").status_code == 200
    assert form(client, name="又一家").status_code == 429


def test_a_form_that_is_sent_once_more_is_the_same_employer_and_the_same_place(town):
    client = Client()
    for _ in range(2):
        assert form(client).status_code == 200
    made = Employer.objects.get()
    assert Vacancy.objects.count() == 1
    answer = form(client, contact="别人")
    assert "登记过了" in answer.content.decode()
    services.approve_employer(actor=town.office, employer=made)
    assert form(client).status_code == 422
    assert Employer.objects.get().contact == "张老板"


def test_an_empty_form_looks_for_a_month_and_says_what_may_stay_empty(town):
    shown = text_of(reverse("vacancies:sign_up"))
    assert 'name="until" value="2026-12-23"' in shown
    assert "可以不填" in shown


def test_its_own_page_says_that_a_place_is_full_as_the_desk_says_it(town, places):
    here = places[0]
    here.employer.refresh_from_db()
    Vacancy.objects.filter(pk=here.pk).update(number=0)
    assert "招满了" in Client().get(reverse("vacancies:own", args=[here.employer.code])).content.decode()


def test_its_own_page_shows_numbers_offers_and_closes(town, places):
    here = places[0]
    here.employer.refresh_from_db()
    address = reverse("vacancies:own", args=[here.employer.code])
    client = Client()
    assert scrub(f"Not Found: {address}") == "Not Found: /y/e/***/"
    assert "推荐了 0 人，到岗 0 / 3" in client.get(address).content.decode()
    with clock.stopped_at("2026-11-23T09:29"):
        mark = public_views.new_mark(public_views.SALT)
    body = {
        "mark": mark, "title": "检验员", "trade": here.trade_id, "kind": "full", "number": "1", "wage_low": "3300",
        "unit": "month", "hours": "full", "place": "村口", "until": "2026-12-20",
    }  # fmt: skip
    assert client.post(address, body | {"wage_low": "9"}).status_code == 422
    body["place"] = "金星村村口"
    for _ in range(2):  # pressed once more, or the page drawn again
        assert "交上去了" in client.post(address, body).content.decode()
    made = Vacancy.objects.get(title="检验员")
    assert (made.state, made.village) == (Vacancy.PENDING, town.jinxing)
    assert client.post(address, {"close": places[1].pk}).status_code == 422
    assert "不招了" in client.post(address, {"close": here.pk}).content.decode()
    here.refresh_from_db()
    assert here.state == Vacancy.CLOSED
    services.take_link_away(actor=town.secretary, employer=here.employer)
    text_of(address, 404)
    with pytest.raises(ValidationError):
        services.close_itself(employer=here.employer, code="x", vacancy=here)
