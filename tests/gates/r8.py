"""R8: the group of workers killed whole three times, Redis stopped and emptied: every job is done, and none twice.

Redis is one of the gate's own, on a free port and without a disk. Where there is no redis-server the folder that
stands in for it is emptied instead, and the line says so. Leases and sweeps are the product's own.
"""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db.models import Sum

from accounts.models import User
from grids.models import Territory
from ledgers import services
from ledgers.models import Job, StoredFile
from tests.gates.ground import HOST, free_port
from tests.gates.line import Line, Size
from tests.ledgers.background import Background, ask_for_many, empty_folder_of_the_broker, states, until

DRAINED_WITHIN = 60.0
AWAY = 3.0  # seconds without Redis
# On a machine on which others wait for the same cores the sixty seconds are theirs too; then the line is red all the
# same, but says whether anything was lost.
PATIENCE = 240.0
OVER = {Job.DONE, Job.FAILED}


class Broker:
    """Redis, or the folder; what is in it is lost when it stops."""

    def __init__(self) -> None:
        self.path = shutil.which("redis-server")
        self.process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0" if self.path else ""

    @property
    def name(self) -> str:
        return "Redis" if self.path else "消息文件夹（没有 redis-server）"

    def start(self) -> None:
        if not self.path:
            return
        options = ["--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [self.path, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers, "Redis to answer")

    def _answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url) as server:
                return bool(server.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        """Stopped as a power cut stops it, and with it everything it held."""
        if self.process is None:
            empty_folder_of_the_broker()
        else:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def _set_up() -> Iterator[tuple[Broker, Background]]:
    broker = Broker()
    broker.start()
    with tempfile.TemporaryDirectory(dir=os.environ["DATA_DIR"]) as folder:
        background = Background(Path(folder), broker.url, hurried=False)
        try:
            yield broker, background
        finally:
            background.end()
            broker.stop()


def run(size: Size) -> Iterator[Line]:
    pks = _jobs(size.jobs)
    with _set_up() as (broker, background):
        line = Line(f"后台整组被杀三次，{broker.name}停掉又清空", "")
        drained = _played(line, pks, broker, background)
    _count(line, pks, drained)
    yield line


def _jobs(count: int) -> list[int]:
    half = count // 2
    both = (("jinxing", "金星村", half), ("qiaoji", "桥集村", count - half))
    people = {user.username: user for user in User.objects.all()}
    return [
        pk
        for username, village, number in both
        for pk in ask_for_many(people[username], Territory.objects.get(name=village), number)
    ]


def _played(line: Line, pks: list[int], broker: Broker, background: Background) -> float:
    """How long the jobs took after the last of it; the seconds count from the start of the last worker."""
    background.start("beat")
    background.start("worker")
    background.hold_two_more()  # 1. killed in the middle of two jobs, and no bell is left
    background.kill("worker")
    broker.stop()
    broker.start()
    background.start("worker")
    background.hold_two_more()  # 2. clock and worker together
    background.kill("beat")
    background.kill("worker")
    background.let_go()
    background.start("beat")
    background.start("worker")
    until(lambda: states(pks).get(Job.DONE, 0) >= len(pks) // 10, "a tenth of the jobs")
    broker.stop()  # 3. Redis goes away under those who work, and comes back empty
    threading.Event().wait(AWAY)
    broker.start()
    background.kill("worker")
    line.must(states(pks).get(Job.DONE, 0) < len(pks), "杀得太晚，活已经做完了，说明不了什么")
    began = time.monotonic()
    background.start("worker")
    while not states(pks).keys() <= OVER and time.monotonic() < began + PATIENCE:
        threading.Event().wait(0.2)
    return time.monotonic() - began


def _count(line: Line, pks: list[int], drained: float) -> None:
    found = states(pks)
    line.must(found == {Job.DONE: len(pks)}, f"{len(pks)} 件活成了：{found}")
    line.must(drained <= DRAINED_WITHIN, f"{drained:.0f} 秒还没做完")
    results = Job.objects.filter(pk__in=pks).exclude(result=None).values_list("result", flat=True)
    line.must(len(set(results)) == len(pks), f"{len(pks) - len(set(results))} 件没有自己的结果")
    line.must(
        StoredFile.objects.count() == len(pks), f"{StoredFile.objects.count()} 份结果，不是 {len(pks)} 份"
    )
    torn = sum(not b"".join(services.open_file(each)).startswith(b"PK") for each in StoredFile.objects.all())
    line.must(not torn, f"{torn} 份打不开")
    tries = Job.objects.filter(pk__in=pks).aggregate(all=Sum("tries"))["all"] or 0
    line.must(tries >= len(pks) + 4, "没有一件是做到一半被杀的：说明不了什么")
    line.done = f"{len(pks)} 件活，{tries - len(pks)} 件做到一半被杀；最后一次以后 {drained:.0f} 秒做完"
