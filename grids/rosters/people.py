"""A household roster against the register: every fault of every row, and what saving it would change.

Rules that the workbook brings with it: an empty cell never erases what is on record, a column that is absent is left
alone, and nobody disappears because a row is missing (that is reported; leaving is a dated verb of its own).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from core import idnumber
from core.ledger import KEEP, BadWorkbook, Entry, ImportContext, Plan
from core.models import phone_hash
from grids.models import Household, Person
from grids.models.register import HEAD
from grids.rosters.checking import Checking
from grids.rosters.stored import VillageRecord
from grids.rosters.work import Home, Work
from grids.services import answers, correcting
from grids.words import FORMER_HEAD, SEX_WORDS

WHAT = "导入花名册"
PLAIN_FIELDS = ("relation", "name", "ethnicity", "politics", "education", "note")


def read_persons(entries: Sequence[Entry], context: ImportContext, *, within: Any, since: dt.date) -> Plan:
    """The plan of a household roster of `within` (a village, or one grid of it), valid from `since`.

    BadWorkbook once the actor was told too often today that a number is on record where she may not look.
    """
    if answers.closed(context.actor):
        raise BadWorkbook("closed", f"{answers.CLOSED}。")
    reading = _Reading(entries, VillageRecord.of(within.village, within), since, context=context)
    plan = reading.plan()
    asked = {"actor": context.actor, "territory": within, "hashes": reading.elsewhere, "what": WHAT}
    if not answers.note(**asked):
        raise BadWorkbook("closed", f"{answers.CLOSED}。")
    return plan


class _Reading(Checking):
    """From here on only households without a fault are looked at."""

    def __init__(
        self, entries: Sequence[Entry], record: VillageRecord, since: dt.date, *, context: ImportContext
    ) -> None:
        super().__init__(entries, record, actor=context.actor)
        self.context = context
        self.work = self.result.work = Work(record.village, since)
        self.since = since
        self._leaving: set[int] = set()

    def plan(self) -> Plan:
        # 1. Which rows are one household, and who of the register each row is.
        self._gather()
        self._match()
        # 2. What is wrong, row by row and household by household.
        for place, entry in enumerate(self.entries):
            self.context.looked_at(place, len(self.entries))
            self._check_person(entry)
        for home in self.homes.values():
            self._check_home(home)
        # 3. What saving would change: only in households without a fault.
        self.taken = {p.pk: self._number(e) for e in self.entries if (p := self.person.get(e.number))}
        good = [
            home for home in self.homes.values() if not any(e.number in self.faulty for e in home.entries)
        ]
        for home in good:
            self._build(home)
        self._resize()
        self._report(good)
        return self.result

    def _build(self, home: Home) -> None:
        household, changed = self._household(home)
        for entry in home.entries:
            self.result.outcomes[entry.number] = self._person(entry, household)
        first = home.entries[0].number
        self._settle_head(home, household)
        if changed and self.result.outcomes[first] == "unchanged":
            self.result.outcomes[first] = "updated"

    def _household(self, home: Home) -> tuple[Household, bool]:
        assert home.group
        stored = self.record.households.get(home.number)
        told = self._address_row(home, stored)
        address = told.values["address"] if told else ""
        if stored is None:
            new = Household(
                number=home.number, village=self.record.village, territory_id=home.group.grid_id, group=home.group,
                address=address, since=self.since,
            )  # fmt: skip
            self.work.new_households.append(new)
            return new, True
        changed = []
        if address and address != stored.address:
            stored.address = address
            changed.append("address")
        if stored.group_id != home.group.pk:
            stored.group, stored.territory_id = home.group, home.group.grid_id
            changed += ["group", "territory"]
        self._touch(stored, *changed)
        return stored, bool(changed)

    def _touch(self, household: Household, *fields: str) -> None:
        if household.pk and fields:
            self.work.households.add(household, fields)

    def _person(self, entry: Entry, household: Household) -> Any:
        values = entry.values
        person = self.person.get(entry.number)
        new = person is None
        person = person or Person()
        told = {name: values[name] for name in PLAIN_FIELDS if values.get(name)}
        changed = correcting.describe(person, told | self._born_and_sex(entry)) | self._numbers(entry, person)
        changed |= self._home_of(person, household, changed, new=new)
        return self._note(entry, person, changed, new)

    def _note(self, entry: Entry, person: Person, changed: set[str], new: bool) -> str:
        has = {} if new else self.record.categories.get(person.pk, {})
        wanted = [self.record.kinds[name] for name in entry.values.get("categories") or ()]
        begins = [(person, kind) for kind in wanted if kind.pk not in has]
        self.work.categories += begins
        self.person[entry.number] = person
        if new:
            self.work.new_people.append(person)
            return "created"
        if changed:
            self.work.people.add(person, changed)
        return "updated" if changed or begins else "unchanged"

    def _numbers(self, entry: Entry, person: Person) -> set[str]:
        changed = set()
        hashed = self.hashes.get(entry.number)
        if hashed and hashed != person.id_number_hash:
            self.work.id_texts[id(person)] = person, entry.values["id_number"]
            changed |= {"id_number", "id_number_hash", "id_number_mask"}
        phone = entry.values.get("phone")
        if phone and phone is not KEEP and phone_hash(idnumber.clean_phone(phone)) != person.phone_hash:
            self.work.phone_texts[id(person)] = person, phone
            changed |= {"phone", "phone_hash", "phone_mask"}
        return changed

    @staticmethod
    def _born_and_sex(entry: Entry) -> dict[str, Any]:
        """As written, or as the identity number tells where the cell is empty."""
        number, sex = entry.values.get("id_number"), SEX_WORDS.get(entry.values.get("sex") or "", "")
        number = "" if number is KEEP else number or ""
        return correcting.told_by(number, sex=sex, birth_date=entry.values.get("birth_date"))

    def _home_of(self, person: Person, household: Household, changed: set[str], *, new: bool) -> set[str]:
        """Put the person into the household; a move, or another relation, is dated."""
        if new:
            person.household = household
            return set()
        fields = set()
        if person.left_on:
            person.left_on, person.left_why = None, ""
            fields |= {"left_on", "left_why"}
        if household.pk is None or person.household_id != household.pk:
            self._leaving.add(person.household_id)
            person.household = household
            fields.add("household")
        if fields or "relation" in changed:
            self.work.moved[person.pk] = person
        return fields

    def _settle_head(self, home: Home, household: Household) -> None:
        """One head: the file's. Who was it and is not in the file any more stays, as 原户主."""
        staying = [p for p in self.record.members.get(household.pk or 0, ()) if p.pk not in self.taken]
        people = [self.person[entry.number] for entry in home.entries]
        for person in staying:
            if home.head and person.relation == HEAD:
                person.relation = FORMER_HEAD
                self.work.people.add(person, ["relation"])
                self.work.moved[person.pk] = person
                self._warn(
                    home.head,
                    "relation",
                    f"原来的户主{person.name}不在表里，先记作{FORMER_HEAD}",
                    "去世或迁出另办",
                )
        head = self.person[home.head.number] if home.head else None
        if head and household.head_name != head.name:
            household.head_name = head.name
            self._touch(household, "head_name")
        size = len(people) + len(staying)
        if household.size != size:
            household.size = size
            self._touch(household, "size")
        self._set_caller(household, head, people)

    def _set_caller(self, household: Household, head: Person | None, people: list[Person]) -> None:
        """Whose phone is the household's: the head's; for a new household without it, the first there is."""
        told = [p for p in people if id(p) in self.work.phone_texts]
        caller = head if head and id(head) in self.work.phone_texts else None
        if household.pk is None and caller is None:
            caller = head if head and head.phone_hash else next(iter(told), None)
        if caller:
            self.work.callers.append((household, caller))
            self._touch(household, "phone", "phone_hash", "phone_mask")

    def _resize(self) -> None:
        """Households that somebody moves out of, and that the file does not list itself."""
        for pk in self._leaving:
            household = self.record.household_by_pk[pk]
            if household.number not in self.homes:
                household.size = sum(person.pk not in self.taken for person in self.record.members[pk])
                self._touch(household, "size")
                if not household.size:
                    self.work.emptied.append(household)

    # --- what is told ------------------------------------------------------------------------------------

    def _report(self, good: list[Home]) -> None:
        outcomes = list(self.result.outcomes.values())
        self.result.extra = {"households": len(good), "persons": len(outcomes)}
        self.result.gone = [*self._gone_people(), *self._gone_categories()]
        moved = len(self.work.people.with_field("household"))
        numbers = [p.id_number_hash for p in self.work.people.with_field("id_number_hash")]  # the ones before
        said = [
            (len(self.work.new_households), "户新登记"),
            (outcomes.count("created"), "人新登记"),
            (outcomes.count("updated"), "行有变化"),
            (moved, "人换了户"),
            (len(self.work.households.with_field("group")), "户换了村民组（网格）"),
            (len(self.work.households.with_field("address")), "户改了住址"),
            (len(self.work.emptied), "户一个人也不在了，销户"),
            (sum(bool(had) for had in numbers), "人换了身份证号"),
            (sum(not had for had in numbers), "人补了身份证号"),
            (len(self.work.categories), "项对象类别新认定"),
            (outcomes.count("unchanged"), "行和花名册一样"),
        ]
        self.result.lines = [f"{count} {what}" for count, what in said if count]

    def _gone_people(self) -> list[str]:
        """Who is in no row; whom a row at fault names is still to be told apart, not gone."""
        listed = {(self._number(e), e.values["name"]) for e in self.entries if e.number in self.faulty}
        gone = []
        for person in self.record.present:
            household = self.record.household_of(person)
            inside = self.record.within.pk in (household.territory_id, self.record.village.pk)
            if inside and person.pk not in self.taken and (household.number, person.name) not in listed:
                gone.append(f"{household.number} 户 {person.name}：花名册里有，表里没有")
        return gone

    def _gone_categories(self) -> list[str]:
        names = {kind.pk: kind.name for kind in self.record.kinds.values()}
        gone = []
        for entry in self.entries:
            person = self.person.get(entry.number)
            if "categories" not in entry.values or person is None or "categories" in entry.bad:
                continue
            for kind in self.record.categories.get(person.pk or 0, {}):
                if names[kind] not in entry.values["categories"]:
                    gone.append(f"{self._number(entry)} 户 {person.name}：登记为{names[kind]}，表里没写")
        return gone
