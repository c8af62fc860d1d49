"""While the tables are being changed, or not yet changed, the server answers 503: phones keep what they have.

Two questions, because either alone leaves a gap. Old processes do not know the new migrations: they look whether
somebody holds the lock that `migrate` and `restore` take (core.upkeep). New code on old tables (a process started
before `migrate`, or after one that failed) asks Django what is still to be done.
"""

from collections.abc import Callable

from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from core.upkeep import tables_are_changing
from hongji.views import away

RETRY_AFTER = 60  # seconds


def tables_are_behind() -> bool:
    """Whether this code wants migrations that the database has not had, or cannot be asked."""
    try:
        executor = MigrationExecutor(connection)
    except OperationalError:
        return True
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


class Maintenance:
    """503 with Retry-After to pages and API alike; style sheets and scripts go on (WhiteNoise stands before it)."""

    # One answer for the whole process: its code does not change any more, and tables only go forward.
    fits = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if tables_are_changing() or not self._fits():
            response = away(request)
            response["Retry-After"] = str(RETRY_AFTER)
            return response
        return self.get_response(request)

    def _fits(self) -> bool:
        if not Maintenance.fits:
            Maintenance.fits = not tables_are_behind()
        return Maintenance.fits
