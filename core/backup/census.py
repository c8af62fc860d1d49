"""What a database holds, table by table: a count and a hash of every row, the same on SQLite and PostgreSQL."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connections, models

BATCH = 5000


def tables() -> dict[str, list[models.Field]]:
    """Every table the project owns with its columns, in the order of names."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            found[model._meta.db_table] = sorted(
                model._meta.local_concrete_fields, key=lambda f: str(f.column)
            )
    return dict(sorted(found.items()))


def census(alias: str = "default") -> dict[str, dict[str, Any]]:
    """`{table: {"rows": n, "hash": hex}}`; the hash is a sum over rows, so order does not matter."""
    return {table: _count(alias, table, fields) for table, fields in tables().items()}


def _count(alias: str, table: str, fields: list[models.Field]) -> dict[str, Any]:
    rows, total = 0, 0
    for row in _rows(alias, table, fields):
        plain = json.dumps([_plain(value) for value in row], ensure_ascii=False).encode()
        total = (total + int.from_bytes(hashlib.sha256(plain).digest(), "big")) % (1 << 256)
        rows += 1
    return {"rows": rows, "hash": f"{total:064x}"}


def _rows(alias: str, table: str, fields: list[models.Field]) -> Iterator[tuple]:
    connection = connections[alias]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    converters = [_converters(connection, field) for field in fields]
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {quote(table)}")
        while batch := cursor.fetchmany(BATCH):
            for row in batch:
                yield tuple(
                    _converted(value, steps, field, connection)
                    for value, steps, field in zip(row, converters, fields, strict=True)
                )


def _converters(connection: Any, field: models.Field) -> list[Any]:
    """The engine's own converters: SQLite gives text and integers where PostgreSQL gives dates and booleans."""
    return connection.ops.get_db_converters(field.get_col(field.model._meta.db_table))


def _converted(value: Any, steps: list[Any], field: models.Field, connection: Any) -> Any:
    for step in steps:
        value = step(value, field, connection)
    return value


def _plain(value: Any) -> Any:
    """A value as JSON writes it, alike on both engines."""
    match value:
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat() if value.tzinfo else value.isoformat()
        case dt.date() | dt.time() | Decimal() | uuid.UUID():
            return str(value)
        case memoryview() | bytes():
            return bytes(value).hex()
        case dict() | list():
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
        case str() if value[:1] in "[{":
            return _json_text(value)
        case _:
            return value


def _json_text(value: str) -> str:
    try:
        return json.dumps(json.loads(value), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return value
