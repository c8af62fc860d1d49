"""The desk's pages of matches and fairs as people press them."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from jobs import services
from jobs.models import JobFair, Match, Vacancy
from jobs.services.scoring import FIRST
from tests.jobs.market import man_of, offer, seek
from tests.people import Town

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def sent(town: Town) -> Match:
    seek(man_of(town), "缝纫", wage=3000)
    return services.recommend(actor=town.secretary, person=man_of(town), vacancy=offer(town.jinxing))


def press(user, match, code, **said):
    return client_of(user).post(reverse("matches:step", args=[match.pk, code]), said, follow=True)


def test_a_grid_worker_notes_a_call_in_one_press_and_a_no_with_its_reason_in_another(town, sent):
    page = client_of(town.worker).get(reverse("matches:match", args=[sent.pk])).content.decode()
    for words in ("联系上了", "没联系上", "不愿去", 'name="reason" value="far"'):
        assert words in page
    assert "面试了</summary>" not in page
    assert "记下了" in press(town.worker, sent, "contact").content.decode()
    press(town.worker, sent, "decline", reason="far")
    assert (Match.objects.get().state, Match.objects.get().reason) == (Match.UNWILLING, "far")


def test_another_reason_without_words_comes_back_with_what_was_chosen(town, sent):
    answer = press(town.worker, sent, "decline", reason="other", words="")
    assert answer.status_code == 422
    assert "写几个字说明是什么原因" in answer.content.decode()
    assert Match.objects.get().state == Match.RECOMMENDED


def test_words_of_a_step_that_came_too_late_are_not_lost(town, sent):
    press(town.worker, sent, "decline", reason="far")
    answer = press(town.secretary, sent, "interview", words="约在周三上午", day="2026-11-23")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "约在周三上午" in page
    assert "王格 11月23日 09:30 已经记了" in page


def test_a_day_that_is_none_is_told_at_its_field(town, sent):
    answer = press(town.secretary, sent, "start", day="11月23")
    assert answer.status_code == 422
    assert "日期写成 2026-11-23 这样" in answer.content.decode()


def test_who_is_to_be_asked_first_stands_first_whoever_was_sent_first(town):
    people = man_of(town), town.head(town.li)
    for person, day in zip(people, ("2026-11-24", "2026-11-23"), strict=True):
        seek(person, "缝纫")
        match = services.recommend(actor=town.secretary, person=person, vacancy=offer(town.jinxing))
        with clock.stopped_at(f"{day}T17:00"):
            services.start(actor=town.secretary, match=match)
    with clock.stopped_at("2027-03-01T09:00"):
        page = client_of(town.worker).get(reverse("matches:matches"), {"list": "ask"})
    assert [row.person for row in page.context["rows"]] == [people[1], people[0]]


def test_a_stranger_finds_no_match_and_who_may_not_decide_is_refused(town, sent):
    assert client_of(town.neighbour).get(reverse("matches:match", args=[sent.pk])).status_code == 404
    assert press(town.neighbour, sent, "contact").status_code == 404
    assert press(town.worker, sent, "start").status_code == 403
    assert press(town.secretary, sent, "fly").status_code == 404


def test_somebody_is_sent_from_his_page_and_from_the_places(town):
    seek(man_of(town), "缝纫")
    place = offer(town.jinxing)
    client = client_of(town.secretary)
    page = client.get(reverse("matches:person", args=[man_of(town).pk])).content.decode()
    assert "工种对口：缝纫" in page
    asked = reverse("matches:recommend", args=[man_of(town).pk])
    answer = client.post(asked, {"vacancy": place.pk}, follow=True)
    assert "接下来打电话问他去不去" in answer.content.decode()
    again = client.post(asked, {"vacancy": place.pk, "from": "vacancy"})
    assert again.status_code == 422
    assert "已经推荐过，现在是“推荐了”" in again.content.decode()
    why = client.get(reverse("matches:vacancy", args=[place.pk]), {"why": "asked"}).content.decode()
    assert "已经推荐过 1 人" in why


def test_somebody_who_does_not_look_for_work_is_told_so(town):
    page = client_of(town.secretary).get(reverse("matches:person", args=[man_of(town).pk])).content.decode()
    assert "还没有劳动力登记" in page


def test_a_place_that_is_open_is_everybodys_and_another_only_its_own_villages(town):
    place = offer(town.qiaoji)
    url = reverse("matches:vacancy", args=[place.pk])
    assert client_of(town.secretary).get(url).status_code == 200
    Vacancy.objects.filter(pk=place.pk).update(state=Vacancy.PENDING)
    assert client_of(town.secretary).get(url).status_code == 404
    assert client_of(town.neighbour).get(url).status_code == 200


def test_a_fair_is_called_looked_at_and_sent_with_one_press(town):
    for person, trade in ((man_of(town), "缝纫"), (town.head(town.li), "保洁")):
        seek(person, trade)
    places = [offer(town.jinxing).pk, offer(town.jinxing, "保洁员", "保洁").pk]
    client = client_of(town.secretary)
    said = {"territory": town.jinxing.pk, "title": "春风招聘会", "day": "2026-11-28", "place": "村部"}
    bare = client.post(reverse("matches:fair_new"), said)
    assert bare.status_code == 422
    assert "勾上来招人的岗位" in bare.content.decode()
    assert "春风招聘会" in bare.content.decode()
    made = client.post(reverse("matches:fair_new"), said | {"vacancies": places}, follow=True)
    fair = JobFair.objects.get()
    assert "算一算谁去哪里合适" in made.content.decode()
    page = client.get(reverse("matches:fair", args=[fair.pk]), {"look": "1"})
    assert "这 2 人一起推荐" in page.content.decode()
    send = reverse("matches:fair_send", args=[fair.pk])
    stale = client.post(send, {"seen": "x"})
    assert stale.status_code == 422
    assert "名单和刚才看的不一样了" in stale.content.decode()
    answer = client.post(send, {"seen": page.context["mark"]}, follow=True)
    assert "推荐了 2 人" in answer.content.decode()
    sheet = client.get(reverse("matches:fair_sheet", args=[fair.pk])).content.decode()
    assert man_of(town).name in sheet
    assert "工种对口：缝纫" in sheet


def test_a_fair_that_is_only_read_is_not_worked_out(town, monkeypatch):
    """Of a whole town that takes seconds and hundreds of megabytes."""
    seek(man_of(town), "缝纫")
    fair = JobFair(territory=town.jinxing, title="招聘会", day=dt.date(2026, 11, 28), place="村部")
    services.save_fair(actor=town.office, fair=fair, vacancies=[offer(town.jinxing)])
    asked = []
    monkeypatch.setattr(services, "assigned", lambda *said: asked.append(said) or ([], None))
    client, url = client_of(town.secretary), reverse("matches:fair", args=[fair.pk])
    page = client.get(url).content.decode()
    assert "洪集制衣厂 缝纫工" in page
    assert "没有合适的人" not in page
    assert not asked
    assert "没有合适的人" in client.get(url, {"look": "1"}).content.decode()
    assert len(asked) == 1


def test_the_list_that_lies_on_an_employers_table_tells_nobody_who_is_on_the_list_of_the_poor(town):
    seek(man_of(town), "缝纫")
    place = offer(town.jinxing)
    fair = JobFair(territory=town.jinxing, title="招聘会", day=dt.date(2026, 11, 28), place="村部")
    services.save_fair(actor=town.office, fair=fair, vacancies=[place])
    pairs, _ = services.assigned(town.office, fair)
    services.recommend_all(actor=town.office, fair=fair, seen=services.mark_of(pairs))
    Match.objects.update(first=True, why=f"{FIRST}；工种对口：缝纫")
    sheet = client_of(town.secretary).get(reverse("matches:fair_sheet", args=[fair.pk])).content.decode()
    assert "工种对口：缝纫" in sheet
    assert "低保" not in sheet


def test_a_fair_at_which_somebody_was_sent_stays_where_it_is(town):
    seek(man_of(town), "缝纫")
    place = offer(town.jinxing)
    fair = JobFair(territory=town.jinxing, title="招聘会", day=dt.date(2026, 11, 28), place="村部")
    services.save_fair(actor=town.office, fair=fair, vacancies=[place])
    pairs, _ = services.assigned(town.office, fair)
    services.recommend_all(actor=town.office, fair=fair, seen=services.mark_of(pairs))
    said = {"territory": town.qiaoji.pk, "title": "招聘会", "day": "2026-11-29", "place": "村部"}
    url = reverse("matches:fair_change", args=[fair.pk])
    answer = client_of(town.office).post(url, said | {"vacancies": [place.pk]})
    assert answer.status_code == 422
    assert "不能换地方" in answer.content.decode()
    good = said | {"territory": town.jinxing.pk, "vacancies": [place.pk]}
    assert client_of(town.office).post(url, good).status_code == 302
    assert client_of(town.worker).get(url).status_code == 403
    assert client_of(town.neighbour).get(url).status_code == 404


def test_who_only_looks_after_the_place_is_not_told_who_is_on_low_income(town, sent):
    """A place of 桥集村, to which somebody of 金星村 was sent: its secretary reads how it goes, not of his home."""
    there = offer(town.qiaoji, employer="桥集制衣厂")
    far = services.recommend(actor=town.secretary, person=man_of(town), vacancy=there)
    Match.objects.update(first=True, why=f"{FIRST}；工种对口：缝纫")
    addresses = (reverse("matches:match", args=[far.pk]), reverse("matches:matches"))
    for user, knows in ((town.neighbour, False), (town.secretary, True)):
        for address in addresses:
            page = client_of(user).get(address).content.decode()
            assert "工种对口" in page
            assert ("低保" in page, "先帮" in page) == (knows, knows), (user, address)


def test_from_a_place_and_from_a_person_it_is_one_tap_to_who_suits(town):
    """A new place has no match yet that would lead to it."""
    seek(man_of(town), "缝纫")
    place, desk = offer(town.jinxing), client_of(town.secretary)
    suits = reverse("matches:vacancy", args=[place.pk])
    page = desk.get(reverse("vacancies:vacancy", args=[place.pk])).content.decode()
    assert f'href="{suits}">找合适的人' in page
    assert reverse("vacancies:vacancy", args=[place.pk]) in desk.get(suits).content.decode()
    page = desk.get(reverse("labour:person", args=[man_of(town).pk])).content.decode()
    assert f'href="{reverse("matches:person", args=[man_of(town).pk])}">合适的岗位' in page


def test_to_a_place_of_another_village_people_are_sent_but_its_page_is_not_theirs(town):
    far = offer(town.qiaoji, employer="桥集窑厂")
    page = client_of(town.secretary).get(reverse("matches:vacancy", args=[far.pk])).content.decode()
    assert reverse("vacancies:vacancy", args=[far.pk]) not in page
