"""`python -m tests.gates.play R5 quick`: one gate on the ground that the environment names; one line of JSON each."""

import sys
import time
import traceback
from collections.abc import Iterator
from importlib import import_module

import django

from tests.gates.line import BROKEN, SIZES, Line


def main(gate: str, size: str) -> None:
    django.setup()
    if gate == "base":
        return _make_base()
    for line in _played(gate, size):
        print(line.text(), flush=True)


def _played(gate: str, size: str) -> Iterator[Line]:
    """The lines of a gate with their seconds; a gate that breaks off is a line too, and red."""
    steps = import_module(f"tests.gates.{gate.lower()}").run(SIZES[size])
    while True:
        began = time.monotonic()
        try:
            line = next(steps)
        except StopIteration:
            return
        except Exception:
            line = Line(BROKEN, "", [traceback.format_exc()[-1500:]])
        line.seconds = time.monotonic() - began
        yield line


def _make_base() -> None:
    """Tables and the cast of two villages, once for all gates of a run."""
    from django.core.management import call_command
    from django.db import connections

    from tests.people import make_town_of_two
    from visits import services

    call_command("migrate", interactive=False, verbosity=0)
    make_town_of_two()
    services.ensure_owed()
    connections.close_all()  # the last one folds SQLite's journal into the file that is copied


if __name__ == "__main__":
    main(*sys.argv[1:])
