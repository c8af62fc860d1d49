"""和美积分: the fields of the three sheets for the city's platform, under the names that we give them by default."""

from core.ledger import Column
from core.ledger.laid import LaidSheet, Need, register_sheet

AWARDS, REDEMPTIONS, BALANCES = "city-awards", "city-redemptions", "city-balances"
KINDS = (AWARDS, REDEMPTIONS, BALANCES)
TITLES = {AWARDS: "和美积分：入账", REDEMPTIONS: "和美积分：兑换", BALANCES: "和美积分：结余"}

_MONTH = Column("month", "月份", "month", synonyms=("年月", "所属月份", "统计月份"))
_HOME = (
    Column("village", "村（社区）", imported=False, synonyms=("所属村", "村居", "行政村")),
    Column("group", "村民组", imported=False, squeeze=True, synonyms=("组", "组别", "所在组")),
    Column("number", "户编号", "code", longest=20, synonyms=("户号", "家庭编号")),
    Column("head", "户主", squeeze=True, longest=40, synonyms=("户主姓名", "姓名", "家庭户主")),
    Column(
        "phone", "联系电话", "code", mask="phone", imported=False, synonyms=("电话", "手机号", "手机号码")
    ),
    Column("address", "住址", left=True, imported=False, synonyms=("家庭住址", "家庭地址")),
    Column(
        "id_number", "身份证号", "code", mask="id", imported=False, synonyms=("户主身份证号", "身份证号码")
    ),
)
_DAY = {"kind": "date", "synonyms": ("日期", "时间", "发生日期")}

FIELDS: dict[str, tuple[Column, ...]] = {
    AWARDS: (
        _MONTH,
        *_HOME,
        Column("code", "编号", "code", imported=False, synonyms=("单号", "登记编号")),
        Column("item", "积分项目", left=True, imported=False, synonyms=("项目", "积分事项", "积分内容")),
        Column("words", "事由", left=True, imported=False, synonyms=("说明", "具体事由")),
        Column("done_on", "哪天做的", "date", imported=False),
        Column("day", "入账日期", **_DAY),  # type: ignore[arg-type]
        Column("points", "积分", "integer", required=True, synonyms=("分值", "得分", "核定分")),
    ),
    REDEMPTIONS: (
        _MONTH,
        *_HOME,
        Column("code", "兑换码", "code", imported=False, synonyms=("单号", "兑换单号")),
        Column("goods", "兑换物资", left=True, imported=False, synonyms=("物资", "货品", "兑换物品")),
        Column("shop", "商店", left=True, imported=False, synonyms=("兑换点", "超市")),
        Column("day", "兑换日期", **_DAY),  # type: ignore[arg-type]
        Column("points", "消耗积分", "integer", required=True, synonyms=("积分", "分值", "兑换积分")),
    ),
    BALANCES: (
        _MONTH,
        *_HOME,
        Column("got", "本月收进", "integer", width=7, imported=False),
        Column("gone", "本月支出", "integer", width=7, imported=False),
        Column("points", "月底结余", "integer", width=7, required=True, synonyms=("结余", "余额", "积分余额", "积分")),
    ),
}  # fmt: skip
# What the platform would need of a person is its business; what it need not have we do not give by default.
LEFT_OUT = ("id_number", "address")

UNKNOWN = (
    "本市“和美积分”平台的真实列序我们不知道。列名和先后是我们先排的，第一次用以前，请照平台的模板核对、改好。"
)
_POINTS = Need(("points",), "分值那一列不能不要，对账靠它。")
_WHOSE = Need(("number", "head"), "户编号、户主至少要一列，不然不知道是哪一户。")
_WHEN = "月份（或者日期）要有一列，不然不知道是哪个月。"

for _kind in KINDS:
    _when = Need(("month",) if _kind == BALANCES else ("month", "day"), _WHEN)
    register_sheet(
        LaidSheet(_kind, TITLES[_kind], FIELDS[_kind], UNKNOWN, (_POINTS, _WHOSE, _when), LEFT_OUT)
    )
