"""A ledger whose export stays in the middle until it is let go, so that a worker is surely killed while it works."""

import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.ledger import Column, Ledger

HALL = "HELD_HALL"  # names the folder where the exports meet the test
HURRIED = "HELD_HURRIED"  # not with the product's own leases and sweeps, which are long for a test


class Held(Ledger):
    """Leaves a mark for every beginning, and waits in front of its last row for the file `go`."""

    slug, title, group, order = "held", "等人放行的台账", "网格和居民", 9
    period_kind = "month"
    columns = (Column("name", "第几行", required=True),)

    def rows(self, scope: Any) -> Iterator[tuple]:
        hall = Path(os.environ[HALL])
        yield ("一",)
        (hall / f"begun-{scope.period}-{secrets.token_hex(4)}").touch()
        waiting = threading.Event()
        while not (hall / "go").exists():
            waiting.wait(0.02)
        yield ("二",)

    def count(self, scope: Any) -> int:
        return 2
