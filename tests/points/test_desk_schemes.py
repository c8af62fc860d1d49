"""积分办法 on the desk: read in sentences, adopted anew, its items changed while nobody claimed by them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from core import clock
from points import services
from points.models import Activity, Item, Scheme
from tests.factor import client_of
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
PAGE = reverse("points:schemes")
TOMORROW = dt.date(2026, 11, 24)


def page(user: object, address: str = PAGE, status: int = 200, **query: object) -> str:
    answer = client_of(user).get(address, query)
    assert answer.status_code == status
    return answer.content.decode()


def adopt(market: Market, user: object = None, **sent: object):
    numbers = {
        "notice_days": 7,
        "claim_days": 30,
        "household_cap": 200,
        "person_cap": 0,
        "good_years": "",
        "yuan_per_point": "1",
        "budget": "",
    }
    body = {"since": TOMORROW.isoformat(), "resolution": "2026年11月20日会议"} | numbers | sent
    address = reverse("points:adopt", args=[market.town.jinxing.pk])
    return client_of(user or market.town.secretary).post(address, body)


def test_the_rules_are_read_in_sentences_by_all_who_see_points(market: Market) -> None:
    text = page(market.town.worker)
    for said in (
        "2026年8月20日村民代表会议",
        "60 天以内申报",
        "公示 5 天",
        "不封顶",
        "积分一直有效",
        "1 分抵 1 元",
        "打扫公共地方",
        "5 分/次",
    ):
        assert said in text
    assert "定新办法" not in text
    assert "定新办法" in page(market.town.secretary)
    page(market.town.supervisor, status=403)
    page(market.town.neighbour, status=404, village=market.town.jinxing.pk)
    assert "没有在用的积分办法" in page(market.town.neighbour)
    assert "打扫公共地方" in page(market.town.office, village=market.town.jinxing.pk)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"good_years": 0}, "当年的积分年底清零。"),
        ({"good_years": 1}, "积分可以用到第二年年底。"),
        ({"good_years": 3}, "积分可以用到往后第 3 年的年底。"),
        ({"household_cap": 200}, "一户一年最多 200 分。"),
        ({"budget": 5000}, "村里一年拿得出 5000 分，超过时提醒，不拦。"),
        ({"yuan_per_point": Decimal("0.50")}, "1 分抵 0.5 元的货，不兑现金。"),
    ],
)
def test_each_number_has_its_sentence(numbers: dict, said: str) -> None:
    assert said in services.clauses(Scheme(**numbers))


def test_new_rules_keep_the_items_and_the_old_ones_stay_readable(market: Market) -> None:
    market.claim()
    assert adopt(market).status_code == 302
    text = page(market.town.secretary)
    assert "定好了、还没起用的" in text
    assert "公示 7 天" in text
    assert Item.objects.filter(scheme__since=TOMORROW).count() == 3
    with clock.stopped_at("2026-11-25T09:00"):
        later = page(market.town.secretary)
    assert "以前的办法" in later
    assert "2026年8月20日村民代表会议" in later


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"resolution": " "}, "写是哪次会议定的"),
        ({"since": ""}, "选哪一天"),
        ({"since": "2026-09-01"}, "要比在用的办法（2026年9月1日起）晚"),
        ({"since": "2026-11-23"}, "这一天以后已经有按原办法申报的"),
        ({"notice_days": "0"}, "填 1 到 30 天"),
        ({"notice_days": "很久"}, "写数字"),
        ({"good_years": "20"}, "填 0 到 10 年"),
    ],
)
def test_rules_that_cannot_be_are_told_at_their_place(market: Market, sent: dict, sentence: str) -> None:
    market.claim()
    answer = adopt(market, household_cap=321, **sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "field-bad" in text
    assert 'value="321"' in text
    assert Scheme.objects.count() == 1


def test_who_only_sees_points_makes_no_rules(market: Market) -> None:
    assert adopt(market, market.town.worker).status_code == 403
    assert adopt(market, market.town.neighbour).status_code == 404


def drop(market: Market, scheme: Scheme, user: object = None):
    address = reverse("points:drop_scheme", args=[scheme.pk])
    return client_of(user or market.town.secretary).post(address, follow=True).content.decode()


def test_rules_adopted_by_mistake_are_gone_before_they_begin_and_the_old_ones_hold_on(market: Market) -> None:
    """A year typed wrong would keep the village from adopting anything until then."""
    adopt(market, since="2036-11-24")
    wrong = Scheme.objects.get(since="2036-11-24")
    assert "定错了，去掉这一份" in page(market.town.secretary)
    assert "定错了" not in page(market.town.worker)
    assert "没有找到" in drop(market, wrong, market.town.neighbour)
    assert "去掉了，在用的办法接着用" in drop(market, wrong)
    with pytest.raises(ValidationError, match="已经去掉了"):
        services.drop_scheme(actor=market.town.secretary, scheme=wrong)
    assert Scheme.objects.get() == market.scheme
    assert Scheme.objects.get().until is None
    assert Item.objects.count() == 3
    assert adopt(market).status_code == 302, "and the right ones can be adopted"


def test_rules_that_hold_or_that_an_activity_gives_points_by_stay(market: Market) -> None:
    assert "已经起用的办法不能去掉" in drop(market, market.scheme)
    adopt(market)
    coming = Scheme.objects.get(since=TOMORROW)
    services.plan_activity(
        actor=market.town.secretary,
        activity=Activity(
            territory=market.town.jinxing,
            title="扫塘埂",
            place="塘边",
            day=TOMORROW,
            hours=2,
            item=coming.items.get(title="打扫公共地方"),
        ),
    )
    assert "先改那次活动" in drop(market, coming)
    assert Scheme.objects.count() == 2


def test_what_is_owed_in_points_stands_against_shelves_and_budget(market: Market) -> None:
    market.scheme.budget = 40
    market.scheme.save()
    market.posted(market.town.wang, market.blood)
    market.posted(item=market.blood)
    market.redeem()
    cover = services.cover_of(market.town.jinxing)
    assert (cover.held, cover.owed, cover.liability, cover.yuan) == (28, 12, 40, 40)
    assert (cover.shelf, cover.short) == (9 * 12, 0)
    assert (cover.given, cover.left) == (40, 0)
    text = page(market.town.worker)
    assert "40 分</b>，40.00 元" in text
    assert "还能给 0 分" in text
    services.count(actor=market.keeper, goods=market.soap, number=1)
    assert "比货架上的货多 16 分" in page(market.town.secretary)
    market.scheme.budget = 30
    market.scheme.save()
    assert "多了 10 分" in page(market.town.secretary)


def item(market: Market, address: str, **sent: object):
    body = {
        "title": "孝老爱亲",
        "group": "孝老",
        "points": 10,
        "unit": "次",
        "most": 1,
        "item_cap": "",
        "position": "",
    }
    return client_of(market.town.secretary).post(address, body | sent)


def test_items_are_added_changed_and_taken_out_while_nobody_claimed_by_them(market: Market) -> None:
    assert item(market, reverse("points:new_item", args=[market.scheme.pk])).status_code == 302
    made = Item.objects.get(title="孝老爱亲")
    assert (made.points, made.item_cap) == (10, 0)
    assert item(market, reverse("points:item", args=[made.pk]), points=15).status_code == 302
    made.refresh_from_db()
    assert made.points == 15
    client_of(market.town.secretary).post(reverse("points:remove_item", args=[made.pk]))
    assert not Item.objects.filter(pk=made.pk).exists()


def test_an_item_somebody_claimed_by_stays_as_it_is(market: Market) -> None:
    market.claim()
    assert "有人报过，分不能改" in page(market.town.secretary)
    answer = item(market, reverse("points:item", args=[market.sweeping.pk]))
    assert answer.status_code == 422
    assert "已经有人按这份办法申报了" in answer.content.decode()
    told = client_of(market.town.secretary).post(
        reverse("points:remove_item", args=[market.sweeping.pk]), follow=True
    )
    assert "已经有人按这份办法申报了" in told.content.decode()
    market.sweeping.refresh_from_db()
    assert market.sweeping.title == "打扫公共地方"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"title": ""}, "写这一项叫什么"),
        ({"title": "献血"}, "这份办法里已有这个项目"),
        ({"points": ""}, "积分项目要写几分"),
        ({"refuses": "on"}, "不予积分的情形不写分"),
        ({"most": "0"}, "填 1 到 1000"),
    ],
)
def test_an_item_that_cannot_be_says_why(market: Market, sent: dict, sentence: str) -> None:
    answer = item(market, reverse("points:new_item", args=[market.scheme.pk]), unit="趟", **sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert 'value="趟"' in text
    assert Item.objects.count() == 3
