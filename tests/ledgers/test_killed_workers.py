"""A hundred jobs, real workers killed again and again, the broker emptied: nothing is lost, nothing is there twice.

On SQLite the broker is a folder, with TEST_REDIS_URL it is that Redis. There only keys with the prefix of this very
test process go: for its workers that is an empty Redis, and nobody else's keys are looked at.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from ledgers import services
from ledgers.models import Job, StoredFile
from tests.ledgers.background import Background, ask_for_many, empty_folder_of_the_broker, states, until
from tests.people import make_town_of_two

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

JOBS = 100


def empty_the_broker() -> None:
    if settings.REDIS_URL:
        import redis

        with redis.Redis.from_url(settings.REDIS_URL) as server:
            for key in server.scan_iter(f"{settings.REDIS_PREFIX}*", count=1000):
                server.delete(key)
    else:
        empty_folder_of_the_broker()


@pytest.fixture
def background(tmp_path: Path, transactional_db: None) -> Iterator[Background]:
    made = Background(tmp_path, settings.REDIS_URL)
    yield made
    said = made.end()
    empty_the_broker()
    sys.stderr.write(said)


def test_killed_workers_and_an_emptied_broker_lose_no_job_and_do_none_twice(background: Background) -> None:
    town = make_town_of_two()
    before = {path for path in settings.FILES_ROOT.rglob("*") if path.is_file()}
    pks = ask_for_many(town.secretary, town.jinxing, JOBS)
    # 1. Killed whole in the middle of two jobs; every bell that was rung is gone with the broker.
    background.start("beat")
    background.start("worker")
    background.hold_two_more()
    background.kill("worker")
    empty_the_broker()
    # 2. Only who works is killed: the worker puts new ones in their place.
    background.start("worker")
    background.hold_two_more()
    background.kill_those_who_work()
    # 3. Clock and worker killed together.
    background.hold_two_more()
    background.kill("beat")
    background.kill("worker")
    empty_the_broker()
    # 4. Once more while jobs come out one after the other.
    background.let_go()
    background.start("beat")
    background.start("worker")
    until(lambda: states(pks).get(Job.DONE, 0) >= JOBS // 5, "a fifth of the jobs")
    background.kill("worker")
    empty_the_broker()
    assert states(pks).get(Job.DONE, 0) < JOBS, "it was killed too late to mean anything"
    background.start("worker")
    until(lambda: states(pks).keys() <= {Job.DONE, Job.FAILED}, "every job to be over")
    assert states(pks) == {Job.DONE: JOBS}
    assert sum(Job.objects.filter(pk__in=pks).values_list("tries", flat=True)) >= JOBS + 6, (
        "nobody was killed"
    )
    # One result each, whole, and no row without a job.
    results = set(Job.objects.filter(pk__in=pks).values_list("result", flat=True))
    assert len(results) == JOBS == StoredFile.objects.count()
    for stored in StoredFile.objects.all():
        assert b"".join(services.open_file(stored)).startswith(b"PK")
    # What a killed worker may leave is a file that no row knows; the sweeper clears it away after an hour.
    known = {settings.FILES_ROOT / stored.path for stored in StoredFile.objects.all()}
    left = {path for path in settings.FILES_ROOT.rglob("*") if path.is_file()} - known - before
    assert len(left) <= 4
