"""The village's labour company: orders, hands, days, and what was paid; settled, nothing of it moves."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from jobs.models import Order, OrderHand
from jobs.services import company as services
from tests.jobs.rooms import born, company_of, one, order_of
from tests.people import Town

TODAY = dt.date(2026, 11, 23)


def hand(name: str) -> OrderHand:
    return OrderHand.objects.get(person__name=name)


def test_an_order_goes_from_taken_to_paid(town: Town) -> None:
    order = order_of(town)
    people = [one("张三丰"), one("王大春")]
    assert services.put_hands(actor=town.secretary, order=order, people=people) == 2
    assert services.put_hands(actor=town.secretary, order=order, people=people) == 0
    with pytest.raises(ValidationError, match="还没有记工"):
        services.settle(actor=town.secretary, order=order, day=TODAY)
    days = {hand("张三丰").pk: 5, hand("王大春").pk: 3}
    assert services.note_days(actor=town.secretary, order=order, days=days) == 2
    assert services.note_days(actor=town.secretary, order=order, days=days) == 0
    assert services.owed(order) == 8 * 120
    with pytest.raises(ValidationError, match="已经记了工，不能取消"):
        services.cancel(actor=town.secretary, order=order)
    with pytest.raises(ValidationError, match="先把天数改成 0"):
        services.remove_hand(actor=town.secretary, hand=hand("张三丰"))
    services.settle(actor=town.secretary, order=order, day=TODAY)
    with pytest.raises(ValidationError, match="结清了，不能再动"):
        services.note_days(actor=town.secretary, order=order, days={hand("张三丰").pk: 1})
    told = services.year_of(Order.objects.all(), 2026)
    assert told == {"orders": 1, "people": 2, "days": 8, "wages": 960}
    (row,) = services.with_work(Order.objects.all())
    assert (row.people, row.worked, row.wages) == (2, 8, 960)


def test_nobody_works_more_days_than_the_order_has(town: Town) -> None:
    order = order_of(town)
    services.put_hands(actor=town.secretary, order=order, people=[one("张三丰")])
    key = hand("张三丰").pk
    with pytest.raises(ValidationError) as told:
        services.note_days(actor=town.secretary, order=order, days={key: 6})
    assert told.value.message_dict == {f"days-{key}": ["这张订单一共 5 天，改小一点。"]}
    assert hand("张三丰").days == 0


def test_so_many_hands_as_wanted_of_the_village_and_none_under_sixteen(town: Town) -> None:
    order = order_of(town, number=1)
    with pytest.raises(ValidationError, match="不是金星村的"):
        services.put_hands(actor=town.secretary, order=order, people=[one("陈小军")])
    with pytest.raises(ValidationError, match="不满 16 岁"):
        services.put_hands(actor=town.secretary, order=order, people=[born("张翠山", 2012)])
    services.put_hands(actor=town.secretary, order=order, people=[one("张三丰")])
    with pytest.raises(ValidationError, match="只要 1 个人，够了"):
        services.put_hands(actor=town.secretary, order=order, people=[one("王大春")])
    services.remove_hand(actor=town.secretary, hand=hand("张三丰"))
    services.put_hands(actor=town.secretary, order=order, people=[one("王大春")])
    with pytest.raises(PermissionDenied):
        services.put_hands(actor=town.neighbour, order=order, people=[])


def test_an_order_is_changed_and_cancelled_before_a_day_was_noted(town: Town) -> None:
    order = order_of(town)
    order.pay = 150
    services.take_order(actor=town.secretary, order=order)
    services.put_hands(actor=town.secretary, order=order, people=[one("张三丰"), one("王大春")])
    order.number = 1
    with pytest.raises(ValidationError, match="已经安排了 2 个人"):
        services.take_order(actor=town.secretary, order=order)
    services.cancel(actor=town.secretary, order=order)
    assert services.year_of(Order.objects.all(), 2026)["orders"] == 0
    with pytest.raises(ValidationError, match="取消了"):
        services.take_order(actor=town.secretary, order=Order.objects.get())


def test_a_village_has_one_company_and_one_that_stopped_takes_no_orders(town: Town) -> None:
    firm = company_of(town)
    with pytest.raises(ValidationError, match="已有劳务公司"):
        company_of(town)
    for wrong in ("91", "汉" * 18):
        firm.credit_code = wrong
        with pytest.raises(ValidationError, match="18 位"):
            services.save_company(actor=town.secretary, company=firm)
    firm.credit_code, firm.closed_on = "", TODAY
    services.save_company(actor=town.secretary, company=firm)
    with pytest.raises(ValidationError, match="不能接单"):
        order_of(town)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [("1990-03-01", "1990-03-02", "2022 到 2027"), ("2026-11-01", "9999-12-31", "最长一年")],
)
def test_an_order_lies_in_years_that_are_shown(town: Town, first: str, last: str, sentence: str) -> None:
    days = {"first": dt.date.fromisoformat(first), "last": dt.date.fromisoformat(last)}
    with pytest.raises(ValidationError, match=sentence):
        order_of(town, **days)
