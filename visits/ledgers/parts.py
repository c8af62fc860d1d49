"""What the ledgers of visits have in common: a month, a place on paper, and words for what a visit holds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from core.ledger import Ledger, LedgerScope
from core.ledger.sealing import LATE, LateEntries
from core.periods import Month
from grids.ledgers import place_on_paper
from grids.models import Category, Household, Membership, Placement
from grids.models.register import HEAD
from visits.models import Finding, Visit

BATCH = 1000
MANNERS, STATES, KINDS = dict(Visit.MANNERS), dict(Finding.STATES), dict(Finding.KINDS)
PROMISES = dict(Visit.PROMISES)
COUNTING = "入户见到人算一次；打电话只在全家外出务工时算，不能连着两期都算；没见到人记下来，不算走访。"


class VisitLedger(Ledger):
    """What the five have in common: a month, a place on paper, rows inside the actor's reach.

    A department exports its own field (domain.md, "Who may do what"): each says what one must see to have it.
    """

    group, period_kind, verb = "走访", "month", "visits.see"

    def place(self, scope: LedgerScope) -> str:
        return place_on_paper(scope.territory)

    def count(self, scope: LedgerScope) -> int | None:
        return self.found(scope).count()

    def found(self, scope: LedgerScope) -> QuerySet:
        """The rows in question, before they are written out."""
        raise NotImplementedError

    @staticmethod
    def within(rows: Any, scope: LedgerScope) -> Any:
        return rows.visible_to(scope.actor, "ledgers.export").at(scope.territory)

    @staticmethod
    def month(scope: LedgerScope) -> Month:
        assert isinstance(scope.period, Month)
        return scope.period


def among(keys: Iterable[int]) -> RawSQL:
    """Rows of ours by their keys, for `__in`: Django looks at each value of a list three times, which for a thousand
    of them costs more than the database needs to find them. Whole numbers alone, for they are written into the SQL."""
    return RawSQL(",".join(map(str, map(int, keys))) or "NULL", ())


def in_batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def group_then(day: dt.date) -> dict[str, Any]:
    """`group_name` and `group_place` for rows of a household: its villager group of that day, for lists in order.

    A household that went to another group since stands in a past month's ledger where it stood.
    """
    then = Placement.objects.on(day).filter(household=OuterRef("household")).order_by("-since")
    return {
        "group_name": Coalesce(Subquery(then.values("group__name")[:1]), F("household__group__name")),
        "group_place": Coalesce(
            Subquery(then.values("group__position")[:1]), F("household__group__position")
        ),
    }


def groups_left(homes: Iterable[int]) -> dict[int, list[Placement]]:
    """The places these households have left, the latest first: few have left any."""
    found: dict[int, list[Placement]] = defaultdict(list)
    left = Placement.objects.filter(household__in=among(homes), until__isnull=False).select_related("group")
    for place in left.order_by("-since"):
        found[place.household_id].append(place)
    return found


def group_on(day: dt.date, left: Iterable[Placement], now: str) -> str:
    """The name of the household's group on that day; `now` is today's."""
    for place in left:
        if place.holds_on(day):
            return place.group.name
    return now


def sizes_on(day: dt.date, homes: Iterable[int]) -> dict[int, int]:
    """How many people each of these households had on that day."""
    rows = Membership.objects.on(day).filter(household__in=among(homes)).order_by()
    return dict(rows.values_list("household").annotate(n=Count("pk")))


class Heads:
    """Who headed these households on a day: the one of today, unless one who was it then has left since."""

    def __init__(self, homes: Iterable[int]) -> None:
        self.now: dict[int, str] = {}
        self.left: dict[int, list[Membership]] = defaultdict(list)
        for some in in_batches(dict.fromkeys(homes)):
            self.now |= dict(Household.objects.filter(pk__in=among(some)).values_list("pk", "head_name"))
            rows = Membership.objects.filter(household__in=among(some), relation=HEAD, until__isnull=False)
            # Of two whose time as head overlaps on paper the one who left first was it: the other came after.
            for row in rows.select_related("person").order_by("until", "pk"):
                self.left[row.household_id].append(row)

    def on(self, day: dt.date, home: int) -> str:
        for row in self.left.get(home, ()):
            if row.holds_on(day):
                return row.person.name
        return self.now[home]


CLERK = "代录："


def note_of(note: str, clerk: str | None, *, late: bool = False) -> str:
    """The note, with who entered the visit if not its visitor, and 补录 if that was after the month was sealed:
    身体好；代录：金书记；补录."""
    return "；".join(part for part in (note, clerk and f"{CLERK}{clerk}", late and LATE) if part)


def late_entries(scope: LedgerScope) -> LateEntries:
    """What is 补录 in the villages of a ledger. One query, for a town one more."""
    return LateEntries.at(scope.territory.village_ids)


_TOWNS_ORDER = ("kind__position", "kind_id", "since")


def held_in(households: Iterable[int], month: Month) -> dict[int, list[Category]]:
    """The categories of 五必访 that held in the month, by household, in the town's order."""
    rows = Category.objects.visited_in(month.first, month.last).filter(household__in=among(households))
    found: dict[int, list[Category]] = defaultdict(list)
    for category in rows.select_related("kind").order_by(*_TOWNS_ORDER):
        found[category.household_id].append(category)
    return found


def kinds_of(categories: Iterable[Category]) -> str:
    return "、".join(dict.fromkeys([category.kind.name for category in categories]))


Spans = list[tuple[dt.date, dt.date | None, str]]  # from when, until when, of what kind


def spans_in(households: Iterable[int], month: Month) -> dict[int, Spans]:
    """Every category that held in the month, by household, in the town's order; plain, for there are many."""
    rows = Category.objects.during(month).filter(household__in=among(households)).order_by(*_TOWNS_ORDER)
    found: dict[int, Spans] = defaultdict(list)
    for home, *span in rows.values_list("household_id", "since", "until", "kind__name"):
        found[home].append(tuple(span))  # type: ignore[arg-type]
    return found


def kinds_on(day: dt.date, spans: Spans) -> str:
    held = [kind for since, until, kind in spans if since <= day and (until is None or day <= until)]
    return "、".join(dict.fromkeys(held))


def companions_of(visits: Iterable[int]) -> dict[int, str]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = Visit.companions.through.objects.filter(visit__in=among(visits)).order_by("officer")
    for visit, name in rows.values_list("visit", "officer__name"):
        found[visit].append(name)
    return {visit: "、".join(names) for visit, names in found.items()}


def findings_of(visits: Iterable[int]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    rows = (
        Finding.objects.filter(visit__in=among(visits))
        .select_related("settled_by", "matter", "dispute")
        .order_by("pk")
    )
    for finding in rows:
        found[finding.visit_id].append(finding)
    return found


NOTHING = [""] * (len(Finding.KINDS) + 2)


def knows_of(findings: Sequence[Finding], day: dt.date) -> list[str]:
    """The five knows, the need, how far they came, and the numbers they were handed on under: eight cells.

    `day` is the visit's: what was answered on it was settled on the spot.
    """
    if not findings:
        return NOTHING
    said = {finding.kind: finding.said or "有" for finding in findings}
    states = "、".join(dict.fromkeys(_come_of(finding, day) for finding in findings))
    numbers = "、".join(dict.fromkeys(each.handed.number for each in findings if each.handed))
    return [*(said.get(kind, "") for kind in Finding.FIVE), said.get(Finding.NEED, ""), states, numbers]


def _come_of(finding: Finding, day: dt.date) -> str:
    matter, dispute = finding.matter, finding.dispute
    on = matter.answered_on if matter else dispute.settled_on if dispute else None
    return STATES[Finding.SETTLED if on == day else finding.state]
