"""登记纠纷 on the desk: short first, nothing preset that nobody said, and no question whose answer is known."""

import uuid

import pytest
from django.urls import reverse

from disputes import services
from disputes.models import Dispute
from tests.factor import client_of

NEW = reverse("disputes:new")


@pytest.fixture
def register(town):
    """`register(actor, …)`: the form as its page sends it, two names that are in no register."""

    def do(actor, **more):
        sent = {"uuid": str(uuid.uuid4()), "words": "院墙砌过了界", "kind": "neighbours", "source": "asked"}
        sent |= {"found_on": "2026-11-23", "first-look": "甲某", "second-look": "乙某", "do": "save"}
        return client_of(actor).post(NEW, sent | more)

    return do


def asks_where(actor):
    return 'name="territory"' in client_of(actor).get(NEW).content.decode()


def test_who_serves_in_one_grid_is_not_asked_where_it_is(town, register):
    assert not asks_where(town.worker)
    assert register(town.worker).status_code == 302
    assert Dispute.objects.get().territory == town.grid1


def test_in_one_village_it_lies_with_the_grid_of_a_household_that_is_known_or_with_the_village(
    town, register
):
    head = town.head(town.zhao)
    sent = {"second-look": head.name, "second-person": str(head.pk)}
    assert register(town.secretary, **sent).status_code == 302
    assert register(town.secretary).status_code == 302
    told = {"territory": str(town.grid1.pk)}
    assert register(town.secretary, **told).status_code == 302, "who knows better says so"
    places = [each.territory for each in Dispute.objects.order_by("pk")]
    assert places == [town.grid2, town.jinxing, town.grid1]


def test_the_office_is_asked_only_where_no_household_says_it(town, register):
    assert asks_where(town.office)
    answer = register(town.office)
    assert answer.status_code == 422
    assert "选是哪个村、哪个网格的纠纷" in answer.content.decode()
    head = town.head(town.chen)
    sent = {"first-look": head.name, "first-person": str(head.pk)}
    assert register(town.office, **sent).status_code == 302
    assert Dispute.objects.get().territory == town.far_grid


def test_no_kind_is_preset_and_without_one_it_is_asked_for(town, register):
    page = client_of(town.secretary).get(NEW).content.decode()
    kinds = page[page.index('name="kind"') :]
    assert "selected" in kinds[: kinds.index("选是什么纠纷")]
    answer = register(town.secretary, kind="")
    assert answer.status_code == 422
    assert "选是什么纠纷；都对不上的，选“其他”" in answer.content.decode()
    assert not Dispute.objects.exists()


def test_what_is_folded_opens_where_something_in_it_is_wrong(town, register):
    fold = '<details class="step" open><summary>什么时候'
    assert fold not in client_of(town.secretary).get(NEW).content.decode()
    assert fold in register(town.secretary, found_on="2026-11-30").content.decode()


def test_what_went_to_the_district_is_taken_up_there_and_not_by_the_office(town, dispute):
    found = dispute()
    services.escalate(actor=town.secretary, dispute=found, words="两边都不听村里的")
    assert "accept" in {step.code for step in services.steps_for(town.office, Dispute.objects.get())}
    services.escalate(actor=town.office, dispute=found, words="镇里也说不拢")
    found.refresh_from_db()
    offered = {step.code for step in services.steps_for(town.office, found)}
    assert "accept" not in offered
    assert {"note", "settle"} <= offered, "what the district says can be written down"
    assert not Dispute.objects.waiting_for(town.office).exists()
    answer = client_of(town.office).post(reverse("disputes:step", args=[found.pk, "accept"]))
    assert answer.status_code == 422
    assert "已经报到区里了" in answer.content.decode()
    found.refresh_from_db()
    assert found.state == Dispute.NOTED
