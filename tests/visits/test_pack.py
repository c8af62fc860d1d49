"""随身名单: what lies on a phone for days suffices at the door, tells no more than its owner may read, and is cheap."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from grids.models import Household, Person
from grids.services import SERVER, appoint
from tests.people import POSTED
from visits import services

SECTIONS = ("overdue", "due", "ordinary", "secretary")


@pytest.fixture
def pack(town, client):
    """`pack(user)`: the first page as JSON."""

    def get(user, key=""):
        client.force_login(user)
        answer = client.get("/api/pack/" + (f"?page_key={key}" if key else ""))
        assert answer.status_code == 200, answer.content
        return answer.json()

    return get


def test_every_household_of_the_list_has_its_card_and_the_pack_says_when_it_is_stale(town, pack, client):
    found = pack(town.worker)
    due = client.get("/api/due/").json()
    assert {name: found[name] for name in due} == due
    listed = {str(row["household"]) for name in SECTIONS for row in found.get(name, ())}
    assert listed == set(found["cards"]) == {str(home.pk) for home in (town.zhang, town.wang, town.li)}
    assert found["expires"].startswith("2026-11-30")


def test_a_card_of_the_pack_says_what_the_card_online_says_in_fewer_fields(town, pack, client, visit):
    visit(town.zhang, "2026-10-05", promise_kind="ask", promise_text="问证", findings=[{"kind": "talent"}])
    visit(town.zhang, "2026-10-06", met=False)
    card = pack(town.worker)["cards"][str(town.zhang.pk)]
    online = client.get(f"/api/households/{town.zhang.pk}/").json()
    for name in ("id", "number", "head_name", "address", "group", "grid", "size", "away", "phone"):
        assert card[name] == online[name]
    for name in ("categories", "last_promise", "visits", "open_findings"):
        assert card[name] == online[name]
    assert card["owed"] == [row for row in online["owed"] if row["state"] != "done"]
    assert [person["name"] for person in card["people"]] == ["张三丰", "张翠山", "殷素素"]
    companions = pack(town.worker)["companions"][str(card["grid_id"])]
    assert companions == online["companions"]


def test_there_is_no_identity_number_and_no_mask_of_one_anywhere_in_it(town, pack):
    plain = json.dumps(pack(town.secretary), ensure_ascii=False)
    for person in Person.objects.all():
        assert person.id_number.open() not in plain
        assert person.id_number_mask not in plain
    assert not re.search(r"\d{17}[\dXx]", plain)
    for word in ("id_number", "birth", "ethnicity", "politics"):
        assert word not in plain


def test_an_assistant_carries_neither_categories_nor_phones_nor_what_others_heard(town, pack, visit):
    visit(
        town.li,
        "2026-10-05",
        promise_kind="ask",
        promise_text="别人答应的",
        findings=[{"kind": "conflict"}],
    )
    found = pack(town.assistant)
    plain = json.dumps(found, ensure_ascii=False)
    card = found["cards"].get(str(town.li.pk))
    for word in ("低保", "鳏寡", "categories", "phone", "people", "别人答应的", "19900000"):
        assert word not in plain
    for each in found["cards"].values():
        assert {row["who"] for row in each["owed"]} == {""}
        assert each["visits"] == each["open_findings"] == []
    assert (card["last_promise"]["kind_title"], card["last_promise"]["text"]) == ("问政策", "")


def test_only_who_visits_carries_a_pack(town, client):
    for user, status in ((town.office, 403), (town.supervisor, 403), (town.nobody, 403)):
        client.force_login(user)
        assert client.get("/api/pack/").status_code == status
    client.force_login(town.worker)
    assert client.get("/api/pack/?page_key=abc").status_code == 404


def test_a_worker_of_two_grids_gets_each_grids_fields_by_her_post_there(town, pack):
    appoint(actor=SERVER, officer=town.assistant.officer, territory=town.grid2, duty="worker", since=POSTED)
    cards = pack(town.assistant)["cards"]
    assert "categories" in cards[str(town.zhao.pk)]
    assert "categories" not in cards[str(town.zhang.pk)]


def test_a_page_costs_the_same_for_three_households_and_for_two_hundred(town, client, monkeypatch, visit):
    def cost():
        client.force_login(town.secretary)
        with CaptureQueriesContext(connection) as found:
            answer = client.get("/api/pack/")
        assert answer.status_code == 200
        return len(found), len(answer.json()["cards"])

    visit(town.zhao, "2026-10-05", findings=[{"kind": "talent"}])
    cost()
    before, few = cost()
    homes = [
        Household(
            number=f"07{order:04d}",
            village=town.jinxing,
            territory=town.grid1,
            group=town.group1,
            head_name=f"新户{order}",
            since=clock.today(),
        )
        for order in range(250)
    ]
    Household.objects.bulk_create(homes)
    services.ensure_owed()
    after, many = cost()
    assert (few, many) == (4, 200)
    assert after <= before
