"""Jobs: done once, whoever dies meanwhile; a stopped one leaves nothing, a failed one says why."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings

from core import clock
from core.ledger import registry
from core.work import LEASE, MOST_TRIES, LeaseLost
from ledgers import services
from ledgers.models import Job, StoredFile
from tests.ledgers.jobs import MONTH, ask, content, die_in
from tests.people import Town

pytestmark = pytest.mark.usefixtures("ledgers", "november")


def test_a_worker_killed_halfway_is_replaced_and_there_is_one_result(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    with monkeypatch.context() as dying:
        die_in(dying, "rows", KeyboardInterrupt())  # nothing catches it, as nothing catches kill -9
        with pytest.raises(KeyboardInterrupt):
            services.run_job(job.pk)
    assert services.sweep()["done"] == 0, "the dead worker's lease still runs"
    with clock.stopped_at(clock.now() + LEASE + dt.timedelta(seconds=1)):
        assert services.sweep()["done"] == 1
        assert services.sweep()["done"] == 0
    job.refresh_from_db()
    assert (job.state, job.tries) == (Job.DONE, 2)
    assert StoredFile.objects.count() == 1


def test_a_slow_worker_that_lost_its_lease_keeps_nothing(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    rows = type(registry.get("groups")).rows

    def overtaken(self: Any, scope: Any) -> Any:
        monkeypatch.setattr(type(self), "rows", rows)
        Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - LEASE)
        assert services.run_job(job.pk) == Job.DONE  # the second worker, while the first still writes
        yield from rows(self, scope)

    monkeypatch.setattr(type(registry.get("groups")), "rows", overtaken)
    assert services.run_job(job.pk) is None
    assert StoredFile.objects.count() == 1
    stored = StoredFile.objects.get()
    files = [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()]
    assert settings.FILES_ROOT / stored.path in files
    assert content(stored)


def test_emptying_the_broker_loses_no_job(town: Town) -> None:
    jobs = [ask(town), ask(town, slug="monthly", period=MONTH), ask(town, actor=town.office)]
    # on_commit never ran in this test: no bell was rung at all.
    assert services.sweep()["done"] == 3
    assert {job.state for job in Job.objects.filter(pk__in=[j.pk for j in jobs])} == {Job.DONE}


def test_a_broker_that_is_away_does_not_fail_the_page(
    town: Town, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from ledgers import tasks

    def away(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.run, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(town)
    assert Job.objects.get(pk=job.pk).state == Job.WAITING


def test_only_the_jobs_number_travels_to_the_worker(
    town: Town, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from ledgers import tasks

    sent: list[tuple] = []
    monkeypatch.setattr(tasks.run, "delay", lambda *args: sent.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(town)
    assert sent == [(job.pk,)]


def test_a_stopped_job_saves_nothing(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    rows = type(registry.get("groups")).rows

    def stopped(self: Any, scope: Any) -> Any:
        assert services.stop(actor=town.secretary, job=job)
        yield from rows(self, scope)

    monkeypatch.setattr(type(registry.get("groups")), "rows", stopped)
    assert services.run_job(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.STOPPED, None)
    assert not StoredFile.objects.exists()
    assert services.sweep()["done"] == 0


def test_nobody_stops_another_persons_job(town: Town) -> None:
    job = ask(town)
    assert not services.stop(actor=town.office, job=job)
    assert services.stop(actor=town.secretary, job=job)
    assert not services.stop(actor=town.secretary, job=job), "it is over"


def test_a_full_disk_is_said_and_the_job_can_be_done_again(town: Town, monkeypatch: Any) -> None:
    job = ask(town)
    with monkeypatch.context() as full:
        die_in(full, "rows", OSError(28, "No space left on device"))
        assert services.run_job(job.pk) == Job.FAILED
    job.refresh_from_db()
    assert job.why == "磁盘满了，什么都没存。腾出地方，再做一次。"
    repeated = services.again(actor=town.secretary, job=job)
    assert services.run_job(repeated.pk) == Job.DONE


def test_an_unforeseen_fault_is_told_without_its_insides(town: Town, monkeypatch: Any, caplog: Any) -> None:
    job = ask(town)
    die_in(monkeypatch, "rows", RuntimeError("column 张三丰 exploded"))
    assert services.run_job(job.pk) == Job.FAILED
    job.refresh_from_db()
    assert "再做一次" in job.why
    assert "exploded" not in job.why


def test_a_database_that_is_away_leaves_the_job_to_the_sweeper(town: Town, monkeypatch: Any) -> None:
    from django.db import OperationalError

    job = ask(town)
    with monkeypatch.context() as away:
        die_in(away, "rows", OperationalError("server closed the connection"))
        assert services.run_job(job.pk) == Job.WAITING
    assert services.sweep()["done"] == 1
    assert Job.objects.get(pk=job.pk).state == Job.DONE


def test_a_job_that_kills_every_worker_is_given_up_with_a_sentence(town: Town) -> None:
    job = ask(town)
    Job.objects.filter(pk=job.pk).update(tries=MOST_TRIES)
    assert services.sweep()["given_up"] == 1
    assert "什么都没存" in Job.objects.get(pk=job.pk).why


def test_two_workers_cannot_take_the_same_job(town: Town) -> None:
    job = ask(town)
    token = Job.objects.take(job.pk)
    assert token
    assert Job.objects.take(job.pk) is None
    job.refresh_from_db()
    with pytest.raises(LeaseLost):
        job.beat("another")
