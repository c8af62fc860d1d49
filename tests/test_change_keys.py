"""Keys are changed while people work: nothing is lost, nothing stays behind unsaid, and nobody reads it on the way."""

import base64
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.test import override_settings

from accounts import second_factor
from accounts.models import Channel
from accounts.notices import sending
from appeals.services import add_device, add_talent, open_matter, take_call
from core import clock, rekeying
from core.backup import BackupFailed, make_backup, restore_backup
from core.backup.census import tables
from core.crypto import Unreadable
from core.fields import Sealed
from core.upkeep import changing_keys
from discipline import services as discipline
from disputes import services as disputes
from disputes.models import Dispute
from grids.models import Household, Officer, Person
from grids.services import change
from jobs import services as jobs
from jobs.models import Centre, Company
from ledgers import files
from ledgers import services as ledgers
from tests.ledgers.background import database_url
from tests.people import id_number, make_town_of_two
from visits.models import Held

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
for_real = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent
NEW = {"k9": b"9" * 32}


@pytest.fixture
def folders(settings, tmp_path):
    for name in ("MEDIA_ROOT", "FILES_ROOT", "BACKUP_ROOT"):
        setattr(settings, name, tmp_path / name.lower())
        getattr(settings, name).mkdir()


@pytest.fixture
def town(folders):
    """A town in which every column that can hold something sealed does."""
    cast = make_town_of_two()
    cast.secretary.set_phone("19900000801")
    cast.secretary.save()
    second_factor.begin_app(user=cast.office)
    sending.set_channel(
        channel=Channel(name="镇里的群"), address_plain="mailto://u:geheim@example.cn/?to={email}"
    )
    born = {
        "name": "张小宝",
        "relation": "孙子",
        "sex": "男",
        "id_number": id_number(f"{clock.today():%Y%m%d}", 77),
    }
    change(actor=cast.worker, kind="birth", happened_on=clock.today(), facts=born, household=cast.zhang)
    open_matter(
        actor=cast.worker,
        uuid=uuid.uuid4(),
        source="walk_in",
        words="路灯坏了",
        household=cast.zhang,
        phone="19900000802",
    )
    quarrel = {"territory": cast.grid1, "source": "asked", "words": "争水"}
    named = [disputes.Named("second", name="刘泥水", phone="19900000805")]
    disputes.open_dispute(actor=cast.worker, uuid=uuid.uuid4(), parties=named, **quarrel)
    said = {"place": cast.jinxing, "office": "cadre", "what": "收钱不开票"}
    report = discipline.tell(uuid=uuid.uuid4(), **said).report
    reader = cast.post("jiming", "纪明", "discipline", cast.town)
    discipline.note(actor=reader, report=report, words="问过了")
    phone, here = "19900000803", {"actor": cast.secretary, "uuid": uuid.uuid4()}
    take_call(**here, household=cast.zhang, words="灯不亮", phone=phone)
    add_device(**here, territory=cast.grid1, household=cast.li, phone=phone)
    add_talent(**here, village=cast.jinxing, name="老电工", skills="电工", phone=phone)
    said = {"name": "制衣厂", "industry": "工厂", "contact": "吴厂长", "phone": "19900000806"}
    jobs.sign_up_employer(actor=cast.secretary, territory=cast.jinxing, **said)
    for room in (
        Centre(territory=cast.jinxing, address="村部", hours="周一到周五", since=clock.today()),
        Company(territory=cast.jinxing, name="金星劳务", contact="李经理", since=clock.today()),
    ):
        room.set_phone("19900000807")
        room.save()
    Held.objects.create(
        author=cast.worker,
        household=cast.zhang,
        territory=cast.jinxing,
        day=clock.today(),
        corrected_at=clock.now(),
        received_at=clock.now(),
        content=Sealed.of(json.dumps({"note": "腿脚不便"}), "visits.held"),
        reason=Held.LATE,
    )
    return cast


@pytest.fixture
def old_keys(settings, town):
    """A new key was put first; the ones before open still."""
    old = dict(settings.FIELD_KEYS)
    settings.FIELD_KEYS = NEW | old
    return old


def change_keys(*words):
    said = io.StringIO()
    call_command("change_keys", *words, stdout=said, stderr=said)
    return said.getvalue()


def refused(*words):
    """What the command ends with, exit code 1."""
    with pytest.raises(CommandError) as ended:
        change_keys(*words)
    assert ended.value.returncode == 1
    return str(ended.value)


def as_before(keys, text, context):
    """Sealed by a process that does not know the new key yet."""
    with override_settings(FIELD_KEYS=keys):
        return Sealed.of(text, context)


def sealed():
    """Every sealed value of the database, by table, column and row."""
    return {
        (model._meta.db_table, field.name, row.pk): value
        for model, fields in rekeying.sealed_columns().items()
        for row in model._base_manager.all()
        for field in fields
        if (value := getattr(row, field.name)) is not None
    }


def opened():
    return {place: value.open() for place, value in sealed().items()}


def tokens_in_all_columns(kid):
    """Where anything at all in the database begins as what this key has sealed does."""
    found = []
    with connection.cursor() as cursor:
        for table, fields in tables().items():
            for field in fields:
                column = f'CAST("{field.column}" AS text)'
                cursor.execute(f'SELECT COUNT(*) FROM "{table}" WHERE {column} LIKE %s', [f"{kid}.%"])
                if count := cursor.fetchone()[0]:
                    found.append((table, field.column, count))
    return found


def keep(keys, content=b"sealed in October", root=None):
    """A file of before."""
    with override_settings(FIELD_KEYS=keys):
        return files.seal_file(io.BytesIO(content), root)


# --- what is changed --------------------------------------------------------------------------------------------------


def test_afterwards_everything_opens_without_the_old_key(town, old_keys, settings):
    before = opened()
    book = keep(old_keys, root=files.kept_root())
    columns = {(m._meta.db_table, f.name) for m, fs in rekeying.sealed_columns().items() for f in fs}
    assert {(table, column) for table, column, _ in before} == columns  # none goes untried
    change_keys()
    settings.FIELD_KEYS = NEW
    assert opened() == before
    assert [tokens_in_all_columns(kid) for kid in old_keys] == [[]]
    assert b"".join(files.open_path(book.path, book.root)) == b"sealed in October"
    assert "都是现在这把钥匙封的" in change_keys("--check")


def test_no_line_of_history_is_written_and_nothing_but_the_seals_is_touched(town, old_keys):
    def plain():
        sealed = {f.column for fields in rekeying.sealed_columns().values() for f in fields}
        found = {}
        with connection.cursor() as cursor:
            for table, fields in tables().items():
                columns = ", ".join(f'"{f.column}"' for f in fields if f.column not in sealed)
                cursor.execute(f'SELECT {columns} FROM "{table}"')
                found[table] = sorted(map(str, cursor.fetchall()))
        return found

    before = plain()
    change_keys()
    assert plain() == before


def test_the_count_says_how_many_still_need_which_key_and_changes_nothing(town, old_keys):
    (kid,) = old_keys
    count = sum(value.kid == kid for value in sealed().values())
    for _ in range(2):
        assert f"旧钥匙封着的：{kid} {count} 处。旧钥匙不能取走，先运行" in refused("--check")
    change_keys()
    late = as_before(old_keys, "349901196908060020", "person.id_number")
    Person.objects.filter(pk=town.head(town.zhang).pk).update(id_number=late)
    assert f"旧钥匙封着的：{kid} 1 处" in refused("--check")


def test_what_does_not_open_stays_as_it_is_is_counted_and_holds_up_nothing(town, old_keys, settings):
    (kid,) = old_keys
    head = town.head(town.zhang)
    lost = f"k3.{base64.b64encode(b'0' * 60).decode()}"
    damaged = f"{kid}.{base64.b64encode(b'1' * 60).decode()}"
    Person.objects.filter(pk=head.pk).update(
        id_number=Sealed(lost, "person.id_number"), phone=Sealed(damaged, "phone")
    )
    said = io.StringIO()
    with pytest.raises(CommandError, match=f"{kid} 1 处，k3 1 处"):
        call_command("change_keys", stdout=said, stderr=said)
    assert "有 2 处打不开" in said.getvalue()
    assert "k3 1 处（FIELD_KEYS 里没有这把）" in said.getvalue()
    head.refresh_from_db()
    assert (head.id_number.token, head.phone.token) == (lost, damaged)
    with pytest.raises(Unreadable):
        head.id_number.open()
    assert Officer.objects.exclude(phone=None).first().phone.kid == "k9"


def test_neither_the_screen_nor_the_log_shows_a_number(town, old_keys, caplog):
    caplog.set_level(logging.DEBUG)
    numbers = [text for text in opened().values() if text.isalnum()]
    assert len(numbers) > 20
    told = change_keys() + caplog.text
    assert not [number for number in numbers if number in told]


def test_what_is_said_of_cadres_has_keys_of_its_own_which_are_changed_likewise(town, settings):
    before, (old,) = opened(), settings.REPORT_KEYS
    settings.REPORT_KEYS = {"r9": b"8" * 32} | settings.REPORT_KEYS
    assert f"旧钥匙封着的：REPORT_KEYS 的 {old}。旧钥匙不能取走" in refused("--check")
    assert "REPORT_KEYS 的 r9" in change_keys()
    settings.REPORT_KEYS = {"r9": b"8" * 32}
    assert opened() == before
    under = {value.kid for (table, _, _), value in sealed().items() if table.startswith("discipline")}
    assert under == {"r9"}
    settings.REPORT_KEYS = {"r9": next(iter(settings.FIELD_KEYS.values()))}
    told = next(value for (table, _, _), value in sealed().items() if table == "discipline_report")
    with pytest.raises(Unreadable):
        told.open()


def test_how_many_reports_there_are_is_not_told_not_even_that_there_is_one_more(town, settings):
    def told():
        answers = [refused("--check"), change_keys(), change_keys("--check")]
        return [re.sub(r"[0-9.]+ 秒", "", answer) for answer in answers]

    (old, key), new = next(iter(settings.REPORT_KEYS.items())), {"r9": b"8" * 32}
    settings.REPORT_KEYS = new | {old: key}
    before = told()
    assert not [answer for answer in before if "反映" in answer]
    settings.REPORT_KEYS = {old: key} | new
    change_keys()
    said = {"place": town.jinxing, "office": "cadre", "what": "又一件"}
    discipline.tell(uuid=uuid.uuid4(), **said)
    settings.REPORT_KEYS = new | {old: key}
    assert told() == before


# --- killed, and while people work ------------------------------------------------------------------------------------

KILLED = """
import os, signal, django
django.setup()
from django.core.management import call_command
from core import rekeying
rekeying.BATCH = 3
whole, rows = rekeying._reseal_row, []
def one_row(*given):
    rows.append(given)
    if len(rows) == 8:  # two batches stand, the third is half done
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*given)
rekeying._reseal_row = one_row
call_command("change_keys")
"""


@for_real
@pytest.mark.slow
def test_killed_midway_it_goes_on_where_it_ended(town, old_keys, settings):
    before = opened()
    keys = ",".join(f"{kid}:{base64.b64encode(key).decode()}" for kid, key in settings.FIELD_KEYS.items())
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "hongji.settings",
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "FIELD_KEYS": keys,
    }
    done = subprocess.run([sys.executable, "-c", KILLED], env=env, cwd=ROOT, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert opened() == before
    by_key = Counter(value.kid for value in sealed().values())
    assert 0 < by_key["k9"] < len(before)
    change_keys()
    settings.FIELD_KEYS = NEW
    assert opened() == before


@for_real
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has but one writer at a time")
def test_a_number_that_is_being_corrected_is_left_alone_and_sealed_anew_afterwards(town, old_keys):
    wrote, go = threading.Event(), threading.Event()

    def correct():
        with transaction.atomic():
            household = Household.objects.select_for_update().get(pk=town.zhang.pk)
            household.phone = as_before(old_keys, "19900000777", "phone")
            household.save()
            wrote.set()
            assert go.wait(30)
        connections.close_all()

    writer = threading.Thread(target=correct)
    writer.start()
    assert wrote.wait(30)
    try:
        assert "1 处。旧钥匙不能取走，有人正改着" in refused()  # and waits for nobody
    finally:
        go.set()
        writer.join()
    household = Household.objects.get(pk=town.zhang.pk)
    assert household.phone.open() == "19900000777"
    change_keys()
    household.refresh_from_db()
    assert (household.phone.open(), household.phone.kid) == ("19900000777", "k9")


def test_who_had_read_a_row_before_and_saves_it_afterwards_loses_nothing(town, old_keys):
    person = town.head(town.zhang)
    number = person.id_number.open()
    change_keys()
    person.note = "改了备注"
    person.save()  # brings its old seal back
    refused("--check")
    change_keys()
    person.refresh_from_db()
    assert (person.note, person.id_number.open(), person.id_number.kid) == ("改了备注", number, "k9")


def test_two_at_once_are_one(town, old_keys):
    with changing_keys():
        assert "另一个 change_keys 正在换" in refused()


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_are_replaced_whole_also_where_an_earlier_try_was_killed(town, old_keys, settings):
    content = "走访".encode() * files.PIECE
    book, export = keep(old_keys, content, files.kept_root()), keep(old_keys, b"")
    (book.root / book.path).with_suffix(".part").write_bytes(b"half of it")
    reader = files.open_path(book.path, book.root)
    first = next(reader)
    change_keys()
    assert first + b"".join(reader) == content  # who was reading it reads on
    settings.FIELD_KEYS = NEW
    assert b"".join(files.open_path(book.path, book.root)) == content
    assert b"".join(files.open_path(export.path, export.root)) == b""
    assert [path for path in files.kept_root().rglob("*") if path.suffix] == []


def test_a_damaged_file_is_counted_and_left_as_it_is(town, old_keys):
    book = keep(old_keys, root=files.kept_root())
    path = book.root / book.path
    path.write_bytes(damaged := path.read_bytes()[:-3])
    assert "旧钥匙不能取走" in refused()
    assert path.read_bytes() == damaged
    assert sum(ledgers.files_by_key().values()) == 1


# --- backups ----------------------------------------------------------------------------------------------------------


@for_real
def test_a_backup_from_before_comes_back_only_with_the_old_key_and_is_then_changed_again(
    town, old_keys, settings
):
    before = opened()
    settings.FIELD_KEYS = old_keys
    path = make_backup()
    settings.FIELD_KEYS = NEW | old_keys
    change_keys()
    settings.FIELD_KEYS = NEW
    with pytest.raises(BackupFailed, match="打不开"):
        restore_backup(path)
    settings.FIELD_KEYS = NEW | old_keys
    restore_backup(path)
    assert opened() == before
    change_keys()
    settings.FIELD_KEYS = NEW
    assert opened() == before


def test_a_scan_of_a_case_file_is_taken_along_and_counted(town, old_keys, settings):
    dispute = Dispute.objects.get()
    plain = b"%PDF-1.4\n%%EOF\n"
    settings.FIELD_KEYS = old_keys
    kept = disputes.keep_scan(
        actor=town.secretary,
        dispute=dispute,
        uuid=uuid.uuid4(),
        item="identity",
        pages=1,
        file=io.BytesIO(plain),
    )
    settings.FIELD_KEYS = NEW | old_keys
    assert "卷宗扫描件：换了 1 处" in change_keys()
    settings.FIELD_KEYS = NEW
    assert b"".join(disputes.open_scan(kept)) == plain
