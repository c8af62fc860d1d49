"""R2: the rush at the counters on SQLite: web workers are killed, and the whole web with all its connections."""

from collections.abc import Iterator

from tests.gates.ground import Server
from tests.gates.line import Line, Size
from tests.gates.rush import rush

MOST = 5000


def run(size: Size) -> Iterator[Line]:
    kill = Server.kill_a_worker
    presses = min(size.sales, MOST)
    blows = [kill, _all, kill, _all, kill] if presses == MOST else [kill, _all]
    fault = f"SQLite，网站进程被杀 {blows.count(kill)} 次，整个网站被杀 {blows.count(_all)} 次"
    yield rush(fault, presses, blows, seed=2)


def _all(server: Server) -> None:
    server.kill_whole()
    server.start()
