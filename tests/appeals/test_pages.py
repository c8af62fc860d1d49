"""The desk's pages of matters: whose turn it is, one matter with its story, a new one; what is wrong is said there."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appeals import services
from appeals.models import Matter
from core import clock
from tests.factor import client_of

LIST = reverse("appeals:matters")


def page(user, address, status=200):
    answer = client_of(user).get(address)
    assert answer.status_code == status
    return answer.content.decode()


def step(user, matter, code, **sent):
    return client_of(user).post(reverse("appeals:step", args=[matter.pk, code]), sent)


def titles(user, chosen="mine"):
    answer = client_of(user).get(f"{LIST}?list={chosen}")
    return [row.words for row in answer.context["rows"]]


def test_each_sees_first_what_is_his_turn(town, matter):
    first, second = matter("路灯坏了"), matter("井盖丢了", urgency="now")
    assert titles(town.worker) == titles(town.leader) == ["井盖丢了", "路灯坏了"]
    assert titles(town.secretary) == [], "the grid has it first"
    assert titles(town.secretary, "open") == ["井盖丢了", "路灯坏了"]
    services.accept(actor=town.leader, matter=second)
    assert titles(town.worker) == ["路灯坏了"]
    assert titles(town.leader) == ["井盖丢了", "路灯坏了"]
    services.escalate(actor=town.leader, matter=first, words="要换线")
    assert titles(town.secretary) == ["路灯坏了"]
    assert titles(town.office) == []
    services.accept(actor=town.secretary, matter=first)
    services.answer(actor=town.secretary, matter=first, words="修好了", rating="good")
    assert titles(town.secretary, "done") == ["路灯坏了"]
    assert titles(town.neighbour, "open") == []


def test_the_tabs_say_how_many_and_what_is_late_is_marked(town, matter):
    matter("路灯坏了", urgency="now")
    with clock.stopped_at("2026-11-25T09:00"):
        text = page(town.leader, f"{LIST}?list=late")
        assert "超 2 个工作日" in text
        assert "过了时限 1" in text
    assert "今天到期" in page(town.leader, LIST)
    assert "今天无事" in page(town.office, LIST)


def test_a_matter_is_taken_through_its_steps_on_its_page(town, matter):
    found = matter()
    address = reverse("appeals:matter", args=[found.pk])
    assert "受理" in page(town.leader, address)
    assert step(town.leader, found, "accept", grade="simple").status_code == 302
    assert (
        step(
            town.leader, found, "answer", words="换了灯", answered_on="2026-11-23", rating="good"
        ).status_code
        == 302
    )
    text = page(town.leader, address)
    assert "换了灯" in text
    assert "满意" in text
    found.refresh_from_db()
    assert (found.state, found.due_on, found.closed_on) == ("closed", clock.today(), clock.today())


def test_a_refused_step_is_said_at_its_form_and_nothing_typed_is_lost(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    answer = step(town.leader, found, "plan", words="分三步修", due_on="2026-11-01")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "填今天或者以后的日子" in text
    assert "分三步修" in text
    answer = step(town.leader, found, "plan", words="分三步修", due_on="下周")
    assert answer.status_code == 422
    assert "日期写成 2026-11-23 这样" in answer.content.decode()


def test_a_step_that_is_none_and_one_that_is_not_his(town, matter):
    found = matter(actor=town.assistant)
    assert step(town.leader, found, "burn").status_code == 404
    assert step(town.assistant, found, "accept").status_code == 403
    assert step(town.neighbour, found, "accept").status_code == 404
    assert found.moves.count() == 1


def test_who_has_it_in_hand_can_call_back_and_who_only_registered_it_cannot(town, matter):
    found = matter(phone="19900008888", actor=town.assistant)
    address = reverse("appeals:matter", args=[found.pk])
    assert "tel:19900008888" in page(town.leader, address)
    text = page(town.assistant, address)
    assert "19900008888" not in text
    assert "199****8888" in text


def test_a_matter_is_registered_once_however_often_the_form_is_sent(town):
    client = client_of(town.secretary)
    address = reverse("appeals:new")
    form = client.get(f"{address}?household={town.zhang.pk}").context["form"]
    sent = {
        "uuid": str(form["uuid"].value()),
        "household": town.zhang.pk,
        "source": "hotline",
        "field": "old",
        "words": "老人要办护理补贴",
        "urgency": "days",
        "opened_on": "2026-11-23",
    }
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 302
    found = Matter.objects.get()
    assert (found.household, found.who, found.source) == (town.zhang, "张三丰", "hotline")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"words": ""}, "写一句什么事。"),
        ({"phone": "12"}, "手机号"),
        ({"opened_on": "2026-11-30"}, "这一天还没到"),
        ({"territory": ""}, "说不清网格的，选村。"),
        ({"caller": "", "phone": ""}, "写诉求人的姓名或者电话"),
    ],
)
def test_what_is_wrong_with_a_new_matter_is_said_at_its_field(town, more, told):
    sent = {
        "uuid": str(uuid.uuid4()),
        "source": "walk_in",
        "field": "other",
        "words": "井盖丢了",
        "urgency": "days",
        "opened_on": "2026-11-23",
        "territory": town.grid1.pk,
        "caller": "过路的人",
    }
    answer = client_of(town.secretary).post(reverse("appeals:new"), sent | more)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Matter.objects.exists()


def test_a_neighbours_place_or_household_is_not_to_be_chosen(town):
    client = client_of(town.secretary)
    address = reverse("appeals:new")
    assert "桥集" not in client.get(address).content.decode()
    assert client.get(f"{address}?household={town.chen.pk}").status_code == 404


def test_the_first_page_shows_what_waits_and_what_came_in(town, matter):
    matter("路灯坏了")
    text = page(town.leader, reverse("desk"))
    assert "张三丰，路灯坏了" in text
    assert "群众诉求" in page(town.secretary, reverse("desk"))


@pytest.mark.parametrize("chosen", ["mine", "open"])
def test_a_list_asks_the_same_number_of_questions_for_one_and_for_many(town, matter, chosen):
    matter()
    client = client_of(town.leader)
    counts = []
    for _ in range(2):
        client.get(f"{LIST}?list={chosen}")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{LIST}?list={chosen}")
        counts.append(len(asked))
        for number in range(12):
            matter(f"第 {number} 件")
    assert counts[0] == counts[1]
