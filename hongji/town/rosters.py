"""The demo town as workbooks, written the way villages send them, so that it comes in through the same door."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from hongji.town.people import TOWN, TOWN_CODE, VILLAGES, MadeHousehold, MadePerson, PeopleMaker

NUMERALS = "一二三四五六七八九十"
ASSISTANTS = ("党员骨干", "村民代表", "社会贤达")
CATEGORY_NAMES = {
    "petition": "信访户",
    "illness": "大病重病户",
    "lonely": "鳏寡孤独老人",
    "lowincome": "低保困难户",
    "veteran": "优抚对象",
}
GRID_HEADINGS = (
    "序号 村（社） 网格名称 网格编码 范围（村民组） 岗位 人员来源 姓名 性别 出生年月 政治面貌 "
    "会使用智能手机 联系电话 任职时间 党小组 备注"
).split()
PERSON_HEADINGS = (
    "序号 村民组 户编号 户主姓名 与户主关系 姓名 性别 民族 身份证号码 出生日期 联系电话 政治面貌 "
    "文化程度 家庭住址 对象类别 备注"
).split()


@dataclass(frozen=True)
class VillagePlan:
    """A village to be: its grids, each with the villager groups it is made of, and how many households."""

    name: str
    code: str
    grids: list[list[str]]
    households: int

    @property
    def groups(self) -> list[str]:
        return [group for grid in self.grids for group in grid]


def plan_villages(households: int) -> list[VillagePlan]:
    """The plan's eleven villages in its order; 金星村, which the manual walks through, is the fullest."""
    shares = {name: households * (22 if name == "金星村" else 8) // 102 for name in VILLAGES}
    shares["会馆村"] += households - sum(shares.values())
    found = []
    for index, name in enumerate(VILLAGES):
        count = 3 if name == "金星村" else 3 + index % 2
        groups = iter(f"{NUMERALS[i]}组" if i < 10 else f"十{NUMERALS[i - 10]}组" for i in range(count * 3))
        grids = [[next(groups) for _ in range(3)] for _ in range(count)]
        found.append(VillagePlan(name, f"{TOWN_CODE}{201 + index}", grids, shares[name]))
    return found


def write_grid_roster(path: Path, villages: list[VillagePlan], maker: PeopleMaker, since: dt.date) -> None:
    """`网格花名册（1+1+N）` of the whole town."""
    book = Workbook()
    sheet = book.active
    sheet.append([f"{TOWN}网格化服务管理人员花名册（1+1+N）"])
    sheet.append(GRID_HEADINGS)
    for number, row in enumerate(_grid_rows(villages, maker, since), 1):
        sheet.append([number, *row])
    book.save(path)


def _grid_rows(villages: list[VillagePlan], maker: PeopleMaker, since: dt.date) -> Iterator[list[str | None]]:
    phones = iter(maker.random.sample(range(10_000), 1000))
    for village in villages:
        for order, groups in enumerate(village.grids):
            name = f"{village.name[:-2] if village.name.endswith('社区') else village.name[:-1]}第{NUMERALS[order]}网格"
            place = [village.name, name, f"{village.code}{order + 1:03d}", "、".join(groups)]
            posts = [("网格长", "村社干部"), ("专职网格员", "村民组长")]
            posts += [("网格协管员", source) for source in ASSISTANTS[: 1 + maker.random.randrange(3)]]
            if order == 0:
                posts.append(("网格监督员", "村务监督委员会"))
            for duty, source in posts:
                sex = "M" if maker.random.random() < 0.7 else "F"
                yield [
                    *place,
                    duty,
                    source,
                    maker.name(sex),
                    "男" if sex == "M" else "女",
                    f"{maker.born(30, 56):%Y.%m}",
                    "中共党员" if source in ("村社干部", "党员骨干") else "群众",
                    "是",
                    f"1990000{next(phones):04d}",
                    f"{since:%Y.%m.%d}",
                    f"{name}党小组",
                    None,
                ]


def write_household_roster(
    path: Path, village: VillagePlan, made: list[MadeHousehold], as_of: dt.date
) -> None:
    """`居民花名册` of one village."""
    book = Workbook()
    sheet = book.active
    sheet.append([f"{TOWN}{village.name}居民花名册（{as_of:%Y}年{as_of.month}月）"])
    sheet.append(
        [f"填报单位：{village.name}", *[None] * 8, f"填报日期：{as_of.year}年{as_of.month}月{as_of.day}日"]
    )
    sheet.append(PERSON_HEADINGS)
    number = 0
    for household in made:
        for person in household.people:
            number += 1
            sheet.append(_person_row(number, household, person))
    book.save(path)


def _person_row(number: int, household: MadeHousehold, person: MadePerson) -> list[object]:
    return [
        number,
        household.group,
        household.number,
        household.head.name,
        person.relation,
        person.name,
        "男" if person.sex == "M" else "女",
        "汉族",
        person.id_number,
        person.born,
        person.phone or None,
        person.politics,
        person.education,
        household.address,
        "、".join(CATEGORY_NAMES[code] for code in person.categories) or None,
        None,
    ]
