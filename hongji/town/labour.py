"""The labour register of the demo town: about seven in ten of working age, a spread as villages of this size have it,
the rest still to be registered; a few were not asked for long, and visits have told of some.

What was noted before today is written in bulk, with its history as the verb leaves it; what visits tell goes through
record_visit.
"""

import datetime as dt
import random
import uuid
from functools import partial
from typing import Any

from simple_history.utils import bulk_create_with_history

from core import clock
from core.periods import Month
from grids.models import Category, Person, Post, Territory
from hongji.town.points import Story
from jobs import services
from jobs.models import Labour, Skill, Trade
from jobs.services import of_working_age
from visits import services as visits

REGISTERED = 0.7
LONG_AGO = 0.08  # of the registered, who was not asked since spring
# status, how many of a hundred, where and at whom, how many of them want work or another work
STATUSES: tuple[tuple[str, int, tuple[str, ...], tuple[str, ...], float], ...] = (
    (
        Labour.NEAR,
        24,
        ("镇上", "区里开发区", "本村"),
        ("顺发机械厂", "新风制衣", "镇卫生院食堂", "茶厂"),
        0.15,
    ),
    (
        Labour.AWAY,
        30,
        ("江苏苏州", "浙江宁波", "上海", "合肥", "浙江嘉兴"),
        ("电子厂", "建筑工地", "物流园"),
        0.2,
    ),
    (Labour.FARM, 18, ("",), ("",), 0.2),
    (Labour.IDLE, 12, ("",), ("",), 0.7),
    (Labour.OWN, 8, ("镇上", "本村"), ("自家小店", "农家乐", "养殖场"), 0.0),
    (Labour.SCHOOL, 4, ("",), ("",), 0.0),
    (Labour.UNABLE, 4, ("",), ("",), 0.0),
)
SUBSIDIES = ("公益性岗位补贴", "一次性求职补贴", "脱贫劳动力务工补贴")


def register_labour(hero: str) -> int:
    """Fill the register of the whole town, then let a few visits in `hero` tell of more; how many are in it."""
    draw = random.Random("labour")
    people = list(
        Person.objects.present()
        .filter(of_working_age(clock.today()))
        .select_related("household__territory__parent")
        .order_by("pk")
    )
    noted = _signers()
    rows = [_row(draw, person, noted) for person in people if draw.random() < REGISTERED]
    rows = bulk_create_with_history(rows, Labour)
    _lists(draw, rows)
    _ask_first(hero)
    _tell(draw, hero)
    return Labour.objects.filter(until__isnull=True).count()


def _signers() -> dict[int, Any]:
    """By grid, its worker; he notes."""
    posts = Post.objects.in_force().filter(duty="worker", officer__user__isnull=False)
    return {post.territory_id: post.officer.user for post in posts.select_related("officer__user")}


def _row(draw: random.Random, person: Person, noted: dict[int, Any]) -> Labour:
    weights = [each[1] for each in STATUSES]
    status, _, places, employers, seek = draw.choices(STATUSES, weights)[0]
    start = Month.of(clock.today()).previous.first
    since = start + dt.timedelta(days=draw.randrange(1, 20))
    if draw.random() < LONG_AGO:
        since = since - dt.timedelta(days=240)
    seeks = draw.random() < seek
    row = Labour(
        person=person,
        household=person.household,
        territory=person.household.territory,
        since=since,
        status=status,
        place=draw.choice(places),
        employer=draw.choice(employers),
        health=draw.choices(("good", "weak", "chronic", "disabled", ""), (70, 8, 8, 4, 10))[0],
        noted_at=clock.at_noon(since),
        noted_by=noted.get(person.household.territory_id),
    )
    if seeks:
        working = status in (Labour.NEAR, Labour.AWAY, Labour.OWN)
        row.wish = Labour.CHANGES if working else Labour.SEEKS
        row.wage = draw.choice((2500, 3000, 3500, 4000, 4500, 5000, 6000))
        row.distance = draw.choice((3, 10, 30, None))
        row.hours = draw.choice(("full", "half", "season", ""))
        row.care = draw.choice(("", "", "child", "elder"))
        row.limits = draw.choice(([], [], ["lift"], ["night"], ["stand"]))
    if draw.random() < 0.06:
        row.subsidy = draw.choice(SUBSIDIES)
    return row


def _lists(draw: random.Random, rows: list[Labour]) -> None:
    """Trades that are wished and skills that are there, and what some want to learn."""
    trades, skills = list(Trade.objects.offered()), list(Skill.objects.offered())
    wished: list[Any] = []
    had: list[Any] = []
    for row in rows:
        if row.is_seeking:
            for trade in draw.sample(trades, draw.choice((1, 1, 2))):
                wished.append(Labour.trades.through(labour_id=row.pk, trade_id=trade.pk))
            if draw.random() < 0.25:
                Labour.objects.filter(pk=row.pk).update(learns=draw.choice(skills))
        if row.status in Labour.ABLE and draw.random() < 0.4:
            for skill in draw.sample(skills, draw.choice((1, 1, 2))):
                had.append(Labour.skills.through(labour_id=row.pk, skill_id=skill.pk))
    Labour.trades.through.objects.bulk_create(wished)
    Labour.skills.through.objects.bulk_create(had)


def _ask_first(hero: str) -> None:
    """In one household of `hero` that is on 低保 and where nobody works, somebody looks for work: it comes first."""
    homes = Category.objects.in_force().filter(kind__code="lowincome", household__village__name=hero)
    noted = Labour.objects.filter(until__isnull=True, household__in=homes.values("household"))
    able = noted.filter(status__in=Labour.ABLE).exclude(household__in=noted.in_work().values("household"))
    row = able.select_related("person", "noted_by").order_by("pk").first()
    if row is None:
        return
    with clock.stopped_at(clock.at_noon(clock.today() - dt.timedelta(days=4))):
        services.note_labour(
            actor=row.noted_by,
            person=row.person,
            status=Labour.IDLE,
            wish=Labour.SEEKS,
            distance=10,
            trades=Trade.objects.filter(name__in=("缝纫", "种植")),
        )


def _tell(draw: random.Random, hero: str) -> None:
    """On two visits of yesterday somebody says what is so now, on two others somebody named asks for work."""
    village = Territory.objects.villages().get(name=hero)
    worker = Post.objects.in_force().filter(duty="worker", territory__parent=village).order_by("pk").first()
    assert worker is not None  # every demo village has its grid workers
    by, grid = worker.officer.user, worker.territory
    people = Person.objects.present().at(grid).filter(of_working_age(clock.today()))
    by_home = {person.household_id: person for person in people.select_related("household").order_by("-pk")}
    chosen = list(by_home.values())[:4]
    story, day = Story(), clock.today() - dt.timedelta(days=1)

    def visit(person: Person, **said: Any) -> None:
        name = uuid.UUID(int=draw.getrandbits(128), version=4)
        visits.record_visit(actor=by, uuid=name, household=person.household, happened_at=clock.now(), **said)

    for hour, person in enumerate(chosen[:2], 9):
        told = {"person": person.pk, "status": Labour.IDLE, "wish": Labour.SEEKS}
        story.at(day, hour, partial(visit, person, labour=[told]))
    for hour, person in enumerate(chosen[2:], 14):
        need = {"kind": "need", "detail": services.WANTS_WORK, "words": "想在镇上找个活", "person": person.pk}
        story.at(day, hour, partial(visit, person, findings=[need]))
    story.tell()
