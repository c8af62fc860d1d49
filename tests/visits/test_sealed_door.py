"""What somebody left sealed on a shared phone and the next one sends: credited to its author, told to nobody."""

import base64
import datetime as dt
import io
import json
import uuid

import pytest
from django.core import signing
from django.test import Client
from PIL import Image

from accounts import services as accounts
from core import clock
from grids.models import Officer, Post
from tests.visits.sealed import seal, seal_record
from visits import services
from visits.models import Held, Obligation, Visit

pytestmark = pytest.mark.slow

YESTERDAY, TODAY = dt.date(2026, 11, 22), dt.date(2026, 11, 23)


@pytest.fixture
def sealing(town, client):
    """`sealing(user)`: what /api/me/ gave her when she signed in."""

    def ask(user):
        client.force_login(user)
        return client.get("/api/me/").json()["sealing"]

    return ask


@pytest.fixture
def send(town, client):
    """`send(user, records)`: the outcomes and numbers of what she sends for others, in their order."""

    def post(user, records, **more):
        client.force_login(user)
        content = {"sealed": records, "sent_at": clock.now().isoformat()} | more
        answer = client.post("/api/sealed/", content, content_type="application/json")
        assert answer.status_code == 200, answer.content
        told = answer.json()["answers"]
        assert [each["uuid"] for each in told] == [str(each["uuid"]) for each in records]
        assert all(set(each) == {"uuid", "outcome", "number"} for each in told)
        return [each["outcome"] for each in told]

    return post


def visit_of(home, **changes):
    made = dt.datetime.combine(TODAY, dt.time(9), tzinfo=clock.SHANGHAI)
    return {"household": home.pk, "happened_at": made.isoformat(), "manner": "door", "met": True} | changes


def record(sealing, home, number=None, **more):
    changes = more.pop("visit", {})
    return seal_record(sealing, uuid=str(number or uuid.uuid4()), visit=visit_of(home, **changes), **more)


def other_number(told, home):
    """Sealed under one number, with another inside."""
    number, plain = (
        str(uuid.uuid4()),
        {"ticket": told["ticket"], "uuid": str(uuid.uuid4()), "visit": visit_of(home)},
    )
    data = seal(json.dumps(plain).encode(), key=told["key"], kid=told["kid"], uuid=number)
    return {"uuid": number, "kid": told["kid"], "data": data}


def test_what_a_left_behind_b_sends_and_it_is_as_visit(town, sealing, send):
    left = record(sealing(town.worker), town.zhang, visit={"note": "甲的话"})
    assert send(town.neighbour, [left]) == ["accepted"]
    visit = Visit.objects.get()
    assert (visit.visitor, visit.territory, visit.note) == (town.worker, town.grid1, "甲的话")
    assert send(town.leader, [left]) == ["accepted"]
    assert Visit.objects.count() == 1


def test_its_author_may_send_it_herself_afterwards_and_it_is_the_same(town, sealing, send, client):
    number = uuid.uuid4()
    send(town.neighbour, [record(sealing(town.worker), town.zhang, number)])
    client.force_login(town.worker)
    content = visit_of(town.zhang) | {"sent_at": clock.now().isoformat()}
    again = client.put(f"/api/visits/{number}/", content, content_type="application/json")
    assert (again.status_code, again.json()["outcome"]) == (200, "accepted")


def test_the_account_was_replaced_and_closed_meanwhile(town, sealing, send):
    left = record(sealing(town.worker), town.zhang, visit={"findings": [{"kind": "talent"}]})
    officer = Officer.objects.get(user=town.worker)
    officer.history.update(history_date=clock.at_noon(dt.date(2026, 9, 1)))
    officer.user = town.nobody
    officer.save()
    officer.history.filter(user=town.nobody.pk).update(history_date=clock.at_noon(TODAY))
    town.worker.is_active = False
    town.worker.save()
    assert send(town.nobody, [left]) == ["accepted"]
    assert Visit.objects.get().visitor == town.worker


def test_fifty_at_once_with_broken_ones_among_them_and_the_rest_goes_on(town, sealing, send):
    told = sealing(town.worker)
    good = [record(told, town.zhang) for _ in range(40)]
    other = str(uuid.uuid4())
    broken = {
        "unreadable": [
            {"uuid": other, "kid": "k9", "data": good[0]["data"]},
            {"uuid": str(uuid.uuid4()), "kid": told["kid"], "data": good[0]["data"]},
            {"uuid": "不是编号", "kid": told["kid"], "data": ""},
            {"uuid": str(uuid.uuid4()), "kid": told["kid"], "data": "AAAA"},
            {
                "uuid": other,
                "kid": told["kid"],
                "data": seal(b"[]", key=told["key"], kid=told["kid"], uuid=other),
            },
            record(told, town.zhang, ticket="nonsense"),
            record(told, town.zhang, ticket=None),
            other_number(told, town.zhang),
        ],
        "missing": [record(told, town.chen), record(told, town.zhang, visit={"household": 10**9})],
    }
    records = broken["unreadable"] + good + broken["missing"]
    assert send(town.leader, records) == ["unreadable"] * 8 + ["accepted"] * 40 + ["missing"] * 2
    assert Visit.objects.count() == 40


def test_more_than_fifty_are_too_many_and_24_megabytes_too(town, sealing, client):
    left = record(sealing(town.worker), town.zhang)
    many = client.post("/api/sealed/", {"sealed": [left] * 51}, content_type="application/json")
    assert (many.status_code, list(many.json()["errors"])) == (422, ["sealed"])
    large = client.generic("POST", "/api/sealed/", bytes(25 * 2**20), "application/json")
    assert large.json() == {"errors": {"sealed": ["一次送得太多，分几次送。"]}}
    assert client.post("/api/sealed/", {}, content_type="application/json").status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"note": "长" * 501}, {"day": "2027-01-01"}, {"companions": [1]}, {"happened_at": "昨天"}]
)
def test_what_its_author_would_have_to_mend_is_held_and_she_may_mend_it(town, sealing, send, client, wrong):
    if "companions" in wrong:
        wrong = {"companions": [town.neighbour.officer.pk]}
    number = uuid.uuid4()
    left = record(sealing(town.worker), town.zhang, number, visit=wrong)
    assert send(town.leader, [left]) == send(town.leader, [left]) == ["held"]
    held = Held.objects.get()
    assert (held.reason, held.author, held.number[:2]) == (Held.FIX, town.worker, "ZC")
    assert held.why.startswith("内容要改：")
    client.force_login(town.worker)
    mended = client.put(f"/api/visits/{number}/", visit_of(town.zhang), content_type="application/json")
    assert (mended.status_code, mended.json()["outcome"]) == (201, "accepted")
    held.refresh_from_db()
    assert (held.state, held.visit) == ("accepted", Visit.objects.get())
    [row] = client.get("/api/held/").json()["results"]
    assert row["visit_number"] == Visit.objects.get().receipt


def test_the_village_may_set_the_day_right_or_send_back_what_cannot_be_read(town, sealing, send):
    told = sealing(town.worker)
    send(town.leader, [record(told, town.zhang, visit={"day": "2027-01-01"})])
    send(town.leader, [record(told, town.wang, visit={"note": "长" * 501})])
    early, long = Held.objects.order_by("pk")
    services.accept_held(actor=town.secretary, held=early, day=YESTERDAY)
    assert Visit.objects.get().day == YESTERDAY
    with pytest.raises(Exception, match="内容不全"):
        services.accept_held(actor=town.secretary, held=long)
    services.refuse_held(actor=town.secretary, held=long, words="太长了，重新记")


def test_a_ticket_vouches_for_its_twelve_hours_and_ninety_days(town, sealing, send):
    told = sealing(town.worker)
    records = {
        "accepted": record(told, town.zhang),
        "held": record(told, town.zhang, visit={"happened_at": "2026-11-01T09:00:00+08:00"}),
    }
    assert send(town.leader, list(records.values())) == ["accepted", "held"]
    assert Held.objects.get().reason == Held.TICKET
    late = record(told, town.wang)
    with clock.stopped_at("2027-03-01"):
        assert send(town.leader, [late], sent_at=clock.now().isoformat()) == ["held"]
        assert send(town.leader, [records["accepted"]]) == ["accepted"], "what is known is known"


def test_a_ticket_of_ours_for_something_else_is_none(town, sealing, send):
    told = sealing(town.worker)
    plain = {"user": town.worker.pk, "id": "x", "issued": clock.now().timestamp()}
    forged = [
        signing.dumps(plain, salt="visits.other"),
        signing.dumps(plain, key="another", salt="visits.ticket"),
    ]
    assert send(town.leader, [record(told, town.zhang, ticket=each) for each in forged]) == ["unreadable"] * 2


def test_anothers_ticket_in_ones_own_record_gives_the_sender_nothing(town, sealing, send):
    """Whose it is comes from the ticket alone, and so does what may be done: B's household is not A's."""
    stolen = sealing(town.worker)["ticket"]
    mine = record(sealing(town.neighbour), town.chen, ticket=stolen)
    assert send(town.neighbour, [mine]) == ["missing"]
    theirs = record(sealing(town.neighbour), town.zhang, ticket=stolen)
    assert send(town.neighbour, [theirs]) == ["accepted"]
    assert Visit.objects.get().visitor == town.worker


def test_a_ticket_signs_nobody_in_and_a_program_gets_none(town, sealing, client):
    ticket = sealing(town.worker)["ticket"]
    client.logout()
    for header in (f"Token {ticket}", f"Bearer {ticket}"):
        assert client.get("/api/me/", headers={"Authorization": header}).status_code == 401
    _, key = accounts.make_token(user=town.worker, name="x", verbs=["visits.see"], until=TODAY)
    told = client.get("/api/me/", headers={"Authorization": f"Token {key}"})
    assert (told.status_code, told.json()["sealing"]) == (200, None)


def test_the_senders_clock_corrects_the_time(town, sealing, send):
    ahead = clock.now() + dt.timedelta(days=2)
    left = record(
        sealing(town.worker), town.zhang, visit={"happened_at": (ahead - dt.timedelta(hours=1)).isoformat()}
    )
    assert send(town.leader, [left], sent_at=ahead.isoformat()) == ["accepted"]
    visit = Visit.objects.get()
    assert (visit.day, clock.now() - visit.corrected_at) == (TODAY, dt.timedelta(hours=1))


def test_six_megabytes_of_photos_come_through_the_door_as_a_browser_knocks(town, sealing, send):
    """With the token of a page, for which the body is parsed before the door itself looks at it."""
    told = sealing(town.worker)
    padded = [record(told, town.zhang, photo="A" * 3 * 2**20) for _ in range(2)]
    client = Client(enforce_csrf_checks=True)
    client.force_login(town.leader)
    token = {"X-CSRFToken": client.get("/api/me/").json()["csrf"]}

    def knock(content, **headers):
        return client.post("/api/sealed/", content, content_type="application/json", headers=headers)

    answer = knock({"sealed": padded}, **token)
    assert [each["outcome"] for each in answer.json()["answers"]] == ["accepted"] * 2
    assert knock({"sealed": padded}).status_code == 403, "another site's page has no token"
    large = knock(bytes(25 * 2**20), **token)
    assert (large.status_code, list(large.json()["errors"])) == (422, ["sealed"])


def test_another_person_or_content_under_a_number_is_a_conflict(town, sealing, send, visit):
    number = uuid.uuid4()
    visit(town.chen, YESTERDAY, uuid=number)
    told, again = sealing(town.worker), uuid.uuid4()
    assert send(town.leader, [record(told, town.zhang, number)]) == ["conflict"]
    first, other = record(told, town.zhang, again), record(told, town.zhang, again, visit={"note": "别的"})
    assert send(town.leader, [first, other]) == ["accepted", "conflict"]


def test_on_hold_from_its_author_and_then_sealed_by_somebody_else_is_one(town, sealing, send, client):
    told, number = sealing(town.worker), uuid.uuid4()
    Post.objects.filter(officer__user=town.worker).update(until=YESTERDAY)
    content = visit_of(town.zhang) | {"sent_at": clock.now().isoformat()}
    client.force_login(town.worker)
    assert client.put(f"/api/visits/{number}/", content, content_type="application/json").status_code == 202
    left = record(told, town.zhang, number)
    assert send(town.leader, [left]) == ["held"]
    services.refuse_held(actor=town.secretary, held=Held.objects.get(), words="不算")
    assert send(town.leader, [left]) == ["refused"]


def picture(**size):
    drawn = io.BytesIO()
    Image.new("RGB", (64, 48), "green").save(drawn, "JPEG")
    return base64.b64encode(drawn.getvalue()).decode()


def test_a_photo_goes_along_and_none_that_is_broken_loses_the_visit(town, sealing, send, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    told = sealing(town.worker)
    records = [
        record(told, town.zhang, photo=picture()),
        record(told, town.wang, photo="AAAA"),
        record(told, town.li, photo="data:image/jpeg;base64," + picture()),
    ]
    assert send(town.leader, records) == ["accepted"] * 3
    assert [bool(visit.photo) for visit in Visit.objects.order_by("pk")] == [True, False, True]
    Post.objects.filter(officer__user=town.worker).update(until=YESTERDAY)
    assert send(town.leader, [record(told, town.zhang, photo=picture())]) == ["held"]
    services.accept_held(actor=town.secretary, held=Held.objects.get())
    assert Visit.objects.latest("pk").photo


def test_a_fault_of_ours_in_one_is_no_final_answer_and_stops_no_other(town, sealing, send, monkeypatch):
    told, opened = sealing(town.worker), []

    def fails_once(*args, **kwargs):
        opened.append(args)
        if len(opened) == 1:
            raise RuntimeError("disk")
        return services.delivery.deliver(*args, **kwargs)

    monkeypatch.setattr("visits.services.deliver_sealed", fails_once)
    first, second = record(told, town.zhang), record(told, town.wang)
    assert send(town.leader, [first, second]) == ["later", "accepted"]
    assert send(town.leader, [first]) == ["accepted"]


def test_a_receipt_is_known_to_the_server_that_gave_it(town, sealing, send, client):
    number = uuid.uuid4()
    told = sealing(town.worker)
    send(town.leader, [record(told, town.zhang, number)])
    receipt = Visit.objects.get().receipt

    def known(receipt, number):
        asked = {"number": receipt, "uuid": str(number)}
        answer = client.post("/api/receipts/", asked, content_type="application/json").json()
        assert answer["epoch"]
        return answer["known"]

    assert known(receipt, number)
    assert not known(receipt, uuid.uuid4())
    assert not known(receipt[:-1] + "999", number)
    for nonsense in ("ZF-", "ZC-261123-1", "不是", "ZF-261123-²", "ZF-261123-" + "9" * 25):
        assert not known(nonsense, number)
    Obligation.objects.all().delete()
    Visit.objects.all().delete()
    assert not known(receipt, number), "the server was set back in time"


def test_the_answer_carries_no_name_and_the_log_no_content(town, sealing, send, client, caplog):
    caplog.set_level("INFO")
    left = record(sealing(town.worker), town.zhang, visit={"note": "悄悄话"})
    client.force_login(town.neighbour)
    answer = client.post("/api/sealed/", {"sealed": [left]}, content_type="application/json").content.decode()
    for word in ("张三丰", "王格", "悄悄话"):
        assert word not in answer
        assert word not in caplog.text
    assert "悄悄话" not in json.dumps(left)


def test_what_its_author_took_back_does_not_stand_whoever_sends_it(town, sealing, send):
    mine = sealing(town.worker)
    came, never = str(uuid.uuid4()), str(uuid.uuid4())
    assert send(town.leader, [record(mine, town.zhang, came)]) == ["accepted"]
    undone = [record(mine, town.zhang, number, undo=True) for number in (came, never)]
    assert send(town.leader, undone) == ["undone", "undone"]
    assert Visit.objects.get().void_at is not None
    assert send(town.leader, undone) == ["undone", "undone"]


def test_what_was_on_hold_and_was_taken_back_is_not_asked_of_the_village(town, sealing, send):
    number, old = str(uuid.uuid4()), sealing(town.worker)
    held = services.deliver(
        services.Letter(
            town.worker, uuid.UUID(number), town.zhang.pk, services.Content(happened_at=clock.now())
        ),
        doubt=Held.TICKET,
    ).held
    assert send(town.leader, [record(old, town.zhang, number, undo=True)]) == ["undone"]
    held.refresh_from_db()
    assert (held.state, held.decided_by) == (Held.REFUSED, town.worker)
    assert send(town.leader, [record(old, town.zhang, number, undo=True)]) == ["undone"]


def test_nobody_takes_back_anothers_visit_under_a_seal(town, sealing, send):
    number = str(uuid.uuid4())
    assert send(town.leader, [record(sealing(town.worker), town.zhang, number)]) == ["accepted"]
    assert send(town.worker, [record(sealing(town.leader), town.zhang, number, undo=True)]) == ["conflict"]
    assert Visit.objects.get().void_at is None


def test_what_can_no_longer_be_taken_back_stands_with_its_number(town, sealing, send):
    mine, number = sealing(town.worker), str(uuid.uuid4())
    assert send(town.leader, [record(mine, town.zhang, number)]) == ["accepted"]
    Visit.objects.update(received_at=clock.now() - dt.timedelta(hours=25))
    assert send(town.leader, [record(mine, town.zhang, number, undo=True)]) == ["accepted"]
    assert Visit.objects.get().void_at is None


def test_a_clock_put_right_since_the_sealing_moves_no_visit(town, sealing, send):
    made = clock.now() - dt.timedelta(hours=1)
    behind = dt.timedelta(days=2)
    one = record(
        sealing(town.worker),
        town.zhang,
        visit={"happened_at": (made - behind).isoformat()},
        ahead=-int(behind.total_seconds() * 1000),
    )
    assert send(town.leader, [one]) == ["accepted"]
    assert Visit.objects.get().day == clock.local_date(made)
