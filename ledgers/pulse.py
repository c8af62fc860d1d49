"""The pulse of a job that is being done: keeps its lease and tells how far it is, at most once a second.

It beats on a connection of its own. On SQLite, writing on the connection that is in the middle of reading the rows of
an export fails as soon as anybody else has written ("database is locked", at once, whatever the timeout).
"""

import contextvars
import threading
import time
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection

from core.work import LeaseLost, Work

EVERY = 1.0  # seconds
AT_LEAST = 6.0  # seconds, when there is no progress to tell: a fifth of the lease, core.work says why


class Pulse:
    """`with Pulse(job, token, total) as pulse: … pulse(done)`; the call raises LeaseLost once the row is not ours."""

    def __init__(self, job: Work, token: str, total: int | None = None) -> None:
        self.job, self.token, self.total = job, token, total
        self.done: int | None = None
        self._told: tuple[int | None, float] = (None, 0.0)
        self._lost = False
        self._over = threading.Event()
        # Inside a caller's transaction nobody else can see the row: then it beats here, or not at all.
        self._inline = connection.in_atomic_block
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.job.beat(self.token, done=0, total=self.total)
        self._told = (0, time.monotonic())
        if not self._inline:
            context = contextvars.copy_context()
            self._thread = threading.Thread(target=context.run, args=(self._keep,), daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
        if kind is None and self._lost:
            raise LeaseLost

    def __call__(self, done: int | None = None, total: int | None = None) -> None:
        self.done = self.done if done is None else done
        self.total = self.total if total is None else total
        if self._lost:
            raise LeaseLost
        if self._inline:
            self._beat()

    def _keep(self) -> None:
        try:
            while not self._over.wait(EVERY):
                try:
                    self._beat()
                except LeaseLost:
                    self._lost = True
                    return
                except DatabaseError:
                    connection.close()  # away for a moment: the lease outlives many missed beats
        finally:
            connection.close()

    def _beat(self) -> None:
        told, at = self._told
        since = time.monotonic() - at
        if since < EVERY or (self.done == told and since < AT_LEAST):
            return
        self._told = (self.done, time.monotonic())
        self.job.beat(self.token, done=self.done, total=self.total)
