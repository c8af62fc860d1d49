"""Doors for strangers: so many times within an hour, and never a readable address in the database."""

import datetime as dt

import pytest

from core import clock
from core.limits import client_ip, knock, sweep_knocks
from core.models import Knock

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def at(monkeypatch):
    def set_to(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


@pytest.mark.django_db
def test_who_has_come_often_enough_waits_and_others_do_not(at):
    noon = dt.datetime(2026, 11, 29, 4, tzinfo=dt.UTC)
    at(noon)
    assert [knock("need", "1.2.3.4", most=2, within=HOUR) for _ in range(3)] == [True, True, False]
    assert knock("need", "1.2.3.5", most=2, within=HOUR)
    assert knock("other", "1.2.3.4", most=2, within=HOUR)
    at(noon + HOUR)
    assert knock("need", "1.2.3.4", most=2, within=HOUR)


@pytest.mark.django_db
def test_the_address_is_not_kept_and_the_count_is_forgotten(at):
    at(dt.datetime(2026, 11, 29, 4, tzinfo=dt.UTC))
    knock("need", "1.2.3.4", most=2, within=HOUR)
    assert "1.2.3.4" not in Knock.objects.get().who
    at(dt.datetime(2026, 12, 2, 4, tzinfo=dt.UTC))
    assert sweep_knocks() == 1


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_house_with_more_addresses_than_the_earth_has_people_counts_as_one(rf, address, counts_as):
    assert client_ip(rf.get("/", REMOTE_ADDR=address)) == counts_as
