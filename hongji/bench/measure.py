"""How a thing is measured: CPU of this process and of the database's, interleaved rounds, min / median / max."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import connection

ROUNDS = 5
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """CPU used so far by this process and, where it runs on this machine, by its PostgreSQL backend."""
    return time.process_time() + _backend_seconds()


def _backend_seconds() -> float:
    if connection.vendor != "postgresql" or connection.connection is None:
        return 0.0
    try:
        with open(f"/proc/{connection.connection.info.backend_pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


@dataclass
class Series:
    """What one side took, round by round, in seconds."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def run(self, work: Callable[[], object], repeat: int) -> None:
        cpu, wall = cpu_seconds(), time.perf_counter()
        for _ in range(repeat):
            work()
        self.cpu.append(cpu_seconds() - cpu)
        self.wall.append(time.perf_counter() - wall)


@dataclass(frozen=True)
class Ratio:
    """One line of the table: a ratio of the same round's two sides, and what it must be."""

    gate: str
    what: str
    values: list[float]
    must: str
    met: bool | None
    note: str = ""

    def line(self) -> str:
        low, middle, high = min(self.values), statistics.median(self.values), max(self.values)
        verdict = {True: "✓", False: "✗", None: " "}[self.met]
        spread = f"{low:.2f} / {middle:.2f} / {high:.2f}"
        return f"| {self.gate} | {self.what} | {spread} | {self.must} | {verdict} | {self.note} |"


def side_by_side(
    sides: Mapping[str, Callable[[], object]], *, rounds: int = ROUNDS, repeat: int = 1
) -> dict[str, Series]:
    """Run every side once to warm up, then in turns; `repeat` calls make one reading of something quick."""
    for work in sides.values():
        work()
    found = {name: Series() for name in sides}
    for _ in range(rounds):
        for name, work in sides.items():
            found[name].run(work, repeat)
    return found


def ratios(over: list[float], under: list[float]) -> list[float]:
    return [a / max(b, 1e-6) for a, b in zip(over, under, strict=True)]


def at_most(gate: str, what: str, values: list[float], limit: float, note: str = "") -> Ratio:
    return Ratio(gate, what, values, f"≤ {limit:g}×", statistics.median(values) <= limit, note)


def at_least(gate: str, what: str, values: list[float], limit: float, note: str = "") -> Ratio:
    return Ratio(gate, what, values, f"≥ {limit:g}×", statistics.median(values) >= limit, note)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
