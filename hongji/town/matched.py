"""Whom the demo town sends to which place: at every step of the way, some begun, some kept, some who would not go, and
a job fair that is still to come.

It takes the seekers and open places there are; where there are none it makes a few, so that these pages are never bare.
"""

import datetime as dt
import random
from typing import Any

from core import clock
from core.scope import OPERATOR
from grids.models import Household, Person, Post, Territory
from hongji.town.people import TOWN_CODE
from jobs import services
from jobs.models import Employer, JobFair, Labour, Match, Road, Trade, Vacancy
from jobs.services import Said

SENT = 24  # matches of the last weeks
EARLIER = 5  # of some months ago: begun, and to be asked after by now
LATELY = 20  # days
# title, trade, wage, unit, hours, number, employer, industry
PLACES = (
    ("缝纫工", "缝纫", 4200, "month", "full", 6, "金安服饰厂", "工厂"),
    ("包装工", "普工", 130, "day", "full", 8, "金安服饰厂", "工厂"),
    ("茶园采摘", "种植", 100, "day", "season", 15, "山口茶叶合作社", "农业"),
    ("保洁员", "保洁", 2600, "month", "full", 3, "洪集镇卫生院", "学校、医院"),
    ("帮厨", "餐饮", 3200, "month", "full", 2, "集上人家饭店", "餐饮"),
    ("护理员", "养老护理", 3800, "month", "full", 4, "洪集敬老院", "家政、养老"),
    ("接送孩子做饭", "家政", 1600, "month", "half", 2, "镇上双职工家庭", "家政、养老"),
)
NOS = (("far", ""), ("care", "孙子上小学，中午要烧饭"), ("wage", ""), ("hours", ""), ("other", "先看看别处"))


def send_to_work(hero: str) -> tuple[int, int]:
    """How many were sent, and how many of them work there."""
    draw = random.Random(61)
    village = Territory.objects.villages().get(name=hero)
    if not Vacancy.objects.open().exists():
        _offer(village)
    if not Labour.objects.filter(until__isnull=True).seeking().exists():
        _register(draw)
    _lay_roads(draw)
    secretaries = _secretaries()
    _earlier(draw, village)
    _lately(draw, secretaries)
    _call_a_fair(village, secretaries.get(village.pk))
    return Match.objects.count(), Match.objects.placed().count()


def _secretaries() -> dict[int, Any]:
    """The account of each village's secretary."""
    posts = Post.objects.in_force().filter(duty="secretary", officer__user__isnull=False)
    return {post.territory_id: post.officer.user for post in posts.select_related("officer__user")}


def _offer(village: Territory) -> None:
    town = Territory.objects.get(code=TOWN_CODE)
    for title, trade, wage, unit, hours, number, name, industry in PLACES:
        employer = Employer.objects.filter(name=name).first()
        if employer is None:
            said = {"territory": town, "industry": industry, "contact": "洪集人", "made_at": clock.now()}
            employer = Employer(name=name, state=Employer.APPROVED, **said)
            employer.set_phone("19900008888")
            employer.save()
        Vacancy.objects.create(
            employer=employer,
            territory=town,
            title=title,
            trade=Trade.objects.get(name=trade),
            number=number,
            wage_low=wage,
            unit=unit,
            hours=hours,
            village=village,
            place="洪集镇",
            until=clock.today() + dt.timedelta(days=60),
            state=Vacancy.OPEN,
            made_at=clock.now(),
        )


def _register(draw: random.Random) -> None:
    trades = list(Trade.objects.filter(name__in={place[1] for place in PLACES}))
    for number, person in enumerate(_grown_ups()):
        if number % 5 == 0:
            services.note_labour(
                actor=OPERATOR,
                person=person,
                day=clock.today() - dt.timedelta(days=LATELY + 10),
                status=Labour.IDLE,
                wish=Labour.SEEKS,
                wage=draw.choice((2000, 2500, 3000, 3500)),
                distance=draw.choice((None, 10, 30)),
                hours=draw.choice(("", "", "full", "half")),
                trades=draw.sample(trades, 2),
            )


def _grown_ups() -> Any:
    today = clock.today()
    born = (dt.date(today.year - 54, 1, 1), dt.date(today.year - 22, 1, 1))
    return Person.objects.present().filter(birth_date__range=born).order_by("pk")


def _lay_roads(draw: random.Random) -> None:
    """Between all villages, where the town has none written down."""
    villages = list(Territory.objects.villages().order_by("pk"))
    if Road.objects.exists():
        return
    pairs = [(one, other) for place, one in enumerate(villages) for other in villages[place + 1 :]]
    Road.objects.bulk_create(Road(one=one, other=other, km=draw.randint(2, 14)) for one, other in pairs)


def _earlier(draw: random.Random, village: Territory) -> None:
    """Begun months ago, before anybody had an account: some were asked and had stayed, one has left, the others are to
    be asked now."""
    homes = Household.objects.filter(village=village)
    people = _grown_ups().filter(household__in=homes, labour__isnull=True)[:EARLIER]
    for number, person in enumerate(people):
        day = clock.today() - dt.timedelta(days=112 + 9 * number)
        with clock.stopped_at(clock.at_noon(day)):
            services.note_labour(actor=OPERATOR, person=person, status=Labour.IDLE, wish=Labour.SEEKS)
            found = services.best_for(OPERATOR, person)
            if not found or not found.best:
                continue
            vacancy = Vacancy.objects.get(pk=draw.choice(found.best[:3]).offer.vacancy)
            match = services.recommend(actor=OPERATOR, person=person, vacancy=vacancy)
            match = services.start(actor=OPERATOR, match=match)
        assert match.ask_on is not None
        with clock.stopped_at(clock.at_noon(match.ask_on)):
            if number in (2, 3):
                services.keep(actor=OPERATOR, match=match)
            elif number == 4:
                services.leave(actor=OPERATOR, match=match, said=Said(reason="care", words="回来带孙子"))


def _lately(draw: random.Random, secretaries: dict[int, Any]) -> None:
    """The best place for one seeker after another, and on with each to where its turn says."""
    rows = Labour.objects.filter(until__isnull=True).living().seeking()
    seekers = list(rows.select_related("person__household__territory").order_by("pk")[: 3 * SENT])
    draw.shuffle(seekers)
    sent = 0
    for row in seekers:
        secretary = secretaries.get(row.person.household.village_id)
        day = max(row.since, clock.today() - dt.timedelta(days=draw.randrange(2, LATELY)))
        if secretary is None or sent >= SENT or day >= clock.today():
            continue
        with clock.stopped_at(clock.at_noon(day)):
            found = services.best_for(secretary, row.person)
            if not found or not found.best:
                continue
            vacancy = Vacancy.objects.get(pk=draw.choice(found.best[:4]).offer.vacancy)
            match = services.recommend(actor=secretary, person=row.person, vacancy=vacancy)
        with clock.stopped_at(clock.at_noon(min(day + dt.timedelta(days=1), clock.today()))):
            _on(sent, secretary, match)
        sent += 1


def _on(turn: int, secretary: Any, match: Match) -> None:
    """As far as its turn says; every third still waits to be called."""
    way = turn % 6
    if way == 0:
        return
    if way == 1:
        services.miss(actor=secretary, match=match)
        return
    services.contact(actor=secretary, match=match)
    if way == 2:
        reason, words = NOS[turn // 6 % len(NOS)]
        services.decline(actor=secretary, match=match, said=Said(reason=reason, words=words))
    elif way == 3:
        services.interview(actor=secretary, match=match)
    elif way == 4:
        services.start(actor=secretary, match=match)


def _call_a_fair(village: Territory, secretary: Any) -> None:
    """In a week, with the places that have room; nobody is sent yet."""
    if secretary is None:
        return
    fair = JobFair(
        territory=village,
        title=f"{village}就业援助招聘会",
        day=clock.today() + dt.timedelta(days=7),
        place="村部广场",
    )
    services.save_fair(actor=secretary, fair=fair, vacancies=list(Vacancy.objects.open().with_room()[:6]))
