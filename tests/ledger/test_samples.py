"""The sample workbooks, made after what villages really send: every person's row is found, and nothing else."""

import json
from pathlib import Path

import pytest

from core.ledger import Column
from core.ledger.reading import open_workbook

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())
PEOPLE = (
    Column("position", "序号", "integer", imported=False),
    Column("group", "村民组", merged_down=True),
    Column("number", "户编号", "code", synonyms=("户号",), merged_down=True, required=True),
    Column("name", "姓名", required=True, squeeze=True),
    Column("id_number", "身份证号", "code", digits=18, mask="id", synonyms=("身份证号码",)),
    Column("born", "出生日期", "date", synonyms=("出生年月",)),
    Column("phone", "联系电话", "code", digits=11, mask="phone", synonyms=("电话",)),
    Column("note", "备注"),
)


@pytest.mark.parametrize("name", [name for name in EXPECTED if "persons" in EXPECTED[name]])
def test_every_person_of_every_household_is_read(name):
    sheet = open_workbook(SAMPLES / name, columns=PEOPLE)
    rows = sheet.rows()
    assert len(rows) == EXPECTED[name]["persons"]
    assert len({row.cells["number"] for row in rows}) == EXPECTED[name]["households"]
    assert all(row.cells["group"] for row in rows)
    assert sheet.headings.last + 1 + len(rows) + sum(map(len, sheet.skipped.values())) == len(sheet.grid)
    assert sheet.meta["unit"].startswith(name[:2])
    assert sheet.meta["made_on"].year == 2026
    for trap in EXPECTED[name].get("traps", []):
        (row,) = (row for row in rows if row.number == trap["row"])
        assert row.cells["note"] == '=HYPERLINK("http://example.invalid","点我")'


def test_the_roster_of_grids_is_filled_down_only_within_its_merged_cells():
    columns = [
        Column("grid", "网格名称", required=True, merged_down=True),
        Column("post", "岗位", required=True),
    ]
    rows = open_workbook(SAMPLES / "洪集镇网格花名册.xlsx", columns=columns).rows()
    expected = EXPECTED["洪集镇网格花名册.xlsx"]
    assert len({row.cells["grid"] for row in rows}) == expected["grids"]
    posts = [row.cells["post"] for row in rows]
    assert {post: posts.count(post) for post in expected["posts"]} == expected["posts"]
