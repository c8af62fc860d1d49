"""People moved by a roster: the house they come to keeps its address, the one they leave empty is closed."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from core import clock
from grids.models import Household, Placement, Territory
from tests.rosters.desk import bring_in, make_village, roster
from tests.rosters.family import LI, SON, WIFE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

COME_HOME = SON | {"户编号": "000101", "户主": "李大山", "与户主关系": "儿子"}


@pytest.fixture(autouse=True)
def in_november() -> Any:
    """The rosters come in November."""
    with clock.stopped_at("2026-11-24T09:00"):
        yield


@pytest.fixture
def qiaoji(db: None, tmp_path: Path) -> Territory:
    village = make_village("桥集村")
    assert bring_in("persons", roster(tmp_path / "r.xlsx", (LI, WIFE, SON)), "桥集村").code == 0
    return village


def november(path: Path, *people: Any) -> Path:
    return roster(path, people, made_on="填报日期：2026年11月20日")


@pytest.mark.parametrize("place", [0, 2], ids=["his row first", "his row last"])
def test_who_moves_in_brings_no_new_address(qiaoji: Territory, tmp_path: Path, place: int) -> None:
    people = [LI, WIFE]
    people.insert(place, COME_HOME)
    done = bring_in("persons", november(tmp_path / "m.xlsx", *people), "桥集村")
    assert "1 人换了户" in done.out
    assert "改了住址" not in done.out
    assert Household.objects.get(number="000101").address == "一组1号"
    again = bring_in("persons", november(tmp_path / "again.xlsx", *people), "桥集村")
    assert again.changes == (0, 0, 3, 0)


def test_a_household_that_its_last_person_leaves_is_closed_and_that_is_told(
    qiaoji: Territory, tmp_path: Path
) -> None:
    done = bring_in("persons", november(tmp_path / "m.xlsx", LI, WIFE, COME_HOME), "桥集村")
    assert "1 户一个人也不在了，销户" in done.out
    empty = Household.objects.get(number="000102")
    assert (empty.size, empty.ended_on) == (0, dt.date(2026, 10, 31))
    assert not Placement.objects.filter(household=empty, until__isnull=True).exists()


def test_a_roster_that_names_its_village_need_not_be_told_it(qiaoji: Territory, tmp_path: Path) -> None:
    assert bring_in("persons", roster(tmp_path / "r.xlsx", (LI, WIFE, SON))).changes == (0, 0, 3, 0)
    bare = roster(tmp_path / "b.xlsx", (LI, WIFE, SON), title="居民花名册（2026年10月）", unit="填报单位：")
    assert "先说是哪个村" in bring_in("persons", bare).err
