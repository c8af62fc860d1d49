"""A village that has rules for points, a shop with goods, and households with cards."""

import datetime as dt
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from accounts.models import User
from core import clock
from grids.models import Household, Officer
from points import services
from points.models import Award, Goods, Item, Scheme, Shop, Shopkeeper
from tests.people import POSTED, Town

PIN = "2580"


@dataclass
class Market:
    """金星村: rules (`scheme`) since September, a shop, and the people of both.

    Items: `sweeping` (5), `blood` (20, once), `hours` (2 an hour, at most 8). Goods of `shop`: `soap` (12, of which
    10 are there) and `bus` (20, never runs out). `keeper` stands behind the counter; `cadre` beside the secretary.
    """

    town: Town
    scheme: Scheme
    sweeping: Item
    blood: Item
    hours: Item
    shop: Shop
    soap: Goods
    bus: Goods
    keeper: User
    cadre: User
    codes: dict[int, str] = field(default_factory=dict)

    def claim(self, household: Household | None = None, item: Item | None = None, **said: Any) -> Award:
        said = {
            "day": clock.today(),
            "words": "扫了村口",
            "uuid": uuid.uuid4(),
            "actor": self.town.worker,
        } | said
        home = household or self.town.zhang
        return services.claim(household=home, item=item or self.sweeping, **said).award

    def decided(self, household: Household | None = None, item: Item | None = None, **said: Any) -> Award:
        """Claimed by the worker, checked by the leader, decided by the secretary."""
        award = self.claim(household, item, **said)
        services.check(actor=self.town.leader, award=award)
        return services.decide(actor=self.town.secretary, award=award)

    def posted(self, household: Household | None = None, item: Item | None = None, **said: Any) -> Award:
        """The same, and its public notice is over."""
        award = self.decided(household, item, **said)
        notice = services.show(actor=self.town.secretary, village=self.town.jinxing, awards=[award])
        services.post_due(notice.last + dt.timedelta(days=1))
        return Award.objects.get(pk=award.pk)

    def card(self, household: Household | None = None) -> str:
        """The code of the household's card, made at the first asking; its PIN is PIN."""
        home = household or self.town.zhang
        if home.pk not in self.codes:
            made = services.issue_card(actor=self.town.secretary, household=home, pin=PIN)
            self.codes[home.pk] = made.code
        return self.codes[home.pk]

    def redeem(self, goods: Goods | None = None, number: int = 1, **said: Any) -> services.Redeemed:
        goods = goods or self.soap
        said = {
            "actor": self.keeper,
            "uuid": uuid.uuid4(),
            "shop": self.shop,
            "pin": PIN,
            "points": goods.points * number,
        } | said
        code = said.pop("code", None) or self.card()
        return services.redeem(code=code, lines=[(goods, number)], **said)


def make_market(town: Town) -> Market:
    """All of it through the verbs of points, in a town of two."""
    scheme = services.adopt_scheme(
        actor=town.secretary,
        village=town.jinxing,
        since=dt.date(2026, 9, 1),
        resolution="2026年8月20日村民代表会议",
    )
    items = [
        Item(scheme=scheme, title="打扫公共地方", points=5, position=1),
        Item(scheme=scheme, title="献血", points=20, once=True, position=2),
        Item(scheme=scheme, title="志愿服务", points=2, unit="小时", most=8, position=3),
    ]
    for item in items:
        services.save_item(actor=town.secretary, item=item)
    keeper = town.post("shop", "金店员", "shopkeeper", town.jinxing)
    cadre = town.post("cadre", "金干部", "cadre", town.jinxing)
    shop = Shop.objects.create(territory=town.jinxing, name="金星店", since=dt.date(2026, 9, 1))
    Shopkeeper.objects.create(shop=shop, officer=Officer.objects.get(user=keeper), since=POSTED)
    soap = Goods.objects.create(shop=shop, name="洗衣粉", unit="袋", points=12)
    services.take_in(actor=keeper, goods=soap, number=10)
    soap.refresh_from_db()
    bus = Goods.objects.create(shop=shop, name="乘公交 10 次", unit="张", points=20)
    return Market(town, scheme, *items, shop, soap, bus, keeper, cadre)


def hidden(answer: Any, name: str) -> str:
    """What the page's hidden field of that name holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found is not None, answer.content.decode()
    return found[1]


def opened(address: str, **sent: str) -> Any:
    """The page behind a card, its PIN typed into what asked for it."""
    return Client().post(address, {"pin": PIN, "asked": hidden(Client().get(address), "asked")} | sent)
