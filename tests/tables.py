"""The tests' tables on SQLite: the migrations make them once for each state of the code, and later runs copy them."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connection

from hongji.management.commands import migrate

ROOT = Path(__file__).resolve().parent.parent
# What tables, and the rows that migrations plant in them, can depend on.
MAKERS = (
    "*/migrations/*.py",
    "visits/services/tallies.py",
    "points/services/books.py",
    "*/models.py",
    "*/models/*.py",
    "hongji/settings.py",
    "requirements.txt",
)


@contextmanager
def copied_from(folder: Path) -> Iterator[None]:
    """While it lasts, `migrate` of an empty SQLite database in memory copies what it made last time from `folder`."""
    make = migrate.Command.handle

    def handle(command: Any, *args: Any, **options: Any) -> None:
        if connection.vendor != "sqlite" or connection.introspection.table_names():
            return make(command, *args, **options)
        kept = folder / f"{_state()}.sqlite3"
        if kept.exists():
            return _copy(kept)
        make(command, *args, **options)
        return _keep(kept)

    with mock.patch.object(migrate.Command, "handle", handle):
        yield


def lay(folder: Path, data: Path) -> None:
    """Put the tables into a DATA_DIR, if they have been made: `migrate` finds nothing to do there."""
    kept = folder / f"{_state()}.sqlite3"
    if kept.exists():
        data.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(kept, data / "hongji.sqlite3")


def _state() -> str:
    found = hashlib.sha256()
    for path in sorted(path for pattern in MAKERS for path in ROOT.glob(pattern)):
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:24]


def _copy(kept: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(kept)) as source:
        source.backup(connection.connection)


def _keep(kept: Path) -> None:
    for old in kept.parent.glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(fresh)) as copy:
        connection.connection.backup(copy)
    fresh.replace(kept)  # of two processes that make it at once either's is whole
