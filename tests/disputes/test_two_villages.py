"""A dispute between households of two villages: both read it, one has it in hand, and the ledgers count it once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.periods import Month
from disputes import services
from disputes.models import Dispute, Party
from tests.disputes.conftest import party
from tests.disputes.seats import sat
from tests.factor import client_of

WORDS = "两村的水渠谁来清"


@pytest.fixture
def between(town, dispute):
    """张三丰 of 金星村 against 陈家 of 桥集村; it lies in 金星村."""
    return dispute(WORDS, parties=[party(Party.FIRST, town.zhang), party(Party.SECOND, town.chen)])


def address(name, row):
    return reverse(f"disputes:{name}", args=[row.pk])


def test_both_villages_see_it_and_only_one_works_on_it(town, between, dispute):
    ours = dispute("只有一个村")
    other = client_of(town.neighbour)
    page = other.get(address("dispute", between))
    assert page.status_code == 200
    text = page.content.decode()
    assert "这件纠纷由金星村办，您村有一户是当事人：您能看，不能改。" in text
    assert "下一步" not in text
    assert other.get(address("dispute", ours)).status_code == 404, (
        "what is of no household of theirs is not theirs"
    )
    listed = other.get(reverse("disputes:disputes") + "?list=open").content.decode()
    assert WORDS in listed
    assert "只有一个村" not in listed
    assert "这件纠纷由" not in client_of(town.secretary).get(address("dispute", between)).content.decode()


def test_the_other_village_takes_no_step_and_reads_neither_papers_nor_minutes(town, between):
    sitting = sat(town, between)
    other = client_of(town.neighbour)
    for code in ("accept", "review", "settle", "withdraw"):
        step = reverse("disputes:step", args=[between.pk, code])
        assert other.post(step, {"words": "我们来"}).status_code == 403
    assert other.post(address("correct", between), {"kind": "land"}).status_code in (403, 422)
    assert other.get(address("papers", between)).status_code == 403
    assert other.get(address("panel", sitting.panel)).status_code == 404
    assert other.get(address("minutes", sitting)).status_code == 404
    between.refresh_from_db()
    assert (between.kind, between.state) == ("neighbours", Dispute.IN_HAND)


def test_what_waits_is_listed_where_it_is_in_hand_and_it_is_counted_once(town, between):
    other = client_of(town.neighbour)
    for name in ("mine", "review", "late", "revisit"):
        assert WORDS not in other.get(f"{reverse('disputes:disputes')}?list={name}").content.decode()
    november = Month.parse("2026-11")
    rows = [
        services.of_period(Dispute.objects.visible_to(user, "disputes.see").at(village), november)
        for user, village in ((town.secretary, town.jinxing), (town.neighbour, town.qiaoji))
    ]
    assert [list(each) for each in rows] == [[between], []]


def test_a_grids_people_of_the_other_village_see_nothing_of_it(town, between):
    far = town.post("yuanwangge", "远网格", "worker", town.far_grid)
    assert client_of(far).get(address("dispute", between)).status_code == 404


def test_the_page_costs_the_same_however_many_parties_are_of_other_villages(town, between, dispute):
    desk = client_of(town.neighbour)

    def cost(row):
        with CaptureQueriesContext(connection) as caught:
            assert desk.get(address("dispute", row)).status_code == 200
        return len(caught)

    cost(between)
    alone = cost(between)
    sides = [party(Party.FIRST, town.zhang), party(Party.SECOND, town.chen), party(Party.THIRD, town.wang)]
    assert cost(dispute("三家", parties=sides)) == alone


def test_only_the_household_that_is_ones_own_to_see_is_linked(town, between):
    """The page of the other village's household is 404 for her: its name stands there, and leads nowhere."""
    page = {"zhang": reverse("visits:household", args=[town.zhang.pk])}
    page["chen"] = reverse("visits:household", args=[town.chen.pk])
    for reader, own, other in ((town.secretary, "zhang", "chen"), (town.neighbour, "chen", "zhang")):
        desk = client_of(reader)
        text = desk.get(address("dispute", between)).content.decode()
        assert f'href="{page[own]}"' in text
        assert page[other] not in text
        assert desk.get(page[other]).status_code == 404
    office = client_of(town.office).get(address("dispute", between)).content.decode()
    assert all(f'href="{each}"' in office for each in page.values())
