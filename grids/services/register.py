"""The small verbs of the register: a household, a person, a place, a category, each with its dates.

They check the facts and write the rows; who may do it, and what is remembered for undo, is asked above them
(changes.py, and the import of rosters).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q

from core import clock, idnumber
from grids.models import (
    Absence,
    Category,
    CategoryKind,
    Household,
    Membership,
    Person,
    Placement,
    VillagerGroup,
)
from grids.services.answers import TAKEN
from grids.services.effects import Effects
from grids.services.names import spell

DAY = dt.timedelta(days=1)
DIED, MOVED = "died", "moved"


def identity_faults(number: str, *, sex: str = "", birth_date: dt.date | None = None) -> dict[str, list[str]]:
    """Everything wrong with an identity number and with what should agree with it, by field; empty if good."""
    number = idnumber.normalise(number)
    found: dict[str, list[str]] = {}
    if not number:
        return found
    if faults := idnumber.faults(number, today=clock.today()):
        found["id_number"] = [f"{fault}。" for fault in faults]
    if len(number) != 18 or not number[:17].isdigit():
        return found
    if sex and sex != idnumber.sex(number):
        found["sex"] = ["性别和身份证号第 17 位对不上，对照证件改。"]
    if birth_date and (told := idnumber.birth_date(number)) and birth_date != told:
        found["birth_date"] = [f"出生日期和身份证号里的 {told:%Y-%m-%d} 对不上，对照证件改。"]
    return found


def next_number(village_id: int) -> str:
    """A household number nobody in the village has: the highest number so far and one, with its leading zeros."""
    numbers = Household.objects.filter(village=village_id).values_list("number", flat=True)
    plain = [number for number in numbers if number.isdigit()]
    if not plain:
        return "0001"
    highest = max(plain, key=int)
    return str(int(highest) + 1).zfill(len(highest))


def holder_of(number: str, village_id: int, *, but: int = 0) -> str:
    """Which household of the village has that number, dissolved ones included, in words; "" if none but `but`."""
    found = Household.objects.filter(village=village_id, number=number).exclude(pk=but).first()
    return f"{found}{'，已销户' if found.ended_on else ''}" if found else ""


def new_household(
    *,
    group: VillagerGroup,
    since: dt.date,
    number: str = "",
    head_name: str = "",
    address: str = "",
    phone: str = "",
    note: str = "",
    log: Effects | None = None,
) -> Household:
    """A household of a villager group, in the grid the group lies in; without a number it gets the next one.

    ValidationError if the village has that number already: whoever calls waited for others (territory.lock_village).
    """
    log = log or Effects()
    if number and (held := holder_of(number, group.village_id)):
        raise ValidationError({"number": f"村里已有这个户编号：{held}。换一个。"})
    household = Household(
        number=number or next_number(group.village_id),
        village_id=group.village_id,
        territory_id=group.grid_id,
        group=group,
        head_name=head_name,
        address=address,
        since=since,
        note=note,
    )
    household.set_phone(phone)
    log.create(household)
    log.create(Placement(household=household, territory_id=group.grid_id, group=group, since=since))
    return household


def new_person(
    *,
    household: Household,
    name: str,
    relation: str,
    since: dt.date,
    sex: str = "",
    birth_date: dt.date | None = None,
    id_number: str = "",
    phone: str = "",
    ethnicity: str = "",
    politics: str = "",
    education: str = "",
    note: str = "",
    log: Effects | None = None,
) -> Person:
    """A person who joins a household. Sex and birth date are read from the identity number where they are missing."""
    log = log or Effects()
    if faults := identity_faults(id_number, sex=sex, birth_date=birth_date):
        raise ValidationError(faults)
    number = idnumber.normalise(id_number)
    if birth_date and birth_date > clock.today():
        raise ValidationError({"birth_date": "出生日期还没到，对照证件改。"})
    person = Person(
        household=household,
        name=name,
        relation=relation,
        sex=sex or (idnumber.sex(number) if number else ""),
        birth_date=birth_date or (idnumber.birth_date(number) if number else None),
        ethnicity=ethnicity,
        politics=politics,
        education=education,
        note=note,
    )
    person.pinyin, person.initials = spell(name)
    person.set_phone(phone)
    person.set_id_number(number)
    if number and Person.objects.present().with_id_number(number).exists():
        taken = "这个身份证号已在册：他还在别的户里，用“搬到别户”，或先从那一户迁出。"
        raise ValidationError(
            {"id_number": ValidationError(taken, code=TAKEN, params={"mark": person.id_number_hash})}
        )
    log.create(person)
    log.create(Membership(person=person, household=household, relation=relation, since=since))
    return person


def place_household(
    *, household: Household, group: VillagerGroup, since: dt.date, log: Effects | None = None
) -> None:
    """From `since` on the household belongs to another villager group, and to the grid that group lies in."""
    log = log or Effects()
    if group.village_id != household.village_id:
        raise ValidationError({"group": "村民组不是本村的。"})
    for row in Placement.objects.filter(household=household, until__isnull=True):
        if since < row.since:
            raise ValidationError({"happened_on": f"{row.since:%Y-%m-%d} 才到现在的组，日期不能比它早。"})
        close(row, since - DAY, log)
    log.create(Placement(household=household, territory_id=group.grid_id, group=group, since=since))
    log.update(household, group=group, territory=group.grid)


def close(row: Any, until: dt.date, log: Effects) -> None:
    """Give a dated row its last day; one that would end before it began never held, and goes."""
    if row.until is not None and row.until <= until:
        return
    if until < row.since:
        log.delete(row)
    else:
        log.update(row, until=until)


def transfer(
    *, person: Person, household: Household, relation: str, on: dt.date, log: Effects | None = None
) -> None:
    """From `on` on the person lives in another household; categories and absence go along."""
    log = log or Effects()
    for membership in Membership.objects.filter(person=person, until__isnull=True):
        if on < membership.since:
            raise ValidationError(f"{person} {membership.since:%Y-%m-%d} 才到这一户，日期不能比它早。")
        close(membership, on - DAY, log)
    log.create(Membership(person=person, household=household, relation=relation, since=on))
    for category in Category.objects.filter(person=person, until__isnull=True):
        start = max(on, category.since)
        close(category, start - DAY, log)
        log.create(
            Category(
                household=household,
                person=person,
                kind_id=category.kind_id,
                since=start,
                document=category.document,
            )
        )
    for absence in Absence.objects.filter(person=person, until__isnull=True):
        start = max(on, absence.since)
        close(absence, start - DAY, log)
        log.create(Absence(household=household, person=person, place=absence.place, since=start))
    log.households.add(person.household_id)
    log.update(person, household=household, relation=relation)


def leave(*, person: Person, on: dt.date, why: str, log: Effects | None = None) -> None:
    """The person is gone from the register: `why` is `moved` or `died`. That day is the last of all that held."""
    log = log or Effects()
    if person.left_on is not None:
        raise ValidationError(f"{person} {person.left_on:%Y-%m-%d} 就离开了。")
    for membership in Membership.objects.filter(person=person, until__isnull=True):
        if on < membership.since:
            raise ValidationError(f"{person} {membership.since:%Y-%m-%d} 才到这一户，日期不能比它早。")
    for model in (Membership, Category, Absence):
        for row in model.objects.filter(person=person, until__isnull=True):
            close(row, on, log)
    log.update(person, left_on=on, left_why=why)


def dissolve(*, household: Household, on: dt.date, log: Effects | None = None) -> None:
    """The household is no more: nobody is left in it."""
    log = log or Effects()
    if Person.objects.present().filter(household=household).exists():
        raise ValidationError(f"{household}里还有人，不能销户。")
    for row in Placement.objects.filter(household=household, until__isnull=True):
        close(row, max(on, row.since), log)
    for absence in Absence.objects.filter(household=household, person__isnull=True, until__isnull=True):
        close(absence, on, log)
    log.update(household, ended_on=on)


def begin_category(
    *, person: Person, kind: CategoryKind, since: dt.date, document: str = "", log: Effects | None = None
) -> Category:
    """认定. ValidationError if it holds already."""
    log = log or Effects()
    held = Category.objects.filter(person=person, kind=kind).filter(
        Q(until__isnull=True) | Q(until__gte=since)
    )
    if first := held.order_by("since").first():
        raise ValidationError(f"{person}从 {first.since:%Y-%m-%d} 起已经是{kind}。")
    return log.create(
        Category(household_id=person.household_id, person=person, kind=kind, since=since, document=document)
    )


def end_category(
    *, category: Category, until: dt.date, document: str = "", log: Effects | None = None
) -> Category:
    """取消. `until` is the last day on which it holds."""
    log = log or Effects()
    if until < category.since:
        raise ValidationError(f"{category} {category.since:%Y-%m-%d} 才认定，取消的日子不能比它早。")
    return log.update(category, until=until, end_document=document)


def refresh(household_ids: Iterable[int]) -> None:
    """Work out size and head's name of these households again from the people in them."""
    ids = sorted(set(household_ids))
    present = Person.objects.present().filter(household__in=ids)
    sizes = dict(present.values_list("household").annotate(n=Count("pk")).values_list("household", "n"))
    heads = dict(present.heads().order_by("-pk").values_list("household", "name"))
    for household in Household.objects.filter(pk__in=ids):
        size, head = sizes.get(household.pk, 0), heads.get(household.pk, household.head_name)
        if (household.size, household.head_name) != (size, head):
            household.size, household.head_name = size, head
            household.save(update_fields=["size", "head_name"])


def relate(*, person: Person, relation: str, log: Effects) -> None:
    """Say anew what a person is to the head, in the row of today."""
    for row in Membership.objects.filter(person=person, until__isnull=True):
        log.update(row, relation=relation)
    log.update(person, relation=relation)
