"""R6: a server set back to yesterday; phones notice by its number or by their receipts, and offer what it lost."""

import datetime as dt
import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from django.db import connection, connections

from accounts.models import User
from core import clock
from grids.models import Household
from tests.gates import records
from tests.gates.ground import Server, cookie_of, manage, served
from tests.gates.line import Line, Size
from tests.gates.phone import Phone
from visits.models import Held, Visit

SKEW = 3 * 24 * 60
# Made-up people of the cast and the households (by number) they write about; the last one of each is another grid's
# of the same village, so that it is put on hold.
WALKS = (
    ("wanggeyuan", ("060001", "060002", "060003", "060004")),
    ("zhouzhang", ("060001", "060002", "060003", "060004")),
    ("xuxie", ("060001", "060003", "060004")),
    ("qiaoji", ("080001",)),
)
Restore = Callable[[], None]


def run(size: Size) -> Iterator[Line]:
    before, after = max(size.records // 8, 2), max(size.records // 4, 3)
    with served() as server:
        phones = _phones(server, size.phones)
        _write(phones, before)
        ours, theirs = _back_up_ours(), _Copy()
        _write(phones, after)
        for fault in ("别的工具恢复到昨天，库号没换", "别的工具又恢复一次"):
            yield _set_back(server, phones, fault, theirs.bring_back, "receipt")
        _write(phones, 1)
        restored = partial(manage, "restore", str(ours), "--yes")
        yield _set_back(server, phones, "本系统备份，恢复到昨天", restored, "epoch")


def _phones(server: Server, wanted: int) -> list[Phone]:
    """Every fourth was handed on: what its first owner wrote goes out sealed."""
    users = {name: User.objects.get(username=name) for name, _ in WALKS}
    found = []
    for number in range(wanted):
        name, _ = WALKS[number % len(WALKS)]
        draw = random.Random(number)
        skew = dt.timedelta(minutes=draw.randint(-SKEW, SKEW))
        phone = Phone(server, cookie_of(users[name]), skew=skew, seed=6000 + number).open()
        phone.check()
        found.append(phone)
    return found


def _write(phones: list[Phone], each: int) -> None:
    """Each phone records so many visits, and has sent them all."""
    homes = dict(Household.objects.values_list("number", "pk"))
    for number, phone in enumerate(phones):
        phone.open()
        _, numbers = WALKS[number % len(WALKS)]
        for one in range(each):
            home = homes[numbers[phone.draw.randrange(len(numbers))]]
            happened = clock.now() - dt.timedelta(minutes=phone.draw.randint(0, 300))
            phone.keep(records.content(phone.draw, home, f"{number}机{len(phone.archive) + one}条"), happened)
        if number % 4 == 2:
            phone.left |= set(phone.outbox)  # signed out and in again: her own, sealed
        phone.send_all()
        assert not phone.outbox, f"not sent: {[entry.told for entry in phone.outbox.values()]}"


def _set_back(server: Server, phones: list[Phone], fault: str, restore: Restore, notices: str) -> Line:
    line = Line(fault, "")
    before = records.stands()
    had = Visit.objects.count() + Held.objects.count()
    server.stop()
    connections.close_all()
    restore()
    server.start()
    left = Visit.objects.count() + Held.objects.count()
    line.must(left < had, "the backup had lost nothing: the gate shows nothing")
    noticed = Counter(phone.open().check() for phone in phones)
    now = Visit.objects.count() + Held.objects.count()
    line.must(noticed[notices] > 0, f"no phone noticed it by its {notices}: {dict(noticed)}")
    line.must("not all" not in noticed, "the server did not take what was offered")
    line.must(now == had, f"{had} before, {now} after")
    line.wrong += records.differing(before, records.stands())
    line.wrong += _receipts(phones)
    told = f"{len(phones)} 部手机，{noticed[notices]} 部凭{_BY[notices]}发觉"
    line.done = f"{had - left} 条没了，{now - left} 条补回；{told}"
    return line


_BY = {"epoch": "库号", "receipt": "回执"}


def _receipts(phones: list[Phone]) -> Iterator[str]:
    """Every number a phone shows is the number of that very record."""
    given = {str(row.uuid): row.receipt for row in Visit.objects.all()}
    given |= {str(row.uuid): row.number for row in Held.objects.all()}
    wrong = sum(given.get(entry.uuid) != entry.number for phone in phones for entry in phone.archive.values())
    if wrong:
        yield f"{wrong} receipts are not what the server says"


# --- yesterday -------------------------------------------------------------------------------------------------------


def _back_up_ours() -> Path:
    folder = Path(os.environ["DATA_DIR"]) / "yesterday"
    manage("backup", "--out", str(folder))
    return next(folder.glob("*.backup"))


class _Copy:
    """What an administrator does who knows the database and not us: pg_dump and pg_restore, or a copy of the file."""

    def __init__(self) -> None:
        self.path = Path(os.environ["DATA_DIR"]) / "copied"
        self.url = os.environ["DATABASE_URL"]
        if connection.vendor == "postgresql":
            self._run("pg_dump", "--format=custom", f"--file={self.path}", f"--dbname={self.url}")
        else:
            import sqlite3

            with closing(sqlite3.connect(self._file)) as source, closing(sqlite3.connect(self.path)) as copy:
                source.backup(copy)

    @property
    def _file(self) -> Path:
        return Path(str(connection.settings_dict["NAME"]))

    def bring_back(self) -> None:
        if connection.vendor == "postgresql":
            options = ("--clean", "--if-exists", "--single-transaction", f"--dbname={self.url}")
            return self._run("pg_restore", *options, str(self.path))
        for journal in ("-wal", "-shm"):
            self._file.with_name(self._file.name + journal).unlink(missing_ok=True)
        shutil.copyfile(self.path, self._file)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr[-1000:]}")
