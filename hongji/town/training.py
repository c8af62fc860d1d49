"""What the demo town sets up for employment: centres that are open, a year's courses, posts that go round, a company.

Every step goes through the real verbs, most with the clock held at its day, so that each page has something of every
kind: a course that is over with certificates, one that runs, one nobody has enrolled for; a term that ends soon.
"""

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import User
from core import clock
from core.periods import Month, Quarter
from grids.models import Household, Officer, Person, Post, Territory
from jobs.models import (
    Centre,
    Company,
    Course,
    Labour,
    Order,
    PlannedCourse,
    Skill,
    Trade,
    WelfarePost,
    WelfareTerm,
)
from jobs.services import centres, company, note_labour, training, welfare

SEED = 2026
CENTRES = 4  # villages that have one
HELPS = ("登记求职", "帮着打电话问厂里", "看招工信息", "问社保怎么转", "报名培训", "办就业登记")
# skill, people, who holds it
PLANNED = (("焊工证", 15, "区人社局"), ("面点", 18, "镇人社所"), ("果树、茶叶", 20, "镇农业办"))
POSTS = (("保洁员", "扫村道、清垃圾桶", 3, 500), ("护林员", "巡山、劝阻野外用火", 2, 600))
ADULTS = (25, 60)


def open_centres(hero: str) -> tuple[int, int, int]:
    """Centres, courses and public-welfare posts of the town; the most of each in the village of this name."""
    draw = random.Random(SEED)
    village = Territory.objects.get(name=hero)
    secretary = _secretary(village)
    opened = _open(draw, [village, *Territory.objects.villages().exclude(pk=village.pk)[: CENTRES - 1]])
    people = _grown(village)
    draw.shuffle(people)
    courses = _teach(village, secretary, people[:14])
    posts = _give_posts(village, secretary, people[14:22])
    _take_orders(village, secretary, people[22:30])
    return opened, courses, posts


def _secretary(village: Territory) -> User:
    user = Post.objects.in_force().get(territory=village, duty="secretary").officer.user
    assert user is not None  # the demo opens an account for each of them
    return user


def _grown(village: Territory) -> list[Person]:
    """People of working age, one of a household."""
    today = clock.today()
    first, last = (today.replace(day=1, year=today.year - age) for age in reversed(ADULTS))
    homes = Household.objects.present().filter(village=village).order_by("pk")
    rows = Person.objects.present().filter(household__in=homes, birth_date__gte=first, birth_date__lte=last)
    found = {row.household_id: row for row in rows.select_related("household__territory").order_by("-pk")}
    return [found[key] for key in sorted(found)]


@contextmanager
def _on(day: dt.date, hour: int = 10) -> Iterator[None]:
    """With the clock at that hour of a day that is over."""
    with clock.stopped_at(dt.datetime.combine(day, dt.time(hour, 20), tzinfo=clock.SHANGHAI)):
        yield


def _open(draw: random.Random, villages: list[Territory]) -> int:
    """Centres since last month, two assistants each, open on three of four workdays."""
    today = clock.today()
    begun = Month.of(today).previous.first  # since then the demo's secretaries hold their posts
    for number, village in enumerate(villages):
        secretary = _secretary(village)
        row = Centre(
            territory=village, address="村部一楼便民大厅", hours="周一到周五 上午 8:30—11:30", since=begun
        )
        centre = centres.save_centre(actor=secretary, centre=row, phone=f"199000080{number:02d}")
        workers = Post.objects.in_force().at(village).filter(duty="worker").order_by("pk")
        helpers = list(Officer.objects.filter(pk__in=workers.values("officer")).order_by("pk")[:2])
        for place, helper in enumerate(helpers):
            centres.add_assistant(
                actor=secretary, centre=centre, officer=helper, since=begun, full_time=place == 0
            )
        for back in range((today - begun).days, 0, -1):
            day = today - dt.timedelta(days=back)
            if day.weekday() < 5 and draw.random() < 0.75:
                with _on(day):
                    centres.note_opening(
                        actor=secretary,
                        centre=centre,
                        day=day,
                        keeper=draw.choice(helpers),
                        visitors=draw.randrange(7),
                        words=draw.choice(HELPS),
                    )
    return len(villages)


def _teach(village: Territory, secretary: User, people: list[Person]) -> int:
    """One course that is over, one that runs, one that begins in five days and has nobody yet."""
    today = clock.today()
    starts = (today - dt.timedelta(days=18), today - dt.timedelta(days=2), today + dt.timedelta(days=5))
    courses = []
    for (name, number, organiser), first in zip(PLANNED, starts, strict=True):
        skill = Skill.objects.get(name=name)
        line = training.save_plan(
            actor=secretary,
            line=PlannedCourse(
                territory=village,
                year=first.year,
                quarter=Quarter.of(first).number,
                skill=skill,
                people=number,
                organiser=organiser,
            ),
        )
        row = Course(
            territory=village,
            plan=line,
            title=f"{name.replace('证', '')}培训班",
            skill=skill,
            first=first,
            last=first + dt.timedelta(days=4),
            place="村部会议室",
            organiser=organiser,
            places=18,
        )
        with _on(min(first, today) - dt.timedelta(days=10)):
            courses.append(training.plan_course(actor=secretary, course=row))
    for course, seats in ((courses[0], people[:8]), (courses[1], people[6:12])):
        _hold(course, secretary, seats)
    for person in people[12:]:
        learns = courses[2].skill
        note_labour(actor=secretary, person=person, status=Labour.FARM, learns=learns)
    return len(courses)


def _hold(course: Course, secretary: User, people: list[Person]) -> None:
    """Everybody on the roster came to the days that are over but one; who came to all of a course has a certificate."""
    with _on(course.first - dt.timedelta(days=3)):
        rows = [training.enrol(actor=secretary, course=course, person=person) for person in people]
    for number, day in enumerate(training.days_of(course)):
        if day < clock.today() - dt.timedelta(days=1):
            with _on(day, 17):
                training.call_roll(actor=secretary, course=course, day=day, came=rows[min(number, 2) :])
    given = course.last + dt.timedelta(days=3)
    # Noted today: what the register says of somebody's work since then is not written over from before.
    for number, row in enumerate(rows[2:], 1) if given < clock.today() else ():
        said = f"HJ{course.first:%Y}{course.pk:02d}{number:03d}"
        training.certify(actor=secretary, trainee=row, number=said, day=given)


def _give_posts(village: Territory, secretary: User, people: list[Person]) -> int:
    """Of each post one term that ends within a month and one that has begun; the last people wait for their turn."""
    today = clock.today()
    posts = []
    for place, (title, duty, number, wage) in enumerate(POSTS):
        row = WelfarePost(
            territory=village, title=title, duty=duty, number=number, wage=wage, document="村民代表会议决定"
        )
        post = welfare.set_post(actor=secretary, post=row)
        posts.append(post)
        ends = (today + dt.timedelta(days=20 + 25 * place), None)
        begins = (today - dt.timedelta(days=330), today - dt.timedelta(days=30))
        for person, since, until in zip(people[place * 2 :], begins, ends, strict=False):
            term = welfare.give_post(actor=secretary, post=post, person=person, since=since, until=until)
            # Noted on its first day: what was noted today may be taken back, which these were not given for.
            WelfareTerm.objects.filter(pk=term.pk).update(noted_at=clock.hours_of(since)[0])
    for person in people[4:]:
        note_labour(actor=secretary, person=person, status=Labour.IDLE, wish=Labour.SEEKS)
    return len(posts)


def _take_orders(village: Territory, secretary: User, people: list[Person]) -> None:
    """One order that is paid, one that is done and not, one that is to come."""
    today = clock.today()
    row = Company(
        territory=village,
        name=f"{village.name}劳务服务有限公司",
        contact=secretary.name,
        since=today - dt.timedelta(days=60),
    )
    firm = company.save_company(actor=secretary, company=row, phone="19900008888")
    orders = (
        ("江淮果业", "摘梨", "种植", 20, 6, 120),
        ("洪集粮站", "装卸稻谷", "搬运、装卸", 9, 5, 160),
        ("区园林公司", "栽行道树", "种植", -6, 4, 130),
    )
    for client, title, trade, ago, days, pay in orders:
        first = today - dt.timedelta(days=ago)
        order = Order(
            company=firm,
            client=client,
            title=title,
            trade=Trade.objects.get(name=trade),
            place="本镇",
            first=first,
            last=first + dt.timedelta(days=days - 1),
            number=4,
            pay=pay,
        )
        with _on(min(first, today) - dt.timedelta(days=2)):
            company.take_order(actor=secretary, order=order)
            company.put_hands(actor=secretary, order=order, people=people[: 3 if ago > 0 else 1])
        if order.last < today:
            hands = order.hands.values_list("pk", flat=True)
            worked = {key: days - place for place, key in enumerate(hands)}
            company.note_days(actor=secretary, order=order, days=worked)
    paid = firm.orders.order_by("first")[0]
    company.settle(actor=secretary, order=paid, day=paid.last + dt.timedelta(days=2))
