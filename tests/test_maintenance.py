"""While tables change the server answers 503 in Chinese, to pages and to programs, and is back by itself after."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import OperationalError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from core import upkeep
from hongji import maintenance
from tests.people import make_town_of_two

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def new_process(monkeypatch):
    """Nothing was asked yet, as in a web process that has just begun."""
    monkeypatch.setattr(maintenance.Maintenance, "fits", False)


@pytest.fixture
def client():
    made = Client()
    made.force_login(make_town_of_two().office)
    return made


def assert_away(client):
    page = client.get("/desk/")
    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "60", "no-store")
    assert "系统正在维护" in page.content.decode()
    assert "手机上记的都还在" in page.content.decode()
    answer = client.put("/api/visits/x/", data={}, content_type="application/json")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert json.loads(answer.content) == {"detail": "系统正在维护。"}


def test_while_the_tables_change_nobody_gets_in_and_afterwards_everybody(client):
    assert client.get("/desk/").status_code == 200
    with upkeep.changing_tables():
        assert_away(client)
        assert Client().get("/login/").status_code == 503
    assert client.get("/desk/").status_code == 200


def test_migrate_holds_the_door_while_it_works(client, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "django.core.management.commands.migrate.Command.handle",
        lambda *args, **options: seen.append(client.get("/desk/").status_code),
    )
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0, plan=True)
    assert seen == [503, 200]


def test_nobody_reads_a_town_that_is_half_restored(client, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(
        "core.management.commands.restore.restore_backup",
        lambda file: seen.append(client.get("/desk/").status_code) or {"made_at": "", "tables": {}},
    )
    (tmp_path / "made.backup").touch()
    call_command("restore", str(tmp_path / "made.backup"), yes=True)
    assert seen == [503]
    assert client.get("/desk/").status_code == 200


def test_the_web_process_can_look_at_a_lock_that_somebody_careful_made(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    careful = os.umask(0o077)
    try:
        with upkeep.changing_tables():
            assert upkeep.lock_path().stat().st_mode & 0o044 == 0o044
    finally:
        os.umask(careful)


def test_a_migrate_that_was_killed_holds_no_door(client):
    code = (
        "import fcntl, sys, time; lock = open(sys.argv[1], 'a'); fcntl.flock(lock, fcntl.LOCK_EX);"
        "print('held', flush=True); time.sleep(600)"
    )
    path = str(upkeep.lock_path())
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert client.get("/desk/").status_code == 503
        holder.kill()
    assert Path(path).exists()
    assert client.get("/desk/").status_code == 200


def test_new_code_on_old_tables_waits_until_they_are_there(client):
    recorder = MigrationRecorder(maintenance.connection)
    (newest,) = MigrationLoader(maintenance.connection).graph.leaf_nodes("visits")
    recorder.record_unapplied(*newest)
    assert_away(client)
    recorder.record_applied(*newest)
    assert client.get("/desk/").status_code == 200


def test_a_database_that_is_away_when_the_server_begins_is_no_fault_of_the_page(client, monkeypatch):
    def gone(*args):
        raise OperationalError("no server")

    with monkeypatch.context() as away:
        away.setattr(maintenance, "MigrationExecutor", gone)
        assert_away(client)
    assert client.get("/desk/").status_code == 200


def test_two_migrations_wait_for_each_other():
    order, inside = [], threading.Event()

    def second():
        inside.wait()
        with upkeep.changing_tables():
            order.append("second")

    other = threading.Thread(target=second)
    other.start()
    with upkeep.changing_tables():
        inside.set()
        other.join(0.2)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_a_page_whose_session_could_not_be_written_says_come_again_and_not_that_it_was_wrong(
    client, monkeypatch
):
    session = client.session
    session["used_at"] = 0  # so that it is to be written again
    session.save()

    def gone(self, *args, **options):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(Session, "save", gone)
    page = client.get("/desk/")
    assert page.status_code == 503
    assert "过几分钟再来" in page.content.decode()
