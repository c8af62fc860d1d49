"""What people of the demo town fell out over: a few disputes in each village, each taken through the real verbs."""

import datetime as dt
import random
import uuid
from dataclasses import dataclass
from typing import Any

from core import clock
from core.periods import Month
from disputes import services
from disputes.models import Dispute, Party
from grids.models import Household, Post, Territory


@dataclass(frozen=True)
class Fallen:
    """`days` before today it was noticed. `steps`: (days after that, step, what it takes), all by the secretary."""

    days: int
    words: str
    kind: str
    source: str = "screening"
    major: bool = False
    people: int = 2
    steps: tuple[tuple[int, str, dict[str, Any]], ...] = ()


TAKEN: tuple[int, str, dict[str, Any]] = (1, "accept", {})
FALLEN = (
    Fallen(
        24,
        "两家院墙搭界，翻修时砌过去半尺",
        "housing",
        steps=(
            TAKEN,
            (3, "measure", {"words": "请两家到现场拉线量过"}),
            (9, "settle", {"words": "拆了重砌，各退一尺，工钱两家平摊", "feedback": "两家都满意"}),
        ),
    ),
    Fallen(
        26,
        "抽水灌田先后争不拢，吵了两回",
        "land",
        people=6,
        steps=(
            TAKEN,
            (2, "measure", {"words": "开了板凳会，排了放水的日子"}),
            (12, "review", {"words": "按排的日子放，暂时没再吵"}),
        ),
    ),
    Fallen(
        19,
        "兄弟两个为老人轮流住的事不来往",
        "marriage",
        steps=(TAKEN, (4, "refuse", {"words": Party.SECOND})),
    ),
    Fallen(
        9,
        "修路压了田埂，要村里给说法",
        "village",
        "asked",
        major=True,
        people=12,
        steps=((0, "accept", {}), (1, "measure", {"words": "和施工队说好，先停两天"})),
    ),
    Fallen(3, "鸡进菜地，两家吵到半夜", "neighbours", "asked"),
)
EACH = 3  # disputes of a village that is not the first one
TICKED = 3  # households of a village that are ticked


def fall_out(hero: str) -> int:
    """Let households of every village fall out, most of all in `hero`; how many disputes."""
    made = 0
    posts = Post.objects.in_force().filter(duty="secretary", officer__user__isnull=False)
    by_village = {post.territory_id: post.officer.user for post in posts.select_related("officer__user")}
    for village in Territory.objects.villages().in_order():
        draw = random.Random(f"quarrels {village.code}")
        told = FALLEN if village.name == hero else draw.sample(FALLEN, EACH)
        homes = list(Household.objects.at(village).present().in_order().select_related("territory__parent"))
        for fallen in told:
            first = draw.randrange(len(homes) - 1)
            fall(fallen, homes[first], homes[first + 1], by_village[village.pk], draw)
            made += 1
        _screen(village, by_village[village.pk])
    return made


def fall(fallen: Fallen, one: Household, other: Household, secretary: Any, draw: random.Random) -> Dispute:
    """Let these two fall out, and the secretary take the steps that are told of it."""
    today = clock.today()
    found = today - dt.timedelta(days=fallen.days)
    sides = ((Party.FIRST, one), (Party.SECOND, other))
    with clock.stopped_at(at_hour(found, 8)):
        dispute = services.open_dispute(
            actor=secretary,
            uuid=uuid.UUID(int=draw.getrandbits(128), version=4),
            territory=one.territory,
            words=fallen.words,
            parties=[
                services.Named(side, home.people.filter(relation="户主").first(), home.head_name)
                for side, home in sides
            ],
            people=fallen.people,
            major=fallen.major,
            source=fallen.source,
            kind=fallen.kind,
        ).dispute
    for hour, (later, step, said) in enumerate(fallen.steps, 9):
        with clock.stopped_at(at_hour(min(found + dt.timedelta(days=later), today), hour)):
            dispute = Dispute.objects.get(pk=dispute.pk)
            services.STEPS[step].verb(actor=secretary, dispute=dispute, **said)
    return Dispute.objects.get(pk=dispute.pk)


def _screen(village: Territory, secretary: Any) -> None:
    """A project and an affair of the village, one of them looked at; some of its households ticked."""
    month = Month.of(clock.today())
    subjects = [
        services.add_subject(actor=secretary, village=village, name=name, kind=kind, since=month.first)
        for name, kind in (("进村路加宽", "project"), ("土地流转分红", "affair"))
    ]
    services.look_at_subject(actor=secretary, subject=subjects[0], month=month, words="占地的都谈好了")
    left = services.homes_to_look_at(village, month).in_order().values_list("pk", flat=True)[:TICKED]
    services.tick_seen(actor=secretary, households=left, month=month)


def at_hour(day: dt.date, hour: int) -> dt.datetime:
    """An hour of that day, never later than now: today's part of the story may be told before breakfast."""
    moment = dt.datetime.combine(day, dt.time(hour, 40), tzinfo=clock.SHANGHAI)
    return min(moment, clock.now())
