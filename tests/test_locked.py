"""A thread that found SQLite locked leaves nothing behind for which the one that has the lock would have to wait."""

import gc
import threading

import pytest
from django.db import OperationalError, connection, transaction


@pytest.mark.django_db(transaction=True)
def test_what_a_failed_wait_left_behind_is_freed_without_waiting_for_the_next_wait() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the mutex is SQLite's")
    left: list[BaseException] = []
    said: list[str] = []
    failed = threading.Event()

    def wait_twice() -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1")
        for turn in ("first", "second"):
            try:
                with transaction.atomic():
                    said.append(f"{turn} got it")
            except OperationalError as locked:
                said.append(f"{turn} locked")
                left.append(locked)
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 3000")
            failed.set()
        connection.close()

    with transaction.atomic():
        other = threading.Thread(target=wait_twice)
        other.start()
        failed.wait(10)
        threading.Event().wait(0.3)  # until the other one waits inside SQLite
        left.clear()
        gc.collect()  # without the watch it takes until the second wait has failed
    other.join()
    assert said == ["first locked", "second got it"]
