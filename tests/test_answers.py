"""Every answer of the site: where it sends you, what it says when it says no, and what no browser may do with it."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.exceptions import ValidationError as Unfit
from rest_framework.test import APIRequestFactory

from core import clock
from core.middleware import NoStore
from hongji import errors, views
from tests.factor import client_of
from tests.people import make_town_of_two

COMPUTER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0"
PHONE = "Mozilla/5.0 (Linux; Android 12; HLK-AL00) Chrome/120.0 Mobile Safari/537.36"


@pytest.fixture
def town(db):
    return make_town_of_two()


@pytest.fixture
def somebody(db):
    return get_user_model().objects.create_user(username="tangzhuang01", password="Hong-ji 2026")


@pytest.mark.parametrize(("agent", "place"), [(PHONE, "/v/"), (COMPUTER, "/desk/"), ("", "/desk/")])
def test_home_is_the_visits_on_a_phone_and_the_desk_on_a_computer(client, town, agent, place):
    client.force_login(town.secretary)
    answer = client.get("/", headers={"user-agent": agent})
    assert (answer.status_code, answer.url) == (302, place)


@pytest.mark.parametrize(("part", "place"), [("supervisor", "/desk/coverage/"), ("sysadmin", "/desk/")])
def test_a_phone_without_visits_to_make_goes_to_a_page_that_opens(client, town, part, place):
    client.force_login(getattr(town, part))
    answer = client.get("/", headers={"user-agent": PHONE})
    assert answer.url == place
    assert client.get(place).status_code == 200
    assert client.get("/", headers={"user-agent": COMPUTER}).url == "/desk/"


def test_who_has_no_post_is_told_whom_to_ask(client, somebody):
    client.force_login(somebody)
    assert client.get("/").url == "/no-post/"


def test_strangers_are_sent_to_the_sign_in_page(client, db):
    answer = client.get("/", headers={"user-agent": COMPUTER})
    assert answer.status_code == 302
    assert "next=/" in answer.url


# --- what no browser may do -------------------------------------------------------------------------------


def test_nothing_from_elsewhere_nothing_inline_no_frame_and_no_cache(client, somebody):
    client.force_login(somebody)
    answer = client.get("/nowhere/")
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert "noindex" in answer["X-Robots-Tag"]


def test_a_view_that_knows_better_sets_its_own_cache_control(rf):
    shell = NoStore(lambda request: HttpResponse(headers={"Cache-Control": "public, max-age=60"}))
    assert shell(rf.get("/"))["Cache-Control"] == "public, max-age=60"


# --- how long one stays signed in -------------------------------------------------------------------------


def test_a_session_that_is_used_lives_on_and_is_not_written_at_every_step(client, somebody, monkeypatch):
    client.force_login(somebody)
    written = []
    moments = {"first": "2026-11-02T08:00", "soon": "2026-11-02T08:09", "later": "2026-11-02T08:11"}
    for name, moment in moments.items():
        before = Session.objects.get().session_data
        with clock.stopped_at(moment):
            client.get("/")
        written.append((name, Session.objects.get().session_data != before))
    assert written == [("first", True), ("soon", False), ("later", True)]


def test_a_stranger_costs_no_session(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/")


# --- how the site says no ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "status", "says"),
    [
        (views.bad_request, 400, "地址或内容不对"),
        (views.denied, 403, "这里您不能进"),
        (views.missing, 404, "没有找到"),
        (views.csrf_failed, 403, "页面放得太久了"),
        (views.locked_out, 429, "试错太多次"),
        (views.broken, 500, "这里出了毛病"),
    ],
)
def test_a_refusal_is_a_chinese_page_or_chinese_json(rf, view, status, says):
    page, data = view(rf.get("/desk/")), view(rf.get("/api/visits/"))
    assert page.status_code == data.status_code == status
    assert says in page.content.decode()
    assert data["Content-Type"] == "application/json"
    assert says in data.content.decode()


def refusal(fault):
    return errors.answer(fault, {"request": APIRequestFactory().get("/api/"), "view": None})


def test_a_services_refusal_is_the_clients_fault_by_field():
    answer = refusal(ValidationError({"when": "日期还没到。", "__all__": ["两条矛盾。"]}))
    assert answer.status_code == 422
    assert answer.data == {"errors": {"when": ["日期还没到。"], "__all__": ["两条矛盾。"]}}


def test_a_services_refusal_without_a_field():
    assert refusal(ValidationError("已经封账。")).data == {"errors": {"__all__": ["已经封账。"]}}


def test_a_serializers_refusal_looks_the_same_however_deep_it_lies():
    said = {"non_field_errors": ["两条矛盾。"], "rows": [{}, {"name": ["没有填。"]}], "when": ["日期不对。"]}
    answer = refusal(Unfit(said))
    assert answer.status_code == 422
    assert answer.data == {
        "errors": {"__all__": ["两条矛盾。"], "rows": ["没有填。"], "when": ["日期不对。"]},
    }
    assert refusal(Unfit("读不出来。")).data == {"errors": {"__all__": ["读不出来。"]}}


# A wrong body at one door of each room that writes: one answer everywhere.
WRONG = [
    ("put", "/api/visits/7d0c7e2a-6f5c-4d0c-9d42-000000000001/", "office"),
    ("put", "/api/changes/7d0c7e2a-6f5c-4d0c-9d42-000000000002/", "office"),
    ("post", "/api/ledgers/visits/export/", "office"),
]


@pytest.mark.parametrize(("method", "address", "who"), WRONG)
def test_every_rooms_api_refuses_wrong_content_in_one_shape(town, method, address, who):
    client = client_of(getattr(town, who))
    answer = getattr(client, method)(address, data="{}", content_type="application/json")
    assert answer.status_code == 422, answer.content.decode()
    errors_told = answer.json()["errors"]
    assert answer.json().keys() == {"errors"}
    assert errors_told
    assert all(isinstance(line, str) for told in errors_told.values() for line in told)


def test_a_strangers_row_and_an_unknown_one_are_told_apart_by_nothing():
    bodies = {str(refusal(fault).data) for fault in (Http404("Household 17"), NotFound("no such"), Http404())}
    assert bodies == {"{'detail': ErrorDetail(string='没有找到。', code='not_found')}"}


def test_what_cannot_be_read_is_not_repeated():
    answer = refusal(ParseError("JSON parse error - Expecting value: 19900001234"))
    assert answer.status_code == 400
    assert answer.data["detail"] == "发来的内容读不懂，格式不对。"


def test_permission_denied_is_403():
    assert refusal(PermissionDenied()).status_code == 403


# --- the API's own page -----------------------------------------------------------------------------------


def test_the_api_is_closed_to_strangers(client, db):
    assert client.get("/api/schema/").status_code == 401
    assert client.get("/api/docs/").url.startswith("/login/")  # a page, read by people


@pytest.mark.django_db(transaction=True)
def test_the_apis_page_works_without_a_cdn_under_the_policy(page_desk, sign_in, somebody):
    sign_in(page_desk, somebody)
    asked = []
    page_desk.on("request", lambda request: asked.append(request.url))
    page_desk.goto("/api/docs/")
    page_desk.get_by_role("heading", name="接口说明").wait_for()
    assert asked
    assert all(url.startswith((page_desk.url.split("/api/")[0], "data:")) for url in asked)
