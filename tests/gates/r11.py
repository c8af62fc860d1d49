"""R11: a disk that is really full, and kill -9 in the middle of an export: no torn file is ever offered, the job says
why in Chinese, and done again it succeeds.

The full disk is a small one of the gate's own (tmpfs), on which everything lies that the desk writes; mounting it
takes root, and without the gate is red and says so.
"""

import datetime as dt
import io
import os
import random
import signal
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from accounts.models import User
from core import clock
from core.periods import Month
from core.scope import OPERATOR
from grids.models import Territory
from ledgers import services
from ledgers.files import FileGone, kept_root, open_path
from ledgers.models import Job, Package, SealedFile, SealedMonth, StoredFile
from tests.gates.line import Line, Size

DISK = 4096  # KB
# KB that are left when a thing begins: it fails at its first byte, while it is written, while it is sealed.
FREE = (0, 4, 8, 12, 16, 24, 40)
LATER = dt.timedelta(minutes=16)
MUCH_LATER = dt.timedelta(hours=3)


def run(size: Size) -> Iterator[Line]:
    villages = dict(Territory.objects.villages().values_list("name", "pk"))
    month = Month.of(clock.today()).previous
    things = _things(Territory.objects.get(pk=villages["金星村"]), month)
    with _small_disk() as disk:
        yield _full(disk, things)
    yield _killed(things, size.kills)


# --- what is made -----------------------------------------------------------------------------------------------------


class Export:
    """One ledger for its owner."""

    title = "导出"

    def __init__(self, village: Territory, month: Month) -> None:
        self.village, self.month, self.pk = village, month, 0
        self.actor = User.objects.get(username="jinxing")

    def ask(self) -> None:
        told = {"slug": "five-visits", "territory": self.village, "period": str(self.month)}
        self.pk = services.ask_export(actor=self.actor, **told).pk

    def make(self) -> None:
        services.run_job(self.pk)

    @property
    def row(self) -> Any:
        return Job.objects.get(pk=self.pk)

    def again(self) -> None:
        """As its owner does it: 再做一次."""
        self.pk = services.again(actor=self.actor, job=self.row).pk
        self.make()

    def swept(self) -> None:
        services.sweep()

    def offered(self) -> bytes | None:
        stored = self.row.result
        return b"".join(services.open_file(stored)) if stored else None


class Bundle:
    """The month's package, in place of one that is offered already."""

    title = "整月台账包"

    def __init__(self, village: Territory, month: Month) -> None:
        self.village, self.month, self.pk = village, month, 0

    def ask(self) -> None:
        self.pk = services.ask_package(actor=OPERATOR, territory=self.village, month=self.month).pk

    def make(self) -> None:
        services.run_package(self.pk)

    @property
    def row(self) -> Any:
        return Package.objects.get(pk=self.pk)

    def again(self) -> None:
        with clock.stopped_at(clock.now() + LATER):
            self.make()

    def swept(self) -> None:
        services.sweep_packages()

    def offered(self) -> bytes | None:
        return b"".join(open_path(self.row.path)) if self.row.path else None


Thing = Export | Bundle


def _things(village: Territory, month: Month) -> list[Thing]:
    return [Export(village, month), Bundle(village, month)]


def _whole(book: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return archive.testzip() is None and len(archive.namelist()) > 1


def _offered(thing: Thing) -> bytes | None:
    """Empty bytes where a file is offered that is not there."""
    try:
        return thing.offered()
    except FileGone:
        return b""


def _faults_of_what_is_offered(thing: Thing) -> Iterator[str]:
    try:
        book = thing.offered()
        if book is not None and not _whole(book):
            yield f"{thing.title}：给出来的文件是残的"
    except (FileGone, zipfile.BadZipFile):
        yield f"{thing.title}：给出来的文件打不开"


# --- a full disk ------------------------------------------------------------------------------------------------------


@contextmanager
def _small_disk() -> Iterator[Path]:
    """Everything the desk writes lies on it while the block lasts."""
    disk = Path(os.environ["DATA_DIR"]) / "small"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}k", "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"要管理员才能挂一块小盘，没有演：{done.stderr}")
    places = {"FILES_ROOT": "files", "FILE_UPLOAD_TEMP_DIR": "tmp", "MEDIA_ROOT": "media"}
    before = {name: getattr(settings, name) for name in places}
    try:
        for name, folder in places.items():
            (disk / folder).mkdir()
            setattr(settings, name, disk / folder)
        yield disk
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
        subprocess.run(["umount", str(disk)], check=True)


@contextmanager
def _filled(disk: Path, free: int) -> Iterator[None]:
    """So many KB are left."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as out:
        while True:
            out.write(b"\0" * 4096)
    os.truncate(filler, max(filler.stat().st_size - free * 1024, 0))
    try:
        yield
    finally:
        filler.unlink()


def _full(disk: Path, things: list[Thing]) -> Line:
    line, failed = Line("磁盘真的满了", ""), 0
    for thing in things:
        if isinstance(thing, Bundle):
            thing.ask()
            thing.make()
        for free in FREE:
            failed += _one_full(line, disk, thing, free)
    failed += _sealing(line, disk, things[0])
    line.must(failed > len(FREE), f"只有 {failed} 次真的没写下：说明不了什么")
    line.wrong = line.wrong[:5]
    line.done = (
        f"{2 * len(FREE) + 1} 次，剩 {FREE[0]} 到 {FREE[-1]} KB：{failed} 次没写下，都说了原因，再做都成"
    )
    return line


def _one_full(line: Line, disk: Path, thing: Thing, free: int) -> bool:
    """Whether it could not be made."""
    thing.ask()
    old, lay = _offered(thing), _on_disk()
    with _filled(disk, free):
        thing.make()
        row = thing.row
        failed = row.state != row.DONE
        if failed:
            line.must(
                "磁盘满了" in row.why, f"{thing.title}，剩 {free} KB：没有说是磁盘满了，说的是“{row.why}”"
            )
            line.must(_offered(thing) == old, f"{thing.title}，剩 {free} KB：原来的换成了别的")
            line.must(_on_disk() == lay, f"{thing.title}，剩 {free} KB：留下了半截文件")
        line.wrong += _faults_of_what_is_offered(thing)
    if failed:
        thing.again()
    row = thing.row
    line.must(row.state == row.DONE, f"{thing.title}：腾出地方再做，还是 {row.get_state_display()} {row.why}")
    line.wrong += _faults_of_what_is_offered(thing)
    return failed


def _sealing(line: Line, disk: Path, export: Thing) -> bool:
    """Sealing is done at once, in front of the town's eyes; whether the disk was too full for it."""
    month, lay, failed = {"village": export.village, "month": export.month}, _on_disk(), False
    services.submit_month(actor=OPERATOR, **month)
    with _filled(disk, 8):
        try:
            services.seal_month(actor=OPERATOR, **month)
        except OSError:
            failed = True
    line.must(failed, "盘满了，封存却说成了")
    line.must(_on_disk() == lay, "封存没成，留下了半截文件")
    line.must(not SealedFile.objects.exists(), "封存没成，却有封存稿")
    services.seal_month(actor=OPERATOR, **month)
    line.wrong += _faults_of_what_is_sealed()
    services.reopen_month(actor=OPERATOR, reason="再演一次", **month)
    return failed


def _faults_of_what_is_sealed() -> Iterator[str]:
    for file in SealedFile.objects.all():
        try:
            if not _whole(b"".join(services.open_kept(file))):
                yield f"{file}：封存稿是残的"
        except services.NotAsSealed:
            yield f"{file}：封存稿打不开"
    for row in SealedMonth.objects.sealed():
        if row.files.count() != len(services.monthly_ledgers()):
            yield f"{row}：封存了，台账却不全"


def _on_disk() -> set[Path]:
    roots = (settings.FILES_ROOT, settings.FILE_UPLOAD_TEMP_DIR, kept_root())
    return {path for root in roots for path in Path(root).rglob("*") if path.is_file()}


# --- killed -----------------------------------------------------------------------------------------------------------


def _killed(things: list[Thing], kills: int) -> Line:
    """Each is made by a process of its own that is killed at any moment, then handed on when its lease has lapsed."""
    line, midway = Line("做到一半被 kill -9", ""), 0
    draw = random.Random(11)
    for rows in (StoredFile, Package, Job, SealedFile, SealedMonth):
        rows.objects.all().delete()
    for thing in things:
        thing.ask()
        whole = _took(thing.make)
        for _ in range(kills // 3):
            midway += _one_killed(line, thing, draw.uniform(0, whole))
    midway += _sealing_killed(line, things[0], kills // 3, draw)
    with clock.stopped_at(clock.now() + MUCH_LATER):
        services.tidy()
    # What a killed sealing left in the folder of sealed months stays: nobody is offered it, and no sweeper may ever
    # take away what was kept for ever because a restored database does not know it.
    extra = {path for path in _on_disk() - _known() if not path.is_relative_to(kept_root())}
    lost = _known() - _on_disk()
    line.must(not extra and not lost, f"清扫以后还多 {len(extra)} 个文件，少 {len(lost)} 个")
    line.must(midway > 0, "没有一次是做到一半被杀的：说明不了什么")
    line.wrong = line.wrong[:5]
    line.done = f"{kills // 3 * 3} 次，{midway} 次在半路；没有给出过残的，租约过了都接着做成"
    return line


def _known() -> set[Path]:
    """The files that rows speak of."""
    found = {settings.FILES_ROOT / path for path in StoredFile.objects.values_list("path", flat=True)}
    found |= {settings.FILES_ROOT / path for path in Package.objects.values_list("path", flat=True) if path}
    for pair in SealedFile.objects.values_list("path", "rows_path"):
        found |= {kept_root() / path for path in pair}
    return found


def _sealing_killed(line: Line, export: Thing, kills: int, draw: random.Random) -> int:
    """How often it was killed before the month was sealed; sealed again, it is whole."""
    month, midway = {"village": export.village, "month": export.month}, 0
    services.submit_month(actor=OPERATOR, **month)
    whole = _took(lambda: services.seal_month(actor=OPERATOR, **month))
    for _ in range(kills):
        services.reopen_month(actor=OPERATOR, reason="再演一次", **month)
        services.submit_month(actor=OPERATOR, **month)
        _kill(lambda: services.seal_month(actor=OPERATOR, **month), draw.uniform(0, whole))
        line.wrong += _faults_of_what_is_sealed()
        if not SealedMonth.objects.sealed().exists():
            midway += 1
            services.seal_month(actor=OPERATOR, **month)
            line.wrong += _faults_of_what_is_sealed()
    return midway


def _took(make: Callable[[], None]) -> float:
    began = time.monotonic()
    make()
    return time.monotonic() - began


def _one_killed(line: Line, thing: Thing, after: float) -> bool:
    """Whether it was killed before it was done."""
    thing.ask()
    _kill(thing.make, after)
    line.wrong += _faults_of_what_is_offered(thing)
    midway = bool(thing.row.state != thing.row.DONE)
    with clock.stopped_at(clock.now() + LATER):
        thing.swept()
    row = thing.row
    line.must(
        row.state == row.DONE, f"{thing.title}：租约过了没有接着做，{row.get_state_display()} {row.why}"
    )
    line.wrong += _faults_of_what_is_offered(thing)
    return midway


def _kill(make: Callable[[], object], after: float) -> None:
    """Let a process of its own do it, and kill that after so many seconds."""
    connections.close_all()
    child = os.fork()
    if not child:
        # Not this process's way out: nothing of it is cleaned up twice.
        with suppress(BaseException):
            make()
        os._exit(0)
    threading.Event().wait(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
