"""One's own inbox: on the desk, on the phone and by the API; nobody reads another's."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notice
from accounts.notices import Call
from accounts.notices.kinds import kind_of
from accounts.notices.writing import tell
from core import clock
from core.periods import Month
from tests.factor import client_of
from tests.people import Town

NOVEMBER = Month.parse("2026-11")
WHY = "您是金星村 金星第一网格的专职网格员"


@pytest.fixture
def told(town: Town, month_end):
    """`told(user, …)`: each has a notice of five things, of `month`."""
    kind = month_end()

    def make(*users, month=NOVEMBER):
        calls = [Call(user.pk, 5, WHY, "/v/") for user in users]
        tell(kind=kind, month=month, whom="worker", calls=calls, rule="月底的事，当月31日提醒专职网格员")
        return [Notice.objects.get(user=user, period=str(month)) for user in users]

    return make


@pytest.mark.parametrize("page", ["accounts:notices", "accounts:my_notices"])
def test_she_sees_what_she_was_told_and_why(town, told, page):
    told(town.worker)
    shown = client_of(town.worker).get(reverse(page)).content.decode()
    for words in (
        "月底的事",
        "2026年11月还有 5 件没办。",
        "为什么提醒我",
        WHY,
        "当月31日提醒专职网格员",
        "没看过",
    ):
        assert words in shown
    assert "月底的事" not in client_of(town.leader).get(reverse(page)).content.decode()


@pytest.mark.parametrize("page", ["accounts:notices", "accounts:my_notices"])
def test_an_empty_inbox_says_when_something_comes(town, page):
    assert "没有提醒。" in client_of(town.assistant).get(reverse(page)).content.decode()


@pytest.mark.parametrize("page", ["accounts:notices", "accounts:my_notices", "notices-list"])
def test_what_came_last_stands_first_also_what_came_again(town, told, page):
    october, november = (told(town.worker, month=Month.parse(month))[0] for month in ("2026-10", "2026-11"))
    Notice.objects.filter(pk=october.pk).update(created=november.created + dt.timedelta(minutes=5))
    shown = client_of(town.worker).get(reverse(page)).content.decode()
    assert shown.index("2026年10月还有") < shown.index("2026年11月还有")


@pytest.mark.parametrize("name", ["accounts:notice", "notices-read"])
def test_anothers_notice_is_as_unknown_as_one_that_never_was(town, told, name):
    hers = told(town.worker)[0]
    for part in ("leader", "secretary", "office", "sysadmin", "nobody"):
        client = client_of(town.everyone[part])
        other, never = (client.post(reverse(name, args=[pk])) for pk in (hers.pk, 987654321))
        assert other.status_code == never.status_code == 404, part
        assert other.content == never.content
    hers.refresh_from_db()
    assert hers.read_at is None


def test_following_a_notice_reads_it_and_leads_on(town, told):
    notice = told(town.worker)[0]
    client = client_of(town.worker)
    assert client.get(reverse("accounts:notice", args=[notice.pk])).status_code == 405
    assert client.post(reverse("accounts:notice", args=[notice.pk])).url == "/v/"
    notice.refresh_from_db()
    assert notice.read_at is not None
    first = notice.read_at
    client.post(reverse("accounts:notice", args=[notice.pk]))
    notice.refresh_from_db()
    assert notice.read_at == first


def test_read_without_leaving_the_page_it_stands_on(town, told):
    one, other = told(town.worker)[0], told(town.leader)[0]
    client = client_of(town.worker)
    stay = {"stay": "1", "phone": "1"}
    assert client.post(reverse("accounts:notice", args=[one.pk]), stay).url == reverse("accounts:my_notices")
    told(town.worker, month=NOVEMBER.next)
    assert client.post(reverse("accounts:read_notices")).url == reverse("accounts:notices")
    assert not Notice.objects.of(town.worker).unread().exists()
    other.refresh_from_db()
    assert other.read_at is None


def test_the_api_lists_ones_own_and_marks_them_read(town, told):
    notice = told(town.worker, town.leader)[0]
    client = client_of(town.worker)
    rows = client.get("/api/notices/").json()["results"]
    assert [(row["id"], row["words"], row["read_at"]) for row in rows] == [
        (notice.pk, "2026年11月还有 5 件没办。", None)
    ]
    assert client.post(f"/api/notices/{notice.pk}/read/").json()["read_at"]
    assert client.post("/api/notices/1e9/read/").status_code == 404


def test_the_desks_first_page_shows_what_is_unread(town, told):
    told(town.secretary)
    client = client_of(town.secretary)
    assert "2026年11月还有 5 件没办。" in client.get(reverse("desk")).content.decode()
    client.post(reverse("accounts:read_notices"))
    assert "2026年11月还有 5 件没办。" not in client.get(reverse("desk")).content.decode()


def test_the_phone_learns_how_many_are_unread_once_their_time_has_come(town, told):
    told(town.worker, town.leader)
    told(town.worker, month=NOVEMBER.next)
    client = client_of(town.worker)
    assert client.get("/api/me/").json()["unread"] == 2
    client.post(reverse("accounts:notice", args=[Notice.objects.filter(user=town.worker).first().pk]))
    assert client.get("/api/me/").json()["unread"] == 1
    later = clock.now() + dt.timedelta(days=30)
    Notice.objects.update(created=later)  # as a clock that runs ahead writes it
    assert client.get("/api/me/").json()["unread"] == 0
    with clock.stopped_at(later):
        assert client.get("/api/me/").json()["unread"] == 1


def test_more_notices_ask_no_more_questions(town, told, django_assert_num_queries):
    client = client_of(town.worker)
    for number in range(3):
        told(town.worker, month=NOVEMBER.shift(number))
    pages = (reverse("accounts:notices"), reverse("accounts:my_notices"), "/api/notices/")
    counted = {}
    for page in pages:
        client.get(page)
        with CaptureQueriesContext(connection) as before:
            client.get(page)
        counted[page] = len(before)
    for number in range(3, 15):
        told(town.worker, month=NOVEMBER.shift(number))
    for page in pages:
        with django_assert_num_queries(counted[page]):
            client.get(page)


def test_writing_for_many_asks_no_more_questions_than_for_few(town, month_end, django_assert_num_queries):
    kind = month_end()
    every = [town.worker, town.leader, town.assistant, town.secretary, town.neighbour, town.office]

    def write(users, month):
        tell(kind=kind, month=month, whom="worker", calls=[Call(user.pk, 1, "…", "/v/") for user in users])

    with CaptureQueriesContext(connection) as few:
        write(every[:1], NOVEMBER)
    with django_assert_num_queries(len(few)):
        write(every, NOVEMBER.next)


def test_old_notices_are_on_the_next_page(town, told):
    for number in range(21):
        told(town.worker, month=NOVEMBER.shift(number))
    client = client_of(town.worker)
    first = client.get(reverse("accounts:notices")).content.decode()
    assert "2026年11月" not in first
    assert "下一页" in first
    assert kind_of("tests.end") is not None
    assert client.get(reverse("accounts:notices"), {"after": "x"}).status_code == 404
    assert clock.today()
