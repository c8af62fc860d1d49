"""What people write into a cell, and what it is taken for."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.ledger import BadCell, Column
from core.ledger.cleaning import CellError, Formula, Masked, compact, tidy

DAY = Column("born", "出生日期", "date")
MONTH = Column("since", "认定时间", "month")
CODE = Column("house", "户编号", "code", digits=6, zero_fill=True)
ID = Column("id_number", "身份证号", "code", digits=18, mask="id")
PHONE = Column("phone", "联系电话", "code", digits=11, mask="phone")
NAME = Column("name", "姓名", squeeze=True, required=True)
KINDS = Column(
    "kinds",
    "对象类别",
    "choice",
    multiple=True,
    choices=("低保", "大病"),
    choice_synonyms={"低保户": "低保", "无": ""},
)


def said(column: Column, raw: object) -> str:
    with pytest.raises(BadCell) as bad:
        column.clean(raw)
    return str(bad.value)


THE_SEVENTH = [
    *(dt.date(2026, 1, 7), dt.datetime(2026, 1, 7, 8, 30), 46029, 46029.0, 20260107, "46029", "20260107"),
    *("2026-1-7", "2026.01.07", "2026/1/7", "2026年1月7日", " 2026 年 1 月 7 日 ", "２０２６．１．７"),
    *("2026-01-07 00:00:00", "2026年1月7号", "2026-01-07T08:30:00"),
]


@pytest.mark.parametrize("raw", THE_SEVENTH)
def test_a_day_is_read_in_every_usual_spelling(raw):
    assert DAY.clean(raw) == dt.date(2026, 1, 7)


@pytest.mark.parametrize(("raw", "words"), [
    ("2026-02-30", "没有这一天"), ("2026.13.1", "没有这一天"), ("1988.06", "只有年月"), ("88.6.1", "年份只有两位"),
    ("去年", "看不出是哪一天"), (1988, "看不出是哪一天"), (True, "看不出是哪一天"), (Formula("=A1"), "没有算出来的值"),
    (CellError("#REF!"), "公式错误"), ("0226-01-07", "年份"), (dt.time(8, 30), "看不出是哪一天"), ("#N/A", "公式错误"),
])  # fmt: skip
def test_a_day_that_is_not_sure_is_told(raw, words):
    assert words in said(DAY, raw)


@pytest.mark.parametrize(
    "raw",
    [
        1988.06,
        "1988.06",
        "1988-6",
        "1988年6月",
        "198806",
        198806,
        "1988年06月份",
        dt.date(1988, 6, 15),
        "1988.6.15",
    ],
)
def test_a_month_is_its_first_day(raw):
    assert MONTH.clean(raw) == dt.date(1988, 6, 1)


def test_a_month_typed_as_a_number_may_have_lost_its_zero():
    assert "1 月还是 10 月" in said(MONTH, 1988.1)
    assert MONTH.clean("1988.1") == dt.date(1988, 1, 1)
    assert MONTH.clean("1988.10") == dt.date(1988, 10, 1)
    assert "没有 13 月" in said(MONTH, "1988.13")


def test_codes_keep_zeros_and_lose_spaces_and_full_width():
    assert CODE.clean("０２０００１ ") == "020001"
    assert CODE.clean(20001.0) == "020001"
    assert CODE.clean("020 001") == "020001"
    assert said(CODE, "20001") == "少 1 位，应是 6 位"
    assert said(CODE, "0200011") == "多 1 位，应是 6 位"
    assert "日期" in said(CODE, dt.date(2026, 3, 5))


def test_an_identity_number_that_excel_rounded_is_refused_and_never_guessed():
    for raw in (3.49908197306138e17, 349908197306138000, 1e15, float("inf")):
        assert said(ID, raw) == "Excel 已把后几位变成 0，改成文本格式重填"
    assert ID.clean(" 34990719940718718x ") == "34990719940718718X"
    assert ID.clean("３４９９０９１９６２１００７９０８８") == "349909196210079088"


@pytest.mark.parametrize(
    "raw", [19900008761, 19900008761.0, "199-0000-8761", "+86 199 0000 8761", "１９９００００８７６１"]
)
def test_a_phone_is_eleven_digits_however_it_is_written(raw):
    assert PHONE.clean(raw) == "19900008761"


def test_a_short_phone_is_not_filled_up_with_zeros():
    assert said(PHONE, 1990000018) == "少 1 位，应是 11 位"


def test_a_masked_number_is_only_a_mark_for_later():
    assert isinstance(ID.clean("349901************"), Masked)
    assert isinstance(PHONE.clean("199****8761"), Masked)
    assert "少" in said(Column("code", "编号", "code", digits=6), "3****")


def test_names_lose_the_spaces_inside_and_texts_do_not():
    assert NAME.clean("王　强 ") == "王强"
    assert (
        Column("note", "备注").clean(" 身体　好（老毛病），Ａ４ \r\n 第二行 ")
        == "身体 好（老毛病），A4\n第二行"
    )
    assert said(NAME, "  ") == "没填，填上姓名"


def test_rare_characters_come_through():
    for name in ("卢㻞", "郑䶮", "𠮷野", "王\U00031350", "买买提·艾力"):
        assert NAME.clean(name) == name


def test_formulas_and_errors():
    note = Column("note", "备注")
    assert (
        note.clean(Formula('=HYPERLINK("http://example.invalid","点我")'))
        == '=HYPERLINK("http://example.invalid","点我")'
    )
    assert note.clean("=1+1") == "=1+1"
    assert "公式错误 #REF!" in said(note, CellError("#REF!"))
    assert "公式" in said(CODE, Formula("=A1"))


def test_words_to_choose_from():
    sex = Column("sex", "性别", "choice", choices=("男", "女"))
    assert sex.clean(" 男　") == "男"
    assert said(sex, "公") == "不认识“公”这个写法，从这些里选：男、女"
    assert KINDS.clean("大病、低保户，低保") == ("低保", "大病")
    assert KINDS.clean("无") == ()
    assert KINDS.clean(None) == ()
    with pytest.raises(BadCell) as bad:
        KINDS.clean("低宝、大病、优扶")
    assert [problem.what for problem in bad.value.problems] == [
        "不认识“低宝”这个写法",
        "不认识“优扶”这个写法",
    ]
    assert Column("phone", "有手机", "choice", choices=("是", "否")).clean(True) == "是"


def test_a_synonym_for_a_word_that_is_no_choice_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="no choice"):
        Column("sex", "性别", "choice", choices=("男",), choice_synonyms={"公": "雄"}).cleaner()


def test_choices_are_asked_once_for_each_file():
    asked = []
    column = Column("kind", "类别", "choice", choices=lambda: asked.append(1) or ("甲",))
    clean = column.cleaner()
    assert [clean("甲"), clean("甲")] == ["甲", "甲"]
    assert asked == [1]


def test_numbers():
    count = Column("size", "人口", "integer", least=0, most=30)
    assert [count.clean(raw) for raw in (3.0, "3", "３人", "3.0", " 3 ")] == [3] * 5
    assert "不能大于 30" in said(count, 31)
    assert "不能小于 0" in said(count, -1)
    assert "不是整数" in said(count, 3.5)
    assert "日期" in said(count, dt.date(1900, 1, 3))
    assert Column("area", "面积", "number").clean("1,234.5") == Decimal("1234.5")
    assert "不是数字" in said(Column("area", "面积", "number"), "很大")
    share = Column("share", "完成率", "percent")
    assert [share.clean(raw) for raw in ("95.3%", 0.953, "0.953", "９５．３％")] == [0.953] * 4
    assert "95.3%" in said(share, 95.3)


def test_moments():
    at = Column("at", "来电时间", "datetime")
    right = dt.datetime(2026, 10, 18, 8, 30)
    assert [
        at.clean(raw) for raw in ("2026-10-18 08:30", "2026年10月18日8时30分", right, "2026.10.18 8：30")
    ] == [right] * 4
    assert at.clean("2026-10-18") == dt.datetime(2026, 10, 18)
    assert at.clean(46313.354166666664) == right
    assert "时刻" in said(at, "2026-10-18 25:00")


def test_a_dash_is_nothing_but_in_free_text():
    assert PHONE.clean("/") is None
    assert DAY.clean("—") is None
    assert Column("note", "备注").clean("—") == "—"


def test_every_problem_of_a_cell_is_told():
    column = Column(
        "id_number",
        "身份证号",
        "code",
        longest=3,
        checks=(lambda value: ["末位不对，对照证件改"], lambda value: [("没到", "再看")]),
    )
    with pytest.raises(BadCell) as bad:
        column.clean("12345")
    assert [tuple(problem) for problem in bad.value.problems] == [
        ("太长，有 5 个字", "最多 3 个字"), ("末位不对", "对照证件改"), ("没到", "再看"),
    ]  # fmt: skip


def test_what_is_shown_of_a_sensitive_cell_is_only_its_start():
    assert ID.shown("349901194301052856") == "349901************"
    assert ID.shown(3.49908197306138e17) == "3.499E+17"
    assert PHONE.shown(19900008761) == "199000*****"
    assert NAME.shown(None) == "（空）"
    assert len(Column("note", "备注").shown("长" * 200)) == 60


anything = st.one_of(
    st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.times(),
    st.timedeltas(), st.text("0123456789.-/年月日 %*xX", max_size=22), st.text().map(Formula), st.text().map(CellError),
)  # fmt: skip
columns = st.sampled_from([
    DAY, MONTH, CODE, ID, PHONE, NAME, KINDS, Column("at", "时间", "datetime"), Column("n", "数", "integer"),
    Column("m", "数", "number"), Column("p", "率", "percent"), Column("t", "文"),
    Column("c", "选", "choice", choices=("甲", "乙")),
])  # fmt: skip


@given(columns, anything)
@example(MONTH, 1988.0)
@example(DAY, -0.0)
@example(Column("at", "时间", "datetime"), float("nan"))
def test_a_cell_is_cleaned_or_refused_and_nothing_else(column, raw):
    value, problems = None, ()
    try:
        value = column.clean(raw)
    except BadCell as bad:
        problems = bad.problems
        if not problems:
            raise
    assert all(problem.what for problem in problems)
    if isinstance(value, str) and not isinstance(value, Masked):
        assert value == value.strip() != ""


@given(columns, anything)
def test_cleaning_twice_changes_nothing(column, raw):
    try:
        once = column.clean(raw)
    except BadCell:
        return
    again = "、".join(once) if isinstance(once, tuple) else once
    if isinstance(once, Decimal):
        again = str(once)
    assert column.clean(again) == once


@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 1, 1)))
def test_any_day_in_any_spelling(day):
    spelt = (
        f"{day.year}-{day.month}-{day.day}",
        f"{day:%Y.%m.%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    )
    assert {DAY.clean(text) for text in spelt} == {day}


@given(st.text())
def test_tidying_and_compacting_are_settled_at_once(text):
    assert tidy(tidy(text)) == tidy(text)
    assert compact(compact(text)) == compact(text)
