"""Over the counter: the right household, the right goods, the right points, once; and back again when it was wrong."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core import clock
from grids.models import Household
from points import services
from points.models import Goods, PointCard, PointsRule, Redemption, Shop, Voucher
from points.services import redeeming
from tests.points.conftest import PIN, Market

pytestmark = pytest.mark.django_db


@pytest.fixture
def rich(market: Market) -> Market:
    """The market, and 张三丰 has 25 points."""
    market.posted(item=market.blood)
    market.posted()
    return market


def test_goods_go_out_and_points_with_them(rich: Market) -> None:
    done = rich.redeem().redemption
    assert (done.points, done.before, done.after) == (12, 25, 13)
    assert done.number.startswith("DH-1123-")
    rich.soap.refresh_from_db()
    assert rich.soap.stock == 9
    assert rich.soap.moves.latest("pk").left == 9
    assert not list(services.faults())


def test_the_same_redemption_sent_again_costs_nothing_more(rich: Market) -> None:
    number = uuid.uuid4()
    first = rich.redeem(uuid=number)
    again = rich.redeem(uuid=number, pin="0000")
    assert (first.created, again.created) == (True, False)
    assert again.redemption == first.redemption
    assert services.balance_of(rich.town.zhang) == 13
    with pytest.raises(services.Conflict):
        rich.redeem(rich.bus, uuid=number)


def test_what_one_has_not_one_does_not_get_and_nothing_is_left_half_done(rich: Market) -> None:
    with pytest.raises(ValidationError, match="现有 25 分，要 36 分"):
        rich.redeem(number=3)
    rich.soap.refresh_from_db()
    assert rich.soap.stock == 10
    assert not Redemption.objects.exists()


def test_stock_that_runs_out_between_two_clicks_is_said(rich: Market) -> None:
    Goods.objects.filter(pk=rich.soap.pk).update(stock=1)
    with pytest.raises(ValidationError, match="洗衣粉只剩 1 袋"):
        rich.redeem(number=2)
    assert services.balance_of(rich.town.zhang) == 25


def test_the_second_of_two_presses_at_once_is_told_what_the_first_did_be_it_the_last_piece(
    rich: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked in vain for the number when the first takes what the second then finds gone."""
    Goods.objects.filter(pk=rich.soap.pk).update(stock=1)
    number, settle, first = uuid.uuid4(), redeeming.settle, []

    def meanwhile(household: Household) -> None:
        settle(household)
        if not first:
            first.append(None)
            first[0] = rich.redeem(uuid=number)

    monkeypatch.setattr(redeeming, "settle", meanwhile)
    second = rich.redeem(uuid=number)
    assert not second.created
    assert second.redemption == first[0].redemption
    assert services.balance_of(rich.town.zhang) == 13


def test_a_price_that_has_changed_meanwhile_is_said(rich: Market) -> None:
    Goods.objects.filter(pk=rich.soap.pk).update(points=14)
    with pytest.raises(ValidationError, match="现在一共 14 分"):
        rich.redeem(points=12)


def test_what_cannot_run_out_has_no_stock(rich: Market) -> None:
    rich.redeem(rich.bus)
    rich.bus.refresh_from_db()
    assert rich.bus.stock is None
    assert not rich.bus.moves.exists()


def test_five_wrong_pins_lock_the_card_and_the_village_opens_it(rich: Market) -> None:
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(services.WrongPin) as told:
            rich.redeem(pin="9999")
        assert told.value.left == left
    with pytest.raises(services.WrongPin, match="锁了"):
        rich.redeem(pin=PIN)
    card = PointCard.objects.get(household=rich.town.zhang)
    services.set_pin(actor=rich.town.secretary, card=card, pin="8642")
    assert rich.redeem(pin="8642").created


def test_a_right_pin_forgets_the_wrong_ones(rich: Market) -> None:
    with pytest.raises(services.WrongPin):
        rich.redeem(pin="9999")
    rich.redeem()
    assert PointCard.objects.get(household=rich.town.zhang).wrong == 0


def test_no_pin_is_asked_below_what_the_town_says_whatever_a_card_buys_in_a_day(rich: Market) -> None:
    def asked() -> int | None:
        return services.on_counter(actor=rich.keeper, shop=rich.shop, code=rich.card()).pin_from

    with pytest.raises(ValidationError, match="请村民输 4 位密码"):
        rich.redeem(pin="")
    PointsRule.objects.create(since="2026-01-01", pin_from=13)
    assert asked() == 13
    first = rich.redeem(pin="")
    assert first.created
    assert services.balance_of(rich.town.zhang) == 13
    assert asked() == 1
    with pytest.raises(ValidationError, match="请村民输 4 位密码"):
        rich.redeem(pin="")
    services.undo(actor=rich.keeper, redemption=first.redemption, words="拿错了")
    assert asked() == 13, "what came back was not had"
    with clock.stopped_at("2026-11-24T09:00"):
        assert rich.redeem(pin="").created
        assert rich.redeem(pin=PIN).created


@pytest.mark.parametrize("pin", ["", "12", "12345", "12a4", "１２３４", "1234", "8888"])
def test_a_pin_is_four_digits_and_not_the_first_guess(market: Market, pin: str) -> None:
    with pytest.raises(ValidationError) as told:
        services.issue_card(actor=market.town.secretary, household=market.town.zhang, pin=pin)
    assert told.value.message_dict["pin"]


def test_a_new_card_makes_the_old_one_worthless(rich: Market) -> None:
    old = rich.card()
    services.issue_card(actor=rich.town.secretary, household=rich.town.zhang, pin="8642")
    with pytest.raises(ValidationError, match="没有这张卡"):
        rich.redeem(code=old)


def test_neither_code_nor_pin_lies_in_the_database(market: Market) -> None:
    code = market.card()
    row = PointCard.objects.filter(household=market.town.zhang).values().get()
    assert all(code not in str(value) for value in row.values())
    assert PIN not in row["pin"]


def test_the_number_on_the_card_serves_where_nothing_scans(rich: Market) -> None:
    rich.card()
    number = PointCard.objects.get(household=rich.town.zhang).number
    assert rich.redeem(code=number).created


def test_a_voucher_is_good_once_and_for_what_it_says(rich: Market) -> None:
    today = clock.today()
    voucher = services.write_voucher(
        actor=rich.town.secretary, household=rich.town.zhang, points=12, last=today
    )
    with pytest.raises(ValidationError, match="最多兑 12 分"):
        rich.redeem(rich.bus, code=voucher.code)
    assert rich.redeem(code=voucher.code, pin="").created
    with pytest.raises(ValidationError, match="用过了"):
        rich.redeem(code=voucher.code, pin="")


def test_a_voucher_that_is_over_says_since_when(rich: Market) -> None:
    voucher = services.write_voucher(
        actor=rich.town.secretary, household=rich.town.zhang, points=12, last=clock.today()
    )
    Voucher.objects.filter(pk=voucher.voucher.pk).update(last=clock.today() - dt.timedelta(days=1))
    with pytest.raises(ValidationError, match="11月22日 到期了"):
        rich.redeem(code=voucher.code)


def test_only_who_stands_behind_the_counter_hands_out(rich: Market) -> None:
    for who in (rich.town.secretary, rich.town.worker, rich.town.neighbour, rich.town.office):
        with pytest.raises(PermissionDenied):
            rich.redeem(actor=who)


def test_a_card_of_another_village_is_not_good_here(rich: Market) -> None:
    made = services.issue_card(actor=rich.town.neighbour, household=rich.town.chen, pin=PIN)
    with pytest.raises(ValidationError, match="不是本村的"):
        rich.redeem(code=made.code)


def test_what_was_given_wrongly_goes_back_with_its_points(rich: Market) -> None:
    done = rich.redeem().redemption
    services.undo(actor=rich.keeper, redemption=done, words="拿错了")
    rich.soap.refresh_from_db()
    assert rich.soap.stock == 10
    assert services.balance_of(rich.town.zhang) == 25
    assert not list(services.faults())
    with pytest.raises(ValidationError, match="已经冲正过"):
        services.undo(actor=rich.keeper, redemption=done, words="再来")


def test_after_its_day_the_village_takes_it_back_and_not_the_shop(rich: Market) -> None:
    done = rich.redeem().redemption
    Redemption.objects.filter(pk=done.pk).update(day=clock.today() - dt.timedelta(days=1))
    with pytest.raises(PermissionDenied, match="当天的店里"):
        services.undo(actor=rich.keeper, redemption=done, words="拿错了")
    services.undo(actor=rich.town.secretary, redemption=done, words="拿错了")


def test_a_locked_or_dead_card_says_nothing_of_whose_it_is(rich: Market) -> None:
    with pytest.raises(ValidationError) as told:
        services.shown("123456")
    assert "张三丰" not in str(told.value)


def test_a_redemption_asks_and_writes_each_thing_once(
    rich: Market, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Of two kinds of goods, one line in the shop's history of goods neither way: nobody has changed them."""
    rich.redeem()  # opens the shop's account
    told = {"actor": User.objects.get(pk=rich.keeper.pk), "code": rich.card()}
    told["shop"] = Shop.objects.select_related("territory", "account").get(pk=rich.shop.pk)
    number, before = uuid.uuid4(), rich.soap.history.count()
    # Who asks, his posts twice, his counter, the card, his kin, splits, rules; then card, shelf, goods, posting,
    # accounts twice, entry, redemption, lines, stock; and the test's own savepoint around them.
    with django_assert_num_queries(18 + 2):
        done = rich.redeem(uuid=number, **told)
    with django_assert_num_queries(1):
        assert not rich.redeem(uuid=number, **told).created
    services.undo(actor=rich.keeper, redemption=done.redemption, words="拿错了")
    assert rich.soap.history.count() == before
