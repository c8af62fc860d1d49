"""库号: a number in every answer of the API, by which a phone notices that the server has been set back in time.

A restored backup knows nothing of what arrived after it was made. `restore_backup` writes a new number, and phones
offer what they sent in the last sixty days once more. For backups brought back by other tools phones also ask whether
the highest receipt they hold was ever given (visits.services.issued).
"""

import uuid
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from core import clock
from core.models import Epoch

HEADER = "X-Server-Epoch"
_ONLY = 1


def current() -> uuid.UUID:
    """The number of this life, read fresh; a database that has none yet gets one."""
    return _row().number


def renew() -> uuid.UUID:
    """Begin another life: what phones sent in the last sixty days is offered again."""
    row, _ = Epoch.objects.update_or_create(pk=_ONLY, defaults=_new())
    return row.number


def _row() -> Epoch:
    found = Epoch.objects.filter(pk=_ONLY).first()
    return found or Epoch.objects.get_or_create(pk=_ONLY, defaults=_new())[0]


def _new() -> dict[str, object]:
    return {"number": uuid.uuid4(), "since": clock.now()}


class ServerEpoch:
    """Writes the number on every answer of the API, refusals included; one read by key each."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/api/"):
            # Without a database there is no promise to make; the answer itself says what is wrong.
            with suppress(DatabaseError):
                response.headers[HEADER] = str(current())
        return response
