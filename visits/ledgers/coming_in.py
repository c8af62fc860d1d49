"""What to make of the rows of a 走访日志 that comes back: those it had stay as they are, new ones become visits."""

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.faults import by_field
from core.ledger import Entry, ImportContext, Plan
from core.ledger.cleaning import tidy
from core.ledger.keys import row_key
from core.ledger.sealing import LATE, LateEntries
from core.scope import OPERATOR
from grids.models import Household, Officer, Territory
from visits.knows import DETAILS
from visits.ledgers.parts import (
    CLERK,
    MANNERS,
    Heads,
    companions_of,
    findings_of,
    group_on,
    groups_left,
    knows_of,
    note_of,
)
from visits.models import Finding, Visit
from visits.services.entering import companions_at, enter_visit, may_enter_for, visitors_at

SLUG = "visits"
SAID = (*Finding.FIVE, Finding.NEED)
NOTHING = {"", "无", "没有", "否", "×"}
SOMETHING = {"有", "是", "√", "✓"}
AT_ONCE = 500  # values in one IN (…)
# What of a row is its visit's content, and what a blank cell means.
CONTENT = ("companions", "manner", "met", "changed", *SAID, "note")
BLANK = {"manner": "入户", "met": "是", "changed": "无"}
RECORDED = "已经记过，不能在表里改"
# Who entered a visit is told by who imports it, and whether it is late by when: neither by the file.
_ENTERED_BY = re.compile(rf"(?:^|；){CLERK}[^；\s]+$")
_LATE = re.compile(rf"(?:^|；){LATE}$")
HOW = "改错的，到户页上撤销那一次再记；没有改的，把这一行删掉"


@dataclass
class New:
    """A row that becomes a visit: whose, of which household, and what record_visit is told."""

    entry: Entry
    household: Household
    visitor: Officer
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def of(self) -> tuple[int, int | None, dt.date]:
        return self.household.pk, self.visitor.user_id, self.content["day"]


class Record:
    """The village as it is: who lives there, who visits, and what was recorded on the days of the file."""

    def __init__(self, village: Territory, entries: Sequence[Entry]) -> None:
        self.village = village
        days = {entry.values["day"] for entry in entries if entry.values.get("day")}
        since = min(days, default=clock.today())
        self.households = list(Household.objects.filter(village=village).select_related("group", "territory"))
        self.visitors = visitors_at(village, since)
        self.companions = list(companions_at(village, since))
        self.visits: dict[int, dict[str, Any]] = {}
        for some in _portions(sorted(days)):
            self._read(Visit.objects.filter(day__in=some))
        # Keys of rows whose day was changed in the file point elsewhere: look further only for those.
        self.keys = {self._key(pk): pk for pk in self.visits}
        if {entry.key for entry in entries if entry.key} - self.keys.keys():
            known = Visit.objects.in_force().filter(household__village=village).values_list("pk", flat=True)
            wanted = {entry.key for entry in entries}
            more = {key: pk for pk in known.iterator() if (key := self._key(pk)) in wanted} | self.keys
            for some in _portions(set(more.values()) - self.visits.keys()):
                self._read(Visit.objects.filter(pk__in=some))
            self.keys = more
        self.by_visit: dict[tuple[int, int | None, dt.date], list[dict[str, Any]]] = defaultdict(list)
        self.by_day: dict[tuple[int, dt.date], list[dict[str, Any]]] = defaultdict(list)
        for stored in self.visits.values():
            self.by_visit[stored["household"], stored["user"], stored["day"]].append(stored)
            self.by_day[stored["household"], stored["day"]].append(stored)

    def _key(self, pk: int) -> str:
        return row_key(SLUG, self.village.code, pk)

    def _read(self, visits: Any) -> None:
        """Visits as their rows read in the ledger, by primary key."""
        rows = (
            visits.in_force()
            .filter(household__village=self.village)
            .select_related("visitor", "entered_by", "household__group")
        )
        found = list(rows)
        along, brought = companions_of(v.pk for v in found), findings_of(v.pk for v in found)
        homes = {visit.household_id for visit in found}
        left, heads = groups_left(homes), Heads(homes)
        for visit in found:
            self.visits[visit.pk] = {
                "pk": visit.pk,
                "household": visit.household_id,
                "user": visit.visitor_id,
                "number": visit.receipt,
                "day": visit.day,
                "visitor": str(visit.visitor),
                "group": group_on(visit.day, left.get(visit.household_id, ()), visit.household.group.name),
                "head_name": heads.on(visit.day, visit.household_id),
                "companions": along.get(visit.pk, ""),
                "manner": MANNERS[visit.manner],
                "met": "是" if visit.met else "否",
                "changed": "有" if visit.changed else "无",
                "note": tidy(visit.note),
                "clerk": str(visit.entered_by) if visit.entered_by else "",
                **{
                    kind: tidy(cell)
                    for kind, cell in zip(SAID, knows_of(brought.get(visit.pk, ()), visit.day), strict=False)
                },
            }


def _portions(items: Iterable[Any]) -> Iterator[list[Any]]:
    whole = list(items)
    for start in range(0, len(whole), AT_ONCE):
        yield whole[start : start + AT_ONCE]


def _cell(entry: Entry, name: str) -> str:
    """What a cell says, in the ledger's own words."""
    text = str(entry.values.get(name) or BLANK.get(name, ""))
    if name == "note":
        return _LATE.sub("", text)
    if name in SAID:
        return "有" if text in SOMETHING else "" if text in NOTHING else text
    return text


def same_content(entry: Entry, stored: dict[str, Any]) -> bool:
    """Whether every cell that the file has says what is stored."""
    said = {name: _cell(entry, name) for name in CONTENT if name in entry.values}
    if said.get("note") == note_of(stored["note"], stored["clerk"]):
        said["note"] = stored["note"]
    return all(text == (stored[name] or "") for name, text in said.items())


def _same_visit(entry: Entry, stored: dict[str, Any]) -> bool:
    return all(
        entry.values.get(name) in (None, stored[name]) for name in ("day", "visitor", "group", "head_name")
    )


def read_visits(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """Unchanged rows by their key or by household, visitor and day; every other one tried out as record_visit does."""
    village = context.territory.village
    record, plan, new = Record(village, entries), Plan(), list[New]()
    matched, first = set[int](), dict[tuple[int, int | None, dt.date], int]()
    for place, entry in enumerate(entries):
        context.looked_at(place, len(entries))
        if entry.bad:
            continue
        if _is_unchanged(entry, record, matched):
            plan.outcomes[entry.number] = "unchanged"
            continue
        if (made := _new(entry, record, plan, matched)) is None:
            continue
        if (before := first.setdefault(made.of, entry.number)) != entry.number:
            plan.faults.append(
                entry.fault("head_name", f"和第 {before} 行是同一户、同一天、同一人", "留一行")
            )
        elif (fault := _tried(made, context.actor)) is not None:
            plan.faults.append(fault)
        else:
            _warn_of_twin(made, record, plan)
            plan.outcomes[entry.number] = "created"
            new.append(made)
    entries_late = LateEntries.at([village])
    days = sorted({made.content["day"] for made in new})
    notes = (entries_late.note(village.pk, day, clock.now()) for day in days)
    plan.lines += dict.fromkeys(note for note in notes if note)
    plan.work = new
    return plan


def _is_unchanged(entry: Entry, record: Record, matched: set[int]) -> bool:
    pk = record.keys.get(entry.key) if entry.key else None
    stored = record.visits.get(pk) if pk else None
    if pk and stored and pk not in matched and _same_visit(entry, stored) and same_content(entry, stored):
        matched.add(pk)
        return True
    return False


def _new(entry: Entry, record: Record, plan: Plan, matched: set[int]) -> New | None:
    """The row as a visit to be made; None if it is at fault or stands already, and the plan knows."""
    if entry.key and (pk := record.keys.get(entry.key)) not in matched:
        # The row of a visit that is not in the file as it was: somebody changed it.
        what = RECORDED if pk else "这一行的标识不是这个村的"
        plan.faults.append(entry.fault("", what, HOW if pk else "新加的行，从空行写起，不要复制别的行"))
        return None
    household, visitor = _household(entry, record, plan), _visitor(entry, record, plan)
    companions = _along(entry, record, plan)
    if household is None or visitor is None or companions is None:
        return None
    made = New(entry, household, visitor, _content(entry, companions))
    for stored in record.by_visit.get(made.of, ()):
        if stored["pk"] in matched:
            continue
        if same_content(entry, stored):
            matched.add(stored["pk"])
            plan.outcomes[entry.number] = "unchanged"
        else:
            told = f"这一户这一天{visitor}记过了（{stored['number']}），内容不一样"
            plan.faults.append(entry.fault("head_name", told, HOW))
        return None
    return made


def _household(entry: Entry, record: Record, plan: Plan) -> Household | None:
    said = entry.values
    if said.get("village") not in (None, record.village.name):
        plan.faults.append(entry.fault("village", f"不是{record.village}的", "一个村一个村地导入"))
        return None
    column = "number" if said.get("number") else "head_name"
    found = [
        home
        for home in record.households
        if (home.number == said["number"] if column == "number" else home.head_name == said.get("head_name"))
        and said.get("group") in (None, home.group.name)
    ]
    standing = [home for home in found if home.ended_on is None] or found
    if len(standing) == 1:
        return standing[0]
    if standing:
        fault = entry.fault(
            "head_name", f"{len(standing)} 户的户主都叫这个名字", "加一列“户编号”，写上户编号"
        )
    else:
        fault = entry.fault(column, f"{record.village}没有这一户", "照花名册改村民组、户主")
    plan.faults.append(fault)
    return None


def _visitor(entry: Entry, record: Record, plan: Plan) -> Officer | None:
    found = [each for each in record.visitors if each.name == entry.values.get("visitor")]
    if len(found) == 1:
        return found[0]
    if found:
        plan.faults.append(entry.fault("visitor", f"有 {len(found)} 位都叫这个名字", "在走访单上录，能选人"))
    else:
        what = f"那时在{record.village}没有任职，或者没有账号"
        plan.faults.append(entry.fault("visitor", what, "改成走访的人；没有账号的，先开账号"))
    return None


def _along(entry: Entry, record: Record, plan: Plan) -> list[int] | None:
    found = []
    for name in filter(None, _cell(entry, "companions").replace("，", "、").replace(",", "、").split("、")):
        known = [each for each in record.companions if each.name == name.strip()]
        if len(known) != 1:
            plan.faults.append(
                entry.fault("companions", f"{name}不在{record.village}任职", "改名字，或者空着")
            )
            return None
        found.append(known[0].pk)
    return found


def _content(entry: Entry, companions: list[int]) -> dict[str, Any]:
    findings = []
    for kind in SAID:
        text = _cell(entry, kind)
        if not text:
            continue
        detail, _, words = text.partition("，")
        if detail not in DETAILS[kind]:
            detail, words = "", "" if text == "有" else text
        findings.append({"kind": kind, "detail": detail, "words": words})
    day = entry.values["day"]
    return {
        "day": day,
        "happened_at": clock.at_noon(day),
        "manner": Visit.PHONE if _cell(entry, "manner") == MANNERS[Visit.PHONE] else Visit.DOOR,
        "met": _cell(entry, "met") == "是",
        "changed": _cell(entry, "changed") == "有",
        "note": _ENTERED_BY.sub("", _cell(entry, "note")),
        "companions": companions,
        "findings": findings,
    }


def _tried(made: New, clerk: Any) -> Any:
    """The fault the verb itself finds: it is called, and taken back at once."""
    columns = {"day": "day", "household": "head_name", "companions": "companions", "note": "note"}
    if clerk is not OPERATOR and not may_enter_for(clerk, made.visitor.user, made.household.village):
        return made.entry.fault("visitor", "别人的走访不归您录", "请村党组织书记或者村干部导入")
    try:
        with transaction.atomic():
            save_one(made, clerk)
            transaction.set_rollback(True)
    except ValidationError as refused:
        faults = by_field(refused)
        name, sentences = next(iter(faults.items()))
        return made.entry.fault(columns.get(name, ""), "".join(sentences).rstrip("。"))
    except PermissionDenied:
        return made.entry.fault("visitor", f"那天这一户不归{made.visitor}走", "查一查日期和走访人")
    return None


def _warn_of_twin(made: New, record: Record, plan: Plan) -> None:
    for stored in record.by_day.get((made.household.pk, made.content["day"]), ()):
        told = f"这一天{stored['visitor']}也记过这一户（{stored['number']}），可能重复"
        plan.warnings.append(made.entry.fault("head_name", told, "是同一次的，把这一行删掉"))


def save_one(made: New, clerk: Any) -> None:
    enter_visit(
        clerk=clerk, visitor=made.visitor.user, uuid=uuid.uuid4(), household=made.household, **made.content
    )
