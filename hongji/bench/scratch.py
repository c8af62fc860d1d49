"""Databases of its own for measuring, made and dropped beside the one the settings name; nobody's rows are touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from hongji.town.filling import make_town


@contextmanager
def scratch_database() -> Iterator[str]:
    """Empty, migrated, and gone afterwards; its name. One may stand inside another (PostgreSQL: bench_<name>; SQLite:
    bench_<name> under DATA_DIR)."""
    name = str(connection.settings_dict["NAME"])
    test = connection.settings_dict["TEST"]
    before = test["NAME"]
    test["NAME"] = (
        f"bench_{name}"
        if connection.vendor == "postgresql"
        else str(settings.DATA_DIR / f"bench_{Path(name).name}")
    )
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield str(connection.settings_dict["NAME"])
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        test["NAME"] = before


@contextmanager
def looking_at(name: str) -> Iterator[None]:
    """Another scratch database for a while: what is compared is measured at the same time."""
    here = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = here


def fill(households: int, months: int) -> None:
    """A made-up town in the scratch database."""
    make_town(households=households, months=months, seed=2022, say=lambda text: None)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # as autovacuum would have done long since
