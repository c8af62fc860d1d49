"""What a gate stands on: a folder, a database and a web server of its own, thrown away afterwards."""

import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PATIENCE = 60.0
# What a machine's own set-up must not bring in.
OURS = ("DEBUG", "BEHIND_PROXY", "BACKUP_DIR", "REDIS_URL", "PORT", "DATA_DIR", "DATABASE_URL")


def fresh_keys() -> dict[str, str]:
    """Keys for one run: what one gate sealed, the base copied into another must be able to read."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": f"k1:{_key()}",
        "FIELD_HASH_KEY": _key(),
        "REPORT_KEYS": f"r1:{_key()}",
    }


def _key() -> str:
    from hongji.env import new_key

    return new_key()


def environment(folder: Path, database: str, keys: dict[str, str]) -> dict[str, str]:
    """The environment of everything that runs on this ground."""
    given = {name: value for name, value in os.environ.items() if name not in OURS}
    told = {"DATA_DIR": str(folder), "DATABASE_URL": database, "HONGJI_ENV": "development"}
    told |= {"HONGJI_ENV_FILE": "", "ALLOWED_HOSTS": HOST, "LOG_LEVEL": "ERROR", "PYTHONUNBUFFERED": "1"}
    return given | told | {"DJANGO_SETTINGS_MODULE": "hongji.settings"} | keys


class Databases:
    """Scratch databases: files, or on the server that TEST_DATABASE_URL names; no other is opened."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server, self.made = folder, server, []
        self._one_at_a_time = threading.Lock()

    @property
    def kind(self) -> str:
        return "PostgreSQL" if self.server else "SQLite"

    def new(self, name: str, like: str = "") -> str:
        """The address of an empty database, or of a copy of another that nobody is using."""
        if not self.server:
            path = self.folder / f"{name}.sqlite3"
            if like:
                shutil.copyfile(like.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        title = f"hongji_gates_{os.getpid()}_{name}".lower().replace("-", "_")[:60]
        with self._one_at_a_time:
            copied = f' TEMPLATE "{urlsplit(like).path[1:]}"' if like else ""
            self._say(f'CREATE DATABASE "{title}"{copied}')
            self.made.append(title)
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{title}"))

    def drop_all(self) -> None:
        for title in self.made:
            self._say(f'DROP DATABASE IF EXISTS "{title}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        import psycopg2

        connection = psycopg2.connect(urlunsplit(urlsplit(self.server)._replace(path="/postgres")))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """The web process exactly as `manage.py serve` runs it, on this process's database."""

    def __init__(self) -> None:
        self.port, self.process = free_port(), None
        self.log = Path(os.environ["DATA_DIR"]) / "web.log"

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        from core.management.commands.serve import command_lines

        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command_lines(self.port)["web"], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server does not answer: {self.log.read_text()[-2000:]}")
            threading.Event().wait(0.1)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", "/login/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill_a_worker(self) -> None:
        """kill -9 for one of those who answer; the one above them starts another."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)

    def kill_whole(self) -> None:
        """The same for all of them at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextmanager
def served() -> Iterator[Server]:
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def manage(*words: str) -> None:
    """A command of manage.py on this ground; RuntimeError with what it said if it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(words)}: {done.stdout}{done.stderr}"[-2000:])


def cookie_of(user: object) -> str:
    """A session of that user, as signing in would have left it."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
