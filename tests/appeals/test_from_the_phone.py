"""Steps a phone takes without a signal: credited to their day and author, once, whoever sends them."""

import base64
import datetime as dt
import io
import json
import uuid
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from appeals.models import Matter, Move
from core import clock, sealing
from tests.appeals.conftest import TODAY
from tests.visits.sealed import seal
from visits import services as visits


@pytest.fixture
def api(client, town):
    def put(actor, matter, step, number=None, **said):
        client.force_login(actor)
        url = f"/api/matters/{matter.uuid}/steps/{number or uuid.uuid4()}/"
        return client.put(url, {"step": step, **said}, content_type="application/json")

    return put


def test_a_step_of_the_day_before_counts_for_that_day(api, town, matter):
    with clock.stopped_at("2026-11-18T09:00"):
        one = matter()
    taken = {"happened_at": "2026-11-20T10:00:00+08:00", "sent_at": "2026-11-23T09:30:00+08:00"}
    answer = api(town.worker, one, "accept", **taken)
    assert answer.status_code == 200, answer.content
    move = one.moves.latest("pk")
    assert (move.day, move.at.date()) == (dt.date(2026, 11, 20), dt.date(2026, 11, 23))
    assert answer.json()["number"] == one.number


def test_a_wrong_clock_is_put_right_and_no_step_comes_before_the_one_before_it(api, town, matter):
    one = matter()  # registered today
    taken = {"happened_at": "2026-11-20T10:00:00+08:00", "sent_at": "2026-11-20T10:05:00+08:00"}
    api(town.worker, one, "accept", **taken)
    assert one.moves.latest("pk").day == dt.date(2026, 11, 23), "five minutes ago by our clock"
    early = {"happened_at": "2026-11-01T10:00:00+08:00", "sent_at": "2026-11-23T09:30:00+08:00"}
    api(town.worker, one, "note", words="去看过了", **early)
    assert one.moves.latest("pk").day == dt.date(2026, 11, 23)


def picture():
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(drawn, "PNG")
    return SimpleUploadedFile("灯.png", drawn.getvalue(), "image/png")


def test_a_photo_is_kept_with_ones_own_step_and_read_by_who_reads_the_matter(
    api, client, town, matter, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    one, number = matter(), uuid.uuid4()
    api(town.worker, one, "accept")
    api(town.worker, one, "note", number, words="换了灯泡")
    url = f"/api/matters/{one.uuid}/steps/{number}/photo/"
    assert client.post(url, {"photo": picture()}).status_code == 200
    client.force_login(town.secretary)
    shown = client.get(url)
    assert b"".join(shown.streaming_content)[:3] == b"\xff\xd8\xff"
    assert client.post(url, {"photo": picture()}).status_code == 404, "not her step"
    client.force_login(town.neighbour)
    assert client.get(url).status_code == 404


@pytest.fixture
def sealed(client, town):
    """`sealed(author, {step …}, sender)`: what the author left on the phone, sent by whoever is signed in now."""

    def send(author: User, step: dict, *, sender: User, name=None, issued=TODAY, **more):
        with clock.stopped_at(issued):
            ticket = visits.sealing_for(author)["ticket"]
        name = str(name or uuid.uuid4())
        plain = {"uuid": name, "ticket": ticket, "step": step, "ahead": 0, **more}
        kid, key = sealing.public_key()
        data = seal(json.dumps(plain).encode(), key=key, kid=kid, uuid=name)
        client.force_login(sender)
        body = {"sealed": [{"uuid": name, "kid": kid, "data": data}]}
        answer = client.post("/api/sealed/", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        (one,) = answer.json()["answers"]
        return SimpleNamespace(**one)

    return send


def step_of(matter, code, **said):
    return {"matter": str(matter.uuid), "step": code, "happened_at": "2026-11-23T09:00:00+08:00", **said}


def test_what_one_left_on_the_phone_is_sent_by_the_next_and_credited_to_its_author(sealed, town, matter):
    one, name = matter(), uuid.uuid4()
    told = sealed(town.worker, step_of(one, "accept"), sender=town.secretary, name=name)
    assert (told.outcome, told.number) == ("accepted", one.number)
    move = one.moves.latest("pk")
    assert (move.actor, move.kind) == (town.worker, "accept")
    assert sealed(town.worker, step_of(one, "accept"), sender=town.leader, name=name).outcome == "accepted"
    assert one.moves.count() == 2
    assert visits.issued(one.number, name)
    assert not visits.issued(one.number, uuid.uuid4())


def test_a_step_that_no_longer_fits_stays_as_a_note_with_what_was_said(sealed, api, town, matter):
    one, name = matter(), uuid.uuid4()
    api(town.secretary, one, "withdraw", words="说重了")
    for _ in range(2):
        told = sealed(town.worker, step_of(one, "settle", words="灯换好了"), sender=town.leader, name=name)
        assert told.outcome == "accepted"
    one.refresh_from_db()
    note = one.moves.get(uuid=name)
    assert (one.state, note.kind, note.actor) == (Matter.WITHDRAWN, "note", town.worker)
    assert "没走成" in note.words
    assert "灯换好了" in note.words


def test_an_old_ticket_moves_nothing_but_loses_nothing(sealed, town, matter):
    one = matter()
    step = step_of(one, "accept")
    told = sealed(town.worker, step, sender=town.leader, issued="2026-10-01T09:00")
    assert told.outcome == "accepted"
    one.refresh_from_db()
    assert one.state == Matter.COLLECTED
    assert "凭条过了时间" in one.moves.latest("pk").words


def test_a_matter_its_author_cannot_read_does_not_exist_for_her(sealed, town, matter):
    one = matter()
    told = sealed(town.neighbour, step_of(one, "note", words="好奇"), sender=town.worker)
    assert (told.outcome, told.number) == ("missing", "")
    assert Move.objects.filter(matter=one).count() == 1


def test_who_came_too_late_hears_who_was_quicker_for_every_step_that_followed(api, town, matter):
    one = matter()
    assert api(town.leader, one, "accept").status_code == 200
    for step, said in (("accept", {}), ("settle", {"words": "换好了"}), ("answer", {"words": "说了"})):
        answer = api(town.worker, one, step, **said)
        assert answer.status_code == 422, (step, answer.content)
        assert "周长" in answer.content.decode()
    assert api(town.assistant, one, "note", words="看看").status_code in (403, 404)


def test_the_photo_that_was_still_on_the_phone_comes_after_its_step(
    sealed, api, town, matter, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    one, name = matter(), uuid.uuid4()
    api(town.worker, one, "accept")
    api(town.worker, one, "note", name, words="换到第二盏")
    drawn = base64.b64encode(picture().read()).decode()
    told = sealed(
        town.worker, step_of(one, "note", words="换到第二盏"), sender=town.leader, name=name, photo=drawn
    )
    assert told.outcome == "accepted"
    assert one.moves.get(uuid=name).photo


def test_what_became_a_note_is_the_same_when_its_author_sends_it_herself(sealed, api, town, matter):
    one, name = matter(), uuid.uuid4()
    api(town.secretary, one, "withdraw", words="说重了")
    sealed(town.worker, step_of(one, "settle", words="好" * 480), sender=town.leader, name=name)
    note = one.moves.get(uuid=name)
    assert "好" * 480 in note.words
    assert api(town.worker, one, "settle", name, words="好" * 480).status_code == 200
    assert api(town.leader, one, "note", name, words="别的").status_code == 409


def test_a_note_in_place_of_a_step_keeps_whom_and_how_content(sealed, api, town, matter):
    one = matter()
    api(town.leader, one, "accept")
    sealed(town.worker, step_of(one, "answer", words="说了", rating="fair"), sender=town.leader)
    assert "说了，基本满意" in one.moves.latest("pk").words
