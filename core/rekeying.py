"""换钥匙: every sealed value of the database under the newest key of its ring, while people work.

Which columns are sealed is asked of the models, histories included, so that no list can forget one. What is opened and
sealed again stays inside one batch of rows; nothing of it is printed or logged.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Count, Q, TextField, Value
from django.db.models.functions import Left, StrIndex, Substr
from django.db.models.lookups import Exact

from core.crypto import Unreadable, newest
from core.fields import Sealed, SealedField

BATCH = 500  # rows that are locked and held in memory at a time


@dataclass
class Pass:
    """What one walk over a table did: values sealed anew, and values that do not open."""

    changed: int = 0
    unreadable: int = 0


def sealed_columns() -> dict[type[models.Model], list[SealedField]]:
    """Every table with sealed values and their columns, in the order of their names."""
    ours = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]
    found = {m: [f for f in m._meta.local_concrete_fields if isinstance(f, SealedField)] for m in ours}
    return {m: found[m] for m in sorted(ours, key=lambda each: each._meta.db_table) if found[m]}


def rings() -> list[str]:
    """The settings whose keys seal some column, in the order of their names."""
    return sorted({field.ring for fields in sealed_columns().values() for field in fields})


def values_by_key(model: type[models.Model], field: SealedField) -> Counter[str]:
    """How many values of the column each key seals."""
    kid = Substr(field.name, 1, StrIndex(field.name, Value(".")) - 1, output_field=TextField())
    rows = model._base_manager.filter(**{f"{field.name}__isnull": False})
    return Counter(dict(rows.annotate(kid=kid).values_list("kid").annotate(Count("pk")).order_by("kid")))


def reseal_table(model: type[models.Model], fields: list[SealedField]) -> Pass:
    """One walk over the table in the order of its keys, a short transaction for each batch.

    Killed anywhere, the next walk begins where this one ended: what is done is no longer looked for. A row that
    somebody is changing just now is left for the next walk.
    """
    walked, after = Pass(), 0
    while (last := _reseal_batch(model, fields, after, walked)) is not None:
        after = last
    return walked


def _reseal_batch(
    model: type[models.Model], fields: list[SealedField], after: int, walked: Pass
) -> int | None:
    """Seal the next rows; the key of the last of them, None if there was none."""
    with transaction.atomic():
        # 1. Locked as they are at this moment, so that nothing of anybody's is written over. Whoever holds a row is not
        #    waited for: who never waits closes no circle of waiting. (SQLite has but one writer, and this is it.)
        rows = model._base_manager.select_for_update(skip_locked=True, no_key=True)
        rows = rows.filter(_sealed_before(fields), pk__gt=after).order_by("pk")
        batch: list[Any] = list(rows.only("pk", *(field.name for field in fields))[:BATCH])
        # 2. Only these columns; no history line, for nothing of the facts has changed.
        changed = [row for row in batch if _reseal_row(row, fields, walked)]
        if changed:
            _write(model, fields, changed)
    return batch[-1].pk if batch else None


def _write(model: type[models.Model], fields: list[SealedField], rows: list[Any]) -> None:
    """One UPDATE for all rows. (`bulk_update` writes a CASE for each value, and took most of the whole time.)"""
    quote, meta = connection.ops.quote_name, model._meta
    values = [(row.pk, *(field.get_prep_value(getattr(row, field.name)) for field in fields)) for row in rows]
    sets = ", ".join(f"{quote(str(f.column))} = v.column{place}" for place, f in enumerate(fields, start=2))
    places = ", ".join(["%s"] * (len(fields) + 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(meta.db_table)} SET {sets} FROM (VALUES {', '.join([f'({places})'] * len(rows))}) AS v"
            f" WHERE {quote(meta.db_table)}.{quote(str(meta.pk.column))} = v.column1",
            [value for row in values for value in row],
        )


def _reseal_row(row: models.Model, fields: list[SealedField], walked: Pass) -> bool:
    """Whether any value of the row is another now."""
    any_changed = False
    for field in fields:
        sealed: Sealed | None = getattr(row, field.name)
        if sealed is None or sealed.kid == newest(field.ring):
            continue
        try:
            setattr(row, field.name, field.seal(sealed.open()))
        except Unreadable:
            walked.unreadable += 1
            continue
        walked.changed += 1
        any_changed = True
    return any_changed


def _sealed_before(fields: list[SealedField]) -> Q:
    """Rows of which some value is under another key than the newest."""
    found = Q()
    for field in fields:
        head = f"{newest(field.ring)}."
        begins = Left(field.name, len(head), output_field=TextField())
        found |= Q(**{f"{field.name}__isnull": False}) & ~Q(Exact(begins, head))
    return found
