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
from ledgers.models import Package, StoredFile

PIECE = 256 * 1024
PART = ".part"
LONGEST_KID = 16
_LENGTH = struct.Struct(">I")
WORK = "ledgers"  # the folder under FILE_UPLOAD_TEMP_DIR where a job has its plain files while it runs


class FileGone(Exception):
    """The row's file is not there any more, or cannot be opened."""


@dataclass(frozen=True)
class Sealed:
    """A sealed file that has no row yet."""

    path: str
    size: int
    root: Path

    def remove(self) -> None:
        (self.root / self.path).unlink(missing_ok=True)


def kept_root() -> Path:
    """Where what is kept for ever lies: beside the photos, so that every backup has it."""
    return settings.MEDIA_ROOT / "months"


def seal_file(source: IO[bytes], root: Path | None = None) -> Sealed:
    """Seal what `source` holds. OSError if the disk is full: then nothing is left of it."""
    root = root or settings.FILES_ROOT
    path = f"{secrets.token_hex(1)}/{secrets.token_hex(16)}"
    try:
        size = _put(_pieces(source), root, path)
    except BaseException:
        (root / path).unlink(missing_ok=True)
        raise
    return Sealed(path, size, root)


def seal_again(path: str, root: Path) -> None:
    """The same file under the newest key, in the place of the old one. FileGone: it does not open, and stays."""
    _put(open_path(path, root), root, path)


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
    return open_path(stored.path)


def open_path(path: str, root: Path | None = None) -> Iterator[bytes]:
    """The same by the path alone."""
    root = root or settings.FILES_ROOT
    if not (root / path).is_file():
        raise FileGone(path)
    return _unseal(path, root)


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
        known |= set(Package.objects.filter(path__in=paths).values_list("path", flat=True))
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


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


def _put(pieces: Iterator[bytes], root: Path, path: str) -> int:
    """Write the sealed file beside its name and move it there once it is on the disk; the bytes of the plain one."""
    target = root / path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_suffix(PART)
    part.unlink(missing_ok=True)  # of who was killed while sealing it again
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            size = _seal(pieces, sink, path)
            sink.flush()
            os.fsync(sink.fileno())
        part.rename(target)
        _sync_folder(target.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return size


def _seal(pieces: Iterator[bytes], sink: IO[bytes], path: str) -> int:
    """Each piece is bound to its file, its place and whether it is the last: none can be cut off, moved or swapped."""
    size, number, piece = 0, 0, next(pieces, b"")
    while True:
        following = next(pieces, b"") if piece else b""
        box = crypto.encrypt_bytes(piece, context=_context(path, number, not following))
        sink.write(_LENGTH.pack(len(box)) + box)
        size += len(piece)
        if not following:
            return size
        number, piece = number + 1, following


def kid_of(path: Path) -> str:
    """Which key seals the file: all its pieces were written in one go. Empty if it is no sealed file."""
    with path.open("rb") as source:
        head = source.read(_LENGTH.size + LONGEST_KID + 1)[_LENGTH.size :]
    kid, dot, _ = head.partition(b".")
    return kid.decode("ascii", "replace") if dot else ""


def _unseal(path: str, root: Path) -> Iterator[bytes]:
    with (root / path).open("rb") as source:
        number, head = 0, source.read(_LENGTH.size)
        while head:
            if len(head) < _LENGTH.size:
                raise FileGone(path)
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
