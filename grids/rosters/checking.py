"""What is wrong in a household roster beyond single cells: numbers against dates, heads, groups, addresses."""

from core import clock, idnumber
from core.ledger import KEEP, Entry
from grids.models import Household, Person
from grids.models.register import HEAD
from grids.rosters.matching import Matching
from grids.rosters.work import Home
from grids.words import SEX_WORDS, group_key

SEXES = {code: word for word, code in SEX_WORDS.items()}


class Checking(Matching):
    """Adds the faults of rows and households to the plan."""

    def _check_person(self, entry: Entry) -> None:
        values, found = entry.values, self.person.get(entry.number)
        born, sex = values.get("birth_date"), SEX_WORDS.get(values.get("sex") or "")
        if born and born > clock.today():
            self._fault(entry, "birth_date", "还没到", "改成真实日期")
        elif born and born.year < 1900:
            self._fault(entry, "birth_date", "太早", "改成真实日期")
        number = self._number_to_compare(entry, found)
        if number:
            true_birth, true_sex = idnumber.birth_date(number), idnumber.sex(number)
            if born and born != true_birth:
                self._fault(entry, "birth_date", "和身份证上的不一样", f"身份证上是 {true_birth}，核对后改")
            if sex and sex != true_sex:
                self._fault(entry, "sex", "和身份证上的不一样", f"身份证上是{SEXES[true_sex]}，核对后改")
        elif not found and not born and not {"id_number", "birth_date"} & entry.bad:
            self._fault(entry, "birth_date", "身份证号和出生日期都没填", "至少填一样")

    @staticmethod
    def _number_to_compare(entry: Entry, found: Person | None) -> str:
        """The full number; the stored one is opened only if birth date or sex would change against it."""
        number = entry.values.get("id_number")
        if number and number is not KEEP:
            return str(number)
        if found and found.id_number and "id_number" not in entry.bad:
            born, sex = entry.values.get("birth_date"), SEX_WORDS.get(entry.values.get("sex") or "")
            if (born and born != found.birth_date) or (sex and sex != found.sex):
                return str(found.id_number.open())
        return ""

    def _check_home(self, home: Home) -> None:
        stored = self.record.households.get(home.number)
        first = home.entries[0]
        if stored and stored.ended_on:
            self._fault(first, "number", f"这一户 {stored.ended_on:%Y-%m-%d} 已销户", "换一个户编号")
        self._check_group(home, stored)
        self._check_head(home, stored)
        self._check_address(home, stored)

    def _check_group(self, home: Home, stored: Household | None) -> None:
        named: dict[str, Entry] = {}
        for entry in home.entries:
            if entry.values["group"]:
                named.setdefault(group_key(entry.values["group"]), entry)
        if not named:
            home.group = stored.group if stored else None
            if not stored and not any("group" in entry.bad for entry in home.entries):
                self._fault(home.entries[0], "group", "没填", "填上村民组")
            return
        for other in list(named.values())[1:]:
            self._fault(other, "group", f"{home.number} 户写了两个村民组", "一户只在一个组")
        key, entry = next(iter(named.items()))
        home.group = self.record.groups.get(key)
        if home.group is None:
            known = "、".join(group.name for group in self.record.groups.values())
            self._fault(entry, "group", "没有这个村民组", f"{self.record.village}有：{known}")
        elif self.record.within.pk not in (home.group.grid_id, self.record.village.pk):
            self._fault(entry, "group", f"不在{self.record.within}", "导入时选它的网格，或者选整个村")

    def _check_head(self, home: Home, stored: Household | None) -> None:
        heads = [entry for entry in home.entries if entry.values["relation"] == HEAD]
        named = next((e.values["head_name"] for e in home.entries if e.values.get("head_name")), "")
        by_name = [entry for entry in home.entries if named and entry.values["name"] == named]
        if heads:
            home.head = next((entry for entry in heads if entry in by_name), heads[0])
            for entry in heads:
                if entry is not home.head:
                    what = f"{home.number} 户有 {len(heads)} 个户主，第 {home.head.number} 行已写了户主"
                    self._fault(entry, "relation", what, "留一个，别的改成与户主的关系")
            self._check_head_name(home, named)
        elif any("relation" in entry.bad for entry in home.entries) or self._head_stays(home, stored):
            return  # the one whose relation cannot be read may be the head
        else:
            entry = (by_name or home.entries)[0]
            self._fault(entry, "relation", f"{home.number} 户没有户主", "把一个人的与户主关系写成户主")

    def _check_head_name(self, home: Home, named: str) -> None:
        assert home.head
        name = home.head.values["name"]
        if named and name and named != name:
            self._warn(home.head, "head_name", f"和与户主关系一栏不一样，户主按{name}登记")

    def _head_stays(self, home: Home, stored: Household | None) -> bool:
        here = {p.pk for e in self.entries if (p := self.person.get(e.number))}
        members = self.record.members.get(stored.pk, ()) if stored else ()
        return any(person.relation == HEAD and person.pk not in here for person in members)

    def _check_address(self, home: Home, stored: Household | None) -> None:
        counted = self._address_row(home, stored)
        for entry in home.entries:
            said = entry.values.get("address")
            if counted and said and said != counted.values["address"]:
                self._warn(entry, "address", f"{home.number} 户写了两个住址，按第 {counted.number} 行登记")

    @staticmethod
    def _address_row(home: Home, stored: Household | None) -> Entry | None:
        """The head's row tells where they live; else one that says what is on record, else the first that says it.

        Whoever moves in brings the address of the house she left; and the same file must mean the same each time.
        """
        said = [entry for entry in home.entries if entry.values.get("address")]
        known = [entry for entry in said if stored and entry.values["address"] == stored.address]
        return next((entry for entry in (*(e for e in said if e is home.head), *known, *said)), None)
