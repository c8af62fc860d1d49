"""S4: reports against cadres in offices drawn at random. Whoever it may be about, whoever stands below him, and every
ordinary account meets on every path, byte for byte, what was there without the report; who may read it finds it.

Who stands above whom is worked out here from plain parents and a list of pairs, not by asking the rule under test.
"""

import datetime as dt
import random
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Notice, User
from core import clock
from core.admin import site
from core.ledger import registry
from discipline import services
from discipline.models import Report
from grids.models import Officer, Post, Territory
from tests.factor import pass_second_factor
from tests.gates.ground import HOST
from tests.gates.line import Line, Size
from tests.people import POSTED

# Nobody of the cast, each unlike every other to the ear.
NAMES = "欧阳锋 郭啸天 令狐冲 霍元甲 慕容复 司徒静 诸葛亮 端木磊 夏侯惇 上官云".split()
WAYS = ("写了名字", "名字在话里", "只说职务", "来信")
# duty → (kind of place, what a villager calls him)
HELD = {
    "secretary": ("village", "secretary"),
    "cadre": ("village", "cadre"),
    "supervisor": ("village", "cadre"),
    "guide": ("village", "guide"),
    "leader": ("grid", "grid"),
    "worker": ("grid", "grid"),
    "assistant": ("grid", "grid"),
    "office": ("town", "town"),
    "party": ("town", "town"),
    "petitions": ("town", "town"),
    "sysadmin": ("town", "town"),
    "discipline": ("town", ""),
}
CALLED = {
    "secretary": {"secretary"},
    "cadre": {"secretary", "cadre", "supervisor"},
    "guide": {"guide"},
    "grid": {"leader", "worker", "assistant"},
    "town": {"office", "party", "petitions", "sysadmin"},
}
CALLED["unsure"] = set().union(*CALLED.values())
NICKNAMES = ("老{}", "{}主任", "姓{}的", "不知道")
ONE = {"secretary", "leader", "worker"}
LEADS = {
    *(("secretary", led) for led in ("cadre", "guide", "supervisor")),
    *(("cadre", led) for led in ("guide", "supervisor")),
    *(("leader", led) for led in ("worker", "assistant")),
    ("worker", "assistant"),
    *(("office", led) for led in ("party", "petitions")),
    *((duty, duty) for duty in HELD if duty not in ONE),
}
WIDE = 4  # of the other pages, for each person and case
SAME = re.compile(
    r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|"csrf": ?"|"ticket": ?"|name="mark" value=")[^"]*'
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"
)


class _Back(Exception):
    """Takes a case back, so that the next one meets the same town."""


@dataclass
class Case:
    """A report and the office it comes to. `possible`: the officers it may be about; `clients` by user."""

    draw: random.Random
    way: str
    offices: list[Officer]
    subject: Officer
    post: Post
    canary: str
    said: dict[str, Any] = field(default_factory=dict)
    possible: set[int] = field(default_factory=set)
    clients: dict[int, Client] = field(default_factory=dict)

    def client(self, user: User) -> Client:
        if user.pk not in self.clients:
            made = Client(raise_request_exception=False, SERVER_NAME=HOST)
            made.force_login(user)
            pass_second_factor(made, user)
            self.clients[user.pk] = made
        return self.clients[user.pk]


# --- who stands where, in plain words ---------------------------------------------------------------------------------


def _parents(place: Territory | None) -> list[int]:
    return [] if place is None else [place.pk, *_parents(place.parent)]


def _posts(officer: int) -> list[Post]:
    return list(Post.objects.filter(officer=officer).select_related("territory__parent__parent"))


def _rows(officer: int) -> set[int]:
    """All rows of the roster under his name: they are taken for one person."""
    name = Officer.objects.get(pk=officer).name
    return set(Officer.objects.filter(name=name).values_list("pk", flat=True))


def _posts_of_rows(officer: int) -> list[Post]:
    return [post for row in sorted(_rows(officer)) for post in _posts(row)]


def _above(one: int, other: int) -> bool:
    for high in _posts_of_rows(one):
        for low in _posts_of_rows(other):
            if high.territory_id in _parents(low.territory)[1:]:
                return True
            if high.territory_id == low.territory_id and (high.duty, low.duty) in LEADS:
                return True
    return False


def _left_out(case: Case, officer: Officer) -> bool:
    himself = _rows(officer.pk)
    return any(each in himself or _above(each, officer.pk) for each in case.possible)


# --- a case -----------------------------------------------------------------------------------------------------------


def _officer(name: str) -> Officer:
    user = User.objects.create(username=f"s4{uuid.uuid4().hex[:12]}", name=name, password="!")
    return Officer.objects.create(name=name, user=user)


def _post(draw: random.Random, officer: Officer, duty: str) -> Post:
    places = list(Territory.objects.filter(kind=HELD[duty][0]).order_by("code"))
    place = draw.choice(places)
    if duty in ONE:
        Post.objects.filter(territory=place, duty=duty).delete()
    return Post.objects.create(officer=officer, territory=place, duty=duty, since=POSTED)


def _case(draw: random.Random, way: str) -> Case:
    """An office of two to four, all but the first with posts elsewhere too, at times one of them as a second row of the
    roster; and somebody it is about, one of them at times, or one with two rows himself."""
    names = draw.sample(NAMES, 6)
    offices = [_officer(names.pop()) for _ in range(draw.randint(2, 4))]
    duties = [duty for duty in HELD if duty not in ("discipline", "sysadmin")]
    for each in offices:
        _post(draw, each, "discipline")
    for each in offices[1:]:
        _post(draw, each, draw.choice(duties))
    twice = _second_row(draw, draw.choice(offices), duties) if draw.random() < 0.4 else None
    roll = draw.random()
    if roll < 0.2 or (twice and roll < 0.6):
        subject = twice or draw.choice(offices)
    elif roll < 0.5:
        cast = Officer.objects.filter(user__username__in=CAST, posts__isnull=False)  # some were replaced
        subject = draw.choice(list(cast.order_by("pk")))
    else:
        subject = _officer(names.pop())
        _post(draw, subject, draw.choice([*duties, "sysadmin"]))
        if draw.random() < 0.2:
            _second_row(draw, subject, duties)
    post = draw.choice(_posts(subject.pk) if twice else _posts_of_rows(subject.pk))
    case = Case(draw, way, offices, subject, post, f"雀{draw.getrandbits(40):x}语")
    _word(case)
    return case


def _second_row(draw: random.Random, officer: Officer, duties: list[str]) -> Officer:
    """The same person once more, without an account, as a roster that is read in may make him."""
    row = Officer.objects.create(name=officer.name)
    _post(draw, row, draw.choice(duties))
    return row


CAST = ("bangongshi", "jinxing", "qiaoji", "wanggeyuan", "zhouzhang", "xuxie", "jiandu", "guanli")


def _word(case: Case) -> None:
    """What is said, and by the same rule in plain words whom it may be about."""
    place, name = case.post.territory, case.subject.name
    place = place.parent if place.kind == Territory.GRID else place
    office = HELD[case.post.duty][1] or "unsure"
    spaced = f"{name[0]} {name[1:]}" if case.draw.random() < 0.3 else name
    case.said = {"place": place, "office": office, "name": "", "what": f"{case.canary}，收了钱不开票"}
    if case.way in ("写了名字", "来信") or not HELD[case.post.duty][1]:
        case.said["name"] = spaced
    elif case.way == "名字在话里":
        case.said["what"] += f"，就是{spaced}干的"
    by_name = bool(case.said["name"]) or case.way == "名字在话里"
    if by_name and case.draw.random() < 0.4:
        case.said |= {"office": "unsure", "name": spaced}  # who knows the name need not know what he is
    elif case.draw.random() < 0.25:
        # Nor does who calls him something that may be anybody.
        case.said |= {"office": "unsure", "name": case.draw.choice(NICKNAMES).format(name[0])}
        by_name = case.way == "名字在话里"
    case.possible = set(Officer.objects.filter(name=name).values_list("pk", flat=True)) if by_name else set()
    whole = case.said["name"] == spaced
    called = CALLED[case.said["office"]] if case.said["office"] != "unsure" or not whole else set()
    for post in Post.objects.filter(duty__in=called).select_related("territory__parent__parent"):
        if case.said["office"] == "unsure":
            village = post.territory.parent if post.territory.kind == Territory.GRID else post.territory
            concerns = village == place
        else:
            concerns = place.pk in _parents(post.territory) or post.territory_id in _parents(place)
        if concerns:
            case.possible.add(post.officer_id)


def _tell(case: Case, now: dt.datetime) -> Report:
    """Through the villager's page, or as a letter that the first of the office enters."""
    if case.way == "来信":
        actor = case.offices[0].user
        return services.enter(actor=actor, uuid=uuid.uuid4(), source="letter", **case.said).report
    villager = Client(SERVER_NAME=HOST)
    page = villager.get(reverse("discipline:tell")).content.decode()
    mark = page.partition('name="mark" value="')[2].partition('"')[0]
    with clock.stopped_at(now + dt.timedelta(minutes=1)):
        sent = case.said | {"place": case.said["place"].pk, "mark": mark, "phone": ""}
        answer = villager.post(reverse("discipline:tell"), sent)
    assert answer.status_code == 200, answer.content.decode()
    return Report.objects.get()


# --- looking ----------------------------------------------------------------------------------------------------------


def core_pages() -> list[str]:
    """Looked at in every case."""
    names = "discipline:reports discipline:enter discipline:figures desk arrived accounts:notices"
    names += " accounts:my_notices api-me"
    found = [reverse(name) for name in names.split()]
    return [*found, f"{found[0]}?list=finished"]


def wide_pages() -> list[str]:
    """Every other page on which something could be told: lists, counts, searches, ledgers, the admin, the phone."""
    names = "appeals:matters ledgers:desk ledgers:months ledgers:imports visits:owed visits:coverage visits:behind"
    names += " visits:held visits:rounds visits:plans grids:grids grids:register accounts:me api-pack api-due"
    names += " api-matters api-visits jobs-list notices-list households-list schema ledgers-list admin:index"
    found = [reverse(name) for name in names.split()]
    for model in site._registry:
        found.append(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    return found + [reverse("ledgers:look", args=[ledger.slug]) for ledger in registry.all()]


def _look(client: Client, address: str, body: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Status, where it leads, and what it shows, without what differs at each drawing."""
    answer = client.get(address) if body is None else client.post(address, body)
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return (
        answer.status_code,
        answer.headers.get("Location", ""),
        SAME.sub("", raw.decode("utf-8", "replace")),
    )


def _seen(case: Case, user: User, pages: list[str]) -> dict[str, tuple[int, str, str]]:
    client = case.client(user)
    found = {page: _look(client, page) for page in pages}
    found["找"] = _look(client, reverse("grids:find"), {"text": case.canary})
    _look(client, reverse("desk"))  # shows what one page left to be said on the next
    return found


def _faults_of_guessing(case: Case, user: User, report: Report) -> Iterator[str]:
    """A report's own addresses answer whoever is left out as addresses of none."""
    client, never = case.client(user), uuid.uuid4()
    ways: list[tuple[str, list[str], dict[str, str] | None]] = [
        ("report", [], None),
        ("step", [case.draw.choice(("take", "note", "finish", "pass_on"))], {"words": "x"}),
    ]
    for name, more, body in ways:
        real, none = (
            _look(client, reverse(f"discipline:{name}", args=[each, *more]), body)
            for each in (report.uuid, never)
        )
        if real != none or real[0] not in (403, 404):
            yield f"{name} {' '.join(more)}：答 {real[0]}，没有的答 {none[0]}"


# --- the gate ---------------------------------------------------------------------------------------------------------


def run(size: Size) -> Iterator[Line]:
    every = wide_pages()
    yield _opens([*core_pages(), *every])
    each = -(-size.reports // len(WAYS))
    for order, way in enumerate(WAYS):
        line, seen = Line(f"反映干部，{way}", ""), Counter()
        for number in range(each):
            _play(line, seen, way, random.Random(order * 100_000 + number), every)
        line.must(seen["left out"] > each // 10, f"只有 {seen['left out']} 例有该回避的人，说明不了什么")
        line.must(seen["read"] > each // 10, f"只有 {seen['read']} 例有人能看，说明不了什么")
        line.done = (
            f"{each} 例，{seen['people']} 人次看了 {seen['looks']} 眼没露；纪委里该回避的 {seen['left out']} 例，"
            f"有人能看的 {seen['read']} 例都看得到"
        )
        line.wrong = line.wrong[:5]
        yield line


def _opens(pages: list[str]) -> Line:
    """A page that is nowhere would look the same before and after."""
    line = Line("看的地方", f"{len(pages)} 处，都有人打得开")
    try:
        with transaction.atomic(), clock.stopped_at(clock.at_noon(clock.today())):
            case = _case(random.Random(4), WAYS[0])
            users = [case.offices[0].user, *User.objects.filter(username__in=CAST).order_by("pk")]
            for page in pages:
                open_to = (_look(case.client(user), page)[0] == 200 for user in users)
                line.must(any(open_to), f"{page} 谁都打不开")
            raise _Back
    except _Back:
        return line


def _play(line: Line, seen: Counter, way: str, draw: random.Random, every: list[str]) -> None:
    now = clock.at_noon(clock.today())
    try:
        with transaction.atomic(), clock.stopped_at(now):
            case = _case(draw, way)
            line.wrong += [f"{why}（{_told(case)}）" for why in _played(case, seen, now, every)]
            raise _Back
    except _Back:
        pass


def _played(case: Case, seen: Counter, now: dt.datetime, every: list[str]) -> Iterator[str]:
    readers = [each for each in case.offices if not _left_out(case, each)]
    hidden = [each for each in case.offices if _left_out(case, each)]
    watch = {user.pk: user for user in _watchers(case, hidden)}
    pages = {pk: core_pages() + case.draw.sample(every, WIDE) for pk in watch}
    for user in (*watch.values(), *(each.user for each in readers)):
        case.client(user)  # signing in shows in the list of accounts, and is none of ours
    before = {pk: _seen(case, user, pages[pk]) for pk, user in watch.items()}
    told_before = set(Notice.objects.values_list("pk", flat=True))
    report = _tell(case, now)
    yield from _faults_of_readers(case, readers, report)
    if readers and case.draw.random() < 0.5:
        for code in ("take", "note"):
            address = reverse("discipline:step", args=[report.uuid, code])
            case.client(readers[0].user).post(address, {"words": f"{case.canary}核实"})
    for pk, user in watch.items():
        for page, shown in _seen(case, user, pages[pk]).items():
            seen["looks"] += 1
            if shown != before[pk][page]:
                yield f"{user} 在 {page} 看出来了"
        yield from (f"{user}：{why}" for why in _faults_of_guessing(case, user, report))
    rung = Notice.objects.exclude(pk__in=told_before).values_list("user", flat=True)
    if extra := set(rung) - {each.user_id for each in readers}:
        yield f"提醒了不该提醒的 {len(extra)} 人"
    if readers and case.draw.random() < 0.8:
        yield from _faults_of_naming(case, readers, report)
    seen["people"] += len(watch)
    seen["left out"] += bool(hidden)
    seen["read"] += bool(readers)


def _watchers(case: Case, hidden: list[Officer]) -> list[User]:
    """All of the office who are left out, whoever it may be about, some who stand below, some ordinary ones."""
    possible = list(Officer.objects.filter(pk__in=case.possible, user__isnull=False).order_by("pk"))
    others = list(Officer.objects.filter(user__username__in=CAST).order_by("pk"))
    # The system administrator sees how many there are, unless it may be about him or somebody above him.
    ordinary = [each for each in others if each.user.username != "guanli" or _left_out(case, each)]
    below = [each for each in others if _left_out(case, each)]
    chosen = [*hidden, case.subject, *possible[:1]]
    chosen += case.draw.sample(below, min(1, len(below))) + case.draw.sample(ordinary, 1)
    readers = {each.pk for each in case.offices if each not in hidden}
    return [each.user for each in chosen if each.user and each.pk not in readers and _fair(case, each)]


def _fair(case: Case, officer: Officer) -> bool:
    """Whether he must notice nothing: a system administrator whom it does not concern may count."""
    counts = Post.objects.filter(officer=officer, duty="sysadmin").exists()
    return not counts or _left_out(case, officer)


def _faults_of_readers(case: Case, readers: list[Officer], report: Report) -> Iterator[str]:
    for each in readers:
        client = case.client(each.user)
        shown = _look(client, reverse("discipline:reports"))[2]
        if case.canary not in shown or "没办结 1" not in shown:
            yield f"{each} 该看得到，单子上没有"
        if case.canary not in _look(client, reverse("discipline:report", args=[report.uuid]))[2]:
            yield f"{each} 该看得到，打不开"
        if not Notice.objects.filter(user=each.user, kind="discipline.new").exists():
            yield f"{each} 该提醒，没有提醒"


def _faults_of_naming(case: Case, readers: list[Officer], report: Report) -> Iterator[str]:
    """Whom the words of a step name or its 还牵扯到谁 does not read it from then on."""
    draw = case.draw
    # Mostly somebody who reads it until then: of anybody else nothing is seen to change.
    whom = draw.choice(readers if draw.random() < 0.7 else [*case.offices, case.subject])
    sent = {"words": "问过人了"}
    if draw.random() < 0.5:
        sent["words"] = f"问过{whom.name}了"
    else:
        sent["also"] = whom.name
    address = reverse("discipline:step", args=[report.uuid, "note"])
    case.client(readers[0].user).post(address, sent)
    case.possible |= _rows(whom.pk)
    for each in readers:
        shows = case.canary in _look(case.client(each.user), reverse("discipline:reports"))[2]
        if shows == _left_out(case, each):
            yield f"一步里写了{whom}，{each}{'还看得到' if shows else '看不到了'}"


def _told(case: Case) -> str:
    posts = "、".join(f"{each}:{'+'.join(post.duty for post in _posts(each.pk))}" for each in case.offices)
    return f"反映 {case.subject} {case.post.duty}，说的是 {case.said['office']}；纪委 {posts}"
