"""整月台账包: every monthly ledger of a place in one zip, a folder for each village; at month's end and at will."""

import datetime as dt
import logging
import time
import zipfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q

from core import clock
from core.periods import Month
from core.scope import must, signer
from core.work import MOST_TRIES, LeaseLost
from grids.models import Territory
from ledgers.files import FileGone, Sealed, seal_file, work_folder
from ledgers.keeping import (
    NotAsSealed,
    may_have_all,
    monthly_ledgers,
    official_scope,
    sealed_file_of,
    write_ledger,
)
from ledgers.models import Package, SealedMonth
from ledgers.months import ensure_months, moment, villages_of_month
from ledgers.pulse import Pulse
from ledgers.running import BROKEN, DISK_FULL, why_failed

log = logging.getLogger(__name__)

AGAIN = dt.timedelta(minutes=15)  # after a full disk; somebody must make room first
READY = dt.time(0, 30)  # of the 1st: what is owed was written at 00:10
LACKING = "封存稿坏了，不能给出去。请管机器的人从备份里恢复，再做一次包。"
FULL = "磁盘满了，包没做成，以前做的还在。腾出地方就行，15 分钟后自己再试。"


def month_that_ended() -> Month | None:
    """The month whose ledgers are to be ready by now; None in the first half hour of a month."""
    now = clock.now()
    ready = now.day > 1 or now.time() >= READY
    return Month.of(now.date()).previous if ready else None


def ensure_packages() -> int:
    """What must be there at a month's end: each village's row and each town's package. Safe to do again, and twice."""
    month = month_that_ended()
    if month is None:
        return 0
    made = ensure_months(month)
    known = Package.objects.filter(month=str(month)).values("territory")
    for town in Territory.objects.towns().in_use().exclude(pk__in=known):
        if villages_of_month(month, town).exists():
            made += _write(town, month, None) is not None
    return made


def ask_package(*, actor: Any, territory: Territory, month: Month) -> Package:
    """The package of a town or village once more, from what is known now. The same while it is being made."""
    must(actor, "ledgers.export", territory)
    if not may_have_all(actor, territory):
        raise ValidationError("台账包里有不归您看的台账，做不了整包。要哪一份，在台账页单做。")
    if territory.kind == Territory.GRID:
        raise ValidationError("台账包一个村一个村地做，选一个村或者全镇。")
    if month > Month.of(clock.today()):
        raise ValidationError(f"{month.title}还没到。")
    if not villages_of_month(month, territory).exists():
        raise ValidationError(f"{territory}那时候还没开始，没有{month.title}的台账。")
    by = signer(actor)
    with transaction.atomic():
        package = _write(territory, month, by)
        if package is None:
            package = Package.objects.get(territory=territory, month=str(month))
            over = ~Q(state__in=[Package.WAITING, Package.RUNNING]) | Q(not_before__isnull=False)
            anew = {"state": Package.WAITING, "tries": 0, "why": "", "not_before": None, "done": 0}
            Package.objects.filter(over, pk=package.pk).update(
                **anew, asked_by=by, made_at=clock.now(), total=None
            )
            package.refresh_from_db()
        _wake(package)
    return package


def _write(territory: Territory, month: Month, by: Any) -> Package | None:
    """A new row; None if there is one already, written by whomever."""
    try:
        with transaction.atomic():
            package = Package(territory=territory, month=str(month), asked_by=by, made_at=clock.now())
            package.full_clean()
            package.save(force_insert=True)
    except (IntegrityError, ValidationError):
        return None
    return package


def _wake(package: Package) -> None:
    from ledgers.tasks import pack

    transaction.on_commit(lambda: pack.delay(package.pk), robust=True)


# --- doing it ---------------------------------------------------------------------------------------------------------


def run_package(pk: int) -> str | None:
    """Make one package if it can be taken; its state afterwards, None if another worker has it."""
    token = Package.objects.take(pk)
    if token is None:
        return None
    package = Package.objects.select_related("territory").get(pk=pk)
    try:
        _pack(package, token)
        return Package.DONE
    except LeaseLost:
        return None
    except Exception as fault:
        return _failed(package, token, fault)


def _pack(package: Package, token: str) -> None:
    month, old = Month.parse(package.month), package.path
    name = f"{package.territory.name}-{month.title}台账.zip"
    villages = list(villages_of_month(month, package.territory))
    with work_folder(token) as folder:
        path = folder / "package.zip"
        with Pulse(package, token, len(villages)) as pulse:
            missing = _write_zip(path, villages, month, pulse)
        with path.open("rb") as source:
            sealed = seal_file(source)
    try:
        _end(package, token, name, sealed, len(villages), missing)
    except BaseException:
        sealed.remove()
        raise
    if old:
        Sealed(old, 0, sealed.root).remove()


def _end(package: Package, token: str, name: str, sealed: Sealed, villages: int, missing: list[str]) -> None:
    made = {"name": name, "path": sealed.path, "size": sealed.size, "packed_at": clock.now()}
    why = (
        f"缺 {len(missing)} 份，{missing[0]}{'等' if len(missing) > 1 else ''}：{LACKING}" if missing else ""
    )
    package.end(token, Package.DONE, **made, done=villages, total=villages, why=why[:300], not_before=None)


def _write_zip(path: Path, villages: list[Territory], month: Month, pulse: Pulse) -> list[str]:
    """Workbooks are compressed already: they are only put side by side. One at a time lies beside the zip.

    Returned, and named in the zip, is what is not in it: a sealed file that is damaged is never given out, and keeps
    nobody from the others.
    """
    said, missing = [f"{month.title}台账，{clock.now():%Y-%m-%d %H:%M} 做的。", ""], []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for done, village in enumerate(villages, 1):
            scope = official_scope(village, month)
            for ledger in monthly_ledgers():
                kept = sealed_file_of(ledger, scope)
                book = kept.name if kept else ledger.file_name(scope)
                one = path.with_name("one.xlsx")
                try:
                    write_ledger(ledger, scope, one)
                except (NotAsSealed, FileGone):
                    log.exception("package of %s lacks %s", month, book)
                    missing.append(book)
                    continue
                archive.write(one, f"{village.name}/{book}")
                one.unlink()
            said.append(f"{village.name}：{_state_of(village, month)}")
            pulse(done)
        if missing:
            said += ["", f"包里缺 {len(missing)} 份：{LACKING}", *missing]
        archive.writestr("说明.txt", "\r\n".join([*said, ""]).encode("utf-8-sig"))
    return missing


def _state_of(village: Territory, month: Month) -> str:
    row = SealedMonth.objects.current().filter(village=village, month=str(month)).first()
    if row is None or row.state != SealedMonth.SEALED:
        return "还没有封存，数字还会变"
    return f"第 {row.version} 版，{moment(row.sealed_at)}封存"


def _failed(package: Package, token: str, fault: Exception) -> str | None:
    """A full disk is tried again later, for as long as it takes; what else fails says so and waits for a person."""
    why = why_failed(fault)
    ours = Package.objects.filter(pk=package.pk, lease=token, state=Package.RUNNING)
    try:
        if why == DISK_FULL or why is None:
            later = clock.now() + AGAIN if why else None
            waits = {"state": Package.WAITING, "lease": "", "lease_until": None, "not_before": later}
            ours.update(**waits, why=FULL if why else "", **({"tries": 0} if why else {}))
            return Package.WAITING
        if why == BROKEN:
            log.error("package %s failed", package.pk, exc_info=fault)
        package.end(token, Package.FAILED, why=why)
        return Package.FAILED
    except (LeaseLost, DatabaseError):
        log.exception("package %s could not be closed; its lease will lapse", package.pk)
        return None


def sweep_packages(*, seconds: float = 240) -> int:
    """See that what a month's end needs is there, and make what waits; how many were made."""
    ensure_packages()
    worn = Package.objects.waiting().filter(tries__gte=MOST_TRIES)
    ended = {"state": Package.FAILED, "lease": "", "lease_until": None, "ended_at": clock.now()}
    worn.update(**ended, why=f"试了 {MOST_TRIES} 次都没做完。告诉镇办公室。")
    until, done = time.monotonic() + seconds, 0
    for pk in list(Package.objects.waiting().order_by("made_at", "pk").values_list("pk", flat=True)):
        if time.monotonic() > until:
            break
        done += run_package(pk) is not None
    return done
