"""The roster of grids: an empty database becomes the town; again, nothing changes; a new leader follows the old."""

import collections
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core import clock
from grids import services
from grids.models import Officer, Post, Territory, VillagerGroup
from tests.rosters.desk import EXPECTED, GRID_ROSTER, bring_in, edited, run, take_out

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The roster of the first village only, 大桥村: five grids."""

    def cut(sheet: Any) -> None:
        for merged in list(sheet.merged_cells.ranges):
            if merged.max_row > 24:
                sheet.merged_cells.remove(merged)
        sheet.delete_rows(25, 200)

    return edited(GRID_ROSTER, tmp_path / "大桥.xlsx", cut)


def titles(posts: Any) -> dict[str, int]:
    return dict(collections.Counter(post.get_duty_display() for post in posts))


def test_an_empty_database_becomes_the_whole_town(tmp_path: Path) -> None:
    done = bring_in("grids", GRID_ROSTER)
    wanted = EXPECTED[GRID_ROSTER.name]
    assert done.code == 0, done.err
    assert done.counts == {"rows": 206, "created": 206, "updated": 0, "unchanged": 0, "refused": 0}
    town = Territory.objects.get(kind="town")
    assert (town.name, town.code) == ("洪集镇", "341504999")
    villages = list(Territory.objects.villages().in_order())
    assert len(villages) == wanted["villages"]
    assert [village.name for village in villages] == [
        "大桥村",
        "六口塘村",
        "牌坊店村",
        "会馆村",
        "双墩村",
        "金星村",
        "刘仓房村",
        "桥集村",
        "东岳村",
        "唐畈村",
        "洪集社区",
    ]
    assert all(len(village.code) == 12 for village in villages)
    assert Territory.objects.grids().count() == wanted["grids"]
    assert VillagerGroup.objects.count() == wanted["groups"]
    assert titles(Post.objects.all()) == wanted["posts"]
    assert {post.territory.kind for post in Post.objects.filter(duty="supervisor")} == {"village"}
    assert services.check_tree() == []
    # The same workbook again.
    again = bring_in("grids", GRID_ROSTER)
    assert again.code == 0
    assert again.changes == (0, 0, 206, 0)
    assert "没有要改的" in again.out
    # Out, and in again, masked and unmasked.
    for words in ((), ("--unmasked",)):
        assert take_out("grids", tmp_path / "g.xlsx", "洪集镇", *words).code == 0
        assert bring_in("grids", tmp_path / "g.xlsx").changes == (0, 0, 206, 0)


def test_what_a_row_says_of_an_officer_is_on_record_and_his_phone_is_sealed(small: Path) -> None:
    bring_in("grids", small)
    officer = Officer.objects.get(name="许永康")
    assert (officer.sex, officer.birth_month, officer.politics) == ("M", dt.date(1995, 8, 1), "中共党员")
    assert officer.smartphone is True
    assert officer.phone is not None
    assert officer.phone.open() == "19900009723"
    assert officer.phone_mask == "199****9723"
    post = officer.posts.get()
    assert (post.source, post.since, post.until) == ("村社干部", dt.date(2022, 5, 10), None)
    assert post.territory.party_group == "大桥第二网格党小组"
    groups = VillagerGroup.objects.filter(grid=post.territory).order_by("position")
    assert [group.name for group in groups] == ["五组", "六组", "七组"]


def test_one_name_twice_is_two_people(small: Path) -> None:
    bring_in("grids", small)
    assert Officer.objects.filter(name="赵光辉").count() == 2
    assert Officer.objects.filter(name="朱光辉").count() == 2


def test_one_phone_of_two_people_warns_and_does_not_refuse(small: Path, tmp_path: Path) -> None:
    def share(sheet: Any) -> None:
        sheet["M4"] = sheet["M3"].value

    done = bring_in("grids", edited(small, tmp_path / "e.xlsx", share))
    assert done.code == 0
    assert "提醒 第 3 行 联系电话" in done.err
    assert "提醒 第 4 行 联系电话" in done.err
    assert "19900001522" not in done.err
    assert len(services.phone_clashes()) == 1


def test_a_new_leader_ends_the_old_one_on_the_day_before(small: Path, tmp_path: Path) -> None:
    bring_in("grids", small)

    def replace(sheet: Any) -> None:
        for cell, value in {"H3": "周新来", "J3": "1990.02", "M3": "19900001111", "N3": "2026.09.01"}.items():
            sheet[cell] = value

    done = bring_in("grids", edited(small, tmp_path / "e.xlsx", replace))
    assert done.code == 0, done.err
    assert done.changes == (1, 0, 21, 0)
    old, new = Post.objects.filter(duty="leader", territory__code="341504999201001").order_by("since")
    assert (old.officer.name, old.until) == ("朱光辉", dt.date(2026, 8, 31))
    assert (new.officer.name, new.since, new.until) == ("周新来", dt.date(2026, 9, 1), None)


def test_a_new_leader_without_a_later_day_is_refused_with_the_reason(small: Path, tmp_path: Path) -> None:
    bring_in("grids", small)

    def replace(sheet: Any) -> None:
        sheet["H3"], sheet["J3"], sheet["M3"] = "周新来", "1990.02", "19900001111"

    done = bring_in("grids", edited(small, tmp_path / "e.xlsx", replace))
    assert done.code == 1
    assert "第 3 行 任职时间" in done.err
    assert Post.objects.count() == 22


def test_facts_of_an_officer_are_brought_up_to_date_in_place(small: Path, tmp_path: Path) -> None:
    bring_in("grids", small)

    def change(sheet: Any) -> None:
        sheet["K6"], sheet["M6"], sheet["P6"] = "中共党员", "19900002222", "调整"
        sheet["H7"] = "李志彊"  # the same person, spelt with another character

    done = bring_in("grids", edited(small, tmp_path / "e.xlsx", change))
    assert done.changes == (0, 2, 20, 0)
    officer = Officer.objects.get(name="萧宏伟")
    assert (officer.politics, officer.phone_mask) == ("中共党员", "199****2222")
    assert officer.posts.get().note == "调整"
    assert Officer.objects.filter(name="李志彊", phone_mask="199****6824").exists()
    assert Officer.objects.count() == 22


def test_a_post_that_is_not_in_the_file_is_only_reported(small: Path, tmp_path: Path) -> None:
    bring_in("grids", small)
    assert take_out("grids", tmp_path / "g.xlsx", "大桥村").code == 0
    done = bring_in(
        "grids", edited(tmp_path / "g.xlsx", tmp_path / "e.xlsx", lambda sheet: sheet.delete_rows(7))
    )
    assert done.code == 0
    assert "没有动 大桥村 大桥第一网格 网格协管员 萧宏伟：登记着，表里没有" in done.out
    assert Post.objects.filter(until__isnull=True).count() == 22


def test_an_empty_cell_erases_nothing(small: Path, tmp_path: Path) -> None:
    bring_in("grids", small)

    def empty(sheet: Any) -> None:
        for column in "KLMO":
            sheet[f"{column}3"] = None

    done = bring_in("grids", edited(small, tmp_path / "e.xlsx", empty))
    assert done.changes == (0, 0, 22, 0)
    assert Officer.objects.get(phone_mask="199****1522").politics == "中共党员"


def test_a_group_that_changes_its_grid_is_redrawn_with_a_date(small: Path, tmp_path: Path) -> None:
    bring_in("grids", small)

    def move(sheet: Any) -> None:
        sheet["E3"], sheet["E10"] = "一组、二组、三组", "四组、五组、六组、七组"

    done = bring_in("grids", edited(small, tmp_path / "e.xlsx", move), "", "--as-of", "2026-10-01")
    assert done.code == 0, done.err
    group = VillagerGroup.objects.get(name="四组")
    assert group.grid.code == "341504999201002"
    assert [(p.grid.code[-1], p.since, p.until) for p in group.placements.order_by("since")] == [
        ("1", dt.date(2022, 5, 10), dt.date(2026, 9, 30)),
        ("2", dt.date(2026, 10, 1), None),
    ]


@pytest.mark.parametrize(
    ("cell", "value", "told"),
    [
        ("D3", "34150499920100", "第 3 行 网格编码“34150499920100”：少 1 位，应是 15 位。"),
        ("C3", None, "第 3 行 网格名称“（空）”：没填"),
        ("F4", "网格主任", "不认识“网格主任”这个写法"),
        ("J4", "1960.01", "第 4 行 出生年月“1960.01”："),
        ("L4", "否", "第 4 行 会用智能手机“否”："),
        ("G3", "村民代表", "第 3 行 人员来源“村民代表”："),
        ("M4", "1990000774", "第 4 行 联系电话“199000****”：手机号少 1 位，应是 11 位。"),
        ("N4", None, "第 4 行 任职时间“（空）”：没填"),
        ("H4", None, "第 4 行 姓名“（空）”：没填"),
        ("F4", "网格长", "写了两个网格长"),
        ("E10", "一组、五组", "一组已经写在大桥第一网格里"),
        ("D10", "341504999202002", "大桥村的编码应以 341504999201 开头"),
    ],
)
def test_a_row_that_cannot_be_saved_is_named_and_nothing_is_saved(
    small: Path, tmp_path: Path, cell: str, value: Any, told: str
) -> None:
    def spoil(sheet: Any) -> None:
        sheet[cell] = value

    done = bring_in("grids", edited(small, tmp_path / "e.xlsx", spoil))
    assert done.code == 1
    assert told in done.err
    assert "Traceback" not in done.err
    assert done.changes == (0, 0, 0, 22)
    assert not Territory.objects.exists()
    assert not Post.objects.exists()


def test_a_dry_run_makes_no_town(small: Path) -> None:
    done = bring_in("grids", small, "", "--dry-run")
    assert done.code == 0
    assert done.counts["created"] == 22
    assert not Territory.objects.exists()


def test_a_secretary_can_neither_draw_grids_nor_touch_another_village(
    town: Any, small: Path, tmp_path: Path
) -> None:
    before = Territory.objects.count(), Post.objects.count()
    done = run("import_ledger", "grids", str(small), "--as", town.secretary.username)
    assert done.code == 1
    assert (Territory.objects.count(), Post.objects.count()) == before
    take_out("grids", tmp_path / "g.xlsx", town.qiaoji.code)
    stranger = run("import_ledger", "grids", str(tmp_path / "g.xlsx"), "--as", town.secretary.username)
    assert stranger.code == 1
    assert "不归您管" in stranger.err
    nobody = run("import_ledger", "grids", str(tmp_path / "g.xlsx"), "--as", town.nobody.username)
    assert nobody.code == 1
    assert "不归您办" in nobody.err


def test_a_secretary_keeps_the_posts_of_her_own_village(town: Any, tmp_path: Path) -> None:
    own = ("--as", town.secretary.username)
    assert (
        run("export_ledger", "grids", "--territory", "金星村", "--out", str(tmp_path / "g.xlsx"), *own).code
        == 0
    )

    def change(sheet: Any) -> None:
        sheet.cell(4, 20).value = "写一句"

    edited(tmp_path / "g.xlsx", tmp_path / "e.xlsx", change)
    done = run("import_ledger", "grids", str(tmp_path / "e.xlsx"), *own)
    assert done.code == 0, done.err
    assert done.counts["updated"] == 1
    assert Post.objects.get(note="写一句").history.latest().history_user == town.secretary


def test_the_roster_out_counts_households_people_and_those_to_be_visited(town: Any, tmp_path: Path) -> None:
    with clock.stopped_at("2026-10-20"):
        assert take_out("grids", tmp_path / "g.xlsx", "洪集镇").code == 0
    sheet = openpyxl.load_workbook(tmp_path / "g.xlsx").worksheets[0]
    figures = {
        row[2].value: tuple(cell.value for cell in row[5:8])
        for row in sheet.iter_rows(min_row=4)
        if row[3].value
    }
    assert figures[town.grid1.name] == (3, 6, 2)
    assert figures[town.grid2.name] == (1, 2, 1)
    assert figures[town.far_grid.name] == (1, 2, 1)
