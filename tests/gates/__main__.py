"""`make gates`: plays every gate on scratch ground, then on copies of the tree with a fault planted; prints the table.

Exit 1 if a gate is red, or if it stays green over a planted fault.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from tests.gates.cluster import Cluster
from tests.gates.ground import Databases, environment, fresh_keys
from tests.gates.line import BROKEN, Line
from tests.gates.plants import Plant, copy_tree, plants

# the longest first
GATES = ("S7", "R9", "R8", "S4", "R6", "R1", "R2", "R11", "R5", "R7", "R3", "R4", "FRAUD")
# Whatever the run is on: these crash a PostgreSQL cluster of their own, and these stand on a file.
ON_CLUSTERS, ON_FILES = ("R1",), ("R2",)
AT_ONCE = 2
Row = tuple[str, Line]


class Run:
    """One run: a folder, keys and a base that every gate begins with."""

    def __init__(self, folder: Path, size: str) -> None:
        self.folder, self.size = folder, size
        self.databases = Databases(folder, os.environ.get("TEST_DATABASE_URL", ""))
        self.keys = fresh_keys()
        # Everything is played on one state of the tree, whatever somebody writes meanwhile.
        self.tree = copy_tree(folder / "tree")
        self._cluster: Cluster | None = None
        self._one_at_a_time = threading.Lock()
        self.base = self.databases.new("base")
        try:
            self._fill(self.tree, "base", self.base)
        except RuntimeError as why:
            raise SystemExit(str(why)) from why

    def gate(self, name: str) -> list[Row]:
        try:
            with self._database(name, name, self.tree) as database:
                return [(name, line) for line in self._play(self.tree, name, name, database, self.size)]
        except RuntimeError as why:
            return [(name, Line(BROKEN, "", [str(why)]))]

    def plant(self, plant: Plant) -> list[Row]:
        """The gate over the planted fault: one line, and green only if the gate was red."""
        began = time.monotonic()
        line = Line(f"种：{plant.says}", "")
        tree = self.folder / plant.path.stem / "tree"
        shutil.copytree(self.tree, tree, symlinks=True)
        if why := plant.refused(tree):
            line.wrong.append(f"{plant.path.name} 打不上去了，代码改过：照着现在的代码重写它。{why}"[:400])
            return [(plant.gate, line)]
        plant.put_into(tree)
        try:
            with self._database(plant.gate, plant.path.stem, tree, anew=plant.changes_tables) as database:
                played = self._play(tree, plant.gate, plant.path.stem, database, "small")
        except RuntimeError as broken:
            played = [Line(BROKEN, "", [str(broken)])]
        red = [each for each in played if each.wrong and each.fault != BROKEN]
        why = "".join(each.wrong[0][-300:] for each in played if each.fault == BROKEN)
        line.must(bool(red), f"{plant.gate} 没有发觉它{why and f'，没演完：{why}'}")
        line.done = f"发觉了：{red[0].fault}：{red[0].wrong[0]}"[:110] if red else ""
        line.seconds = time.monotonic() - began
        return [(plant.gate, line)]

    # --- what a gate stands on ---------------------------------------------------------------------------------------

    @contextmanager
    def _database(self, gate: str, name: str, tree: Path, *, anew: bool = False) -> Iterator[str]:
        """The address of a database of its own with the base in it, made `anew` by a tree that has other tables.

        RuntimeError with the reason where there is none to be had.
        """
        if gate in ON_CLUSTERS:
            with self._own_cluster(name, tree, anew=anew) as cluster:
                yield cluster.url
            return
        if gate in ON_FILES and self.databases.server:
            databases, anew = Databases(self.folder, ""), True
        else:
            databases = self.databases
        database = databases.new(name, like="" if anew else self.base)
        if anew:
            self._fill(tree, name, database)
        yield database

    @contextmanager
    def _own_cluster(self, name: str, tree: Path, *, anew: bool) -> Iterator[Cluster]:
        """Running; where the gate that crashes it looks for it (r1.py)."""
        # The server's own account must come through to what is its own in there; it cannot list it.
        self.folder.chmod(0o711)
        cluster = Cluster(self.folder / name / "cluster")
        if anew:
            cluster.make()
        else:
            cluster.copy(self._filled_cluster())
        cluster.start()
        try:
            if anew:
                self._fill(tree, name, cluster.url)
            yield cluster
        finally:
            if cluster.running:
                cluster.crash()

    def _filled_cluster(self) -> Cluster:
        """Stopped, with the base in it, to be copied: made for the first who asks."""
        with self._one_at_a_time:
            if self._cluster is None:
                cluster = Cluster(self.folder / "cluster")
                shutil.rmtree(cluster.folder, ignore_errors=True)  # of one that did not come to be
                cluster.make()
                cluster.start()
                try:
                    self._fill(self.tree, "base", cluster.url)
                finally:
                    cluster.stop()
                self._cluster = cluster
            return self._cluster

    def _fill(self, tree: Path, name: str, database: str) -> None:
        if broken := self._play(tree, "base", name, database, self.size):
            raise RuntimeError(broken[0].wrong[0])

    def _play(self, tree: Path, gate: str, name: str, database: str, size: str) -> list[Line]:
        folder = self.folder / name / "data"
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.gates.play", gate, size]
        env = environment(folder, database, self.keys)
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            return [Line(BROKEN, gate, [done.stderr[-1500:]])]
        return [Line.read(text) for text in done.stdout.splitlines() if text.startswith("{")]


def main() -> int:
    asked = argparse.ArgumentParser(prog="make gates", description=__doc__)
    asked.add_argument("size", nargs="?", choices=("quick", "full"), default="quick")
    asked.add_argument("--only", nargs="+", choices=GATES, default=GATES, help="these gates and no others")
    asked.add_argument("--no-plants", action="store_true", help="do not prove the gates")
    told = asked.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hongji-gates-") as folder, ThreadPoolExecutor(AT_ONCE) as crew:
        run = Run(Path(folder), told.size)
        print(f"{told.size}，{run.databases.kind}，底子 {time.monotonic() - began:.0f} 秒\n")
        print("| 门 | 什么毛病 | 做了什么 | | 秒 |\n|---|---|---|---|---|", flush=True)
        try:
            work = [crew.submit(run.gate, name) for name in GATES if name in told.only]
            if not told.no_plants:
                work += [crew.submit(run.plant, plant) for plant in plants(told.only)]
            red = _print(as_completed(work))
        finally:
            run.databases.drop_all()
    print(f"\n{'全绿' if not red else f'{red} 行红'}，{time.monotonic() - began:.0f} 秒")
    return 1 if red else 0


def _print(done: Iterable[Future[list[Row]]]) -> int:
    """The table as it grows; how many lines are red."""
    red = 0
    for future in done:
        for gate, line in future.result():
            mark = "✗" if line.wrong else "✓"
            print(f"| {gate} | {line.fault} | {line.done} | {mark} | {line.seconds:.0f} |", flush=True)
            for why in line.wrong:
                print(f"|  | | ✗ {' '.join(why.split())} | | |", flush=True)
            red += bool(line.wrong)
    return red


if __name__ == "__main__":
    sys.exit(main())
