"""The demo town: eleven villages, about 300 households and two months of visits, poured in through the real doors.

Rosters are written as workbooks and imported, visits go through record_visit with the clock held at their day. The
same seed and day give the same town.
"""

import datetime as dt
import functools
import io
import random
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from accounts.demo import DemoAccount, write_demo_accounts
from accounts.models import User
from accounts.notices.writing import ensure_notices
from appeals.reminders import remind_of_petitions
from core import clock
from core.periods import Month
from grids.models import Household, Officer, Post, Territory
from grids.services import change
from hongji.town.hearings import hold_meetings, petition
from hongji.town.hiring import hire
from hongji.town.labour import register_labour
from hongji.town.matched import send_to_work
from hongji.town.matters import ask_for_help
from hongji.town.people import TOWN_CODE, PeopleMaker
from hongji.town.points import thank
from hongji.town.quarrels import fall_out
from hongji.town.reached import be_reached
from hongji.town.reports import tell_of_cadres
from hongji.town.rosters import plan_villages, write_grid_roster, write_household_roster
from hongji.town.seen import tell_of_more
from hongji.town.sittings import sit_down
from hongji.town.training import open_centres
from hongji.town.words import FINDINGS, PROMISES
from visits.services import ensure_owed, record_visit

SEED = 2022
HOUSEHOLDS = 300
PASSWORD = "wushi-2022"
HERO = "金星村"
DISCIPLINE = "jiwei"


def fill_demo(say: Callable[[str], None]) -> None:
    """Everything, in the order of a real town's first weeks."""
    start = Month.of(clock.today()).previous.first
    _bring_in_rosters(start, say)
    _open_accounts(start)
    ensure_owed()
    say(f"走访 {_walk(start)} 次")
    _report_changes()
    say(f"诉求 {ask_for_help(HERO)} 件")
    say(f"信访 {petition(HERO, User.objects.get(username='xinfang'))} 件，板凳会 {hold_meetings(HERO)} 次")
    say(f"矛盾纠纷 {fall_out(HERO)} 件，三方议事小组 {sit_down(HERO)} 个")
    say(f"反映干部问题 {tell_of_cadres(DISCIPLINE)} 件")
    say(f"热线来电 {be_reached(HERO)} 个")
    say("好事 {} 件，兑换 {} 笔".format(*thank(HERO, _shopkeeper)))
    say(f"劳动力 {register_labour(HERO)} 人")
    say(f"户里自己报的、走访和议事里看到的好事 {tell_of_more(HERO)} 件")
    say(f"岗位 {hire(HERO)} 个")
    say("推荐去上班 {} 人次，在岗 {} 人".format(*send_to_work(HERO)))
    say("就业服务中心 {} 个，培训班 {} 个，公益性岗位 {} 个".format(*open_centres(HERO)))
    ensure_notices()
    remind_of_petitions()


def _bring_in_rosters(start: dt.date, say: Callable[[str], None]) -> None:
    maker = PeopleMaker(SEED, clock.today())
    villages = plan_villages(HOUSEHOLDS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "网格花名册.xlsx"
        write_grid_roster(path, villages, maker, dt.date(2022, 5, 10))
        _import("grids", path)
        for village in villages:
            made = list(
                maker.households(
                    village.groups,
                    village.households,
                    village.code[-2:],
                    listed=0.12 if village.name == HERO else 0.05,
                )
            )
            path = Path(folder) / f"{village.name}花名册.xlsx"
            write_household_roster(path, village, made, start + dt.timedelta(days=2))
            _import("persons", path, territory=village.code)
            say(f"{village.name}：{len(made)} 户")


def _import(slug: str, path: Path, **options: str) -> None:
    """The command an office would type; what it says of each row is of no interest here, but its faults are."""
    call_command("import_ledger", slug, str(path), stdout=io.StringIO(), **options)


def _open_accounts(start: dt.date) -> None:
    """Somebody of every kind can sign in; whoever visits in the demo has an account to sign with."""
    town = Territory.objects.get(code=TOWN_CODE)
    hero = Territory.objects.get(name=HERO)
    office = _post("何静文", town, "office", start)
    _account(office, "office")
    _account(_post("梁信平", town, "petitions", start), "xinfang")
    _account(_post("韩守义", town, "justice", start), "sifa")
    _account(_post("方正清", town, "discipline", start), DISCIPLINE)
    for village in Territory.objects.villages().order_by("code"):
        secretary = _post(f"{village.name[0]}书记", village, "secretary", start)
        secretary.name = PeopleMaker(int(village.code[-3:]), clock.today()).name("M")
        secretary.save()
        _account(secretary, "shuji" if village == hero else f"shuji{village.code[-2:]}")
    for post in Post.objects.filter(duty__in=("leader", "worker", "supervisor")).select_related(
        "officer", "territory"
    ):
        _account(post.officer, _username(post, hero))
    names = (
        ("office", "镇办公室"),
        ("shuji", f"{HERO}书记"),
        ("wangge", f"{HERO}第一网格 专职网格员"),
        ("jiandu", f"{HERO}网格监督员"),
        ("xinfang", "镇信访办"),
        ("sifa", "镇司法所"),
        (DISCIPLINE, "镇纪委"),
        ("dianyuan", f"{HERO}新风爱心超市店员"),
    )
    write_demo_accounts([DemoAccount(username=name, password=PASSWORD, title=title) for name, title in names])


def _shopkeeper(village: Territory, number: int) -> Officer:
    """店员 of the number-th shop, with an account."""
    officer = _post(
        ("钱惠民", "孙便利")[number], village, "shopkeeper", Month.of(clock.today()).previous.first
    )
    _account(officer, "dianyuan" if number == 0 else f"dianyuan{village.code[-2:]}")
    return officer


def _username(post: Post, hero: Territory) -> str:
    if post.duty == "supervisor":
        return "jiandu" if post.territory == hero else f"jiandu{post.territory.code[-2:]}"
    word = {"worker": "wangge", "leader": "gezhang"}[post.duty]
    first = post.territory.parent_id == hero.pk and post.territory.code.endswith("001")
    return word if first else f"{word}{post.territory.code[-5:]}"


def _post(name: str, territory: Territory, duty: str, since: dt.date) -> Officer:
    officer = Officer.objects.create(name=name)
    Post.objects.create(officer=officer, territory=territory, duty=duty, since=since)
    return officer


def _account(officer: Officer, username: str) -> None:
    user = User(username=username, name=officer.name, password=_hashed())
    user.full_clean()
    user.save()
    officer.user = user
    officer.save()


@functools.cache
def _hashed() -> str:
    """Everybody's password in the demo is the same; hashing it a hundred times would take ten seconds."""
    return make_password(PASSWORD)


def _report_changes() -> None:
    """One household of 金星村 is away since last week, and two changes wait for its secretary."""
    hero = Territory.objects.get(name=HERO)
    secretary, worker = User.objects.get(username="shuji"), User.objects.get(username="wangge")
    ordinary = Household.objects.filter(village=hero, categories__isnull=True, size__gte=2).in_order()
    grid = Post.objects.get(officer__user=worker, duty="worker").territory
    away, other = ordinary[0], ordinary.filter(territory=grid).order_by("-number")[0]
    week_ago = clock.today() - dt.timedelta(days=7)
    change(
        actor=secretary,
        kind="away",
        household=away,
        happened_on=week_ago,
        facts={"place": "浙江宁波，厂里上班"},
    )
    change(
        actor=worker,
        kind="category_begin",
        household=other,
        person=other.people.order_by("pk").first(),
        happened_on=week_ago,
        facts={"category": "illness", "document": "县医院诊断证明"},
    )
    change(
        actor=worker,
        kind="away",
        household=other,
        person=other.people.order_by("pk").last(),
        happened_on=week_ago,
        facts={"place": "江苏苏州，打工"},
    )


def _walk(start: dt.date) -> int:
    """Two months of visits up to yesterday: most category households, a part of the others, in the order of days."""
    draw = random.Random(SEED)
    workers = dict(Post.objects.filter(duty="worker").values_list("territory_id", "officer__user"))
    secretaries = dict(Post.objects.filter(duty="secretary").values_list("territory_id", "officer__user"))
    users = User.objects.in_bulk()
    listed = set(Household.objects.filter(categories__isnull=False).values_list("pk", flat=True))
    rows = []
    for month in (Month(start), Month(start).next):
        last = min(month.last, clock.today() - dt.timedelta(days=1))
        for household in Household.objects.in_order():
            chance = (0.9 if household.pk in listed else 0.35) * ((last - month.first).days + 1) / 31
            if last >= month.first and draw.random() < chance:
                day = month.first + dt.timedelta(days=draw.randrange((last - month.first).days + 1))
                by_secretary = draw.random() < 0.2
                visitor = (
                    secretaries[household.village_id] if by_secretary else workers[household.territory_id]
                )
                rows.append((day, household, users[visitor]))
    for day, household, visitor in sorted(rows, key=lambda row: (row[0], row[1].pk)):
        _visit(draw, day, household, visitor)
    return len(rows)


def _visit(draw: random.Random, day: dt.date, household: Household, visitor: User) -> None:
    moment = dt.datetime.combine(
        day, dt.time(draw.randrange(8, 18), draw.randrange(60)), tzinfo=clock.SHANGHAI
    )
    met = draw.random() < 0.95
    finding = draw.choice(FINDINGS) if met and draw.random() < 0.12 else None
    promise = draw.choice(PROMISES) if met and draw.random() < 0.3 else ("", "")
    with clock.stopped_at(moment):
        record_visit(
            actor=visitor,
            uuid=uuid.UUID(int=draw.getrandbits(128), version=4),
            household=household,
            happened_at=moment,
            met=met,
            findings=[finding] if finding else [],
            promise_kind=promise[0],
            promise_text=promise[1],
        )
