"""Households, the people in them, and every dated fact about either."""

import datetime as dt
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connections, models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Greatest, Least
from simple_history.models import HistoricalRecords

from core import clock, idnumber
from core.fields import Sealed, SealedField
from core.models import Dated, DatedQuerySet, WithPhone, id_number_hash
from core.periods import Month
from core.scope import ScopedQuerySet
from grids.models.posts import SEXES
from grids.models.territory import Territory, VillagerGroup

LAST_CHARACTER = "\U0010ffff"
HEAD = "户主"
NEVER = dt.date(9999, 12, 31)


class HouseholdQuerySet(ScopedQuerySet):
    def present(self) -> Self:
        """Households of the register today: not moved away, not dissolved."""
        return self.filter(ended_on__isnull=True)

    def in_order(self) -> Self:
        """Villager group by villager group, then by house number: the way a grid is walked."""
        return self.order_by("group__position", "group_id", "number")

    def away_on(self, day: dt.date) -> Self:
        """Households of which everybody is away for work on that day."""
        return self.filter(
            Exists(Absence.objects.on(day).filter(household=OuterRef("pk"), person__isnull=True))
        )


class Household(WithPhone):
    """户. `territory` is the grid it lies in today; Placement says where it lay when. The head's name serves lists."""

    TERRITORY = "territory"

    number = models.CharField(
        "户编号", max_length=20, validators=[RegexValidator(r"^[0-9A-Za-z-]+$", "户编号只用数字和字母。")]
    )
    village = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="households", verbose_name="网格")
    group = models.ForeignKey(VillagerGroup, models.PROTECT, related_name="households", verbose_name="村民组")
    head_name = models.CharField("户主", max_length=40)
    address = models.CharField("住址", max_length=100, blank=True)
    size = models.PositiveSmallIntegerField("家庭人口", default=0, editable=False)
    since = models.DateField("从哪天起")
    ended_on = models.DateField("哪天销户", null=True, blank=True, editable=False)
    note = models.CharField("备注", max_length=200, blank=True)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "户"
        indexes = [
            models.Index(fields=["territory", "group", "number"], name="grids_household_walk"),
            models.Index(fields=["number"], opclasses=["text_pattern_ops"], name="grids_household_find"),
            models.Index(fields=["village", "id"], name="grids_household_page"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["village", "number"],
                name="grids_household_number",
                violation_error_message="村里已有这个户编号。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.head_name} 家"


class PersonQuerySet(ScopedQuerySet):
    def present(self) -> Self:
        return self.filter(left_on__isnull=True)

    def beginning(self, field: str, text: str) -> Self:
        """Whose `field` begins with `text`. SQLite does not use an index for LIKE; a range it does."""
        if connections[self.db].vendor == "sqlite":
            return self.filter(**{f"{field}__gte": text, f"{field}__lt": text + LAST_CHARACTER})
        return self.filter(**{f"{field}__startswith": text})

    def with_id_number(self, number: str) -> Self:
        """Who carries this full identity number, found by its keyed hash."""
        return self.filter(id_number_hash=id_number_hash(idnumber.normalise(number)))

    def heads(self) -> Self:
        return self.filter(relation=HEAD)


class Person(WithPhone):
    """人. In one household at a time (Membership says since when); the identity number is sealed, hashed and masked."""

    TERRITORY = "household__territory"

    household = models.ForeignKey(Household, models.PROTECT, related_name="people", verbose_name="户")
    relation = models.CharField("与户主关系", max_length=20)
    name = models.CharField("姓名", max_length=40)
    pinyin = models.CharField("全拼", max_length=120, blank=True, editable=False)
    initials = models.CharField("首字母", max_length=40, blank=True, editable=False)
    sex = models.CharField("性别", max_length=1, choices=SEXES, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    id_number = SealedField("身份证号", context="person.id_number")
    id_number_hash = models.CharField("身份证号检索", max_length=32, blank=True, editable=False)
    id_number_mask = models.CharField("身份证号", max_length=18, blank=True, editable=False)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    politics = models.CharField("政治面貌", max_length=20, blank=True)
    education = models.CharField("文化程度", max_length=20, blank=True)
    left_on = models.DateField("哪天离开", null=True, blank=True, editable=False)
    left_why = models.CharField(
        "为什么离开", max_length=10, blank=True, choices=(("moved", "迁出"), ("died", "去世")), editable=False
    )
    note = models.CharField("备注", max_length=200, blank=True)

    history = HistoricalRecords(verbose_name="修改记录")
    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "居民"
        indexes = [
            models.Index(fields=["household", "id"], name="grids_person_household"),
            models.Index(fields=["name"], opclasses=["text_pattern_ops"], name="grids_person_name"),
            models.Index(fields=["pinyin"], opclasses=["text_pattern_ops"], name="grids_person_pinyin"),
            models.Index(fields=["initials"], opclasses=["text_pattern_ops"], name="grids_person_initials"),
            # Also of who has left: the constraint's own index knows only who is present.
            models.Index(fields=["id_number_hash"], name="grids_person_number"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["id_number_hash"],
                condition=Q(left_on__isnull=True) & ~Q(id_number_hash=""),
                name="grids_person_id_number",
                violation_error_message="这个身份证号已在册。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def selves(persons: Any) -> dict[int, str]:
        """All rows of the register (keys) that are one of these persons (keys), each with who it is: the same for all
        rows under one identity number, for who moved to another village is written down there anew. Two queries."""
        rows = Person.objects.filter(pk__in=persons).values_list("pk", "id_number_hash")
        who = {pk: mark or f"{pk}" for pk, mark in rows}
        return who | dict(
            Person.objects.filter(id_number_hash__in=set(who.values())).values_list("pk", "id_number_hash")
        )

    @staticmethod
    def of_user(user: object) -> set[int]:
        """All rows (keys) of somebody with an account: his post was matched to a person of the register."""
        return set(Person.selves(Person.objects.filter(officer__user=user).values("pk")))

    def set_id_number(self, text: str) -> None:
        """Store an identity number that idnumber.faults() found good; empty text removes it."""
        number = idnumber.normalise(text or "")
        self.id_number = Sealed.of(number, "person.id_number") if number else None
        self.id_number_hash = id_number_hash(number) if number else ""
        self.id_number_mask = idnumber.mask(number) if number else ""


class Placement(Dated):
    """In which grid a household lay, and when."""

    TERRITORY = "territory"

    household = models.ForeignKey(Household, models.CASCADE, related_name="placements", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    group = models.ForeignKey(VillagerGroup, models.PROTECT, related_name="+", verbose_name="村民组")

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "户所在网格"
        # Who lay elsewhere on a day that is over: few ever moved, and only they are in it.
        indexes = [
            models.Index(fields=["until"], condition=Q(until__isnull=False), name="grids_placement_ended")
        ]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["household"], condition=Q(until__isnull=True), name="grids_household_one_place"
            ),
        ]


class Membership(Dated):
    """In which household a person lived, as what, and when."""

    TERRITORY = "household__territory"

    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships", verbose_name="人")
    household = models.ForeignKey(Household, models.PROTECT, related_name="memberships", verbose_name="户")
    relation = models.CharField("与户主关系", max_length=20)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "人在哪户"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["person"], condition=Q(until__isnull=True), name="grids_person_one_household"
            ),
        ]

    @staticmethod
    def near(persons: Any) -> set[int]:
        """Everybody (keys) who lives or ever lived in a household with one of these persons (keys), they themselves
        too; whoever is written down in several villages, under each of his rows. Four queries."""
        homes = Membership.objects.filter(person__in=Person.selves(persons)).values("household")
        return set(Person.selves(Membership.objects.filter(household__in=homes).values("person")))


class CategoryKindQuerySet(ScopedQuerySet):
    def visited_on(self, day: dt.date) -> Self:
        """Kinds whose households must be visited every month on that day."""
        begun = self.filter(visited_since__lte=day)
        return begun.filter(Q(visited_until__isnull=True) | Q(visited_until__gte=day))


class CategoryKind(models.Model):
    """A kind of household that is visited or listed: the plan's five (五必访) and those the town adds.

    Whether its households are visited every month is dated: what was owed in months that are over never changes.
    """

    TERRITORY = None
    TERRITORY_NONE_BECAUSE = "the town's own list, the same for every village"

    code = models.SlugField("代号", max_length=20, unique=True)
    name = models.CharField("名称", max_length=20, unique=True)
    short = models.CharField("简称", max_length=6)
    synonyms = models.CharField(
        "别的叫法", max_length=200, blank=True, help_text="花名册里会出现的写法，用顿号隔开，如：重病、大病户"
    )
    visited_since = models.DateField(
        "从哪天起每月必访",
        null=True,
        blank=True,
        help_text="每月至少走访一次的填；不用每月走访的空着。不能早于本月 1 日",
    )
    visited_until = models.DateField(
        "每月必访到哪天为止",
        null=True,
        blank=True,
        help_text="还要每月走访的空着。不能早于上月最后一天",
    )
    position = models.PositiveSmallIntegerField("顺序", default=100)

    objects = CategoryKindQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "对象类别"
        ordering = ("position", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(visited_until__isnull=True)
                | Q(visited_since__isnull=False, visited_until__gte=F("visited_since")),
                name="grids_categorykind_visited",
                violation_error_message="截止日期要有开始日期，也不能比它早，改过来。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A change reaches into no month that is over; what has stopped may start again from this month on."""
        stored = CategoryKind.objects.filter(pk=self.pk).first() or CategoryKind()
        first = Month.of(clock.today()).first
        before = first - dt.timedelta(days=1)
        was, until = stored.visited_since, stored.visited_until
        stopped = until is not None and until < before
        again = self.visited_since != was
        if again and was is not None and was < first and not stopped:
            said = f"从 {was} 起已经每月必访，以前的月份不能改。不再每月走访的，填到哪天为止。"
            raise ValidationError({"visited_since": said})
        if again and self.visited_since is not None and self.visited_since < first:
            raise ValidationError({"visited_since": f"以前的月份不能改，最早填 {first}。"})
        if self.visited_until == until:
            return
        if stopped and not again:
            said = f"{until} 已经停了，以前的月份不能改。再要每月走访，从哪天起改填 {first} 或以后。"
            raise ValidationError({"visited_until": said})
        if self.visited_until is not None and self.visited_until < before:
            raise ValidationError({"visited_until": f"以前的月份不能改，最早填 {before}。"})


class CategoryQuerySet(DatedQuerySet):
    """The one place that says which categories make a monthly visit owed: the record and its kind must both hold."""

    def visited(self) -> Self:
        """Categories that are visited monthly at some time, with the first and last day: visited_from, visited_to."""
        never = Value(NEVER, output_field=models.DateField())
        found = self.filter(kind__visited_since__isnull=False).annotate(
            visited_from=Greatest("since", "kind__visited_since"),
            visited_to=Least(Coalesce("until", never), Coalesce("kind__visited_until", never)),
        )
        return found.filter(visited_from__lte=F("visited_to"))

    def visited_in(self, first: dt.date, last: dt.date) -> Self:
        """Categories that are visited monthly on at least one of these days."""
        return self.visited().filter(visited_from__lte=last, visited_to__gte=first)

    def visited_on(self, day: dt.date) -> Self:
        return self.visited_in(day, day)

    def names_by_household(self) -> dict[int, list[str]]:
        """Key of a household → the names of its kinds among these, each once, in the town's order. One query."""
        found: dict[int, list[str]] = {}
        for home, name in self.order_by("kind__position").values_list("household", "kind__name"):
            if name not in found.setdefault(home, []):
                found[home].append(name)
        return found


class Category(Dated):
    """That a person, and so the household, is of a kind from one day to another (认定时间 is `since`)."""

    TERRITORY = "household__territory"

    household = models.ForeignKey(Household, models.PROTECT, related_name="categories", verbose_name="户")
    person = models.ForeignKey(Person, models.PROTECT, related_name="categories", verbose_name="人")
    kind = models.ForeignKey(CategoryKind, models.PROTECT, related_name="+", verbose_name="类别")
    document = models.CharField("凭据", max_length=100, blank=True, help_text="认定的文件、证件号")
    end_document = models.CharField("取消的凭据", max_length=100, blank=True, help_text="取消的文件、证件号")

    history = HistoricalRecords(verbose_name="修改记录")
    objects = CategoryQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "对象类别记录"
        indexes = [models.Index(fields=["household", "since", "until"], name="grids_category_household")]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["person", "household", "kind"],
                condition=Q(until__isnull=True),
                name="grids_category_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.kind}"


class Absence(Dated):
    """Away for work (外出务工) from one day to another: one person, or the whole household if `person` is empty."""

    TERRITORY = "household__territory"

    household = models.ForeignKey(Household, models.CASCADE, related_name="absences", verbose_name="户")
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="absences", verbose_name="人"
    )
    place = models.CharField("去了哪里", max_length=60, blank=True)

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "外出务工"
        indexes = [models.Index(fields=["household", "since", "until"], name="grids_absence_household")]
