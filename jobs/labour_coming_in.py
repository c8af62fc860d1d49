"""What to make of the rows of a labour workbook: who each one is, what is wrong with it, and what it would change."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from core import clock
from core.faults import by_field
from core.ledger import KEEP, Entry, Fault, ImportContext, Plan, Problem
from core.ledger.keys import keys_in
from core.models import id_number_hash
from grids.models import Person, Territory
from jobs.models import Labour, Skill, Trade
from jobs.services import note_labour, refuse_labour
from jobs.services.labour import lock_homes

SLUG = "labour"
CODES = {
    name: {title: code for code, title in choices}
    for name, choices in (("status", Labour.STATUSES), ("wish", Labour.WISHES), ("health", Labour.HEALTHS))
}
PLAIN = ("place", "employer", "wage", "subsidy")
# Under which column a refusal of the verb is shown.
_SHOWN_AT = {"person": "status", "since": "name", "note": "name"}


def day_of(context: ImportContext) -> dt.date:
    """From which day the file's facts hold: as told, or its 填报日期, or today."""
    return context.as_of or context.meta.get("made_on") or clock.today()


def _key_of(village: Territory) -> Callable[[object], str]:
    return keys_in(SLUG, village.code)


def labour_masks(village: Territory) -> dict[str, str]:
    """By row key, the mask under which somebody's number was exported."""
    key = _key_of(village)
    people = Person.objects.present().filter(household__village=village)
    return {key(pk): mask for pk, mask in people.values_list("pk", "id_number_mask").iterator()}


@dataclass
class Record:
    """The village as it is: who lives or lived there, and what is registered of them."""

    village: Territory
    people: dict[int, Person] = field(default_factory=dict)
    by_key: dict[str, Person] = field(default_factory=dict)
    by_number: dict[str, Person] = field(default_factory=dict)
    by_name: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))
    gone: set[str] = field(default_factory=set)
    holds: dict[int, Labour] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    skills: dict[str, Skill] = field(default_factory=dict)

    @classmethod
    def of(cls, village: Territory) -> "Record":
        made, key = cls(village), _key_of(village)
        people = Person.objects.filter(household__village=village).defer("id_number", "phone")
        for person in people.select_related("household__territory").order_by("pk"):
            if person.left_on is not None:
                made.gone.add(person.id_number_hash)
                continue
            made.people[person.pk] = made.by_key[key(person.pk)] = person
            made.by_name["".join(person.name.split())].append(person)
            if person.id_number_hash:
                made.by_number[person.id_number_hash] = person
        rows = Labour.objects.filter(until__isnull=True, person__household__village=village)
        for row in rows.prefetch_related("trades", "skills"):
            made.holds[row.person_id] = row
        made.trades = {each.name: each for each in Trade.objects.all()}
        made.skills = {each.name: each for each in Skill.objects.all()}
        return made

    def person(self, entry: Entry) -> Person | Fault:
        """By the key of an exported row, or the number, or the name if only one bears it. Of a number that is on record
        in another village nothing else is said than of one that is nowhere."""
        if entry.key:
            found = self.by_key.get(entry.key)
            if found is None:
                return entry.fault("", "这一行的标识不是这个村的", "新加的行，从空行写起，不要复制别的行")
            return self._agreeing(entry, found)
        number = entry.values.get("id_number")
        if number and number is not KEEP:
            hashed = id_number_hash(number)
            if found := self.by_number.get(hashed):
                return self._agreeing(entry, found)
            if hashed in self.gone:
                return entry.fault("id_number", "这个人已不在册（迁走或者去世）", "从表里删去")
            how = "核对号码，或者先把他登记进花名册"
            return entry.fault("id_number", f"{self.village}花名册里没有这个号", how)
        return self._by_name(entry)

    def _by_name(self, entry: Entry) -> Person | Fault:
        same = self.by_name.get(entry.values["name"], [])
        if len(same) == 1:
            return same[0]
        if not same:
            how = "核对名字，或者先把他登记进花名册"
            return entry.fault("name", f"{self.village}花名册里没有这个人", how)
        return entry.fault("name", f"{self.village}有 {len(same)} 个人叫这个名字", "填身份证号，说明是哪一个")

    def _agreeing(self, entry: Entry, found: Person) -> Person | Fault:
        number, name = entry.values.get("id_number"), entry.values["name"]
        if number and number is not KEEP and id_number_hash(number) != found.id_number_hash:
            return entry.fault(
                "id_number", f"和花名册里{found.name}的不一样", "核对号码；号码变了的，改花名册"
            )
        if name != "".join(found.name.split()):
            return entry.fault("name", f"这个人在花名册里是{found.name}", "核对是不是写错了行")
        return found


@dataclass
class Note:
    """One row that changes something: what it says of whom."""

    person: Person
    facts: dict[str, Any]
    many: dict[str, list[Any]]


def read_labour(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """All faults of all rows; of each good row whether it is new, changes something, or says what is registered."""
    record, plan, day = Record.of(context.territory.village), Plan(), day_of(context)
    whose: dict[int, Person] = {}
    rows: dict[int, list[Entry]] = defaultdict(list)
    for place, entry in enumerate(entries):
        context.looked_at(place, len(entries))
        if entry.bad & {"name", "id_number"} or not entry.values.get("name"):
            continue
        found = record.person(entry)
        if isinstance(found, Fault):
            plan.faults.append(found)
        else:
            whose[entry.number] = found
            rows[found.pk].append(entry)
    twice = _twice(rows, plan)
    plan.work = []
    for entry in entries:
        person = whose.get(entry.number)
        if person is not None and person.pk not in twice:
            _examine(entry, person, record, day, plan)
    _tell(plan, day)
    return plan


def _twice(rows: dict[int, list[Entry]], plan: Plan) -> set[int]:
    for same in rows.values():
        for entry in same[1:] and same:
            others = "、".join(str(other.number) for other in same if other is not entry)
            plan.faults.append(entry.fault("name", f"和第 {others} 行是同一个人", "留一行"))
    return {pk for pk, same in rows.items() if len(same) > 1}


def _examine(entry: Entry, person: Person, record: Record, day: dt.date, plan: Plan) -> None:
    before = record.holds.get(person.pk)
    note = Note(person, _facts(entry, before, record), _many(entry, record))
    new = _changes(note, before)
    if before is not None and not new:
        if not entry.bad:
            plan.outcomes[entry.number] = "unchanged"
        return
    # Where a cell is at fault already, the law is asked all the same: all faults of a row at once.
    if before is None and "status" not in note.facts:
        return
    try:
        refuse_labour(person=person, day=day, before=before, facts=note.facts)
    except ValidationError as refused:
        told = by_field(refused)
        plan.faults += [_fault(entry, name, said) for name, said in told.items() if name not in entry.bad]
        return
    if not entry.bad:
        plan.outcomes[entry.number] = "updated" if before else "created"
        plan.work.append(note)


def _fault(entry: Entry, name: str, sentences: Sequence[str]) -> Fault:
    problem = Problem.of("".join(sentences).rstrip("。"))
    return entry.fault(_SHOWN_AT.get(name, name), *problem)


def _facts(entry: Entry, before: Labour | None, record: Record) -> dict[str, Any]:
    """What the row says; an empty cell says nothing."""
    said = entry.values
    facts: dict[str, Any] = {name: codes[said[name]] for name, codes in CODES.items() if said.get(name)}
    facts |= {name: said[name] for name in PLAIN if said.get(name)}
    if said.get("learns"):
        facts["learns"] = record.skills[said["learns"]]
    # Old workbooks have no column of wishes: who names a trade looks for work, or for another one.
    if before is None and said.get("trades") and not facts.get("wish"):
        facts["wish"] = Labour.CHANGES if facts.get("status") in Labour.WORKING else Labour.SEEKS
    return facts


def _many(entry: Entry, record: Record) -> dict[str, list[Any]]:
    lists: tuple[tuple[str, dict[str, Any]], ...] = (("trades", record.trades), ("skills", record.skills))
    return {
        name: [known[word] for word in entry.values[name]] for name, known in lists if entry.values.get(name)
    }


def _changes(note: Note, before: Labour | None) -> bool:
    if before is None:
        return True
    if any(getattr(before, name) != value for name, value in note.facts.items()):
        return True
    return any(
        {each.pk for each in found} != {each.pk for each in getattr(before, name).all()}
        for name, found in note.many.items()
    )


def _tell(plan: Plan, day: dt.date) -> None:
    outcomes = list(plan.outcomes.values())
    told = (("created", "人新登记"), ("updated", "人有变化"), ("unchanged", "人和登记的一样"))
    plan.lines = [f"{outcomes.count(code)} {words}" for code, words in told if code in outcomes]
    if plan.work:
        plan.lines.append(f"新的情况从 {clock.cn_date(day)} 算起")


def save_labour(plan: Plan, context: ImportContext) -> None:
    lock_homes(note.person.household_id for note in plan.work or ())
    for note in plan.work or ():
        note_labour(actor=context.actor, person=note.person, day=day_of(context), **note.facts, **note.many)
