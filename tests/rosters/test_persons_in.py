"""Household rosters: the samples come in exactly as expected, again without a change, edited with dated changes."""

import collections
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core import clock
from grids.models import Category, CategoryKind, Household, Membership, Person, Placement, Territory
from tests.rosters.desk import (
    EXPECTED,
    HUIGUAN,
    QIAOJI,
    bring_in,
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
def huiguan(db: None) -> Territory:
    return make_village("会馆村")


@pytest.fixture
def qiaoji(db: None) -> Territory:
    return make_village("桥集村")


def in_register() -> dict[str, Any]:
    """Households, persons and categories, in the words of expected.json."""
    kinds = collections.Counter(Category.objects.in_force().values_list("kind__name", flat=True))
    return {
        "households": Household.objects.present().count(),
        "persons": Person.objects.present().count(),
        "categories": dict(kinds),
    }


def wanted(path: Path) -> dict[str, Any]:
    return {name: EXPECTED[path.name][name] for name in ("households", "persons", "categories")}


@pytest.mark.parametrize("path", [HUIGUAN, QIAOJI], ids=["merged, two heading rows", "plain"])
def test_a_good_sample_comes_in_exactly_and_again_without_a_change(path: Path) -> None:
    name = path.name[:3]
    village = make_village(name)
    done = bring_in("persons", path, name)
    assert done.code == 0, done.err
    persons, households = wanted(path)["persons"], wanted(path)["households"]
    assert done.changes == (persons, 0, 0, 0)
    assert (done.counts["households"], done.counts["persons"]) == (households, persons)
    assert in_register() == wanted(path)
    again = bring_in("persons", path, name)
    assert again.code == 0
    assert again.changes == (0, 0, persons, 0)
    assert "没有要改的" in again.out
    assert "成功" not in again.out + again.err
    assert in_register() == wanted(path)
    assert Person.history.count() == persons
    village.refresh_from_db()
    assert village.start_month == OCTOBER


def test_what_a_sample_row_says_is_on_record(huiguan: Territory) -> None:
    bring_in("persons", HUIGUAN, "会馆村")
    head = Person.objects.get(household__number="020005", relation="户主")
    assert (head.name, head.sex, head.ethnicity, head.birth_date) == (
        "张少华",
        "M",
        "汉族",
        dt.date(1962, 1, 5),
    )
    assert head.id_number is not None
    assert head.phone is not None
    assert head.id_number.open() == "349906196201053151"
    assert head.id_number_mask == "349906************"
    assert head.phone.open() == "19900004599"
    assert (head.pinyin, head.initials) == ("zhangshaohua", "zsh")
    home = head.household
    assert (home.head_name, home.address, home.group.name, home.size) == ("张少华", "一组58号", "一组", 3)
    assert home.phone_mask == "199****4599"
    assert home.territory_id == home.group.grid_id
    wife = Person.objects.get(household=home, relation="配偶")
    assert wife.id_number is not None
    assert wife.id_number.open() == "349909196210079088"  # written in full-width digits
    assert Person.objects.filter(name="卢㻞", id_number_hash=head.id_number_hash).count() == 0
    assert Person.objects.filter(name="梁䶮").exists()


def test_every_fact_begins_on_the_first_of_the_files_month(huiguan: Territory) -> None:
    bring_in("persons", HUIGUAN, "会馆村")
    for model in (Membership, Placement, Category, Household):
        assert set(model.objects.values_list("since", flat=True)) == {OCTOBER}


def test_as_of_overrides_the_files_month(huiguan: Territory) -> None:
    bring_in("persons", HUIGUAN, "会馆村", "--as-of", "2026-09-10")
    assert set(Category.objects.values_list("since", flat=True)) == {dt.date(2026, 9, 10)}
    huiguan.refresh_from_db()
    assert huiguan.start_month == dt.date(2026, 9, 1)


def test_rooms_above_are_told_once_which_households_changed(
    qiaoji: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[set[int]] = []
    monkeypatch.setattr("core.after._after", [told.append])
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    assert told == [set(Household.objects.values_list("pk", flat=True))]
    bring_in("persons", tmp_path / "r.xlsx", "桥集村")
    assert len(told) == 1


def test_an_edited_roster_updates_what_differs_and_nothing_else(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    changed = (LI | {"文化程度": "初中", "联系电话": "19900000099"}, WIFE | {"对象类别": "大病户"}, SON)
    done = bring_in("persons", roster(tmp_path / "e.xlsx", changed), "桥集村")
    assert done.changes == (0, 2, 1, 0)
    head = Person.objects.get(name="李大山")
    assert (head.education, head.phone_mask) == ("初中", "199****0099")
    assert head.household.phone_mask == "199****0099"
    assert Category.objects.get().kind.name == "大病重病户"
    assert [row.history_type for row in head.history.order_by("history_id")] == ["+", "~"]
    assert head.history.latest().education == "初中"


def test_somebody_who_moves_to_another_household_does_so_on_a_date(qiaoji: Territory, tmp_path: Path) -> None:
    first = (LI, WIFE | {"对象类别": "大病户"}, SON)
    bring_in("persons", roster(tmp_path / "r.xlsx", first), "桥集村")
    moved = WIFE | {
        "户编号": "000102",
        "户主": "李树",
        "与户主关系": "母亲",
        "家庭住址": "一组2号",
        "对象类别": "大病户",
    }
    done = bring_in(
        "persons", roster(tmp_path / "e.xlsx", (LI, SON, moved)), "桥集村", "--as-of", "2026-11-05"
    )
    assert done.code == 0, done.err
    assert done.changes == (0, 1, 2, 0)
    wife = Person.objects.get(name="王小花")
    assert (wife.household.number, wife.relation) == ("000102", "母亲")
    stays = [(m.household.number, m.relation, m.since, m.until) for m in wife.memberships.order_by("since")]
    assert stays == [
        ("000101", "配偶", OCTOBER, dt.date(2026, 11, 4)),
        ("000102", "母亲", dt.date(2026, 11, 5), None),
    ]
    kinds = [(c.household.number, c.since, c.until) for c in Category.objects.order_by("since")]
    assert kinds == [("000101", OCTOBER, dt.date(2026, 11, 4)), ("000102", dt.date(2026, 11, 5), None)]
    assert dict(Household.objects.values_list("number", "size")) == {"000101": 1, "000102": 2}


def test_a_move_within_the_same_month_corrects_the_first_entry(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    moved = WIFE | {"户编号": "000102", "户主": "李树", "与户主关系": "母亲", "家庭住址": "一组2号"}
    bring_in("persons", roster(tmp_path / "e.xlsx", (LI, SON, moved)), "桥集村")
    stay = Person.objects.get(name="王小花").memberships.get()
    assert (stay.household.number, stay.relation, stay.since, stay.until) == ("000102", "母亲", OCTOBER, None)


def test_a_household_that_changes_its_group_gets_a_dated_place(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    moved = (LI | {"村民组": "十组"}, WIFE | {"村民组": "十组"}, SON)
    done = bring_in("persons", roster(tmp_path / "e.xlsx", moved), "桥集村", "--as-of", "2026-11-01")
    assert done.changes == (0, 1, 2, 0)
    assert "1 户换了村民组（网格）" in done.out
    home = Household.objects.get(number="000101")
    assert (home.group.name, home.territory.name) == ("十组", "桥集第二网格")
    places = [(p.group.name, p.since, p.until) for p in home.placements.order_by("since")]
    assert places == [("一组", OCTOBER, dt.date(2026, 10, 31)), ("十组", dt.date(2026, 11, 1), None)]


def test_who_is_missing_from_the_file_is_reported_and_kept(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI | {"对象类别": "低保"}, WIFE, SON)), "桥集村")
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (LI, SON)), "桥集村")
    assert done.code == 0
    assert done.changes == (0, 0, 2, 0)
    assert "没有动 000101 户 王小花：花名册里有，表里没有" in done.out
    assert "没有动 000101 户 李大山：登记为低保困难户，表里没写" in done.out
    assert in_register() == {"households": 2, "persons": 3, "categories": {"低保困难户": 1}}


def test_an_empty_cell_or_an_absent_column_erases_nothing(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    blank = LI | dict.fromkeys(("性别", "民族", "身份证号", "联系电话", "政治面貌", "文化程度", "家庭住址"))
    headings = [h for h in LI if h != "文化程度"]
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (blank, WIFE, SON), headings=headings), "桥集村")
    assert done.code == 0, done.err
    assert done.changes == (0, 0, 3, 0)
    head = Person.objects.get(name="李大山")
    assert (head.education, head.phone_mask, head.id_number_mask) == (
        "小学",
        "199****0011",
        "349901************",
    )


def test_sex_and_birth_date_are_read_from_the_number_where_they_are_missing(
    qiaoji: Territory, tmp_path: Path
) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", (LI | {"性别": None, "出生日期": None},)), "桥集村")
    head = Person.objects.get()
    assert (head.sex, head.birth_date) == ("M", dt.date(1955, 6, 7))


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("信访、重病", {"信访户", "大病重病户"}),
        ("信访/低保", {"信访户", "低保困难户"}),
        ("信访 鳏寡孤独老人", {"信访户", "鳏寡孤独老人"}),
        ("优抚，信访；低保", {"优抚对象", "信访户", "低保困难户"}),
        ("优抚,优抚对象", {"优抚对象"}),
        ("否", set()),
        ("无", set()),
        (None, set()),
    ],
)
def test_a_cell_may_name_several_categories_in_many_ways(
    qiaoji: Territory, tmp_path: Path, written: str | None, kinds: set[str]
) -> None:
    done = bring_in("persons", roster(tmp_path / "r.xlsx", (LI | {"对象类别": written},)), "桥集村")
    assert done.code == 0, done.err
    assert set(Category.objects.values_list("kind__name", flat=True)) == kinds


def test_an_unknown_category_is_a_fault_that_names_the_known_ones(qiaoji: Territory, tmp_path: Path) -> None:
    done = bring_in("persons", roster(tmp_path / "r.xlsx", (LI | {"对象类别": "是"},)), "桥集村")
    assert done.code == 1
    assert (
        "第 4 行 对象类别“是”：不认识“是”这个写法，从这些里选：信访户、大病重病户、鳏寡孤独老人" in done.err
    )


def test_a_category_the_town_adds_is_known_at_once(qiaoji: Territory, tmp_path: Path) -> None:
    CategoryKind.objects.create(code="flood", name="受灾户", short="受灾", synonyms="水灾户、灾民")
    done = bring_in("persons", roster(tmp_path / "r.xlsx", (LI | {"对象类别": "灾民"},)), "桥集村")
    assert done.code == 0, done.err
    assert Category.objects.get().kind.name == "受灾户"


def test_a_new_head_follows_one_who_is_not_in_the_file_any_more(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    widow = WIFE | {"户主": "王小花", "与户主关系": "户主"}
    done = bring_in("persons", roster(tmp_path / "e.xlsx", (widow, SON)), "桥集村")
    assert done.code == 0, done.err
    assert "原来的户主李大山不在表里" in done.err
    home = Household.objects.get(number="000101")
    assert (home.head_name, home.size) == ("王小花", 2)
    assert Person.objects.get(name="李大山").relation == "原户主"
    take_out("persons", tmp_path / "p.xlsx", "桥集村")
    assert bring_in("persons", tmp_path / "p.xlsx", "桥集村").changes == (0, 0, 3, 0)


def test_only_the_first_row_of_a_household_may_be_filled_in(qiaoji: Territory, tmp_path: Path) -> None:
    below = WIFE | dict.fromkeys(("村民组", "户编号", "户主", "家庭住址"))
    done = bring_in("persons", roster(tmp_path / "r.xlsx", (LI, below, SON)), "桥集村")
    assert done.code == 0, done.err
    assert Person.objects.get(name="王小花").household.number == "000101"


def test_leading_zeros_that_a_spreadsheet_dropped_do_not_make_new_households(
    qiaoji: Territory, tmp_path: Path
) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    dropped = [person | {"户编号": int(person["户编号"])} for person in FAMILY]
    done = bring_in("persons", roster(tmp_path / "e.xlsx", dropped), "桥集村")
    assert done.changes == (0, 0, 3, 0)
    assert "按 000101 读" in done.err


def test_a_group_may_be_written_in_another_way(qiaoji: Territory, tmp_path: Path) -> None:
    done = bring_in("persons", roster(tmp_path / "r.xlsx", (LI | {"村民组": "第12村民组"},)), "桥集村")
    assert done.code == 0, done.err
    assert Household.objects.get().group.name == "十二组"


def test_who_died_is_not_brought_back_by_an_old_list(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    Person.objects.filter(name="王小花").update(left_on=dt.date(2026, 11, 1), left_why="died")
    done = bring_in("persons", tmp_path / "r.xlsx", "桥集村")
    assert done.code == 1
    assert "第 5 行 姓名“王小花”：2026-11-01 已登记去世，核对后从表里删去。" in done.err


def test_who_moved_away_and_is_listed_again_is_back_with_a_warning(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    wife = Person.objects.get(name="王小花")
    Person.objects.filter(pk=wife.pk).update(left_on=dt.date(2026, 10, 20), left_why="moved")
    wife.memberships.update(until=dt.date(2026, 10, 20))
    done = bring_in("persons", tmp_path / "r.xlsx", "桥集村", "--as-of", "2026-11-01")
    assert done.code == 0
    assert "登记过迁出" in done.err
    wife.refresh_from_db()
    assert wife.left_on is None
    assert [m.until for m in wife.memberships.order_by("since")] == [dt.date(2026, 10, 20), None]


def test_people_of_another_village_are_refused_and_it_is_named_only_to_who_may_know(
    town: Any, tmp_path: Path
) -> None:
    done = bring_in("persons", roster(tmp_path / "r.xlsx", FAMILY), "桥集村")
    assert done.code == 0, done.err
    own = roster(tmp_path / "o.xlsx", FAMILY, title="金星村居民花名册", unit="填报单位：金星村")
    office = bring_in("persons", own, "金星村", "--as", town.office.username)
    assert office.code == 1
    assert office.err.count("这个人登记在桥集村，先请那边办迁出，或者从表里删去") == 3
    secretary = bring_in("persons", own, "金星村", "--as", town.secretary.username)
    assert secretary.err.count("这个人登记在别的村，先请那边办迁出，或者从表里删去") == 3


def test_a_grid_of_a_village_may_come_alone(qiaoji: Territory, tmp_path: Path) -> None:
    far = [person | {"村民组": "十组", "户编号": "000301", "家庭住址": "十组1号"} for person in (LI, WIFE)]
    bring_in("persons", roster(tmp_path / "r.xlsx", [SON, *far]), "桥集村")
    take_out("persons", tmp_path / "g.xlsx", "桥集第二网格")
    done = bring_in("persons", tmp_path / "g.xlsx", "桥集第二网格")
    assert done.changes == (0, 0, 2, 0)
    assert "没有动" not in done.out
    assert "不在桥集第二网格" in bring_in("persons", tmp_path / "r.xlsx", "桥集第二网格").err


def test_the_export_has_the_columns_of_the_roster_in_walking_order(qiaoji: Territory, tmp_path: Path) -> None:
    bring_in("persons", QIAOJI, "桥集村")
    take_out("persons", tmp_path / "p.xlsx", "桥集村")
    sheet = openpyxl.load_workbook(tmp_path / "p.xlsx").worksheets[0]
    rows = list(sheet.iter_rows(min_row=3, max_row=413, values_only=True))
    sample = list(
        openpyxl.load_workbook(QIAOJI).worksheets[0].iter_rows(min_row=4, max_row=413, values_only=True)
    )
    assert rows[0][:16] == (
        "序号",
        "村民组",
        "户编号",
        "户主",
        "与户主关系",
        "姓名",
        "性别",
        "民族",
        "身份证号",
        "出生日期",
        "联系电话",
        "政治面貌",
        "文化程度",
        "家庭住址",
        "对象类别",
        "备注",
    )
    assert sheet["A1"].value == "洪集镇桥集村 居民花名册"
    assert len(rows) == 1 + 410
    for row, source in zip(rows[1:], sample, strict=True):
        assert row[:8] == source[:8]
        assert row[8] == source[8][:6] + "*" * 12
        assert row[9] == source[9]
        assert row[11:15] == source[11:15]
