"""A backup brings everything back, shows nothing to who finds it, and never pretends."""

import io
import tarfile

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, ProgrammingError, connection

from core import epoch
from core.backup import BackupFailed, make_backup, postgresql, restore_backup, sweep_backups, verify_backup
from core.backup.census import census
from core.sealed_files import SealedWriter
from grids.models import Household, Person
from tests.people import make_town_of_two

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def folders(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_ROOT = tmp_path / "backups"
    settings.MEDIA_ROOT.mkdir()
    return tmp_path


@pytest.fixture
def town(folders):
    return make_town_of_two()


def test_everything_comes_back_as_it_was(town, settings):
    photo = settings.MEDIA_ROOT / "visits" / "1.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"photo")
    before = census()
    path = make_backup()
    Person.objects.filter(household=town.zhang).update(name="改了")
    Household.objects.filter(pk=town.wang.pk).update(head_name="也改了")
    photo.unlink()
    (settings.MEDIA_ROOT / "later.jpg").write_bytes(b"later")
    restore_backup(path)
    # The number of the restored server is a new one, so that phones notice.
    assert census() | {"core_epoch": None} == before | {"core_epoch": None}
    assert photo.read_bytes() == b"photo"
    assert not (settings.MEDIA_ROOT / "later.jpg").exists()


def test_the_manifest_counts_every_table(town):
    manifest = verify_backup(make_backup())
    assert manifest["tables"]["grids_household"]["rows"] == Household.objects.count()
    assert manifest["tables"] == census()


def test_whoever_finds_the_file_reads_no_name_and_no_key(town, settings):
    held = make_backup().read_bytes()
    assert Person.objects.first().name.encode() not in held
    assert all(key not in held for key in settings.FIELD_KEYS.values())


def test_a_backup_cut_short_or_made_with_other_keys_is_refused_and_changes_nothing(town, settings):
    path = make_backup()
    before = census()
    torn = path.with_name("torn.backup")
    torn.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BackupFailed, match="打不开"):
        restore_backup(torn)
    settings.FIELD_KEYS = dict.fromkeys(settings.FIELD_KEYS, b"x" * 32)
    with pytest.raises(BackupFailed, match="打不开"):
        restore_backup(path)
    assert census() == before


on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite copies a file")


def schemas():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def sql(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def asked_last(monkeypatch, *more):
    """psql does this too, at the end of its transaction."""
    run = postgresql.run
    monkeypatch.setattr(
        postgresql, "run", lambda command: run([*command, *more] if command[0] == "psql" else command)
    )


@on_postgresql
def test_a_restore_needs_half_the_locks_of_a_server_as_it_comes_and_leaves_nothing_aside(
    town, monkeypatch, tmp_path
):
    before, counted = schemas(), tmp_path / "counted"
    held = "SELECT DISTINCT locktype, relation, classid, objid, objsubid FROM pg_locks WHERE pid = pg_backend_pid()"
    asked_last(monkeypatch, f"--command=SELECT count(*) FROM ({held}) AS held", f"--output={counted}")
    restore_backup(make_backup())
    # max_locks_per_transaction (64) times max_connections (100)
    assert 185 < int(counted.read_text().split()[-3]) < 3200
    assert schemas() == before


@on_postgresql
def test_a_restore_that_fails_says_why_and_leaves_all_as_it_was_and_the_next_one_works(town, monkeypatch):
    # So it looks where the machine went off before the old was dropped, and then the night's backup was made.
    sql(f"CREATE SCHEMA {postgresql.ASIDE}", f"CREATE TABLE {postgresql.ASIDE}.grids_person (id int)")
    path = make_backup()
    sql("CREATE TABLE grids_later (id int)")  # by a later release
    Person.objects.filter(household=town.zhang).update(name="改了")
    before = census()
    with monkeypatch.context() as patch:
        asked_last(patch, "--command=SELECT 1/0")
        with pytest.raises(BackupFailed, match=r"原来的样子：.*division by zero"):
            restore_backup(path)
    assert census() == before
    restore_backup(path)
    assert not Person.objects.filter(name="改了").exists()
    assert postgresql.ASIDE not in schemas()
    assert "grids_later" not in connection.introspection.table_names()


@on_postgresql
def test_what_others_keep_beside_our_tables_does_not_stand_in_the_way_and_is_not_taken_along(town):
    sql(
        "CREATE VIEW seen AS SELECT name FROM grids_person",
        "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM seen",
        "CREATE TYPE mood AS ENUM ('good')",
        "CREATE SEQUENCE tickets",
        "CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA reports",
        "CREATE TABLE reports.kept (id int)",
    )
    path, before = make_backup(), census()
    restore_backup(path)
    assert census() | {"core_epoch": None} == before | {"core_epoch": None}
    sql(
        "SELECT * FROM seen",
        "SELECT * FROM counted",
        "SELECT nextval('tickets')",
        "SELECT * FROM reports.kept",
    )
    sql("CREATE VIEW reports.names AS SELECT name FROM grids_person")
    with pytest.raises(BackupFailed, match=r"先拿掉再恢复：reports\.names"):
        restore_backup(path)
    sql("SELECT * FROM reports.names", "DROP SCHEMA reports CASCADE", "DROP VIEW seen CASCADE")
    sql("DROP TYPE mood", "DROP SEQUENCE tickets", "DROP PROCEDURE nothing()")


@on_postgresql
def test_what_cannot_be_dropped_at_once_is_dropped_by_the_next_one(town, monkeypatch):
    path, drop, calls = make_backup(), postgresql._drop_aside, []

    def second_fails():
        calls.append(1)
        if len(calls) == 2:
            raise DatabaseError("terminated")
        drop()

    monkeypatch.setattr(postgresql, "_drop_aside", second_fails)
    restore_backup(path)
    assert postgresql.ASIDE in schemas()
    restore_backup(path)
    assert postgresql.ASIDE not in schemas()


def test_a_backup_that_this_program_cannot_read_is_told_and_is_another_life_all_the_same(town, monkeypatch):
    path, before = make_backup(), epoch.current()

    def older():
        raise ProgrammingError("column grids_person.later does not exist\nLINE 1: SELECT later")

    monkeypatch.setattr("core.backup.restoring.census", older)
    with pytest.raises(
        BackupFailed, match=r"已经换成备份里的了.*does not exist。备份是旧版本做的，就运行 migrate"
    ):
        restore_backup(path)
    assert epoch.current() != before


def test_a_full_disk_leaves_no_half_backup(town, settings, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.backup.making._pack", full)
    with pytest.raises(BackupFailed, match="磁盘满了"):
        make_backup()
    assert list(settings.BACKUP_ROOT.iterdir()) == []


def test_only_the_newest_backups_are_kept(settings, folders):
    settings.BACKUP_ROOT.mkdir()
    for day in range(1, 6):
        (settings.BACKUP_ROOT / f"hongji-2026110{day}-000000-0.backup").touch()
    assert sweep_backups(keep=2) == 3
    assert sorted(p.name[7:15] for p in settings.BACKUP_ROOT.iterdir()) == ["20261104", "20261105"]


def test_the_commands_say_where_it_lies_and_ask_before_they_replace(town, capsys, monkeypatch):
    call_command("backup")
    said = capsys.readouterr().out
    path = said.split("：")[1].splitlines()[0]
    assert "钥匙不在里面" in said
    monkeypatch.setattr("builtins.input", lambda question: "不")
    with pytest.raises(CommandError, match="没有动"):
        call_command("restore", path)
    call_command("restore", path, yes=True)
    assert "都对得上" in capsys.readouterr().out


def test_a_backup_that_reaches_outside_its_folder_is_refused(folders, settings):
    settings.BACKUP_ROOT.mkdir()
    path = settings.BACKUP_ROOT / "hostile.backup"
    member = tarfile.TarInfo("../outside")
    member.size = 3
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        tar.addfile(member, io.BytesIO(b"bad"))
    with open(path, "wb") as out, SealedWriter(out, "backup") as sealed:
        sealed.write(held.getvalue())
    with pytest.raises(BackupFailed, match="打不开"):
        verify_backup(path)
    assert not (settings.DATA_DIR / "outside").exists()
