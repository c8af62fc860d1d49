"""Plain facts set right: what the desk, the phone and the roster all ask when a name, a birth date or a number changes.

A correction says what was always so: it has no day of its own, the lines of history keep what stood there before. What
happened on a day (a move, another villager group) has a verb of its own.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError

from core import clock, idnumber
from grids.models import Household, Person
from grids.models.register import HEAD
from grids.services.answers import TAKEN
from grids.services.effects import Effects
from grids.services.names import spell
from grids.services.register import holder_of, identity_faults, relate

SEALED = {"id_number": "set_id_number", "phone": "set_phone"}


def describe(person: Person, told: dict[str, Any]) -> set[str]:
    """Set plain facts (no sealed ones) on a person in memory; the names of the fields that are other than before."""
    changed = {name for name, value in told.items() if value != getattr(person, name)}
    for name in changed:
        setattr(person, name, told[name])
    if "name" in changed:
        person.pinyin, person.initials = spell(person.name)
        changed |= {"pinyin", "initials"}
    return changed


def told_by(number: str, *, sex: str = "", birth_date: dt.date | None = None) -> dict[str, Any]:
    """Sex and birth date as written, or as a good identity number tells where nothing is written; no empty ones."""
    born = birth_date or (idnumber.birth_date(number) if number else None)
    sex = sex or (idnumber.sex(number) if number else "")
    return {name: value for name, value in (("birth_date", born), ("sex", sex)) if value}


def correct_person(*, person: Person, told: dict[str, Any], log: Effects) -> None:
    """Write the facts of `told` over the person's; "" (a birth date: None) takes one away.

    `former`: what the head there was becomes, where `told` makes this person the head. ValidationError by field, and if
    nothing would change.
    """
    told = dict(told)
    former = told.pop("former", "")
    numbers = {name: told.pop(name) for name in tuple(SEALED) if name in told}
    number = _check_number(person, numbers.get("id_number"), told)
    if numbers.get("id_number"):
        told |= told_by(number, sex=told.get("sex", ""), birth_date=told.get("birth_date"))
    relation = told.pop("relation", person.relation)
    stored = Person.objects.get(pk=person.pk)
    changed = describe(person, told)
    for name, text in numbers.items():
        getattr(person, SEALED[name])(text)
        if getattr(person, f"{name}_hash") != getattr(stored, f"{name}_hash"):
            changed |= {name, f"{name}_hash", f"{name}_mask"}
    if not changed and relation == person.relation:
        raise ValidationError("和册上写的一样，没有要改的。")
    if changed:
        log.update(stored, **{name: getattr(person, name) for name in changed})
    if relation != person.relation:
        _relate(stored, relation, former, log)
    person.refresh_from_db()


def _check_number(person: Person, number: str | None, told: dict[str, Any]) -> str:
    """The identity number that sex and birth date must agree with, after looking at all three."""
    if number is None:
        touched = any(
            told.get(name) and told[name] != getattr(person, name) for name in ("sex", "birth_date")
        )
        number = person.id_number.open() if touched and person.id_number else ""
    else:
        number = idnumber.normalise(number)
    faults: dict[str, Any] = identity_faults(
        number, sex=told.get("sex", ""), birth_date=told.get("birth_date")
    )
    born = told.get("birth_date")
    if born and not faults and not 1900 <= born.year <= clock.today().year:
        faults["birth_date"] = ["出生日期不对，对照证件改。"]
    elif born and born > clock.today():
        faults["birth_date"] = ["出生日期还没到，对照证件改。"]
    others = Person.objects.present().with_id_number(number).exclude(pk=person.pk)
    if number and not faults and person.left_on is None and (other := others.first()):
        taken = "这个身份证号已在册，别的人用着。先查清是谁的号，哪边写错改哪边。"
        faults["id_number"] = ValidationError(taken, code=TAKEN, params={"mark": other.id_number_hash})
    if faults:
        raise ValidationError(faults)
    return number


def _relate(person: Person, relation: str, former: str, log: Effects) -> None:
    """Another relation to the head; whoever becomes the head takes the place of who was it."""
    if person.relation == HEAD:
        raise ValidationError({"relation": f"{person}是户主。到新户主那里改成户主，这边会一起改。"})
    heads = Person.objects.present().heads().filter(household=person.household_id).exclude(pk=person.pk)
    if relation == HEAD and (head := heads.first()):
        if not former or former == HEAD:
            raise ValidationError({"former": f"现在的户主是{head}，选他以后是{person}的什么人。"})
        relate(person=head, relation=former, log=log)
    relate(person=person, relation=relation, log=log)


def correct_household(*, household: Household, told: dict[str, Any], log: Effects) -> None:
    """Write number, address, phone or note over what stands; ValidationError by field, and if nothing would change."""
    stored = Household.objects.get(pk=household.pk)
    told = {name: value for name, value in told.items() if name == "phone" or value != getattr(stored, name)}
    if "phone" in told:
        household.set_phone(told.pop("phone"))
        if household.phone_hash != stored.phone_hash:
            told |= {name: getattr(household, name) for name in ("phone", "phone_hash", "phone_mask")}
    if not told:
        raise ValidationError("和册上写的一样，没有要改的。")
    if "number" in told and (held := holder_of(told["number"], stored.village_id, but=stored.pk)):
        raise ValidationError({"number": f"村里已有这个户编号：{held}。换一个。"})
    log.update(stored, **told)
    household.refresh_from_db()
