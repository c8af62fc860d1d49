"""What to make of the rows of a register of disputes that comes in: ours stay as they are, others become disputes."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from accounts.models import User
from core import clock
from core.ledger import Entry, Fault, ImportContext, Plan
from core.ledger.cleaning import tidy
from core.ledger.keys import row_key
from core.ledger.sealing import LateEntries
from core.scope import NOT_YOURS
from disputes.models import Dispute, Move, Party
from disputes.party_names import AND, SEXES, UNCLEAR, read_parties
from disputes.services import CORRECTED, Brought, Importer, Named, Standing, bring_in, stood
from grids.models import Person, Post, Territory
from grids.services import people_near_each

SLUG = "disputes"
KINDS, LEVELS, STATES = dict(Dispute.KINDS), dict(Dispute.LEVELS), dict(Dispute.STATES)
_CODE = {
    "kind": {title: code for code, title in KINDS.items()},
    "level": {title: code for code, title in LEVELS.items()},
}
# Under which column a refusal of the verb is shown.
_SHOWN_AT = {"territory": "grid", "day": "settled_on"}
# The field of a line that a column fills, where it is called otherwise.
_FIELDS = {"grid": "place", "settled_on": "day", "outcome": "state"}
RECORDED = ("登记过了，不能在表里改", "在系统里走下一步；没有改的，把这一行删掉")
UNREAD = ("看不出化解了没有", "开头写明：化解了、达成协议、调处中、没调成、转其他途径，后面写怎么样")
Same = tuple[dt.date, frozenset[str], str]


# --- a dispute as the cells of its line -------------------------------------------------------------------------------


def cells_of(dispute: Dispute, then: Standing) -> dict[str, Any]:
    """What the line says that does not depend on the month alone; reads `territory`, `parties`, `registered_by`."""
    return {
        "grid": dispute.territory.name if dispute.territory.kind == Territory.GRID else "",
        "number": dispute.number,
        "level": LEVELS[then.level],
        "kind": KINDS[dispute.kind],
        "found_on": dispute.found_on,
        "due_on": then.due_on,
        "major": "是" if dispute.major else "否",
        "parties": "；".join(_party_said(each) for each in dispute.parties.all()),
        "people": dispute.people,
        "words": dispute.words,
        "collector": str(dispute.registered_by or ""),
        "keeper": then.keeper,
        "measures": "；".join(then.measures()),
        "department": dispute.department,
        "owner": then.owner,
        "outcome": outcome_said(then),
        "feedback": then.feedback,
        "supervised": dispute.supervised,
        "note": "；".join(
            move.words for move in then.moves if move.kind == "note" and not move.words.startswith(CORRECTED)
        ),
        "revisited_on": then.revisited_on,
    }


def _party_said(party: Party) -> str:
    more = "，".join(filter(None, (SEXES.get(party.sex, ""), party.address)))
    return f"{party.side_said} {party.name}" + (f"（{more}）" if more else "")


def outcome_said(then: Standing) -> str:
    """How far it had come and what came of it: 化解了：各退一尺."""
    return STATES[then.state] + (f"：{then.outcome}" if then.outcome else "")


# --- words of registers as ours ---------------------------------------------------------------------------------------

# What a register writes at the beginning of 化解情况; what is longer is looked for first.
_STATE_WORDS = (
    *((title, code) for code, title in STATES.items()),
    ("未化解", Dispute.IN_HAND), ("没化解", Dispute.IN_HAND), ("尚未化解", Dispute.IN_HAND), ("正在", Dispute.IN_HAND),
    ("化解中", Dispute.IN_HAND), ("调解中", Dispute.IN_HAND), ("处理中", Dispute.IN_HAND), ("办理中", Dispute.IN_HAND),
    ("稳控中", Dispute.IN_HAND), ("否", Dispute.IN_HAND), ("调解不成功", Dispute.ENDED), ("调解不成", Dispute.ENDED),
    ("调解失败", Dispute.ENDED), ("未调解成功", Dispute.ENDED), ("未成功", Dispute.ENDED), ("不成功", Dispute.ENDED),
    ("转法院", Dispute.HANDED), ("转仲裁", Dispute.HANDED), ("转有关部门", Dispute.HANDED),
    ("起诉", Dispute.HANDED), ("已起诉", Dispute.HANDED), ("诉讼", Dispute.HANDED),
    ("走司法程序", Dispute.HANDED), ("仲裁", Dispute.HANDED), ("法院", Dispute.HANDED), ("签订协议", Dispute.AGREED),
    ("签协议", Dispute.AGREED), ("已签协议", Dispute.AGREED), ("已达成协议", Dispute.AGREED), ("化解", Dispute.SETTLED),
    ("已化解", Dispute.SETTLED), ("已调解", Dispute.SETTLED), ("已调处", Dispute.SETTLED), ("已解决", Dispute.SETTLED),
    ("已办结", Dispute.SETTLED), ("已处理", Dispute.SETTLED), ("已和解", Dispute.SETTLED), ("和解", Dispute.SETTLED),
    ("调解成功", Dispute.SETTLED), ("调处成功", Dispute.SETTLED), ("调解好", Dispute.SETTLED),
    ("成功", Dispute.SETTLED), ("解决", Dispute.SETTLED), ("办结", Dispute.SETTLED), ("是", Dispute.SETTLED),
)  # fmt: skip
_BEGINNINGS = sorted(_STATE_WORDS, key=lambda each: -len(each[0]))
# 化解难度大 is not 化解: after these the word is over.
_BARE = {"化解", "解决", "办结", "和解", "成功", "仲裁", "法院", "是", "否"}


def read_outcome(text: str) -> tuple[str, str] | None:
    """(state, what is said besides) of 化解情况; None if it does not say how far it has come."""
    said = text.strip()
    if not said:
        return Dispute.NOTED, ""
    for word, state in _BEGINNINGS:
        after = said[len(word) :]
        if said.startswith(word) and not (word in _BARE and re.match(r"(?!了)\w", after)):
            rest = after.lstrip("：:，,。；; ")
            return state, rest if word in STATES.values() or not rest else said
    return None


# --- rows -------------------------------------------------------------------------------------------------------------


class Record:
    """The village as it is: its grids, who serves there, and what is registered already."""

    def __init__(self, village: Territory, entries: Sequence[Entry]) -> None:
        self.village = village
        self.grids = {
            grid.name: grid for grid in Territory.objects.at(village).grids().select_related("parent")
        }
        for grid in self.grids.values():
            grid.parent = village
        days = {entry.values["found_on"] for entry in entries if entry.values.get("found_on")}
        since = min(days, default=clock.today())
        self.people: dict[str, set[User]] = defaultdict(set)
        posts = Post.objects.at(village).from_day(since).filter(officer__user__is_active=True)
        for post in posts.select_related("officer__user"):
            assert post.officer.user is not None  # as asked above
            self.people[post.officer.name].add(post.officer.user)
        self._near = _names_near({user for users in self.people.values() for user in users})
        joined = reduce(or_, (Q(name__contains=each) for each in AND))
        living = Person.objects.present().filter(joined, household__village=village)
        self.joined_names = frozenset(living.values_list("name", flat=True))
        rows = Dispute.objects.at(village)
        told = rows.filter(found_on__gte=since).prefetch_related("parties")
        self.stored: set[Same] = {
            _same(each.found_on, [party.name for party in each.parties.all()], each.words) for each in told
        }
        wanted = {entry.key for entry in entries if entry.key}
        keys = rows.values_list("pk", flat=True).iterator() if wanted else ()
        known = {key: pk for pk in keys if (key := row_key(SLUG, village.code, pk)) in wanted}
        ours = rows.select_related("territory__parent", "registered_by").prefetch_related("parties")
        found = ours.in_bulk(list(known.values()))
        self.by_key = {key: found[pk] for key, pk in known.items()}
        self.moves: dict[int, list[Move]] = defaultdict(list)
        moves = Move.objects.filter(dispute__in=list(found)).select_related("actor", "owner", "keeper")
        for move in moves.order_by("pk"):
            self.moves[move.dispute_id].append(move)

    def account(self, name: str) -> User | None:
        """Whose name it is, if it is one person's who serves there and can sign in."""
        found = self.people.get(name, set())
        return next(iter(found)) if len(found) == 1 else None

    def near(self, user: User | None) -> set[str]:
        """The names of who lives, or ever lived, in a household with this account; himself too."""
        return self._near.get(user.pk, set()) if user else set()


def _names_near(users: set[User]) -> dict[int, set[str]]:
    """By account (key), as the register knows it."""
    near = people_near_each({user.pk for user in users})
    people = Person.objects.filter(pk__in=set().union(*near.values()))
    names = dict(people.values_list("pk", "name"))
    return {user: {names[each] for each in keys} for user, keys in near.items()}


def _same(day: dt.date, names: Sequence[str], words: str) -> Same:
    return day, frozenset("".join(name.split()) for name in names), tidy(words)


def read_disputes(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """Our own rows by their key; those that are stored, or stand in the file twice, once; every other one tried out.

    A cell that could not be read keeps nothing back: all that is wrong with the row's other cells is told as well.
    """
    village = context.territory.village
    record, plan, new = Record(village, entries), Plan(), list[Brought]()
    importer = Importer(context.actor)
    first: dict[Same, int] = {}
    for place, entry in enumerate(entries):
        context.looked_at(place, len(entries))
        if entry.key:
            _ours(entry, record, plan)
            continue
        row = _Row(entry, record)
        same = row.same
        if same in record.stored and not row.faults:
            plan.outcomes[entry.number] = "unchanged"
            continue
        faults = row.faults + row.tried(importer)
        plan.faults += faults
        if faults or same is None:
            continue
        plan.warnings += row.warnings
        if (before := first.setdefault(same, entry.number)) != entry.number:
            plan.warnings.append(entry.fault("words", f"和第 {before} 行一样", "只存一次"))
            plan.outcomes[entry.number] = "unchanged"
        else:
            plan.outcomes[entry.number] = "created"
            new.append(row.line)
    plan.lines += _late(village, new)
    plan.work = new
    return plan


def _late(village: Territory, lines: Sequence[Brought]) -> list[str]:
    """What is told once for each sealed month that something is dated into."""
    entries = LateEntries.at([village])
    days = sorted({day for line in lines for day in (line.found_on, line.day, line.revisited_on) if day})
    notes = (entries.note(village.pk, day, clock.now()) for day in days)
    return list(dict.fromkeys(note for note in notes if note))


def save_all(plan: Plan, context: ImportContext) -> None:
    bring_in(actor=context.actor, lines=plan.work or ())


def _ours(entry: Entry, record: Record, plan: Plan) -> None:
    dispute = record.by_key.get(entry.key)
    if dispute is None:
        plan.faults.append(
            entry.fault("", "这一行的标识不是这个村的", "新加的行，从空行写起，不要复制别的行")
        )
    elif _says(entry, dispute, record.moves[dispute.pk]):
        if not entry.bad:
            plan.outcomes[entry.number] = "unchanged"
    else:
        plan.faults.append(entry.fault("number", *RECORDED))


def _says(entry: Entry, dispute: Dispute, moves: Sequence[Move]) -> bool:
    """Whether the row says what is stored, as it stands now or stood on a day the ledger was made for; a cell that
    could not be read says nothing."""
    standings = [stood(moves, day) for day in sorted({move.day for move in moves})]
    # Of the day it was made on, the ledger may have seen the morning only.
    standings += [stood(moves[:count], dt.date.max) for count in range(1, len(moves) + 1)]
    return any(_agrees(entry, cells_of(dispute, then)) for then in standings)


_SQUEEZED = ("grid", "collector", "keeper", "owner")


def _agrees(entry: Entry, stored: dict[str, Any]) -> bool:
    def plain(name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return ("".join(value.split()) if name in _SQUEEZED else tidy(value)) or None

    return all(
        plain(name, entry.values[name]) == plain(name, stored[name])
        for name in stored
        if name in entry.values and name not in entry.bad
    )


# --- rows of other registers --------------------------------------------------------------------------------------


class _Row:
    """A row of another register: the `line` it makes, and the faults of its cells by themselves.

    Where a cell could not be read, its field of the line (`unread`) has something in its place.
    """

    def __init__(self, entry: Entry, record: Record) -> None:
        self.entry, self.record, self.said = entry, record, entry.values
        self.faults, self.warnings = list[Fault](), list[Fault]()
        self.unread = {_FIELDS.get(name, name) for name in entry.bad}
        self.line = self._line()

    @property
    def same(self) -> Same | None:
        """What it is known by; None if that cannot be read."""
        if {"found_on", "parties", "words"} & self.unread:
            return None
        return _same(self.line.found_on, [party.name for party in self.line.parties], self.line.words)

    def tried(self, importer: Importer) -> list[Fault]:
        """What the verb itself finds; nothing is stored for it."""
        try:
            found = importer.refusals(self.line, self.unread)
        except PermissionDenied as refused:
            return [self.entry.fault("", str(refused) or NOT_YOURS)]
        faults = []
        for name, sentences in found.items():
            what, _, how = "".join(sentences).rstrip("。").partition("，")
            faults.append(self.entry.fault(_SHOWN_AT.get(name, name), what, how))
        return faults

    def _line(self) -> Brought:
        said, place = self.said, self._place()
        state, told = self._outcome()
        parties = self._parties()
        names = {name: said.get(name) or "" for name in ("owner", "keeper", "collector")}
        accounts = {name: self.record.account(names[name]) for name in ("owner", "keeper")}
        for name, title in (("owner", "负责人"), ("keeper", "稳控负责人")):
            self._avoid(name, title, names[name], self.record.near(accounts[name]), parties, state)
        return Brought(
            place=place,
            found_on=said["found_on"] or clock.today(),
            words=said["words"] or "",
            parties=parties,
            state=state,
            day=self._day(state),
            kind=_CODE["kind"].get(said.get("kind") or "", Dispute.OTHER),
            level=_CODE["level"].get(said.get("level") or "", ""),
            people=said.get("people"),
            major=said.get("major") == "是",
            department=said.get("department") or "",
            supervised=said.get("supervised") or "",
            due_on=said.get("due_on"),
            owner=accounts["owner"],
            keeper=accounts["keeper"],
            measures=said.get("measures") or "",
            outcome=told,
            feedback=said.get("feedback") or "",
            revisited_on=said.get("revisited_on"),
            said=_besides(said, names, accounts),
        )

    def _place(self) -> Territory:
        name, village = self.said.get("grid"), self.record.village
        if name and name not in self.record.grids:
            self._fault("grid", f"{village}没有这个网格", "改成网格的名称，说不清就空着")
        return self.record.grids.get(name, village) if name else village

    def _outcome(self) -> tuple[str, str]:
        found = read_outcome(self.said.get("outcome") or "")
        if found is None:
            self._fault("outcome", *UNREAD)
            self.unread.add("state")
        return found or (Dispute.NOTED, "")

    def _parties(self) -> tuple[Named, ...]:
        read = read_parties(self.said["parties"] or "", self.record.joined_names)
        for written in read.unclear:
            self._fault("parties", f"看不出“{written}”是一个人还是几个人", UNCLEAR)
        if read.unclear:
            self.unread.add("parties")
        return tuple(read.named)

    def _day(self, state: str) -> dt.date | None:
        day: dt.date | None = self.said.get("settled_on")
        if day or state in Dispute.OPEN_STATES or {"found_on", "day"} & self.unread:
            return day
        day = _guessed(self.said)
        how = f"按 {day:%Y-%m-%d} 记；知道的，加一列“化解日期”写上"
        self.warnings.append(self.entry.fault("outcome", "没有写哪天化解的", how))
        return day

    def _avoid(
        self, column: str, title: str, who: str, near: set[str], parties: Iterable[Named], state: str
    ) -> None:
        """回避: nobody handles his own quarrel or his household's. A register has names alone: of what still goes on
        somebody else has to be written; of what is over it is asked."""
        said = "".join(who.split())
        named = ["".join(party.name.split()) for party in parties]
        if said and said in named:
            what = f"{title}{said}和当事人同名"
        elif kin := [name for name in named if name in near]:
            what = f"{title}{said}和当事人{'、'.join(kin)}像是一家人"
        else:
            return
        if state in Dispute.OPEN_STATES:
            how = "是他自己家的事，要回避，换一个人；只是同名的，先空着，导入以后在“定负责人”里选"
            self._fault(column, what, how)
        else:
            how = "当时该回避的，在备注里写明；只是同名的不用管，照样导入"
            self.warnings.append(self.entry.fault(column, what, how))

    def _fault(self, column: str, what: str, how: str) -> None:
        self.faults.append(self.entry.fault(column, what, how))


def _guessed(said: dict[str, Any]) -> dt.date:
    """A register that does not say when it was settled: by the day it was to be, or on the day it was found."""
    due = said.get("due_on")
    found: dt.date = said["found_on"]
    return due if due and found <= due <= clock.today() else found


def _besides(said: dict[str, Any], names: dict[str, str], accounts: dict[str, User | None]) -> str:
    """What has no place of its own: the number it had, names that are no accounts of ours, and remarks."""
    told = [f"原编号 {said['number']}"] if said.get("number") else []
    for name, title in (("collector", "收集人"), ("owner", "负责人"), ("keeper", "稳控负责人")):
        if names[name] and not accounts.get(name):
            told.append(f"{title} {names[name]}")
    if said.get("note"):
        told.append(said["note"])
    return "，".join(told)
