"""用工单位 and 岗位 on the desk: lists, forms, steps, the poster, and what waits on 无事板."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.board import all_waiting, count_waiting
from jobs import services
from jobs.models import Employer, Trade, Vacancy
from jobs.vacancy_views import ON_A_SHEET
from tests.factor import client_of
from tests.jobs.conftest import PHONE, asked, employer_of, offered

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def page(actor, name, *args, status=200, **query):
    answer = client_of(actor).get(reverse(name, args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_closed_employer_shows_how_to_open_it_again(town):
    made, client = offered(town).employer, client_of(town.secretary)
    assert "重新开" not in page(town.secretary, "vacancies:employer", made.pk)
    client.post(reverse("vacancies:employer_step", args=[made.pk, "close"]), {"why": "点错了"})
    assert "要招的一个一个点进去再招" in page(town.secretary, "vacancies:employer", made.pk)
    employer_of(town)
    step = reverse("vacancies:employer_step", args=[made.pk, "reopen"])
    refused = client.post(step)
    assert refused.status_code == 422
    assert "已有这个单位" in refused.content.decode()
    services.close_employer(
        actor=town.secretary, employer=Employer.objects.exclude(pk=made.pk).get(), why="登记重了"
    )
    assert client.post(step).status_code == 302
    assert "单位自己的链接" in page(town.secretary, "vacancies:employer", made.pk)


def waiting(town):
    made = services.sign_up_itself(
        territory=town.jinxing, name="老张饭店", industry="餐饮", contact="张老板", phone="19900001111"
    )
    return made, services.offer_first(employer=made, **asked(title="服务员"))


def test_an_employer_is_registered_and_gets_a_place(town):
    client = client_of(town.secretary)
    body = {
        "place": town.jinxing.pk,
        "name": "明发制衣",
        "industry": "工厂",
        "contact": "吴厂长",
        "phone": "",
    }
    answer = client.post(reverse("vacancies:new_employer"), body)
    assert answer.status_code == 422
    assert "填联系电话" in answer.content.decode()
    assert 'value="吴厂长"' in answer.content.decode()
    client.post(reverse("vacancies:new_employer"), body | {"phone": PHONE})
    made = Employer.objects.get()
    said = {
        "title": "车工", "trade": Trade.objects.get(name="缝纫").pk, "kind": "full", "number": 3, "wage_low": 300000,
        "unit": "month", "hours": "full", "place": "村口", "until": "2026-12-20", "age_low": 16,
        "demands": ["stand"],
    }  # fmt: skip
    address = reverse("vacancies:new", args=[made.pk])
    answer = client.post(address, said)
    assert answer.status_code == 422
    assert "多写了一个零" in answer.content.decode()
    client.post(address, said | {"wage_low": 3500})
    place = Vacancy.objects.get()
    assert (place.state, place.demands) == (Vacancy.OPEN, ["stand"])
    assert "要久站" in page(town.secretary, "vacancies:vacancy", place.pk)
    client.post(reverse("vacancies:edit", args=[place.pk]), said | {"wage_low": 4000})
    place.refresh_from_db()
    assert place.wage_low == 4000


def test_lists_show_masks_only_and_a_neighbour_finds_nothing(town):
    place = offered(town)
    listed = page(town.secretary, "vacancies:employers")
    assert "199****5678" in listed
    assert PHONE not in listed
    assert "车工" in page(town.worker, "vacancies:vacancies")
    assert "车工" not in page(town.neighbour, "vacancies:vacancies")
    page(town.neighbour, "vacancies:employer", place.employer_id, status=404)
    page(town.neighbour, "vacancies:vacancy", place.pk, status=404)
    page(town.worker, "vacancies:employers", status=403)
    assert "不招了</h2>" not in page(town.worker, "vacancies:vacancy", place.pk)


def test_steps_on_the_page_and_a_refusal_keeps_what_was_typed(town):
    made, first = waiting(town)
    client = client_of(town.secretary)
    assert "等审核" in page(town.secretary, "vacancies:employer", made.pk)
    client.post(reverse("vacancies:employer_step", args=[made.pk, "approve"]))
    answer = client.post(reverse("vacancies:employer_step", args=[made.pk, "refuse"]), {"why": "没有这家"})
    assert answer.status_code == 422
    assert "现在是“在用”" in answer.content.decode()
    client.post(reverse("vacancies:step", args=[first.pk, "approve"]))
    answer = client.post(reverse("vacancies:step", args=[first.pk, "close"]), {"why": ""})
    assert (answer.status_code, "写一句为什么不招了" in answer.content.decode()) == (422, True)
    client.post(reverse("vacancies:step", args=[first.pk, "close"]), {"why": "招满了"})
    bad = client.post(reverse("vacancies:step", args=[first.pk, "reopen"]), {"until": "明天"})
    assert "日期写成" in bad.content.decode()
    client.post(reverse("vacancies:step", args=[first.pk, "reopen"]), {"until": "2026-12-30"})
    first.refresh_from_db()
    assert (first.state, first.until) == (Vacancy.OPEN, dt.date(2026, 12, 30))
    assert client.post(reverse("vacancies:step", args=[first.pk, "nothing"])).status_code == 404
    client.post(reverse("vacancies:employer_step", args=[made.pk, "link"]))
    assert "<svg" in page(town.secretary, "vacancies:employer", made.pk)


def test_what_waits_stands_on_the_board_of_who_manages(town):
    made, first = waiting(town)
    offered(town, title="快到期的", until=dt.date(2026, 11, 27))
    mine = {item.text for item in all_waiting(town.secretary) if item.kind in ("用工", "岗位")}
    assert mine == {"老张饭店自己登记的，餐饮", "明发制衣 快到期的快到期了"}
    before = count_waiting(town.secretary)
    services.approve_employer(actor=town.secretary, employer=made)
    assert "老张饭店 服务员，要 3 人" in {item.text for item in all_waiting(town.secretary)}
    services.approve_vacancy(actor=town.secretary, vacancy=first)
    assert count_waiting(town.secretary) == before - 1
    for other in (town.neighbour, town.worker):
        assert not [item for item in all_waiting(other) if item.kind in ("用工", "岗位")]


def test_the_poster_has_the_villages_places_a_code_and_no_phone(town):
    offered(town)
    text = page(town.secretary, "vacancies:poster", town.jinxing.pk)
    for said in ("家门口招工", "车工", "3500—5000 元/月", "qr-code"):
        assert said in text
    assert PHONE not in text
    assert "吴厂长" not in text
    page(town.neighbour, "vacancies:poster", town.jinxing.pk, status=404)


def test_on_a_full_poster_the_villages_own_places_stand_before_the_towns(town):
    offered(town)
    firm = employer_of(town, actor=town.office, territory=town.town, name="镇上的厂")
    for number in range(ON_A_SHEET):
        offered(town, firm, actor=town.office, title=f"镇上的活 {number}")
    text = page(town.secretary, "vacancies:poster", town.jinxing.pk)
    assert text.index("车工") < text.index("镇上的活")
    assert "还有的，扫码看" in text


def test_many_rows_cost_no_more_questions_than_one(town):
    place = offered(town)
    client, counts = client_of(town.secretary), []
    addresses = [
        reverse("vacancies:vacancies"),
        reverse("vacancies:employers"),
        reverse("vacancies:employer", args=[place.employer_id]),
    ]
    client.get(addresses[0])
    for _ in range(2):
        with CaptureQueriesContext(connection) as found:
            for address in addresses:
                client.get(address)
        counts.append(len(found))
        for number in range(4):
            offered(town, place.employer, title=f"工 {number}")
            employer_of(town, name=f"第 {len(counts)}{number} 家")
    assert counts[0] == counts[1]


def test_a_reason_typed_while_somebody_else_stopped_it_is_still_there_to_be_read(town):
    place = offered(town)
    client, doors = client_of(town.secretary), [("employer_step", place.employer_id), ("step", place.pk)]
    services.close_employer(actor=town.office, employer=place.employer, why="搬走了")
    for door, key in doors:
        told = client.post(reverse(f"vacancies:{door}", args=[key, "close"]), {"why": "招满了，老板说的"})
        assert told.status_code == 422
        assert "招满了，老板说的" in told.content.decode(), door
