"""Whom to visit (应访清单): what is open, once for each household, the missed ones first, and what the door must know.

Phone and desk ask here. A household is listed where it lies today, so that a missed visit is seen by today's carers.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from core import clock
from core.periods import Month
from core.scope import Reach, may, must, reach_of
from disputes.models import Dispute
from grids.models import Category, CategoryKind, Household, Post, Territory
from visits.models import Cadence, Obligation, Practice, Visit, VisitPlan
from visits.services.coverage import owed_in
from visits.services.planned import planned_days
from visits.services.trouble import in_trouble

OVERDUE, THIS_MONTH, THIS_QUARTER, THIS_YEAR = range(4)
QUARREL = "quarrel"  # 矛盾家庭: an open dispute, not a category
SECTIONS = {OVERDUE: "overdue", THIS_MONTH: "due", THIS_QUARTER: "ordinary", THIS_YEAR: "secretary"}
# How long a visit that counted is said at the door, so that nobody knocks twice in one week unknowing.
LATELY = dt.timedelta(days=7)
ORDER = ("rank", "village__code", "group__position", "group_id", "number", "pk")
_RANK_OF = {Cadence.CATEGORY: THIS_MONTH, Cadence.ORDINARY: THIS_QUARTER, Cadence.SECRETARY: THIS_YEAR}


@dataclass(frozen=True)
class Wanted:
    """Which open obligations are asked for. `secretary_of`: villages whose secretary's year is shown, None for all."""

    whos: Collection[str] = tuple(_RANK_OF)
    overdue_only: bool = False
    running_only: bool = False
    away: bool | None = None
    secretary_of: Collection[int] | None = None

    def q(self, today: dt.date, path: str = "") -> Q:
        """The obligations as a filter, from Obligation itself or along `path`."""
        found = Q(
            **{
                f"{path}discharged_on__isnull": True,
                f"{path}rested_on__isnull": True,
                f"{path}period_start__lte": today,
                f"{path}who__in": list(self.whos),
            }
        )
        if self.overdue_only:
            found &= Q(**{f"{path}due_on__lt": today})
        if self.running_only:
            found &= Q(**{f"{path}period_end__gte": today})
        if self.away is not None:
            found &= Q(**{f"{path}away": self.away})
        if self.secretary_of is not None:
            village = "village__in" if path else "household__village__in"
            # Said without "not": along a path that would ask every obligation for itself once more.
            others = [who for who in self.whos if who != Cadence.SECRETARY]
            found &= Q(**{f"{path}who__in": others}) | Q(**{village: list(self.secretary_of)})
        return found


@dataclass(frozen=True)
class Lately:
    """That somebody was at the door a few days ago; `visitor` is "" for who may not read whose visits there are."""

    day: dt.date
    visitor: str = ""


@dataclass
class DueRow:
    """One household of the list with its most pressing obligation and what was said last time."""

    household: Any
    section: str
    obligation: Obligation
    days_over: int = 0
    last: Visit | None = None
    lately: Lately | None = None
    """The last visit that counts, by anyone, if made within LATELY."""
    promise: Visit | None = None
    tries: int = 0
    for_leader: bool = False
    categories: list[CategoryKind] | None = None
    """None: the actor may not see them."""
    planned: dt.date | None = None
    """Its day in the plan of the month, in the secretary's round in that of the year."""

    @property
    def over_words(self) -> str:
        return f"超 {self.days_over} 天"


def narrowed(actor: Any, code: str) -> dict[str, Any]:
    """What due_households is told of one of 三门 or of a category: of quarrels only those the actor may read."""
    if code == QUARREL:
        return {"quarrels": Dispute.objects.readable_by(actor).open()}
    return {"category": code, "categories": reach_of(actor, "categories.see")}


def reach_for_due(actor: Any) -> Reach:
    """Where the actor visits; for who only oversees, where she manages. PermissionDenied if neither."""
    found = reach_of(actor, "visits.record") or reach_of(actor, "visits.manage")
    if not found:
        must(actor, "visits.record")
    return found


def secretary_of(actor: Any) -> list[int]:
    """The villages whose party secretary the actor is today."""
    return list(Post.objects.of(actor).filter(duty="secretary").values_list("territory", flat=True))


def due_households(
    *,
    reach: Reach,
    wanted: Wanted,
    today: dt.date | None = None,
    at: Territory | None = None,
    group: int | None = None,
    category: str = "",
    categories: Reach | None = None,
    quarrels: QuerySet[Dispute] | None = None,
    tried: bool = False,
    overdue_since: tuple[dt.date, dt.date] | None = None,
) -> QuerySet:
    """Households with something open, as dicts of ORDER's columns; `rank` says the section.

    Narrow by place, villager group, category code (only among households inside `categories`, where the actor may see
    them), `quarrels`: a party to one of these disputes (矛盾家庭, the third of 三门), `tried`: nobody met as often as
    the town's rule says, or by when the earliest of what is open was due (`overdue_since`, two days).
    """
    today = today or clock.today()
    nodes = Territory.objects.filter(reach.q())
    if at is not None:
        nodes = nodes.at(at)
    homes = Household.objects.present().filter(territory__in=list(nodes.values_list("pk", flat=True)))
    if group is not None:
        homes = homes.filter(group=group)
    if category:
        held = Category.objects.on(today).filter(household=OuterRef("pk"), kind__code=category)
        known = Territory.objects.filter((categories or Reach()).q())
        homes = homes.filter(Exists(held), territory__in=list(known.values_list("pk", flat=True)))
    if quarrels is not None:
        homes = homes.filter(Exists(quarrels.filter(parties__household=OuterRef("pk"))))
    if tried:
        homes = homes.filter(_tried(today, wanted))
    rank = Case(
        When(obligations__due_on__lt=today, then=Value(OVERDUE)),
        *(When(obligations__who=who, then=Value(rank)) for who, rank in _RANK_OF.items()),
        output_field=IntegerField(),
    )
    found = homes.filter(wanted.q(today, "obligations__"))
    found = found.values(*(name for name in ORDER if name != "rank")).annotate(rank=Min(rank))
    if overdue_since is not None:
        found = found.annotate(first_due=Min("obligations__due_on")).filter(first_due__range=overdue_since)
    return found


def _tried(today: dt.date, wanted: Wanted) -> Exists:
    """In the period of an open obligation nobody was met as often as Practice.tries_before_leader says."""
    in_vain = Visit.objects.in_force().filter(
        household=OuterRef("household"), met=False, day__gte=OuterRef("period_start"), day__lte=today
    )
    times = in_vain.order_by().values("household").annotate(n=Count("pk")).values("n")
    rows = Obligation.objects.filter(wanted.q(today), household=OuterRef("pk"))
    return Exists(
        rows.annotate(tries=Subquery(times)).filter(tries__gte=Practice.on(today).tries_before_leader)
    )


def due_rows(
    *, actor: Any, found: Iterable[Mapping[str, Any]], wanted: Wanted, today: dt.date | None = None
) -> list[DueRow]:
    """The rows of one page, in its order: a constant number of queries, however many there are."""
    today = today or clock.today()
    ids = [each["pk"] for each in found]
    homes = {
        home.pk: home
        for home in Household.objects.filter(pk__in=ids)
        .select_related("group", "territory", "village")
        .annotate(last_pk=_last_visit(), own_pk=_last_visit(actor), promise_pk=_last_word())
        .annotate(lately_pk=_counted(today))
    }
    pressing: dict[int, tuple[int, Obligation]] = {}
    for row in Obligation.objects.filter(wanted.q(today), household__in=ids).order_by("due_on", "pk"):
        rank = OVERDUE if row.due_on < today else _RANK_OF[row.who]
        known = pressing.get(row.household_id)
        if (
            known is None
            or rank < known[0]
            or (rank == known[0] and _RANK_OF[row.who] < _RANK_OF[known[1].who])
        ):
            pressing[row.household_id] = (rank, row)
    rows = [DueRow(homes[pk], SECTIONS[rank], row) for pk, (rank, row) in _in_order(ids, homes, pressing)]
    _add_words(rows, actor)
    _add_tries(rows, today)
    _add_categories(rows, actor, today)
    days = planned_days(ids, today)
    for each in rows:
        led = each.obligation.who == Cadence.SECRETARY
        whose = VisitPlan.SECRETARY if led else VisitPlan.VILLAGE
        each.planned = days.get((each.household.pk, whose))
        each.days_over = max((today - each.obligation.due_on).days, 0)
    return rows


def _in_order(
    ids: list[int], homes: Mapping[int, Any], pressing: Mapping[int, Any]
) -> Iterable[tuple[int, Any]]:
    return ((pk, pressing[pk]) for pk in ids if pk in homes and pk in pressing)


def _last_visit(by: Any = None) -> Subquery:
    """The last visit of all, or the last `by` one person."""
    made = Visit.objects.in_force().filter(household=OuterRef("pk"))
    if by is not None:
        made = made.filter(visitor=by.pk)
    return Subquery(made.latest_first().values("pk")[:1])


def _counted(today: dt.date) -> Subquery:
    """The last visit within LATELY that counts."""
    return Subquery(_made_lately(today).filter(household=OuterRef("pk")).values("pk")[:1])


def _made_lately(today: dt.date) -> QuerySet:
    made = Visit.objects.in_force().filter(counts=True, day__gte=today - LATELY, day__lte=today)
    return made.latest_first()


def lately_at(household: Household, actor: Any) -> Lately | None:
    """As a row of the list says it: to whoever records or reads visits there, so that nobody knocks unknowing."""
    sees = may(actor, "visits.see", household.territory)
    if not sees and not may(actor, "visits.record", household.territory):
        return None
    made = _made_lately(clock.today()).filter(household=household).select_related("visitor").first()
    return _told_lately(made, actor, sees) if made else None


def _told_lately(visit: Visit, actor: Any, sees: bool) -> Lately:
    named = sees or visit.visitor_id == getattr(actor, "pk", None)
    return Lately(visit.day, str(visit.visitor) if named else "")


def _last_word() -> Subquery:
    """The last visit that promised something or settled what was promised."""
    said = Visit.objects.in_force().filter(household=OuterRef("pk"))
    said = said.filter(~Q(promise_kind="") | Q(last_promise="done"))
    return Subquery(said.latest_first().values("pk")[:1])


def _add_words(rows: list[DueRow], actor: Any) -> None:
    """What was said last time; where the actor may not see visits, only what she said herself."""
    homes, me = [each.household for each in rows], getattr(actor, "pk", None)
    sees, records = reach_of(actor, "visits.see"), reach_of(actor, "visits.record")
    for home in homes:
        home.seen, home.hers = sees.covers(home.territory), records.covers(home.territory)
        if not home.seen:
            home.last_pk = home.own_pk if home.hers else None
            home.lately_pk = home.lately_pk if home.hers else None  # without a name: see _told_lately
    wanted = {pk for home in homes for pk in (home.last_pk, home.promise_pk, home.lately_pk) if pk}
    found = Visit.objects.filter(pk__in=wanted).select_related("visitor").prefetch_related("findings")
    visits = {each.pk: each for each in found}
    for each in rows:
        each.last = visits.get(each.household.last_pk)
        made = visits.get(each.household.lately_pk)
        each.lately = _told_lately(made, actor, each.household.seen) if made else None
        promise = visits.get(each.household.promise_pk)
        told = promise and (each.household.seen or (each.household.hers and promise.visitor_id == me))
        each.promise = promise if promise and promise.promise_kind and told else None


def open_promise(household: Household, actor: Any) -> Visit | None:
    """The visit whose promise (上次答应的事) still stands, if the actor may see visits here or promised it herself."""
    if (last := standing_promise(household)) is None:
        return None
    at = household.territory
    own = last.visitor_id == actor.pk and may(actor, "visits.record", at)
    return last if own or may(actor, "visits.see", at) else None


def standing_promise(household: Household) -> Visit | None:
    """The visit whose promise still stands, whoever asks: what of it is told is decided where it is told."""
    said = Visit.objects.in_force().filter(household=household)
    last = said.filter(~Q(promise_kind="") | Q(last_promise="done")).latest_first().first()
    return last if last is not None and last.promise_kind else None


def _add_tries(rows: list[DueRow], today: dt.date) -> None:
    if not rows:
        return
    since = min(each.obligation.period_start for each in rows)
    in_vain: dict[int, list[tuple[dt.date, bool]]] = {}
    found = Visit.objects.in_force().filter(
        household__in=[each.household.pk for each in rows], met=False, day__gte=since, day__lte=today
    )
    for household, day, ours in found.values_list("household", "day", "by_secretary"):
        in_vain.setdefault(household, []).append((day, ours))
    enough = Practice.on(today).tries_before_leader
    for each in rows:
        owed = each.obligation
        each.tries = sum(
            day >= owed.period_start and (ours or owed.who != Cadence.SECRETARY)
            for day, ours in in_vain.get(each.household.pk, ())
        )
        each.for_leader = each.tries >= enough


def _add_categories(rows: list[DueRow], actor: Any, today: dt.date) -> None:
    reach = reach_of(actor, "categories.see")
    seen = {each.household.pk: each for each in rows if reach.covers(each.household.territory)}
    for each in seen.values():
        each.categories = []
    held = Category.objects.on(today).filter(household__in=list(seen)).select_related("kind")
    for category in held.order_by("kind__position", "kind"):
        kinds = seen[category.household_id].categories
        if kinds is not None and category.kind not in kinds:
            kinds.append(category.kind)


@dataclass(frozen=True)
class Calm:
    """The 无事 board: this month's 五必访, visited and nothing open, visited and something open, still to visit."""

    calm: int = 0
    busy: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        return self.calm + self.busy + self.waiting


def calm_board(*, reach: Reach, today: dt.date | None = None) -> Calm:
    """The rows that coverage counts; the three always add up to the total."""
    month = Month.of(today or clock.today())
    nodes = list(Territory.objects.filter(reach.q()).values_list("pk", flat=True))
    rows = owed_in(Cadence.CATEGORY, month).filter(territory__in=nodes)
    busy = Count("pk", filter=Q(trouble=True, discharged_on__isnull=False))
    found = rows.annotate(trouble=in_trouble()).aggregate(
        all=Count("pk"), seen=Count("pk", filter=Q(discharged_on__isnull=False)), busy=busy
    )
    return Calm(found["seen"] - found["busy"], found["busy"], found["all"] - found["seen"])


def counts_by_tab(*, reach: Reach, at: Territory | None, today: dt.date | None = None) -> dict[str, int]:
    """How many households stand behind each tab of the desk's list: each group, and those away for work."""
    today = today or clock.today()
    places = Territory.objects.filter(reach.q())
    nodes = list((places if at is None else places.at(at)).values_list("pk", flat=True))
    rows = Obligation.objects.open().filter(
        period_start__lte=today, household__territory__in=nodes, household__ended_on__isnull=True
    )
    counted = {who: Count("household", distinct=True, filter=Q(who=who)) for who in _RANK_OF}
    return rows.aggregate(**counted, away=Count("household", distinct=True, filter=Q(away=True)))
