"""A file that is there whole or not at all: temporary name in the same folder, fsync, a look inside, rename."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_PREFIX, _SUFFIX = ".ledger-", ".part"
_STALE_SECONDS = 24 * 3600


@contextmanager
def written_whole(path: Path, look: Callable[[Path], None]) -> Iterator[BinaryIO]:
    """A file to write into; it gets the name `path` only after `look` found it good. Else nothing stays."""
    _sweep(path.parent)
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b", buffering=1 << 18) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        look(part)
        os.replace(part, path)
        _sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _sweep(folder: Path) -> None:
    """Remove what a killed process left here more than a day ago."""
    for part in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _STALE_SECONDS:
                part.unlink()


def _sync_folder(folder: Path) -> None:
    """The rename itself survives a power cut; not every system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
