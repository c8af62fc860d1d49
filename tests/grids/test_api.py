"""The register's API: pages of households, the card, finding, and changes under the number the client gave."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import card
from grids import services
from grids.models import Person, RegisterChange
from tests.people import Town


def of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def put(client: Client, number: uuid.UUID, **body: Any) -> Any:
    body = {"kind": "away", "happened_on": "2026-11-20", "facts": {"place": "苏州"}} | body
    return client.put(f"/api/changes/{number}/", body, content_type="application/json")


def test_a_list_shows_each_field_only_to_who_may_read_it(town: Town) -> None:
    row = of(town.secretary).get("/api/households/").json()["results"][0]
    assert row == {
        "id": town.zhang.pk,
        "number": "060001",
        "head_name": "张三丰",
        "address": "一组1号",
        "size": 3,
        "group": {"id": town.group1.pk, "name": "一组", "position": 1},
        "categories": ["低保"],
        "phone_mask": "199****0901",
    }
    bare = of(town.assistant).get("/api/households/").json()["results"][0]
    assert bare.keys() == {"id", "number", "head_name", "address", "size", "group"}


def test_the_list_turns_pages_by_key(town: Town) -> None:
    for n in range(60):
        services.new_household(
            group=town.group1, since=dt.date(2026, 9, 1), number=f"07{n:04d}", head_name="户"
        )
    client = of(town.secretary)
    first = client.get("/api/households/").json()
    second = client.get("/api/households/", {"after": first["next"]}).json()
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert (len(ids), len(set(ids)), second["next"]) == (64, 64, None)
    assert client.get("/api/households/", {"after": "x"}).status_code == 404
    some = client.get("/api/households/", {"group": town.group3.pk}).json()["results"]
    assert [row["head_name"] for row in some] == ["赵建国"]


@pytest.mark.parametrize("part", ["supervisor", "sysadmin", "nobody"])
def test_who_may_not_see_households_is_refused(town: Town, part: str) -> None:
    client = of(getattr(town, part))
    assert client.get("/api/households/").status_code == 403
    assert client.get(f"/api/households/{town.zhang.pk}/").status_code == 404


def test_a_strangers_household_is_the_same_as_none(town: Town) -> None:
    client = of(town.secretary)
    theirs, none = client.get(f"/api/households/{town.chen.pk}/"), client.get("/api/households/999999/")
    assert theirs.status_code == none.status_code == 404
    assert theirs.content == none.content


def test_the_card_opens_the_phone_only_for_who_dials_there(town: Town) -> None:
    card_of_worker = of(town.worker).get(f"/api/households/{town.zhang.pk}/").json()
    assert card_of_worker["phone"] == "19900000901"
    assert [p["name"] for p in card_of_worker["people"]] == ["张三丰", "张翠山", "殷素素"]
    assert card_of_worker["people"][0]["id_number_mask"] == "349901" + "*" * 12
    assert card_of_worker["categories"][0]["short"] == "低保"
    bare = of(town.assistant).get(f"/api/households/{town.zhang.pk}/").json()
    assert bare.keys().isdisjoint({"phone", "phone_mask", "people", "categories"})


def test_no_identity_number_is_in_any_card(town: Town) -> None:
    number = town.head(town.zhang).id_number
    assert number is not None
    for user in (town.office, town.secretary, town.worker):
        assert number.open() not in of(user).get(f"/api/households/{town.zhang.pk}/").content.decode()


def test_a_room_above_adds_its_part_to_the_card(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "_parts", {})
    card.register_card_part("visits", lambda actor, household: [household.head_name])
    assert of(town.worker).get(f"/api/households/{town.zhang.pk}/").json()["visits"] == ["张三丰"]
    with pytest.raises(LookupError):
        card.register_card_part("visits", lambda actor, household: 0)


def test_a_number_is_searched_by_post_and_never_in_an_address(town: Town) -> None:
    client = of(town.secretary)
    found = client.post(
        "/api/households/find/", {"text": "19900000901"}, content_type="application/json"
    ).json()
    assert [row["head_name"] for row in found["results"]] == ["张三丰"]
    refused = client.get("/api/households/", {"q": "19900000901"})
    assert refused.status_code == 422
    assert "地址" in refused.json()["errors"]["q"][0]
    assert client.get("/api/households/", {"q": "zsf"}).json()["results"][0]["person"]["name"] == "张三丰"


def test_the_same_report_sent_twice_is_one_change(town: Town) -> None:
    client, number = of(town.worker), uuid.uuid4()
    first = put(client, number, household=town.wang.pk)
    assert (first.status_code, first.json()["state"], first.json()["can_accept"]) == (201, "proposed", False)
    again = put(client, number, household=town.wang.pk)
    assert (again.status_code, RegisterChange.objects.count()) == (200, 1)
    other = put(client, number, household=town.wang.pk, facts={"place": "上海"})
    theirs = put(of(town.secretary), number, household=town.wang.pk)
    strangers = put(of(town.neighbour), number, household=town.chen.pk)
    assert [a.status_code for a in (other, theirs, strangers)] == [409] * 3
    assert other.content == theirs.content == strangers.content


def test_a_change_is_accepted_refused_and_undone(town: Town) -> None:
    worker, secretary = of(town.worker), of(town.secretary)
    one, two = uuid.uuid4(), uuid.uuid4()
    put(worker, one, household=town.wang.pk)
    put(worker, two, kind="death", person=town.head(town.li).pk, facts={}, happened_on="2026-11-19")
    assert len(secretary.get("/api/changes/", {"state": "proposed"}).json()["results"]) == 2
    assert worker.post(f"/api/changes/{one}/accept/").status_code == 403
    assert secretary.post(f"/api/changes/{one}/accept/").json()["state"] == "accepted"
    assert secretary.post(f"/api/changes/{one}/accept/").status_code == 422
    why = secretary.post(f"/api/changes/{two}/refuse/", {"why": "人还在"}, content_type="application/json")
    assert (why.json()["state"], why.json()["why"]) == ("refused", "人还在")
    assert secretary.post(f"/api/changes/{one}/undo/").json()["state"] == "undone"
    assert of(town.neighbour).post(f"/api/changes/{one}/undo/").status_code == 404
    assert of(town.neighbour).get("/api/changes/").json()["results"] == []
    assert of(town.supervisor).get("/api/changes/").status_code == 403


def test_a_wrong_report_is_422_with_its_sentences(town: Town) -> None:
    client = of(town.secretary)
    for body in (
        {"household": town.wang.pk, "happened_on": "2999-01-01"},
        {"household": town.wang.pk, "kind": "flight"},
        {"household": town.wang.pk, "facts": {"place": "苏州", "colour": "red"}},
        {"kind": "death", "household": town.wang.pk, "facts": {}},
    ):
        answer = put(client, uuid.uuid4(), **body)
        assert answer.status_code == 422, body
        assert all(isinstance(s, str) for told in answer.json()["errors"].values() for s in told)
    assert put(client, uuid.uuid4(), household=town.chen.pk).status_code == 404
    assert put(client, uuid.uuid4(), household=2**70).status_code in (404, 422)


@pytest.mark.parametrize("path", ["/api/households/", "/api/changes/", "card"])
def test_twice_the_rows_cost_the_same_queries(town: Town, path: str) -> None:
    client = of(town.secretary)
    path = f"/api/households/{town.zhang.pk}/" if path == "card" else path

    def more(n: int) -> None:
        household = town.household(town.group1, f"新{n}", ("成员", "配偶"), categories=("illness",))
        for each in (household, town.zhang):
            person = town.person(each, f"添{n}", "其他亲属")
            services.change(
                actor=town.worker,
                kind="category_begin",
                person=person,
                happened_on=dt.date(2026, 10, 1),
                facts={"category": "veteran"},
            )

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    more(0)
    count()
    first = count()
    for n in range(1, 4):
        more(n)
    assert count() == first
    assert Person.objects.count() > 10
