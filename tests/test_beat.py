"""What runs when: each line of the beat table names a task that exists, at its hour in Shanghai."""

import datetime as dt
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from core.work import LEASE
from hongji.celery import Doorbell, app
from ledgers import pulse, sweeping

TABLE = {
    "visits.tasks.ensure_owed": ("00:10", "daily"),
    "appeals.tasks.remind_of_petitions": ("every hour", "hour"),
    "jobs.tasks.remind_to_ask": ("every hour", "hour"),
    "accounts.tasks.ensure_notices": ("every hour", "hour"),
    "accounts.tasks.send_notices": ("every five minutes", "minutes"),
    "ledgers.tasks.sweep": ("every 15 seconds", "seconds"),
    "ledgers.tasks.tidy": ("every ten minutes", "minutes"),
    "ledgers.tasks.month_end": ("00:30 on the 1st", "monthly"),
    "ledgers.tasks.compare_months": ("01:10", "daily"),
    "grids.tasks.check_tree": ("02:30", "daily"),
    "jobs.tasks.note_ended_terms": ("00:45", "daily"),
    "visits.tasks.recount": ("02:50", "daily"),
    "points.tasks.post_due": ("every hour", "hour"),
    "points.tasks.expire": ("00:25", "daily"),
    "points.tasks.settle_splits": ("00:35", "daily"),
    "points.tasks.check_books": ("03:40", "daily"),
    "core.tasks.backup": ("03:00", "daily"),
}


def test_the_table_is_this_one_and_every_task_of_it_exists():
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert named == set(TABLE)
    for task in named:
        import_module(task.rpartition(".")[0])
        assert task in app.tasks


@pytest.mark.parametrize("task", [task for task, (_, rhythm) in TABLE.items() if rhythm == "daily"])
def test_a_daily_entry_falls_due_at_its_hour_in_shanghai(task, monkeypatch):
    schedule = next(entry["schedule"] for entry in app.conf.beat_schedule.values() if entry["task"] == task)
    hour, minute = map(int, TABLE[task][0].split(":"))
    due = dt.datetime(2026, 11, 1, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr(schedule, "nowfun", lambda: due - dt.timedelta(minutes=1))
    assert not schedule.is_due(due - dt.timedelta(days=1)).is_due
    monkeypatch.setattr(schedule, "nowfun", lambda: due)
    assert schedule.is_due(due - dt.timedelta(days=1)).is_due


def test_the_months_package_falls_due_half_an_hour_into_the_first_in_shanghai(monkeypatch):
    schedule = app.conf.beat_schedule["month-end"]["schedule"]
    due = dt.datetime(2026, 12, 1, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    before = due.replace(month=11)
    for moment, falls in ((due - dt.timedelta(minutes=1), False), (due, True)):
        monkeypatch.setattr(schedule, "nowfun", lambda moment=moment: moment)
        assert schedule.is_due(before).is_due is falls


def test_what_the_first_missed_is_looked_for_every_ten_minutes():
    again = app.conf.beat_schedule["month-end-again"]
    assert again["task"] == app.conf.beat_schedule["month-end"]["task"]
    assert again["schedule"].minute == {0, 10, 20, 30, 40, 50}
    assert len(again["schedule"].hour) == 24


def test_the_work_of_a_killed_worker_is_in_other_hands_in_time():
    """R8 of the quality list: all is done a minute after the last kill; a worker needs some seconds to start."""
    sweep = app.conf.beat_schedule["sweep-jobs"]
    every = sweep["schedule"].total_seconds()
    assert every == sweeping.EVERY
    assert LEASE.total_seconds() + every <= 45
    # A sweep is over, and its bell and those it rang are silent, before the next one.
    assert sweep["options"]["expires"] < every
    assert every > sweeping.AT_MOST


def test_a_worker_that_lives_keeps_its_lease_over_several_missed_beats():
    assert LEASE.total_seconds() >= 4 * pulse.AT_LEAST
    locked = settings.DATABASES["default"]["OPTIONS"].get("timeout", 20)
    assert pulse.AT_LEAST + locked < LEASE.total_seconds()


def test_notices_are_written_every_hour_after_what_is_owed_and_sent_every_five_minutes():
    written = app.conf.beat_schedule["ensure-notices"]["schedule"]
    owed = app.conf.beat_schedule["ensure-owed"]["schedule"]
    assert len(written.hour) == 24
    assert len(written.minute) == 1
    assert min(written.minute) > min(owed.minute)
    for name in ("remind-of-petitions", "remind-to-ask"):
        told = app.conf.beat_schedule[name]["schedule"]
        assert len(told.hour) == 24
        assert min(told.minute) < min(written.minute)
    sent = app.conf.beat_schedule["send-notices"]["schedule"]
    assert (len(sent.minute), len(sent.hour)) == (12, 24)


def test_a_bell_that_was_not_answered_in_time_is_not_rung_twice():
    assert all(entry["options"]["expires"] for entry in app.conf.beat_schedule.values())


def test_a_broker_that_is_away_does_not_fail_whoever_rings(monkeypatch, caplog):
    @shared_task(name="tests.bell", base=Doorbell)
    def bell() -> None: ...

    def away(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("celery.app.task.Task.apply_async", away)
    assert bell.delay() is None
    assert "waits for the sweeper" in caplog.text


def test_messages_are_json_and_jobs_are_acknowledged_when_done():
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_acks_late
    assert not app.conf.task_always_eager
