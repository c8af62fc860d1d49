"""Files that only their owner may read: sealed piece by piece under DATA_DIR/files, whole or not there at all."""

import contextlib
import datetime as dt
import os
import secrets
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from core import clock, crypto
from ledgers.models import StoredFile

PIECE = 256 * 1024
_LENGTH = struct.Struct(">I")
WORK = "ledgers"  # the folder under FILE_UPLOAD_TEMP_DIR where a job has its plain files while it runs


class FileGone(Exception):
    """The row's file is not there any more, or cannot be opened."""


@dataclass(frozen=True)
class Sealed:
    """A sealed file that has no row yet."""

    path: str
    size: int

    def remove(self) -> None:
        (settings.FILES_ROOT / self.path).unlink(missing_ok=True)


def seal_file(source: IO[bytes]) -> Sealed:
    """Seal what `source` holds. OSError if the disk is full: then nothing is left of it."""
    path = f"{secrets.token_hex(1)}/{secrets.token_hex(16)}"
    target = settings.FILES_ROOT / path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            size = _seal(source, sink, path)
            sink.flush()
            os.fsync(sink.fileno())
        part.rename(target)
        _sync_folder(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise
    return Sealed(path, size)


@transaction.atomic
def keep_file(*, owner: Any, name: str, sealed: Sealed, keep: dt.timedelta) -> StoredFile:
    """The row of a sealed file. If the caller's transaction fails later, she removes the file, or the sweeper does."""
    now = clock.now()
    stored = StoredFile(
        owner=owner, name=name, path=sealed.path, size=sealed.size, made_at=now, keep_until=now + keep
    )
    stored.full_clean()
    stored.save()
    return stored


def store_file(*, owner: Any, name: str, source: IO[bytes], keep: dt.timedelta) -> StoredFile:
    """Seal `source` and write its row in one go."""
    sealed = seal_file(source)
    try:
        return keep_file(owner=owner, name=name, sealed=sealed, keep=keep)
    except BaseException:
        sealed.remove()
        raise


def open_file(stored: StoredFile) -> Iterator[bytes]:
    """The pieces of the plain file. FileGone at once if it is not there; a piece that was changed never comes out."""
    if not (settings.FILES_ROOT / stored.path).is_file():
        raise FileGone(stored.name)
    return _unseal(stored.path)


@contextmanager
def plain_copy(stored: StoredFile, folder: Path) -> Iterator[Path]:
    """The plain file under a name of its own, as long as the block lasts; for readers that need a path."""
    path = folder / f"{secrets.token_hex(8)}{Path(stored.name).suffix[:6]}"
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            for piece in open_file(stored):
                sink.write(piece)
        yield path
    finally:
        path.unlink(missing_ok=True)


def remove_file(stored: StoredFile) -> None:
    """Row and file; the file first, so that a row never promises what is gone for long."""
    (settings.FILES_ROOT / stored.path).unlink(missing_ok=True)
    stored.delete()


@contextmanager
def work_folder(token: str) -> Iterator[Path]:
    """A folder of its own for one lease of one job; gone when the block ends."""
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR) / WORK / token
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_leftovers(leases: set[str], before: dt.datetime) -> int:
    """Remove the plain folders of workers that died, and files no row knows that are older than `before`."""
    cleared = 0
    for folder in _entries(Path(settings.FILE_UPLOAD_TEMP_DIR) / WORK):
        if folder.name not in leases and _older(folder, before):
            shutil.rmtree(folder, ignore_errors=True)
            cleared += 1
    for folder in _entries(settings.FILES_ROOT):
        old = [file for file in _entries(folder) if _older(file, before)]
        paths = [f"{folder.name}/{file.name}" for file in old]
        known = set(StoredFile.objects.filter(path__in=paths).values_list("path", flat=True))
        for file, path in zip(old, paths, strict=True):
            if path not in known:
                file.unlink(missing_ok=True)
                cleared += 1
    return cleared


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _older(path: Path, before: dt.datetime) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime < before.timestamp()
    return False


def _seal(source: IO[bytes], sink: IO[bytes], path: str) -> int:
    """Each piece is bound to its file, its place and whether it is the last: none can be cut off, moved or swapped."""
    size, number, piece = 0, 0, source.read(PIECE)
    while True:
        following = source.read(PIECE) if piece else b""
        box = crypto.encrypt_bytes(piece, context=_context(path, number, not following))
        sink.write(_LENGTH.pack(len(box)) + box)
        size += len(piece)
        if not following:
            return size
        number, piece = number + 1, following


def _unseal(path: str) -> Iterator[bytes]:
    with (settings.FILES_ROOT / path).open("rb") as source:
        number, head = 0, source.read(_LENGTH.size)
        while head:
            box = source.read(_LENGTH.unpack(head)[0])
            head = source.read(_LENGTH.size)
            try:
                yield crypto.decrypt_bytes(box, context=_context(path, number, not head))
            except crypto.Unreadable:
                raise FileGone(path) from None
            number += 1


def _context(path: str, number: int, last: bool) -> str:
    return f"ledgers.file:{path}:{number}:{'last' if last else 'more'}"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
