"""R7: what changed while the phone was away; every record is accepted, held or refused in words, and none is dropped.

What is expected is worked out here from a few plain dates, not by asking the rules that are under test.
"""

import datetime as dt
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.test import Client

from accounts.models import User
from core import clock
from grids import services as grids
from grids.models import Household, Officer, Person, Post, Territory, VillagerGroup
from tests.gates.ground import HOST
from tests.gates.line import Line, Size
from tests.people import POSTED, START
from tests.visits.sealed import seal_record
from visits import services
from visits.models import Held, Visit

AUTHORS = ("wanggeyuan", "wanggeyuan", "zhouzhang", "xuxie", "jinxing", "qiaoji")
HOMES = ("060001", "060002", "060003", "060004", "080001")
LATEST = 85  # days a record lies on the phone: beyond 90 the village is always asked
SKEW = 3 * 24 * 60


class _Back(Exception):
    """Takes a case back, so that the next one meets the same town."""


@dataclass
class Case:
    """One record and what happened meanwhile. `posts`: (territory, first day, last day) of its author;
    `places`: (first day, grid) of the household."""

    draw: random.Random
    today: dt.date
    author: User
    home: Household
    day: dt.date
    turned: dt.date
    posts: list[tuple[Territory, dt.date, dt.date | None]] = field(default_factory=list)
    places: list[tuple[dt.date, Territory]] = field(default_factory=list)
    ended: dt.date | None = None
    gone: bool = False

    def place(self, day: dt.date) -> Territory:
        found = self.places[0][1]
        for since, grid in self.places:
            if since <= day:
                found = grid
        return found

    def hers(self, day: dt.date) -> bool:
        """Whether the household was the author's to visit on that day."""
        place = self.place(day)
        return any(
            since <= day and (until is None or day <= until) and post in (place, place.parent)
            for post, since, until in self.posts
        )

    def expected(self) -> str:
        if self.hers(self.day):
            return "held" if self.ended and self.ended <= self.day else "accepted"
        # A post of hers in the village, or over it, within the last months.
        villages = {post if post.kind == "village" else post.parent for post, _, _ in self.posts}
        return "held" if self.home.village in villages else "refused"


# --- what happens meanwhile ------------------------------------------------------------------------------------------


def nothing(case: Case) -> None:
    pass


def moved(case: Case) -> None:
    """The household moves to a group of another grid of its village."""
    groups = VillagerGroup.objects.filter(grid__parent=case.home.village)
    others = list(groups.exclude(grid=case.home.territory).order_by("pk"))
    if others:
        group = case.draw.choice(others)
        grids.place_household(household=case.home, group=group, since=case.turned)
        case.places.append((case.turned, group.grid))


def redrawn(case: Case) -> None:
    """Its whole group goes to another grid."""
    others = Territory.objects.grids().filter(parent=case.home.village).exclude(pk=case.home.territory_id)
    if grid := others.order_by("pk").first():
        grids.redraw(actor=grids.SERVER, group=case.home.group, grid=grid, since=case.turned)
        case.places.append((case.turned, grid))


def post_ended(case: Case) -> None:
    """The author's post ends, and half of the time another begins next day in the next grid."""
    post = Post.objects.get(officer__user=case.author)
    grids.end_post(actor=grids.SERVER, post=post, until=case.turned)
    case.posts[0] = (*case.posts[0][:2], case.turned)
    others = Territory.objects.grids().exclude(pk=post.territory_id)
    grid = others.filter(parent__parent=post.territory.get_root()).order_by("pk").last()
    if case.draw.random() < 0.5 and grid is not None:
        since = case.turned + dt.timedelta(days=1)
        told = {"officer": post.officer, "territory": grid, "duty": "assistant", "since": since}
        grids.appoint(actor=grids.SERVER, **told)
        case.posts.append((grid, since, None))


def account_replaced(case: Case) -> None:
    """Somebody else signs in for the officer; the author's account is closed."""
    officer = Officer.objects.get(user=case.author)
    officer.history.update(history_date=clock.at_noon(POSTED))
    officer.user = User.objects.get(username="nobody")
    officer.save()
    officer.history.filter(user=officer.user).update(history_date=clock.at_noon(case.turned))
    User.objects.filter(pk=case.author.pk).update(is_active=False)
    case.posts[0] = (*case.posts[0][:2], case.turned)
    case.gone = True


def dissolved(case: Case) -> None:
    """Everybody of the household leaves."""
    for person in Person.objects.present().filter(household=case.home):
        grids.leave(person=person, on=case.turned, why="moved")
    grids.dissolve(household=case.home, on=case.turned)
    case.ended = case.turned


CHANGES: dict[str, Callable[[Case], None]] = {
    "什么都没变": nothing,
    "户搬到别的网格": moved,
    "村民组划给别的网格": redrawn,
    "岗位到期": post_ended,
    "账号换了人": account_replaced,
    "户注销了": dissolved,
}


# --- the cases -------------------------------------------------------------------------------------------------------


def run(size: Size) -> Iterator[Line]:
    clients = _clients()
    each = -(-size.cases // len(CHANGES))
    for order, (title, change) in enumerate(CHANGES.items()):
        line, seen = Line(f"手机不在时{title}", ""), Counter()
        for number in range(each):
            _play(line, seen, change, random.Random(order * 100_000 + number), clients)
        told = "，".join(f"{_SAYS.get(outcome, outcome)} {count}" for outcome, count in sorted(seen.items()))
        line.done, line.wrong = f"{each} 例：{told}", line.wrong[:3]
        yield line


_SAYS = {"accepted": "收", "held": "暂存", "refused": "说明不收"}


def _clients() -> dict[str, Client]:
    """Everybody has signed in before anything changed."""
    found = {}
    for name in {*AUTHORS, "bangongshi"}:
        found[name] = Client(raise_request_exception=False, SERVER_NAME=HOST)
        found[name].force_login(User.objects.get(username=name))
    return found


def _play(
    line: Line,
    seen: Counter,
    change: Callable[[Case], None],
    draw: random.Random,
    clients: dict[str, Client],
) -> None:
    now = clock.at_noon(clock.today())
    try:
        with transaction.atomic(), clock.stopped_at(now):
            case = _case(draw, now.date())
            happened = clock.at_noon(case.day) + dt.timedelta(minutes=draw.randint(-200, 0))
            with clock.stopped_at(happened):
                sealing = services.sealing_for(case.author)
            change(case)
            outcome, wrong = _deliver(case, happened, sealing, clients)
            seen[outcome] += 1
            line.wrong += [f"{each} ({_tell(case)})" for each in wrong]
            raise _Back
    except _Back:
        pass


def _case(draw: random.Random, today: dt.date) -> Case:
    author = User.objects.get(username=draw.choice(AUTHORS))
    home = Household.objects.select_related("territory__parent", "village", "group").get(
        number=draw.choice(HOMES)
    )
    longest = min(LATEST, (today - START).days - 1)
    day = today - dt.timedelta(days=draw.choice((0, 1, 2, 3, 5, 8, 13, 20, 33, longest)))
    turned = today - dt.timedelta(days=draw.choice((1, 2, 3, 5, 8, 13, 20)))
    post = Post.objects.select_related("territory__parent").get(officer__user=author)
    case = Case(draw, today, author, home, day, turned)
    case.posts.append((post.territory, post.since, post.until))
    case.places.append((START, home.territory))
    return case


def _deliver(
    case: Case, happened: dt.datetime, sealing: Any, clients: dict[str, Client]
) -> tuple[str, list[str]]:
    """Send it, by its author or sealed by somebody else; its outcome and all that is wrong with that."""
    skew = dt.timedelta(minutes=case.draw.randint(-SKEW, SKEW))
    number = str(uuid.UUID(int=case.draw.getrandbits(128), version=4))
    visit = {"household": case.home.pk, "happened_at": (happened + skew).isoformat(), "note": "记在手机上的"}
    sent_at, wrong = (clock.now() + skew).isoformat(), []
    own = clients[case.author.username]
    if case.gone:
        status = _put(own, number, visit | {"sent_at": sent_at})[0]
        if status != 401:
            wrong.append(f"a closed account is answered {status}: the phone would not keep it")
    answers = []
    for _ in range(2):
        if case.gone or case.draw.random() < 0.4:
            sealed = seal_record(sealing, uuid=number, visit=visit)
            body = json.dumps({"sealed": [sealed], "sent_at": sent_at})
            answer = clients["bangongshi"].post("/api/sealed/", body, content_type="application/json")
            told = answer.json()["answers"][0] if answer.status_code == 200 else {}
            answers.append(_sealed_says(told, wrong))
        else:
            answers.append(_own_says(*_put(own, number, visit | {"sent_at": sent_at}), wrong))
    if answers[0] != answers[1]:
        wrong.append(f"asked twice, answered {answers}")
    outcome, receipt = answers[0]
    if outcome != case.expected():
        wrong.append(f"{outcome} and not {case.expected()}")
    return outcome, wrong + list(_stored(case, number, outcome, receipt))


def _put(client: Client, number: str, body: dict[str, Any]) -> tuple[int, Any]:
    answer = client.put(f"/api/visits/{number}/", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def _own_says(status: int, told: dict[str, Any], wrong: list[str]) -> tuple[str, str]:
    """(outcome, number) as the author reads it; whatever is not accepted must come with words."""
    if status in (200, 201, 202):
        if told["outcome"] == "held" and not told.get("reason"):
            wrong.append("held without a reason")
        return told["outcome"], told.get("number", "")
    if status not in (404, 409, 422):
        wrong.append(f"no final answer: {status}")
    if not told.get("detail") and not told:
        wrong.append(f"{status} without a word")
    return "refused", ""


def _sealed_says(told: dict[str, Any], wrong: list[str]) -> tuple[str, str]:
    outcome = told.get("outcome", "")
    if outcome not in ("accepted", "held", "missing"):
        wrong.append(f"sealed, and answered {told}")
    return ("refused" if outcome == "missing" else outcome), told.get("number", "")


def _stored(case: Case, number: str, outcome: str, receipt: str) -> Iterator[str]:
    """Whether the database holds exactly what the answer promised, under the author's name and on her day."""
    visits, held = list(Visit.objects.filter(uuid=number)), list(Held.objects.filter(uuid=number))
    if (len(visits), len(held)) != {"accepted": (1, 0), "held": (0, 1)}.get(outcome, (0, 0)):
        yield f"{outcome}, and there are {len(visits)} visits and {len(held)} held"
        return
    for row in (*visits, *held):
        if receipt != (row.receipt if visits else row.number):
            yield "another receipt"
        if (row.visitor_id if visits else row.author_id) != case.author.pk or row.day != case.day:
            yield f"credited to another person or day ({row.day})"
    if visits and visits[0].territory_id != case.place(case.day).pk:
        yield "credited to another grid"
    if held and not held[0].why:
        yield "held without a reason"


def _tell(case: Case) -> str:
    return f"{case.author.username} {case.home.number} on {case.day}, changed {case.turned}"
