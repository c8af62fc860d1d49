"""`make run` is one process for its user: what dies comes back, what is stopped is gone, and it says what it does."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.management.commands import serve
from tests import tables

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 60.0


def until(happened: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
    """Look again and again until it has happened; fail, saying what was waited for, if it never does."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for: {what}"
        threading.Event().wait(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((serve.HOST, 0))
        return probe.getsockname()[1]


# --- one child --------------------------------------------------------------------------------------------


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def child(said: list[str]) -> Iterator[Callable[[str], serve.Child]]:
    """Makes children that run a line of Python, and sees to it that none outlives the test."""
    made: list[serve.Child] = []

    def make(code: str) -> serve.Child:
        made.append(serve.Child("probe", [sys.executable, "-c", code], said.append))
        return made[-1]

    yield make
    for one in made:
        one.send(signal.SIGKILL)
        if one.process:
            one.process.wait()


def test_a_child_that_dies_at_once_is_started_again_later_and_later(child, said):
    quitter, now, waits = child("raise SystemExit(3)"), 100.0, []
    for _ in range(8):
        quitter.look(now)
        quitter.process.wait()
        quitter.look(now)
        waits.append(quitter.start_at - now)
        quitter.look(quitter.start_at - 0.01)
        assert quitter.process is None
        now = quitter.start_at
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    assert "probe 停了（退出码 3），1 秒后重新启动" in said


def test_a_child_that_was_steady_is_started_again_at_once(child, said):
    steady = child("import time; time.sleep(60)")
    steady.look(100.0)
    steady.send(signal.SIGKILL)
    steady.process.wait()
    steady.look(100.0 + serve.STEADY)
    steady.look(100.0 + serve.STEADY)
    assert steady.running()
    assert "probe 停了（退出码 -9），0 秒后重新启动" in said


def test_stopping_waits_for_a_child_that_finishes_its_work(child, said, tmp_path):
    ready, done = tmp_path / "ready", tmp_path / "done"
    worker = child(
        "import pathlib, signal, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(done)!r}).touch(), sys.exit(0)))\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(60)"
    )
    worker.look(0.0)
    until(ready.exists, "the child to be ready")
    serve.stop([worker])
    assert done.exists()
    assert not any("强行" in line for line in said)


def test_a_child_that_does_not_want_to_stop_is_killed_and_that_is_said(child, said, tmp_path):
    ready = tmp_path / "ready"
    stubborn = child(
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(60)"
    )
    stubborn.look(0.0)
    until(ready.exists, "the child to be ready")
    serve.stop([stubborn], grace=0.1)
    assert not stubborn.running()
    assert "强行结束" in said[-1]


# --- the whole --------------------------------------------------------------------------------------------


class Served:
    """`manage.py serve` in a process group of its own, and what it has printed so far."""

    def __init__(self, env: dict[str, str]) -> None:
        self.port, self.lines = free_port(), []
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--migrate", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command,
            env=env,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as out:
            self.lines.extend(out)

    def pids(self, name: str) -> list[int]:
        return [
            int(found[1])
            for line in list(self.lines)
            if (found := re.search(rf"{name} 启动，进程 (\d+)", line))
        ]

    def says(self, text: str) -> bool:
        return any(text in line for line in list(self.lines))

    def group_is_empty(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def status(self) -> int:
        connection = http.client.HTTPConnection(serve.HOST, self.port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture
def served(plain_env, pytestconfig) -> Iterator[Served]:
    """With its tables made, where there are some: that an empty folder is enough is asked in test_settings.py."""
    tables.lay(pytestconfig.cache.mkdir("tables"), Path(plain_env["DATA_DIR"]))
    running = Served(plain_env)
    yield running
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_web_worker_and_beat_start_come_back_and_stop_together(served, plain_env, end):
    until(lambda: served.says(f"http://127.0.0.1:{served.port}/"), f"the ready line; it said {served.lines}")
    assert served.status() == 302  # to the sign-in page: closed by default
    assert served.says(f"DATA_DIR={plain_env['DATA_DIR']} .venv/bin/python manage.py first_admin")

    until(lambda: served.pids("worker") and served.pids("beat"), "worker and beat to begin after the web")
    for name in ("worker", "beat"):
        (pid,) = served.pids(name)
        os.kill(pid, signal.SIGKILL)
        until(lambda name=name: len(served.pids(name)) == 2, f"{name} to come back")
        assert served.says(f"{name} 停了（退出码 -9）")
    assert served.status() == 302  # the web never noticed

    if end == signal.SIGHUP:  # the terminal was closed: the whole group hears it
        os.killpg(served.process.pid, end)
    else:
        served.process.send_signal(end)
    assert served.process.wait(timeout=DEADLINE) == 0
    assert served.says("都停了")
    until(served.group_is_empty, "every child and grandchild to be gone")


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_before_anything_starts(manage):
    with socket.socket() as other:
        other.bind((serve.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        done = manage("serve", "--port", str(port))
    assert done.returncode != 0
    assert f"{port} 端口已经有程序在用" in done.stderr
    assert f"PORT={port + 1}" in done.stderr
