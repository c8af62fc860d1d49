"""That somebody was at a household a few days ago is said in its row and on its card, before the door."""

import datetime as dt

import pytest

from core import clock
from visits import services

pytestmark = pytest.mark.django_db
SECTIONS = ("overdue", "due", "ordinary", "secretary")


@pytest.fixture
def lately(client):
    """`lately(user, "张三丰")`: what the user's list says of this head's household."""

    def of(user, name):
        client.force_login(user)
        due = client.get("/api/due/").json()
        return next(row["lately"] for part in SECTIONS for row in due.get(part, []) if row["name"] == name)

    return of


def test_a_row_says_who_was_there_within_seven_days(town, lately, visit):
    visit(town.zhang, "2026-11-16")
    assert lately(town.secretary, "张三丰") == {"day": "2026-11-16", "visitor": "王格"}
    with clock.stopped_at(dt.date(2026, 11, 24)):
        assert lately(town.secretary, "张三丰") is None


def test_what_did_not_count_is_no_visit(town, lately, visit):
    visit(town.zhang, "2026-11-22", met=False)
    assert lately(town.secretary, "张三丰") is None


def test_who_only_records_visits_reads_the_day_and_no_name_but_her_own(town, visit):
    def lately(actor):
        found = [{"pk": home.pk} for home in (town.zhang, town.wang)]
        rows = services.due_rows(actor=actor, found=found, wanted=services.Wanted())
        return {
            row.household.head_name: row.lately and (row.lately.day.day, row.lately.visitor) for row in rows
        }

    visit(town.zhang, "2026-11-20")
    visit(town.wang, "2026-11-21", actor=town.assistant)
    assert lately(town.assistant) == {"张三丰": (20, ""), "王大春": (21, "许协")}
    assert lately(town.secretary) == {"张三丰": (20, "王格"), "王大春": (21, "许协")}


def test_the_card_and_the_pack_say_the_same_as_the_row(town, client, visit):
    visit(town.zhang, "2026-11-21")
    visit(town.zhang, "2026-11-22", met=False)
    for user, name in ((town.assistant, ""), (town.leader, "王格"), (town.secretary, "王格")):
        client.force_login(user)
        told = {"day": "2026-11-21", "visitor": name}
        assert client.get(f"/api/households/{town.zhang.pk}/").json()["lately"] == told
    # The secretary's own year is open still; the others have nothing more to do there.
    assert client.get("/api/pack/").json()["cards"][str(town.zhang.pk)]["lately"] == told
    assert client.get(f"/api/households/{town.wang.pk}/").json()["lately"] is None
