"""Does one job of the ledger desk: takes its lease, works, and ends it in the transaction that keeps what it made."""

import datetime as dt
import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from core import clock
from core.ledger import BadWorkbook, HasFaults, ImportContext, LedgerScope, registry
from core.periods import Month
from core.scope import must
from core.work import LeaseLost
from ledgers.asking import KEEP_RESULT, KEEP_UPLOAD
from ledgers.files import FileGone, keep_file, plain_copy, remove_file, seal_file, work_folder
from ledgers.keeping import write_ledger
from ledgers.models import Job, StoredFile
from ledgers.pulse import Pulse
from ledgers.report import MOST_HELD, report_of, summary

log = logging.getLogger(__name__)

DISK_FULL = "磁盘满了，什么都没存。腾出地方，再做一次。"
BROKEN = "没做成，什么都没存。原因已经记下来，再做一次；还不行就告诉镇办公室。"
GONE = "这份表只留 24 小时，已经删了。再传一次。"


class RegisterChanged(Exception):
    """Between preview and commit somebody changed the register: other rows would be saved than were shown."""

    def __init__(self, shown: dict[str, int], now: dict[str, int]) -> None:
        super().__init__(
            f"核对以后，花名册又有人改过：核对时是{summary(shown)}，现在成了{summary(now)}。一行都没存，再核对一次。"
        )


def run_job(pk: int) -> str | None:
    """Do one job if it can be taken; its state afterwards, None if another worker has it (or it is over).

    The lease is lost when somebody pressed 停下 or another worker took over: then nothing is kept. A database that is
    away leaves the row to the sweeper.
    """
    token = Job.objects.take(pk)
    if token is None:
        return None
    job = Job.objects.select_related("owner", "territory", "upload", "examined").get(pk=pk)
    try:
        {Job.EXPORT: _export, Job.EXAMINE: _examine, Job.COMMIT: _commit}[job.kind](job, token)
        return Job.DONE
    except LeaseLost:
        log.info("job %s was taken away", pk)
        return None
    except Exception as fault:
        return _failed(job, token, fault)


def _failed(job: Job, token: str, fault: Exception) -> str | None:
    """FAILED with a sentence; or given back, if only the database was away."""
    why = why_failed(fault)
    try:
        if why is None:
            log.warning("job %s waits for the sweeper: %s", job.pk, type(fault).__name__)
            Job.objects.filter(pk=job.pk, lease=token).update(state=Job.WAITING, lease="", lease_until=None)
            return Job.WAITING
        if why == BROKEN:
            log.error("job %s failed", job.pk, exc_info=fault)
        job.end(token, Job.FAILED, why=why)
        return Job.FAILED
    except LeaseLost:
        return None
    except DatabaseError:
        log.exception("job %s could not be closed; its lease will lapse", job.pk)
        return None


def why_failed(fault: Exception) -> str | None:
    """The sentence for people; None for what passes by itself."""
    text = str(fault)
    if (
        getattr(fault, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or "is full" in text
        or "No space left" in text
    ):
        return DISK_FULL
    if isinstance(fault, OperationalError | InterfaceError):
        return None
    if isinstance(fault, ValidationError):
        return "".join(fault.messages)[:300]
    if isinstance(fault, FileGone):
        return GONE
    if isinstance(fault, BadWorkbook | HasFaults | RegisterChanged | PermissionDenied):
        return text[:300]
    return BROKEN


def _export(job: Job, token: str) -> None:
    ledger = registry.get(job.slug)
    must(job.owner, "ledgers.export", job.territory)
    if job.unmasked:
        must(job.owner, "persons.unmask", job.territory)
    scope = LedgerScope(
        actor=job.owner,
        territory=job.territory,
        period=Month.parse(job.period) if job.period else None,
        unmasked=job.unmasked,
        made_on=clock.today(),
    )
    with work_folder(token) as folder:
        path = folder / "out.xlsx"
        with Pulse(job, token, ledger.count(scope)) as pulse:
            rows = write_ledger(ledger, scope, path, pulse)
        with _kept(job, path, ledger.file_name(scope), KEEP_RESULT) as stored:
            job.end(token, Job.DONE, result=stored, rows=rows, done=rows, total=rows)


def _examine(job: Job, token: str) -> None:
    must(job.owner, "imports.run", job.territory)
    with work_folder(token) as folder, _upload(job, folder) as path:
        returned = folder / "returned.xlsx"
        with Pulse(job, token) as pulse:
            examined = registry.get(job.slug).open(path, _context(job, pulse))
            pulse()
            report = report_of(examined)
            rows = report["rows"]
            pulse()
            if report["faults_total"]:
                examined.write_returned(returned)
            elif examined.ledger.compares:
                examined.write_compared(returned)
        said = "标好错" if report["faults_total"] else "对账单"
        ended = {"report": report, "rows": rows, "done": rows, "total": rows}
        with _kept(job, returned, f"{_stem(job)}（{said}）.xlsx", KEEP_UPLOAD) as stored:
            job.end(token, Job.DONE, result=stored, **ended)


def _commit(job: Job, token: str) -> None:
    """Read the upload again, examine it under the ledger's lock, save it and end the row: one transaction.

    1. The rows that stay behind are written out first: if the disk is full, nothing has happened yet.
    2. The beat inside the transaction holds the job's row: nobody can stop it or take it over half-way.
    3. What is saved must be what the preview counted, or nothing is.
    """
    must(job.owner, "imports.run", job.territory)
    examination = job.examined
    assert examination is not None  # a commit is always asked of an examination
    shown = examination.report["counts"]
    with work_folder(token) as folder, _upload(job, folder) as path:
        left = folder / "left.xlsx"
        with Pulse(job, token, shown["rows"]) as pulse:
            examined = registry.get(job.slug).open(path, _context(job, _twice(pulse)))
            if job.skip_bad and examined.faults:
                examined.write_returned(left, held_only=True)
        job.beat(token, done=shown["rows"])  # from here on nobody sees the row change before it is over
        with _kept(job, left, f"{_stem(job)}（没存的）.xlsx", KEEP_UPLOAD) as stored:
            job.beat(token)
            saved = examined.commit(skip_bad=job.skip_bad)
            if saved != shown:
                raise RegisterChanged(shown, saved)
            kept = saved["rows"] - saved["refused"]
            held = examined.held[:MOST_HELD]
            ended = {
                "report": {"counts": saved, "held": held},
                "rows": kept,
                "done": saved["rows"],
                "total": saved["rows"],
            }
            job.end(token, Job.DONE, result=stored, **ended)
            transaction.on_commit(lambda: _remove_files_of(examination.pk), robust=True)


def _stem(job: Job) -> str:
    """The name of the file that was handed in, without its ending."""
    return Path(job.upload.name).stem if job.upload else job.slug


def _context(job: Job, progress: Callable[[int, int], None]) -> ImportContext:
    return ImportContext(actor=job.owner, territory=job.territory, as_of=job.as_of, progress=progress)


def _twice(pulse: Pulse) -> Callable[[int, int], None]:
    """Before it saves, a commit only cleans the rows again: half of what an examination does is all of it."""
    return lambda done, total: pulse(min(2 * done, total), total)


@contextmanager
def _upload(job: Job, folder: Path) -> Iterator[Path]:
    if job.upload is None:
        raise FileGone(str(job.pk))
    with plain_copy(job.upload, folder) as path:
        yield path


@contextmanager
def _kept(job: Job, path: Path, name: str, keep: dt.timedelta) -> Iterator[StoredFile | None]:
    """Seal what was made (if it was), then its row and the block in one transaction; if that fails, the file goes."""
    sealed = None
    if path.exists():
        with path.open("rb") as source:
            sealed = seal_file(source)
    try:
        with transaction.atomic():
            yield keep_file(owner=job.owner, name=name, sealed=sealed, keep=keep) if sealed else None
    except BaseException:
        if sealed:
            sealed.remove()
        raise


def _remove_files_of(examined_id: int) -> None:
    """After a commit neither the upload nor the workbook with the marks is needed."""
    examined = Job.objects.select_related("upload", "result").get(pk=examined_id)
    for stored in (examined.upload, examined.result):
        if stored:
            remove_file(stored)
