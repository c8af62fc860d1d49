"""What people of the demo town asked for: ten matters on their way, each taken through the real verbs on its day."""

import datetime as dt
import random
import uuid
from dataclasses import dataclass
from typing import Any

from appeals import services
from appeals.models import Matter
from core import clock
from core.workdays import Calendar
from grids.models import Household, Post, Territory


@dataclass(frozen=True)
class Asked:
    """`days`: of work before today. `steps`: (days after it was said, who, step, what it takes), who by duty."""

    days: int
    words: str
    about: str
    source: str = "walk_in"
    urgency: str = "days"
    steps: tuple[tuple[int, str, str, dict[str, Any]], ...] = ()


_TAKEN = (0, "worker", "accept", {"grade": "ordinary"})


def _closed(outcome: str, days: int = 1, rating: str = "good") -> tuple[Any, ...]:
    return (
        _TAKEN,
        (days, "worker", "settle", {"words": outcome}),
        (days, "worker", "answer", {"words": "打电话告诉了", "rating": rating}),
    )


ASKED = (
    Asked(30, "问残疾证到期怎么换", "weak", steps=_closed("材料替他送到民政办，证换好了")),
    Asked(24, "组里公厕门坏了", "environment", steps=_closed("换了门锁", days=2)),
    Asked(20, "儿子想在家门口找活干", "work", steps=_closed("介绍到镇上制衣厂，已去上班", days=3)),
    Asked(15, "家门口路面塌了一块，骑车危险", "danger", urgency="now", steps=_closed("当天填平了", days=0)),
    Asked(11, "老人高龄补贴没到账", "old", "hotline", steps=_closed("卡号登错，改好补发了", 2, "fair")),
    Asked(
        7,
        "东头组路灯坏了三盏，晚上老人出门看不见",
        "environment",
        steps=(
            _TAKEN,
            (1, "worker", "note", {"words": "找了电工，配件村里没有"}),
            (1, "worker", "escalate", {"words": "村里电工修不了，要跟供电所要配件"}),
            (2, "secretary", "accept", {"grade": "ordinary"}),
            (3, "secretary", "note", {"words": "供电所说下周送来"}),
        ),
    ),
    Asked(
        3,
        "灌溉渠淤了，开春用不上水",
        "environment",
        "superior",
        "calm",
        steps=((0, "secretary", "accept", {"grade": "complex"}),),
    ),
    Asked(2, "孙女想转到镇中心小学", "learning", steps=(_TAKEN,)),
    Asked(1, "问大病报销要哪些材料", "illness", "hotline"),
    Asked(0, "屋后排水沟堵了，下雨就淹", "danger", urgency="now"),
)


def ask_for_help(place: str) -> int:
    """Let households of one village ask; how many did."""
    village = Territory.objects.get(name=place)
    grid = Territory.objects.at(village).grids().in_order().first()
    homes = list(Household.objects.at(grid).in_order()[: len(ASKED)])
    people = {
        post.duty: post.officer.user
        for post in Post.objects.in_force()
        .filter(territory__in=(grid, village))
        .select_related("officer__user")
        if post.officer.user
    }
    draw, calendar = random.Random(village.code), Calendar()
    last = calendar.last_workday(clock.today())
    for asked, home in zip(ASKED, homes, strict=True):
        day = calendar.add_workdays(last, -asked.days) if asked.days else last
        _ask(asked, home, day, people, draw, calendar)
    return len(ASKED)


def _ask(
    asked: Asked,
    home: Household,
    day: dt.date,
    people: dict[str, Any],
    draw: random.Random,
    calendar: Calendar,
) -> None:
    with clock.stopped_at(_morning(day, 8)):
        matter = services.open_matter(
            actor=people["secretary" if asked.source in ("hotline", "superior") else "worker"],
            uuid=uuid.UUID(int=draw.getrandbits(128), version=4),
            source=asked.source,
            words=asked.words,
            field=asked.about,
            urgency=asked.urgency,
            household=home,
        ).matter
    for hour, (later, duty, step, said) in enumerate(asked.steps, 9):
        on = calendar.add_workdays(day, later) if later else day
        with clock.stopped_at(_morning(on, hour)):
            services.STEPS[step].verb(actor=people[duty], matter=Matter.objects.get(pk=matter.pk), **said)


def _morning(day: dt.date, hour: int) -> dt.datetime:
    """An hour of that day, never later than now: today's part of the story may be told before breakfast."""
    moment = dt.datetime.combine(day, dt.time(hour, 10), tzinfo=clock.SHANGHAI)
    return min(moment, clock.now())
