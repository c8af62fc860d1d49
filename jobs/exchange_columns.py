"""六安市就业创业平台: the fields of the three sheets for it, under the names that we give them by default."""

from core.ledger import Column
from core.ledger.laid import LaidSheet, Need, register_sheet

SEEKERS, EMPLOYERS, VACANCIES = "jobs-seekers", "jobs-employers", "jobs-vacancies"
KINDS = (SEEKERS, EMPLOYERS, VACANCIES)
TITLES = {SEEKERS: "就业平台：求职人员", EMPLOYERS: "就业平台：单位", VACANCIES: "就业平台：岗位"}

_VILLAGE = Column("village", "村（社区）", imported=False, synonyms=("所属村", "村居", "行政村", "户籍地"))
_EMPLOYER = Column("employer", "单位名称", left=True, longest=60, synonyms=("用工单位", "企业名称", "单位"))
_PHONE = Column("phone", "联系电话", "code", mask="phone", synonyms=("电话", "手机号", "手机号码"))
_CONTACT = Column("contact", "联系人", squeeze=True, longest=40)

FIELDS: dict[str, tuple[Column, ...]] = {
    SEEKERS: (
        _VILLAGE,
        Column("name", "姓名", squeeze=True, longest=40, synonyms=("求职人", "求职人员", "人员姓名")),
        Column("id_number", "身份证号", "code", mask="id", synonyms=("身份证号码", "证件号码", "公民身份号码")),
        Column("sex", "性别", imported=False),
        Column("age", "年龄", "integer", imported=False),
        Column("phone", "联系电话", "code", mask="phone", imported=False, synonyms=("电话", "手机号", "手机号码")),
        Column("education", "文化程度", imported=False, synonyms=("学历",)),
        Column("status", "就业状态", longest=20, synonyms=("就业情况",)),
        Column("trades", "求职工种", left=True, longest=200, synonyms=("求职意愿工种", "意向工种", "意向岗位")),
        Column("wage", "期望工资", "integer", synonyms=("期望月薪", "期望薪资", "期望工资（元/月）")),
        Column("skills", "技能特长", left=True, longest=200, synonyms=("技能", "特长")),
        Column("distance", "最远去哪里", imported=False),
        Column("learns", "培训意愿", imported=False),
        Column("since", "登记日期", "date", imported=False),
        Column("address", "住址", left=True, imported=False, synonyms=("家庭住址",)),
        Column("health", "健康状况", imported=False),
    ),
    EMPLOYERS: (
        _EMPLOYER,
        Column("credit_code", "统一社会信用代码", "code", width=20, longest=30, synonyms=("信用代码", "社会信用代码")),
        Column("industry", "行业", longest=20, synonyms=("所属行业",)),
        _CONTACT,
        _PHONE,
        Column("address", "地址", left=True, longest=100, synonyms=("单位地址", "详细地址")),
        Column("village", "归哪里管", imported=False),
        Column("number", "在招人数", "integer", imported=False),
    ),
    VACANCIES: (
        _EMPLOYER,
        Column("title", "岗位名称", left=True, longest=40, synonyms=("岗位", "职位", "招聘岗位")),
        Column("trade", "工种", longest=20, synonyms=("职业", "职业工种")),
        Column("kind", "岗位类型", longest=20, synonyms=("类型", "用工类型")),
        Column("number", "招聘人数", "integer", synonyms=("人数", "需求人数")),
        Column("wage", "工资", left=True, width=14, longest=40, synonyms=("薪资", "月薪", "薪酬待遇", "工资待遇")),
        Column("place", "工作地点", left=True, longest=60, synonyms=("地点", "上班地点")),
        Column("needs", "要求", left=True, longest=200, imported=False, synonyms=("岗位要求",)),
        Column("starts_on", "到岗时间", "date", imported=False),
        Column("until", "有效期至", "date", synonyms=("截止日期", "有效期", "招聘截止时间")),
        Column("contact", "联系人", squeeze=True, imported=False),
        Column("phone", "联系电话", "code", mask="phone", imported=False, synonyms=("电话",)),
    ),
}  # fmt: skip
# What the platform need not have of a person we do not give by default.
LEFT_OUT = {SEEKERS: ("address", "health"), EMPLOYERS: (), VACANCIES: ()}

UNKNOWN = (
    "六安市就业创业平台的真实列序我们不知道。列名和先后是我们先排的，第一次用以前，请照平台的模板核对、改好。"
)
NEEDS = {
    SEEKERS: (Need(("name", "id_number"), "姓名、身份证号至少要一列，不然不知道是谁。"),),
    EMPLOYERS: (Need(("employer",), "单位名称那一列不能不要，对账靠它。"),),
    VACANCIES: (
        Need(("employer",), "单位名称那一列不能不要，不然不知道是谁家的岗位。"),
        Need(("title",), "岗位名称那一列不能不要，对账靠它。"),
    ),
}

for _kind in KINDS:
    register_sheet(LaidSheet(_kind, TITLES[_kind], FIELDS[_kind], UNKNOWN, NEEDS[_kind], LEFT_OUT[_kind]))
