"""What many tests begin with is made once by the real verbs and then poured back row by row, thirty times as fast."""

import pickle
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import AutoField, BigAutoField

from visits.models import Tally

Rows = dict[str, tuple[list[str], list[tuple]]]
_kept: dict[str, tuple[bytes, Rows]] = {}


def made_once(name: str, make: Callable[[], Any]) -> Any:
    """What `make` returns. The rows it wrote are kept under `name`, with their keys, and written again next time."""
    if name not in _kept:
        before = _highest()
        made = make()
        _kept[name] = (pickle.dumps(made), _rows_above(before))
        return made
    made, rows = _kept[name]
    _pour(rows)
    return pickle.loads(made)


def _tables() -> list[tuple[str, str]]:
    """Tables with keys that count up, and the column of the key; rows of others (sessions) are not kept, and those
    that triggers write are written again when the rest is."""
    models = [
        model._meta
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model is not Tally
    ]
    return [
        (meta.db_table, meta.pk.column) for meta in models if isinstance(meta.pk, AutoField | BigAutoField)
    ]


def _highest() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table, key in _tables():
            cursor.execute(f'SELECT COALESCE(MAX("{key}"), 0) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
    return found


def _rows_above(before: dict[str, int]) -> Rows:
    found: Rows = {}
    with connection.cursor() as cursor:
        for table, key in _tables():
            cursor.execute(f'SELECT * FROM "{table}" WHERE "{key}" > %s', [before[table]])
            if rows := cursor.fetchall():
                found[table] = ([column[0] for column in cursor.description], rows)
    return found


def _pour(kept: Rows) -> None:
    keys = dict(_tables())
    with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are looked at when it ends
        for table, (columns, rows) in kept.items():
            names = ", ".join(f'"{column}"' for column in columns)
            holes = ", ".join(["%s"] * len(columns))
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({holes})', rows)
            if connection.vendor == "postgresql":  # its sequences do not see keys that were given
                sequence = f"pg_get_serial_sequence('\"{table}\"', '{keys[table]}')"
                cursor.execute(
                    f'SELECT setval({sequence}, GREATEST((SELECT MAX("{keys[table]}") FROM "{table}"),'
                    f" nextval({sequence})))"
                )
