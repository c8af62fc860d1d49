"""Points in the office's desk: looked at by the office, changed by nobody, and of cards no code and no PIN."""

import pytest
from django.urls import reverse

from core import clock
from points import services
from points.models import PointsRule, PublicNotice
from points.services.extracting import take_out
from tests.factor import client_of
from tests.pages import stands
from tests.points.conftest import PIN, Market

pytestmark = pytest.mark.django_db
MODELS = (
    *("scheme", "item", "award", "publicnotice", "challenge", "account", "posting", "entry"),
    *("takendown", "extract"),
)


@pytest.fixture
def busy(market: Market) -> Market:
    """With a row of every kind."""
    market.posted(item=market.blood)
    award = market.decided(market.town.wang)
    services.show(actor=market.town.secretary, village=market.town.jinxing, awards=[award])
    services.challenge(actor=None, award=award, words="没扫")
    market.redeem()
    first = PublicNotice.objects.earliest("pk")
    services.take_down(actor=market.cadre, notice=first, words="印错了日子")
    days = {"first": clock.today(), "last": clock.today()}
    take_out(actor=market.cadre, purpose="honour", village=market.town.jinxing, **days)
    return market


@pytest.mark.parametrize("name", MODELS)
def test_every_list_and_row_opens_and_nothing_can_be_changed(busy: Market, name: str) -> None:
    office = client_of(busy.town.office)
    listed = office.get(reverse(f"admin:points_{name}_changelist"))
    assert listed.status_code == 200
    found = listed.context["cl"].queryset.first()
    row = reverse(f"admin:points_{name}_change", args=[found.pk])
    text = office.get(row).content.decode()
    assert not stands(PIN, text)
    assert 'name="_save"' not in text
    assert office.post(row, {"points": 999}).status_code == 403
    assert office.get(reverse(f"admin:points_{name}_add")).status_code == 403
    assert (
        office.post(reverse(f"admin:points_{name}_delete", args=[found.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert client_of(busy.town.secretary).get(row).status_code == 403
    assert not list(services.faults())


def test_from_how_many_points_the_pin_is_asked_is_the_offices_to_say(market: Market) -> None:
    address, sent = reverse("admin:points_pointsrule_add"), {"since": "2026-11-24", "pin_from": "20"}
    assert client_of(market.town.secretary).post(address, sent).status_code == 403
    office = client_of(market.town.office)
    assert "填 1 到 100000" in office.post(address, sent | {"pin_from": "0"}).content.decode()
    assert office.post(address, sent).status_code == 302
    assert PointsRule.objects.get().pin_from == 20
