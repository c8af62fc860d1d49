"""和美积分 out and in: a month of the books in the platform's columns, and its workbook against the books."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from core.idnumber import mask_name
from core.ledger import Entry, ImportContext, LedgerScope, Plan, register
from core.ledger.compared import ComparedAs
from core.periods import Month
from core.scope import may
from grids.laid import LaidLedger
from grids.models import Household, Person, Territory
from points.city_columns import AWARDS, BALANCES, REDEMPTIONS, TITLES
from points.models import Account, Posting, Redemption
from points.models import Entry as Moved
from points.models.awards import SEES
from points.reconciling import compare, keys_of
from points.shop_ledgers import undone_number

COMPARED = ComparedAs(
    who="户主",
    whose=" 家",
    number="户编号",
    period="月份",
    figures=True,
    untouched="积分账一笔也不改",
    order="按户、按月对，照村民组和户编号排。",
    same="每一户都对得上。",
    link="看这一户",
    link_verb="shops.manage",
    mend="我们的账要改，按申报、冲正来办：",
    mend_page="points:awards",
    mend_title="积分申报",
    theirs="平台那边要改的，找区里。",
)


class CityLedger(LaidLedger):
    """One of the three sheets, of a month."""

    group, order = "和美积分", 60
    period_kind = "month"
    verb = brings = SEES
    called = "和美积分平台的表"
    by = "对账要看得到村里的积分，请村党组织书记或者村干部来传。"
    rule = "照积分账写：入账、兑换按记账那天算，冲正的另起一行，写负数。"
    only_compared = "这份表只用来对账，积分账一笔也不改。要改的，按我们自己的申报、冲正来办。"
    compared_as = COMPARED
    needs = (
        (
            frozenset({"number", "head"}),
            "no_home",
            "表里没有户编号，也没有户主，不知道是哪一户。照列序设置里的列名补上再传。",
        ),
        (
            frozenset({"month", "day"}),
            "no_month",
            "表里没有月份，也没有日期，不知道是哪个月。照列序设置里的列名补上再传。",
        ),
    )

    def of_books(self, batch: Sequence[Any], month: Month) -> Iterator[tuple[Household, dict[str, Any], str]]:
        """Of each row its household, its own cells, and where it is shown."""
        raise NotImplementedError

    def cells(
        self, batch: Sequence[Any], scope: LedgerScope, names: Sequence[str]
    ) -> Iterator[tuple[dict[str, Any], Sequence[int], str]]:
        month = scope.period
        assert isinstance(month, Month)
        sees = may(scope.actor, "households.see", scope.territory)
        rows = list(self.of_books(batch, month))
        heads = _heads({home.pk for home, _, _ in rows}, names, unmasked=scope.unmasked)
        for home, own, url in rows:
            cells = {"month": month.first} | _home(home, sees=sees) | _numbers(home, heads, scope.unmasked)
            yield cells | own, (home.pk,), url

    def examine(self, entries: Sequence[Entry], context: ImportContext) -> Plan:
        plan = Plan()
        village = context.territory.village
        found = keys_of(entries, village, plan, once=self.slug == BALANCES)
        plan.compared = compare(found, village, self.figures)
        return plan

    def figures(self, village: Territory, months: Sequence[Month]) -> dict[tuple[int, Month], int]:
        """What our books say, by household and month."""
        raise NotImplementedError


def _home(home: Household, *, sees: bool) -> dict[str, Any]:
    return {
        "village": home.village.name,
        "group": home.group.name,
        "number": home.number,
        "head": home.head_name if sees else mask_name(home.head_name),
        "address": home.address if sees else "",
    }


def _heads(homes: set[int], names: Sequence[str], *, unmasked: bool) -> dict[int, Person]:
    """The heads of these households, asked for only where a column needs them."""
    if not {"phone", "id_number"} & set(names):
        return {}
    rows = Person.objects.heads().present().filter(household__in=homes)
    if not unmasked:
        rows = rows.defer("id_number", "phone")
    return {row.household_id: row for row in rows}


def _numbers(home: Household, heads: dict[int, Person], unmasked: bool) -> dict[str, Any]:
    """Masked ones are written from the stored masks; full ones only for who has asked for them with a reason."""
    head = heads.get(home.pk)
    if not unmasked:
        return {
            "phone": home.phone_mask or (head.phone_mask if head else ""),
            "id_number": head.id_number_mask if head else "",
        }
    phone, number = home.phone or (head and head.phone), head and head.id_number
    return {"phone": phone.open() if phone else "", "id_number": number.open() if number else ""}


class _OfPostings(CityLedger):
    """Both that tell of postings of one kind and of what reversed them. `made`: where the posting leads to what it is
    of; `undone`: where the reversing one does."""

    made, undone = "", ""

    def found(self, scope: LedgerScope) -> QuerySet[Posting]:
        month = scope.period
        assert isinstance(month, Month)
        rows = Posting.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, SEES)
        rows = rows.at(scope.territory).filter(day__gte=month.first, day__lte=month.last)
        rows = rows.filter(Q(**{f"{self.made}__isnull": False}) | Q(**{f"{self.undone}__isnull": False}))
        return self.whole(rows).order_by("pk")

    def whole(self, rows: QuerySet[Posting]) -> QuerySet[Posting]:
        raise NotImplementedError

    def figures(self, village: Territory, months: Sequence[Month]) -> dict[tuple[int, Month], int]:
        found: dict[tuple[int, Month], int] = {}
        rows = Moved.objects.filter(posting__territory=village, posting__day__gte=min(months).first)
        rows = rows.filter(posting__day__lte=max(months).last).order_by()
        for sign, path in ((1, self.made), (-1, self.undone)):
            of = f"posting__{path}__household"
            told = (
                rows.filter(**{f"{of}__isnull": False})
                .values_list(of, "posting__day")
                .annotate(Sum("points"))
            )
            for home, day, points in told:
                if (month := Month.of(day)) in months:
                    found[home, month] = found.get((home, month), 0) + sign * points
        return found


@register
class CityAwards(_OfPostings):
    """What came into the books in a month, and what was taken back, each with its deed."""

    slug, title, order = AWARDS, TITLES[AWARDS], 60
    made, undone = "award", "reverses__award"

    def whole(self, rows: QuerySet[Posting]) -> QuerySet[Posting]:
        parts = ("item", "group", "household__village", "household__group")
        each = [f"{path}__{part}" for path in (self.made, self.undone) for part in parts]
        return rows.select_related(*each).prefetch_related("entries")

    def of_books(
        self, batch: Sequence[Posting], month: Month
    ) -> Iterator[tuple[Household, dict[str, Any], str]]:
        for posting in batch:
            back = posting.reverses is not None
            award = posting.reverses.award if posting.reverses else posting.award
            points = sum(entry.points for entry in posting.entries.all())
            cells = {
                "group": award.group.name,
                "code": award.number_said,
                "item": award.item.title,
                "words": f"冲正：{posting.words}" if back else award.words,
                "done_on": award.day,
                "day": posting.day,
                "points": -points if back else points,
            }
            yield award.household, cells, reverse("points:award", args=[award.pk])


@register
class CityRedemptions(_OfPostings):
    """What went over the counters in a month, and what came back."""

    slug, title, order = REDEMPTIONS, TITLES[REDEMPTIONS], 61
    made, undone = "redemption", "undone_redemption"

    def whole(self, rows: QuerySet[Posting]) -> QuerySet[Posting]:
        parts = ("shop", "household__village", "household__group")
        each = [f"{path}__{part}" for path in (self.made, self.undone) for part in parts]
        return rows.select_related(*each).prefetch_related("redemption__lines", "undone_redemption__lines")

    def of_books(
        self, batch: Sequence[Posting], month: Month
    ) -> Iterator[tuple[Household, dict[str, Any], str]]:
        for posting in batch:
            given = getattr(posting, "redemption", None)
            made: Redemption = given or posting.undone_redemption
            goods = "、".join(f"{line.name} {line.number} {line.unit}" for line in made.lines.all())
            cells = {
                "code": made.number if given else undone_number(posting),
                "goods": goods if given else f"冲正 {made.number}：{goods}",
                "shop": made.shop.name,
                "day": posting.day,
                "points": made.points if given else -made.points,
            }
            yield made.household, cells, reverse("shops:shop", args=[made.shop_id])


@register
class CityBalances(CityLedger):
    """What every household had at the month's end, and what it got and gave in the month."""

    slug, title, order = BALANCES, TITLES[BALANCES], 62

    def found(self, scope: LedgerScope) -> QuerySet[Account]:
        rows = Account.objects.visible_to(scope.actor, "ledgers.export").visible_to(scope.actor, SEES)
        rows = rows.at(scope.territory).filter(kind=Account.HOUSEHOLD)
        rows = rows.select_related("household__village", "household__group")
        walk = ("household__group__position", "household__group_id", "household__number", "pk")
        return rows.order_by("territory__code", *walk)

    def of_books(
        self, batch: Sequence[Account], month: Month
    ) -> Iterator[tuple[Household, dict[str, Any], str]]:
        accounts = [account.pk for account in batch]
        got, gone, held = _moved(Q(payee__in=accounts), Q(payer__in=accounts), month)
        for account in batch:
            home = account.household
            assert home is not None  # a household's account has one (points_account_whose)
            pk = account.pk
            cells = {"got": got.get(pk, 0), "gone": gone.get(pk, 0), "points": held.get(pk, 0)}
            yield home, cells, reverse("shops:card", args=[home.pk])

    def figures(self, village: Territory, months: Sequence[Month]) -> dict[tuple[int, Month], int]:
        rows = Account.objects.filter(kind=Account.HOUSEHOLD, territory=village)
        homes = dict(rows.values_list("pk", "household"))
        found: dict[tuple[int, Month], int] = {}
        for month in months:
            held = _moved(Q(payee__in=rows), Q(payer__in=rows), month)[2]
            found |= {(home, month): held.get(pk, 0) for pk, home in homes.items()}
        return found


def _moved(came: Q, went: Q, month: Month) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """By account: what it got in the month, what it gave, and what it had at the end. Two queries."""
    this = Sum("points", filter=Q(posting__day__gte=month.first), default=0)
    rows = Moved.objects.filter(posting__day__lte=month.last).order_by()
    got: dict[int, int] = {}
    gone: dict[int, int] = {}
    held: dict[int, int] = {}
    for side, of, part, sign in (("payee", came, got, 1), ("payer", went, gone, -1)):
        told = rows.filter(of).values_list(side).annotate(everything=Sum("points"), this=this)
        for pk, everything, now in told:
            part[pk] = now
            held[pk] = held.get(pk, 0) + sign * everything
    return got, gone, held
