"""Who is behind a change that no request carries: a worker's job, a command with a user's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from simple_history.models import HistoricalRecords


@contextmanager
def written_by(actor: Any) -> Iterator[None]:
    """Inside, every line of history names `actor`; whoever has no account (the operator) stays unnamed."""
    context = HistoricalRecords.context
    before = getattr(context, "request", None)
    context.request = SimpleNamespace(user=actor)
    try:
        yield
    finally:
        if before is None:
            del context.request
        else:
            context.request = before
