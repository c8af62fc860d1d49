"""A cursor that found SQLite locked is closed by its own thread, at once.

SQLite waits for its lock holding the connection's mutex. A cursor that failed keeps its statement, and the traceback of
"database is locked" keeps the cursor, until Python's collector frees it in whatever thread it runs. If that is the one
that has the lock, it waits for the mutex of a thread that waits for the lock: the web process stands still.
"""

from typing import Any

from django.db import OperationalError
from django.db.backends.signals import connection_created


def let_go(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's wrapper of every statement."""
    try:
        return execute(sql, params, many, context)
    except OperationalError:
        context["cursor"].close()
        raise


def _watch(connection: Any, **more: Any) -> None:
    if connection.vendor == "sqlite" and let_go not in connection.execute_wrappers:
        connection.execute_wrappers.append(let_go)


def watch() -> None:
    """From now on, for every connection of every thread."""
    connection_created.connect(_watch, dispatch_uid="hongji.locked")
