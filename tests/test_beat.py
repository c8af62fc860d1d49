"""What runs when: each line of the beat table names a task that exists, at its hour in Shanghai."""

import datetime as dt
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from celery import shared_task
from kombu.exceptions import OperationalError

from hongji.celery import Doorbell, app

TABLE = {
    "visits.tasks.ensure_owed": ("00:10", "daily"),
    "ledgers.tasks.sweep": ("every minute", "minute"),
    "grids.tasks.check_tree": ("02:30", "daily"),
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


def test_the_sweeper_is_called_every_minute():
    schedule = app.conf.beat_schedule["sweep-jobs"]["schedule"]
    assert len(schedule.minute) == 60
    assert len(schedule.hour) == 24


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
