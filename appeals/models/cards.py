"""便民联系卡: the numbers a town gives out, the card of each grid, and what was printed on it when."""

import secrets
from collections.abc import Sequence
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from core.models import Dated, DatedQuerySet
from core.scope import ScopedQuerySet
from grids.models import Territory

# Letters that nobody takes for another when he types the address off the paper.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class PublicNumberQuerySet(DatedQuerySet):
    def of(self, kind: str, place: Territory) -> str:
        """The number in force of a village, else the town's; empty if there is none."""
        return self.at_each(kind, [place])[place.pk]

    def at_each(self, kind: str, places: Sequence[Territory]) -> dict[int, str]:
        """The same of several places, by their keys, in one query; reads `parent`."""
        above = {place.pk: (place.village or place).pk for place in places}
        towns = {place.pk: place.village.parent_id if place.village else place.pk for place in places}
        rows = self.in_force().filter(kind=kind, territory__in={*above.values(), *towns.values()})
        known = dict(rows.values_list("territory", "number"))
        return {pk: known.get(above[pk]) or known.get(towns[pk], "") for pk in above}


class PublicNumber(Dated):
    """A number that stands on cards and on the public page: the 书记热线 of a village or the town, the discipline
    office's. It is the office's own and no villager's, so it lies open."""

    TERRITORY = "territory"

    HOTLINE, DISCIPLINE = "hotline", "discipline"
    KINDS = ((HOTLINE, "书记热线"), (DISCIPLINE, "纪委电话"))

    kind = models.CharField("什么电话", max_length=12, choices=KINDS)
    territory = models.ForeignKey(
        Territory,
        models.PROTECT,
        limit_choices_to={"kind__in": (Territory.TOWN, Territory.VILLAGE)},
        related_name="+",
        verbose_name="哪里的",
        help_text="各村有各村的热线，选村；全镇一个号的，选镇",
    )
    number = models.CharField(
        "号码",
        max_length=20,
        validators=[RegexValidator(r"^[0-9-]{3,20}$", "电话只用数字，区号后面可以加一横。")],
    )

    objects = PublicNumberQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "对外电话"
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["kind", "territory"],
                condition=Q(until__isnull=True),
                name="appeals_publicnumber_one_each",
                violation_error_message="这里已有一个在用的，先给它填上截止日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory} {self.get_kind_display()}"


def new_code() -> str:
    """Of 31^10 codes nobody guesses one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


class CardQuerySet(ScopedQuerySet):
    def in_use(self) -> Self:
        return self.filter(revoked_at__isnull=True)


class Card(models.Model):
    """The card of one grid: `code` opens its public page /n/<code>/ until it is revoked, then it tells whom to call."""

    TERRITORY = "territory"

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name="网格")
    code = models.CharField("码", max_length=16, unique=True, editable=False)
    since = models.DateTimeField("什么时候做的", editable=False)
    revoked_at = models.DateTimeField("什么时候停用的", null=True, blank=True, editable=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "便民联系卡"
        constraints = [
            models.UniqueConstraint(
                fields=["territory"], condition=Q(revoked_at__isnull=True), name="appeals_card_one_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.territory} 便民联系卡"


class CardPrint(models.Model):
    """One printing of one card. `digest` is the keyed hash of what stood on it: other staff or numbers give another."""

    TERRITORY = "card__territory"

    card = models.ForeignKey(Card, models.PROTECT, related_name="prints", verbose_name="卡")
    run = models.UUIDField("哪一次印的", db_index=True)
    printed_at = models.DateTimeField("什么时候印的")
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="谁印的",
    )
    digest = models.CharField("印的内容（摘要）", max_length=32, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联系卡印制"
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=["card", "run"], name="appeals_cardprint_once")]

    def __str__(self) -> str:
        return f"{self.card} {self.printed_at:%Y-%m-%d}"
