"""技能培训: the year's plan, the courses, who sits in them, who came, and who got a certificate."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from core.models import within
from core.scope import ScopedQuerySet
from grids.models import Household, Person, Territory
from jobs.models.words import Skill


class PlannedCourse(models.Model):
    """年度技能培训计划: one line of it (附件3 之 12: 农业办和人社所制定年度技能培训计划)."""

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村或镇")
    year = models.PositiveSmallIntegerField("哪一年", validators=within(2022, 2100, "填四位数的年份。"))
    quarter = models.PositiveSmallIntegerField(
        "第几季度", choices=((1, "一季度"), (2, "二季度"), (3, "三季度"), (4, "四季度"))
    )
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+", verbose_name="学什么")
    people = models.PositiveSmallIntegerField("多少人", validators=within(1, 5000, "填 1 到 5000 人。"))
    organiser = models.CharField("谁办", max_length=40)
    note = models.CharField("备注", max_length=200, blank=True)
    made_at = models.DateTimeField("什么时候定的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁定的"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度培训计划"
        ordering = ("year", "quarter", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "year", "quarter", "skill"],
                name="jobs_plan_once",
                violation_error_message="这一季度已经排了这一样，改那一行的人数。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year} 年 {self.get_quarter_display()} {self.skill}"


class Course(models.Model):
    """培训班. `plan`: the line of the year's plan that it fulfils."""

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村或镇")
    plan = models.ForeignKey(
        PlannedCourse,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="courses",
        verbose_name="年度计划里的哪一项",
    )
    title = models.CharField("课程", max_length=60)
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+", verbose_name="学什么")
    first = models.DateField("从哪天")
    last = models.DateField("到哪天")
    place = models.CharField("地点", max_length=60)
    organiser = models.CharField("主办", max_length=40)
    places = models.PositiveSmallIntegerField("最多几个人", validators=within(1, 500, "填 1 到 500 人。"))
    cancelled_at = models.DateTimeField("什么时候取消", null=True, editable=False)
    cancelled_why = models.CharField("为什么取消", max_length=100, blank=True, editable=False)
    made_at = models.DateTimeField("什么时候定的", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁定的"
    )

    history = HistoricalRecords(verbose_name="修改记录")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "培训班"
        ordering = ("-first", "-pk")
        indexes = [models.Index(fields=["territory", "first"], name="jobs_course_plan")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last__gte=F("first")),
                name="jobs_course_days",
                violation_error_message="到哪天比从哪天早，改过来。",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Trainee(models.Model):
    """学员: somebody on the roster of a course. `territory` is the grid he lived in; `certificate` what he got.

    `gave_skill`: his labour row had not the course's skill before the certificate. `changed_at`: the last word that his
    line in the ledger hears, be it of the course, of a day's roll or of the certificate.
    """

    TERRITORY = "territory"

    course = models.ForeignKey(Course, models.PROTECT, related_name="trainees", verbose_name="培训班")
    person = models.ForeignKey(Person, models.PROTECT, related_name="courses", verbose_name="谁")
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    certificate = models.CharField("证书编号", max_length=40, blank=True)
    certified_on = models.DateField("发证日期", null=True, blank=True)
    gave_skill = models.BooleanField("证书带来的技能", default=False, editable=False)
    left_why = models.CharField("为什么不学了", max_length=100, blank=True)
    changed_at = models.DateTimeField("最近什么时候改的", editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁改的"
    )
    noted_at = models.DateTimeField("什么时候报的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学员"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["course", "person"],
                name="jobs_trainee_once",
                violation_error_message="已经报过名了。",
            ),
            models.UniqueConstraint(
                fields=["certificate"],
                condition=~Q(certificate=""),
                name="jobs_certificate_once",
                violation_error_message="这个证书编号已经发给别人了，对一下。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.course}"


class Presence(models.Model):
    """到课: a trainee was there on that day."""

    TERRITORY = "trainee__territory"

    trainee = models.ForeignKey(Trainee, models.CASCADE, related_name="presences", verbose_name="学员")
    day = models.DateField("哪天")
    noted_at = models.DateTimeField("什么时候记的", editable=False)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="谁记的"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "到课记录"
        ordering = ("day", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["trainee", "day"], name="jobs_presence_once", violation_error_message="这一天记过了。"
            )
        ]

    def __str__(self) -> str:
        return f"{self.trainee} {self.day}"
