"""当事人: who is at odds with whom, from the register of persons or not."""

from typing import Any

from django.db import models
from django.db.models import Q

from core.models import WithPhone
from core.scope import ScopedQuerySet
from disputes.models.disputes import Dispute
from grids.models import Household, Membership, Person
from grids.models.posts import SEXES


class Party(WithPhone):
    """One side's person. `name` and `household` stay as they were when he was named; whoever stands in the register is
    found there by `person`, anybody else is a name. `rights_told_on`: when he got the paper with his rights and duties;
    who gave it to him says a step of the dispute."""

    TERRITORY = "dispute__territory"

    FIRST, SECOND, THIRD = "first", "second", "third"
    SIDES = ((FIRST, "甲方（提出来的一方）"), (SECOND, "乙方（另一方）"), (THIRD, "第三方"))
    SHORT = {FIRST: "甲方", SECOND: "乙方", THIRD: "第三方"}

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="parties", verbose_name="纠纷")
    side = models.CharField("哪一方", max_length=6, choices=SIDES)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="花名册里的人"
    )
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="parties", verbose_name="户"
    )
    name = models.CharField("姓名", max_length=40)
    sex = models.CharField("性别", max_length=1, choices=SEXES, blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    address = models.CharField("住址或单位", max_length=100, blank=True)
    rights_told_on = models.DateField("哪天告知权利义务的", null=True, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "当事人"
        ordering = ("dispute", "side", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "person"],
                condition=Q(person__isnull=False),
                name="disputes_party_once",
                violation_error_message="这个人已经是当事人了，不用再填。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def disputes_near(user: Any) -> set[int]:
        """The disputes (keys) in which somebody with an account, or one of his household, now or ever, is a party: as
        the register knows it, for his post was matched to a person there."""
        me = Person.of_user(user)
        rows = Party.objects.filter(person__in=me | Membership.near(me))
        return set(rows.values_list("dispute", flat=True))

    @property
    def side_said(self) -> str:
        """甲方, 乙方, 第三方: as it is said in the middle of a sentence."""
        return self.SHORT[self.side]
