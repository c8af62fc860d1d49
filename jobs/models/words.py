"""The town's own lists: trades, skills, how far villages lie apart, and the numbers the office may set."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from core.models import TownRule, within
from grids.models import Territory

SEES_LABOUR, NOTES_LABOUR, SEES, MANAGES = "labour.see", "labour.note", "jobs.see", "jobs.manage"
KEEPS = "centres.keep"

# What a body cannot do, and what a job asks of one: the same words on both sides, so that they can be compared.
LIMITS = (
    ("stand", "不能久站"),
    ("lift", "不能搬重物"),
    ("height", "不能登高"),
    ("dust", "怕粉尘、气味"),
    ("eyes", "眼神不好"),
    ("night", "不能上夜班"),
)
DEMANDS = (
    ("stand", "要久站"),
    ("lift", "要搬重物"),
    ("height", "要登高"),
    ("dust", "有粉尘、气味"),
    ("eyes", "要眼神好"),
    ("night", "要上夜班"),
)
HOURS = (("full", "全天"), ("half", "半天"), ("season", "农闲、短工"))
AGE_LEAST = 16  # nobody younger may be hired (劳动法 §15)
LIMIT_CODES = frozenset(code for code, _ in LIMITS)


def check_limits(value: object) -> None:
    """ValidationError unless it is a list of codes of LIMITS, each once."""
    good = isinstance(value, list) and len(value) == len(set(map(str, value))) and set(value) <= LIMIT_CODES
    if not good:
        raise ValidationError("选页面上列的几样。")


class TownWordQuerySet(models.QuerySet):
    def offered(self) -> Self:
        return self.filter(offered=True)

    def names(self) -> list[str]:
        return list(self.values_list("name", flat=True))

    def spellings(self) -> dict[str, str]:
        """Every other way in which a word of the list is written → its name; a name itself means itself."""
        rows = list(self)
        names = {row.name for row in rows}
        found: dict[str, str] = {}
        for row in rows:
            for spelling in row.spellings[1:]:
                if spelling not in names:
                    found.setdefault(spelling, row.name)
        return found

    def words(self) -> dict[str, str]:
        """The same with the names themselves."""
        return {name: name for name in self.names()} | self.spellings()


class TownWord(models.Model):
    """One word of a list that the town keeps; an old one is no longer offered, and what carries it keeps it."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "the town's own list, the same for every village"

    name = models.CharField("名称", max_length=20, unique=True, error_messages={"unique": "已有这一项。"})
    synonyms = models.CharField(
        "别的叫法", max_length=200, blank=True, help_text="表里会出现的写法，用顿号隔开，如：瓦工、泥水匠"
    )
    position = models.PositiveSmallIntegerField("顺序", default=100)
    offered = models.BooleanField("还在用", default=True)

    objects = TownWordQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def spellings(self) -> list[str]:
        """All the ways it is written: its name first."""
        return [self.name, *(each.strip() for each in self.synonyms.split("、") if each.strip())]


class Trade(TownWord):
    """工种: what kind of work somebody looks for, or a job is."""

    class Meta(TownWord.Meta):
        verbose_name = verbose_name_plural = "工种"


class Skill(TownWord):
    """技能: what somebody can do or has a certificate for, what a job asks for, what a course teaches."""

    trade = models.ForeignKey(
        Trade, models.PROTECT, null=True, blank=True, related_name="skills", verbose_name="属于哪个工种"
    )

    class Meta(TownWord.Meta):
        verbose_name = verbose_name_plural = "技能"


class Road(models.Model):
    """How many kilometres two villages lie apart, one row for a pair (the smaller key first)."""

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "between two villages; says nothing of anybody"

    one = models.ForeignKey(Territory, models.CASCADE, related_name="+", verbose_name="一个村")
    other = models.ForeignKey(Territory, models.CASCADE, related_name="+", verbose_name="另一个村")
    km = models.PositiveSmallIntegerField("几公里", validators=within(0, 200, "填 0 到 200 公里。"))

    objects = models.Manager()

    class Meta:
        verbose_name = verbose_name_plural = "村和村的路程"
        constraints = [
            models.UniqueConstraint(
                fields=["one", "other"], name="jobs_road_once", violation_error_message="这两个村已经填过了。"
            ),
            models.CheckConstraint(
                condition=Q(one__lt=F("other")),
                name="jobs_road_order",
                violation_error_message="选两个不同的村，先选排在前面的那个。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one} 到 {self.other} {self.km} 公里"


class JobsRule(TownRule):
    """What the town sets for employment: ages that count as 劳动力, and when people are asked again.

    Sources: 16 years, 劳动法 §15 (no setting: AGE_LEAST); retirement, 渐进式延迟法定退休年龄的决定 2024, by which the
    town raises it year by year; three months, domain.md "Jobs"; public-welfare posts, 人社部发〔2019〕124号 (three
    years at most); the rest is ours.
    """

    age_men = models.PositiveSmallIntegerField(
        "男的算到几岁", default=60, validators=within(50, 75, "填 50 到 75 岁。")
    )
    age_women = models.PositiveSmallIntegerField(
        "女的算到几岁", default=55, validators=within(50, 75, "填 50 到 75 岁。")
    )
    ask_after = models.PositiveSmallIntegerField(
        "到岗几个月后回访", default=3, validators=within(1, 12, "填 1 到 12 个月。")
    )
    stale_after = models.PositiveSmallIntegerField(
        "几个月没问过就再问", default=6, validators=within(1, 24, "填 1 到 24 个月。")
    )
    days_a_month = models.PositiveSmallIntegerField(
        "日工资按几天折成月工资", default=26, validators=within(20, 31, "填 20 到 31 天。")
    )
    welfare_months = models.PositiveSmallIntegerField(
        "公益性岗位一人最多几个月", default=36, validators=within(1, 60, "填 1 到 60 个月。")
    )

    class Meta(TownRule.Meta):
        verbose_name = verbose_name_plural = "就业规则"

    def __str__(self) -> str:
        return f"{self.since} 起"


__all__ = [
    "AGE_LEAST",
    "DEMANDS",
    "HOURS",
    "LIMITS",
    "MANAGES",
    "NOTES_LABOUR",
    "SEES",
    "SEES_LABOUR",
    "JobsRule",
    "Road",
    "Skill",
    "Trade",
    "check_limits",
]
