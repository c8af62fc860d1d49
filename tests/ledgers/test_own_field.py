"""A department has the ledgers of its own field and no others (domain.md, "Who may do what")."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from core import clock
from core import ledger as engine
from core.ledger import LedgerScope
from core.periods import Month
from ledgers.keeping import write_ledger
from tests.factor import client_of
from tests.people import Town, make_town_of_two

OWN = {
    "civil_affairs": {"five-visits", "coverage", "grids"},
    "justice": {"coverage", "grids", "disputes", "dispute-stats", "panels"},
    "cadre": None,  # every one
}


@pytest.fixture
def town(db: None) -> Town:
    return make_town_of_two()


@pytest.mark.parametrize("duty", OWN)
def test_what_a_department_may_export(town: Town, tmp_path, duty: str) -> None:
    place = town.jinxing if duty == "cadre" else town.town
    user = town.post("bumen", "部门", duty, place)
    given = set()
    for each in engine.all_ledgers():
        period = Month.parse("2026-10") if each.period_kind == "month" else None
        scope = LedgerScope(user, town.jinxing, period, made_on=clock.today())
        try:
            write_ledger(each, scope, tmp_path / "x.xlsx")
            given.add(each.slug)
        except PermissionDenied:
            pass
    everything = {each.slug for each in engine.all_ledgers()}
    own = OWN[duty]
    assert given == (everything if own is None else own)


def test_what_is_not_of_his_field_is_neither_looked_at_on_the_page_nor_told_of_a_sealed_month(
    town: Town,
) -> None:
    client = client_of(town.post("minzheng", "民政", "civil_affairs", town.town))
    for slug, status in (("five-visits", 200), ("visits", 403), ("differences", 403)):
        address = reverse("ledgers:look", args=[slug])
        assert client.get(f"{address}?place={town.jinxing.pk}&month=2026-10").status_code == status
