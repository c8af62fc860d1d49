"""What employment tells people: that some who have begun somewhere are to be asked whether they still work there."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse

from accounts.models import Notice
from accounts.notices import Call, News, register
from accounts.notices.writing import tell_at_once
from core import clock
from grids.duties import DUTIES
from grids.models import Post, Territory
from jobs.models import Match, MatchStep
from jobs.models.words import NOTES_LABOUR

# Who asks lives nearest: the grid's own people; of a grid without anybody who signs in, the village.
_OF_GRID, _OF_VILLAGE = ("worker", "leader"), ("secretary",)
_A_DAY = dt.timedelta(days=1)


def remind_to_ask() -> int:
    """Of everybody whose turn has come since the last day on which people were told; how many notices are new. Safe to
    do again. One person has one notice a day, however many he is to ask after."""
    today = clock.today()
    if Notice.objects.filter(kind=ASK.code, period=str(today)).exists():
        return 0
    if not any(step.match.is_to_be_asked for step in _turns(today)):
        return 0
    with transaction.atomic():
        return tell_at_once(kind=ASK, about=str(today))


def _turns(day: dt.date) -> list[MatchStep]:
    """By the step with which each has begun, of whom people are told on this day: whose turn has come since they were
    told last. A start that was taken back and noted again begins anew."""
    told = _told_before(day)
    later = MatchStep.objects.filter(match=OuterRef("match"), kind="start", pk__gt=OuterRef("pk"))
    rows = MatchStep.objects.filter(~Exists(later), kind="start", match__ask_on__lte=day)
    if told is not None:
        rows = rows.filter(Q(match__ask_on__gt=told) | Q(at__gte=clock.hours_of(told)[0]))
    whole = rows.select_related("match__territory__parent__parent").order_by("pk")
    return [step for step in whole if (told is None or told < _due(step)) and _due(step) <= day]


def _told_before(day: dt.date) -> dt.date | None:
    """The last day before it on which people were told."""
    known = Notice.objects.filter(kind=ASK.code, period__lt=str(day))
    last = known.aggregate(last=Max("period"))["last"]
    return dt.date.fromisoformat(last) if last else None


def _due(step: MatchStep) -> dt.date:
    """The day on which people are told of it: when the months are over, and of what is noted only after them the next
    day, so that all of a day is known when it begins."""
    assert step.match.ask_on is not None  # _turns
    return max(step.match.ask_on, clock.local_date(step.at) + _A_DAY)


def _to_ask(about: str, whom: str) -> Iterator[Call]:
    """Of each who is told that day, how many of them he has not asked yet."""
    homes: dict[Territory, list[Match]] = defaultdict(list)
    for step in _turns(dt.date.fromisoformat(about)):
        homes[step.match.territory].append(step.match)
    places: dict[Territory, list[Match]] = defaultdict(list)
    for home, matches in homes.items():
        place, duties = _near(home)
        if whom in duties:
            places[place] += matches
    asks: dict[int, list[tuple[Territory, list[Match]]]] = defaultdict(list)
    for place, matches in places.items():
        posts = Post.objects.carrying(NOTES_LABOUR).filter(duty=whom, territory=place)
        for user in posts.order_by("pk").values_list("officer__user", flat=True):
            asks[user].append((place, [match for match in matches if match.is_to_be_asked]))
    for user, found in asks.items():
        link = _link([match for _, matches in found for match in matches])
        for place, matches in found:
            yield Call(user, len(matches), f"您是{place.full_name}的{DUTIES[whom].title}", link)


def _link(matches: list[Match]) -> str:
    if len(matches) == 1:
        return reverse("matches:match", args=[matches[0].pk])
    return f"{reverse('matches:matches')}?list=ask"


def _near(grid: Territory) -> tuple[Territory, tuple[str, ...]]:
    """The place whose people ask, and which of its posts."""
    served = Post.objects.carrying(NOTES_LABOUR).filter(duty__in=_OF_GRID, territory=grid).exists()
    village = grid.village
    if served or village is None:
        return grid, _OF_GRID
    return village, _OF_VILLAGE


ASK = News(
    "jobs.ask",
    "该回访了",
    "有 {number} 个推荐上岗的人到日子了，问问还在不在干。",
    {duty: DUTIES[duty].title for duty in (*_OF_GRID, *_OF_VILLAGE)},
    _to_ask,
)


def register_kinds() -> None:
    """Called once, when Django is ready."""
    register(ASK)
