"""能人: whom the hotline can send besides the people who hold a post, because they know how and have agreed."""

import uuid
from typing import Self

from django.db import models

from core.models import Dated, DatedQuerySet, WithPhone
from grids.models import Person, Territory

# Words of the trade; a town adds its own freely.
SKILLS = ("电工", "水管", "泥瓦", "木工", "农技", "兽医", "开车", "理发", "写算", "护理")


class TalentQuerySet(DatedQuerySet):
    def listed(self) -> Self:
        """Who is in the list: whoever was taken out is not, from that moment on."""
        return self.filter(until__isnull=True)

    def offered_at(self, place: Territory) -> Self:
        """Who may be called for something in this village: listed and agreed, by name."""
        return self.listed().filter(territory=place.village, agreed=True).order_by("name", "pk")


class Talent(Dated, WithPhone):
    """One capable person of a village (能人服务), of the register or somebody outside it.

    `skills`: words parted by 、. Only who agreed is offered. Of somebody in the register the number is hers there.
    """

    TERRITORY = "territory"

    uuid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="村")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="花名册里的人"
    )
    name = models.CharField("姓名", max_length=40)
    skills = models.CharField("会什么", max_length=100)
    agreed = models.BooleanField("本人同意随叫", default=False)
    note = models.CharField("备注", max_length=100, blank=True)

    objects = TalentQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "能人"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["territory", "person"],
                condition=models.Q(until__isnull=True, person__isnull=False),
                name="appeals_talent_once",
                violation_error_message="这个人已经在能人名册里了。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.skills}）"

    @property
    def number_mask(self) -> str:
        """Her number as lists show it; reads `person`."""
        return self.phone_mask or (self.person.phone_mask if self.person else "")
