"""The pulse of a running job, with real threads and a database that others really see."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from core.ledger import registry
from core.work import LeaseLost
from grids.models import VillagerGroup
from ledgers import pulse, services
from ledgers.models import Job
from tests.people import Town, make_town_of_two

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("ledgers"),
]


@pytest.fixture(autouse=True)
def fast(monkeypatch: Any) -> None:
    monkeypatch.setattr(pulse, "EVERY", 0.02)


@pytest.fixture
def job(transactional_db: None) -> Job:
    town: Town = make_town_of_two()
    job = services.ask_export(actor=town.secretary, slug="groups", territory=town.jinxing)
    job.town = town
    return job


def until(met: Any, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    waiting = threading.Event()
    while time.monotonic() < end:
        if met():
            return True
        waiting.wait(0.02)
    return False


def test_progress_is_seen_from_outside_while_the_job_runs(job: Job) -> None:
    token = Job.objects.take(job.pk)
    with pulse.Pulse(job, token, 64) as beating:
        beating(41)
        assert until(lambda: Job.objects.get(pk=job.pk).done == 41)
        assert Job.objects.get(pk=job.pk).total == 64


def test_a_job_that_is_stopped_notices_even_in_the_middle_of_one_long_step(job: Job) -> None:
    token = Job.objects.take(job.pk)

    def long_step() -> None:
        with pulse.Pulse(job, token) as beating:
            services.stop(actor=job.owner, job=job)
            assert until(lambda: beating._lost)
            beating(1)

    with pytest.raises(LeaseLost):
        long_step()


def test_progress_is_told_while_rows_are_being_read_and_others_write(job: Job, monkeypatch: Any) -> None:
    told: list[int] = []

    def rows(self: Any, scope: Any) -> Iterator[tuple]:
        for number, group in enumerate(VillagerGroup.objects.all().iterator(chunk_size=1), 1):
            writer = threading.Thread(target=write)
            writer.start()
            writer.join()
            if number < 3:
                assert until(lambda: Job.objects.get(pk=job.pk).lease_until is not None)
            yield group.name, group.position, None, ""
            told.append(number)

    def write() -> None:
        VillagerGroup.objects.filter(name="三组").update(position=9)
        connection.close()

    monkeypatch.setattr(type(registry.get("groups")), "rows", rows)
    assert services.run_job(job.pk) == Job.DONE
    assert len(told) == 4


def test_a_hundred_bells_for_one_job_make_one_result(job: Job) -> None:
    answers: list[str | None] = []

    def worker() -> None:
        try:
            answers.append(services.run_job(job.pk))
        finally:
            connection.close()

    workers = [threading.Thread(target=worker) for _ in range(8)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert sorted(answers, key=str) == [None] * 7 + [Job.DONE]
    assert Job.objects.get(pk=job.pk).tries == 1


def test_an_examination_tells_its_rows_and_is_stopped_in_the_middle(
    job: Job, sheet: Any, monkeypatch: Any
) -> None:
    examined = services.ask_examine(
        actor=job.owner,
        slug="groups",
        territory=job.territory,
        upload=sheet(*((f"{n}组", 1) for n in range(250))),
        name="组.xlsx",
    )
    seen: list[tuple[int, int | None]] = []

    def examine(self: Any, entries: Any, context: Any) -> None:
        context.looked_at(100, len(entries))
        # Reading the sheet is told too, where it takes more than a beat.
        until(lambda: (Job.objects.get(pk=examined.pk).done or 0) > len(entries) / 2)
        row = Job.objects.get(pk=examined.pk)
        seen.append((row.done, row.total))
        services.stop(actor=job.owner, job=examined)
        until(lambda: not Job.objects.filter(pk=examined.pk, state=Job.RUNNING).exists())
        for _ in range(500):
            until(lambda: False, 0.02)
            context.looked_at(200, len(entries))
        raise AssertionError("nobody stopped it")

    monkeypatch.setattr(type(registry.get("groups")), "examine", examine)
    services.run_job(examined.pk)
    assert seen == [(175, 250)]
    assert Job.objects.get(pk=examined.pk).state == Job.STOPPED


def test_while_it_saves_a_commit_stands_at_its_last_row(job: Job, sheet: Any, monkeypatch: Any) -> None:
    asked = {"actor": job.owner, "slug": "groups", "territory": job.territory, "name": "组.xlsx"}
    examined = services.ask_examine(upload=sheet(*((f"{n}组", 1) for n in range(130))), **asked)
    services.run_job(examined.pk)
    commit = services.ask_commit(actor=job.owner, examined=Job.objects.get(pk=examined.pk))
    seen: list[tuple[int, int | None]] = []
    save = type(registry.get("groups")).save

    def told(self: Any, plan: Any, context: Any) -> None:
        row = Job.objects.get(pk=commit.pk)
        seen.append((row.done, row.total))
        save(self, plan, context)

    monkeypatch.setattr(type(registry.get("groups")), "save", told)
    assert services.run_job(commit.pk) == Job.DONE
    assert seen == [(130, 130)]
