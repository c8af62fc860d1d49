"""Work is a row: written in the transaction of its cause, taken under a lease, so that nothing that dies loses it.

Celery only wakes the worker. Whoever changes a waiting (or lapsed) row to `running` by a conditional UPDATE owns it
until the lease ends; a sweeper hands on what lies too long. (`acks_late` alone lost 431 of 600 jobs in a trial.)
"""

import datetime as dt
import secrets
from typing import Self

from django.db import models
from django.db.models import F, Q

from core import clock
from core.scope import ScopedQuerySet

# How long nobody does the work of a worker that was killed: LEASE, for it may just have beaten, and then until the next
# sweep (hongji.celery), that is at most 30 + 15 = 45 seconds; of the 60 within which all must be done (R8 of the
# quality list) 15 are left to start a worker and to do it. Who lives beats every 6 seconds (ledgers.pulse), and even
# where it waits the 20 that SQLite lets it wait for another's transaction, 6 + 20 = 26 are less than the lease.
LEASE = dt.timedelta(seconds=30)
MOST_TRIES = 5


class WorkQuerySet(ScopedQuerySet):
    def waiting(self) -> Self:
        """To be taken: never begun, or begun by a worker whose lease lapsed."""
        return self.filter(Q(state=Work.WAITING) | Q(state=Work.RUNNING, lease_until__lt=clock.now()))

    def take(self, pk: int) -> str | None:
        """Try to own one row; the lease's token if the UPDATE won, None if another worker did."""
        token = secrets.token_hex(8)
        won = (
            self.waiting()
            .filter(pk=pk, tries__lt=MOST_TRIES)
            .update(
                state=Work.RUNNING,
                lease=token,
                lease_until=clock.now() + LEASE,
                tries=F("tries") + 1,
                started_at=clock.now(),
            )
        )
        return token if won else None


class LeaseLost(Exception):
    """Another worker, or a person who pressed 停下, has taken the row away: stop and save nothing."""


class Work(models.Model):
    """A job that must happen once, however often workers die."""

    WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"
    STATES = (
        (WAITING, "等着做"),
        (RUNNING, "在做"),
        (DONE, "做好了"),
        (FAILED, "没做成"),
        (STOPPED, "停下了"),
    )

    state = models.CharField("情况", max_length=10, choices=STATES, default=WAITING)
    lease = models.CharField(max_length=16, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField("做了几次", default=0, editable=False)
    made_at = models.DateTimeField("什么时候要的", editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField("什么时候完的", null=True, blank=True, editable=False)
    done = models.PositiveIntegerField("做到第几", default=0, editable=False)
    total = models.PositiveIntegerField("一共", null=True, blank=True, editable=False)
    why = models.CharField("没做成的原因", max_length=300, blank=True, editable=False)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True

    def beat(self, token: str, done: int | None = None, total: int | None = None) -> None:
        """Renew the lease and report progress; LeaseLost if the row is no longer ours."""
        changes: dict[str, object] = {"lease_until": clock.now() + LEASE}
        changes |= {} if done is None else {"done": done}
        changes |= {} if total is None else {"total": total}
        if not self._ours(token).update(**changes):
            raise LeaseLost

    def end(self, token: str, state: str, **changes: object) -> None:
        """Close the row as DONE or FAILED, inside the caller's transaction; LeaseLost if it is no longer ours."""
        if not self._ours(token).update(
            state=state, lease="", lease_until=None, ended_at=clock.now(), **changes
        ):
            raise LeaseLost

    def _ours(self, token: str) -> models.QuerySet:
        return type(self)._default_manager.filter(pk=self.pk, lease=token, state=self.RUNNING)
