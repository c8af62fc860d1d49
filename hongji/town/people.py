"""Made-up people, the same for the same seed: names, families, and numbers that no real person can have.

Identity numbers carry the unassigned area code 3499, phones begin with 1990000.
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from core import idnumber

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程苏魏吕丁任沈"
)
MALE = (
    "建国 志强 永福 大勇 福生 光辉 家富 德胜 学军 长根 明亮 宏伟 俊杰 浩然 宇航 子轩 文斌 少华 正义 春来 㻞"
).split()
FEMALE = (
    "秀英 桂兰 玉珍 淑芬 凤霞 丽萍 小红 晓芳 翠花 巧云 兰芝 爱华 金凤 春燕 雅婷 美玲 慧敏 思涵 子涵 欣怡 䶮"
).split()
EDUCATION = ("文盲", "小学", "小学", "初中", "初中", "初中", "高中", "大专", "本科")
# In the order of the plan.
VILLAGES = "大桥村 六口塘村 牌坊店村 会馆村 双墩村 金星村 刘仓房村 桥集村 东岳村 唐畈村 洪集社区".split()
TOWN, TOWN_CODE = "洪集镇", "341504999"
FIVE = ("petition", "illness", "lonely", "lowincome", "veteran")


@dataclass
class MadePerson:
    name: str
    sex: str
    born: dt.date
    relation: str
    id_number: str
    phone: str
    politics: str
    education: str
    categories: list[str] = field(default_factory=list)


@dataclass
class MadeHousehold:
    number: str
    group: str
    address: str
    people: list[MadePerson]

    @property
    def head(self) -> MadePerson:
        return self.people[0]


class PeopleMaker:
    """A stream of people that never repeats an identity number; `areas` are the last two digits of the area code."""

    def __init__(self, seed: int, today: dt.date, areas: range = range(1, 10)) -> None:
        self.random, self.today, self.areas = random.Random(seed), today, areas
        self._numbers: set[str] = set()

    def name(self, sex: str, surname: str = "") -> str:
        return (surname or self.random.choice(SURNAMES)) + self.random.choice(MALE if sex == "M" else FEMALE)

    def phone(self) -> str:
        return f"1990000{self.random.randrange(10000):04d}"

    def id_number(self, born: dt.date, sex: str) -> str:
        while True:
            order = self.random.randrange(0, 1000, 2) + (sex == "M")
            first17 = f"3499{self.random.choice(self.areas):02d}{born:%Y%m%d}{order:03d}"
            if first17 not in self._numbers:
                self._numbers.add(first17)
                return first17 + idnumber.check_digit(first17)

    def born(self, youngest: int, oldest: int) -> dt.date:
        return self.today - dt.timedelta(days=self.random.randrange(youngest * 366, oldest * 365))

    def person(self, relation: str, sex: str, born: dt.date, surname: str = "") -> MadePerson:
        age = (self.today - born).days // 365
        return MadePerson(
            name=self.name(sex, surname),
            sex=sex,
            born=born,
            relation=relation,
            id_number=self.id_number(born, sex),
            phone=self.phone() if age >= 14 and self.random.random() < 0.6 else "",
            politics="中共党员" if age >= 22 and self.random.random() < 0.1 else "群众",
            education=self.random.choice(EDUCATION) if age >= 16 else "小学",
        )

    def family(self) -> list[MadePerson]:
        """A head, and who lives with him or her: one to six people."""
        draw = self.random
        sex = "M" if draw.random() < 0.75 else "F"
        head = self.person("户主", sex, self.born(28, 88))
        head.phone = head.phone or self.phone()
        people = [head]
        if draw.random() < 0.75:
            other = "F" if sex == "M" else "M"
            people.append(
                self.person("配偶", other, head.born + dt.timedelta(days=draw.randrange(-1800, 1800)))
            )
        age = (self.today - head.born).days // 365
        for _ in range(draw.choice((0, 0, 1, 1, 1, 2, 2, 3)) if age > 24 else 0):
            child_sex = draw.choice("MF")
            born = head.born + dt.timedelta(days=draw.randrange(20 * 366, 27 * 366))
            if born < self.today:
                relation = "长子" if child_sex == "M" else "长女"
                people.append(self.person(relation, child_sex, born, head.name[0]))
        if len(people) > 2 and age > 52 and draw.random() < 0.3:
            grand = draw.choice("MF")
            people.append(
                self.person("孙子" if grand == "M" else "孙女", grand, self.born(1, 14), head.name[0])
            )
        return people

    def household(self, number: str, group: str, listed: float = 0.022) -> MadeHousehold:
        """One household; `listed` is the chance of each of the five categories (about a tenth of all by default)."""
        people = self.family()
        for code in FIVE:
            if self.random.random() < listed:
                people[0].categories.append(code)
        return MadeHousehold(number, group, f"{group}{self.random.randrange(1, 60)}号", people)

    def households(
        self, groups: list[str], count: int, prefix: str, listed: float = 0.022
    ) -> Iterator[MadeHousehold]:
        """`count` households spread over the groups in order, numbered `prefix` + four digits."""
        for index in range(count):
            yield self.household(f"{prefix}{index + 1:04d}", groups[index * len(groups) // count], listed)
