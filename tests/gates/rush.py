"""R1 and R2: sixteen shopkeepers at their pages, three of ten presses a repetition, while processes are killed.

Whatever falls down is started again, and the shopkeepers press until there is an answer. What must be so afterwards is
counted in plain numbers from what they were told.
"""

import queue
import random
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from accounts.models import User
from grids import services as register
from grids.models import Household, Officer
from points import services
from points.models import Account, Goods, Posting, Redemption, Shopkeeper, StockMove
from tests.gates.ground import Server, cookie_of, served
from tests.gates.line import Line
from tests.gates.market import PLENTY, Ground, give, ground, must_be_whole
from tests.gates.till import BOTH, LATE, MISHAPS, Astray, Sale, Stuck, Till
from tests.people import POSTED

CLERKS = 16
REPLAYS = 0.3
HOMES = 10
# Some purses and one shelf are empty long before the end: who comes then must be refused, every time.
POOR = 3
# An account may scan sixty cards in ten minutes; the rest is for scans that have to be made again.
CARDS = 40
MOST_LAST = 40  # more would make the page too long
FEW = 12  # sentences that the table has room for
Blow = Callable[[Server], None]


@dataclass
class Rush:
    """What was there before (`had` by household, `stock` by goods), and what the shopkeepers are to do; `unanswered`
    counts what they had to ask again."""

    market: Ground
    homes: list[Household]
    goods: list[Goods]
    had: dict[int, int]
    stock: dict[int, int]
    sales: list[Sale]
    finished: int = 0
    unanswered: int = 0


def rush(fault: str, presses: int, blows: list[Blow], *, seed: int) -> Line:
    """So many presses of 兑换; the blows fall one after another while they are made."""
    line = Line(fault, "")
    made = _prepared(presses, seed)
    cookies = _shopkeepers(made, max(CLERKS, -(-len(made.sales) // CARDS)))
    connections.close_all()
    with served() as server:
        hit, faults = _played(made, server, cookies, blows)
    connections.close_all()  # what stood here before the last blow is gone
    _count(line, made)
    line.wrong += faults
    line.must(hit == len(blows), f"只有 {hit} 次打断了正在兑的：说明不了什么")
    done = sum(sale.handed_out for sale in made.sales)
    line.done = (
        f"{presses} 次按“兑换”，{len(made.sales)} 个编号，{CLERKS} 个店员同时；{done} 笔各一次，"
        f"{len(made.sales) - done} 笔没有分或没有货；{made.unanswered} 次没得到回答，再按都有了"
    )
    line.wrong = line.wrong[:FEW]
    return line


# --- before -----------------------------------------------------------------------------------------------------------


def _prepared(presses: int, seed: int) -> Rush:
    draw = random.Random(seed)
    market = ground()
    keys = presses - round(presses * REPLAYS)
    salt = _put_there(market, keys * 3 // 4, name="食盐", unit="袋", points=3)
    goods = [market.soap, market.bus, salt]
    homes = [market.town.zhang, market.town.wang, *_more_homes(market, keys)]
    sales = []
    for _ in range(keys):
        home = draw.choice(homes)
        wanted = [(each, draw.randint(1, 3)) for each in draw.sample(goods, draw.choice((1, 1, 2, 3)))]
        sales.append(Sale(home.pk, market.card(home), wanted))
    twice = _last_ones(market, sales, draw)
    for _ in range(presses - keys - twice):
        draw.choice(sales).mishaps.append(draw.choice(MISHAPS))
    had = dict(Account.objects.filter(household__in=homes).values_list("household", "balance"))
    stock = dict(Goods.objects.exclude(stock=None).values_list("pk", "stock"))
    return Rush(market, homes, goods, had, stock, sales)


def _put_there(market: Ground, number: int, **said: Any) -> Goods:
    goods = Goods.objects.create(shop=market.shop, **said)
    services.take_in(actor=market.keeper, goods=goods, number=number)
    goods.refresh_from_db()
    return goods


def _last_ones(market: Ground, sales: list[Sale], draw: random.Random) -> int:
    """Things of which one is there and two households want it, each at a button that is pressed twice at once; how
    many buttons. Who gets it must be told so both times."""
    count = min(len(sales) // 14, MOST_LAST)
    last = [_put_there(market, 1, name=f"最后一件{number}", unit="件", points=1) for number in range(count)]
    buyers = draw.sample(sales, 2 * count)
    for number, sale in enumerate(buyers):
        sale.wanted.append((last[number // 2], 1))
        sale.mishaps.append(BOTH)
    return len(buyers)


def _more_homes(market: Ground, keys: int) -> Iterator[Household]:
    for number in range(HOMES - 2):
        home = market.town.household(market.town.group1, f"排队{'一二三四五六七八'[number]}")
        give(market, home, PLENTY if number >= POOR else max(keys, 40))
        yield home


def _shopkeepers(made: Rush, wanted: int) -> list[str]:
    """Their sessions; they never type a password here, and hashing one takes long."""
    market, found = made.market, []
    for number in range(wanted):
        user = User(username=f"clerk{number}", name="金店员")
        user.set_unusable_password()
        user.save()
        officer: Officer = market.town.officer("金店员", user=user)
        register.appoint(
            actor=register.SERVER,
            officer=officer,
            territory=market.town.jinxing,
            duty="shopkeeper",
            since=POSTED,
        )
        Shopkeeper.objects.create(shop=market.shop, officer=officer, since=POSTED)
        found.append(cookie_of(user))
    return found


# --- the rush ---------------------------------------------------------------------------------------------------------


def _played(made: Rush, server: Server, cookies: list[str], blows: list[Blow]) -> tuple[int, list[str]]:
    """How many of the blows interrupted somebody, and who could not go on."""
    shifts: queue.SimpleQueue[tuple[str, list[Sale]]] = queue.SimpleQueue()
    for number, cookie in enumerate(cookies):
        shifts.put((cookie, made.sales[number :: len(cookies)]))
    moved, faults = threading.Condition(), list[str]()

    def clerk() -> None:
        try:
            while True:
                _shift(made, server, *shifts.get_nowait(), moved)
        except queue.Empty:
            pass
        except Stuck:
            faults.append("有人一直没得到回答")
        except Astray as fault:
            faults.append(str(fault))
        except Exception:
            faults.append(traceback.format_exc()[-600:])
        with moved:
            moved.notify_all()

    crew = [threading.Thread(target=clerk) for _ in range(CLERKS)]
    for thread in crew:
        thread.start()
    hit = 0
    for number, blow in enumerate(blows, start=1):
        due = len(made.sales) * number // (len(blows) + 1)
        with moved:
            moved.wait_for(lambda due=due: made.finished >= due or bool(faults))
            before = made.unanswered
        blow(server)
        # More than are at work have been served since: whoever was in the middle of it has noticed.
        with moved:
            enough = min(made.finished + 2 * CLERKS, len(made.sales))
            moved.wait_for(lambda enough=enough: made.finished >= enough or bool(faults))
            hit += made.unanswered > before
    for thread in crew:
        thread.join()
    return hit, faults


def _shift(made: Rush, server: Server, cookie: str, sales: list[Sale], moved: threading.Condition) -> None:
    till = Till(server, cookie).open()
    try:
        for sale in sales:
            till.sell(sale)
            with moved:
                made.finished += 1
                made.unanswered += till.forget()
                moved.notify_all()
        for sale in sales:
            for _ in range(sale.mishaps.count(LATE)):
                till.press(sale)
        with moved:
            made.unanswered += till.forget()
    finally:
        till.close()


# --- afterwards -------------------------------------------------------------------------------------------------------


def _count(line: Line, made: Rush) -> None:
    rows: dict[str, list[Redemption]] = {}
    for row in Redemption.objects.all():
        rows.setdefault(str(row.uuid), []).append(row)
    for sale in made.sales:
        found = rows.pop(sale.number, [])
        if sale.answers:
            _one(line, sale, found)
    line.must(not rows, f"{len(rows)} 笔没有人兑过")
    done = [sale for sale in made.sales if sale.handed_out]
    postings = Posting.objects.filter(kind=Posting.REDEEM).count()
    line.must(postings == len(done), f"{len(done)} 笔兑换，账上有 {postings} 笔")
    _purses(line, made, done)
    _shelves(line, made, done)
    must_be_whole(line)
    silent = sum(not sale.answers for sale in made.sales)
    line.must(not silent, f"{silent} 笔没有等到回答")


def _one(line: Line, sale: Sale, rows: list[Redemption]) -> None:
    said = set(sale.answers)
    line.must(len(said) == 1, f"同一个编号答得不一样：{sorted(said)[:3]}")
    if not sale.handed_out:
        return line.must(not rows, f"{sale.number} 说没兑成，账上有 {len(rows)} 笔")
    line.must(len(rows) == 1, f"{sale.number} 说兑好了，账上有 {len(rows)} 笔：{sorted(said)[:1]}")
    for row in rows:
        right = (row.household_id, row.points) == (sale.home, sale.points)
        line.must(
            right, f"{row} 是 {row.household_id} 户 {row.points} 分，应该是 {sale.home} 户 {sale.points} 分"
        )
        right = len(said) > 1 or row.number in sale.answers[0]
        line.must(right, f"{row} 答的不是这个号：{sale.answers[0]}")


def _purses(line: Line, made: Rush, done: list[Sale]) -> None:
    spent = Counter[int]()
    for sale in done:
        spent[sale.home] += sale.points
    has = dict(Account.objects.filter(kind=Account.HOUSEHOLD).values_list("household", "balance"))
    for home in made.homes:
        left = made.had[home.pk] - spent[home.pk]
        line.must(has[home.pk] == left, f"{home} 账上 {has[home.pk]} 分，数出来 {left} 分")
    shop = Account.objects.get(shop=made.market.shop).balance
    line.must(shop == spent.total(), f"商店账上 {shop} 分，数出来 {spent.total()} 分")
    poor = [sale for sale in made.sales if sale.answers and not sale.handed_out]
    stock = dict(Goods.objects.exclude(stock=None).values_list("pk", "stock"))
    for sale in poor:
        short = any(stock.get(goods.pk, PLENTY) < number for goods, number in sale.wanted)
        line.must(short or sale.points > has[sale.home], f"{sale.number} 有分有货，却没有兑成")
    line.must(bool(poor), "没有人因为分或货不够被回绝：说明不了什么")


def _shelves(line: Line, made: Rush, done: list[Sale]) -> None:
    gone = Counter[int]()
    for sale in done:
        for goods, number in sale.wanted:
            gone[goods.pk] += number
    for goods in Goods.objects.filter(pk__in=made.stock):
        left = made.stock[goods.pk] - gone[goods.pk]
        line.must(goods.stock == left, f"{goods}架上写着 {goods.stock}，数出来 {left}")
        moves = StockMove.objects.filter(goods=goods, kind=StockMove.REDEEMED)
        noted = -sum(moves.values_list("number", flat=True))
        line.must(noted == gone[goods.pk], f"{goods}记着兑出 {noted}，数出来 {gone[goods.pk]}")
