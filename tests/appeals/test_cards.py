"""The contact card: what stands on it, when it is to be printed again, and the page behind its code."""

import datetime as dt
import re
import uuid
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notice
from appeals import card_views, services
from appeals.models import Card, CardPrint, Matter, PublicNumber
from core import clock
from grids import services as grids
from grids.models import Officer, Territory
from tests.factor import client_of

LIST = reverse("appeals:cards")
LATER = dt.timedelta(seconds=20)


@pytest.fixture
def hotline(town):
    return PublicNumber.objects.create(
        kind="hotline", territory=town.jinxing, number="0564-7001", since="2026-01-01"
    )


@pytest.fixture
def card(town, hotline):
    services.print_cards(actor=town.secretary, grids=[town.grid1], run=uuid.uuid4())
    return Card.objects.get()


def paper(user, *grids, **more):
    body = {"run": str(uuid.uuid4()), "grid": [grid.pk for grid in grids]} | more
    answer = client_of(user).post(reverse("appeals:print_cards"), body, follow=True)
    return answer.content.decode()


# --- the card ---------------------------------------------------------------------------------------------------------


def test_the_card_has_the_hotline_and_the_numbers_of_who_agreed(town, hotline):
    worker = Officer.objects.get(user=town.worker)
    worker.card_consent = True
    worker.save()
    text = paper(town.secretary, town.grid1)
    assert all(said in text for said in ("0564-7001", "王格", "周长", "2026年11月印", "<svg"))
    assert worker.phone.open() in text
    assert Officer.objects.get(user=town.leader).phone.open() not in text
    assert "110" in text
    assert "119" in text


@pytest.mark.parametrize(
    ("grids", "copies", "cards", "more"), [(1, "4", 4, 0), (1, "1", 4, 3), (2, "3", 8, 2), (1, "300", 300, 0)]
)
def test_as_many_are_printed_as_one_says_and_the_last_sheet_is_full_too(
    town, hotline, grids, copies, cards, more
):
    text = paper(town.secretary, *(town.grid1, town.grid2)[:grids], copies=copies)
    assert text.count('class="card6"') == cards
    assert text.count('class="leaf leaf-bare') == cards // 4
    assert (f"多 {more} 张" in text) == bool(more)


@pytest.mark.parametrize("typed", ["0", "501", "很多", "-4", "", "99999"])
def test_a_number_of_copies_that_is_none_is_told_at_its_place_and_nothing_counts_as_printed(
    town, hotline, typed
):
    body = {"run": str(uuid.uuid4()), "grid": town.grid1.pk, "copies": typed}
    answer = client_of(town.secretary).post(reverse("appeals:print_cards"), body)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "每个网格印 1 到 500 张" in text
    assert f'value="{typed}" aria-invalid="true"' in text
    assert not CardPrint.objects.exists()


def test_what_no_browser_prints_at_once_is_told(town, hotline, monkeypatch):
    monkeypatch.setattr(card_views, "MOST_AT_ONCE", 6)
    body = {"run": str(uuid.uuid4()), "copies": "4"}
    answer = client_of(town.secretary).post(reverse("appeals:print_cards"), body)
    assert "一共 8 张，一次最多印 6 张" in answer.content.decode()
    assert not CardPrint.objects.exists()


def test_printed_it_is_done_and_with_other_staff_or_numbers_it_is_to_be_printed_again(town, hotline):
    client = client_of(town.secretary)
    assert "印要印的 2 个网格" in client.get(LIST).content.decode()
    paper(town.secretary)
    assert "要重印" not in client.get(LIST).content.decode()
    run = CardPrint.objects.first().run
    grids.end_post(
        actor=town.secretary,
        post=Officer.objects.get(user=town.worker).posts.get(),
        until=clock.today() - dt.timedelta(days=1),
    )
    text = client.get(LIST).content.decode()
    assert text.count("要重印：人或电话变了") == 1
    answer = client.get(reverse("appeals:card_paper", args=[run]), follow=True)
    assert "重新印一次" in answer.content.decode()
    paper(town.secretary)
    assert "要重印" not in client.get(LIST).content.decode()
    hotline.number = "0564-7002"
    hotline.save()
    assert client.get(LIST).content.decode().count("要重印：人或电话变了") == 2


def test_one_form_sent_twice_is_one_printing(town, hotline):
    run = str(uuid.uuid4())
    for _ in range(2):
        paper(town.secretary, town.grid1, run=run)
    assert CardPrint.objects.count() == 1


def test_a_neighbours_card_is_not_there(town, card):
    run = card.prints.get().run
    assert client_of(town.neighbour).get(reverse("appeals:card_paper", args=[run])).status_code == 404
    assert client_of(town.neighbour).post(reverse("appeals:revoke_card", args=[card.pk])).status_code == 404
    assert "金星" not in client_of(town.neighbour).get(LIST).content.decode()
    assert client_of(town.worker).get(LIST).status_code == 403
    paper(town.neighbour, town.grid1)
    assert card.prints.count() == 1


# --- the page behind it -----------------------------------------------------------------------------------------------


def address_of(card):
    return reverse("appeals:need", args=[card.code])


def empty(card, client=None):
    """The form as it is given out: (client, its fields)."""
    client = client or Client()
    text = client.get(address_of(card)).content.decode()
    return client, {"token": unescape(re.search(r'name="token" value="([^"]+)"', text)[1])}


def leave(card, *, wait=LATER, client=None, form=None, **more):
    client, fields = form or empty(card, client)
    with clock.stopped_at(clock.now() + wait):
        return client.post(
            address_of(card), fields | {"kind": "power", "tel": "199 0000 8888", "what": ""} | more
        )


def test_a_villager_leaves_a_need_and_the_grid_is_told(town, card):
    text = leave(card, what="路灯不亮").content.decode()
    row = Matter.objects.get()
    assert (row.source, row.field, row.words, row.opened_by) == ("online", "environment", "路灯不亮", None)
    assert (row.territory, row.level, row.urgency) == (town.grid1, "grid", "days")
    assert row.number in text
    assert "199****8888" in text
    assert "11月26日前有人打电话给您" in text, "three days of work"
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"wanggeyuan", "zhouzhang"}
    assert row.words in client_of(town.worker).get(reverse("appeals:matters")).content.decode()
    page = client_of(town.leader).get(reverse("appeals:matter", args=[row.pk])).content.decode()
    assert "tel:19900008888" in page
    services.accept(actor=town.leader, matter=row)
    services.answer(actor=town.leader, matter=row, words="换了灯泡", rating="good")


def test_where_nobody_serves_in_the_grid_the_secretary_is_told(town, card):
    for user in (town.worker, town.leader):
        user.is_active = False
        user.save()
    leave(card)
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"jinxing"}


def test_nothing_personal_stands_on_the_page(town, card):
    text = Client().get(address_of(card)).content.decode()
    assert "0564-7001" in text
    assert "金星第一网格" in text
    for officer in Officer.objects.all():
        assert officer.name not in text
    assert "张三丰" not in text


def test_danger_is_for_now_and_says_whom_to_call(town, card):
    text = leave(card, kind="danger").content.decode()
    assert Matter.objects.get().urgency == "now"
    assert "jinxing" in Notice.objects.filter(kind="appeals.now").values_list("user__username", flat=True)
    assert "别等：马上打" in text


def test_the_same_form_sent_twice_is_one_matter_and_with_other_words_another(town, card):
    form = empty(card)
    first, again = leave(card, form=form), leave(card, form=form)
    assert first.status_code == again.status_code == 200
    assert Matter.objects.count() == 1
    answer = leave(card, form=form, what="另一件")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert Matter.objects.get().number in text
    assert "另一件" in text
    token = unescape(re.search(r'name="token" value="([^"]+)"', text)[1])
    assert leave(card, form=(form[0], {"token": token}), what="另一件").status_code == 200
    assert Matter.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kind": ""}, "点一个是什么事。"),
        ({"kind": "report"}, "点一个是什么事。"),
        ({"tel": ""}, "写您的电话"),
        ({"tel": "1990000"}, "手机号少 4 位"),
        ({"website": "http://x"}, "像是机器填的"),
        ({"wait": dt.timedelta(seconds=1)}, "点得太快了"),
        ({"wait": dt.timedelta(hours=25)}, "这一页开得太久了"),
        ({"token": "forged"}, "这一页开得太久了"),
    ],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(town, card, more, told):
    answer = leave(card, what="路灯不亮", **more)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert told in text
    assert "路灯不亮" in text
    assert not Matter.objects.exists()


def test_what_was_refused_can_be_sent_again_at_once(town, card):
    client, fields = empty(card)
    text = leave(card, form=(client, fields), tel="").content.decode()
    token = unescape(re.search(r'name="token" value="([^"]+)"', text)[1])
    assert leave(card, form=(client, {"token": token})).status_code == 200


def test_too_many_from_one_address_or_telephone_are_held_off_with_what_to_do(town, card):
    for number in range(5):
        assert leave(card, what=f"第 {number} 件").status_code == 200
    answer = leave(card, what="第六件")
    assert answer.status_code == 429
    assert "这个电话一天里交了太多次" in answer.content.decode()
    assert "第六件" in answer.content.decode()
    codes = [leave(card, tel=f"199000070{number:02d}").status_code for number in range(16)]
    assert codes[-1] == 429
    assert "过一个小时再来" in leave(card, tel="19900009999").content.decode()
    with clock.stopped_at(clock.now() + dt.timedelta(minutes=62)):
        assert leave(card, tel="19900009999").status_code == 200


def test_a_form_without_its_cookie_is_refused(card):
    answer = Client(enforce_csrf_checks=True).post(address_of(card), {"kind": "power", "tel": "19900008888"})
    assert answer.status_code == 403
    assert not Matter.objects.exists()


def test_reports_on_cadres_have_a_door_of_their_own_on_page_and_card(town, card):
    PublicNumber.objects.create(
        kind="discipline", territory=town.town, number="0564-12388", since="2026-01-01"
    )
    assert "镇纪委 0564-12388" in paper(town.secretary, town.grid1)
    assert 'href="/report/"' in Client().get(address_of(card)).content.decode()
    assert "或扫码直接交给镇纪委" in paper(town.secretary, town.grid1)


def test_the_list_asks_as_many_questions_for_one_grid_as_for_many(town, hotline):
    counts = []
    for user in (town.secretary, town.office):
        client = client_of(user)
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counts.append(len(asked))
    assert counts[0] == counts[1], "two grids of one village, three of two"


def test_a_code_that_is_no_more_says_whom_to_call(town, card):
    form = empty(card)
    services.revoke_card(actor=town.secretary, card=card)
    for answer in (Client().get(address_of(card)), leave(card, form=form)):
        assert answer.status_code == 410
        assert "0564-7001" in answer.content.decode()
    assert not Matter.objects.exists()
    services.print_cards(actor=town.secretary, grids=[town.grid1], run=uuid.uuid4())
    assert Card.objects.in_use().get().code != card.code
    assert Client().get(reverse("appeals:need", args=["nosuchcode"])).status_code == 404


def test_a_grid_that_was_closed_takes_no_more(town, card):
    Territory.objects.filter(pk=town.grid1.pk).update(closed_on=clock.today())
    assert Client().get(address_of(card)).status_code == 410


def test_the_town_has_a_number_where_a_village_has_none(town):
    PublicNumber.objects.create(kind="hotline", territory=town.town, number="0564-7000", since="2026-01-01")
    assert PublicNumber.objects.of("hotline", town.far_grid) == "0564-7000"
    assert PublicNumber.objects.of("discipline", town.far_grid) == ""
