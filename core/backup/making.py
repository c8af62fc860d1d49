"""Make a backup: one moment of the database, the media beside it, a manifest, all sealed into one file."""

import contextlib
import gzip
import json
import os
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from core import clock
from core.backup import postgresql
from core.backup.census import census
from core.sealed_files import SealedWriter

CONTEXT = "backup"
KEEP = 30


class BackupFailed(Exception):
    """No backup was made or restored; the message says why and nothing was left half done."""


def make_backup(folder: Path | None = None) -> Path:
    """Write `hongji-<time>.backup` into `folder` (default settings.BACKUP_ROOT) and return its path."""
    folder = folder or settings.BACKUP_ROOT
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"hongji-{clock.now():%Y%m%d-%H%M%S-%f}.backup"
    beside = target.with_suffix(".part")
    try:
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as work:
            manifest = _dump(Path(work))
            with open(beside, "wb", opener=private) as out:
                with SealedWriter(out, CONTEXT) as sealed:
                    _pack(sealed, Path(work), manifest)
                out.flush()
                os.fsync(out.fileno())
        os.replace(beside, target)
    except (OSError, subprocess.SubprocessError, sqlite3.Error) as broken:
        raise BackupFailed(f"备份没做成：{reason(broken)}") from broken
    finally:
        beside.unlink(missing_ok=True)
    return target


def sweep_backups(folder: Path | None = None, keep: int = KEEP) -> int:
    """Remove all but the newest `keep` backups; how many went."""
    found = sorted((folder or settings.BACKUP_ROOT).glob("hongji-*.backup"))
    for old in found[:-keep]:
        old.unlink()
    return max(len(found) - keep, 0)


def _dump(work: Path) -> dict[str, Any]:
    engine = connection.vendor
    with transaction.atomic():
        counted = _dump_postgresql(work) if engine == "postgresql" else _dump_sqlite(work)
    return {
        "made_at": clock.now().isoformat(),
        "engine": engine,
        "demo": settings.DEMO,
        "tables": counted,
        "media": sum(1 for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()),
    }


def _dump_postgresql(work: Path) -> dict[str, Any]:
    """pg_dump and the census look at the same snapshot, so that the manifest is true under load."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
    postgresql.dump(work / "database", snapshot)
    return census()


def _dump_sqlite(work: Path) -> dict[str, Any]:
    """SQLite's own online backup; the write lock that IMMEDIATE holds keeps census and copy at one moment."""
    with contextlib.closing(sqlite3.connect(work / "database")) as copy:
        source = sqlite3.connect(f"file:{connection.settings_dict['NAME']}?mode=ro", uri=True)
        with contextlib.closing(source):
            source.backup(copy)
    return census()


def _pack(out: SealedWriter, work: Path, manifest: dict[str, Any]) -> None:
    text = work / "manifest.json"
    text.write_text(json.dumps(manifest, ensure_ascii=False, indent=1))
    # Level 3: a night backup of a full town is bound by compression, and higher levels save little.
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=3) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        tar.add(text, "manifest.json")
        tar.add(work / "database", "database")
        for path in _media():
            tar.add(path, f"media/{path.relative_to(settings.MEDIA_ROOT)}")


def _media() -> Iterator[Path]:
    yield from (path for path in sorted(settings.MEDIA_ROOT.rglob("*")) if path.is_file())


def reason(broken: Exception) -> str:
    """What went wrong, for whoever stands at the server."""
    if isinstance(broken, OSError) and broken.errno == 28:
        return "磁盘满了"
    if isinstance(broken, subprocess.CalledProcessError):
        return broken.stderr.decode(errors="replace")[-300:]
    return str(broken).partition("\n")[0]


def private(path: str, flags: int) -> int:
    """An opener for files that only their owner may read."""
    return os.open(path, flags, 0o600)
