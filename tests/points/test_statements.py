"""The month's statement equals the books to the point; a shop goes only when nothing is left of it."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from core.periods import Month
from points import services
from points.models import Account, Statement
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
NOVEMBER = Month.of(dt.date(2026, 11, 1))


@pytest.fixture
def sold(market: Market) -> Market:
    """November's three redemptions, one of them reversed."""
    market.posted(item=market.blood)
    for _ in range(8):
        market.posted()
    market.redeem()
    market.redeem(market.bus)
    services.undo(actor=market.keeper, redemption=market.redeem().redemption, words="拿错了")
    return market


def made(sold: Market) -> Statement:
    with clock.stopped_at("2026-12-01T09:00"):
        return services.make_statement(actor=sold.town.secretary, shop=sold.shop, month=NOVEMBER)


def test_a_month_that_is_not_over_has_no_statement(sold: Market) -> None:
    with pytest.raises(ValidationError, match="还没过完"):
        services.make_statement(actor=sold.town.secretary, shop=sold.shop, month=NOVEMBER)


def test_it_says_what_the_books_say(sold: Market) -> None:
    statement = made(sold)
    assert (statement.number, statement.points, statement.yuan) == (2, 32, 32)
    assert Account.objects.get(shop=sold.shop).balance == 32
    assert made(sold) == statement


def test_it_is_paid_when_both_have_signed_and_once(sold: Market) -> None:
    statement = made(sold)
    with clock.stopped_at("2026-12-02T09:00"):
        day = clock.today()
        services.sign_statement(actor=sold.town.secretary, statement=statement)
        with pytest.raises(ValidationError, match="双方都确认了才能付款"):
            services.pay_statement(actor=sold.town.secretary, statement=statement, day=day)
        services.sign_statement(actor=sold.keeper, statement=statement)
        with pytest.raises(PermissionDenied):
            services.pay_statement(actor=sold.keeper, statement=statement, day=day)
        services.pay_statement(actor=sold.town.secretary, statement=statement, day=day)
        with pytest.raises(ValidationError, match="已经付过"):
            services.pay_statement(actor=sold.town.secretary, statement=statement, day=day)
    assert Account.objects.get(shop=sold.shop).balance == 0
    assert not list(services.faults())


def test_a_strangers_signature_is_none(sold: Market) -> None:
    statement = made(sold)
    with pytest.raises(PermissionDenied):
        services.sign_statement(actor=sold.town.neighbour, statement=statement)


def test_a_shop_with_goods_or_debts_does_not_close(sold: Market) -> None:
    with pytest.raises(ValidationError, match="店里还有货：洗衣粉 9 袋"):
        services.close_shop(actor=sold.town.secretary, shop=sold.shop)
    services.write_off(actor=sold.keeper, goods=sold.soap, number=9, words="送敬老院")
    with pytest.raises(ValidationError, match="还欠这家店 32 分"):
        services.close_shop(actor=sold.town.secretary, shop=sold.shop)


def test_stock_is_counted_taken_in_and_written_off(market: Market) -> None:
    services.count(actor=market.keeper, goods=market.soap, number=8, words="少了两袋")
    services.take_in(actor=market.keeper, goods=market.soap, number=5)
    with pytest.raises(ValidationError, match="只剩 13 袋"):
        services.write_off(actor=market.keeper, goods=market.soap, number=14, words="潮了")
    services.write_off(actor=market.keeper, goods=market.soap, number=3, words="潮了")
    moves = list(market.soap.moves.values_list("kind", "number", "left"))
    assert moves == [("intake", 10, 10), ("count", -2, 8), ("intake", 5, 13), ("write_off", -3, 10)]
    with pytest.raises(PermissionDenied):
        services.take_in(actor=market.town.neighbour, goods=market.soap, number=1)
