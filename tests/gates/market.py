"""The ground of the gates about points: 金星村 with rules, a shop and two behind its counter, and rich households."""

from django.db.models import Sum

from accounts.models import User
from grids.models import Household, Officer
from points import services
from points.models import Account, Posting, Shopkeeper
from points.services import books
from tests.gates.line import Line
from tests.people import POSTED, find_town_of_two
from tests.points.market import Market, make_market

PLENTY = 100_000


class Ground(Market):
    """A market whose `second` serves beside `keeper`."""

    second: User


def ground(points: int = PLENTY) -> Ground:
    """What the gates begin with: 张三丰 and 王大春 have so many points and a card, and there is PLENTY of `soap`."""
    made = make_market(find_town_of_two())
    market = Ground(**vars(made))
    town = market.town
    market.second = town.post("shop2", "金店员二", "shopkeeper", town.jinxing)
    Shopkeeper.objects.create(shop=market.shop, officer=Officer.objects.get(user=market.second), since=POSTED)
    for home in (town.zhang, town.wang):
        give(market, home, points)
        market.card(home)
    services.count(actor=market.keeper, goods=market.soap, number=PLENTY)
    return market


def give(market: Market, household: Household, points: int) -> None:
    village = market.town.jinxing
    books.post(
        actor=market.town.secretary,
        key=f"bring:{household.pk}:{Posting.objects.count()}",
        kind=Posting.BRING,
        village=village,
        transfers=[books.Transfer(books.fund_of(village), books.account_of(household), points)],
    )


def must_be_whole(line: Line) -> None:
    """Whatever was tried: no line of the books disagrees, nothing is below zero, all of it adds up to nothing."""
    found = list(services.faults())
    line.must(not found, "；".join(found[:3]))
    total = Account.objects.aggregate(sum=Sum("balance"))["sum"]
    line.must(not total, f"所有账户加起来是 {total} 分")
    below = Account.objects.exclude(kind=Account.FUND).filter(balance__lt=0).count()
    line.must(not below, f"{below} 个账户低于 0")
