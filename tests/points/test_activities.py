"""Activities are planned, signed up for, attended by name or by card, and each who came is proposed once."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock
from grids.models import Officer, Person
from points import services
from points.models import Activity, Attendance, Award
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db


def planned(market: Market, **said: Any) -> Activity:
    said = {"territory": market.town.jinxing, "title": "清塘", "day": clock.today(), "place": "村口"} | said
    return services.plan_activity(actor=market.town.secretary, activity=Activity(**said))


def one(market: Market, name: str) -> Person:
    return Person.objects.get(name=name)


def test_who_came_is_proposed_once_with_his_hours(market: Market) -> None:
    activity = planned(market, item=market.hours, hours=3)
    people = [one(market, "张三丰"), one(market, "王大春")]
    assert services.attend(actor=market.town.worker, activity=activity, people=people) == 2
    assert services.attend(actor=market.town.worker, activity=activity, people=people) == 0
    done = services.propose_deeds(actor=market.town.secretary, activity=activity)
    assert [award.claimed for award in done.awards] == [6, 6]
    assert not services.propose_deeds(actor=market.town.secretary, activity=activity).awards
    assert Award.objects.count() == 2


def test_a_card_says_that_its_household_came(market: Market) -> None:
    activity = planned(market)
    services.attend_by_card(actor=market.town.worker, activity=activity, code=market.card())
    again = services.attend_by_card(actor=market.town.worker, activity=activity, code=market.card())
    assert Attendance.objects.get() == again
    with pytest.raises(ValidationError, match="没有这张卡"):
        services.attend_by_card(actor=market.town.worker, activity=activity, code="654321")


def test_nobody_proposes_for_his_own_household(market: Market) -> None:
    Officer.objects.filter(user=market.town.secretary).update(person=one(market, "张翠山"))
    activity = planned(market, item=market.sweeping)
    services.attend(actor=market.town.worker, activity=activity, people=[one(market, "张三丰")])
    done = services.propose_deeds(actor=market.town.secretary, activity=activity)
    assert not done.awards
    assert [why for _, why in done.left] == ["自己家的请别人来报。"]
    assert services.propose_deeds(actor=market.cadre, activity=activity).awards


def test_what_the_caps_leave_no_room_for_is_said(market: Market) -> None:
    market.scheme.household_cap = 3
    market.scheme.save()
    activity = planned(market, item=market.sweeping)
    services.attend(actor=market.town.worker, activity=activity, people=[one(market, "张三丰")])
    done = services.propose_deeds(actor=market.town.secretary, activity=activity)
    assert [why for _, why in done.left] == ["封顶了，或者超过了申报的日子。"]


def test_only_so_many_sign_up_as_are_wanted(market: Market) -> None:
    activity = planned(market, wanted=1)
    first = services.sign_up(actor=market.town.worker, activity=activity, person=one(market, "张三丰"))
    assert (
        services.sign_up(actor=market.town.worker, activity=activity, person=one(market, "张三丰")) == first
    )
    with pytest.raises(ValidationError, match="名额满了"):
        services.sign_up(actor=market.town.worker, activity=activity, person=one(market, "王大春"))
    services.drop_sign_up(actor=market.town.worker, sign_up=first)
    services.sign_up(actor=market.town.worker, activity=activity, person=one(market, "王大春"))


def test_what_cannot_be_is_told_why(market: Market) -> None:
    tomorrow = clock.today() + dt.timedelta(days=1)
    activity = planned(market, day=tomorrow)
    with pytest.raises(ValidationError, match="还没到日子"):
        services.attend(actor=market.town.worker, activity=activity, people=[one(market, "张三丰")])
    with pytest.raises(ValidationError, match="不是本村的"):
        services.sign_up(
            actor=market.town.neighbour, activity=activity, person=market.town.head(market.town.chen)
        )
    with pytest.raises(PermissionDenied):
        services.plan_activity(actor=market.town.neighbour, activity=activity)
    services.cancel_activity(actor=market.town.secretary, activity=activity, why="下雨")
    with pytest.raises(ValidationError, match="取消了：下雨"):
        services.sign_up(
            actor=market.town.worker, activity=Activity.objects.get(), person=one(market, "张三丰")
        )


def test_an_activity_somebody_came_to_is_neither_changed_nor_cancelled(market: Market) -> None:
    activity = planned(market)
    services.attend(actor=market.town.worker, activity=activity, people=[one(market, "张三丰")])
    with pytest.raises(ValidationError, match="不能取消"):
        services.cancel_activity(actor=market.town.secretary, activity=activity, why="下雨")
    activity.title = "别的"
    with pytest.raises(ValidationError, match="不能再改"):
        services.plan_activity(actor=market.town.secretary, activity=activity)
