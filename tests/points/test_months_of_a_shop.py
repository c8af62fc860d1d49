"""Months of a shop, by chance: whatever comes back late and in which order one pays, what was paid is what left."""

import datetime as dt
import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum

from core import clock
from core.periods import Month
from points import services
from points.models import Account, Entry, Item, Posting, Scheme, Statement
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
FIRST = Month.parse("2026-12")


def months(market: Market, draw: random.Random) -> None:
    """Half a year: redemptions, late reversals, statements, signatures and payments as they come; faults are theirs."""
    homes, shop, secretary = (market.town.zhang, market.town.wang), market.shop, market.town.secretary

    def redeem() -> None:
        market.redeem(draw.choice((market.soap, market.bus)), code=market.card(draw.choice(homes)))

    def take_back() -> None:
        rows = list(shop.redemptions.filter(undone=None).order_by("pk"))
        services.undo(actor=secretary, redemption=draw.choice(rows), words="错")

    def make() -> None:
        services.make_statement(actor=secretary, shop=shop, month=services.unmade(shop)[0])

    def sign() -> None:
        signed(market, draw.choice(list(shop.statements.order_by("pk"))))

    def pay() -> None:
        paid(market, draw.choice(list(shop.statements.order_by("pk"))))

    verbs: list[Callable[[], None]] = [redeem, redeem, take_back, make, make, sign, pay]
    for number in range(200):
        day = FIRST.first + dt.timedelta(days=number)
        with clock.stopped_at(f"{day}T09:00"), suppress(ValidationError, IndexError):
            draw.choice(verbs)()


def signed(market: Market, statement: Statement) -> None:
    for actor in (market.keeper, market.town.secretary):
        services.sign_statement(actor=actor, statement=statement)


def paid(market: Market, statement: Statement) -> None:
    """What the button says is what is paid."""
    said = services.to_be_paid(statement, services.to_take_off(market.shop))
    made = services.pay_statement(actor=market.town.secretary, statement=statement, day=clock.today())
    assert made.paid_yuan == said


@pytest.mark.parametrize("seed", [0, 6, 9])
def test_what_was_paid_is_what_left_the_shops_account_and_nothing_is_left_in_it(
    market: Market, seed: int
) -> None:
    Scheme.objects.update(household_cap=0, person_cap=0)
    Item.objects.filter(pk=market.sweeping.pk).update(points=300, item_cap=0)
    for home in (market.town.zhang, market.town.wang):
        market.posted(home, item=Item.objects.get(pk=market.sweeping.pk))
    services.take_in(actor=market.keeper, goods=market.soap, number=200)
    months(market, random.Random(seed))
    with clock.stopped_at("2027-07-01T09:00"):
        for month in services.unmade(market.shop):
            services.make_statement(actor=market.town.secretary, shop=market.shop, month=month)
        for each in market.shop.statements.all():
            signed(market, each)
        for each in services.to_pay(market.town.secretary).order_by("month"):
            paid(market, each)
        assert not services.to_pay(market.town.secretary)
    rows = market.shop.statements.all()
    left = Entry.objects.filter(posting__kind=Posting.PAY, payer__shop=market.shop).aggregate(
        sum=Sum("points")
    )
    assert left["sum"] == sum(row.paid_yuan for row in rows) == sum(row.points for row in rows) > 0
    assert Account.objects.get(shop=market.shop).balance == 0
    assert not list(services.faults())
