"""Bring a backup back, count every table again, and say so only if all of it is there."""

import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, connections

from core import epoch
from core.backup import postgresql
from core.backup.census import census
from core.backup.making import CONTEXT, BackupFailed, private, reason
from core.crypto import Unreadable
from core.models import Epoch
from core.sealed_files import open_file


class _Chunks(io.RawIOBase):
    """An iterator of bytes as a file that tarfile can read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            try:
                self._held = next(self._chunks)
            except StopIteration:
                return 0
        count = min(len(buffer), len(self._held))
        buffer[:count], self._held = self._held[:count], self._held[count:]
        return count


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A backup opened into a folder of its own, with its manifest; the folder goes afterwards."""
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as work:
        try:
            with tarfile.open(
                fileobj=io.BufferedReader(_Chunks(open_file(path, CONTEXT))), mode="r|gz"
            ) as tar:
                for member in tar:
                    _extract(tar, member, Path(work))
        except (Unreadable, tarfile.TarError, EOFError) as broken:
            raise BackupFailed("这个备份打不开：不完整，或者不是用现在这把钥匙封的。") from broken
        yield Path(work), json.loads((Path(work) / "manifest.json").read_text())


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, work: Path) -> None:
    """Plain files that stay inside `work`, nothing else. (tarfile's own filter="data" came with Python 3.11.4.)"""
    target = (work / member.name).resolve()
    content = tar.extractfile(member) if member.isfile() else None
    if content is None or not target.is_relative_to(work.resolve()):
        raise tarfile.TarError(member.name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(target, "wb", opener=private) as out:
        shutil.copyfileobj(content, out)


def verify_backup(path: Path) -> dict[str, Any]:
    """The manifest of a backup that opens to its last byte; BackupFailed otherwise."""
    with unpacked(path) as (_, manifest):
        return manifest


def restore_backup(path: Path) -> dict[str, Any]:
    """Replace database and media by what the backup holds, and compare every table with the manifest.

    Nothing may use the database meanwhile. BackupFailed if the engine differs or a table does not come back equal.
    The 库号 is a new one afterwards: phones offer again what they sent since the backup was made.
    """
    with unpacked(path) as (work, manifest):
        if manifest["engine"] != connection.vendor:
            raise BackupFailed(f"这是 {manifest['engine']} 的备份，现在用的是 {connection.vendor}。")
        try:
            (postgresql.replace if connection.vendor == "postgresql" else _restore_sqlite)(work / "database")
        except (OSError, DatabaseError, sqlite3.Error, subprocess.CalledProcessError) as broken:
            raise BackupFailed(f"没恢复成，数据库还是原来的样子：{reason(broken)}") from broken
        try:
            differing = _settle(work, manifest)
        except (OSError, DatabaseError) as broken:
            raise BackupFailed(
                f"数据库已经换成备份里的了，后面没做完：{reason(broken)}。"
                "备份是旧版本做的，就运行 migrate；不是，就再恢复一次。"
            ) from broken
    if differing:
        raise BackupFailed(f"恢复后有 {len(differing)} 张表和备份清单对不上：{'、'.join(sorted(differing))}")
    return manifest


def _settle(work: Path, manifest: dict[str, Any]) -> set[str]:
    """What belongs to the new database, what phones must notice first; then the tables that are not as the manifest
    says."""
    epoch.renew()
    _restore_media(work / "media")
    if connection.vendor == "postgresql":
        postgresql.drop_replaced()
    found = {table: counted for table, counted in census().items() if table != Epoch._meta.db_table}
    return {table for table, counted in found.items() if manifest["tables"].get(table) != counted}


def _restore_sqlite(dump: Path) -> None:
    connections.close_all()
    with (
        closing(sqlite3.connect(dump)) as source,
        closing(sqlite3.connect(connection.settings_dict["NAME"])) as target,
    ):
        source.backup(target)


def _restore_media(media: Path) -> None:
    """The old media are moved aside first and removed only when the new ones stand."""
    aside = settings.MEDIA_ROOT.with_name(settings.MEDIA_ROOT.name + ".before")
    shutil.rmtree(aside, ignore_errors=True)
    if settings.MEDIA_ROOT.exists():
        settings.MEDIA_ROOT.rename(aside)
    if media.exists():
        shutil.move(media, settings.MEDIA_ROOT)
    settings.MEDIA_ROOT.mkdir(exist_ok=True, mode=0o700)
    shutil.rmtree(aside, ignore_errors=True)
