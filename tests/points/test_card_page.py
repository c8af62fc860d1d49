"""The page behind a household's card: its PIN opens it, it shows what is there and on its way, and takes a deed."""

import datetime as dt
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from core import clock
from hongji.logging import scrub
from points import card_pages, services
from points.models import TRIES, Award, PointCard
from tests.factor import client_of
from tests.pages import stands
from tests.points.market import PIN, Market, hidden, opened

pytestmark = pytest.mark.django_db


def address_of(code: str) -> str:
    return reverse("points:card", args=[code])


def text_of(answer: Any) -> str:
    return re.sub(r"<[^>]*>", "", answer.content.decode())


@pytest.fixture
def address(market: Market) -> str:
    """The page of 张三丰's card."""
    return address_of(market.card())


def said(market: Market, form: Any, **more: Any) -> dict[str, Any]:
    kept = {name: hidden(form, name) for name in ("entry", "uuid")}
    what = {
        "step": "claim",
        "item": market.sweeping.pk,
        "day": "2026-11-22",
        "number": "1",
        "words": "扫了塘埂",
    }
    return kept | what | more


def form_of(address: str) -> Any:
    return opened(address, step="form")


# --- the card ---------------------------------------------------------------------------------------------------------


def test_the_code_on_a_card_leads_to_its_page_and_is_still_read_in_the_shop_and_at_the_door_of_an_activity(
    market: Market, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("points.card_views.qr_picture", lambda text: drawn.append(text) or "")
    client = client_of(market.town.secretary)
    client.post(reverse("shops:issue", args=[market.town.wang.pk]), {"pin": PIN, "again": PIN})
    assert re.fullmatch(r"http://testserver/k/[\w-]{22}/", drawn[0])
    assert services.shown(drawn[0]).household == market.town.wang
    # Cards of before hold the code alone.
    assert services.shown(market.card()).household == market.town.zhang
    assert Client().get(drawn[0]).status_code == 200


def test_the_proxy_writes_no_cards_code_into_its_log(address: str) -> None:
    conf = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    quiet = re.findall(r"location (\S+) \{\s+access_log off;", conf)
    assert any(address.startswith(place) for place in quiet)


def test_no_log_of_ours_holds_it_either(address: str) -> None:
    assert scrub(f"Unprocessable Entity: {address}") == "Unprocessable Entity: /k/***/"


# --- the PIN ----------------------------------------------------------------------------------------------------------


def test_before_the_pin_the_page_says_nothing(market: Market, address: str) -> None:
    market.posted()
    page = Client().get(address)
    assert page.status_code == 200
    for secret in ("张", "金星", "5 分", market.town.zhang.number):
        assert secret not in text_of(page)


def test_no_card_a_wrong_pin_and_a_locked_card_are_told_in_the_same_words(
    market: Market, address: str
) -> None:
    none = address_of("A" * 22)
    assert text_of(Client().get(none)) == text_of(Client().get(address))
    wrong = opened(address, pin="9999")
    for _ in range(TRIES):
        locked = opened(address, pin="9999")
    assert PointCard.objects.get().is_locked
    answers = [
        wrong,
        locked,
        opened(address),
        opened(none),
        opened(address_of(PointCard.objects.get().number)),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({text_of(answer) for answer in answers}) == 1
    assert "密码不对，或者这张卡不能用了" in text_of(wrong)


def test_wrong_pins_here_and_in_the_shop_count_together(market: Market, address: str) -> None:
    market.posted(item=market.blood)
    for _ in range(TRIES - 1):
        opened(address, pin="9999")
    with pytest.raises(services.WrongPin, match="锁了"):
        market.redeem(pin="8642")
    assert opened(address).status_code == 422


def test_what_is_no_pin_costs_no_try(market: Market, address: str) -> None:
    for typed in ("", "12", "abcd", "12345"):
        answer = opened(address, pin=typed)
        assert answer.status_code == 422
        assert "密码是 4 位数字" in text_of(answer)
    assert PointCard.objects.get().wrong == 0


def test_one_address_is_shut_out_after_many_tries(
    market: Market, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_pages, "BY_ADDRESS", (2, dt.timedelta(hours=1)))
    answers = [opened(address_of(letter * 22), pin="9999") for letter in "abc"]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    assert opened(address).status_code == 429, "the right one would tell as much"
    assert PointCard.objects.get().wrong == 0


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_it_shows_the_points_and_where_each_deed_stands(market: Market, address: str) -> None:
    market.posted(item=market.blood, words="老陈看见他献血")
    market.posted(market.town.wang)
    market.claim()
    hung = market.decided(item=market.hours, number=3)
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[hung])
    services.refuse(actor=market.town.leader, award=market.claim(words="又扫了"), words="那天没扫")
    page = text_of(opened(address))
    for told in (
        "20 分",
        "献血",
        "已入账",
        "待初审",
        "公示中",
        "没通过",
        "那天没扫",
        "志愿服务 3 小时",
        "6 分",
        "张*丰",
    ):
        assert told in page
    for secret in ("张三丰", "王大春", "老陈", "王格", "周长"):
        assert secret not in page


# --- a deed -----------------------------------------------------------------------------------------------------------


def test_a_household_claims_for_itself_and_sees_it_waiting(market: Market, address: str) -> None:
    form = form_of(address)
    assert "打扫公共地方（5 分/次）" in text_of(form)
    answer = Client().post(address, said(market, form, person=market.town.zhang.people.first().pk))
    award = Award.objects.get()
    assert (award.by_household, award.claimed_by, award.household) == (True, None, market.town.zhang)
    assert (award.words, award.day, award.person) == (
        "扫了塘埂",
        dt.date(2026, 11, 22),
        award.household.people.first(),
    )
    assert f"报好了，编号 {award.number_said}" in text_of(answer)
    assert "待初审" in text_of(answer)


def test_pressed_twice_it_is_one_claim_and_another_under_its_number_is_refused(
    market: Market, address: str
) -> None:
    sent = said(market, form_of(address))
    for _ in range(2):
        assert Client().post(address, sent).status_code == 200
    assert Award.objects.count() == 1
    other = Client().post(address, sent | {"words": "扫了沟"})
    assert (other.status_code, Award.objects.count()) == (409, 1)
    assert "扫了沟" in other.content.decode()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"item": ""}, "选一个积分项目"),
        ({"item": "0"}, "选一个积分项目"),
        ({"words": "", "number": "1"}, "写一句做了什么"),
        ({"day": "2026-12-24"}, "这一天还没到"),
        ({"day": "昨天"}, "日期写成"),
        ({"day": "2026-09-02"}, "60 天内申报"),
        ({"number": "9"}, "一次最多报 1 次"),
        ({"number": "x"}, "填一个整数"),
        ({"words": "字" * 301}, "最多写 300 个字"),
        ({"person": "0"}, "这个人不在这一户"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(
    market: Market, address: str, sent: dict[str, str], sentence: str
) -> None:
    answer = Client().post(address, said(market, form_of(address), words="扫了三回塘埂") | sent)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert sent.get("words", "扫了三回塘埂") in answer.content.decode()
    assert not Award.objects.exists()


def test_after_half_an_hour_the_pin_is_asked_again_and_what_was_typed_goes_on(
    market: Market, address: str
) -> None:
    sent = said(market, form_of(address))
    with clock.stopped_at(clock.now() + card_pages.OPEN_FOR + dt.timedelta(seconds=1)):
        late = Client().post(address, sent)
        assert late.status_code == 422
        assert "再按一次密码" in text_of(late)
        assert "金星" not in text_of(late)
        names = ("asked", "step", "uuid", "item", "day", "number", "words")
        kept = {name: hidden(late, name) for name in names}
        assert kept["words"] == "扫了塘埂"
        assert not Award.objects.exists()
        assert Client().post(address, kept | {"pin": PIN}).status_code == 200
    assert Award.objects.get().words == "扫了塘埂"


def test_a_pin_that_the_browser_sends_again_later_opens_nothing(market: Market, address: str) -> None:
    """A lent phone: back, and "send the form again"."""
    asked = hidden(Client().get(address), "asked")
    with clock.stopped_at(clock.now() + card_pages.OPEN_FOR + dt.timedelta(seconds=1)):
        again = opened(address, asked=asked)
    assert again.status_code == 422
    assert "再按一次密码" in text_of(again)
    assert PointCard.objects.get().wrong == 0
    other = address_of(market.card(market.town.wang))
    assert Client().post(other, {"pin": PIN, "asked": asked}).status_code == 422, "for its own card alone"


def test_what_is_shut_opens_by_none_of_its_pages_again(market: Market, address: str) -> None:
    """A lent phone that is given back: whoever presses back on it sees nothing, in the tab nor with the PIN resent."""
    asked = hidden(Client().get(address), "asked")
    home = opened(address, asked=asked)
    form = Client().post(address, {"entry": hidden(home, "entry"), "step": "form"})
    assert "看完了，关上" in text_of(home)
    shut = Client().post(address, {"entry": hidden(home, "entry"), "step": "shut"})
    assert "关上了" in text_of(shut)
    assert "分" not in text_of(shut).split("卡的密码")[0].replace("积分", "")
    for page in (home, form):
        assert Client().post(address, {"entry": hidden(page, "entry")}).status_code == 422
    assert opened(address, asked=asked).status_code == 422
    assert opened(address).status_code == 200, "whoever has the card and its PIN comes in as before"


def test_an_entry_is_good_for_its_own_card_alone_and_until_the_pin_is_changed(
    market: Market, address: str
) -> None:
    sent = said(market, form_of(address))
    other = address_of(market.card(market.town.wang))
    assert Client().post(other, sent).status_code == 422
    services.set_pin(
        actor=market.town.secretary, card=PointCard.objects.get(household=market.town.zhang), pin="8642"
    )
    assert Client().post(address, sent).status_code == 422
    assert not Award.objects.exists()


def test_one_card_claims_only_so_often_a_day(
    market: Market, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_pages, "BY_CARD", (1, dt.timedelta(days=1)))
    assert Client().post(address, said(market, form_of(address))).status_code == 200
    answer = Client().post(address, said(market, form_of(address), words="扫了沟"))
    assert answer.status_code == 429
    assert "扫了沟" in answer.content.decode()
    assert Award.objects.count() == 1


def test_where_the_village_has_no_rules_it_is_said(market: Market) -> None:
    far = market.town.chen
    made = services.issue_card(actor=market.town.neighbour, household=far, pin=PIN)
    assert "村里还没有积分办法" in text_of(form_of(address_of(made.code)))


def test_no_pin_stands_in_any_page(market: Market, address: str) -> None:
    form = form_of(address)
    for answer in (opened(address), form, Client().post(address, said(market, form))):
        assert not stands(PIN, answer.content.decode())
