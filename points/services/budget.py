"""预算: what a village owes in points, against what lies on its shops' shelves and what its rules say it can pay."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from core import clock
from grids.models import Territory
from points.models import Account, Award, Goods, Scheme


@dataclass(frozen=True)
class Cover:
    """In points: what households may still spend, what is owed to shops, what the goods on the shelves are worth (what
    cannot run out is not counted), and what was given or hangs out this year, against `budget` (None: no number)."""

    held: int
    owed: int
    shelf: int
    given: int
    budget: int | None
    yuan_per_point: Decimal

    @property
    def liability(self) -> int:
        return self.held + self.owed

    @property
    def yuan(self) -> Decimal:
        return self.liability * self.yuan_per_point

    @property
    def short(self) -> int:
        """By how much the shelves hold less than households may ask for."""
        return max(0, self.held - self.shelf)

    @property
    def over(self) -> int:
        """How much more was given this year than the village can pay."""
        return max(0, -(self.left or 0))

    @property
    def left(self) -> int | None:
        """What may still be given this year; negative: so much too much was."""
        return None if self.budget is None else self.budget - self.given


def cover_of(village: Territory) -> Cover:
    """As things stand today."""
    rows = Account.objects.filter(territory=village, kind__in=(Account.HOUSEHOLD, Account.SHOP)).order_by()
    held = dict(rows.values_list("kind").annotate(Sum("balance")))
    shelf = Goods.objects.filter(shop__territory=village, stock__isnull=False).offered()
    scheme = Scheme.objects.of(village, clock.today())
    return Cover(
        held=held.get(Account.HOUSEHOLD) or 0,
        owed=held.get(Account.SHOP) or 0,
        shelf=shelf.aggregate(sum=Sum(F("stock") * F("points")))["sum"] or 0,
        given=_given([village.pk]).get(village.pk, 0),
        budget=scheme.budget if scheme else None,
        yuan_per_point=scheme.yuan_per_point if scheme else Decimal(1),
    )


def over_budget(village: Territory, more: int) -> int:
    """By how many points what was given this year, what hangs out and `more` go beyond what the village can pay;
    0 while they do not, or the rules name no number."""
    scheme = Scheme.objects.of(village, clock.today())
    if scheme is None or scheme.budget is None:
        return 0
    return max(0, _given([village.pk]).get(village.pk, 0) + more - scheme.budget)


def over_budgets(villages: QuerySet[Territory]) -> list[tuple[Territory, int]]:
    """Of these villages those that have given or shown more this year than they can pay, and by how much. Two queries
    however many they are."""
    rows = Scheme.objects.filter(territory__in=villages).on(clock.today()).filter(budget__isnull=False)
    schemes = list(rows.select_related("territory").order_by("territory__code"))
    sums = _given([scheme.territory_id for scheme in schemes])
    over = [(each.territory, sums.get(each.territory_id, 0) - (each.budget or 0)) for each in schemes]
    return [(village, more) for village, more in over if more > 0]


def _given(villages: Collection[int]) -> dict[int, int]:
    """By village (its key): what was posted for deeds of this year or hangs out."""
    rows = Award.objects.in_state(Award.POSTED, Award.SHOWN).filter(
        household__village__in=villages, day__year=clock.today().year
    )
    sums = rows.order_by().values_list("household__village").annotate(Sum("points"))
    return {village: points or 0 for village, points in sums}
