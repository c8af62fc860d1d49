"""用工信息台账: its columns, in the order and with the other headings that villages use (ledgers.md)."""

from core.idnumber import phone_fault
from core.ledger import Column
from jobs.models import Employer, Trade, Vacancy
from jobs.models.words import HOURS
from jobs.wages import Wage, read_wage


def _phone(number: str) -> list[str]:
    fault = phone_fault(number)
    return [fault] if fault else []


def _wage(text: str) -> list[tuple[str, str]]:
    found = read_wage(text)
    return [] if isinstance(found, Wage) else [(found.what, found.how)]


def titles(pairs: object) -> tuple[str, ...]:
    return tuple(dict(pairs).values())  # type: ignore[call-overload]


COLUMNS = (
    Column("position", "序号", "integer", width=4.5, imported=False),
    Column(
        "employer",
        "单位名称",
        left=True,
        width=13,
        required=True,
        longest=60,
        synonyms=("用工单位", "企业名称", "单位"),
    ),
    Column(
        "industry",
        "行业",
        "choice",
        width=7,
        choices=titles(Employer.INDUSTRIES),
        choice_synonyms={
            "种植": "农业",
            "养殖": "农业",
            "农林牧渔": "农业",
            "制造业": "工厂",
            "制造": "工厂",
            "工业": "工厂",
            "建筑业": "建筑",
            "批发零售": "商店",
            "零售": "商店",
            "超市": "商店",
            "餐饮业": "餐饮",
            "饭店": "餐饮",
            "物流": "运输",
            "交通运输": "运输",
            "家政": "家政、养老",
            "养老": "家政、养老",
            "其他": "别的",
            "其它": "别的",
        },
        synonyms=("所属行业", "行业类别"),
    ),
    Column(
        "title",
        "岗位",
        left=True,
        width=10,
        required=True,
        longest=40,
        synonyms=("岗位名称", "招聘岗位", "职位"),
    ),
    Column(
        "trade",
        "工种",
        "choice",
        width=9,
        required=True,
        choices=Trade.objects.names,
        choice_synonyms=Trade.objects.spellings,
        synonyms=("职业", "岗位工种"),
    ),
    Column(
        "number",
        "人数",
        "integer",
        width=5,
        required=True,
        least=1,
        most=2000,
        synonyms=("招聘人数", "需求人数", "用工人数"),
    ),
    Column(
        "kind",
        "类型",
        "choice",
        width=7,
        choices=titles(Vacancy.KINDS),
        choice_synonyms={
            "长期工": "全职",
            "长期": "全职",
            "短期工": "临时工",
            "短期": "临时工",
            "临时": "临时工",
            "零工": "临时工",
        },
        synonyms=("用工类型", "岗位类型"),
    ),
    Column("hours", "时间", "choice", width=8, choices=titles(HOURS), synonyms=("工作时间",)),
    Column(
        "starts_on",
        "到岗时间",
        "date",
        width=10,
        blanks=("随时", "随时到岗", "/", "-", "—"),
        synonyms=("到岗日期", "用工时间"),
    ),
    Column(
        "wage",
        "薪资",
        left=True,
        width=11,
        required=True,
        longest=40,
        checks=(_wage,),
        synonyms=("工资", "薪酬", "薪资待遇", "工资待遇", "月薪"),
    ),
    Column(
        "needs",
        "要求",
        left=True,
        width=12,
        longest=200,
        synonyms=("岗位要求", "招聘要求", "任职要求", "用工要求"),
    ),
    Column("age_low", "最小年龄", "integer", width=5, synonyms=("年龄下限",)),
    Column("age_high", "最大年龄", "integer", width=5, synonyms=("年龄上限",)),
    Column("ground", "限年龄的依据", "choice", width=10, left=True, choices=titles(Vacancy.GROUNDS)),
    Column(
        "place",
        "地点",
        left=True,
        width=10,
        required=True,
        longest=60,
        synonyms=("工作地点", "上班地点", "用工地点"),
    ),
    Column("contact", "联系人", squeeze=True, width=7, longest=40, synonyms=("负责人",)),
    Column(
        "phone",
        "电话",
        "code",
        width=11,
        mask="phone",
        checks=(_phone,),
        synonyms=("联系电话", "联系方式", "手机号"),
    ),
    Column(
        "until",
        "有效期",
        "date",
        width=10,
        required=True,
        synonyms=("有效期至", "截止日期", "招聘截止", "截止时间"),
    ),
    Column("sent", "推荐人次", "integer", width=5, imported=False),
    Column("begun", "到岗人数", "integer", width=5, imported=False),
    Column("state", "情况", width=7, imported=False),
)
