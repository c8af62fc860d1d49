"""What is written comes back as it was: every character, every zero, every kind of value."""

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.ledger import BadCell, Column, Heading
from core.ledger.reading import open_workbook
from core.ledger.writing import write_workbook

pytestmark = pytest.mark.slow

COLUMNS = (
    Column("code", "编号", "code"),
    Column("name", "姓名", squeeze=True),
    Column("note", "说的话"),
    Column("born", "出生日期", "date"),
    Column("since", "认定时间", "month"),
    Column("at", "来电时间", "datetime"),
    Column("size", "人口", "integer"),
    Column("area", "面积", "number"),
    Column("share", "完成率", "percent"),
    Column("sex", "性别", "choice", choices=("男", "女")),
    Column("kinds", "对象类别", "choice", multiple=True, choices=("低保", "大病", "优抚")),
)
HEADING = Heading(
    "洪集镇 台账（2026年10月）", "洪集镇", dt.date(2026, 11, 2), "2026年10月1日至10月31日", ("一", "二")
)

words = st.text(
    st.characters(codec="utf-8")
    | st.sampled_from("㻞䶮𠮷\U00031350=+-@\"'&<>\n\t ¦_x0041_'%{}\\X｜（）：；、"),
    max_size=30,
)
codes = st.text("0123456789Xx-", min_size=1, max_size=20)
days = st.dates(dt.date(1900, 3, 1), dt.date(2199, 12, 31))
moments = st.datetimes(dt.datetime(1910, 1, 2), dt.datetime(2199, 1, 1)).map(
    lambda m: m.replace(microsecond=0)
)
rows = st.tuples(
    codes, words, words, st.none() | days, st.none() | days.map(lambda day: day.replace(day=1)), st.none() | moments,
    st.none() | st.integers(-(10**14), 10**14), st.none() | st.decimals(-(10**8), 10**8, places=2),
    st.none() | st.integers(0, 1000).map(lambda n: n / 1000), st.sampled_from((None, "男", "女")),
    st.sets(st.sampled_from(("低保", "大病", "优抚"))).map(tuple),
)  # fmt: skip


def stored(row):
    """The row as it would be on record: what cleaning makes of it; None if it cannot be."""
    try:
        return [column.clean(value) for column, value in zip(COLUMNS, row, strict=True)]
    except BadCell:
        return None


def back(kept):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xlsx"
        write_workbook(
            path,
            heading=HEADING,
            columns=COLUMNS,
            rows=[[*row, f"-key_{n}"] for n, row in enumerate(kept)],
            key=True,
        )
        return open_workbook(path, columns=COLUMNS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rows, min_size=1, max_size=6))
@example([("007", "㻞 䶮", "=1+1", None, None, None, None, None, None, None, ())])
@example(
    [
        (
            "34990719940718718X",
            "𠮷",
            "'=\"<&>\n _x000D_ 尾",
            dt.date(1943, 1, 5),
            None,
            None,
            0,
            Decimal("0.10"),
            1.0,
            "女",
            ("低保", "优抚"),
        )
    ]
)
@example([("1", "合计", "小计", None, None, None, None, None, None, None, ())])
def test_clean_values_come_back_equal(written):
    kept = [row for row in map(stored, written) if row]
    sheet = back(kept)
    read = [[column.clean(row.cells[column.name]) for column in COLUMNS] for row in sheet.rows()]
    assert read == kept
    assert [row.key for row in sheet.rows()] == [f"-key_{n}" for n in range(len(kept))]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1300])
def test_batches_meet_without_a_seam(count):
    kept = [[f"{n:06d}", f"王{n}", None, None, None, None, n, None, None, "男", ()] for n in range(count)]
    sheet = back(kept)
    assert [row.cells["size"] for row in sheet.rows()] == list(range(count))
    assert sheet.skipped == {"说明": [count + 4, count + 5], "签字行": [count + 6]}
