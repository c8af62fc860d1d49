"""What each kind of change does to the register, once it is accepted."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from grids.models import Absence, Category, CategoryKind, Household, Person, RegisterChange, VillagerGroup
from grids.models.register import HEAD
from grids.services import correcting, register
from grids.services.effects import Effects

DAY = dt.timedelta(days=1)


@dataclass
class Doing:
    """One change on its way into the register: its facts, with the sealed numbers back in their places."""

    change: RegisterChange
    facts: dict[str, Any]
    group: VillagerGroup | None
    log: Effects = field(default_factory=Effects)

    @property
    def day(self) -> dt.date:
        return self.change.happened_on

    @property
    def household(self) -> Household:
        assert self.change.household is not None
        return self.change.household

    @property
    def person(self) -> Person:
        if self.change.person is None:
            raise ValidationError({"person": "没选是哪个人。"})
        return self.change.person

    def somebody(self, key: str) -> Person:
        """A person named in the facts, who must live in the household today."""
        found = Person.objects.present().filter(household=self.household, pk=self.facts[key]).first()
        if found is None:
            raise ValidationError({key: "选的人不在这一户。"})
        return found

    def members(self) -> list[tuple[Person, str]]:
        """The persons of `members`, each with what he is to the new head."""
        wanted = self.facts["members"]
        people = Person.objects.present().filter(household=self.household, pk__in=wanted).order_by("pk")
        found = [(person, wanted[str(person.pk)]) for person in people]
        if len(found) != len(wanted):
            raise ValidationError({"members": "选的人不全在这一户。"})
        return found


def _people_of(doing: Doing, household: Household) -> None:
    for place, person in enumerate(doing.facts["people"]):
        told = {**person, "birth_date": _day(person.get("birth_date"))}
        try:
            register.new_person(household=household, since=doing.day, log=doing.log, **told)
        except ValidationError as fault:
            by_field = fault.error_dict if hasattr(fault, "error_dict") else {"name": fault.error_list}
            raise ValidationError({f"people.{place}.{key}": told for key, told in by_field.items()}) from None


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _one_head(relations: list[str], key: str) -> None:
    if relations.count(HEAD) != 1:
        raise ValidationError({key: "新的一户要有一个户主，也只能有一个。"})


def _settle_head(doing: Doing) -> None:
    """Somebody must head whoever is left; a household nobody is left in is no more."""
    left = list(Person.objects.present().filter(household=doing.household))
    if not left:
        register.dissolve(household=doing.household, on=doing.day, log=doing.log)
    elif not any(person.relation == HEAD for person in left):
        if "new_head" not in doing.facts:
            raise ValidationError({"new_head": "户主走了，定一个人当户主。"})
        register.relate(person=doing.somebody("new_head"), relation=HEAD, log=doing.log)


def move_in(doing: Doing) -> None:
    people, household = doing.facts["people"], doing.change.household
    if household is not None:
        if any(person["relation"] == HEAD for person in people):
            raise ValidationError({"people": "这一户已经有户主，来的人不能再填户主。"})
        _people_of(doing, household)
        return
    assert doing.group is not None
    _one_head([person["relation"] for person in people], "people")
    head = next(person for person in people if person["relation"] == HEAD)
    household = _new_household(doing, doing.group, head["name"])
    _people_of(doing, household)
    doing.change.household = household


def _new_household(doing: Doing, group: VillagerGroup, head_name: str) -> Household:
    told = {key: doing.facts[key] for key in ("number", "address", "phone") if key in doing.facts}
    return register.new_household(group=group, since=doing.day, head_name=head_name, log=doing.log, **told)


def move_out(doing: Doing) -> None:
    if doing.change.person is None:
        for person in Person.objects.present().filter(household=doing.household).order_by("pk"):
            register.leave(person=person, on=doing.day, why=register.MOVED, log=doing.log)
    else:
        register.leave(person=doing.person, on=doing.day, why=register.MOVED, log=doing.log)
    _settle_head(doing)


def death(doing: Doing) -> None:
    register.leave(person=doing.person, on=doing.day, why=register.DIED, log=doing.log)
    _settle_head(doing)


def move(doing: Doing) -> None:
    assert doing.change.other is not None
    if doing.facts["relation"] == HEAD:
        raise ValidationError({"relation": "那一户已经有户主。"})
    register.transfer(
        person=doing.person,
        household=doing.change.other,
        relation=doing.facts["relation"],
        on=doing.day,
        log=doing.log,
    )
    _settle_head(doing)


def split(doing: Doing) -> None:
    members = doing.members()
    _one_head([relation for _, relation in members], "members")
    head = next(person for person, relation in members if relation == HEAD)
    if Person.objects.present().filter(household=doing.household).count() == len(members):
        raise ValidationError({"members": "全家都分出去就不是分户了，留下至少一个人。"})
    household = _new_household(doing, doing.group or doing.household.group, head.name)
    for person, relation in members:
        register.transfer(person=person, household=household, relation=relation, on=doing.day, log=doing.log)
    doing.change.other = household
    _settle_head(doing)


def merge(doing: Doing) -> None:
    assert doing.change.other is not None
    members = doing.members()
    if any(relation == HEAD for _, relation in members):
        raise ValidationError({"members": "那一户已经有户主，并过去的人写和他的关系。"})
    if Person.objects.present().filter(household=doing.household).count() != len(members):
        raise ValidationError({"members": "并户是全家都过去，给每个人写上关系。"})
    for person, relation in members:
        register.transfer(
            person=person, household=doing.change.other, relation=relation, on=doing.day, log=doing.log
        )
    register.dissolve(household=doing.household, on=doing.day, log=doing.log)


def away(doing: Doing) -> None:
    rows = Absence.objects.filter(household=doing.household, person=doing.change.person)
    if held := rows.filter(Q(until__isnull=True) | Q(until__gte=doing.day)).first():
        raise ValidationError(f"从 {held.since:%Y-%m-%d} 起已经记了外出。")
    doing.log.create(
        Absence(
            household=doing.household,
            person=doing.change.person,
            place=doing.facts.get("place", ""),
            since=doing.day,
        )
    )


def back(doing: Doing) -> None:
    rows = Absence.objects.filter(
        household=doing.household, person=doing.change.person, until__isnull=True, since__lte=doing.day
    )
    held = rows.first()
    if held is None:
        raise ValidationError("没有记过外出，不用记返回。")
    register.close(held, doing.day - DAY, doing.log)


def birth(doing: Doing) -> None:
    if doing.facts["relation"] == HEAD:
        raise ValidationError({"relation": "刚出生的不能当户主。"})
    register.new_person(
        household=doing.household, since=doing.day, birth_date=doing.day, log=doing.log, **doing.facts
    )


def category_begin(doing: Doing) -> None:
    register.begin_category(
        person=doing.person,
        kind=CategoryKind.objects.get(code=doing.facts["category"]),
        since=doing.day,
        document=doing.facts.get("document", ""),
        log=doing.log,
    )


def category_end(doing: Doing) -> None:
    held = Category.objects.filter(
        person=doing.person, kind__code=doing.facts["category"], until__isnull=True
    ).first()
    if held is None:
        raise ValidationError({"category": f"{doing.person}现在不是这一类对象。"})
    register.end_category(
        category=held, until=doing.day, document=doing.facts.get("document", ""), log=doing.log
    )


def regroup(doing: Doing) -> None:
    assert doing.group is not None
    if doing.group.pk == doing.household.group_id:
        raise ValidationError({"group": f"这一户就在{doing.group}。"})
    register.place_household(household=doing.household, group=doing.group, since=doing.day, log=doing.log)


def correct_person(doing: Doing) -> None:
    told = dict(doing.facts)
    if "birth_date" in told:
        told["birth_date"] = _day(told["birth_date"])
    correcting.correct_person(person=doing.person, told=told, log=doing.log)


def correct_household(doing: Doing) -> None:
    correcting.correct_household(household=doing.household, told=doing.facts, log=doing.log)


DO: dict[str, Callable[[Doing], None]] = {
    verb.__name__: verb
    for verb in (
        move_in,
        move_out,
        move,
        away,
        back,
        birth,
        death,
        split,
        merge,
        category_begin,
        category_end,
        regroup,
        correct_person,
        correct_household,
    )
}
# Of whom it is told: a person, a household, or either.
OF_PERSON = frozenset({"move", "death", "category_begin", "category_end", "correct_person"})
OF_HOUSEHOLD = frozenset({"birth", "split", "merge", "regroup", "correct_household"})
