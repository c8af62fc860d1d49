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
from django.db import connection, connections

from core import epoch
from core.backup.census import census
from core.backup.making import ASIDE, CONTEXT, BackupFailed, private, reason, run_postgresql
from core.crypto import Unreadable
from core.sealed_files import open_file

# What stands in `public` steps aside, tables with all that hangs on them and functions, but nothing of an extension's.
# To drop and to make the whole in one transaction would need more locks than a server as it comes has (6,706 of 6,400
# for 185 tables; so it is 2,400): the old is dropped when the new stands, each table by itself.
_STEP_ASIDE = f"""
CREATE SCHEMA {ASIDE};
DO $$
DECLARE
  each text;
BEGIN
  FOR each IN
    SELECT format('TABLE %s', oid::regclass) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT EXISTS
      (SELECT FROM pg_depend WHERE objid = pg_class.oid AND classid = 'pg_class'::regclass AND deptype = 'e')
    UNION ALL
    SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS
      (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
  LOOP
    EXECUTE format('ALTER %s SET SCHEMA {ASIDE}', each);
  END LOOP;
END $$;
"""


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
            (_restore_postgresql if connection.vendor == "postgresql" else _restore_sqlite)(work / "database")
        except (OSError, sqlite3.Error, subprocess.CalledProcessError) as broken:
            raise BackupFailed(f"没恢复成，数据库还是原来的样子：{reason(broken)}") from broken
        _restore_media(work / "media")
    differing = {table for table, counted in census().items() if manifest["tables"].get(table) != counted}
    if differing:
        raise BackupFailed(f"恢复后有 {len(differing)} 张表和备份清单对不上：{'、'.join(sorted(differing))}")
    epoch.renew()
    return manifest


def _restore_postgresql(dump: Path) -> None:
    """All in one transaction: until its end everybody sees the old tables, even if the power fails."""
    _drop_aside()
    connections.close_all()
    script = dump.with_suffix(".sql")
    run_postgresql(["pg_restore", "--no-owner", "--no-acl", f"--file={script}", str(dump)])
    # Terse: what PostgreSQL says of a fault may else hold the row.
    said = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"]
    what = ["--single-transaction", f"--command={_STEP_ASIDE}", f"--file={script}"]
    run_postgresql(["psql", *said, *what])
    _drop_aside()


def _drop_aside() -> None:
    """What the restored tables replaced, and what a restore that was cut short here had left of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s", [ASIDE]
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {table} CASCADE")
        cursor.execute(f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE")


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
