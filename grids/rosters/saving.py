"""Writing what a household roster changes: a few statements for a village, the same rows as the single verbs make.

Every dated row is closed on the day before the roster's day and opened on it; one that began on that day or later never
held otherwise, and is corrected where it stands.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from simple_history.utils import bulk_create_with_history

from core import clock
from core.after import register_changed
from core.authorship import written_by
from grids.models import Absence, Category, Household, Membership, Person, Placement
from grids.rosters.stored import portions
from grids.rosters.work import Changed, Work
from grids.services import dissolve, start_village

DAY = dt.timedelta(days=1)
BATCH = 1000
WHY = "导入花名册"


def save_persons(work: Work, *, actor: Any) -> None:
    """Write all of it, inside the caller's transaction; the rooms above are told once, at the end."""
    by = actor if getattr(actor, "pk", None) else None
    _seal(work)
    # 1. Households first: people point at them.
    moved_homes = work.households.with_field("group")
    _create(work.new_households, by)
    _update(work.households, by)
    Placement.objects.bulk_create([_placement(h, work.since) for h in work.new_households], batch_size=BATCH)
    _reopen(Placement, "household", [_placement(h, work.since) for h in moved_homes])
    # 2. People, and since when they live where.
    _create(work.new_people, by)
    _free_numbers(work)
    _update(work.people, by)
    Membership.objects.bulk_create([_membership(p, work.since) for p in work.new_people], batch_size=BATCH)
    _reopen(Membership, "person", [_membership(p, work.since) for p in work.moved.values()])
    # 3. What is dated and hangs on them.
    _take_along(work, by)
    with written_by(actor):
        for household in work.emptied:
            dissolve(household=household, on=max(work.since - DAY, household.since))
    categories = [
        Category(person=person, household_id=person.household_id, kind=kind, since=work.since)
        for person, kind in work.categories
    ]
    _create(categories, by)
    # 4. From when visits are owed, and the news.
    if work.village.start_month is None and (work.new_households or work.new_people):
        with written_by(actor):
            start_village(actor=actor, village=work.village, month=work.since)
    register_changed(_touched(work))


def _seal(work: Work) -> None:
    """Encrypt what is new, and give the households their phones."""
    for person, text in work.id_texts.values():
        person.set_id_number(text)
    for person, text in work.phone_texts.values():
        person.set_phone(text)
    for household, person in work.callers:
        household.phone, household.phone_hash = person.phone, person.phone_hash
        household.phone_mask = person.phone_mask


def _placement(household: Household, since: dt.date) -> Placement:
    return Placement(
        household=household, territory_id=household.territory_id, group_id=household.group_id, since=since
    )


def _membership(person: Person, since: dt.date) -> Membership:
    return Membership(person=person, household_id=person.household_id, relation=person.relation, since=since)


def _create(rows: Sequence[Any], by: Any) -> None:
    if rows:
        bulk_create_with_history(
            rows, type(rows[0]), batch_size=BATCH, default_user=by, default_change_reason=WHY,
            default_date=clock.now(),
        )  # fmt: skip


def _update(changed: Changed, by: Any) -> None:
    """Write the changed fields, and one line of history for each row."""
    if not changed:
        return
    rows = list(changed.rows.values())
    model = type(rows[0])
    for field in sorted(set().union(*changed.fields.values())):
        model._default_manager.bulk_update(changed.with_field(field), [field], batch_size=200)
    model.history.bulk_history_create(
        rows,
        batch_size=BATCH,
        update=True,
        default_user=by,
        default_change_reason=WHY,
        default_date=clock.now(),
    )


def _free_numbers(work: Work) -> None:
    """Numbers that change hands within one file would meet half-way: nobody holds them for a moment."""
    changing = [person.pk for person in work.people.with_field("id_number_hash")]
    for some in portions(changing):
        Person.objects.filter(pk__in=some).update(id_number_hash="")


def _reopen(model: Any, owner: str, rows: Iterable[Any]) -> None:
    """Close the owner's open row on the day before and open the new one, or correct it if it began no earlier."""
    wanted = {getattr(row, f"{owner}_id"): row for row in rows}
    held = {}
    for some in portions(wanted):
        for row in model._default_manager.filter(**{f"{owner}__in": some}, until__isnull=True):
            held[getattr(row, f"{owner}_id")] = row
    facts = [f.attname for f in model._meta.concrete_fields if f.name not in ("id", "since", "until")]
    corrected, closed, opened = [], [], []
    for key, row in wanted.items():
        now = held.get(key)
        if now is None:
            opened.append(row)
        elif now.since >= row.since:
            for name in facts:
                setattr(now, name, getattr(row, name))
            corrected.append(now)
        else:
            now.until = row.since - DAY
            closed.append(now)
            opened.append(row)
    manager = model._default_manager
    manager.bulk_update(corrected, [name.removesuffix("_id") for name in facts], batch_size=200)
    manager.bulk_update(closed, ["until"], batch_size=200)
    manager.bulk_create(opened, batch_size=BATCH)


def _take_along(work: Work, by: Any) -> None:
    """Categories and absences follow a person into another household."""
    movers = {person.pk: person for person in work.people.with_field("household")}
    for model in (Category, Absence):
        kept, closed, opened = Changed(), Changed(), []
        for some in portions(movers):
            for row in model.objects.filter(person__in=some, until__isnull=True):
                household = movers[row.person_id].household_id
                if row.since >= work.since:
                    row.household_id = household
                    kept.add(row, ["household"])
                else:
                    row.until = work.since - DAY
                    closed.add(row, ["until"])
                    opened.append(_copy(row, household_id=household, since=work.since))
        if model is Category:
            _update(kept, by)
            _update(closed, by)
            _create(opened, by)
        else:
            model.objects.bulk_update(kept.rows.values(), ["household"], batch_size=200)
            model.objects.bulk_update(closed.rows.values(), ["until"], batch_size=200)
            model.objects.bulk_create(opened, batch_size=BATCH)


def _copy(row: Any, **changes: Any) -> Any:
    facts = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
    return type(row)(**facts | {"until": None} | changes)


def _touched(work: Work) -> set[int]:
    """Households whose people, place or categories changed."""
    ids = {household.pk for household in work.new_households} | work.households.rows.keys()
    ids |= {person.household_id for person in work.new_people}
    ids |= {person.household_id for person in work.people.with_field("household")}
    return ids | {person.household_id for person, _ in work.categories}
