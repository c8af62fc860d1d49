"""The desk's pages of matters: whose turn it is, one matter with its story, a new one; what is wrong is said there."""

import datetime as dt
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


def test_a_rating_that_was_forgotten_is_asked_for_and_the_words_stay(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    services.answer(actor=town.leader, matter=found, words="修好了")
    answer = step(town.leader, found, "rate", words="他说还行")
    assert answer.status_code == 422
    assert "满意、基本满意、不满意、没有评价" in answer.content.decode()
    assert "他说还行" in answer.content.decode()


def test_who_comes_second_is_told_by_whom_and_keeps_her_words(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    services.settle(actor=town.leader, matter=found, words="修好了")
    answer = step(town.leader, found, "settle", words="我写的很长的结果")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "周长 11月23日 09:30 已经办好" in text
    assert "我写的很长的结果" in text


def test_a_step_that_is_no_more_hers_says_so_on_the_page_with_her_words(town, matter):
    found = matter(actor=town.worker)
    services.escalate(actor=town.leader, matter=found, words="要村里")
    answer = step(town.worker, found, "note", words="找了电工")
    assert answer.status_code == 403
    assert "这件事不归您办" in answer.content.decode()
    assert "找了电工" in answer.content.decode()


def test_all_that_was_chosen_stays_chosen_when_the_words_are_missing(town, matter):
    found = matter(opened_on=clock.today() - dt.timedelta(days=5))
    services.accept(actor=town.leader, matter=found)
    text = step(town.leader, found, "answer", answered_on="2026-11-20", rating="fair").content.decode()
    assert 'value="2026-11-20"' in text
    assert 'value="fair" checked' in text
    text = step(town.secretary, found, "dispatch", to=str(town.worker.pk), words="长" * 501).content.decode()
    assert f'<option value="{town.worker.pk}" selected>' in text


def test_whoever_passed_it_on_comes_back_to_the_list(town, matter):
    found = matter(actor=town.assistant)
    answer = step(town.leader, found, "escalate", words="要村里出面")
    assert answer.url == LIST


def test_one_form_sent_twice_is_one_step(town, matter):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    for _ in range(2):
        assert (
            step(town.leader, found, "note", words="叫了电工", uuid=str(uuid.UUID(int=7))).status_code == 302
        )
    assert found.moves.filter(kind="note").count() == 1


def test_a_form_brought_back_for_another_matter_says_which_it_was_and_can_be_sent(town):
    client, address = client_of(town.secretary), reverse("appeals:new")
    sent = {
        "uuid": str(uuid.uuid4()),
        "household": town.zhang.pk,
        "source": "walk_in",
        "field": "other",
        "words": "井盖丢了",
        "urgency": "days",
        "opened_on": "2026-11-23",
    }
    assert client.post(address, sent).status_code == 302
    answer = client.post(address, sent | {"words": "路灯坏了"})
    assert answer.status_code == 422
    assert Matter.objects.get().number in answer.content.decode()
    again = sent | {"words": "路灯坏了", "uuid": answer.context["form"]["uuid"].value()}
    assert client.post(address, again).status_code == 302
    assert Matter.objects.count() == 2


def test_a_village_that_is_not_hers_is_no_filter(town):
    assert client_of(town.secretary).get(f"{LIST}?village={town.qiaoji.pk}").status_code == 404
