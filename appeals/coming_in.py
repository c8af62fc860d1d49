"""What to make of the rows of a register of needs that comes in: ours stay as they are, others become matters."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from appeals.models import Matter, Move
from appeals.services.bringing import Brought, Importer, bring_in
from appeals.services.standing import Standing, stood
from core import clock, idnumber
from core.faults import by_field
from core.ledger import Entry, Fault, ImportContext, Plan
from core.ledger.cleaning import tidy
from core.ledger.keys import row_key
from core.ledger.sealing import LateEntries
from core.scope import NOT_YOURS
from grids.models import Household, Post, Territory

SLUG = "appeals"
SOURCES, FIELDS = dict(Matter.SOURCES), dict(Matter.FIELDS)
URGENCIES, RATINGS = dict(Matter.URGENCIES), dict(Matter.RATINGS)
_CODES = {
    "source": {title: code for code, title in SOURCES.items()},
    "field": {title: code for code, title in FIELDS.items()},
    "urgency": {title: code for code, title in URGENCIES.items()},
    "rating": {title: code for code, title in RATINGS.items()},
}
_BLANK = {"source": Matter.WALK_IN, "field": Matter.OTHER, "urgency": Matter.DAYS, "rating": ""}
# Under which column a refusal of the verb is shown.
_SHOWN_AT = {"caller": "who", "territory": "grid", "household": "home"}
RECORDED = ("登记过了，不能在表里改", "在系统里走下一步；没有改的，把这一行删掉")
MASKED = ("这个号被遮住了", "填完整的号或留空")
NOBODY = "没留姓名"

Same = tuple[dt.date, str, str]


class Record:
    """The village as it is: its grids and households, who serves there, and what is registered already."""

    def __init__(self, village: Territory, entries: Sequence[Entry]) -> None:
        self.village = village
        self.grids = {
            grid.name: grid for grid in Territory.objects.at(village).grids().select_related("parent")
        }
        for grid in self.grids.values():
            grid.parent = village
        self.homes = {
            home.number: home
            for home in Household.objects.filter(village=village).select_related("territory__parent")
        }
        days = {entry.values["opened_on"] for entry in entries if entry.values.get("opened_on")}
        since = min(days, default=clock.today())
        self.people: dict[str, set[User]] = defaultdict(set)
        posts = Post.objects.at(village).from_day(since).filter(officer__user__is_active=True)
        for post in posts.select_related("officer__user"):
            assert post.officer.user is not None  # as asked above
            self.people[post.officer.name].add(post.officer.user)
        rows = Matter.objects.at(village)
        told = rows.filter(opened_on__gte=since).select_related("household")
        self.stored: set[Same] = {_same(each.opened_on, _name_of(each), each.words) for each in told}
        wanted = {entry.key for entry in entries if entry.key}
        keys = rows.values_list("pk", flat=True).iterator() if wanted else ()
        known = {key: pk for pk in keys if (key := row_key(SLUG, village.code, pk)) in wanted}
        found = rows.in_bulk(list(known.values()))
        self.by_key = {key: found[pk] for key, pk in known.items()}
        self.moves: dict[int, list[Move]] = defaultdict(list)
        moves = Move.objects.filter(matter__in=list(found)).select_related("actor", "to").order_by("pk")
        for move in moves:
            self.moves[move.matter_id].append(move)

    def account(self, name: str) -> User | None:
        """Whose name it is, if it is one person's who serves there and can sign in."""
        found = self.people.get(name, set())
        return next(iter(found)) if len(found) == 1 else None


def _same(day: dt.date, name: str, words: str) -> Same:
    return day, "".join(name.split()), tidy(words)


def _name_of(matter: Matter) -> str:
    return matter.who if matter.who != NOBODY else matter.phone_mask


def read_matters(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """Our own rows by their key; those that are stored, or stand in the file twice, once; every other one tried out."""
    village = context.territory.village
    record, plan, new = Record(village, entries), Plan(), list[Brought]()
    importer = Importer(context.actor)
    first: dict[Same, int] = {}
    for place, entry in enumerate(entries):
        context.looked_at(place, len(entries))
        if entry.bad:
            continue
        if entry.key:
            _ours(entry, record, plan)
            continue
        if (line := _line(entry, record, plan)) is None:
            continue
        same = _same(line.opened_on, _name(line), line.words)
        if same in record.stored:
            plan.outcomes[entry.number] = "unchanged"
        elif (before := first.setdefault(same, entry.number)) != entry.number:
            plan.warnings.append(entry.fault("words", f"和第 {before} 行一样", "只存一次"))
            plan.outcomes[entry.number] = "unchanged"
        elif (fault := _tried(entry, line, importer)) is not None:
            plan.faults.append(fault)
        else:
            if line.rating == Matter.BAD:
                plan.warnings.append(entry.fault("rating", "是不满意", "导入以后算没办完，接着办"))
            plan.outcomes[entry.number] = "created"
            new.append(line)
    plan.lines += _late(village, new)
    plan.work = new
    return plan


def _late(village: Territory, lines: Sequence[Brought]) -> list[str]:
    """What is told once for each sealed month that something is dated into."""
    entries = LateEntries.at([village])
    days = sorted({day for line in lines for day in (line.opened_on, line.answered_on) if day})
    notes = (entries.note(village.pk, day, clock.now()) for day in days)
    return list(dict.fromkeys(note for note in notes if note))


def save_all(plan: Plan, context: ImportContext) -> None:
    bring_in(actor=context.actor, lines=plan.work or ())


# --- rows that we have written out ------------------------------------------------------------------------------


def _ours(entry: Entry, record: Record, plan: Plan) -> None:
    matter = record.by_key.get(entry.key)
    if matter is None:
        plan.faults.append(
            entry.fault("", "这一行的标识不是这个村的", "新加的行，从空行写起，不要复制别的行")
        )
    elif _says(entry, matter, record.moves[matter.pk]):
        plan.outcomes[entry.number] = "unchanged"
    else:
        plan.faults.append(entry.fault("number", *RECORDED))


def _says(entry: Entry, matter: Matter, moves: Sequence[Move]) -> bool:
    """Whether the row says what is stored, as it stands now or stood on a day the ledger was made for."""
    plain = {
        "number": matter.number,
        "source": SOURCES[matter.source],
        "opened_on": matter.opened_on,
        "who": "".join(matter.who.split()),
        "phone": matter.phone_mask,
        "field": FIELDS[matter.field],
        "words": tidy(matter.words),
        "urgency": URGENCIES[matter.urgency],
    }
    if not _agrees(entry, plain):
        return False
    days = sorted({move.day for move in moves})
    standings = [stood(moves, day) for day in days]
    # Of the day it was made on, the ledger may have seen the morning only.
    standings += [stood(moves[:count], dt.date.max) for count in range(1, len(moves) + 1)]
    return any(_agrees(entry, _standing(then)) for then in standings)


def _standing(then: Standing) -> dict[str, Any]:
    return {
        "due_on": then.due_on,
        "owner": "".join(then.owner.split()),
        "outcome": tidy(then.outcome),
        "answered_on": then.answered_on,
        "rating": RATINGS.get(then.rating, ""),
        "followed_up": "".join(then.followed_up.split()),
    }


def _agrees(entry: Entry, stored: dict[str, Any]) -> bool:
    return all(
        (entry.values[name] or None) == (stored[name] or None) for name in stored if name in entry.values
    )


# --- rows of other registers ---------------------------------------------------------------------------------------


def _line(entry: Entry, record: Record, plan: Plan) -> Brought | None:
    """The row as a line; None if it names what is not there, and the plan knows."""
    said, faults = entry.values, list[Fault]()
    if said.get("village") not in (None, record.village.name):
        faults.append(entry.fault("village", f"不是{record.village}的", "一个村一个村地导入"))
    place, home = record.village, None
    if name := said.get("grid"):
        place = record.grids.get(name, place)
        if name not in record.grids:
            faults.append(
                entry.fault("grid", f"{record.village}没有这个网格", "改成网格的名称，说不清就空着")
            )
    if number := said.get("home"):
        home = record.homes.get(number)
        if home is None:
            faults.append(entry.fault("home", f"{record.village}没有这个户编号", "照花名册改，不知道就空着"))
        elif home.ended_on:
            home = None  # its matters of then are told by name
    if phone := idnumber.clean_phone(said.get("phone") or ""):
        if "*" in phone:
            faults.append(entry.fault("phone", *MASKED))
        elif fault := idnumber.phone_fault(phone):
            what, _, how = fault.rpartition("，")
            faults.append(entry.fault("phone", what or how, how if what else ""))
    plan.faults += faults
    if faults:
        return None
    owner_said, told_by = said.get("owner") or "", said.get("followed_up") or ""
    owner = record.account(owner_said)
    codes = {name: _CODES[name].get(said.get(name) or "", _BLANK[name]) for name in _CODES}
    return Brought(
        place=place,
        household=home,
        opened_on=said["opened_on"],
        words=said["words"],
        caller=said.get("who") or "",
        phone=phone,
        due_on=said.get("due_on"),
        owner=owner,
        owner_said="" if owner else owner_said,
        outcome=said.get("outcome") or "",
        answered_on=said.get("answered_on"),
        told_by=record.account(told_by),
        number=said.get("number") or "",
        **codes,
    )


def _name(line: Brought) -> str:
    if line.caller:
        return line.caller
    if line.household:
        return line.household.head_name
    return idnumber.mask_phone(line.phone) if line.phone else ""


def _tried(entry: Entry, line: Brought, importer: Importer) -> Fault | None:
    """The fault the verb itself finds."""
    try:
        importer.draft(line)
    except ValidationError as refused:
        name, sentences = next(iter(by_field(refused).items()))
        what, _, how = "".join(sentences).rstrip("。").partition("，")
        return entry.fault(_SHOWN_AT.get(name, name), what, how)
    except PermissionDenied as refused:
        return entry.fault("", str(refused) or NOT_YOURS)
    return None
