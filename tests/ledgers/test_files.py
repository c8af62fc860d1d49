"""Stored files: nobody reads them on the disk, nobody changes them unnoticed, none is ever half there."""

import datetime as dt
import io
import os
from typing import Any

import pytest
from django.conf import settings

from core import clock
from ledgers import files
from ledgers.models import StoredFile
from tests.people import Town

DAY = dt.timedelta(days=1)
TEXT = "陈小军 身份证 349901".encode() * 40_000  # several pieces


def store(town: Town, content: bytes = TEXT) -> StoredFile:
    return files.store_file(owner=town.office, name="花名册.xlsx", source=io.BytesIO(content), keep=DAY)


@pytest.mark.parametrize("content", [b"", b"x", TEXT[: files.PIECE], TEXT])
def test_what_is_stored_comes_back(town: Town, content: bytes) -> None:
    assert b"".join(files.open_file(store(town, content))) == content


def test_the_disk_holds_nothing_readable_and_only_the_server_may_open_it(town: Town) -> None:
    stored = store(town)
    path = settings.FILES_ROOT / stored.path
    assert "陈小军".encode() not in path.read_bytes()
    assert "花名册" not in str(path)
    assert os.stat(path).st_mode & 0o077 == 0


def test_a_file_that_was_cut_off_or_changed_is_not_given_out_as_whole(town: Town) -> None:
    stored = store(town)
    path = settings.FILES_ROOT / stored.path
    whole = path.read_bytes()
    first = 4 + int.from_bytes(whole[:4], "big")
    for damaged in (whole[:first], whole[: len(whole) - 3], whole[first:], whole[:50] + b"?" + whole[51:]):
        path.write_bytes(damaged)
        with pytest.raises(files.FileGone):
            b"".join(files.open_file(stored))


def test_a_file_does_not_open_under_another_files_name(town: Town) -> None:
    one, other = store(town), store(town, b"other")
    (settings.FILES_ROOT / one.path).replace(settings.FILES_ROOT / other.path)
    with pytest.raises(files.FileGone):
        b"".join(files.open_file(other))


def test_when_the_disk_is_full_neither_file_nor_row_stays(town: Town, monkeypatch: Any) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    before = {p for p in settings.FILES_ROOT.rglob("*") if p.is_file()}
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store(town)
    assert {p for p in settings.FILES_ROOT.rglob("*") if p.is_file()} == before
    assert not StoredFile.objects.exists()


def test_what_dead_workers_left_is_cleared_and_what_is_in_use_stays(town: Town) -> None:
    stored = store(town)
    files.clear_leftovers(set(), clock.now() + DAY)
    orphan = files.seal_file(io.BytesIO(b"no row"))
    dead = settings.FILE_UPLOAD_TEMP_DIR / files.WORK / "dead"
    live = settings.FILE_UPLOAD_TEMP_DIR / files.WORK / "live"
    for folder in (dead, live):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plain.xlsx").write_bytes(b"secret")
    assert files.clear_leftovers({"live"}, clock.now() - DAY) == 0, "what is fresh may belong to somebody"
    assert files.clear_leftovers({"live"}, clock.now() + DAY) == 2
    assert live.exists()
    assert not dead.exists()
    assert not (settings.FILES_ROOT / orphan.path).exists()
    assert b"".join(files.open_file(stored)) == TEXT
    files.shutil.rmtree(live)
