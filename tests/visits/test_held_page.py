"""The desk decides what is on hold: her own village's only, with reason and words, one click for yes."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.board import waiting_for
from tests.factor import client_of
from visits import services
from visits.models import Held, Visit


@pytest.fixture
def hold(town):
    """`hold(author, household)`: a visit of this morning that waits for the village."""

    def put(author, household, reason=Held.TICKET, **said):
        content = services.Content(happened_at=clock.now() - dt.timedelta(hours=2), **said)
        letter = services.Letter(author, uuid.uuid4(), household.pk, content)
        return services.deliver(letter, doubt=reason).held

    return put


def test_a_secretary_sees_what_waits_in_her_village_and_no_other(town, hold):
    hold(town.worker, town.zhang, note="老张说屋顶漏", findings=({"kind": "need", "detail": "修房"},))
    hold(town.neighbour, town.chen)
    page = client_of(town.secretary).get("/desk/held/").content.decode()
    for word in ("张三丰", "王格", "老张说屋顶漏", "诉求：修房", "凭条过了期", "等着定 1"):
        assert word in page
    assert "陈小军" not in page
    assert [each.text for each in waiting_for(town.secretary) if each.kind == "暂存"] == [
        "王格 11月23日走访张三丰 家，手机上的凭条过了期，说不准是不是本人记的"
    ]
    assert [each for each in waiting_for(town.neighbour) if each.kind == "暂存"] == [], "her own"
    assert client_of(town.worker).get("/desk/held/").status_code == 403


def test_one_click_records_it_and_the_page_says_whose_it_is(town, hold):
    held, client = hold(town.worker, town.zhang), client_of(town.secretary)
    page = client.post(f"/desk/held/{held.pk}/accept/", follow=True).content.decode()
    assert f"算王格走的，回执 {Visit.objects.get().receipt}" in page
    assert "没有等着定的走访" in page
    assert "记上了" in client.get("/desk/held/?state=done").content.decode()


def test_a_refusal_without_a_word_is_told_and_with_one_it_is_done(town, hold):
    held, client = hold(town.worker, town.zhang), client_of(town.secretary)
    assert "写一句为什么不记" in client.post(f"/desk/held/{held.pk}/refuse/", follow=True).content.decode()
    client.post(f"/desk/held/{held.pk}/refuse/", {"words": "那天没去"})
    held.refresh_from_db()
    assert (held.state, held.words) == ("refused", "那天没去")
    assert "那天没去" in client.get("/desk/held/?state=done").content.decode()


def test_a_wrong_day_is_set_right_and_nonsense_is_told(town, hold):
    held, client = hold(town.worker, town.zhang, day=dt.date(2026, 11, 23)), client_of(town.secretary)
    assert (
        "日期写成"
        in client.post(f"/desk/held/{held.pk}/accept/", {"day": "昨天"}, follow=True).content.decode()
    )
    assert (
        "还没到"
        in client.post(f"/desk/held/{held.pk}/accept/", {"day": "2027-01-01"}, follow=True).content.decode()
    )
    client.post(f"/desk/held/{held.pk}/accept/", {"day": "2026-11-20"})
    assert Visit.objects.get().day == dt.date(2026, 11, 20)


def test_another_villages_row_does_not_exist_nor_does_another_verb(town, hold):
    held = hold(town.worker, town.zhang)
    assert client_of(town.neighbour).post(f"/desk/held/{held.pk}/accept/").status_code == 404
    assert client_of(town.secretary).post(f"/desk/held/{held.pk}/drop/").status_code == 404
    assert client_of(town.secretary).get("/desk/held/?state=other").status_code == 404


def test_more_on_hold_costs_no_more_queries(town, hold):
    def cost():
        client = client_of(town.secretary)
        with CaptureQueriesContext(connection) as found:
            assert client.get("/desk/held/").status_code == 200
        return len(found)

    hold(town.worker, town.zhang)
    before = cost()
    for _ in range(8):
        hold(town.leader, town.wang)
    assert cost() <= before


def test_two_visits_of_one_day_are_marked_and_one_goes_with_a_click(town, visit):
    first, second = visit(town.zhang, "2026-11-23"), visit(town.zhang, "2026-11-23", actor=town.leader)
    visit(town.zhang, "2026-11-20")
    client = client_of(town.secretary)
    page = client.get(f"/desk/households/{town.zhang.pk}/").content.decode()
    assert (page.count("可能重复"), page.count("撤销这一次")) == (2, 2)
    told = client.post(f"/desk/visits/{second.uuid}/undo/", follow=True).content.decode()
    assert "周长的这一次走访撤销了" in told
    assert "可能重复" not in told
    first.refresh_from_db()
    assert first.void_at is None
    assert client_of(town.neighbour).post(f"/desk/visits/{first.uuid}/undo/").status_code == 404


def test_what_its_author_takes_back_waits_for_nobody_and_the_village_reads_why(town, hold):
    held = hold(town.worker, town.zhang)
    assert client_of(town.leader).post(f"/api/visits/{held.uuid}/undo/").status_code == 404
    held.refresh_from_db()
    assert held.state == Held.WAITING, "nobody else's"
    for _ in range(2):
        answer = client_of(town.worker).post(f"/api/visits/{held.uuid}/undo/")
        assert (answer.status_code, answer.json()["undone"]) == (200, True)
    desk = client_of(town.secretary)
    assert "张三丰" not in desk.get("/desk/held/").content.decode()
    assert "走访人自己撤销了。" in desk.get("/desk/held/?state=done").content.decode()
    with pytest.raises(ValidationError, match="定过了"):
        services.accept_held(actor=town.secretary, held=held)
    assert not Visit.objects.exists()


def test_what_the_village_has_recorded_meanwhile_is_undone_as_a_visit(town, hold):
    held = hold(town.worker, town.zhang)
    services.accept_held(actor=town.secretary, held=held)
    assert client_of(town.worker).post(f"/api/visits/{held.uuid}/undo/").status_code == 200
    assert Visit.objects.get().void_at is not None
