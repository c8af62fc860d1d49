"""Gate R12: a roster that goes out and comes back unchanged changes nothing; one edited cell is one update."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from core import clock
from grids.models import Household, Person
from tests.people import id_number
from tests.rosters.desk import HUIGUAN, bring_in, cell_of, edited, make_village, roster, take_out

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

RARE = "㻞䶮𠮷𡈽𬎆祎垚犇"


@pytest.fixture(autouse=True)
def huiguan(db: None) -> Any:
    with clock.stopped_at("2026-11-24T09:00"):
        yield make_village("会馆村")


@pytest.fixture(params=[(), ("--unmasked",)], ids=["masked", "unmasked"])
def exported(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    bring_in("persons", HUIGUAN, "会馆村")
    assert take_out("persons", tmp_path / "p.xlsx", "会馆村", *request.param).code == 0
    return tmp_path / "p.xlsx"


def snapshot() -> tuple[list[Any], list[Any]]:
    return (
        list(Person.objects.order_by("pk").values_list()),
        list(Household.objects.order_by("pk").values_list()),
    )


def test_a_roster_that_comes_back_as_it_went_out_changes_nothing(exported: Path) -> None:
    before = snapshot()
    done = bring_in("persons", exported, "会馆村")
    assert done.code == 0, done.err
    assert done.changes == (0, 0, 604, 0)
    assert "没有动" not in done.out
    assert snapshot() == before


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("姓名", "彭浩燃"),
        ("民族", "满族"),
        ("联系电话", "19900007777"),
        ("政治面貌", "中共党员"),
        ("文化程度", "高中"),
        ("家庭住址", "一组99号"),
        ("对象类别", "低保困难户"),
        ("备注", "=1+1"),
        ("身份证号", id_number("19430105", 287, "349902")),
    ],
)
def test_one_edited_cell_is_exactly_one_update(
    exported: Path, tmp_path: Path, heading: str, value: Any
) -> None:
    def edit(sheet: Any) -> None:
        cell = cell_of(sheet, heading, 4)
        cell.value = value
        cell.data_type = "s"

    before = Person.objects.count(), Household.objects.count()
    done = bring_in("persons", edited(exported, tmp_path / "e.xlsx", edit), "会馆村")
    assert done.code == 0, done.err
    assert done.changes == (0, 1, 603, 0)
    assert (Person.objects.count(), Household.objects.count()) == before
    assert bring_in("persons", tmp_path / "e.xlsx", "会馆村").changes == (0, 0, 604, 0)


def test_a_key_of_another_village_opens_nothing(tmp_path: Path) -> None:
    bring_in("persons", HUIGUAN, "会馆村")
    make_village("桥集村")
    take_out("persons", tmp_path / "p.xlsx", "会馆村")

    def readdress(sheet: Any) -> None:
        sheet["A1"], sheet["A2"] = "洪集镇桥集村 居民花名册", "填报单位：洪集镇桥集村"

    done = bring_in("persons", edited(tmp_path / "p.xlsx", tmp_path / "e.xlsx", readdress), "桥集村")
    assert done.code == 1
    assert done.err.count("这个号被遮住了，填完整的号或留空") >= 604


def test_a_masked_number_that_is_not_the_stored_one_is_a_fault(tmp_path: Path) -> None:
    bring_in("persons", HUIGUAN, "会馆村")
    take_out("persons", tmp_path / "p.xlsx", "会馆村")

    def tamper(sheet: Any) -> None:
        cell_of(sheet, "身份证号", 4).value = "341504************"
        cell_of(sheet, "联系电话", 6).value = "199****0000"

    done = bring_in("persons", edited(tmp_path / "p.xlsx", tmp_path / "e.xlsx", tamper), "会馆村")
    assert done.code == 1
    assert "第 4 行 身份证号“341504************”：这个号被遮住了" in done.err
    assert "第 6 行 联系电话" in done.err


def test_a_birth_date_edited_beside_a_masked_number_is_still_checked_against_it(tmp_path: Path) -> None:
    bring_in("persons", HUIGUAN, "会馆村")
    take_out("persons", tmp_path / "p.xlsx", "会馆村")

    def edit(sheet: Any) -> None:
        cell_of(sheet, "出生日期", 4).value = dt.date(1943, 1, 6)

    done = bring_in("persons", edited(tmp_path / "p.xlsx", tmp_path / "e.xlsx", edit), "会馆村")
    assert done.code == 1
    assert "第 4 行 出生日期“1943-01-06”：和身份证上的不一样，身份证上是 1943-01-05" in done.err


def made_up(count: int) -> list[dict[str, Any]]:
    """People with rare characters, numbers that end in X, household numbers that begin with zeros."""
    people = []
    for n in range(count):
        home, nth = divmod(n, 4)
        born = dt.date(1940, 1, 1) + dt.timedelta(days=n * 5 % 28000)
        number = id_number(f"{born:%Y%m%d}", n % 999, f"34990{n % 9 + 1}")
        head = f"赵{RARE[home % len(RARE)]}"
        people.append(
            {
                "村民组": "一二三四五"[home % 5] + "组",
                "户编号": f"{home:06d}",
                "户主": head,
                "与户主关系": "户主" if nth == 0 else ("配偶", "长子", "长女")[nth - 1],
                "姓名": head if nth == 0 else f"赵{RARE[n % len(RARE)]}{RARE[nth]}",
                "性别": "男" if int(number[16]) % 2 else "女",
                "民族": "汉族",
                "身份证号": number,
                "出生日期": born,
                "联系电话": f"1990{n:07d}" if n % 3 == 0 else None,
                "政治面貌": "群众",
                "文化程度": "小学",
                "家庭住址": f"{home}号",
                "对象类别": "低保" if n % 50 == 0 else None,
                "备注": "'0123" if n % 97 == 0 else None,
            }
        )
    return people


@pytest.mark.slow
def test_five_thousand_people_go_out_and_come_back_without_a_difference(tmp_path: Path) -> None:
    people = made_up(5000)
    assert sum(person["身份证号"].endswith("X") for person in people) > 300
    path = roster(tmp_path / "r.xlsx", people, title="会馆村居民花名册", unit="填报单位：会馆村")
    first = bring_in("persons", path, "会馆村")
    assert first.code == 0, first.err
    assert first.counts["persons"] == Person.objects.count() == 5000
    before = snapshot()
    for words in ((), ("--unmasked",)):
        take_out("persons", tmp_path / "p.xlsx", "会馆村", *words)
        done = bring_in("persons", tmp_path / "p.xlsx", "会馆村")
        assert done.changes == (0, 0, 5000, 0), done.err
        assert snapshot() == before

    def edit(sheet: Any) -> None:
        cell_of(sheet, "文化程度", 2000).value = "初中"

    done = bring_in("persons", edited(tmp_path / "p.xlsx", tmp_path / "e.xlsx", edit), "会馆村")
    assert done.changes == (0, 1, 4999, 0)
