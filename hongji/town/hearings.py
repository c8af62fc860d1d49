"""Meetings of the demo village and what was asked for there, and two petitions on the road of the law."""

import datetime as dt
import random
import uuid
from typing import Any

from appeals import services
from appeals.services import PETITION_STEPS, Need
from core import clock
from core.workdays import Calendar
from grids.models import Household, Officer, Person, Post, Territory

# Days before today: received, told that it is taken up (None: not yet), and what it is about.
PETITIONS = (
    (26, 17, "修路占了菜地，补偿款还没到手", "要求按面积补发补偿款，附土地证复印件"),
    (13, None, "邻家盖房挡了采光，村里调了两回没调成", "要求镇里处理，来信一封"),
)


def hold_meetings(place: str) -> int:
    """One 板凳会 of a grid and one 议事会 of the village; how many."""
    village = Territory.objects.get(name=place)
    grid = Territory.objects.at(village).grids().in_order().first()
    homes = list(Household.objects.at(grid).in_order()[:8])
    heads = [Person.objects.filter(household=home).order_by("pk").first() for home in homes]
    draw, calendar = random.Random(f"meetings {village.code}"), Calendar()
    bench = {
        "kind": "bench",
        "territory": grid,
        "group": homes[0].group,
        "place": f"{homes[0].head_name}家门口",
        "topics": "讲了明年的医保怎么交、冬天用电用火要注意什么；上次说的路灯，供电所下周来换。",
        "attendees": heads[:6],
        "others": 4,
        "needs": [
            Need(words="组里的水井盖子裂了，怕小孩掉下去", person=heads[1], field="danger", urgency="now"),
            Need(words="想请农技员来讲一次油菜怎么管", person=heads[3], field="work", urgency="calm"),
        ],
    }
    council = {
        "kind": "council",
        "territory": village,
        "place": "村部会议室",
        "topics": "议了公厕谁来打扫、每户出多少钱；下次会上定。",
        "attendees": heads[2:8],
        "others": 11,
        "needs": [Need(words="文化广场的灯晚上八点就关，能不能晚一点", caller="跳舞的几位", field="other")],
    }
    for days, duty, at, said in ((9, "leader", grid, bench), (3, "secretary", village, council)):
        day = calendar.last_workday(clock.today() - dt.timedelta(days=days))
        led_by = Post.objects.in_force().get(duty=duty, territory=at).officer
        _hold(led_by, day, draw, said)
    return 2


def _hold(led_by: Officer, day: dt.date, draw: random.Random, said: dict[str, Any]) -> None:
    with clock.stopped_at(dt.datetime.combine(day, dt.time(20, 40), tzinfo=clock.SHANGHAI)):
        services.hold_meeting(
            actor=led_by.user,
            uuid=uuid.UUID(int=draw.getrandbits(128), version=4),
            held_on=day,
            started_at=dt.time(19, 0),
            led_by=led_by,
            **said,
        )


def petition(place: str, office: Any) -> int:
    """Two of the village's people petition; the office for it has taken up one. How many."""
    village = Territory.objects.get(name=place)
    homes = list(Household.objects.at(village).in_order().order_by("-number")[: len(PETITIONS)])
    draw, calendar = random.Random(f"petitions {village.code}"), Calendar()
    for home, (received, taken_up, words, asks) in zip(homes, PETITIONS, strict=True):
        with clock.stopped_at(_morning(received, calendar)):
            matter = services.open_matter(
                actor=office,
                uuid=uuid.UUID(int=draw.getrandbits(128), version=4),
                source="walk_in",
                words=words,
                field="dispute",
                household=home,
            ).matter
            services.register_petition(actor=office, matter=matter, words=asks)
            _take_on(matter, village)
        if taken_up is not None:
            with clock.stopped_at(_morning(taken_up, calendar)):
                told = "当面送达告知书，洪信告〔2026〕12号"
                PETITION_STEPS["notify"].verb(actor=office, matter=matter, words=told)
    return len(PETITIONS)


def _take_on(matter: Any, village: Territory) -> None:
    """The secretary has it in hand, with a plan: the law's periods are longer than the town's promise."""
    secretary = _holder("secretary", village)
    services.dispatch(
        actor=_holder("office", village.parent), matter=matter, to=secretary, words="先去两家问清楚"
    )
    services.take(actor=secretary, matter=matter)
    due = clock.today() + dt.timedelta(days=55)
    services.set_plan(actor=secretary, matter=matter, words="量地、查账，跟两边都谈", due_on=due)


def _holder(duty: str, place: Territory) -> Any:
    return Post.objects.in_force().get(duty=duty, territory=place).officer.user


def _morning(days: int, calendar: Calendar) -> dt.datetime:
    day = calendar.last_workday(clock.today() - dt.timedelta(days=days))
    return dt.datetime.combine(day, dt.time(9, 20), tzinfo=clock.SHANGHAI)
