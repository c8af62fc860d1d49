"""Worker and beat as `make run` starts them, on the database of whoever asks, and killed as a power cut kills them."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from core.ledger import registry
from core.management.commands import serve
from ledgers import services
from ledgers.models import Job
from tests.ledgers.held import HALL, HURRIED, Held

ROOT = Path(__file__).resolve().parent.parent.parent
DEADLINE = 60.0


def until(happened: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
    """AssertionError if it does not happen in time."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"waited in vain for: {what}"
        threading.Event().wait(0.05)


def database_url() -> str:
    """This process's own database, as another process names it."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    user, password = quote(found["USER"], safe=""), quote(found["PASSWORD"], safe="")
    return f"postgres://{user}:{password}@{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"


def empty_folder_of_the_broker() -> None:
    for message in Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]).iterdir():
        message.unlink(missing_ok=True)


class Background:
    """Each process in a group of its own, so that it can be killed whole; their words go to `workers.log`."""

    def __init__(self, folder: Path, redis_url: str, *, hurried: bool = True) -> None:
        self.hall = folder / "hall"
        self.hall.mkdir()
        self.log_path = folder / "workers.log"
        self.log = self.log_path.open("wb")
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "hongji.settings",
            "DATABASE_URL": database_url(),
            "REDIS_URL": redis_url,
            "REDIS_PREFIX": settings.REDIS_PREFIX,
            "DATA_DIR": str(settings.DATA_DIR),
            HALL: str(self.hall),
            HURRIED: "yes" if hurried else "",
        }

    def start(self, name: str) -> None:
        words = serve.command_lines(port=0)[name]
        argv = ["tests.ledgers.trial_app" if word == "hongji" else word for word in words]
        assert argv != words
        self.running[name] = subprocess.Popen(
            argv, env=self.env, cwd=ROOT, stdout=self.log, stderr=self.log, start_new_session=True
        )

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_those_who_work(self) -> None:
        """The children only, as the kernel does when memory runs out: the worker itself goes on."""
        main = self.running["worker"].pid
        # Listed by the thread that made them: the first ones have another parent than their successors.
        lists = [path.read_text(encoding="ascii") for path in Path(f"/proc/{main}/task").glob("*/children")]
        for child in " ".join(lists).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def end(self) -> str:
        """Kill what still runs; what they all said."""
        for name in list(self.running):
            self.kill(name)
        self.log.close()
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def begun(self) -> int:
        return len(list(self.hall.glob("begun-*")))

    def hold_two_more(self) -> None:
        before = self.begun()
        until(lambda: self.begun() >= before + 2, "two jobs in the middle of their work")

    def let_go(self) -> None:
        (self.hall / "go").touch()


def ask_for_many(actor: Any, territory: Any, count: int) -> list[int]:
    """So many exports of the ledger that waits, one for each month back from December 2025."""
    months = [f"{2025 - number // 12}-{12 - number % 12:02d}" for number in range(count)]
    with registry.emptied():
        registry.register(Held)
        return [
            services.ask_export(actor=actor, slug="held", territory=territory, period=month).pk
            for month in months
        ]


def states(pks: list[int]) -> dict[str, int]:
    found = list(Job.objects.filter(pk__in=pks).values_list("state", flat=True))
    return {state: found.count(state) for state in set(found)}
