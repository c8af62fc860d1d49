"""What a person asks of the ledger desk: each ask is checked, written as a row, and wakes a worker."""

import datetime as dt
import re
from pathlib import PurePath
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction

from core import clock
from core.ledger.base import Ledger, LedgerScope
from core.ledger.registry import registry
from core.periods import Month
from core.scope import must, signer
from grids.models import Territory, Unmasking
from ledgers.files import remove_file, store_file
from ledgers.keeping import ONLY_MASKED, sealed_file_of
from ledgers.models import Job
from ledgers.report import hide

KEEP_UPLOAD = dt.timedelta(hours=24)
KEEP_RESULT = dt.timedelta(days=7)
MOST_BYTES = 20 * 1024 * 1024
TOO_LARGE = "这个表超过 20 MB，收不下。一个村的花名册用不了这么大，看看是不是选错了文件，或者分开传。"


def wake(job: Job) -> None:
    """Ring for a worker once the row is really there. Only the id travels; the sweeper finds what nobody heard."""
    from ledgers.tasks import run

    transaction.on_commit(lambda: run.delay(job.pk), robust=True)


def ledger_of(slug: str) -> Ledger:
    """The ledger of that slug; Ledger unknown is a ValidationError that says so."""
    try:
        return registry.get(slug)
    except KeyError:
        raise ValidationError({"slug": "没有这种台账。"}) from None


@transaction.atomic
def ask_export(
    *, actor: Any, slug: str, territory: Territory, period: str = "", unmasked: bool = False, reason: str = ""
) -> Job:
    """One ledger of one place and month as a workbook. PermissionDenied, or ValidationError by field.

    Full numbers (`unmasked`) need the verb persons.unmask and a reason, and leave their row in the log of unmaskings.
    Whoever asks again while the same is being made gets the same job.
    """
    must(actor, "ledgers.export", territory)
    ledger = ledger_of(slug)
    period = _period(ledger, period)
    unmasked = unmasked and ledger.masked
    if unmasked and sealed_file_of(
        ledger, LedgerScope(actor, territory, Month.parse(period) if period else None)
    ):
        raise ValidationError({"unmasked": ONLY_MASKED})
    same = {"slug": slug, "territory": territory, "period": period, "unmasked": unmasked, "kind": Job.EXPORT}
    if found := Job.objects.of(actor).unfinished().filter(**same).first():
        return found
    if unmasked:
        log_unmasking(actor, territory, ledger, reason)
    job = _write(Job(owner=actor, **same))
    wake(job)
    return job


def ask_examine(
    *, actor: Any, slug: str, territory: Territory, upload: IO[bytes], name: str, as_of: dt.date | None = None
) -> Job:
    """Look at a workbook that came in; nothing of it is saved. The file is sealed and kept for 24 hours at most."""
    must(actor, "imports.run", territory)
    ledger = ledger_of(slug)
    if not ledger.importable:
        raise ValidationError({"slug": f"{ledger.title}只能生成，不能导入。"})
    if as_of and as_of > clock.today():
        raise ValidationError({"as_of": "这一天还没到，改成今天或以前。"})
    size = upload.seek(0, 2)
    upload.seek(0)
    if not size:
        raise ValidationError({"file": "这个文件是空的，看看是不是选错了。"})
    if size > MOST_BYTES:
        raise ValidationError({"file": TOO_LARGE})
    with transaction.atomic():
        stored = store_file(owner=actor, name=clean_name(name), source=upload, keep=KEEP_UPLOAD)
        job = _write(
            Job(owner=actor, kind=Job.EXAMINE, slug=slug, territory=territory, as_of=as_of, upload=stored)
        )
        wake(job)
    return job


@transaction.atomic
def ask_commit(*, actor: Any, examined: Job, skip_bad: bool = False) -> Job:
    """Save what was examined: all of it, or with `skip_bad` the units without a fault. ValidationError says why not."""
    must(actor, "imports.run", examined.territory)
    examined = Job.objects.select_for_update(of=("self",)).get(pk=examined.pk)
    if examined.kind != Job.EXAMINE or examined.state != Job.DONE:
        raise ValidationError("先核对，再存。")
    if ledger_of(examined.slug).compares:
        raise ValidationError("这份表只用来对账，不存。")
    kept = examined.commits.filter(state__in=[Job.WAITING, Job.RUNNING, Job.DONE]).first()
    if kept and kept.skip_bad == skip_bad:
        return kept
    if kept:
        raise ValidationError("这份表已经在存，或者存好了。")
    if examined.upload is None or examined.upload.keep_until < clock.now():
        raise ValidationError("这份表只留 24 小时，已经删了。再传一次。")
    report = examined.report
    if report.get("faults_total") and not skip_bad:
        raise ValidationError(f"还有 {report['bad_rows']} 行有错，先改好，或者只存没错的户。")
    if not report.get("good_rows"):
        raise ValidationError("没有一行可存，先改好再传。")
    job = Job(
        owner=actor, kind=Job.COMMIT, slug=examined.slug, territory=examined.territory, as_of=examined.as_of
    )
    job.skip_bad, job.upload, job.examined = skip_bad, examined.upload, examined
    try:
        with transaction.atomic():
            _write(job)
    except IntegrityError:
        raise ValidationError("这份表已经在存，或者存好了。") from None
    wake(job)
    return job


def stop(*, actor: Any, job: Job) -> bool:
    """Stop one's own job; what it did so far is thrown away. False if it is over, or saving its last lines."""
    ended = {"state": Job.STOPPED, "lease": "", "lease_until": None, "ended_at": clock.now()}
    mine = Job.objects.of(actor).unfinished().filter(pk=job.pk)
    try:
        with transaction.atomic():
            # A commit holds its row until all is saved; a page must not wait for that.
            return bool(mine.select_for_update(nowait=True)) and bool(mine.update(**ended))
    except OperationalError:
        return False


def drop(*, actor: Any, examined: Job) -> None:
    """Not to be imported after all: stops the examination and removes what was uploaded and returned."""
    stop(actor=actor, job=examined)
    if examined.commits.unfinished().exists():
        raise ValidationError("正在存，等存完再看。")
    for stored in (examined.upload, examined.result):
        if stored:
            remove_file(stored)


def again(*, actor: Any, job: Job, reason: str = "") -> Job:
    """The same once more, as a new job. ValidationError if its file is gone, or it is still being done."""
    if job.open():
        raise ValidationError("还在做，等做完再说。")
    if job.kind == Job.COMMIT and job.examined is not None:
        return ask_commit(actor=actor, examined=job.examined, skip_bad=job.skip_bad)
    if job.kind == Job.EXPORT:
        asked: dict[str, Any] = {
            "slug": job.slug,
            "territory": job.territory,
            "period": job.period,
            "unmasked": job.unmasked,
        }
        return ask_export(actor=actor, reason=reason, **asked)
    must(actor, "imports.run", job.territory)
    if job.upload is None or job.upload.keep_until < clock.now():
        raise ValidationError("这份表只留 24 小时，已经删了。再传一次。")
    with transaction.atomic():
        new = Job(owner=actor, kind=Job.EXAMINE, slug=job.slug, territory=job.territory, as_of=job.as_of)
        new.upload = job.upload
        _write(new)
        wake(new)
    return new


def clean_name(name: str) -> str:
    """A file's name as it may be shown and given back: no path, no control characters, no number of a person."""
    name = re.sub(
        r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", PurePath(name.replace("\\", "/")).name
    ).strip()
    stem, dot, ending = hide(name).replace("*", "×").rpartition(".")
    return (f"{stem[:110]}.{ending[:8]}" if dot else ending[:120]) or "表.xlsx"


def _write(job: Job) -> Job:
    job.made_at = clock.now()
    job.full_clean()
    job.save()
    return job


def _period(ledger: Ledger, text: str) -> str:
    if ledger.period_kind is None:
        return ""
    try:
        month = Month.parse(text or "")
    except ValueError:
        raise ValidationError({"period": "月份写成 2026-10 这样。"}) from None
    if month > Month.of(clock.today()):
        raise ValidationError({"period": "这个月还没到，改成这个月或以前。"})
    return str(month)


def log_unmasking(actor: Any, territory: Territory, ledger: Ledger, reason: str) -> None:
    """One row for a whole ledger with full numbers; a command on the server has no actor to name."""
    must(actor, "persons.unmask", territory)
    if not reason.strip():
        raise ValidationError({"reason": "写上为什么要完整号码。"})
    row = Unmasking(actor=signer(actor), territory=territory, what=f"{ledger.title}（整份）"[:40])
    row.reason, row.at = reason.strip()[:200], clock.now()
    row.full_clean(exclude=["person"])
    row.save()
