"""R5: many phones on a bad net, each record exactly once; and the same state in whatever order they come."""

import datetime as dt
import random
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from core import clock
from grids import services as grids
from grids.models import Absence, Household, Territory
from tests.gates import records
from tests.gates.ground import Server, cookie_of, served
from tests.gates.line import Line, Size
from tests.gates.phone import MISHAPS, Entry, Phone
from tests.people import POSTED, START, Town
from visits import services
from visits.letters import read_letter
from visits.models import Held, Visit

HOMES = 6  # households of a grid
SKEW = 3 * 24 * 60  # minutes a phone's clock may be wrong, either way
NEAR = dt.timedelta(seconds=2)  # between the phone's word and ours, besides the time a record was on its way

Crew = list[tuple[Any, list[int]]]


def run(size: Size) -> Iterator[Line]:
    crew = _crew(max(3, size.phones // 2))
    yield _orders(crew[:3], size)
    with served() as server:
        phones = _phones(server, crew, size)
        _all_at_once(phones, seconds=180 + size.phones * size.records / 2)
        yield _arrived(phones, size)
        yield _settled()


def _crew(wanted: int) -> Crew:
    """(user, households he carries): a village of as many grids as it takes, one worker each."""
    cast = Town()
    cast._officers = 500  # telephone numbers that nobody has yet
    town = Territory.objects.get(kind="town")
    code = f"{town.code}777"
    village = grids.add_territory(actor=grids.SERVER, parent=town, name="千家村", code=code, kind="village")
    grids.start_village(actor=grids.SERVER, village=village, month=START)
    crew = []
    for number in range(1, wanted + 1):
        told = {"name": f"千家第{number}网格", "code": f"{code}{number:03d}", "party_group": "党小组"}
        grid = grids.add_territory(actor=grids.SERVER, parent=village, kind="grid", **told)
        group = grids.add_group(actor=grids.SERVER, grid=grid, name=f"{number}组", since=POSTED)
        worker = cast.post(f"qianjia{number}", f"千{number}", "worker", grid)
        made = [
            grids.new_household(
                group=group, since=START, head_name=f"户{number}之{each}", number=f"77{number:03d}{each}"
            )
            for each in range(HOMES)
        ]
        Absence.objects.create(household=made[0], since=START)  # away for work: a call may do
        crew.append((worker, [home.pk for home in made]))
    services.ensure_owed()
    return crew


# --- on the net ------------------------------------------------------------------------------------------------------


def _phones(server: Server, crew: Crew, size: Size) -> list[tuple[Phone, Any]]:
    """Each with its records written and nothing sent; on every fifth somebody else has signed in since."""
    cookies = [cookie_of(user) for user, _ in crew]
    found = []
    for number in range(size.phones):
        user, homes = crew[number % len(crew)]
        draw = random.Random(number)
        skew = dt.timedelta(minutes=draw.randint(-SKEW, SKEW))
        phone = Phone(server, cookies[number % len(crew)], skew=skew, seed=number).open()
        for each in range(size.records):
            happened = clock.now() - dt.timedelta(minutes=draw.randint(0, 600))
            phone.keep(records.content(draw, draw.choice(homes), f"{number}机{each}条"), happened)
        if number % 5 == 4:
            phone.hand_to(cookies[(number + 1) % len(crew)])
        found.append((phone, user))
    return found


def _all_at_once(phones: list[tuple[Phone, Any]], seconds: float) -> None:
    """A server that stands still leaves records without a receipt, and does not hold up the run."""
    told = {"mishaps": MISHAPS, "seconds": seconds}
    threads = [threading.Thread(target=phone.send_all, kwargs=told, daemon=True) for phone, _ in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _arrived(phones: list[tuple[Phone, Any]], size: Size) -> Line:
    wanted = size.phones * size.records
    line = Line("乱序、重复、截断、提交后答复丢失、钟差±3天", "")
    rows = {str(visit.uuid): visit for visit in Visit.objects.all()}
    kept = {each: (phone, user) for phone, user in phones for each in (*phone.outbox, *phone.archive)}
    line.must(Visit.objects.count() == wanted, f"{Visit.objects.count()} rows, not {wanted}")
    line.must(not Held.objects.exists(), f"{Held.objects.count()} on hold without a reason")
    line.must(len(kept) == wanted, f"phones know of {len(kept)} records, not {wanted}")
    left = Counter(entry.state for phone, _ in phones for entry in phone.outbox.values())
    line.must(not left, f"without a receipt: {dict(left)}")
    line.must(
        set(rows) == set(kept), f"{len(set(kept) - set(rows))} lost, {len(set(rows) - set(kept))} extra"
    )
    wrong = Counter(
        fault
        for phone, user in phones
        for entry in phone.archive.values()
        for fault in _faults(entry, user, rows.get(entry.uuid))
    )
    line.must(not wrong, str(dict(wrong)))
    done = sum(phone.mishaps for phone, _ in phones)
    line.done = f"{size.phones} 部手机 × {size.records} 条，{done} 次出岔子，{len(rows)} 行"
    return line


def _faults(entry: Entry, user: Any, visit: Visit | None) -> Iterator[str]:
    """What is wrong with what the server made of one record."""
    if visit is None:
        yield "a receipt and no row"
        return
    if visit.visitor_id != user.pk:
        yield "credited to somebody else"
    if visit.household_id != entry.visit["household"] or visit.note != entry.visit["note"]:
        yield "another content"
    if entry.number != visit.receipt:
        yield "another receipt"
    # Two hundred at once wait for their turn, and how long a record waited the server cannot tell from a wrong clock.
    right = abs(visit.corrected_at - entry.happened) <= NEAR + entry.underway
    if not right:
        yield "another time"
    if right and visit.day != clock.local_date(visit.corrected_at):
        yield "another day"
    if visit.findings.count() != len(entry.visit["findings"]):
        yield "findings missing or double"


def _settled() -> Line:
    """What so many wrote at once is what one would have come to who looks at the rows calmly."""
    line = Line("同时写", "重算全部应访，前后比")
    before = records.stands()
    services.ensure_owed()
    for pk in Household.objects.filter(visits__isnull=False).distinct().values_list("pk", flat=True):
        with transaction.atomic():
            services.settle(pk)
    line.wrong += records.differing(before, records.stands())
    return line


# --- in any order ----------------------------------------------------------------------------------------------------

Step = tuple[Any, uuid.UUID, dict[str, Any]]


class _Back(Exception):
    """Takes an order back, so that the next one meets the same database."""


def _orders(crew: Crew, size: Size) -> Line:
    """One set of records of the last weeks, some of them corrected since, delivered in many orders."""
    line = Line("先后不同", f"{size.ordered} 条 × {size.orders} 种先后，比应访、走访、情况")
    now = clock.now().replace(microsecond=0)
    steps = _steps(crew, size.ordered, now)
    seen = []
    for order in range(size.orders):
        draw = random.Random(order)
        try:
            with transaction.atomic(), clock.stopped_at(now):
                for author, number, body in _shuffled(steps, draw) if order else steps:
                    services.deliver(read_letter(author, number, body))
                seen.append(records.stands())
                raise _Back
        except _Back:
            pass
    line.must(len(seen[0]["visits"]) == size.ordered, f"{len(seen[0]['visits'])} rows of {size.ordered}")
    line.must(any(row[6] for row in seen[0]["owed"]), "nothing was discharged: the gate shows nothing")
    for other in seen[1:]:
        line.wrong += records.differing(seen[0], other)
    line.wrong = line.wrong[:4]
    return line


def _steps(crew: Crew, wanted: int, now: dt.datetime) -> list[Step]:
    draw, found = random.Random(2022), []
    weeks = (now.date() - START).days
    while len(found) < wanted:
        author, homes = draw.choice(crew)
        skew = dt.timedelta(minutes=draw.randint(-SKEW, SKEW))
        happened = now - dt.timedelta(minutes=draw.randint(0, min(weeks, 80) * 24 * 60))
        body = records.content(draw, draw.choice(homes), f"第{len(found)}条")
        body |= {"happened_at": (happened + skew).isoformat(), "sent_at": (now + skew).isoformat()}
        found.append((author, uuid.UUID(int=draw.getrandbits(128), version=4), body))
        if draw.random() < 0.15 and len(found) < wanted:
            other = body | {"note": f"{body['note']}更正", "corrects": str(found[-1][1]), "findings": []}
            found.append((author, uuid.UUID(int=draw.getrandbits(128), version=4), other))
    return found


def _shuffled(steps: list[Step], draw: random.Random) -> list[Step]:
    """Any order in which nobody corrects what has not come: a phone sends the first one first."""
    places = {number: draw.random() for _, number, _ in steps}
    for _, number, body in steps:
        if body.get("corrects"):
            first = places[uuid.UUID(body["corrects"])]
            places[number] = first + draw.random() * (1 - first)
    return sorted(steps, key=lambda step: places[step[1]])
