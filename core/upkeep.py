"""Locks of whoever works on the whole database at once; the kernel gives them back however their holder ends, killed
ones included. Whoever holds the one that says "the tables are being changed" closes the site."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


def lock_path() -> Path:
    return Path(settings.DATA_DIR) / "migrating.lock"


@contextmanager
def changing_tables() -> Iterator[None]:
    """Every web process answers 503 while this block runs; a second one waits for the first."""
    path = lock_path()
    with path.open("a") as handle:
        if path.stat().st_uid == os.geteuid():
            path.chmod(
                0o644
            )  # whoever made it, root with a narrow umask too, the web process must be able to look
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def tables_are_changing() -> bool:
    """Whether anybody on this machine is inside `changing_tables`."""
    try:
        with lock_path().open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


class Busy(Exception):
    """Somebody on this machine is at it already."""


@contextmanager
def changing_keys() -> Iterator[None]:
    """Only one at a time; Busy for the second. The site stays open."""
    with (Path(settings.DATA_DIR) / "changing-keys.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield
