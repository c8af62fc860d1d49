"""A record that comes late: accepted for the day it was made, held for the village, or a stranger's; never dropped."""

import datetime as dt
import io
import threading
import uuid
import zlib

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from core import clock
from grids.models import GroupPlacement, Household, Membership, Person, Placement, Post
from grids.services import SERVER, appoint, close_territory, redraw
from tests.people import make_town_of_two
from visits import services
from visits.models import Held, Obligation, Visit

NUMBER = "00000000-0000-4000-8000-000000000007"
YESTERDAY, TODAY = dt.date(2026, 11, 22), dt.date(2026, 11, 23)


def body(home, on=TODAY, /, **changes):
    """A visit at nine in the morning of that day, sent now by a phone whose clock is right."""
    made = dt.datetime.combine(on, dt.time(9), tzinfo=clock.SHANGHAI)
    return {
        "household": home.pk,
        "happened_at": made.isoformat(),
        "sent_at": clock.now().isoformat(),
        "manner": "door",
        "met": True,
    } | changes


@pytest.fixture
def put(town, client):
    """`put(user, content)`: the answer to a record sent by its author."""

    def send(user, content, number=NUMBER):
        client.force_login(user)
        return client.put(f"/api/visits/{number}/", content, content_type="application/json")

    return send


def end_post(user, last_day):
    Post.objects.filter(officer__user=user).update(until=last_day)


def move(household, group, since):
    """The household belongs to another group, and its grid, from that day."""
    Placement.objects.filter(household=household, until=None).update(until=since - dt.timedelta(days=1))
    Placement.objects.create(household=household, territory=group.grid, group=group, since=since)
    Household.objects.filter(pk=household.pk).update(territory=group.grid, group=group)


# --- rights of the day ------------------------------------------------------------------------------------------------


def test_a_visit_made_on_the_last_day_of_a_post_is_accepted_and_one_made_after_is_held(town, put):
    end_post(town.worker, YESTERDAY)
    before, after = (
        put(town.worker, body(town.zhang, YESTERDAY)),
        put(town.worker, body(town.zhang), uuid.uuid4()),
    )
    assert (before.status_code, before.json()["outcome"]) == (201, "accepted")
    visit = Visit.objects.get()
    assert (visit.visitor, visit.territory, visit.day, visit.counts) == (
        town.worker,
        town.grid1,
        YESTERDAY,
        True,
    )
    assert Obligation.objects.get(household=town.zhang, period_start="2026-11-01").visit == visit
    told = after.json()
    assert (after.status_code, told["outcome"], told["reason"]) == (202, "held", "走访那天，走访人不在岗。")
    assert told["number"].startswith("ZC-261123-")
    held = Held.objects.get()
    assert (held.author, held.territory, held.day, held.state) == (town.worker, town.jinxing, TODAY, "held")


def test_a_household_that_moved_is_credited_to_the_grid_where_it_lay_that_day(town, put):
    move(town.zhang, town.group3, TODAY)
    accepted = put(town.worker, body(town.zhang, YESTERDAY))
    assert (accepted.status_code, Visit.objects.get().territory) == (201, town.grid1)
    held = put(town.worker, body(town.zhang), uuid.uuid4())
    assert (held.status_code, held.json()["reason"]) == (202, "走访那天，这一户不在走访人的网格。")


def test_a_grid_redrawn_and_closed_meanwhile_takes_nothing_away(town, put):
    for group in (town.group1, town.group2):
        assert GroupPlacement.objects.filter(group=group).exists()
        redraw(actor=SERVER, group=group, grid=town.grid2, since=TODAY)
    close_territory(actor=SERVER, territory=town.grid1, on=TODAY)
    accepted = put(town.worker, body(town.zhang, YESTERDAY))
    assert (accepted.status_code, Visit.objects.get().territory) == (201, town.grid1)
    assert put(town.worker, body(town.wang), uuid.uuid4()).status_code == 202


def test_who_carries_a_household_since_today_may_type_an_earlier_day(town, put):
    move(town.zhang, town.group3, TODAY)
    appoint(
        actor=SERVER,
        officer=town.officer("路人", user=town.nobody),
        territory=town.grid2,
        duty="assistant",
        since=TODAY,
    )
    assert put(town.nobody, body(town.zhang, YESTERDAY, day="2026-11-22")).status_code == 201
    assert put(town.nobody, body(town.zhang, YESTERDAY), uuid.uuid4()).status_code == 202


def test_a_finding_may_name_who_lived_there_that_day(town, put):
    son = Person.objects.get(name="张翠山")
    Membership.objects.filter(person=son).update(until=YESTERDAY)
    Person.objects.filter(pk=son.pk).update(left_on=YESTERDAY, left_why="moved")
    said = [{"kind": "talent", "person": son.pk}]
    end_post(town.worker, YESTERDAY)
    assert put(town.worker, body(town.zhang, YESTERDAY, findings=said)).status_code == 201


def test_a_household_that_ended_is_held_with_its_reason(town, put):
    Household.objects.filter(pk=town.zhang.pk).update(ended_on=YESTERDAY)
    held = put(town.worker, body(town.zhang))
    assert (held.status_code, held.json()["reason"]) == (202, "走访那天，这一户已经销户。")
    assert put(town.worker, body(town.zhang, dt.date(2026, 11, 21)), uuid.uuid4()).status_code == 201


def test_the_village_may_let_a_visit_stand_that_came_to_a_household_just_merged_away(town, put):
    Household.objects.filter(pk=town.zhang.pk).update(ended_on=YESTERDAY)
    put(town.worker, body(town.zhang))
    services.accept_held(actor=town.secretary, held=Held.objects.get())
    assert (Visit.objects.get().day, Visit.objects.get().visitor) == (TODAY, town.worker)


def test_an_undone_visit_sent_again_stays_undone(town, put):
    put(town.worker, body(town.zhang))
    services.undo_visit(actor=town.worker, visit=Visit.objects.get())
    assert put(town.worker, body(town.zhang)).status_code == 200
    assert Visit.objects.get().void_at is not None


def test_another_grid_of_the_village_is_held_and_tells_nothing_of_the_household(town, put, client):
    held = put(town.worker, body(town.zhao))
    assert (held.status_code, Held.objects.get().reason) == (202, Held.ELSEWHERE)
    [row] = client.get("/api/held/").json()["results"]
    assert (row["household"], row["head_name"], row["state"]) == (town.zhao.pk, "", "held")


def test_a_post_of_long_ago_does_not_make_a_household_known(town, put):
    end_post(town.worker, dt.date(2026, 5, 1))
    known, unknown = put(town.worker, body(town.zhang)), put(town.worker, body(town.zhang, household=10**9))
    assert known.status_code == unknown.status_code == 404
    assert known.content == unknown.content
    assert not Held.objects.exists()


def test_a_record_from_next_year_is_taken_by_the_difference_of_the_clocks(town, put):
    ahead = clock.now() + dt.timedelta(days=365)
    content = body(
        town.zhang, happened_at=(ahead - dt.timedelta(hours=2)).isoformat(), sent_at=ahead.isoformat()
    )
    assert put(town.worker, content).json()["day"] == "2026-11-23"
    assert Visit.objects.get().happened_at.year == 2027
    typed = put(town.worker, body(town.zhang, day="2027-11-23"), uuid.uuid4())
    assert (typed.status_code, list(typed.json()["errors"])) == (422, ["day"])
    absurd = body(town.zhang, happened_at="9999-12-31T12:00:00+08:00", sent_at="0001-01-02T12:00:00+08:00")
    assert put(town.worker, absurd, uuid.uuid4()).json()["day"] == "2026-11-23"


# --- the same number again --------------------------------------------------------------------------------------------


@pytest.fixture
def held(town, put):
    """A visit of the worker that waits for the village: made the day after her post had ended."""
    end_post(town.worker, YESTERDAY)
    assert put(town.worker, body(town.zhang)).status_code == 202
    return Held.objects.get()


def test_what_is_on_hold_gets_the_same_answer_again_and_what_became_of_it_later(town, put, held):
    again = put(town.worker, body(town.zhang))
    assert (again.status_code, again.json()["number"], Held.objects.count()) == (202, held.number, 1)
    services.accept_held(actor=town.secretary, held=held)
    later = put(town.worker, body(town.zhang))
    assert (later.status_code, later.json()["outcome"]) == (200, "accepted")
    assert later.json()["number"] == Visit.objects.get().receipt


def test_a_refusal_reaches_the_phone_in_the_secretarys_words(town, put, held, client):
    services.refuse_held(actor=town.secretary, held=held, words="那天是李四走的")
    answer = put(town.worker, body(town.zhang))
    assert (answer.status_code, answer.json()["outcome"], answer.json()["words"]) == (
        200,
        "refused",
        "那天是李四走的",
    )
    [row] = client.get("/api/held/").json()["results"]
    assert (row["state_title"], row["words"], row["head_name"]) == ("没有记上", "那天是李四走的", "张三丰")


def test_other_content_under_a_number_on_hold_is_a_conflict_shown_to_its_author_only(town, put, held):
    mine = put(town.worker, body(town.zhang, note="别的"))
    assert (mine.status_code, mine.json()["held"]["number"]) == (409, held.number)
    stranger = put(town.leader, body(town.zhang))
    assert (stranger.status_code, list(stranger.json())) == (409, ["detail"])


def test_a_forged_number_of_anothers_visit_is_the_same_conflict_whoever_sends_it(town, put, visit):
    made = visit(town.zhang, YESTERDAY, uuid=uuid.UUID(NUMBER))
    told = {
        put(user, body(home)).content
        for user, home in ((town.neighbour, town.chen), (town.nobody, made.household))
    }
    assert len(told) == 1
    assert put(town.neighbour, body(town.chen)).status_code == 409


def test_a_correction_of_what_is_on_hold_waits_with_it(town, put, held):
    assert put(town.worker, body(town.zhang, corrects=NUMBER), uuid.uuid4()).status_code == 202
    second = Held.objects.latest("pk")
    assert second.reason == Held.CORRECTS
    with pytest.raises(ValidationError, match="先定那一次"):
        services.accept_held(actor=town.secretary, held=second)
    services.accept_held(actor=town.secretary, held=held)
    services.accept_held(actor=town.secretary, held=second)
    assert [visit.void_at is None for visit in Visit.objects.order_by("pk")] == [False, True]


# --- the village decides ----------------------------------------------------------------------------------------------


def test_accepted_it_is_credited_to_its_author_on_its_day_in_the_grid_of_that_day(town, held):
    services.accept_held(actor=town.secretary, held=held)
    visit = Visit.objects.get()
    assert (visit.visitor, visit.day, visit.territory, visit.counts) == (town.worker, TODAY, town.grid1, True)
    held.refresh_from_db()
    assert (held.state, held.visit, held.decided_by) == ("accepted", visit, town.secretary)
    with pytest.raises(ValidationError, match="已经定过了"):
        services.refuse_held(actor=town.secretary, held=held, words="再想想")


@pytest.mark.parametrize("who", ["neighbour", "worker", "leader", "supervisor", "nobody"])
def test_only_the_households_village_decides(town, held, who):
    with pytest.raises(PermissionDenied):
        services.accept_held(actor=getattr(town, who), held=held)
    with pytest.raises(PermissionDenied):
        services.refuse_held(actor=getattr(town, who), held=held, words="不行")


def test_nobody_decides_about_her_own(town, put):
    Post.objects.filter(officer__user=town.secretary).update(since=TODAY)
    assert put(town.secretary, body(town.zhang, YESTERDAY)).status_code == 202
    with pytest.raises(PermissionDenied, match="不能自己定"):
        services.accept_held(actor=town.secretary, held=Held.objects.get())
    services.accept_held(actor=town.office, held=Held.objects.get())


def test_a_refusal_needs_a_word(town, held):
    with pytest.raises(ValidationError, match="写一句"):
        services.refuse_held(actor=town.secretary, held=held, words=" ")


def test_what_is_on_hold_lies_sealed(town, put):
    end_post(town.worker, YESTERDAY)
    put(town.worker, body(town.zhang, note="谁也不许看的话"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM visits_held")
        assert "谁也不许看的话" not in cursor.fetchone()[0]
    services.accept_held(actor=town.secretary, held=Held.objects.get())
    assert Visit.objects.get().note == "谁也不许看的话"


def test_each_sees_her_own_on_hold_and_nobody_elses(town, held, client):
    for user, count in ((town.worker, 1), (town.leader, 0), (town.secretary, 0)):
        client.force_login(user)
        assert len(client.get("/api/held/").json()["results"]) == count


# --- twins and limits -------------------------------------------------------------------------------------------------


def test_the_same_visit_on_paper_and_phone_is_noticed(town, put, visit):
    first = visit(town.zhang, TODAY, actor=town.leader)
    assert put(town.worker, body(town.zhang)).json()["twin"] == {
        "number": first.receipt,
        "day": "2026-11-23",
        "visitor": "周长",
    }
    services.undo_visit(actor=town.worker, visit=Visit.objects.get(uuid=NUMBER))
    told = put(town.assistant, body(town.zhang), uuid.uuid4()).json()
    assert told["twin"]["visitor"] == "", "an assistant does not read whose visits there are"
    assert "twin" not in put(town.worker, body(town.wang), uuid.uuid4()).json()


def test_a_hundred_thousand_characters_get_a_sentence(town, put):
    for long in ("长" * 60_000, "长" * 100_000):
        answer = put(town.worker, body(town.zhang, note=long))
        assert answer.status_code == 422
        assert "".join(line for lines in answer.json()["errors"].values() for line in lines)
    assert not Visit.objects.exists()


def test_a_photo_of_fifty_megabytes_is_refused_before_it_is_read(town, put, client):
    put(town.worker, body(town.zhang))
    told = client.generic(
        "POST", f"/api/visits/{NUMBER}/photo/", bytes(50 * 2**20), "multipart/form-data; boundary=x"
    )
    assert not told.wsgi_request.read(1), "all of it was taken, or the browser would hear a broken line"
    assert (told.status_code, told.json()) == (
        422,
        {"errors": {"photo": ["照片太大，最多 8 MB，拍小一点再传。"]}},
    )


def test_a_photo_of_too_many_pixels_is_refused_unread(town, put, client):
    put(town.worker, body(town.zhang))
    # A picture's head alone: PNG of 100,000 × 100,000 pixels.
    header = b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000d49484452000186a0000186a00802000000")
    header += (
        zlib.crc32(header[12:]).to_bytes(4, "big")
        + b"\x00\x00\x00\x00IDAT"
        + zlib.crc32(b"IDAT").to_bytes(4, "big")
    )
    answer = client.post(f"/api/visits/{NUMBER}/photo/", {"photo": SimpleUploadedFile("a.png", header)})
    assert (answer.status_code, answer.json()["errors"]["photo"]) == (422, ["照片的像素太多，拍小一点再传。"])


def test_the_photo_of_a_visit_may_follow_after_the_post_has_ended(town, put, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    end_post(town.worker, YESTERDAY)
    assert put(town.worker, body(town.zhang, YESTERDAY)).status_code == 201
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30)).save(drawn, "JPEG")
    answer = client.post(
        f"/api/visits/{NUMBER}/photo/", {"photo": SimpleUploadedFile("a.jpg", drawn.getvalue())}
    )
    assert answer.status_code == 200
    assert client.get(f"/api/visits/{NUMBER}/photo/").status_code == 404


# --- two at once ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_force", [True, False])
def test_one_record_that_arrives_six_times_at_once_is_one(in_force):
    with clock.stopped_at("2026-11-23"):
        cast = make_town_of_two()
        services.ensure_owed()
        if not in_force:
            end_post(cast.worker, YESTERDAY)
        content = services.Content(happened_at=clock.now(), findings=({"kind": "talent"},))
        letter = services.Letter(cast.worker, uuid.uuid4(), cast.zhang.pk, content)
    answers = []

    def send():
        try:
            with clock.stopped_at("2026-11-23"):
                answers.append(services.deliver(letter).number)
        except Exception as fault:
            answers.append(repr(fault))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1, answers
    assert answers[0].startswith("ZF" if in_force else "ZC")
    assert (Visit.objects.count(), Held.objects.count()) == ((1, 0) if in_force else (0, 1))
