"""Who is still to be registered, and whom nobody has asked for long: proposed from age, as queries within a scope."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core import clock
from core.scope import must
from grids.models import Absence, Household, Person
from grids.models.posts import SEXES
from jobs.models import JobsRule, Labour
from jobs.models.words import AGE_LEAST, NOTES_LABOUR, SEES_LABOUR
from jobs.services.labour import labour_of, lock_homes, note_labour

_WOMAN = next(code for code, word in SEXES if word == "女")
# Whom it makes no sense to ask again and again.
SETTLED = (Labour.UNABLE, Labour.RETIRED)


def of_working_age(day: dt.date, path: str = "") -> Q:
    """16 years old and not yet as old as the town's rule of that day says (JobsRule: 男的算到几岁 is the birthday on
    which it ends); whose day of birth is unknown is left out. `path` leads to the person."""
    rule = JobsRule.on(day)
    born, sex = f"{path}birth_date", f"{path}sex"
    grown = Q(**{f"{born}__lte": clock.months_later(day, -12 * AGE_LEAST)})
    women = Q(**{sex: _WOMAN, f"{born}__gt": clock.months_later(day, -12 * rule.age_women)})
    others = ~Q(**{sex: _WOMAN}) & Q(**{f"{born}__gt": clock.months_later(day, -12 * rule.age_men)})
    return grown & (women | others)


def unregistered(actor: Any) -> QuerySet[Person]:
    """待登记: people of the register of working age of whom nothing is noted that holds today."""
    holds = Labour.objects.filter(person=OuterRef("pk"), until__isnull=True)
    people = Person.objects.visible_to(actor, SEES_LABOUR).present()
    return people.filter(of_working_age(clock.today()), household__ended_on__isnull=True).filter(
        ~Exists(holds)
    )


def registered(actor: Any) -> Any:
    """What holds today of people who live here."""
    return Labour.objects.visible_to(actor, SEES_LABOUR).filter(until__isnull=True).living()


def stale(actor: Any) -> Any:
    """很久没问: what holds and nobody has asked about for so many months as the town's rule says."""
    today = clock.today()
    before, _ = clock.hours_of(clock.months_later(today, -JobsRule.on(today).stale_after))
    rows = registered(actor).filter(noted_at__lt=before).exclude(status__in=SETTLED)
    return rows.filter(of_working_age(today, "person__"))


def absences_of(people: list[Person]) -> dict[int, Absence]:
    """By person, that the register has him, or his whole household, away for work today. One query."""
    homes = {person.household_id: [] for person in people}  # type: dict[int, list[Absence]]
    for row in Absence.objects.in_force().filter(household__in=homes).order_by("since", "pk"):
        homes[row.household_id].append(row)
    found = {}
    for person in people:
        of = [row for row in homes[person.household_id] if row.person_id in (None, person.pk)]
        own = [row for row in of if row.person_id == person.pk]
        if of:
            found[person.pk] = (own or of)[-1]
    return found


def register_away(*, actor: Any, person: Person) -> Labour:
    """Take over from the register of residents that somebody is away for work: from that day on, where he has no row
    of his own yet. ValidationError if the register does not say so (any more)."""
    must(actor, NOTES_LABOUR, person.household.territory)
    row = absences_of([person]).get(person.pk)
    if row is None:
        raise ValidationError("花名册里没有写他外出务工，打开他的登记照实填。")
    before = labour_of(person)
    day = row.since if before is None else clock.today()
    return note_labour(actor=actor, person=person, day=day, status=Labour.AWAY, place=row.place)


def follow_register(households: set[int]) -> None:
    """What holds today lies where the person lives today, in his household and grid: whoever carries him from now on
    has it in his register, and a household counts who lives in it.

    Months that are over keep theirs: the row ends yesterday and goes on today. Called after every change of the
    register (core.after), whose transaction it shares.
    """
    places = dict(Household.objects.filter(pk__in=households).values_list("pk", "territory"))
    rows = Labour.objects.filter(until__isnull=True, person__household__in=places)
    for row in rows.select_related("person").prefetch_related("trades", "skills"):
        home = row.person.household_id
        if (row.household_id, row.territory_id) != (home, places[home]):
            _move(row, home, places[home])


def _move(row: Labour, home: int, place: int) -> None:
    today = clock.today()
    if row.since >= today:
        row.household_id, row.territory_id = home, place
        row.save(update_fields=["household", "territory"])
        return
    many = {name: list(getattr(row, name).all()) for name in ("trades", "skills")}
    ended = Labour.objects.get(pk=row.pk)
    ended.until = today - dt.timedelta(days=1)
    ended.save(update_fields=["until"])
    row.pk, row._state.adding = None, True
    row.since, row.household_id, row.territory_id = today, home, place
    row.save(force_insert=True)
    for name, found in many.items():
        getattr(row, name).set(found)


@transaction.atomic
def register_many(
    *, actor: Any, people: Iterable[Person], status: str
) -> tuple[int, list[tuple[Person, str]]]:
    """The same status for several who are not registered yet: how many were, and who was not and why. Somebody of
    whom something holds already is left as he is, whoever was quicker."""
    people, done, refused = list(people), 0, []
    lock_homes(person.household_id for person in people)
    for person in people:
        if labour_of(person) is not None:
            continue
        try:
            with transaction.atomic():
                note_labour(actor=actor, person=person, status=status)
        except (ValidationError, PermissionDenied) as why:
            refused.append((person, "".join(getattr(why, "messages", [str(why)]))))
        else:
            done += 1
    return done, refused
