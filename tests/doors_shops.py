"""The rows behind the shops' doors: of either village a shop with its keeper, goods, a card, a slip, a redemption, and
a month's statement."""

import uuid
from typing import Any

from core import clock
from core.periods import Month
from grids.models import Officer
from points import services
from points.models import Account, Goods, Shop, Shopkeeper
from points.services import books
from tests.people import POSTED, Town

PIN = "2580"


def shop_rows(add: Any, town: Town) -> None:
    """`add` to the scene; whoever serves is the cast's `shopkeeper`, and 远店员 in the neighbour's village."""
    keepers = {name: Officer.objects.get(name=name).user for name in ("金店员", "远店员")}
    found: dict[str, list[Any]] = {}
    sides = ((town.secretary, town.wang, "金店员"), (town.neighbour, town.chen, "远店员"))
    for by, home, name in sides:
        village, keeper = home.village, keepers[name]
        shop = services.open_shop(actor=by, village=village, name="爱心店")
        Shop.objects.filter(pk=shop.pk).update(since=POSTED)
        behind = Shopkeeper.objects.create(shop=shop, officer=Officer.objects.get(name=name), since=POSTED)
        goods = services.save_goods(actor=by, goods=Goods(shop=shop, name="毛巾", unit="条", points=5))
        services.take_in(actor=keeper, goods=goods, number=10)
        _give(village, home, 20)
        issued = services.issue_card(actor=by, household=home, pin=PIN)
        slip = services.write_voucher(actor=by, household=home, points=5, last=clock.today())
        made = services.redeem(
            actor=keeper,
            uuid=uuid.uuid4(),
            shop=shop,
            code=issued.code,
            lines=[(goods, 1)],
            points=5,
            pin=PIN,
        ).redemption
        month = Month.of(clock.today()).previous.previous
        statement = services.make_statement(actor=by, shop=shop, month=month)
        rows = {
            "shop": shop.pk,
            "keeper": behind.pk,
            "goods": goods.pk,
            "point_card": issued.card.pk,
            "point_code": issued.code,
            "voucher": slip.voucher.pk,
            "redemption": made.pk,
            "redemption_uuid": made.uuid,
            "statement": statement.pk,
        }
        for kind, row in rows.items():
            found.setdefault(kind, []).append(row)
    for kind, pair in found.items():
        add(kind, *pair, *([uuid.uuid4()] if kind == "redemption_uuid" else []))


def _give(village: Any, home: Any, points: int) -> Account:
    """Points that came with the village's old books."""
    account = books.account_of(home)
    books.post(
        actor=None,
        key=f"bring:{home.pk}",
        kind="bring",
        village=village,
        transfers=[books.Transfer(books.fund_of(village), account, points)],
    )
    return account
