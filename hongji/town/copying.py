"""Pours the first made-up town again as numbered towns: one INSERT … SELECT for a table of a town, every key shifted.

The rows of a town lie together on disk; a few thousand statements are nothing beside the millions of rows. Copied
people have no identity number: two people may not share one. On PostgreSQL the tables lie bare while it runs, in the
same transaction: an index built once over all rows costs a fraction of one that grows row by row, and foreign keys
checked once are one join. Cut off in the middle, everything is as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

from grids.models import (
    Category,
    GroupPlacement,
    Household,
    Membership,
    Person,
    Placement,
    Territory,
    VillagerGroup,
)
from visits.models import Obligation, Visit

# Tables of one town, each after those it points to, with what differs in the copy numbered copy.n.
_FRESH_UUID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
COPIED: list[tuple[type[models.Model], dict[str, str]]] = [
    (
        Territory,
        {
            "tree_id": "tree_id + copy.n",
            "code": "'3499' || substr(CAST(100000 + copy.n AS text), 2) || substr(code, 10)",
            "name": "CASE WHEN kind = 'town' THEN '第' || CAST(copy.n + 1 AS text) || '镇' ELSE name END",
        },
    ),
    (VillagerGroup, {}),
    (GroupPlacement, {}),
    (Household, {}),
    (Placement, {}),
    (Person, {"id_number": "NULL", "id_number_hash": "''", "id_number_mask": "''"}),
    (Membership, {}),
    (Category, {}),
    (Visit, {"uuid": "{uuid}"}),
    (Obligation, {}),
]


def copy_town(copies: int) -> None:
    """Pour the first town again `copies` times, every key of the copied tables shifted by a stride of its own."""
    strides = {model: _newest(model) for model, _ in COPIED}
    with _bare([model._meta.db_table for model, _ in COPIED]):
        for model, special in COPIED:
            sql = _statement(model, special, strides)
            with connection.cursor() as cursor:
                for number in range(1, copies + 1):
                    cursor.execute(sql, [number])
            _move_sequence(model)


def _newest(model: type[models.Model]) -> int:
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def _statement(model: type[models.Model], special: dict[str, str], strides: dict[Any, int]) -> str:
    """One table's INSERT … SELECT for the copy whose number is its parameter."""
    quote = connection.ops.quote_name
    table, columns, values = quote(model._meta.db_table), [], []
    for field in model._meta.local_concrete_fields:
        columns.append(quote(str(field.column)))
        target = model if field.primary_key else getattr(field.remote_field, "model", None)
        if expression := special.get(field.name):
            values.append(expression.format(uuid=_FRESH_UUID[connection.vendor]))
        elif target in strides:
            values.append(f"{columns[-1]} + copy.n * {strides[target]}")
        else:
            values.append(columns[-1])
    return (
        f"WITH copy (n) AS (SELECT CAST(%s AS integer)) "
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM copy, {table}"
        f" WHERE id <= {strides[model]} ORDER BY id"
    )


def _move_sequence(model: type[models.Model]) -> None:
    """PostgreSQL hands out keys from a sequence that knows nothing of the ones we gave."""
    if connection.vendor == "postgresql":
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )


# Foreign keys and unique constraints of the tables, and indexes that belong to no constraint; primary keys stay.
_CONSTRAINTS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype = ANY(%s) ORDER BY conrelid, conname
"""
_INDEXES = """
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index WHERE indrelid = ANY(%s::regclass[])
    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid) ORDER BY indrelid, indexrelid
"""


@contextmanager
def _bare(tables: list[str]) -> Iterator[None]:
    """Without secondary indexes and foreign keys inside, with all of them after. SQLite keeps its own."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        # Checks that wait for the commit would forbid changing the tables.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL maintenance_work_mem = '512MB'")
        found = []
        for sql, values in ((_CONSTRAINTS, ["f"]), (_CONSTRAINTS, ["u"]), (_INDEXES, None)):
            cursor.execute(sql, [tables, values] if values else [tables])
            found += cursor.fetchall()
        for drop, _ in found:
            cursor.execute(drop)
        yield
        for _, create in reversed(found):
            cursor.execute(create)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED; SET LOCAL maintenance_work_mem TO DEFAULT")
