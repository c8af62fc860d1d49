"""R1: the rush at the counters on PostgreSQL: web workers are killed, and the gate's own cluster is crashed."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.gates.cluster import Cluster
from tests.gates.ground import Server
from tests.gates.line import Line, Size
from tests.gates.rush import rush

AWAY = 1.0  # seconds without a database
BIG = 5000  # presses from which on everything happens as often as the quality list says


def run(size: Size) -> Iterator[Line]:
    # The run put it beside our data (__main__.py); this process stands on it.
    cluster = Cluster(Path(os.environ["DATA_DIR"]).with_name("cluster"))

    def crash(server: Server) -> None:
        cluster.crash()
        threading.Event().wait(AWAY)
        cluster.start()

    kill = Server.kill_a_worker
    blows = [kill, crash, kill, crash, kill] if size.sales >= BIG else [kill, crash]
    fault = f"网站进程被杀 {blows.count(kill)} 次，PostgreSQL 断电 {blows.count(crash)} 次"
    yield rush(fault, size.sales, blows, seed=1)
