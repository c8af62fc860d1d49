"""When households join or part, their points go with them, and come back when the change is undone."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from core import clock
from grids import services as grids
from grids.models import Household, Person, RegisterChange
from points import services
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db


def change(market: Market, kind: str, **said: Any) -> RegisterChange:
    return grids.change(
        actor=market.town.secretary, client_id=uuid4(), kind=kind, happened_on=clock.today(), **said
    )


def test_a_merged_household_brings_its_points(market: Market) -> None:
    li, wang = market.town.li, market.town.wang
    market.posted(li, market.blood)
    market.posted(wang)
    members = {str(market.town.head(li).pk): "母亲"}
    row = change(market, "merge", household=li, facts={"into": wang.pk, "members": members})
    assert (services.balance_of(wang), services.balance_of(li)) == (25, 0)
    grids.undo(actor=market.town.secretary, change=row)
    assert (services.balance_of(wang), services.balance_of(li)) == (5, 20)
    assert not list(services.faults())


def test_who_leaves_a_household_takes_his_part(market: Market) -> None:
    market.posted(item=market.blood)
    son = Person.objects.get(household=market.town.zhang, name="张翠山")
    facts = {"members": {str(son.pk): "户主"}, "number": "060099"}

    def split() -> tuple[RegisterChange, Household]:
        row = change(market, "split", household=market.town.zhang, facts=facts)
        return row, Household.objects.get(number="060099")

    row, _ = split()
    grids.undo(actor=market.town.secretary, change=row)
    assert services.balance_of(market.town.zhang) == 20
    _, new = split()
    assert services.settle_splits() == 0
    with clock.stopped_at("2026-11-25T00:35"):
        assert services.settle_splits() == 1
        assert services.settle_splits() == 0
    assert (services.balance_of(new), services.balance_of(market.town.zhang)) == (6, 14)
    assert not list(services.faults())


def test_the_part_of_who_left_is_settled_before_anything_is_spent(market: Market) -> None:
    market.posted(item=market.blood)
    son = Person.objects.get(household=market.town.zhang, name="张翠山")
    facts = {"members": {str(son.pk): "户主"}, "number": "060099"}
    change(market, "split", household=market.town.zhang, facts=facts)
    with pytest.raises(ValidationError, match="现有 14 分，要 20 分"):
        market.redeem(market.bus)


def test_a_merger_is_not_undone_once_its_points_are_spent(market: Market) -> None:
    li, wang = market.town.li, market.town.wang
    market.posted(li, market.blood)
    members = {str(market.town.head(li).pk): "母亲"}
    row = change(market, "merge", household=li, facts={"into": wang.pk, "members": members})
    market.redeem(code=market.card(wang))
    with pytest.raises(ValidationError, match="带过去的分已经用掉了"):
        grids.undo(actor=market.town.secretary, change=row)
    assert services.balance_of(wang) == 8
