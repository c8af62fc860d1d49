"""用工: employers and the places they offer. What is not approved, or is over, nobody outside sees."""

import uuid
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Count, F, Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition
from simple_history.models import HistoricalRecords

from core import clock
from core.models import WithPhone, within
from core.scope import ScopedQuerySet
from grids.models import Territory
from jobs.models.words import DEMANDS, HOURS, Skill, Trade, check_limits

# Of the matches of a place or a fair: who has begun and not left; who was sent there, but by a slip (Match.DROPPED).
BEGAN, SENT = Q(matches__state__in=("started", "kept")), ~Q(matches__state="dropped")


class EmployerQuerySet(ScopedQuerySet):
    def approved(self) -> Self:
        return self.filter(state=Employer.APPROVED)


class Employer(ConcurrentTransitionMixin, WithPhone):
    """用工单位, looked after by one village's centre or (`territory` is the town) by the town's.

    `code` is its own link (/y/e/<code>/), by which it offers places itself; empty: it has none, or it was taken away.
    """

    TERRITORY = "territory"

    PENDING, APPROVED, REFUSED, CLOSED = "pending", "approved", "refused", "closed"
    STATES = ((PENDING, "待审"), (APPROVED, "在用"), (REFUSED, "没通过"), (CLOSED, "停了"))
    INDUSTRIES = tuple(
        (name, name)
        for name in (
            "农业",
            "工厂",
            "建筑",
            "商店",
            "餐饮",
            "运输",
            "家政、养老",
            "学校、医院",
            "机关、村里",
            "别的",
        )
    )

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="归哪里管")
    name = models.CharField("单位名称", max_length=60)
    credit_code = models.CharField(
        "统一社会信用代码",
        max_length=18,
        blank=True,
        validators=[RegexValidator(r"^[0-9A-HJ-NPQRTUWXY]{18}$", "统一社会信用代码是 18 位数字和大写字母。")],
        help_text="个人用工、还没有的，空着",
    )
    industry = models.CharField("行业", max_length=10, choices=INDUSTRIES)
    contact = models.CharField("联系人", max_length=40)
    address = models.CharField("地址", max_length=100, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    code = models.CharField("登记链接", max_length=32, unique=True, null=True, blank=True, editable=False)
    state = FSMField("状态", max_length=8, choices=STATES, default=PENDING, protected=True)
    why_not = models.CharField("为什么没通过、停了", max_length=200, blank=True, editable=False)
    by_itself = models.BooleanField("单位自己登记的", default=False, editable=False)
    made_at = models.DateTimeField("什么时候登记的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁登记的"
    )

    history = HistoricalRecords(verbose_name="修改记录", excluded_fields=["code"])
    objects = EmployerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "用工单位"
        indexes = [models.Index(fields=["territory", "state"], name="jobs_employer_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"],
                condition=~Q(credit_code="") & ~Q(state__in=["refused", "closed"]),
                name="jobs_employer_code",
                violation_error_message="已有单位用这个统一社会信用代码，找到那个单位再加岗位。",
            ),
            models.UniqueConstraint(
                fields=["territory", "name"],
                condition=~Q(state__in=["refused", "closed"]),
                name="jobs_employer_name",
                violation_error_message="已有这个单位，找到它再加岗位。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not self.phone_hash:
            raise ValidationError({"phone": "填联系电话，不然找不到人。"})

    @transition(field=state, source=PENDING, target=APPROVED, custom={"title": "通过"})
    def approve(self) -> None: ...

    @transition(field=state, source=PENDING, target=REFUSED, custom={"title": "不通过"})
    def refuse(self) -> None: ...

    @transition(field=state, source=APPROVED, target=CLOSED, custom={"title": "停用"})
    def close(self) -> None: ...

    @transition(field=state, source=CLOSED, target=APPROVED, custom={"title": "重新开"})
    def reopen(self) -> None: ...


class VacancyQuerySet(ScopedQuerySet):
    def open(self) -> Self:
        """What may be shown and matched today: approved, of an employer in use, not over, not closed."""
        alive = self.filter(state=Vacancy.OPEN, employer__state=Employer.APPROVED)
        return alive.filter(until__gte=clock.today())

    def with_taken(self) -> Self:
        """With `taken`: how many who were sent there have begun and not left."""
        return self.annotate(taken=Count("matches", filter=BEGAN, distinct=True))

    def with_sent(self) -> Self:
        """With `sent`: how many were sent there, whatever came of it; a slip that was dropped is none."""
        return self.annotate(sent=Count("matches", filter=SENT, distinct=True))

    def with_room(self) -> Self:
        return self.with_taken().filter(taken__lt=F("number"))


class Vacancy(ConcurrentTransitionMixin, models.Model):
    """岗位: so many hands for one kind of work, to the last day of `until`; after it, it is over by itself.

    `territory` is who looks after it (as its employer). `village`: where the work is, if in the town; else `km` says
    how far from the town it is (empty: not known). Nothing asks of what sex somebody is (就业促进法 §27), and an age
    only with its ground in law.
    """

    TERRITORY = "territory"

    PENDING, OPEN, REFUSED, CLOSED = "pending", "open", "refused", "closed"
    STATES = ((PENDING, "待审"), (OPEN, "在招"), (REFUSED, "没通过"), (CLOSED, "不招了"))
    KINDS = (("full", "全职"), ("part", "兼职"), ("short", "临时工"), ("welfare", "公益性岗位"))
    UNITS = (("month", "元/月"), ("day", "元/天"), ("hour", "元/小时"))
    GROUNDS = (
        ("special", "特种作业，要满 18 岁（劳动法 §64）"),
        ("guard", "保安员，要满 18 岁（保安服务管理条例 §16）"),
        ("driver", "按驾驶证的年龄"),
        ("retire", "要签劳动合同，到法定退休年龄为止（劳动合同法实施条例 §21）"),
        ("welfare", "公益性岗位，法定劳动年龄以内（就业促进法 §52）"),
    )

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="vacancies", verbose_name="单位")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="归哪里管")
    title = models.CharField("岗位", max_length=40)
    trade = models.ForeignKey(Trade, models.PROTECT, related_name="+", verbose_name="工种")
    kind = models.CharField("类型", max_length=8, choices=KINDS, default="full")
    number = models.PositiveSmallIntegerField("要几个人", validators=within(1, 2000, "填 1 到 2000 个人。"))
    wage_low = models.PositiveIntegerField("工资从多少")
    wage_high = models.PositiveIntegerField("到多少", null=True, blank=True, help_text="一口价的空着")
    unit = models.CharField("怎么算", max_length=5, choices=UNITS, default="month")
    hours = models.CharField("时间", max_length=6, choices=HOURS, default="full")
    village = models.ForeignKey(
        Territory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="在哪个村"
    )
    place = models.CharField("上班地点", max_length=60)
    km = models.PositiveSmallIntegerField(
        "离镇上几公里",
        null=True,
        blank=True,
        validators=within(0, 5000, "填 0 到 5000 公里。"),
        help_text="镇外的填",
    )
    skills = models.ManyToManyField(Skill, blank=True, related_name="+", verbose_name="要会什么")
    demands = models.JSONField("干这活要", default=list, blank=True, validators=[check_limits])
    needs = models.CharField("别的要求", max_length=200, blank=True)
    age_low = models.PositiveSmallIntegerField(
        "最小几岁",
        default=16,
        validators=within(16, 70, "国家规定不满 16 岁不能招用（劳动法 §15），填 16 到 70。"),
    )
    age_high = models.PositiveSmallIntegerField(
        "最大几岁", null=True, blank=True, validators=within(16, 75, "填 16 到 75 岁，没有规定的空着。")
    )
    ground = models.CharField(
        "为什么限年龄", max_length=8, choices=GROUNDS, blank=True, help_text="法律没有规定的不能限年龄"
    )
    starts_on = models.DateField("哪天到岗", null=True, blank=True, help_text="随时到岗的空着")
    until = models.DateField("招到哪天")
    state = FSMField("状态", max_length=8, choices=STATES, default=PENDING, protected=True)
    why_not = models.CharField("为什么没通过、不招了", max_length=200, blank=True, editable=False)
    by_itself = models.BooleanField("单位自己发的", default=False, editable=False)
    made_at = models.DateTimeField("什么时候发的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁发的"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = VacancyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "岗位"
        indexes = [models.Index(fields=["territory", "state", "until"], name="jobs_vacancy_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(wage_high__isnull=True) | Q(wage_high__gte=F("wage_low")),
                name="jobs_vacancy_wage",
                violation_error_message="工资“到多少”比“从多少”小，改过来。",
            ),
            models.CheckConstraint(
                condition=Q(age_high__isnull=True) | Q(age_high__gte=F("age_low")),
                name="jobs_vacancy_age",
                violation_error_message="最大几岁比最小几岁小，改过来。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employer} {self.title}"

    # What one is paid, by unit, in whole yuan: beyond it somebody has slipped on a key.
    WAGES = {"month": (300, 100000), "day": (20, 5000), "hour": (5, 1000)}

    def clean(self) -> None:
        faults: dict[str, str] = {}
        low, high = self.WAGES.get(self.unit, (1, 100000))
        for name in ("wage_low", "wage_high"):
            wage = getattr(self, name)
            if wage is not None and not low <= wage <= high:
                said = f"按{self.get_unit_display()}是 {low} 到 {high}，看看是不是多写了一个零、选错了算法。"
                faults[name] = said
        if ((self.age_low or 16) > 16 or self.age_high is not None) and not self.ground:
            faults["ground"] = "限年龄要有法律依据，选一条；没有的，年龄写 16 岁以上、上限空着。"
        if faults:
            raise ValidationError(faults)

    @property
    def is_over(self) -> bool:
        return self.until < clock.today()

    @property
    def left(self) -> int:
        """How many hands are still wanted; of rows that came with_taken."""
        return max(self.number - self.taken, 0)  # type: ignore[attr-defined]

    @property
    def wage_said(self) -> str:
        """`3500—5000 元/月`, as people read and as a workbook has it (jobs.wages reads it again)."""
        high = f"—{self.wage_high}" if self.wage_high else ""
        return f"{self.wage_low}{high} {self.get_unit_display()}"  # type: ignore[attr-defined]

    @property
    def demands_said(self) -> list[str]:
        return [title for code, title in DEMANDS if code in self.demands]

    @transition(field=state, source=PENDING, target=OPEN, custom={"title": "通过"})
    def approve(self) -> None: ...

    @transition(field=state, source=PENDING, target=REFUSED, custom={"title": "不通过"})
    def refuse(self) -> None: ...

    @transition(field=state, source=[PENDING, OPEN], target=CLOSED, custom={"title": "不招了"})
    def close(self) -> None: ...

    @transition(field=state, source=CLOSED, target=OPEN, custom={"title": "再招"})
    def reopen(self) -> None: ...
