"""The month's statement equals the books to the point; a shop goes only when nothing is left of it."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from core import clock
from core.periods import Month
from points import services
from points.models import Account, Statement
from tests.factor import client_of
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


def test_nobody_signs_for_both_sides(sold: Market) -> None:
    statement, secretary = made(sold), sold.town.secretary
    Statement.objects.filter(pk=statement.pk).update(shop_signed_at=clock.now(), shop_signed_by=secretary)
    with pytest.raises(PermissionDenied, match="一个人不能替两边确认"):
        services.sign_statement(actor=secretary, statement=statement)
    Statement.objects.filter(pk=statement.pk).update(
        shop_signed_at=None, shop_signed_by=None, village_signed_at=clock.now(), village_signed_by=sold.keeper
    )
    with pytest.raises(PermissionDenied, match="一个人不能替两边确认"):
        services.sign_statement(actor=sold.keeper, statement=statement)


def test_a_shop_with_goods_or_debts_does_not_close(sold: Market) -> None:
    with pytest.raises(ValidationError, match="店里还有货：洗衣粉 9 袋"):
        services.close_shop(actor=sold.town.secretary, shop=sold.shop)
    services.write_off(actor=sold.keeper, goods=sold.soap, number=9, words="送敬老院")
    with pytest.raises(ValidationError, match="还欠这家店 32 分"):
        services.close_shop(actor=sold.town.secretary, shop=sold.shop)


def test_a_shop_that_is_closed_has_no_month_after_it(market: Market) -> None:
    services.write_off(actor=market.keeper, goods=market.soap, number=10, words="送敬老院")
    services.close_shop(actor=market.town.secretary, shop=market.shop)
    market.shop.refresh_from_db()
    with clock.stopped_at("2027-03-01T09:00"):
        assert [str(month) for month in services.unmade(market.shop)] == ["2026-09", "2026-10", "2026-11"]


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


# --- what is taken back once the month is over ---------------------------------------------------------------


DECEMBER = NOVEMBER.next


def late(sold: Market) -> Statement:
    """November's statement of 32, signed by both; then the soap comes back on the 3rd of December, unpaid yet."""
    statement = made(sold)
    with clock.stopped_at("2026-12-02T09:00"):
        sign(sold, statement)
    with clock.stopped_at("2026-12-03T09:00"):
        given = sold.shop.redemptions.get(points=12, undone=None)
        services.undo(actor=sold.town.secretary, redemption=given, words="货是坏的")
    return Statement.objects.get(pk=statement.pk)


def sign(sold: Market, statement: Statement) -> None:
    services.sign_statement(actor=sold.keeper, statement=statement)
    services.sign_statement(actor=sold.town.secretary, statement=statement)


def test_what_comes_back_after_the_month_is_a_line_of_its_own_in_the_next_one(sold: Market) -> None:
    statement = late(sold)
    assert (statement.points, services.counted(sold.shop, NOVEMBER).points) == (32, 32), "signed stays signed"
    with clock.stopped_at("2026-12-04T09:00"):
        sold.redeem()
        things = services.sold(sold.shop, DECEMBER)
        assert [(each.name, each.number, each.points, each.back[:7]) for each in things] == [
            ("洗衣粉", 1, 12, ""),
            ("洗衣粉", -1, -12, "DH-1123"),
        ]
        assert sum(each.points for each in things) == services.counted(sold.shop, DECEMBER).points == 0
    with clock.stopped_at("2027-01-02T09:00"):
        december = services.make_statement(actor=sold.town.secretary, shop=sold.shop, month=DECEMBER)
        paper = client_of(sold.town.secretary).get(reverse("shops:statement_paper", args=[december.pk]))
        assert "冲正以前的 DH-1123" in paper.content.decode()
    assert sum(each.points for each in services.sold(sold.shop, NOVEMBER)) == 32


def test_what_came_back_before_payment_is_taken_off_once_both_have_signed_it(sold: Market) -> None:
    """Without it November could never be paid: the shop's account holds 20, its statement says 32."""
    statement = late(sold)
    with clock.stopped_at("2027-01-02T09:00"):
        day = clock.today()
        with pytest.raises(ValidationError, match="只有 20 分，结算单上是 32 分"):
            services.pay_statement(actor=sold.town.secretary, statement=statement, day=day)
        address = reverse("shops:shop", args=[sold.shop.pk])
        page = client_of(sold.town.secretary).get(address).content.decode()
        assert "店里的账上只有 20 分。等冲正那个月的结算单" in page, "no button that cannot work"
        assert "付了 32" not in page
        assert not services.to_pay(sold.town.secretary).exists()
        december = services.make_statement(actor=sold.town.secretary, shop=sold.shop, month=DECEMBER)
        assert (december.points, december.yuan) == (-12, -12)
        sign(sold, december)
        page = client_of(sold.town.secretary).get(address).content.decode()
        assert "付了 20.00 元" in page
        assert services.to_pay(sold.town.secretary).get() == statement
        paid = services.pay_statement(actor=sold.town.secretary, statement=statement, day=day)
        assert (paid.points, paid.yuan, paid.paid_yuan) == (32, 32, 20)
        assert services.to_take_off(sold.shop) == 0, "once"
        paper = client_of(sold.town.secretary).get(reverse("shops:statement_paper", args=[statement.pk]))
        assert "20.00 元" in paper.content.decode()
        assert Account.objects.get(shop=sold.shop).balance == 0
        sold.redeem()
    with clock.stopped_at("2027-02-01T09:00"):
        january = services.make_statement(actor=sold.town.secretary, shop=sold.shop, month=DECEMBER.next)
        sign(sold, january)
        assert (
            services.pay_statement(actor=sold.town.secretary, statement=january, day=clock.today()).paid_yuan
            == 12
        )
    assert Account.objects.get(shop=sold.shop).balance == 0
    assert not list(services.faults())


def test_a_month_that_later_ones_took_back_is_settled_and_the_shop_gets_the_rest(sold: Market) -> None:
    """November 32 and December 12 unpaid, all of November back in January: 12 are owed, not nothing for ever."""
    late, village = sold.shop.redemptions.filter(undone=None), sold.town.secretary
    november = made(sold)
    with clock.stopped_at("2026-12-05T09:00"):
        sold.redeem()
    with clock.stopped_at("2027-01-05T09:00"):
        december = services.make_statement(actor=village, shop=sold.shop, month=DECEMBER)
        for given in late.filter(day__lt=DECEMBER.first):
            services.undo(actor=village, redemption=given, words="货是坏的")
    with clock.stopped_at("2027-02-02T09:00"):
        january = services.make_statement(actor=village, shop=sold.shop, month=DECEMBER.next)
        for each in (november, december, january):
            sign(sold, each)
        page, address = client_of(village), reverse("shops:shop", args=[sold.shop.pk])
        assert "抵清了，不用付" in page.get(address).content.decode()
        sent = page.post(reverse("shops:pay", args=[november.pk]), {"day": "2027-02-02"}, follow=True)
        assert "没有要付的" in sent.content.decode()
        settled = " ".join(
            page.get(reverse("shops:statement_paper", args=[november.pk])).content.decode().split()
        )
        assert f"2月2日抵清了，不用付，{village} 2027年2月2日登记" in settled
        services.pay_statement(actor=village, statement=december, day=clock.today())
        assert not services.to_pay(village)
        with pytest.raises(ValidationError, match="已经付过"):
            services.pay_statement(actor=village, statement=november, day=clock.today())
    told = [(each.points, each.paid_yuan) for each in sold.shop.statements.order_by("month")]
    assert told == [(32, 0), (12, 12), (-32, 0)]
    assert Account.objects.get(shop=sold.shop).balance == 0
