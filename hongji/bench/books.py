"""G9: redemptions through the verb that the shop's page calls, beside pgbench's TPC-B with as many clients."""

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import User
from core import clock
from core.scope import OPERATOR
from grids import services as grids
from grids.models import Household, Territory
from hongji.bench.floor import floor
from hongji.bench.measure import ROUNDS, Ratio, at_least
from hongji.town.filling import analyse
from points import services
from points.models import Account, Goods, Scheme, Shop, Shopkeeper

CLIENTS, SECONDS = 16, 6.0
ACCOUNTS = 10_000
PIN = "2580"
PLENTY = 1_000_000
# One client: a process of its own, as a web worker is.
CLIENT = "import django; django.setup(); from hongji.bench.books import redeem_until; redeem_until()"


def g9() -> Iterator[Ratio]:
    """Redemptions per second ÷ TPC-B transactions per second, one after another in each round."""
    if connection.vendor != "postgresql":
        yield Ratio("G9", "兑换 ÷ pgbench：只在 PostgreSQL 上量", [0.0], "≥ 0.3×", None)
        return
    work = _prepare()
    _pgbench("-i", "-q", "-s", str(CLIENTS))
    connection.close()
    homes = len(work["codes"])
    shares: dict[int, list[float]] = {homes: [], 1: []}
    said: dict[int, str] = {}
    floors: list[float] = []
    with _clients(work) as crew:
        for _ in range(ROUNDS):
            base = _pgbench("-c", str(CLIENTS), "-j", "2", "-T", str(int(SECONDS)))
            for number, found in shares.items():
                done = _redeemed(crew, number)
                found.append(done / base)
                said[number] = f"最后一轮 {done:.0f} 笔一秒，pgbench {base:.0f}"
            floors.append(floor(_pgbench, "-c", str(CLIENTS), "-j", "2", "-T", str(int(SECONDS))) / base)
    what = f"兑换，{CLIENTS} 个同时，{homes} 户 ÷ pgbench"
    yield at_least("G9", what, shares[homes], 0.3, said[homes])
    yield Ratio("G9", "只写这些行，不问也不判，由 pgbench 来写 ÷ pgbench", floors, "供参考", None)
    yield at_least("G9", "同上，都兑同一户 ÷ pgbench", shares[1], 0.15, said[1])


def _prepare() -> dict[str, Any]:
    """A shop in every village, and cards with plenty of points for so many households."""
    shops = {}
    for number, village in enumerate(Territory.objects.villages().order_by("pk")):
        Scheme.objects.create(territory=village, since=clock.today(), resolution="量速度")
        user = User.objects.create_user(
            username=f"bench{number}", password=str(uuid.uuid4()), name=f"店员{number}"
        )
        officer = grids.new_officer(actor=grids.SERVER, name=f"店员{number}", phone=f"1990009{number:04d}")
        officer.user = user
        officer.save(update_fields=["user"])
        grids.appoint(
            actor=grids.SERVER, officer=officer, territory=village, duty="shopkeeper", since=clock.today()
        )
        shop = Shop.objects.create(territory=village, name="量速度", since=clock.today())
        Shopkeeper.objects.create(shop=shop, officer=officer, since=clock.today())
        goods = Goods.objects.create(shop=shop, name="洗衣粉", unit="袋", points=1, stock=PLENTY)
        # As in a shop that has sold before.
        Account.objects.create(kind=Account.SHOP, shop=shop, territory=village)
        shops[village.pk] = {"shop": shop.pk, "user": user.pk, "goods": goods.pk}
    homes = list(Household.objects.present().select_related("territory", "village").order_by("pk")[:ACCOUNTS])
    Account.objects.bulk_create(
        Account(kind=Account.HOUSEHOLD, household=home, territory=home.village, balance=PLENTY)
        for home in homes
    )
    codes = []
    for home in homes:
        made = services.issue_card(actor=OPERATOR, household=home, pin=PIN)
        codes.append([made.code, home.village_id])
    analyse()
    return {"codes": codes, "shops": shops}


@contextmanager
def _clients(work: dict[str, Any]) -> Iterator[list[Any]]:
    """So many of them, with Django up and what they need at hand; they stay for all rounds, as web workers do."""
    env = os.environ | {"DATABASE_URL": _address(), "DJANGO_SETTINGS_MODULE": "hongji.settings"}
    command = [sys.executable, "-c", CLIENT]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    crew: list[Any] = [
        subprocess.Popen(command, env=env, cwd=settings.BASE_DIR, **pipes) for _ in range(CLIENTS)
    ]
    try:
        for each in crew:
            _tell(each, json.dumps(work))
        for each in crew:
            _heard(each)
        yield crew
    finally:
        for each in crew:
            each.stdin.close()  # which sends it home
        for each in crew:
            each.wait()


def _redeemed(crew: list[Any], homes: int) -> float:
    """Redemptions per second that all clients together bring about, for the first so many households."""
    for each in crew:
        _tell(each, str(homes))
    return sum(int(_heard(each)) for each in crew) / SECONDS


def _tell(client: Any, line: str) -> None:
    client.stdin.write(line + "\n")
    client.stdin.flush()


def _heard(client: Any) -> str:
    line: str = client.stdout.readline()
    if not line:
        raise RuntimeError("a client broke off; what it said stands above")
    return line


def redeem_until() -> None:
    """In a client: whenever told for how many households, redeem for one after another until the time is over, and
    write out how often."""
    import random

    work = json.loads(sys.stdin.readline())
    draw = random.Random(os.getpid())
    rows = {
        int(village): (
            Shop.objects.select_related("territory", "account").get(pk=told["shop"]),  # as the page does
            User.objects.get(pk=told["user"]),
            Goods.objects.get(pk=told["goods"]),
        )
        for village, told in work["shops"].items()
    }
    print("ready", flush=True)
    for homes in sys.stdin:
        done, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            code, village = work["codes"][draw.randrange(int(homes))]
            shop, keeper, goods = rows[village]
            services.redeem(
                actor=keeper, uuid=uuid.uuid4(), shop=shop, code=code, lines=[(goods, 1)], points=1, pin=PIN
            )
            done += 1
        print(done, flush=True)


def _address() -> str:
    told = connection.settings_dict
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def _pgbench(*options: str) -> float:
    """Run it on the scratch database; transactions per second where it measures."""
    told = connection.settings_dict
    command = [
        _program(),
        "-h",
        told["HOST"],
        "-p",
        str(told["PORT"]),
        "-U",
        told["USER"],
        *options,
        told["NAME"],
    ]
    done = subprocess.run(
        command, env=os.environ | {"PGPASSWORD": told["PASSWORD"]}, capture_output=True, text=True, check=True
    )
    for line in done.stdout.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    return 0.0


def _program() -> str:
    """Where it is: Debian keeps it out of everybody's way."""
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))[-1:]
    return shutil.which("pgbench") or next(map(str, newest), "pgbench")
