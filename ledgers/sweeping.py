"""What is done again and again: jobs nobody heard of, jobs whose worker died; and files whose time is over."""

import datetime as dt
import logging
import time

from django.db.models import Q

from core import clock
from core.work import MOST_TRIES
from ledgers.files import clear_leftovers, remove_file
from ledgers.models import Job, StoredFile
from ledgers.report import trimmed
from ledgers.running import run_job

log = logging.getLogger(__name__)

WORN_OUT = f"试了 {MOST_TRIES} 次都没做完，什么都没存。告诉镇办公室。"
LEFTOVER = dt.timedelta(hours=1)
MOST_BELLS = 200
# Seconds between two sweeps (hongji.celery); core.work reckons with them. One is over before the next begins, and its
# bells are silent by then: else a lease that lapses meanwhile would wait behind them.
EVERY, AT_MOST = 15, 12


def sweep(*, seconds: float = AT_MOST) -> dict[str, int]:
    """Do what waits, oldest first, for at most `seconds`; close what was tried too often. Counts of each.

    Every waiting row is also rung for, so that other workers share; the conditional UPDATE of `take` decides.
    """
    found = {"given_up": _give_up(), "done": 0}
    waiting = list(Job.objects.waiting().order_by("made_at", "pk").values_list("pk", flat=True))
    _ring(waiting[1:MOST_BELLS])
    until = time.monotonic() + seconds
    for pk in waiting:
        if time.monotonic() > until:
            break
        found["done"] += run_job(pk) is not None
    return found


def tidy() -> dict[str, int]:
    """Remove uploads and returned workbooks after 24 hours, results after 7 days, and what dead workers left."""
    now = clock.now()
    in_use = Job.objects.unfinished().exclude(upload=None).values("upload")
    over = StoredFile.objects.filter(keep_until__lt=now).exclude(pk__in=in_use)
    files = 0
    for stored in over.iterator():
        remove_file(stored)
        files += 1
    old = Job.objects.filter(kind=Job.EXAMINE, upload=None, ended_at__lt=now - dt.timedelta(hours=24))
    for job in old.filter(Q(report__has_key="faults") | Q(report__has_key="lines")).iterator():
        Job.objects.filter(pk=job.pk).update(report=trimmed(job.report))
    leases = set(Job.objects.filter(state=Job.RUNNING, lease_until__gte=now).values_list("lease", flat=True))
    return {"files": files, "leftovers": clear_leftovers(leases, now - LEFTOVER)}


def _give_up() -> int:
    worn = Job.objects.waiting().filter(tries__gte=MOST_TRIES)
    ended = {"state": Job.FAILED, "lease": "", "lease_until": None, "ended_at": clock.now(), "why": WORN_OUT}
    return worn.update(**ended)


def _ring(pks: list[int]) -> None:
    from ledgers.tasks import run

    for pk in pks:
        run.apply_async((pk,), expires=EVERY)
