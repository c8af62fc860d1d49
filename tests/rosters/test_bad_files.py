"""Whatever is wrong with a file or a word on the command line gets its own sentence, an exit code, and no traceback."""

import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.auth import get_user_model
from django.core.management import load_command_class
from django.core.management.base import OutputWrapper
from django.db import OperationalError

from grids.models import Household
from tests.rosters.desk import (
    GRID_ROSTER,
    HUIGUAN,
    QIAOJI,
    bring_in,
    edited,
    make_village,
    roster,
    run,
    take_out,
)
from tests.rosters.family import FAMILY

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def qiaoji(db: None) -> Any:
    return make_village("桥集村")


def refused(done: Any, sentence: str) -> None:
    assert done.code in (1, 2)
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert "成功" not in done.out + done.err
    assert done.counts["created"] == 0
    assert not Household.objects.exists()


def test_a_file_that_is_not_there_or_not_a_workbook(tmp_path: Path) -> None:
    refused(bring_in("persons", tmp_path / "没有.xlsx", "桥集村"), "没有“没有.xlsx”这个文件")
    (tmp_path / "坏.xlsx").write_bytes(QIAOJI.read_bytes()[:5000])
    refused(bring_in("persons", tmp_path / "坏.xlsx", "桥集村"), "这个文件打不开")
    (tmp_path / "空.xlsx").write_bytes(b"")
    refused(bring_in("persons", tmp_path / "空.xlsx", "桥集村"), "这个文件是空的")
    (tmp_path / "老.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    refused(bring_in("persons", tmp_path / "老.xlsx", "桥集村"), "旧格式")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    refused(bring_in("persons", tmp_path, "桥集村"), f"“{tmp_path.name}”是一个文件夹")


def test_the_last_line_has_the_same_counts_however_early_it_ends(tmp_path: Path) -> None:
    (tmp_path / "空.xlsx").write_bytes(b"")
    for path in (tmp_path / "没有.xlsx", tmp_path / "空.xlsx"):
        assert bring_in("persons", path, "桥集村").counts.items() >= {("households", 0), ("persons", 0)}
    assert "persons" not in bring_in("grids", tmp_path / "空.xlsx").counts


def test_a_file_of_200_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "大.xlsx").open("wb") as out:
        out.truncate(200 * 2**20)
    refused(bring_in("persons", tmp_path / "大.xlsx", "桥集村"), "文件有 200 MB")


def test_a_wrong_sheet_and_a_missing_heading(tmp_path: Path) -> None:
    refused(bring_in("persons", GRID_ROSTER, "桥集村"), "这像是《网格花名册（1+1+N）》的表")
    book = openpyxl.Workbook()
    book.worksheets[0].append(["你好"])
    book.save(tmp_path / "别的.xlsx")
    refused(bring_in("persons", tmp_path / "别的.xlsx", "桥集村"), "没找到标题行")
    for column, title in (("C3", "户编号"), ("B3", "村民组"), ("F3", "姓名"), ("E3", "与户主关系")):

        def unname(sheet: Any, column: str = column) -> None:
            sheet[column] = "某某"

        path = edited(QIAOJI, tmp_path / "缺.xlsx", unname)
        refused(bring_in("persons", path, "桥集村"), f"缺“{title}”这一列")


def test_rows_that_are_no_content_are_told_by_their_numbers(tmp_path: Path) -> None:
    path = roster(tmp_path / "r.xlsx", [*FAMILY, {"序号": "合计", "户编号": "2户"}])
    done = bring_in("persons", path, "桥集村")
    assert done.changes == (3, 0, 0, 0)
    assert "不是内容、没有读的：" in done.out
    assert "1 行，第 7 行" in done.out


def test_only_headings(tmp_path: Path) -> None:
    refused(bring_in("persons", roster(tmp_path / "r.xlsx", []), "桥集村"), "表里只有标题")


def test_another_villages_file_by_title_or_by_unit(tmp_path: Path) -> None:
    make_village("会馆村")
    refused(bring_in("persons", HUIGUAN, "桥集村"), "这份表是会馆村的，选的是桥集村。")
    unknown = roster(
        tmp_path / "r.xlsx", [{"姓名": "甲"}], title="居民花名册", unit="填报单位：洪集镇张庄村村委会"
    )
    refused(bring_in("persons", unknown, "桥集村"), "这份表是张庄村的，选的是桥集村。")


def test_a_village_without_groups_needs_the_grids_first(tmp_path: Path) -> None:
    make_village("会馆村", groups=0)
    refused(bring_in("persons", HUIGUAN, "会馆村"), "会馆村还没有村民组，先导入网格花名册。")


def test_words_that_name_nothing(tmp_path: Path) -> None:
    refused(bring_in("persons", QIAOJI, "张庄村"), "没有“张庄村”这个地方。这里有：桥集村。")
    refused(bring_in("persons", QIAOJI, "桥集村", "--as-of", "十月"), "“十月”不是一个日期")
    refused(bring_in("persons", QIAOJI, "桥集村", "--as-of", "2100-01-01"), "2100-01-01 还没到")
    refused(bring_in("persons", QIAOJI, "桥集村", "--as", "nobody-at-all"), "没有叫“nobody-at-all”的账号")
    refused(bring_in("peoples", QIAOJI, "桥集村"), "没有“peoples”这种台账")
    refused(bring_in("persons", QIAOJI, "桥集村", "--dry-run", "--as-of", "2026-13-01"), "不是一个日期")


def test_a_day_to_come_on_the_file_is_told(tmp_path: Path) -> None:
    path = roster(tmp_path / "r.xlsx", [{"姓名": "甲"}], made_on="填报日期：2099年1月1日")
    refused(bring_in("persons", path, "桥集村"), "表上的填报日期 2099-01-01 还没到")


def test_a_dry_run_saves_nothing_and_says_so() -> None:
    done = bring_in("persons", QIAOJI, "桥集村", "--dry-run")
    assert done.code == 0
    assert done.changes == (410, 0, 0, 0)
    assert "只核对，一行都没存。" in done.out
    assert not Household.objects.exists()


def test_an_errors_file_that_cannot_be_written(tmp_path: Path) -> None:
    path = roster(
        tmp_path / "r.xlsx", [{"姓名": "甲", "户编号": "1", "村民组": "一组", "与户主关系": "不详"}]
    )
    refused(
        bring_in("persons", path, "桥集村", "--errors", str(tmp_path / "no" / "e.xlsx")),
        "写不了：没有这个文件夹。",
    )


def test_an_export_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    out = tmp_path / "p.xlsx"
    for done, sentence in (
        (take_out("persons", out, "张庄村"), "没有“张庄村”这个地方"),
        (take_out("persons", out, "桥集村", "--period", "2026-13"), "“2026-13”不是一个月份"),
        (take_out("nothing", out, "桥集村"), "没有“nothing”这种台账"),
        (take_out("persons", tmp_path / "no" / "p.xlsx", "桥集村"), "p.xlsx：没有这个文件夹。"),
        (take_out("persons", tmp_path, "桥集村"), "这是一个文件夹，后面要写上文件名。"),
    ):
        assert done.code == 1
        assert sentence in done.err
        assert not out.exists()


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EACCES, "没有权限"), (errno.ENOSPC, "磁盘满了"), (errno.EIO, "系统没有让")],
)
def test_an_export_the_system_refuses_says_why_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    done = take_out("persons", tmp_path / "p.xlsx", "桥集村")
    assert done.code == 1
    assert f"p.xlsx：{said}" in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_export_by_who_may_nowhere_is_refused_as_such(tmp_path: Path) -> None:
    get_user_model().objects.create_user(username="noone", password="x")
    done = take_out("persons", tmp_path / "p.xlsx", "桥集村", "--as", "noone")
    assert done.code == 1
    assert "这件事不归您办" in done.err


def test_all_ledgers_are_listed_with_their_ways() -> None:
    listed = run("list_ledgers").out.splitlines()
    assert "grids\t网格花名册（1+1+N）\t现状\t生成、导入" in listed
    assert "persons\t居民花名册\t现状\t生成、导入" in listed


@pytest.mark.parametrize(
    ("words", "usage"),
    [
        (("import_ledger",), "import_ledger 台账代号 文件.xlsx"),
        (("import_ledger", "persons"), "import_ledger 台账代号 文件.xlsx"),
        (("import_ledger", "persons", "a.xlsx", "--nonsense"), "import_ledger 台账代号 文件.xlsx"),
        (("export_ledger", "persons"), "export_ledger 台账代号 --out 文件.xlsx"),
        (("list_ledgers", "more"), "list_ledgers"),
    ],
)
def test_a_line_that_is_not_whole_is_told_in_chinese(words: tuple[str, ...], usage: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    command = load_command_class("ledgers", words[0])
    command.stdout, command.stderr = OutputWrapper(out), OutputWrapper(err)
    with pytest.raises(SystemExit) as ended:
        command.create_parser("manage.py", words[0]).parse_args(words[1:])
    assert ended.value.code == 2
    assert err.getvalue().startswith(f"命令没写对，写成：manage.py {usage}")
    assert words[0] != "import_ledger" or json.loads(out.getvalue())["created"] == 0


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("no such table: grids_territory", "先运行 manage.py migrate"),
        ('relation "grids_territory" does not exist', "先运行 manage.py migrate"),
        ("database is locked", "数据库正忙"),
        ("connection refused", "数据库连不上"),
    ],
)
def test_a_database_that_is_not_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, sentence: str
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise OperationalError(said)

    monkeypatch.setattr("ledgers.management.commands.import_ledger.place_named", broken)
    refused(bring_in("persons", QIAOJI, "桥集村"), sentence)
    monkeypatch.setattr("ledgers.management.commands.export_ledger.place_named", broken)
    done = take_out("persons", tmp_path / "p.xlsx", "桥集村")
    assert done.code == 1
    assert sentence in done.err
