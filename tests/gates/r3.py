"""R3: a redemption's number again, eight at once, with another body, by another shopkeeper, and killed midway."""

import random
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from points import services
from points.models import Redemption
from points.services import balance_of
from tests.gates.ground import ROOT
from tests.gates.line import Line, Size
from tests.gates.market import Ground, ground, must_be_whole
from tests.points.market import PIN

PATIENCE = 120.0  # seconds
EIGHT = 8
# The process that is killed: it redeems one number after another, and says which it has done.
REDEEMS = """
import sys, django
django.setup()
from tests.gates.r3 import redeem_each
redeem_each(sys.argv[1], sys.argv[2].split(","))
"""


def run(size: Size) -> Iterator[Line]:
    market = ground()
    rounds = max(6, size.cases // 20)
    yield _eight_at_once(market, rounds)
    yield _other_words(market, rounds)
    yield _killed(market, max(2, size.kills // 6))


def _eight_at_once(market: Ground, rounds: int) -> Line:
    line = Line("同一个编号，八个同时来", "")
    before = balance_of(market.town.zhang)
    for _ in range(rounds):
        number = uuid.uuid4()
        got = _together([lambda number=number: market.redeem(uuid=number) for _ in range(EIGHT)])
        faults = [each for each in got if isinstance(each, Exception)]
        line.must(not faults, f"有的没得到回答：{faults[:1]}")
        made = [each for each in got if not isinstance(each, Exception) and each.created]
        line.must(len(made) == 1, f"{len(made)} 个说是自己兑的")
    spent = before - balance_of(market.town.zhang)
    line.must(spent == rounds * 12, f"扣了 {spent} 分，应该是 {rounds * 12} 分")
    must_be_whole(line)
    line.done = f"{rounds} 个编号 × {EIGHT}，每个一次"
    return line


def _other_words(market: Ground, rounds: int) -> Line:
    line = Line("同一个编号，换了东西、换了人", "")
    for _ in range(rounds):
        number = uuid.uuid4()
        first = market.redeem(uuid=number)
        for said in ({"number": 2}, {"actor": market.second}, {"code": market.card(market.town.wang)}):
            got = _together([lambda said=said, number=number: market.redeem(uuid=number, **said)])[0]
            line.must(isinstance(got, services.Conflict), f"{said}：{got!r}，不是“编号用过了”")
        again = market.redeem(uuid=number)
        line.must(not again.created, "原样再来，又兑了一次")
        line.must(again.redemption == first.redemption, "原样再来，答的是另一笔")
    must_be_whole(line)
    line.done = f"{rounds} 个编号，各换三样"
    return line


def _killed(market: Ground, kills: int) -> Line:
    """kill -9 while it redeems; then every number once more, as somebody does who got no answer."""
    line = Line("兑到一半，进程被杀", "")
    draw = random.Random(3)
    midway = 0
    before = balance_of(market.town.zhang)
    numbers: list[str] = []
    for _ in range(kills):
        mine = [str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(20)]
        numbers += mine
        done = _kill_after(market.card(), mine, draw.randrange(1, 12))
        midway += done < len(mine)
        for number in mine:
            market.redeem(uuid=uuid.UUID(number))
    count = Redemption.objects.filter(uuid__in=numbers).count()
    line.must(count == len(numbers), f"{len(numbers)} 个编号有 {count} 笔")
    spent = before - balance_of(market.town.zhang)
    line.must(spent == 12 * len(numbers), f"扣了 {spent} 分，应该是 {12 * len(numbers)} 分")
    must_be_whole(line)
    line.done = f"杀了 {kills} 次，{midway} 次在半路；{len(numbers)} 个编号，各一次"
    return line


def _kill_after(code: str, numbers: list[str], answers: int) -> int:
    """Let a process redeem these, and kill it after so many answers; how many it gave."""
    command = [sys.executable, "-c", REDEEMS, code, ",".join(numbers)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    given = 0
    for _ in process.stdout:
        given += 1
        if given == answers:
            process.send_signal(signal.SIGKILL)
            break
    process.kill()
    process.wait(PATIENCE)
    process.stdout.close()
    return given


def redeem_each(code: str, numbers: list[str]) -> None:
    """In the process that is killed: one after another, with a word after each."""
    from accounts.models import User
    from points.models import Goods, Shop

    shop, soap = Shop.objects.get(name="金星店"), Goods.objects.get(name="洗衣粉")
    keeper = User.objects.get(username="shop")
    for number in numbers:
        services.redeem(
            actor=keeper, uuid=uuid.UUID(number), shop=shop, code=code, lines=[(soap, 1)], points=12, pin=PIN
        )
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def _together(each: list[Callable[[], Any]]) -> list[Any]:
    """What they answer, or the exception they end with, all let go in the same instant on connections of their own."""
    meet, got = threading.Barrier(len(each)), [None] * len(each)

    def one(at: int, do: Callable[[], Any]) -> None:
        try:
            meet.wait(PATIENCE)
            got[at] = do()
        except Exception as fault:
            got[at] = fault
        finally:
            connection.close()

    crew = [threading.Thread(target=one, args=pair) for pair in enumerate(each)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join(PATIENCE)
    return got
