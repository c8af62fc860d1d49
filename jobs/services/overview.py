"""就业一览: who wants work by trade and by village, how many places are open, what came of those who were sent."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncMonth

from core import clock
from core.periods import Month
from grids.models import Territory
from jobs.models import Match, MatchStep, Trade, Vacancy
from jobs.models.words import SEES
from jobs.services.first import homes_to_help_first
from jobs.services.matching import load_offers
from jobs.services.registering import registered

MONTHS = 12


@dataclass(frozen=True)
class TradeLine:
    """One trade: who wants to do it, and how many places of it are free."""

    name: str
    seekers: int
    room: int


@dataclass(frozen=True)
class Cohort:
    """Who was sent in one month, and what has come of it until today. `due`: has begun, and is to have been asked."""

    month: Month
    sent: int = 0
    began: int = 0
    due: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Overview:
    """The figures of one reader, or of one place of his."""

    seekers: int
    first: int
    """Of them, in households that come first."""
    nameless: int
    """Of them, who named no trade."""
    room: int
    running: int
    working: int
    kept: int
    trades: list[TradeLine]
    villages: list[tuple[Territory, int]]
    cohorts: list[Cohort]
    reasons: list[tuple[str, int]]
    """Why nothing came of it, in these months: what the town can help with."""


def overview(actor: Any, place: Territory | None = None) -> Overview:
    """All figures; the same number of questions for a village and for the town. Open places are everybody's."""
    seeking = registered(actor).seeking()
    matches = Match.objects.visible_to(actor, SEES)
    if place is not None:
        seeking, matches = seeking.at(place), matches.at(place)
    offers = load_offers(Vacancy.objects.open())
    room: dict[int, int] = {}
    for offer in offers:
        room[offer.trade] = room.get(offer.trade, 0) + offer.room
    homes = set(homes_to_help_first())
    households = list(seeking.order_by().values_list("person__household", flat=True))
    states = dict(matches.order_by().values_list("state").annotate(Count("pk")))
    cohorts = _cohorts(matches)
    return Overview(
        seekers=len(households),
        first=sum(household in homes for household in households),
        nameless=seeking.filter(trades__isnull=True).count(),
        room=sum(room.values()),
        running=sum(states.get(state, 0) for state in Match.RUNNING),
        working=sum(states.get(state, 0) for state in (Match.STARTED, Match.KEPT)),
        kept=states.get(Match.KEPT, 0),
        trades=_trades(seeking, room),
        villages=_villages(seeking),
        cohorts=cohorts,
        reasons=_reasons(matches, cohorts[0].month.first),
    )


def _trades(seeking: Any, room: dict[int, int]) -> list[TradeLine]:
    """In the town's order; trades that nobody wants and nobody offers are left out."""
    wanted = dict(
        seeking.order_by()
        .filter(trades__isnull=False)
        .values_list("trades")
        .annotate(Count("pk", distinct=True))
    )
    return [
        TradeLine(trade.name, wanted.get(trade.pk, 0), room.get(trade.pk, 0))
        for trade in Trade.objects.all()
        if wanted.get(trade.pk) or room.get(trade.pk)
    ]


def _villages(seeking: Any) -> list[tuple[Territory, int]]:
    """In the order of the plan."""
    counted = dict(seeking.order_by().values_list("person__household__village").annotate(Count("pk")))
    rows = Territory.objects.filter(pk__in=counted).in_order()
    return [(village, counted[village.pk]) for village in rows]


def _cohorts(matches: Any) -> list[Cohort]:
    months = [Month.of(clock.today())]
    while len(months) < MONTHS:
        months.insert(0, months[0].previous)
    kept = Exists(MatchStep.objects.keeping().filter(match=OuterRef("pk")))
    rows = matches.filter(day__gte=months[0].first).exclude(state=Match.DROPPED).annotate(was_kept=kept)
    began = Q(started_on__isnull=False)
    due = began & (Q(ask_on__lte=clock.today()) | Q(state__in=(Match.KEPT, Match.LEFT)))
    counted = (
        rows.order_by()
        .values(month=TruncMonth("day"))
        .annotate(
            sent=Count("pk"),
            began=Count("pk", filter=began),
            due=Count("pk", filter=due),
            kept=Count("pk", filter=Q(was_kept=True)),
        )
    )
    found: dict[dt.date, Any] = {each.pop("month"): each for each in counted}
    return [Cohort(month, **found.get(month.first, {})) for month in months]


def _reasons(matches: Any, since: dt.date) -> list[tuple[str, int]]:
    ended = (Match.UNWILLING, Match.NOT_TAKEN, Match.LEFT)
    rows = matches.filter(state__in=ended, day__gte=since).exclude(reason="")
    counted = dict(rows.order_by().values_list("reason").annotate(Count("pk")))
    return [(title, counted[code]) for code, title in Match.REASONS if counted.get(code)]
