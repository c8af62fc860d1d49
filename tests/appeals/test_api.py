"""The API of matters: the same content twice is one matter, a step sent again one step, a stranger's is not there."""

import uuid

import pytest

from appeals import services
from appeals.models import Matter, Move
from tests.factor import client_of

KIND = "application/json"


def put(user, address, **sent):
    return client_of(user).put(address, sent, content_type=KIND)


def listed(user, chosen="mine"):
    answer = client_of(user).get(f"/api/matters/?list={chosen}")
    assert answer.status_code == 200
    return answer.json()["results"]


def step(user, matter, number=None, **sent):
    return put(user, f"/api/matters/{matter.uuid}/steps/{number or uuid.uuid4()}/", **sent)


def test_a_matter_is_registered_under_the_clients_number_and_once(town):
    address = f"/api/matters/{uuid.uuid4()}/"
    said = {"source": "walk_in", "words": "井盖丢了", "household": town.zhang.pk}
    first, again = put(town.worker, address, **said), put(town.worker, address, **said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert put(town.worker, address, **said | {"words": "别的"}).status_code == 409
    other = put(town.leader, address, **said)
    assert (other.status_code, "井盖" in other.content.decode()) == (409, False)
    assert Matter.objects.count() == 1


def test_of_a_grid_without_a_household(town):
    said = {"source": "12345", "words": "路不平", "territory": town.grid1.code, "caller": "路人"}
    made = put(town.secretary, f"/api/matters/{uuid.uuid4()}/", **said)
    assert (made.status_code, made.json()["place"]) == (201, "金星村 金星第一网格")


@pytest.mark.parametrize("where", ["household", "territory"])
def test_a_neighbours_household_or_grid_does_not_exist(town, where):
    said = {"household": {"household": town.chen.pk}, "territory": {"territory": town.far_grid.code}}[where]
    sent = {"source": "walk_in", "words": "x", "caller": "y"} | said
    assert put(town.secretary, f"/api/matters/{uuid.uuid4()}/", **sent).status_code == 404


def test_a_step_is_taken_once_however_often_it_is_sent(town, matter):
    found, number = matter(), uuid.uuid4()
    assert step(town.leader, found, step="accept", grade="ordinary").status_code == 200
    for _ in range(2):
        answer = step(town.leader, found, number, step="note", words="叫了电工")
        assert answer.status_code == 200
    assert [each["title"] for each in answer.json()["moves"]] == ["登记", "受理", "记一笔"]
    assert step(town.leader, found, number, step="note", words="别的").status_code == 409
    assert Move.objects.filter(kind="note").count() == 1


def test_what_it_says_that_can_be_done_is_what_can_be_done(town, matter):
    found = matter()
    [row] = listed(town.leader)
    assert [each["code"] for each in row["steps"]] == ["accept", "note", "escalate", "mediate"]
    services.accept(actor=town.leader, matter=found)
    [row] = listed(town.leader)
    assert [each["code"] for each in row["steps"]] == [
        "settle",
        "answer",
        "note",
        "plan",
        "give_back",
        "escalate",
        "mediate",
    ]
    [row] = listed(town.secretary, "open")
    assert {"dispatch", "withdraw"} <= {each["code"] for each in row["steps"]}


def test_whoever_passed_it_on_and_sees_it_no_more_is_told_so(town, matter):
    found = matter(actor=town.secretary)
    services.accept(actor=town.leader, matter=found)
    answer = step(town.leader, found, step="escalate", words="要换线")
    assert answer.json() == {"uuid": str(found.uuid), "number": found.number, "left": True}
    assert listed(town.leader, "open") == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"step": "burn"}, "step"),
        ({}, "step"),
        ({"step": "note"}, "words"),
        ({"step": "plan", "words": "修"}, "due_on"),
        ({"step": "answer", "words": "好", "rating": "great"}, "rating"),
    ],
)
def test_what_is_wrong_with_a_step_is_said_by_field(town, matter, sent, field):
    found = matter()
    services.accept(actor=town.leader, matter=found)
    answer = step(town.leader, found, **sent)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert found.moves.count() == 2


def test_a_list_that_is_none_is_not_there(town):
    assert client_of(town.worker).get("/api/matters/?list=all").status_code == 404


def test_the_answer_that_was_lost_after_passing_it_on_comes_again(town, matter):
    found, number = matter(actor=town.secretary), uuid.uuid4()
    services.accept(actor=town.leader, matter=found)
    for _ in range(2):
        answer = step(town.leader, found, number, step="escalate", words="要换线")
        assert (answer.status_code, answer.json().get("left")) == (200, True)
    assert step(town.leader, found, step="escalate", words="要换线").status_code == 404


@pytest.mark.parametrize("body", ["[]", '"x"', "5", "null"])
def test_a_step_that_is_no_object_is_refused(town, matter, body):
    found = matter()
    address = f"/api/matters/{found.uuid}/steps/{uuid.uuid4()}/"
    assert client_of(town.leader).put(address, body, content_type=KIND).status_code == 422


def test_a_household_that_has_ended_asks_for_nothing_more(town):
    type(town.zhang).objects.filter(pk=town.zhang.pk).update(ended_on="2026-11-01")
    said = {"source": "walk_in", "words": "井盖丢了", "household": town.zhang.pk}
    answer = put(town.worker, f"/api/matters/{uuid.uuid4()}/", **said)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["household"])
