"""无事板: everything whose next step is hers, the oldest first, each with why it waits and the step as a button."""

import datetime as dt
import uuid
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appeals import services as appeals
from core import clock
from tests.people import make_town_that_owes
from visits import services as visits


@pytest.fixture
def town(db):
    with clock.stopped_at("2026-11-23T09:30"):
        yield make_town_that_owes()


@pytest.fixture
def opened(client, town):
    def look(user):
        client.force_login(user)
        answer = client.get("/desk/waiting/")
        assert answer.status_code == 200
        return SimpleNamespace(
            text=answer.content.decode(), lines=answer.context["lines"], rows=answer.context["villages"]
        )

    return look


def asked(town, words, day, **more):
    with clock.stopped_at(f"{day}T09:00"):
        said = {"source": "walk_in", "household": town.zhang, "words": words} | more
        return appeals.open_matter(actor=town.secretary, uuid=uuid.uuid4(), **said).matter


def found(town, day):
    with clock.stopped_at(f"{day}T10:00"):
        return visits.record_visit(
            actor=town.worker,
            uuid=uuid.uuid4(),
            household=town.zhang,
            happened_at=clock.now(),
            findings=[{"kind": "talent", "detail": "土专家"}],
        ).visit


def test_everything_that_waits_stands_oldest_first_with_why_and_the_next_step(opened, town):
    late = asked(town, "路灯坏了", "2026-11-16")
    found(town, "2026-11-18")
    page = opened(town.worker)
    assert [(line.kind, line.step) for line in page.lines] == [("诉求", "受理"), ("人才", "写结果")]
    assert page.lines[0].why == "网格待受理，超 2 个工作日"
    assert page.lines[1].why == "11月18日走访时记的，还没办"
    assert f"/desk/matters/{late.pk}/" in page.text
    assert "还有 2 件等您走下一步" in page.text


def test_what_waits_reaches_nothing_and_the_page_says_so(opened, town):
    matter = asked(town, "路灯坏了", "2026-11-16")
    appeals.accept(actor=town.worker, matter=matter)
    appeals.answer(actor=town.worker, matter=matter, words="换好了", rating="good")
    page = opened(town.worker)
    assert not page.lines
    assert "没有等您办的事" in page.text


def test_who_oversees_the_town_sees_each_village_in_its_order_and_a_secretary_only_her_own_list(opened, town):
    asked(town, "路灯坏了", "2026-11-16")
    asked(town, "井盖丢了", "2026-11-20")
    rows = opened(town.office).rows
    assert [(str(row.village), row.open, row.late, row.first) for row in rows] == [
        ("金星村", 2, 1, dt.date(2026, 11, 16)),
        ("桥集村", 0, 0, None),
    ]
    assert opened(town.secretary).rows == []


def test_the_page_asks_as_often_for_thirty_as_for_three(opened, town):
    def queries():
        with CaptureQueriesContext(connection) as asked_for:
            opened(town.worker)
        return len(asked_for)

    for _ in range(3):
        asked(town, "路灯坏了", "2026-11-16")
    opened(town.worker)
    few = queries()
    for _ in range(27):
        asked(town, "路灯坏了", "2026-11-16")
    assert queries() == few


# --- one figure on desk and phone -------------------------------------------------------------------------------------


def proposed(town, day):
    """A visit that found a lonely old person: a category that waits for the village's yes."""
    with clock.stopped_at(f"{day}T11:00"):
        visits.record_visit(
            actor=town.worker,
            uuid=uuid.uuid4(),
            household=town.wang,
            happened_at=clock.now(),
            findings=[{"kind": "weak", "detail": "孤寡老人"}],
        )


def on_the_phone(client):
    """What 待办 draws for its owner, out of the doors it asks."""

    def rows(path):
        answer = client.get(path)
        return answer.json()["results"] if answer.status_code == 200 else []

    findings = rows("/api/findings/?state=open")
    with_finding = {row["proposal"]["uuid"] for row in findings if row.get("proposal")}
    changes = [row for row in rows("/api/changes/?state=proposed") if row["uuid"] not in with_finding]

    def mine(row):
        asked = row.get("proposal")
        return asked["can_accept"] if asked and asked["state"] == "proposed" else row["can_settle"]

    return (
        len(rows("/api/matters/"))
        + sum(row["can_accept"] for row in changes)
        + sum(mine(row) for row in findings)
        + len(rows("/api/waiting/"))
    )


def test_desk_and_phone_show_the_same_figure_for_everybody(client, opened, town):
    asked(town, "路灯坏了", "2026-11-16")
    village = asked(town, "修路", "2026-11-20")
    appeals.escalate(actor=town.worker, matter=village, words="办不了")
    appeals.register_petition(actor=town.secretary, matter=asked(town, "占地", "2026-11-18"), words="要赔偿")
    found(town, "2026-11-18")
    proposed(town, "2026-11-19")
    counts = {}
    for name, user in town.everyone.items():
        client.force_login(user)
        board = client.get("/desk/waiting/").context
        counts[name] = board["count"]
        assert len(board["lines"]) == board["count"], name
        assert client.get("/api/waiting/").json()["count"] == board["count"], name
        assert on_the_phone(client) == board["count"], name
    assert (counts["worker"], counts["secretary"], counts["supervisor"]) == (3, 3, 0)
