"""Whether a row is somebody the register knows: corrected numbers, exchanged numbers, two people of one name."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from core import clock
from grids.models import Person, Territory
from tests.people import id_number
from tests.rosters.desk import (
    bring_in,
    cell_of,
    edited,
    make_village,
    roster,
    take_out,
)
from tests.rosters.family import FAMILY, LI, SON, WIFE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

OCTOBER = dt.date(2026, 10, 1)


@pytest.fixture(autouse=True)
def in_november() -> Any:
    """The rosters of October come in November."""
    with clock.stopped_at("2026-11-24T09:00"):
        yield


@pytest.fixture
def qiaoji(db: None) -> Territory:
    return make_village("桥集村")


def test_a_corrected_number_mends_the_person_instead_of_making_another(
    qiaoji: Territory, tmp_path: Path
) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    right = id_number("19550607", 17)
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (LI | {"身份证号": right}, WIFE, SON)), "桥集村")
    assert done.changes == (0, 1, 2, 0)
    assert "1 人换了身份证号" in done.out
    assert Person.objects.with_id_number(right).get().name == "李大山"


XIN = LI | {
    "与户主关系": "儿子",
    "姓名": "辛八",
    "身份证号": None,
    "出生日期": "1992-04-04",
    "联系电话": None,
}


def test_a_first_number_with_another_birth_date_mends_the_person_and_says_so(
    qiaoji: Territory, tmp_path: Path
) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI, XIN)), "桥集村")
    numbered = XIN | {"身份证号": id_number("19930404", 35), "出生日期": "1993-04-04"}
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (LI, numbered)), "桥集村")
    assert done.changes == (0, 1, 1, 0), done.err
    assert (
        "提醒 第 5 行 出生日期“1993-04-04”：花名册里辛八是 1992-04-04 生，存入后照身份证号改成 1993-04-04"
        in done.err
    )
    assert "1 人补了身份证号" in done.out
    assert Person.objects.get(name="辛八").birth_date == dt.date(1993, 4, 4)


@pytest.mark.parametrize(
    ("stored", "listed", "column"),
    [
        ({}, {"出生日期": "1993-04-04"}, "出生日期"),
        (
            {"身份证号": id_number("19920404", 35)},
            {"身份证号": id_number("19930404", 35), "出生日期": "1993-04-04"},
            "身份证号",
        ),
    ],
    ids=["only the date", "number and date"],
)
def test_who_may_be_the_same_is_not_registered_twice(
    qiaoji: Territory, tmp_path: Path, stored: dict[str, Any], listed: dict[str, Any], column: str
) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI, XIN | stored)), "桥集村")
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (LI, XIN | listed)), "桥集村")
    assert done.code == 1
    assert f"有错 第 5 行 {column}“" in done.err
    assert "这一户已登记有辛八（1992-04-04 生），对不上是不是同一个人，是同一个人" in done.err
    assert "辛八：花名册里有，表里没有" not in done.out
    assert Person.objects.filter(name="辛八").count() == 1

    def mend(sheet: Any) -> None:  # the way out that the fault names
        for heading, value in listed.items():
            cell_of(sheet, heading, 5).value = value

    take_out("persons", tmp_path / "p.xlsx", "桥集村")
    done = bring_in("persons", edited(tmp_path / "p.xlsx", tmp_path / "m.xlsx", mend), "桥集村")
    assert done.changes == (0, 1, 1, 0), done.err
    assert Person.objects.get(name="辛八").birth_date == dt.date(1993, 4, 4)


def test_who_left_makes_room_for_another_of_his_name(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI, XIN)), "桥集村")
    Person.objects.filter(name="辛八").update(left_on=dt.date(2026, 11, 1), left_why="moved_out")
    other = XIN | {"出生日期": "1993-04-04"}
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (LI, other)), "桥集村")
    assert done.changes == (1, 0, 1, 0), done.err


def test_somebody_else_of_the_same_name_leaves_the_first_reported(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI, XIN)), "桥集村")
    other = XIN | {"与户主关系": "孙子", "出生日期": "2015-04-04"}
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (LI, other)), "桥集村")
    assert done.changes == (1, 0, 1, 0), done.err
    assert "没有动 000101 户 辛八：花名册里有，表里没有" in done.out


def test_another_name_at_a_number_is_told(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    renamed = (LI, WIFE | {"姓名": "王晓花"}, SON)
    done = bring_in("persons", roster(tmp_path / "e.xlsx", renamed), "桥集村")
    assert done.changes == (0, 1, 2, 0), done.err
    assert "提醒 第 5 行 姓名“王晓花”：这个号登记的是王小花，存入后改名王晓花" in done.err


def test_numbers_written_in_each_others_rows_are_refused(qiaoji: Territory, tmp_path: Path) -> None:
    brother = LI | {"与户主关系": "弟弟", "姓名": "李二山", "身份证号": id_number("19550607", 19)}
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI, brother)), "桥集村")
    swapped = (LI | {"身份证号": brother["身份证号"]}, brother | {"身份证号": LI["身份证号"]})
    done = bring_in("persons", roster(tmp_path / "e.xlsx", swapped), "桥集村")
    assert done.code == 1
    assert "这个号登记的是李二山，李大山另有登记，核对两人的号是不是写反了。" in done.err
    assert "这个号登记的是李大山，李二山另有登记，核对两人的号是不是写反了。" in done.err
    assert Person.objects.with_id_number(LI["身份证号"]).get().name == "李大山"


def test_two_numbers_that_were_exchanged_are_put_right(qiaoji: Territory, tmp_path: Path) -> None:
    twin = LI | {"与户主关系": "弟弟", "姓名": "李二山", "身份证号": id_number("19550607", 19)}
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI, twin)), "桥集村")
    take_out("persons", tmp_path / "p.xlsx", "桥集村", "--unmasked")

    def exchange(sheet: Any) -> None:
        sheet["I4"], sheet["I5"] = sheet["I5"].value, sheet["I4"].value

    done = bring_in("persons", edited(tmp_path / "p.xlsx", tmp_path / "e.xlsx", exchange), "桥集村")
    assert done.code == 0, done.err
    assert done.changes == (0, 2, 0, 0)
    assert Person.objects.with_id_number(LI["身份证号"]).get().name == "李二山"
