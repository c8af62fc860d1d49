"""A change of the register on its way: reported, accepted or refused, undone. Who may accept does it at once."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from core import clock, crypto, names
from core.after import register_changed, register_undone
from core.fields import Sealed
from core.scope import reach_of
from grids.models import Household, Person, Placement, RegisterChange, Territory, VillagerGroup
from grids.services.answers import counted, refuse_if_closed
from grids.services.effects import put_back, taken_back
from grids.services.facts import clean, facts_of
from grids.services.kinds import DO, OF_HOUSEHOLD, OF_PERSON, Doing
from grids.services.register import refresh
from grids.services.rights import may, must
from grids.services.territory import lock_village

NOT_FOUND = "没有找到这一户。"
# They give out a household number, or put a household into a group: one at a time in a village.
ONE_AT_A_TIME = frozenset({"move_in", "split", "regroup", "correct_household"})


class Conflict(names.Conflict):
    """The client's number is taken by another change, or by another person's (409); says nothing of what is stored."""

    says = "这个编号已经用在另一件变动上。重新填一遍再报。"


def change(
    *,
    actor: Any,
    kind: str,
    happened_on: dt.date,
    facts: dict[str, Any],
    household: Household | None = None,
    person: Person | None = None,
    client_id: uuid.UUID | None = None,
) -> RegisterChange:
    """Report a change; it is done at once if the actor may accept it, else it waits.

    The same `client_id` with the same content again is the same change; with other content, or from another person,
    Conflict. ValidationError by field for facts that cannot be; it is tried out before it is left waiting.
    """

    def do() -> RegisterChange:
        with counted(actor=actor, territory=_place(household, person, facts)):
            row, numbers, is_new = _report(actor, kind, household, person, happened_on, facts, client_id)
            if is_new and may_accept(actor, row):
                _carry_out(actor, row, numbers)
            elif is_new:
                _try_out(actor, row, numbers)
        return row

    return _once_more(do)


def _once_more(do: Callable[[], RegisterChange]) -> RegisterChange:
    """Somebody may take a number between the look and the writing; who looks again says so in a sentence."""
    try:
        return do()
    except IntegrityError:
        return do()


@transaction.atomic
def propose(
    *,
    actor: Any,
    kind: str,
    happened_on: dt.date,
    facts: dict[str, Any],
    household: Household | None = None,
    person: Person | None = None,
) -> RegisterChange:
    """Report a change that waits even for who may accept it: it follows from something else that was told, and
    nobody has asked for it yet. ValidationError as `change`."""
    row, numbers, _ = _report(actor, kind, household, person, happened_on, facts, None)
    _try_out(actor, row, numbers)
    return row


def _report(
    actor: Any,
    kind: str,
    household: Household | None,
    person: Person | None,
    happened_on: dt.date,
    facts: dict[str, Any],
    client_id: uuid.UUID | None,
) -> tuple[RegisterChange, dict[str, str], bool]:
    """The stored row, its numbers, and whether it was stored by this call."""
    kept, numbers = clean(facts_of(kind, into_household=household is not None), facts)
    told = [kind, household and household.pk, person and person.pk, happened_on.isoformat(), kept, numbers]
    digest = crypto.blind_index(json.dumps(told, sort_keys=True, ensure_ascii=False), purpose="change")
    # 1. Before anything is asked of the register: it looks different once the change was made.
    if client_id and (stored := RegisterChange.objects.filter(client_id=client_id).first()):
        return _the_same(stored, actor, digest), {}, False
    refuse_if_closed(actor, numbers)
    # 2. The row as reported; 3. stored, unless the same was stored this moment.
    row = _draft(actor, kind, household, person, happened_on, kept)
    row.client_id, row.content_hash = client_id or uuid.uuid4(), digest
    row.numbers = Sealed.of(json.dumps(numbers), "change.numbers") if numbers else None
    must(actor, "register.propose", row.territory)
    row.full_clean(exclude=["client_id"])
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        stored = RegisterChange.objects.filter(client_id=client_id).first()
        if client_id is None or stored is None:
            raise
        return _the_same(stored, actor, digest), {}, False
    return row, numbers, True


def _place(household: Household | None, person: Person | None, facts: dict[str, Any]) -> Territory | None:
    """The grid a change is about, as far as what was sent tells it."""
    if household is None and person is not None:
        household = person.household
    if household is not None:
        return household.territory
    group = facts.get("group")
    found = VillagerGroup.objects.filter(pk=group) if isinstance(group, int) else VillagerGroup.objects.none()
    return Territory.objects.filter(pk__in=found.values("grid")).first()


def _draft(
    actor: Any,
    kind: str,
    household: Household | None,
    person: Person | None,
    happened_on: dt.date,
    kept: dict[str, Any],
) -> RegisterChange:
    """The row as it would be stored; ValidationError by field if it cannot be meant so."""
    if person is not None:
        person = Person.objects.get(pk=person.pk)
        household = household or person.household
        if person.household_id != household.pk:
            raise ValidationError({"person": "这个人不在这一户。"})
    if kind in OF_PERSON and person is None:
        raise ValidationError({"person": "没选是哪个人。"})
    if kind in OF_HOUSEHOLD or (kind == "move_in" and household is not None):
        person = None
    if household is None and kind != "move_in":
        raise ValidationError({"household": "没选是哪一户。"})
    if household is not None:
        household = Household.objects.select_related("territory", "group").get(pk=household.pk)
    if happened_on > clock.today():
        raise ValidationError({"happened_on": "这一天还没到，改成今天或以前。"})
    row = RegisterChange(
        kind=kind,
        household=household,
        person=person,
        happened_on=happened_on,
        facts=kept,
        proposed_by=actor,
        proposed_at=clock.now(),
    )
    row.other = _other_household(actor, row)
    group = _group(actor, row)
    row.territory = household.territory if household else group.grid  # type: ignore[union-attr]
    return row


def _the_same(stored: RegisterChange, actor: Any, digest: str) -> RegisterChange:
    if stored.proposed_by_id != actor.pk or stored.content_hash != digest:
        raise Conflict
    return stored


def _other_household(actor: Any, row: RegisterChange) -> Household | None:
    """The household a move or a merge leads to; another village's does not exist for this actor."""
    pk = row.facts.get("into") if row.kind == "merge" else row.facts.get("to") if row.kind == "move" else None
    if pk is None:
        return None
    found = Household.objects.present().visible_to(actor, "register.propose").filter(pk=pk).first()
    key = "into" if row.kind == "merge" else "to"
    if found is None:
        raise ValidationError({key: NOT_FOUND})
    if found.pk == row.household_id:
        raise ValidationError({key: "就是这一户，选别的一户。"})
    return found


def _group(actor: Any, row: RegisterChange) -> VillagerGroup | None:
    pk = row.facts.get("group")
    if pk is None:
        return None
    groups = VillagerGroup.objects.in_use().visible_to(actor, "register.propose").select_related("grid")
    found = groups.filter(pk=pk).first()
    if found is None or (row.household is not None and found.village_id != row.household.village_id):
        raise ValidationError({"group": "没有找到这个村民组。"})
    return found


def grids_touched(row: RegisterChange) -> list[Territory]:
    """Every grid a change reaches into; who accepts it must answer for all of them."""
    ids = {row.territory_id}
    for household in (row.household, row.other):
        if household is not None:
            ids.add(household.territory_id)
    if pk := row.facts.get("group"):
        ids |= set(VillagerGroup.objects.filter(pk=pk).values_list("grid_id", flat=True))
    return list(Territory.objects.filter(pk__in=ids))


def may_accept(actor: Any, row: RegisterChange) -> bool:
    """The secretary and village cadres accept; a grid leader accepts moves that stay inside his grid."""
    grids = grids_touched(row)
    if all(may(actor, "register.accept", grid) for grid in grids):
        return True
    return row.kind == "move" and len(grids) == 1 and may(actor, "register.move_in_grid", grids[0])


def acceptable(actor: Any, rows: list[RegisterChange]) -> set[int]:
    """Which of these changes the actor may accept or undo: `may_accept`, in as many queries for a page as for one.

    The rows come with `territory`, `household__territory` and `other__territory`.
    """
    wide, narrow = reach_of(actor, "register.accept"), reach_of(actor, "register.move_in_grid")
    groups = VillagerGroup.objects.filter(pk__in={row.facts.get("group") for row in rows} - {None})
    grids = {group.pk: group.grid for group in groups.select_related("grid")}
    found = set()
    for row in rows:
        touched = {row.territory, grids.get(row.facts.get("group"), row.territory)}
        touched |= {household.territory for household in (row.household, row.other) if household}
        inside = row.kind == "move" and len(touched) == 1 and narrow.covers(row.territory)
        if inside or all(wide.covers(grid) for grid in touched):
            found.add(row.pk)
    return found


def _must_accept(actor: Any, row: RegisterChange) -> None:
    if not may_accept(actor, row):
        raise PermissionDenied("这件变动归村里定。要办，找村党组织书记。")


def accept(*, actor: Any, change: RegisterChange) -> RegisterChange:
    """Carry out what was reported. ValidationError if it was decided already or no longer fits the register."""

    def do() -> RegisterChange:
        with counted(actor=actor, territory=change.territory):
            row = _locked(change)
            _must_accept(actor, row)
            if row.state != RegisterChange.PROPOSED:
                raise ValidationError(f"这件变动{row.get_state_display()}，不用再定。")
            numbers = json.loads(row.numbers.open()) if row.numbers else {}
            refuse_if_closed(actor, numbers)
            _carry_out(actor, row, numbers)
        return row

    return _once_more(do)


@transaction.atomic
def refuse(*, actor: Any, change: RegisterChange, why: str) -> RegisterChange:
    """Not accepted, with the reason the reporter will read; the sealed numbers are thrown away."""
    row = _locked(change)
    _must_accept(actor, row)
    if row.state != RegisterChange.PROPOSED:
        raise ValidationError(f"这件变动{row.get_state_display()}，不用再定。")
    if not why.strip():
        raise ValidationError({"why": "写一句为什么没同意，报的人要看。"})
    row.state, row.why, row.numbers = RegisterChange.REFUSED, why.strip(), None
    row.decided_by, row.decided_at = actor, clock.now()
    row.full_clean(exclude=["client_id"])
    row.save()
    return row


@transaction.atomic
def undo(*, actor: Any, change: RegisterChange) -> RegisterChange:
    """Put back every row the change touched. ValidationError if one of them was changed since.

    Who may accept may undo; who reported a change that still waits may withdraw it.
    """
    row = _locked(change)
    if row.state == RegisterChange.PROPOSED and row.proposed_by_id == actor.pk:
        must(actor, "register.propose", row.territory)
    else:
        _must_accept(actor, row)
    if row.state not in (RegisterChange.PROPOSED, RegisterChange.ACCEPTED):
        raise ValidationError(f"这件变动{row.get_state_display()}，没有可撤的。")
    effects, made = row.effects, row.state == RegisterChange.ACCEPTED
    row.state, row.numbers = RegisterChange.UNDONE, None
    row.undone_by, row.undone_at = actor, clock.now()
    if made:
        _lock_households(row, places=True)
        _let_go(row)
        row.save()
        households = put_back(effects)
        _refuse_lost_places(households)
        refresh(households)
        register_undone(households, taken_back(effects))
    else:
        row.save()
    return row


@transaction.atomic
def withdraw(*, actor: Any, change: RegisterChange) -> bool:
    """Take back a change that still waits because what it followed from was taken back; False if it no longer waits.

    Who may do that is asked above, of what it followed from. One that is being decided this moment counts as decided.
    """
    rows = RegisterChange.objects.select_for_update(skip_locked=True)
    row = rows.filter(pk=change.pk, state=RegisterChange.PROPOSED).first()
    if row is None:
        return False
    row.state, row.numbers = RegisterChange.UNDONE, None
    row.undone_by, row.undone_at = actor, clock.now()
    row.save()
    return True


def _refuse_lost_places(households: set[int]) -> None:
    """A household that comes back must not come into a group that was closed or re-drawn in the meantime."""
    places = Placement.objects.filter(household__in=households, household__ended_on=None, until=None)
    gone = Q(group__closed_on__isnull=False) | ~Q(territory=F("group__grid"))
    lost = places.filter(gone).select_related("group").first()
    if lost is not None:
        why = "已经撤了" if lost.group.closed_on else "已经划到别的网格"
        raise ValidationError(f"原来的{lost.group}{why}，撤不回去。要改，另报一件变动。")


def _let_go(row: RegisterChange) -> None:
    """A household the change itself had made goes with it; the change must not hold on to it."""
    made = {e["pk"] for e in row.effects if e["model"] == "household" and e["before"] is None}
    if row.household_id in made:
        row.household = None
    if row.other_id in made:
        row.other = None


def _locked(change: RegisterChange) -> RegisterChange:
    rows = RegisterChange.objects.select_for_update(of=("self",))
    rows = rows.select_related("territory", "household__group__grid", "other", "person")
    return rows.get(pk=change.pk)


def _lock_households(row: RegisterChange, *, places: bool = False) -> None:
    """Wait for whoever changes the same households, and with `places` the village's numbers and groups.

    Always in the order that territory.lock_village writes down.
    """
    if places or row.kind in ONE_AT_A_TIME:
        lock_village(row.household.village_id if row.household else row.territory.parent_id)
    ids = [pk for pk in (row.household_id, row.other_id) if pk]
    list(Household.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    for name in ("household", "other", "person"):
        if getattr(row, f"{name}_id"):
            getattr(row, name).refresh_from_db()


def _apply(actor: Any, row: RegisterChange, numbers: dict[str, str]) -> Doing:
    """Do it: the rows of the register, and their memory in `effects`."""
    _lock_households(row)
    for household in (row.household, row.other):
        if household is not None and household.ended_on:
            raise ValidationError(f"{household} {household.ended_on:%Y-%m-%d} 已经销户。")
        if household is not None and row.happened_on < household.since:
            raise ValidationError(
                {"happened_on": f"{household} {household.since:%Y-%m-%d} 才立户，日期不能比它早。"}
            )
    if row.person is not None and (row.person.left_on or row.person.household_id != row.household_id):
        raise ValidationError({"person": f"{row.person}已经不在这一户。"})
    doing = Doing(change=row, facts=_with_numbers(row.facts, numbers), group=_group(actor, row))
    DO[row.kind](doing)
    row.effects = doing.log.rows
    refresh(doing.log.households)
    for household in (row.household, row.other):
        if household is not None:
            household.refresh_from_db()
    return doing


def _carry_out(actor: Any, row: RegisterChange, numbers: dict[str, str]) -> None:
    doing = _apply(actor, row, numbers)
    row.state, row.numbers = RegisterChange.ACCEPTED, None
    row.decided_by, row.decided_at = actor, clock.now()
    row.full_clean(exclude=["client_id"])
    row.save()
    register_changed(doing.log.households)


class _TriedOut(Exception):
    """It would work; now take it back."""


def _try_out(actor: Any, row: RegisterChange, numbers: dict[str, str]) -> None:
    """ValidationError now rather than when the secretary accepts."""
    before = {name: getattr(row, name) for name in ("household", "other", "effects")}
    try:
        with transaction.atomic():
            _apply(actor, row, numbers)
            raise _TriedOut
    except _TriedOut:
        pass
    for name, value in before.items():
        setattr(row, name, value)
        if isinstance(value, Household):
            value.refresh_from_db()
    if row.person is not None:
        row.person.refresh_from_db()


def _with_numbers(facts: dict[str, Any], numbers: dict[str, str]) -> dict[str, Any]:
    """A copy of the facts with the sealed numbers back in their places."""
    found = json.loads(json.dumps(facts))
    for path, number in numbers.items():
        *steps, last = path.split(".")
        place = found
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[last] = number
    return found
