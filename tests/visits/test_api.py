"""The API as the phone meets it: whom to visit, a record sent twice, strangers' numbers, undo and photo."""

import datetime as dt
import io
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from core import clock
from core.card import card_parts
from grids.models import Absence, Post
from grids.services import SERVER, appoint
from tests.people import POSTED
from visits import services
from visits.models import Visit

pytestmark = pytest.mark.django_db
NUMBER = "00000000-0000-4000-8000-000000000007"


@pytest.fixture
def api(town, client):
    """`api(user)`: the test client signed in as this user."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def body(home, /, **changes):
    now = clock.now()
    return {
        "household": home.pk,
        "happened_at": (now - dt.timedelta(hours=1)).isoformat(),
        "sent_at": now.isoformat(),
        "manner": "door",
        "met": True,
    } | changes


def put(client, content, number=NUMBER):
    return client.put(f"/api/visits/{number}/", content, content_type="application/json")


def names(rows):
    return [row["name"] for row in rows]


def test_the_phone_learns_who_is_signed_in_and_what_she_may_do(town, api):
    me = api(town.worker).get("/api/me/").json()
    assert me["name"] == "王格"
    assert me["territory_title"] == "金星村 金星第一网格"
    assert [each["duty"] for each in me["duties"]] == ["worker"]
    assert "visits.record" in me["verbs"]
    assert "register.accept" not in me["verbs"]
    assert me["now"] == "2026-11-23T12:00:00+08:00", "in Shanghai time, for the phone reads the day off it"
    assert (me["today"], me["demo"], me["second_factor"]) == ("2026-11-23", False, False)
    assert me["csrf"]


def test_who_asks_for_the_list_in_the_same_breath_gets_the_same_list(town, api):
    client = api(town.worker)
    me = client.get("/api/me/?with=due").json()
    assert me["name"] == "王格"
    assert me["due"] == client.get("/api/due/").json()
    assert "due" not in client.get("/api/me/").json()
    for nobodys in (town.nobody, town.supervisor):
        told = api(nobodys).get("/api/me/?with=due")
        assert (told.status_code, "due" in told.json()) == (200, False), (
            "who visits nobody is still told who she is"
        )


def test_somebody_without_a_post_has_no_verbs_and_is_told_whom_to_ask(town, api):
    client = api(town.nobody)
    assert client.get("/api/me/").json()["verbs"] == []
    refused = client.get("/api/due/")
    assert refused.status_code == 403
    assert "找村党组织书记" in refused.json()["detail"]


def test_who_is_not_signed_in_gets_401_or_403_and_no_list(town, client):
    assert client.get("/api/due/").status_code in (401, 403)


def test_the_list_has_each_household_once_with_the_missed_ones_first(town, api, visit):
    visit(town.li, "2026-11-02")
    visit(town.wang, "2026-09-02")
    due = api(town.worker).get("/api/due/").json()
    assert names(due["overdue"]) == ["张三丰"]
    assert due["overdue"][0] | {"last": None} == {
        "household": town.zhang.pk,
        "name": "张三丰",
        "number": "060001",
        "group": {"id": town.group1.pk, "name": "一组", "position": town.group1.position},
        "categories": ["低保"],
        "who": "category",
        "due_on": "2026-09-30",
        "days_over": 54,
        "last": None,
        "lately": None,
        "planned": None,
        "promise": None,
        "tries": 0,
        "away": False,
    }
    assert due["due"] == []
    assert names(due["ordinary"]) == ["王大春"]
    assert "secretary" not in due
    assert due["board"] == {"calm": 1, "busy": 0, "waiting": 1, "total": 2}
    assert due["month"] == {"title": "2026年11月", "last": "2026-11-30"}


def test_the_secretary_also_sees_whom_she_has_not_visited_this_year(town, api, visit):
    for household in (town.zhang, town.wang, town.li, town.zhao):
        visit(
            household,
            "2026-11-02",
            actor=town.worker if household.territory == town.grid1 else town.secretary,
        )
    due = api(town.secretary).get("/api/due/").json()
    assert names(due["secretary"]) == ["张三丰", "王大春", "李㻞"]


def test_an_assistant_sees_no_categories_and_may_not_filter_by_one(town, api):
    client = api(town.assistant)
    due = client.get("/api/due/").json()
    assert due["overdue"]
    assert all("categories" not in row for row in due["overdue"] + due["due"] + due["ordinary"])
    assert client.get("/api/due/?list=lonely").status_code == 403


def test_a_filter_by_category_reaches_only_where_the_actor_may_see_categories(town, api):
    """A worker of grid 2 who assists in grid 1 does not learn by filtering who holds what in grid 1."""
    appoint(actor=SERVER, officer=town.assistant.officer, territory=town.grid2, duty="worker", since=POSTED)
    client = api(town.assistant)
    assert names(_all(client.get("/api/due/?list=lonely").json())) == []
    assert names(_all(client.get("/api/due/?list=petition").json())) == ["赵建国"]
    assert "李㻞" in names(_all(client.get("/api/due/").json()))


def test_the_three_doors_are_filters_of_the_list(town, api):
    due = api(town.worker).get("/api/due/?list=lonely").json()
    assert names(due["overdue"] + due["due"] + due["ordinary"]) == ["李㻞"]


def test_a_group_is_a_filter_and_a_wrong_key_is_not_found(town, api):
    client = api(town.secretary)
    due = client.get(f"/api/due/?group={town.group2.pk}").json()
    assert names(due["overdue"]) == ["李㻞"]
    assert client.get("/api/due/?group=abc").status_code == 404
    assert client.get("/api/due/?page_key=abc").status_code == 404


def test_the_promise_of_last_time_stands_next_to_the_name_until_it_is_kept(town, api, visit):
    visit(town.zhang, "2026-10-05", promise_kind="ask", promise_text="问清慢性病证怎么办")
    visit(town.zhang, "2026-10-15", last_promise="not")
    row = next(r for r in _all(api(town.worker).get("/api/due/").json()) if r["name"] == "张三丰")
    assert row["promise"]["kind_title"] == "问政策"
    assert (row["promise"]["text"], row["promise"]["day"]) == ("问清慢性病证怎么办", "2026-10-05")
    assert row["last"] == {"day": "2026-10-15", "summary": "没有新情况"}
    visit(town.zhang, "2026-10-20", last_promise="done")
    row = next(r for r in _all(api(town.worker).get("/api/due/").json()) if r["name"] == "张三丰")
    assert row["promise"] is None


def _all(due):
    return due["overdue"] + due["due"] + due["ordinary"]


def test_an_assistant_reads_his_own_visits_and_nobody_elses(town, api, visit):
    """Without visits.see neither list, card, log nor 待办 tells what others heard at the door."""
    said = {"promise_kind": "ask", "findings": [{"kind": "talent", "detail": "土专家"}]}
    theirs = visit(town.wang, "2026-09-06", promise_text="别人答应的", **said)
    visit(town.wang, "2026-09-07")
    with clock.stopped_at(dt.date(2027, 1, 8)):
        services.ensure_owed()
        client = api(town.assistant)

        def row():
            return next(r for r in _all(client.get("/api/due/").json()) if r["name"] == "王大春")

        def card():
            return card_parts(town.assistant, town.wang)

        assert (row()["last"], row()["promise"]) == (None, None)
        assert (card()["visits"], card()["open_findings"]) == ([], [])
        assert (card()["last_promise"]["kind_title"], card()["last_promise"]["text"]) == ("问政策", "")
        assert client.get("/api/findings/").json()["results"] == []
        assert client.get("/api/visits/").json()["results"] == []
        assert client.get(f"/api/visits/{theirs.uuid}/").status_code == 404
        own = visit(town.wang, "2026-09-08", actor=town.assistant, promise_text="自己答应的", **said)
        visit(town.wang, "2026-09-09")
        assert (row()["last"]["day"], row()["promise"]["text"]) == ("2026-09-08", "自己答应的")
        assert [each["uuid"] for each in card()["visits"]] == [str(own.uuid)]
        assert card()["last_promise"]["text"] == "自己答应的"
        assert [each["id"] for each in card()["open_findings"]] == [own.findings.get().pk]
        assert [each["id"] for each in client.get("/api/findings/").json()["results"]] == [
            own.findings.get().pk
        ]
        assert [each["uuid"] for each in client.get("/api/visits/").json()["results"]] == [str(own.uuid)]
        visit(town.wang, "2026-09-10", promise_kind="ask", promise_text="又答应的")
        assert (row()["promise"], card()["last_promise"]["text"]) == (None, "")
        assert api(town.supervisor).get("/api/findings/").status_code == 403


def test_an_assistants_card_says_that_a_visit_is_owed_and_not_why(town, api, visit):
    """domain.md: own grid's due list 本月/本季, without categories."""

    def owed(household):
        card = api(town.assistant).get(f"/api/households/{household.pk}/").json()
        return [(row["period_title"], row["state_title"]) for row in card["owed"]]

    visit(town.zhang, "2026-10-05")
    body = api(town.assistant).get(f"/api/households/{town.zhang.pk}/").content.decode()
    assert not any(word in body for word in ("低保", "五必访", "category", "categories"))
    assert owed(town.zhang) == [("应访 本月", "待访")]
    assert owed(town.wang) == [("应访 本季", "待访"), ("应访 2026年第三季度", "没走到")]
    visit(town.wang, "2026-11-05")
    assert owed(town.wang) == [], "nothing is left to do there"
    assert api(town.supervisor).get(f"/api/households/{town.wang.pk}/").status_code == 404


def test_tries_in_vain_of_this_period_are_counted(town, api, visit):
    visit(town.zhang, "2026-10-29")
    visit(town.zhang, "2026-10-30", met=False)
    for day in ("2026-11-02", "2026-11-09"):
        visit(town.zhang, day, met=False)
    row = next(r for r in _all(api(town.worker).get("/api/due/").json()) if r["name"] == "张三丰")
    assert (row["tries"], row["who"], row["due_on"]) == (2, "category", "2026-11-30")


def test_the_list_costs_the_same_number_of_queries_for_twice_the_households(town, api, visit):
    visit(town.wang, "2026-10-05", met=False)
    client = api(town.worker)

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert client.get("/api/due/").status_code == 200
        return len(found)

    cost()
    before = cost()
    for order in range(6):
        home = town.household(
            town.group1,
            f"新户{order}",
            number=f"06010{order}",
            categories=("illness", "veteran") if order % 2 else (),
        )
        services.ensure_owed(households=[home.pk])
        visit(home, "2026-10-05", met=False, promise_kind="")
    assert cost() == before


def test_a_record_is_received_with_a_number_and_what_it_discharged(town, api):
    answer = put(api(town.worker), body(town.zhang, findings=[{"kind": "conflict", "detail": "邻里"}]))
    assert answer.status_code == 201
    receipt = answer.json()
    assert receipt["discharged"] == [{"who": "category", "period_title": "2026年11月"}]
    assert (receipt["day"], receipt["counts"]) == ("2026-11-23", True)
    assert receipt["number"].startswith("ZF-261123-")


def test_the_same_record_twice_is_one_visit(town, api):
    client, content = api(town.worker), body(town.zhang)
    first = put(client, content)
    again = put(client, content | {"sent_at": (clock.now() + dt.timedelta(minutes=2)).isoformat()})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"server_time": 0} == again.json() | {"server_time": 0}
    assert Visit.objects.count() == 1


def test_other_content_under_the_same_number_is_a_conflict_that_shows_the_author_his_own(town, api):
    put(api(town.worker), body(town.zhang, note="第一次"))
    answer = put(api(town.worker), body(town.zhang, note="第二次"))
    assert answer.status_code == 409
    assert answer.json()["mine"]["note"] == "第一次"


def test_a_strangers_number_is_a_conflict_that_tells_nothing(town, api):
    put(api(town.worker), body(town.zhang, note="不给看"))
    answer = put(api(town.neighbour), body(town.chen))
    assert answer.status_code == 409
    assert list(answer.json()) == ["detail"]
    assert api(town.neighbour).get(f"/api/visits/{NUMBER}/").status_code == 404


def test_the_neighbours_household_is_not_found_and_says_no_more_than_an_unknown_one(town, api):
    client = api(town.neighbour)
    stranger, unknown = put(client, body(town.zhang)), put(client, body(town.zhang, household=10**9))
    assert stranger.status_code == unknown.status_code == 404
    assert stranger.content == unknown.content


def test_the_office_sees_the_household_but_does_not_visit(town, api):
    assert put(api(town.office), body(town.zhang)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": "2026-11-24"}, "day"),
        ({"manner": "telepathy"}, "manner"),
        ({"happened_at": "2026-11-23T10:00"}, None),
        ({"findings": [{"kind": "gossip"}]}, "findings"),
        ({"household": "张三丰"}, "household"),
        ({"note": "长" * 501}, "note"),
        ({"promise_text": "没说哪样"}, "promise_kind"),
        ({"findings": [{"kind": "talent"}, {"kind": "talent"}]}, "findings"),
    ],
)
def test_wrong_content_is_told_by_field_in_chinese(town, api, changes, field):
    answer = put(api(town.worker), body(town.zhang, **changes))
    if field is None:
        assert answer.status_code == 201, "a time without a zone is Shanghai time"
        return
    assert answer.status_code == 422
    sentences = answer.json()["errors"][field]
    assert sentences
    said = "".join(sentences).replace("telepathy", "").replace("gossip", "")
    assert not any(letter.isascii() and letter.isalpha() for letter in said), said
    assert not Visit.objects.exists()


def test_no_content_at_all_is_told_and_not_a_fault_of_ours(town, api):
    client = api(town.worker)
    for nonsense in ("", "[]", "{}", '{"household": null}', "no json"):
        answer = client.put(f"/api/visits/{NUMBER}/", nonsense, content_type="application/json")
        assert answer.status_code in (400, 422)


def test_undo_makes_the_household_due_again(town, api):
    client = api(town.worker)
    put(client, body(town.zhang))
    assert client.post(f"/api/visits/{NUMBER}/undo/").status_code == 200
    assert "张三丰" in names(client.get("/api/due/").json()["overdue"])
    assert client.get(f"/api/visits/{NUMBER}/").json()["undone"] is True
    assert api(town.neighbour).post(f"/api/visits/{NUMBER}/undo/").status_code == 404
    assert api(town.assistant).post(f"/api/visits/{NUMBER}/undo/").status_code == 404
    assert api(town.leader).post(f"/api/visits/{NUMBER}/undo/").status_code == 403


def test_a_wrong_visit_is_replaced_by_naming_it(town, api):
    client = api(town.worker)
    put(client, body(town.zhang))
    answer = put(client, body(town.zhang, corrects=NUMBER, day="2026-10-30"), str(uuid.uuid4()))
    assert answer.status_code == 201
    assert client.get(f"/api/visits/{NUMBER}/").json()["undone"] is True


def test_the_log_is_the_readers_own_and_turns_pages(town, api, visit):
    for _ in range(55):
        visit(town.wang, "2026-10-05")
    visit(town.chen, "2026-10-05")
    client = api(town.worker)
    first = client.get("/api/visits/").json()
    second = client.get(f"/api/visits/?after={first['next']}").json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (50, 5, None)
    assert api(town.supervisor).get("/api/visits/").json()["results"] == []


def photo(size=(2400, 1200), **more):
    picture, drawn = Image.new("RGB", size, "green"), io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 50.0, 0.0)}
    exif[0x010F] = "HUAWEI"
    picture.save(drawn, "JPEG", exif=exif, **more)
    return SimpleUploadedFile("a.jpg", drawn.getvalue(), content_type="image/jpeg")


def test_a_photo_keeps_neither_place_nor_size_and_only_readers_of_the_visit_see_it(
    town, api, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client = api(town.worker)
    put(client, body(town.zhang))
    assert client.post(f"/api/visits/{NUMBER}/photo/", {"photo": photo()}).status_code == 200
    answer = client.get(f"/api/visits/{NUMBER}/photo/")
    kept = Image.open(io.BytesIO(b"".join(answer.streaming_content)))
    assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (1600, 800), {})
    assert api(town.neighbour).get(f"/api/visits/{NUMBER}/photo/").status_code == 404
    assert api(town.leader).post(f"/api/visits/{NUMBER}/photo/", {"photo": photo()}).status_code == 403


def test_who_left_the_grid_reads_neither_visit_nor_photo_but_a_record_sent_again_is_answered(
    town, api, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client, content = api(town.worker), body(town.zhang)
    put(client, content)
    assert client.post(f"/api/visits/{NUMBER}/photo/", {"photo": photo()}).status_code == 200
    Post.objects.filter(officer__user=town.worker).update(until=dt.date(2026, 11, 22))
    assert client.get(f"/api/visits/{NUMBER}/").status_code == 404
    assert client.get(f"/api/visits/{NUMBER}/photo/").status_code == 404
    assert client.post(f"/api/visits/{NUMBER}/photo/", {"photo": photo()}).status_code == 404
    with pytest.raises(PermissionDenied):
        services.add_photo(
            actor=town.worker, visit=Visit.objects.get(uuid=NUMBER), photo=photo().file, size=1
        )
    assert put(client, content).status_code == 200
    other = put(client, content | {"note": "别的"})
    assert (other.status_code, list(other.json())) == (409, ["detail"])


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 not a photo", b"<svg onload=alert(1)>"]
)
def test_what_is_no_photo_is_refused_with_a_sentence(town, api, settings, tmp_path, content):
    settings.MEDIA_ROOT = tmp_path
    client = api(town.worker)
    put(client, body(town.zhang))
    answer = client.post(f"/api/visits/{NUMBER}/photo/", {"photo": SimpleUploadedFile("a.jpg", content)})
    assert answer.status_code == 422
    assert answer.json()["errors"]["photo"]
    assert client.post(f"/api/visits/{NUMBER}/photo/", {}).status_code == 422


def test_a_household_away_is_marked_in_the_list(town, api, visit):
    Absence.objects.create(household=town.wang, since=dt.date(2026, 10, 2))
    services.ensure_owed()
    visit(town.wang, "2026-10-05", met=False)
    rows = _all(api(town.worker).get("/api/due/").json())
    assert [row["away"] for row in rows if row["name"] == "王大春"] == [False], (
        "the missed quarter was before"
    )
    visit(town.wang, "2026-09-20")
    rows = _all(api(town.worker).get("/api/due/").json())
    assert [row["away"] for row in rows if row["name"] == "王大春"] == [True]
