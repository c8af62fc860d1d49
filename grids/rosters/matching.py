"""Which rows of a household roster are one household, and who of the register each row is."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from core import idnumber
from core.ledger import KEEP, Entry, Plan
from core.models import id_number_hash
from core.scope import may
from grids.models import Person
from grids.models.register import HEAD
from grids.rosters.stored import VillageRecord
from grids.rosters.work import Home


class Matching:
    """`homes` by household number, `person` by row number; rows in `faulty` are not to be saved.

    `elsewhere`: the search keys of numbers that are on record where the actor may not look.
    """

    def __init__(self, entries: Sequence[Entry], record: VillageRecord, *, actor: Any) -> None:
        self.entries, self.record, self.actor = entries, record, actor
        self.result = Plan()
        self.homes: dict[str, Home] = {}
        self.person: dict[int, Person] = {}
        self.hashes: dict[int, str] = {}
        self.elsewhere: set[str] = set()
        self.faulty: set[int] = {entry.number for entry in entries if entry.bad}

    def _fault(self, entry: Entry, column: str, what: str, how: str) -> None:
        self.faulty.add(entry.number)
        self.result.faults.append(entry.fault(column if column in entry.columns else "", what, how))

    def _warn(self, entry: Entry, column: str, what: str, how: str = "") -> None:
        self.result.warnings.append(entry.fault(column if column in entry.columns else "", what, how))

    @staticmethod
    def _number(entry: Entry) -> str:
        return entry.values["number"] or ""

    def _gather(self) -> None:
        above = ""
        for entry in self.entries:
            values = entry.values
            if not values["number"] and "number" not in entry.bad:
                if (
                    above
                    and not values["group"]
                    and not values.get("head_name")
                    and values["relation"] != HEAD
                ):
                    values["number"] = above  # only the first row of a household is filled in
                else:
                    self._fault(entry, "number", "没填", "填上户编号")
            number = values["number"]
            known = self.record.number_without_zeros.get(number or "")
            if known and known != number and number not in self.record.households:
                self._warn(entry, "number", f"少了前面的 0，按 {known} 读")
                number = values["number"] = known
            if number:
                self.homes.setdefault(number, Home(number)).entries.append(entry)
            above = number or ""

    def _match(self) -> None:
        self._hash_numbers()
        strangers = self.record.elsewhere(h for h in self.hashes.values() if h not in self.record.by_hash)
        for entry in self.entries:
            carried = self.hashes.get(entry.number, "")
            if village := strangers.get(carried):
                known = str(village)
                if not may(self.actor, "imports.run", village):
                    known = "别的村"
                    self.elsewhere.add(carried)
                self._fault(entry, "id_number", f"这个人登记在{known}", "先请那边办迁出，或者从表里删去")
                continue
            found = self.record.by_key.get(entry.key) if entry.key else None
            found = found or self.record.by_hash.get(carried) or self._same_name(entry)
            if found:
                self.person[entry.number] = found
        self._settle_doubtful()
        for entry in self.entries:
            if found := self.person.get(entry.number):
                self._check_match(entry, found)
                self._check_name(entry, found)
        self._refuse_one_person_twice()

    def _hash_numbers(self) -> None:
        rows: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            number = entry.values.get("id_number")
            if number and number is not KEEP:
                rows[number].append(entry)
                self.hashes[entry.number] = id_number_hash(number)
        for same in rows.values():
            for entry in same[1:] and same:
                others = "、".join(str(other.number) for other in same if other is not entry)
                self._fault(entry, "id_number", f"和第 {others} 行是同一个号", "核对是不是同一个人，留一行")

    def _same_name(self, entry: Entry) -> Person | None:
        """The one of that household with this name and birth date whose number this file does not bring elsewhere."""
        same = self.record.by_name.get((self._number(entry), entry.values["name"] or ""), [])
        if not same:
            return None
        born = self._born(entry)
        same = [p for p in same if not (born and p.birth_date) or p.birth_date == born]
        same = [p for p in same if not p.id_number_hash or p.id_number_hash not in self._carried]
        return same[0] if len(same) == 1 else None

    def _settle_doubtful(self) -> None:
        """Rows that would register somebody whom the household has already: by name and relation, not by birth."""
        matched = {person.pk for person in self.person.values()}
        for entry in self.entries:
            if entry.number in self.person or entry.number in self.faulty:
                continue
            same = self.record.by_name.get((self._number(entry), entry.values["name"] or ""), [])
            same = [p for p in same if p.pk not in matched and p.relation == entry.values["relation"]]
            if same:
                self._settle(entry, same)

    def _settle(self, entry: Entry, same: list[Person]) -> None:
        """A first number tells who somebody without one is; else the clerk says, in an exported roster."""
        known = same[0]
        on_record = f"{known.birth_date} 生" if known.birth_date else "没有出生日期"
        carried = self.hashes.get(entry.number)
        if len(same) == 1 and carried and not known.id_number_hash:
            self.person[entry.number] = known
            what = f"花名册里{known.name}是 {on_record}，存入后照身份证号改成 {self._born(entry)}"
            self._warn(entry, "birth_date", what, "不是同一个人就先别存")
            return
        self._fault(
            entry,
            "id_number" if carried else "birth_date",
            f"这一户已登记有{known.name}（{on_record}），对不上是不是同一个人",
            "是同一个人，导出花名册，在导出的表里改这一行再传；是另一个人，先给原来那位办户籍变动",
        )

    @cached_property
    def _carried(self) -> set[str]:
        return set(self.hashes.values())

    @staticmethod
    def _born(entry: Entry) -> dt.date | None:
        number = entry.values.get("id_number")
        return entry.values.get("birth_date") or (idnumber.birth_date(number) if number else None)

    def _check_match(self, entry: Entry, found: Person) -> None:
        if found.left_on and found.left_why == "died":
            self._fault(entry, "name", f"{found.left_on:%Y-%m-%d} 已登记去世", "核对后从表里删去")
        elif found.left_on:
            self._warn(entry, "name", f"{found.left_on:%Y-%m-%d} 登记过迁出，存入后算迁回")
        owner = self.record.by_hash.get(self.hashes.get(entry.number, ""))
        if owner and owner is not found and not owner.left_on and not self._gives_it_up(owner):
            home = self.record.household_of(owner).number
            self._fault(entry, "id_number", f"已登记在 {home} 户{owner.name}名下", "核对是谁的号")

    def _check_name(self, entry: Entry, found: Person) -> None:
        """Another name than the stored one: told; refused if the household has somebody else of that name."""
        name = entry.values["name"]
        if not name or name == found.name:
            return
        by_number = bool(found.id_number_hash) and self.hashes.get(entry.number) == found.id_number_hash
        known = f"{'这个号' if by_number else '这一行'}登记的是{found.name}"
        if any(other is not found for other in self.record.by_name.get((self._number(entry), name), [])):
            how = f"核对两人的{'号' if by_number else '姓名'}是不是写反了"
            self._fault(entry, "id_number" if by_number else "name", f"{known}，{name}另有登记", how)
        else:
            self._warn(
                entry,
                "name",
                f"{known}，存入后改名{name}",
                "不是改名的，核对号有没有写错行" if by_number else "",
            )

    def _gives_it_up(self, owner: Person) -> bool:
        """Another row of this file gives the present owner of a number a number of his own."""
        rows = [number for number, person in self.person.items() if person is owner]
        return any(self.hashes.get(number, owner.id_number_hash) != owner.id_number_hash for number in rows)

    def _refuse_one_person_twice(self) -> None:
        rows: dict[int, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if found := self.person.get(entry.number):
                rows[found.pk].append(entry)
        for same in rows.values():
            carried = {self.hashes.get(entry.number, "") for entry in same}
            if len(same) > 1 and (
                len(carried) > 1 or "" in carried
            ):  # else told already, as one number twice
                for entry in same:
                    others = "、".join(str(other.number) for other in same if other is not entry)
                    self._fault(entry, "", f"和第 {others} 行是花名册里的同一个人", "留一行")
