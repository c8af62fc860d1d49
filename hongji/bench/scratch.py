"""A database of its own for measuring, made and dropped beside the one the settings name; nobody's rows are touched."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from hongji.town.filling import make_town


@contextmanager
def scratch_database() -> Iterator[None]:
    """Empty, migrated, and gone afterwards (PostgreSQL: bench_<name>; SQLite: bench.sqlite3 under DATA_DIR)."""
    name = connection.settings_dict["NAME"]
    test = connection.settings_dict["TEST"]
    before = test["NAME"]
    test["NAME"] = (
        f"bench_{name}" if connection.vendor == "postgresql" else str(settings.DATA_DIR / "bench.sqlite3")
    )
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        test["NAME"] = before


def fill(households: int, months: int) -> None:
    """A made-up town in the scratch database."""
    make_town(households=households, months=months, seed=2022, say=lambda text: None)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # as autovacuum would have done long since
