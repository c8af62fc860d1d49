"""The go-betweens of a panel that agreed are proposed for points, once, under the item meant for it."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from core import clock
from disputes import services
from disputes.models import Party, Seat, Sitting
from grids.models import Officer
from points import services as points
from points.models import Award, Item
from tests.disputes.seats import gone_through, sat
from tests.people import Town


@pytest.fixture
def item(town: Town) -> Item:
    scheme = points.adopt_scheme(
        actor=town.secretary, village=town.jinxing, since=dt.date(2026, 9, 1), resolution="村民代表会议"
    )
    points.save_item(actor=town.secretary, item=Item(scheme=scheme, title="打扫公共地方", points=5))
    made = Item(scheme=scheme, title="帮着劝和邻里", points=8, source=Item.MEDIATION)
    return points.save_item(actor=town.secretary, item=made)


@pytest.fixture
def sitting(town: Town, dispute: Any) -> Sitting:
    """Everybody is there; the first go-between is 李寡妇's head, the second a name, the third did not come."""
    made = sat(town, dispute())
    first, _, third = made.panel.seats.filter(side=Seat.BETWEEN).order_by("pk")
    Seat.objects.filter(pk=first.pk).update(person=town.head(town.li))
    Seat.objects.filter(pk=third.pk).update(person=town.head(town.zhao))
    return made


def conclude(town: Town, sitting: Sitting, *, agreed: bool = True) -> None:
    gone_through(town.secretary, sitting)
    stances = {party.pk: True for party in sitting.panel.dispute.parties.all()}
    said = {"conclusion": "墙退半尺", "stances": stances if agreed else {}}
    services.conclude(actor=town.secretary, sitting=sitting, agreed=agreed, **said)


def test_who_sat_between_and_came_is_proposed_and_waits_like_any_other(town, item, sitting):
    conclude(town, sitting)
    awards = {award.household: award for award in Award.objects.all()}
    assert set(awards) == {town.li, town.zhao}
    award = awards[town.li]
    person = town.head(town.li)
    assert award.key == f"panel:{sitting.panel_id}:person:{person.pk}:rule:{item.pk}"
    assert (award.person, award.item, award.day) == (person, item, clock.today())
    assert (award.state, award.claimed_by, award.claimed) == (Award.CLAIMED, town.secretary, 8)
    assert award.words == "在议事小组当中间人，议成了"
    assert not points.why_not(town.leader, "check", award)


def test_who_did_not_come_is_not(town, item, sitting):
    Seat.objects.filter(person=town.head(town.zhao)).update(came=False)
    # Thirds again: one of each other side did not come either.
    for side in (Seat.FRIENDS, Seat.CADRES):
        Seat.objects.filter(pk=sitting.panel.seats.filter(side=side).last().pk).update(came=False)
    conclude(town, sitting)
    assert [award.household for award in Award.objects.all()] == [town.li]


def test_where_nothing_was_agreed_nobody_is(town, item, sitting):
    conclude(town, sitting, agreed=False)
    assert not Award.objects.exists()


def test_nobody_proposes_for_his_own_household(town, item, sitting):
    Officer.objects.filter(user=town.secretary).update(person=town.head(town.li))
    conclude(town, sitting)
    assert [award.household for award in Award.objects.all()] == [town.zhao]


def test_where_the_rules_mean_no_item_for_it_nothing_happens(town, item, sitting):
    Item.objects.filter(pk=item.pk).update(source="")
    conclude(town, sitting)
    assert not Award.objects.exists()
    assert sitting.panel.dispute.parties.filter(side=Party.FIRST).exists()


def test_one_item_of_the_rules_is_meant_for_it_and_it_goes_on_into_the_next_ones(town, item):
    other = Item(scheme=item.scheme, title="当人民调解员", points=9, source=Item.MEDIATION)
    with pytest.raises(ValidationError, match="已有一项"):
        points.save_item(actor=town.secretary, item=other)
    later = points.adopt_scheme(
        actor=town.secretary, village=town.jinxing, since=dt.date(2027, 1, 1), resolution="会议"
    )
    assert later.items.get(source=Item.MEDIATION).title == "帮着劝和邻里"


def test_it_may_be_said_of_an_item_that_is_in_use(town, item):
    Item.objects.filter(pk=item.pk).update(source="")
    said = {"household": town.zhang, "item": item, "day": clock.today(), "words": "劝开了"}
    points.claim(actor=town.worker, uuid=uuid.uuid4(), **said)
    item.source = Item.MEDIATION
    points.save_item(actor=town.secretary, item=item)
    item.points = 9
    with pytest.raises(ValidationError, match="不能再改"):
        points.save_item(actor=town.secretary, item=item)


def test_a_ground_for_refusing_is_nothing_to_thank_for(town, item):
    ground = Item(scheme=item.scheme, title="大操大办", refuses=True, source=Item.MEDIATION)
    with pytest.raises(ValidationError, match="不予积分的情形"):
        points.save_item(actor=town.secretary, item=ground)
