"""Many at the same counter at the same moment: one redemption is one, and nobody gets what another has just taken."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from core import clock
from points import services
from points.models import Goods, Redemption, StockMove, Voucher
from tests.grids.test_at_once import waits
from tests.people import make_town_of_two
from tests.points.market import PIN, Market, make_market

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DONE = "done"


@pytest.fixture
def rich(transactional_db: None) -> Market:
    """张三丰 has 25 points and a card; 王大春 20 and none."""
    market = make_market(make_town_of_two())
    market.posted(item=market.blood)
    market.posted()
    market.posted(market.town.wang, market.blood)
    for home in (market.town.zhang, market.town.wang):
        market.card(home)
    return market


def at_once(*verbs: Callable[[], Any]) -> list[str]:
    """All of them from one starting line: "done", or the sentence that one was told. Anything else fails the test."""
    if connection.vendor != "postgresql":
        return [_told(verb) for verb in verbs]  # one writer at a time: there is no "at once"
    line, said = threading.Barrier(len(verbs)), [""] * len(verbs)

    def run(place: int) -> None:
        try:
            line.wait(60)
            said[place] = _told(verbs[place])
        except BaseException as fault:
            said[place] = repr(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return said


def _told(verb: Callable[[], Any]) -> str:
    try:
        verb()
    except ValidationError as fault:
        return "".join(fault.messages)
    return DONE


def whole(market: Market, redemptions: int) -> None:
    """The books add up, and shelf, redemptions and stock moves agree."""
    assert not list(services.faults())
    assert Redemption.objects.count() == redemptions
    for goods in Goods.objects.filter(shop=market.shop, stock__isnull=False):
        assert goods.moves.latest("pk").left == goods.stock
    assert StockMove.objects.filter(redemption__isnull=False).count() <= redemptions


def test_the_same_redemption_eight_times_at_once_is_one(rich: Market) -> None:
    number = uuid.uuid4()
    told = at_once(*[lambda: rich.redeem(uuid=number)] * 8)
    assert told == [DONE] * 8
    whole(rich, 1)
    assert services.balance_of(rich.town.zhang) == 13
    rich.soap.refresh_from_db()
    assert rich.soap.stock == 9


def test_two_that_together_exceed_the_purse_are_one(rich: Market) -> None:
    """Both are paid from one account, with the card at one counter and a slip at the other."""
    slip = services.write_voucher(
        actor=rich.town.secretary, household=rich.town.zhang, points=24, last=clock.today()
    )
    told = at_once(lambda: rich.redeem(number=2), lambda: rich.redeem(rich.bus, code=slip.code, pin=""))
    assert sorted(each == DONE for each in told) == [False, True]
    assert "积分不够" in "".join(told)
    whole(rich, 1)
    assert services.balance_of(rich.town.zhang) in (1, 5)


def test_two_on_one_card_that_together_exceed_the_purse_are_one(rich: Market) -> None:
    told = at_once(lambda: rich.redeem(number=2), lambda: rich.redeem(number=2))
    assert sorted(each == DONE for each in told) == [False, True]
    whole(rich, 1)
    assert services.balance_of(rich.town.zhang) == 1


def test_the_last_piece_goes_to_one_of_two_households(rich: Market) -> None:
    services.count(actor=rich.keeper, goods=rich.soap, number=1)
    other = rich.card(rich.town.wang)
    told = at_once(rich.redeem, lambda: rich.redeem(code=other))
    assert sorted(each == DONE for each in told) == [False, True]
    assert "洗衣粉没货了" in "".join(told)
    whole(rich, 1)
    balances = {services.balance_of(home) for home in (rich.town.zhang, rich.town.wang)}
    assert balances in ({13, 20}, {25, 8})


def test_one_slip_shown_twice_at_once_buys_once(rich: Market) -> None:
    slip = services.write_voucher(
        actor=rich.town.secretary, household=rich.town.zhang, points=12, last=clock.today()
    )
    told = at_once(*[lambda: rich.redeem(code=slip.code, pin="")] * 2)
    assert sorted(each == DONE for each in told) == [False, True]
    assert "用过了" in "".join(told)
    whole(rich, 1)
    assert services.balance_of(rich.town.zhang) == 13


def test_a_slip_pressed_twice_at_once_is_one(rich: Market) -> None:
    said = {"actor": rich.town.secretary, "household": rich.town.zhang, "points": 9, "last": clock.today()}
    told = at_once(*[lambda: services.write_voucher(**said, newest=0)] * 4)
    assert sorted(each == DONE for each in told) == [False, False, False, True]
    assert "没有再开" in "".join(told)
    assert Voucher.objects.count() == 1


def test_who_waits_for_a_redemption_that_goes_through_is_told_the_same(rich: Market) -> None:
    """The second comes while the first holds its rows: it waits, and has the same redemption."""
    number, got = uuid.uuid4(), []
    if connection.vendor != "postgresql":
        assert rich.redeem(uuid=number).redemption == rich.redeem(uuid=number).redemption
        return
    backend: list[int] = []

    def second() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backend.append(cursor.fetchone()[0])
            got.append(rich.redeem(uuid=number))
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        first = rich.redeem(uuid=number)
        thread.start()
        while thread.is_alive() and not (backend and waits(backend[0])):
            thread.join(0.02)
    thread.join(60)
    assert [(each.redemption.pk, each.created) for each in got] == [(first.redemption.pk, False)]
    whole(rich, 1)


def test_five_wrong_pins_at_once_are_five(rich: Market) -> None:
    """Nobody gets a sixth try by being quick."""

    def wrong() -> None:
        try:
            rich.redeem(pin="9999")
        except services.WrongPin as told:
            raise ValidationError(str(told)) from None

    told = at_once(*[wrong] * 6)
    assert DONE not in told
    assert sum("锁了" in each for each in told) == 2
    with pytest.raises(services.WrongPin, match="锁了"):
        rich.redeem(pin=PIN)


def test_a_shop_does_not_close_under_a_redemption(rich: Market) -> None:
    """Goods that cannot run out: nothing lies on the shelf, and the debt is made at that very moment."""
    services.write_off(actor=rich.keeper, goods=rich.soap, number=10, words="送敬老院")
    told = at_once(
        lambda: rich.redeem(rich.bus),
        lambda: services.close_shop(actor=rich.town.secretary, shop=rich.shop),
    )
    rich.shop.refresh_from_db()
    assert not (rich.shop.closed_on and Redemption.objects.exists()), told
    assert DONE in told
    whole(rich, Redemption.objects.count())


def test_nothing_is_taken_in_by_a_shop_that_is_just_being_closed(rich: Market) -> None:
    services.write_off(actor=rich.keeper, goods=rich.soap, number=10, words="送敬老院")
    told = at_once(
        lambda: services.take_in(actor=rich.keeper, goods=rich.soap, number=5),
        lambda: services.close_shop(actor=rich.town.secretary, shop=rich.shop),
    )
    assert sorted(each == DONE for each in told) == [False, True]
    rich.shop.refresh_from_db()
    rich.soap.refresh_from_db()
    assert bool(rich.shop.closed_on) != bool(rich.soap.stock)
