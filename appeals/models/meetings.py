"""板凳会、议事会: a meeting in the village, who came, what was explained, and the matters that were brought up."""

import datetime as dt
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models

from appeals.models.matters import SEES, Matter
from core.scope import ScopedQuerySet, nodes_of, reach_of
from grids.models import Officer, Person, Territory, VillagerGroup

HOLDS = "meetings.hold"


class MeetingQuerySet(ScopedQuerySet):
    def readable_by(self, actor: Any) -> Self:
        """Who sees all matters of the village, and who holds meetings there."""
        places = [*nodes_of(reach_of(actor, SEES)), *nodes_of(reach_of(actor, HOLDS))]
        return self.filter(territory__in=places)

    def whole(self) -> Self:
        return self.select_related("territory__parent", "group", "led_by")


class Meeting(models.Model):
    """One meeting (附件 五（三） 板凳会). What was asked for there are `matters` of their own, registered in its save.

    `territory`: the grid it was held for, or the whole village. `others`: how many came who are not in the register.
    Corrected until its month is sealed; its matters are never changed through it.
    """

    TERRITORY = "territory"

    BENCH, COUNCIL = "bench", "council"
    KINDS = ((BENCH, "板凳会"), (COUNCIL, "议事会"))

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("什么会", max_length=8, choices=KINDS, default=BENCH)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="哪里的会")
    group = models.ForeignKey(
        VillagerGroup, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="村民组"
    )
    held_on = models.DateField("哪天开的")
    started_at = models.TimeField("几点开始", null=True, blank=True)
    place = models.CharField("在哪里开的", max_length=60)
    led_by = models.ForeignKey(Officer, models.PROTECT, related_name="+", verbose_name="主持人")
    others = models.PositiveSmallIntegerField("名单外还有几个人", default=0)
    topics = models.CharField("讲了什么", max_length=1000, blank=True)
    people = models.ManyToManyField(
        Person, through="Attendee", related_name="meetings", verbose_name="谁来了"
    )
    matters = models.ManyToManyField(Matter, related_name="meetings", blank=True, verbose_name="收集的诉求")
    recorded_at = models.DateTimeField("什么时候记的", editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+", verbose_name="记录人"
    )
    corrected_at = models.DateTimeField("什么时候改的", null=True, editable=False)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="谁改的",
    )
    content_hash = models.CharField("内容摘要", max_length=64, editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "板凳会、议事会"
        indexes = [models.Index(fields=["territory", "-held_on"], name="appeals_meeting_list")]

    def __str__(self) -> str:
        return f"{self.held_on:%Y-%m-%d} {self.where} {self.get_kind_display()}"

    @property
    def where(self) -> str:
        """金星村, 金星村 金星第一网格, 金星村 一组."""
        if self.group:
            return f"{self.village} {self.group}"
        return self.territory.full_name

    @property
    def village(self) -> Territory:
        found = self.territory.village
        assert found is not None
        return found

    @property
    def version(self) -> str:
        """Which writing of it this is: another after each correction, empty before the first."""
        return self.corrected_at.isoformat() if self.corrected_at else ""

    def is_sealed(self, sealed_until: dt.date | None) -> bool:
        """Whether its month is sealed, given the last day that is (core.ledger.sealing.sealed_until)."""
        return sealed_until is not None and self.held_on <= sealed_until


class Attendee(models.Model):
    """Somebody of the register who came, by the name and group of that day."""

    TERRITORY = "meeting__territory"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendees", verbose_name="哪次会")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="谁")
    name = models.CharField("姓名", max_length=40)
    group_name = models.CharField("村民组", max_length=20)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "到会的人"
        constraints = [models.UniqueConstraint(fields=["meeting", "person"], name="appeals_attendee_once")]

    def __str__(self) -> str:
        return self.name
