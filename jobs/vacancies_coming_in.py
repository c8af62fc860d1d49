"""What to make of the rows of 用工信息 that come in: stored ones stay or are changed, others are offered."""

from collections import Counter
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from core.faults import by_field
from core.ledger import Entry, ImportContext, Plan, row_key
from core.ledger.cleaning import KEEP, tidy
from core.models import phone_hash
from grids.models import Territory
from jobs import services
from jobs.models import Employer, Trade, Vacancy
from jobs.models.words import HOURS
from jobs.services.employers import checked_employer, drafted_employer
from jobs.services.vacancies import checked, drafted_vacancy, village_in
from jobs.wages import Wage, read_wage

SLUG = "vacancies"
NOBODY = "没写，又是新单位"
# Under which column a refusal of the verbs is shown.
_SHOWN_AT = {
    "wage_low": "wage",
    "wage_high": "wage",
    "name": "employer",
    "__all__": "",
    "territory": "",
    "credit_code": "employer",
}
# Out of which column a fact is read, where it is not its own.
_SAID_AT = {"wage_low": "wage", "wage_high": "wage", "unit": "wage", "village": "place"}
_ONCE = "只存一次；不同的岗位，岗位写得不一样"
_OTHER = "和登记的不一样，没有改"
_PLAIN = ("title", "number", "needs", "age_high", "place", "starts_on", "until")


@dataclass
class Work:
    """One row that is to be saved: an employer that is new or there, and what is said of the place."""

    facts: dict[str, Any]
    employer: dict[str, Any]
    vacancy: Vacancy | None = None


@dataclass
class Record:
    """The place as it is: its employers by name, its trades, and its places by key and by what they are called."""

    place: Territory
    employers: dict[str, Employer] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    villages: list[Territory] = field(default_factory=list)
    by_key: dict[str, Vacancy] = field(default_factory=dict)
    by_name: dict[tuple[str, str], list[Vacancy]] = field(default_factory=dict)

    @classmethod
    def of(cls, context: ImportContext) -> "Record":
        place = context.territory
        made = cls(place)
        made.trades = {trade.name: trade for trade in Trade.objects.all()}
        made.villages = list(Territory.objects.villages().in_use())
        for row in cls._rows(context):
            made.by_key[row_key(SLUG, row.territory.code, row.pk)] = row
            if row.territory_id == place.pk and row.state == Vacancy.OPEN:
                made.by_name.setdefault((tidy(row.employer.name), tidy(row.title)), []).append(row)
        for employer in Employer.objects.filter(territory=place).exclude(
            state__in=(Employer.REFUSED, Employer.CLOSED)
        ):
            made.employers[tidy(employer.name)] = employer
        return made

    @staticmethod
    def _rows(context: ImportContext) -> Any:
        rows = Vacancy.objects.at(context.territory).filter(state__in=(Vacancy.OPEN, Vacancy.CLOSED))
        return rows.select_related("employer", "trade", "territory").order_by("pk").iterator(chunk_size=500)

    @classmethod
    def masks(cls, context: ImportContext) -> dict[str, str]:
        """By the key of a row the mask of the phone that is stored with it."""
        return {
            row_key(SLUG, row.territory.code, row.pk): row.employer.phone_mask for row in cls._rows(context)
        }


def read_vacancies(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """Rows by their key, or by employer and title; every new one tried out by the verbs' own rules."""
    record, plan, work = Record.of(context), Plan(), list[Work]()
    first: dict[tuple[str, str, str], int] = {}
    new: dict[str, Entry] = {}
    met: dict[int, tuple[int, dict[str, Any]]] = {}
    alone = Counter(_named(entry) for entry in entries if not entry.bad)
    for place, entry in enumerate(entries):
        context.looked_at(place, len(entries))
        if entry.bad:
            _examine_the_rest(entry, record, new, plan)
            continue
        facts = _facts(entry, record)
        stored = _stored(entry, record, facts, plan, alone=alone[_named(entry)] == 1)
        if stored is False:
            continue
        if isinstance(stored, Vacancy):
            if before := met.get(stored.pk):
                _again(entry, facts, before, plan)
                continue
            met[stored.pk] = entry.number, facts
            _keep(entry, stored, plan, work, facts)
            continue
        said = entry.values
        same = (tidy(said["employer"]), tidy(said["title"]), tidy(said["place"]))
        if (earlier := first.setdefault(same, entry.number)) != entry.number:
            plan.warnings.append(entry.fault("title", f"和第 {earlier} 行一样", _ONCE))
            plan.outcomes[entry.number] = "unchanged"
            continue
        _offer(entry, record, facts, new, work, plan)
    plan.work = work
    return plan


def _named(entry: Entry) -> tuple[str, str]:
    return tidy(entry.values["employer"]), tidy(entry.values["title"])


def _said(entry: Entry, facts: dict[str, Any]) -> dict[str, Any]:
    """Of the facts those for which the file has a column."""
    return {name: value for name, value in facts.items() if _SAID_AT.get(name, name) in entry.values}


def _again(entry: Entry, facts: dict[str, Any], before: tuple[int, dict[str, Any]], plan: Plan) -> None:
    """Another row of the file about a place that is there: the same once more, or something else, which is a fault."""
    number, said = before
    if facts == said:
        plan.warnings.append(entry.fault("title", f"和第 {number} 行一样", _ONCE))
        plan.outcomes[entry.number] = "unchanged"
    else:
        plan.faults.append(
            entry.fault(
                "title", f"和第 {number} 行说的是同一个岗位", "留一行；新的岗位从空行写起，不要复制别的行"
            )
        )


def _keep(entry: Entry, stored: Vacancy, plan: Plan, work: list[Work], facts: dict[str, Any]) -> None:
    """A place that is there stays or is changed: of a column that the file lacks it keeps what it has, and the village
    that somebody chose for it while its place is the same."""
    facts = _said(entry, facts)
    if tidy(stored.place) == tidy(facts["place"]):
        del facts["village"]
    _warn(entry, stored.employer, plan)
    if _same(stored, facts):
        plan.outcomes[entry.number] = "unchanged"
    else:
        trial = copy(stored)
        for name, value in facts.items():
            setattr(trial, name, value)
        if not _faults(entry, plan, trial, new=trial.until != stored.until):
            plan.outcomes[entry.number] = "updated"
            work.append(Work(facts, {}, stored))


def save_all(plan: Plan, context: ImportContext) -> None:
    made: dict[str, Employer] = {}
    for each in plan.work or ():
        if each.vacancy is not None:
            services.change_vacancy(actor=context.actor, vacancy=each.vacancy, **each.facts)
            continue
        name = tidy(each.employer["name"])
        employer = each.employer.get("stored") or made.get(name)
        if employer is None:
            employer = made[name] = services.sign_up_employer(
                actor=context.actor, territory=context.territory, **each.employer
            )
        services.offer_vacancy(actor=context.actor, employer=employer, **each.facts)


def _facts(entry: Entry, record: Record) -> dict[str, Any]:
    """The row as what the verbs take; of a column that the file lacks, what is usual, and of a cell that is at fault
    nothing."""
    said = entry.values
    wage = read_wage(said["wage"]) if said["wage"] else None
    assert wage is None or isinstance(wage, Wage)  # the column has refused others
    place = said["place"] or ""
    return {
        "title": said["title"] or "",
        "trade": record.trades.get(said["trade"]),
        "number": said["number"],
        "kind": _code(Vacancy.KINDS, said.get("kind")) or "full",
        "hours": _code(HOURS, said.get("hours")) or "full",
        "wage_low": wage.low if wage else None,
        "wage_high": wage.high if wage else None,
        "unit": wage.unit if wage else "month",
        "needs": said.get("needs") or "",
        "age_low": 16 if said.get("age_low") is None else said["age_low"],
        "age_high": said.get("age_high"),
        "ground": _code(Vacancy.GROUNDS, said.get("ground")) or "",
        "place": place,
        "village": village_in(place, record.villages),
        "starts_on": said.get("starts_on"),
        "until": said["until"],
    }


def _code(pairs: Any, word: str | None) -> str:
    return next((code for code, title in pairs if title == word), "")


def _stored(
    entry: Entry, record: Record, facts: dict[str, Any], plan: Plan, *, alone: bool
) -> Vacancy | bool | None:
    """The place that the row is about, None for a new one, False if the plan knows that it is a fault.

    `alone`: no other row of the file is called so. Only then may one that is called so and lies elsewhere be meant.
    """
    if entry.key:
        row = record.by_key.get(entry.key)
        if row is None:
            plan.faults.append(
                entry.fault("", "这一行的标识不是这里的", "新加的行，从空行写起，不要复制别的行")
            )
            return False
        if row.state == Vacancy.CLOSED and not _same(row, _said(entry, facts)):
            plan.faults.append(entry.fault("title", "这个岗位不招了，不能在表里改", "先在系统里点“再招”"))
            return False
        return row
    same = record.by_name.get((tidy(entry.values["employer"]), tidy(facts["title"])), [])
    at = [row for row in same if tidy(row.place) == tidy(facts["place"])]
    if not at and alone and len(same) == 1:
        return same[0]
    return at[-1] if at else None


def _same(row: Vacancy, facts: dict[str, Any]) -> bool:
    def plain(value: Any) -> Any:
        return tidy(value) if isinstance(value, str) else value

    coded = ("kind", "hours", "wage_low", "wage_high", "unit", "age_low", "ground")
    return row.trade_id == facts["trade"].pk and all(
        plain(getattr(row, name)) == plain(facts[name]) for name in (*_PLAIN, *coded) if name in facts
    )


def _offer(
    entry: Entry,
    record: Record,
    facts: dict[str, Any],
    new: dict[str, Entry],
    work: list[Work],
    plan: Plan,
) -> None:
    """A place that is not there yet, of an employer that is, or of one that the row signs up."""
    said = entry.values
    name = tidy(said["employer"])
    employer = record.employers.get(name)
    if employer is not None and employer.state == Employer.PENDING:
        plan.faults.append(entry.fault("employer", "这个单位还没审过", "先审单位，再导入岗位"))
        return
    nobody, known = Employer(territory=record.place, name=name), {"name": said["employer"]}
    if employer is None and name not in new:
        known |= _signed_up(entry, record, plan)
        if entry.number in {fault.row for fault in plan.faults}:
            _faults(entry, plan, drafted_vacancy(employer=nobody, **facts))
            return
        new[name] = entry
    elif employer is not None:
        _warn(entry, employer, plan)
        known["stored"] = employer
    else:
        _warn_other(entry, new[name], plan)
    if _faults(entry, plan, drafted_vacancy(employer=employer or nobody, **facts)):
        return
    work.append(Work(facts, known))
    plan.outcomes[entry.number] = "created"


def _signed_up(entry: Entry, record: Record, plan: Plan) -> dict[str, Any]:
    """What the row says of an employer that is new here; every fault of it goes into the plan."""
    said = entry.values
    facts = {
        "industry": _code(Employer.INDUSTRIES, said.get("industry")),
        "contact": said.get("contact") or "",
        "phone": "" if said.get("phone") in (None, KEEP) else said["phone"],
    }
    for name, how in (("industry", "写行业"), ("contact", "写联系人"), ("phone", "写联系电话，不然找不到人")):
        if not facts[name]:
            plan.faults.append(entry.fault(name, NOBODY, how))
    try:
        checked_employer(drafted_employer(territory=record.place, name=said["employer"], **facts))
    except ValidationError as refused:
        _tell(entry, refused, plan, known={name for name, value in facts.items() if not value})
    return facts


def _examine_the_rest(entry: Entry, record: Record, new: dict[str, Entry], plan: Plan) -> None:
    """Of a row with a cell that cannot be read, what else is wrong with it: all faults of a row at once. Nothing of it
    is saved, so of a row of ours, whose other cells may well be right, nothing more is said."""
    said = entry.values
    if entry.key or not said.get("employer"):
        return
    known = len(plan.faults)
    name = tidy(said["employer"])
    if name not in record.employers and name not in new:
        _signed_up(entry, record, plan)
    nobody = Employer(territory=record.place, name=said["employer"])
    _faults(entry, plan, drafted_vacancy(employer=nobody, **_facts(entry, record)))
    plan.faults[known:] = [fault for fault in plan.faults[known:] if fault.column not in entry.bad]


def _faults(entry: Entry, plan: Plan, vacancy: Vacancy, *, new: bool = True) -> bool:
    """Whether the verbs would refuse it; what they say stands in the plan."""
    try:
        checked(vacancy, new=new)
    except ValidationError as refused:
        _tell(entry, refused, plan)
        return True
    return False


def _tell(entry: Entry, refused: ValidationError, plan: Plan, known: Collection[str] = ()) -> None:
    """`known`: fields of which the plan says already what is wrong."""
    for name, sentences in by_field(refused).items():
        for sentence in () if name in known else sentences:
            what, _, how = sentence.rstrip("。").rpartition("，")
            plan.faults.append(entry.fault(_SHOWN_AT.get(name, name), what or how, how if what else ""))


def _warn(entry: Entry, employer: Employer, plan: Plan) -> None:
    """A row does not change who is rung: that is done where it is seen for whom."""
    said = entry.values
    contact, phone = said.get("contact"), said.get("phone")
    if tidy(said["employer"]) != tidy(employer.name):
        plan.warnings.append(entry.fault("employer", _OTHER, "要改的，到这个单位那一页改"))
    if contact and tidy(contact) != tidy(employer.contact):
        plan.warnings.append(entry.fault("contact", _OTHER, "要改的，到这个单位那一页改"))
    if isinstance(phone, str) and phone and phone_hash(phone) != employer.phone_hash:
        plan.warnings.append(entry.fault("phone", _OTHER, "要改的，到这个单位那一页改"))


def _warn_other(entry: Entry, first: Entry, plan: Plan) -> None:
    """Of a new employer the first of its rows says whom to ring."""
    for column in ("industry", "contact", "phone"):
        said = entry.values.get(column)
        if said and said != first.values.get(column):
            plan.warnings.append(
                entry.fault(column, f"和第 {first.number} 行写的不一样", f"照第 {first.number} 行的存")
            )
