"""Posts are fetched once in a request that only reads, give the same answer, and never outlive a change."""

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock, scope
from grids import services
from grids.duties import EVERY_VERB
from grids.models import WithheldVerb
from tests.factor import client_of
from tests.people import Town


def all_reaches(town: Town) -> dict[tuple[str, str], scope.Reach]:
    return {
        (part, verb): scope.reach_of(user, verb)
        for part, user in town.everyone.items()
        for verb in EVERY_VERB
    }


def test_everybody_reaches_the_same_with_every_verb(town: Town) -> None:
    WithheldVerb.objects.create(duty="worker", verb="phones.dial")
    services.appoint(
        actor=services.SERVER, officer=town.assistant.officer, territory=town.grid2, duty="worker",
        since=clock.today() - dt.timedelta(days=3),
    )  # fmt: skip
    told = all_reaches(town)
    assert told["assistant", "persons.see"]
    assert not told["worker", "phones.dial"]
    with scope.reading_only():
        assert all_reaches(town) == told
        assert all_reaches(town) == told


def test_a_token_stays_as_narrow_as_it_is(town: Town) -> None:
    with scope.reading_only():
        assert scope.reach_of(town.worker, "visits.see")
        town.worker.token_verbs = frozenset({"visits.record"})
        assert not scope.reach_of(town.worker, "visits.see")
        assert scope.reach_of(town.worker, "visits.record")


def test_a_desk_page_asks_for_the_readers_posts_once(town: Town) -> None:
    client = client_of(town.secretary)
    for path in ("/desk/", "/desk/register/", f"/desk/register/{town.zhang.pk}/"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        mine = [query["sql"] for query in asked if query["sql"].startswith('SELECT "grids_post"."duty"')]
        assert len(mine) == 1, path


def test_nothing_is_kept_after_the_request_or_outside_of_one(town: Town) -> None:
    client = client_of(town.worker)
    assert client.get("/desk/register/").status_code == 200
    assert not scope.is_reading_only()
    assert scope.reach_of(town.worker, "register.propose")
    town.worker.officer.posts.update(until=clock.today() - dt.timedelta(days=1))
    assert not scope.reach_of(town.worker, "register.propose")
    assert client.get("/desk/register/").status_code == 403


def test_a_request_that_may_write_asks_every_time(town: Town, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(services, "find", lambda actor, text: seen.append(scope.is_reading_only()) or [])
    client_of(town.secretary).post("/desk/register/find/", {"text": "张"})
    assert seen == [False]


def test_what_is_kept_goes_even_when_the_page_fails(town: Town) -> None:
    try:
        with scope.reading_only():
            raise LookupError
    except LookupError:
        pass
    assert not scope.is_reading_only()
