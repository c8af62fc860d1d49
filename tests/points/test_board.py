"""无事板 of points: statements, notices, objections and the budget stand there for who must act, and nobody else."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.board import all_waiting, count_waiting
from core.periods import Month
from core.scope import reading_only
from points import services
from points.models import Goods, Shop, Shopkeeper, Statement
from tests.people import POSTED
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db
NOVEMBER = Month.parse("2026-11")


def told(market: Market, kind: str) -> dict[str, str]:
    """What each of the cast is told of this kind: the step, by person; the count agrees with the list for everybody."""
    people = {**market.town.everyone, "keeper": market.keeper, "cadre": market.cadre}
    found = {}
    for part, user in people.items():
        with reading_only():  # as the page asks
            lines = all_waiting(user)
            assert len(lines) == count_waiting(user), part
        for line in lines:
            if line.kind == kind:
                found[part] = line.step
    return found


@pytest.fixture
def statement(market: Market):
    """November's, made on the first of December."""
    market.posted(item=market.blood)
    market.redeem()
    with clock.stopped_at("2026-12-01T09:00"):
        yield services.make_statement(actor=market.town.secretary, shop=market.shop, month=NOVEMBER)


def test_a_statement_waits_for_the_shop_then_the_village_then_to_be_paid(market, statement):
    assert told(market, "结算") == {"keeper": "去确认"}
    services.sign_statement(actor=market.keeper, statement=statement)
    assert told(market, "结算") == {"secretary": "去确认", "cadre": "去确认"}
    services.sign_statement(actor=market.town.secretary, statement=statement)
    assert told(market, "结算") == {"secretary": "去付款", "cadre": "去付款"}
    services.pay_statement(actor=market.town.secretary, statement=statement, day=clock.today())
    assert told(market, "结算") == {}


def test_a_month_at_whose_counter_something_moved_waits_for_its_statement(market):
    with clock.stopped_at("2026-12-01T09:00"):
        assert told(market, "结算") == {}, "nothing moved"
    market.posted(item=market.blood)
    market.redeem()
    assert told(market, "结算") == {}, "the month is not over"
    with clock.stopped_at("2027-01-01T09:00"):
        assert told(market, "结算") == {"secretary": "去出单", "cadre": "去出单"}
        (line,) = [line for line in all_waiting(market.cadre) if line.kind == "结算"]
        assert line.text == "金星店 2026年11月的结算单还没出"
        services.make_statement(actor=market.cadre, shop=market.shop, month=NOVEMBER)
        assert "去出单" not in told(market, "结算").values()


def test_a_notice_waits_on_its_first_day_and_once_its_days_are_over(market):
    notice = services.show(
        actor=market.town.secretary,
        village=market.town.jinxing,
        awards=[market.decided()],
        first=dt.date(2026, 11, 25),
    )
    assert told(market, "公示") == {}
    with clock.stopped_at("2026-11-25T08:00"):
        assert told(market, "公示") == {"secretary": "去打印", "cadre": "去打印"}
    with clock.stopped_at("2026-11-26T08:00"):
        assert told(market, "公示") == {}
    with clock.stopped_at("2026-11-30T08:00"):
        assert told(market, "公示") == {"secretary": "去揭下", "cadre": "去揭下"}
        services.take_down(actor=market.cadre, notice=notice)
        assert told(market, "公示") == {}


def test_an_objection_waits_for_who_may_answer_it(market):
    award = market.decided()
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    services.challenge(actor=None, award=award, words="没扫")
    assert told(market, "异议") == {"secretary": "去处理", "cadre": "去处理"}


def test_more_points_than_the_village_can_pay_are_told_to_its_own_people(market):
    market.posted(market.town.wang, market.blood)
    market.scheme.budget = 20
    market.scheme.save()
    assert told(market, "预算") == {}
    market.posted()
    assert told(market, "预算") == {"secretary": "去看办法", "cadre": "去看办法"}
    (line,) = [line for line in all_waiting(market.cadre) if line.kind == "预算"]
    assert "多 5 分" in line.text


def test_many_statements_cost_no_more_questions_than_one(market, statement):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            all_waiting(market.keeper)
            all_waiting(market.cadre)
            count_waiting(market.cadre)
        return len(asked)

    cost()
    one = cost()
    officer = market.keeper.officer
    for number in range(4):
        shop = Shop.objects.create(
            territory=market.town.jinxing, name=f"第{number}店", since=dt.date(2026, 9, 1)
        )
        Shopkeeper.objects.create(shop=shop, officer=officer, since=POSTED)
        Goods.objects.create(shop=shop, name="盐", unit="袋", points=2)
        services.make_statement(actor=market.town.secretary, shop=shop, month=NOVEMBER)
    assert Statement.objects.count() == 5
    assert cost() == one
