"""劳动力登记: one dated row for all that is known of somebody's work; a change ends it and begins another."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.scope import must, signer
from grids.models import Household, Person, Territory
from jobs.models import Labour, LabourProposal, Skill, Trade
from jobs.models.words import AGE_LEAST, NOTES_LABOUR
from jobs.services.errors import GONE, NOT_YET, TOO_YOUNG, TOO_YOUNG_TO_NOTE

# What one may say; what is left out stays as it was before.
FACTS = (
    "status",
    "wish",
    "wage",
    "distance",
    "hours",
    "health",
    "limits",
    "care",
    "learns",
    "place",
    "employer",
    "subsidy",
    "note",
)
MANY = ("trades", "skills")
OF_ONE_WORK = ("place", "employer")  # they end with it


def age_on(person: Person, day: dt.date) -> int | None:
    """Full years; None where the register has no date of birth."""
    return clock.years_between(person.birth_date, day) if person.birth_date else None


def check_hand(person: Person, home: Household, village: Territory, day: dt.date) -> None:
    """Whether somebody of `home` may be given the village's work from `day` on: ValidationError at `name` for who has
    left the register, is another village's, or under 16 (劳动法 §15)."""
    if person.left_on is not None:
        raise ValidationError({"name": GONE})
    if home.village_id != village.pk:
        raise ValidationError({"name": f"{person.name}不是{village}的，安排本村的人。"})
    age = age_on(person, day)
    if age is not None and age < AGE_LEAST:
        raise ValidationError({"name": TOO_YOUNG})


def labour_of(person: Person) -> Labour | None:
    """What holds today."""
    return Labour.objects.filter(person=person, until__isnull=True).first()


def not_before_register(person: Person, day: dt.date) -> dt.date:
    """That day, or the day of what was noted since: what is told late begins where the register's last row does."""
    before = labour_of(person)
    return max(day, before.since) if before else day


@transaction.atomic
def note_labour(
    *,
    actor: Any,
    person: Person,
    day: dt.date | None = None,
    source: str = "",
    trades: Iterable[Trade] | None = None,
    skills: Iterable[Skill] | None = None,
    **facts: Any,
) -> Labour:
    """Say what is so of somebody's work from `day` on (today, if it is not said): of FACTS, trades and skills what is
    named; the rest stays as it was, but where and at whom he worked ends with that status. Saying the same again begins
    nothing new: it is noted that somebody asked.

    Of one day the last word holds. What a visit has proposed and is so now is settled with it. Needs labour.note where
    the household lies. ValidationError by field.
    """
    # The household's row is the lock: of two who note at once the second sees what the first has written.
    locked = Household.objects.select_for_update(of=("self",), no_key=True).select_related("territory")
    home = locked.get(pk=person.household_id)
    must(actor, NOTES_LABOUR, home.territory)
    before = labour_of(person)
    row = _said(person, before, day or clock.today(), facts)
    row.household, row.territory, row.source = home, home.territory, source
    row.noted_at, row.noted_by = clock.now(), signer(actor)
    many = {"trades": trades, "skills": skills}
    for name in MANY:
        if many[name] is None:
            many[name] = list(getattr(before, name).all()) if before else []
    _check(row, person, before)
    if before is not None and _same(row, before, many):
        return _asked_again(before, row)
    if before is not None:
        row = _after(row, before)
    row.save()
    for name in MANY:
        getattr(row, name).set(many[name] or ())
    settle_proposals(row, actor)
    return row


def lock_homes(households: Iterable[int]) -> None:
    """The households' rows until the transaction ends, in one order, for who notes of several or locks more than them:
    so nobody waits for what the other holds, and what is asked of them then is still so when it is noted."""
    rows = Household.objects.select_for_update(no_key=True).filter(pk__in=set(households))
    list(rows.order_by("pk").values_list("pk"))


def refuse_labour(*, person: Person, day: dt.date, before: Labour | None, facts: Mapping[str, Any]) -> None:
    """The ValidationError that note_labour would raise for these facts, if it would; nothing is asked or saved."""
    _check(_said(person, before, day, facts), person, before)


def _said(person: Person, before: Labour | None, day: dt.date, facts: Mapping[str, Any]) -> Labour:
    """A new row: what was so before, and what is said now."""
    unknown = facts.keys() - set(FACTS)
    assert not unknown, unknown
    kept = {name: getattr(before, name) for name in FACTS} if before else {}
    said = {**kept, **facts}
    if before is not None and said["status"] != before.status:
        said |= {name: facts.get(name, "") for name in OF_ONE_WORK}
        if said["status"] not in Labour.WORKING:  # the desk's form still has in it what was before
            said |= {name: "" for name in OF_ONE_WORK if said[name] == kept[name]}
    return Labour(person=person, since=day, **said)


def _asked_again(before: Labour, row: Labour) -> Labour:
    before.noted_at, before.noted_by = row.noted_at, row.noted_by
    # Should that visit or step be taken back, it stands by the word of who has said it since.
    if before.from_visit or before.from_match:
        before.source = row.source
    before.save(update_fields=["noted_at", "noted_by", "source"])
    return before


def is_so(row: Labour | None, said: Mapping[str, Any]) -> bool:
    """Whether the row says all of it already; `said` as in LabourProposal.said."""
    if row is None:
        return False
    facts = {name: value for name, value in said.items() if name not in MANY}
    if any(getattr(row, name) != value for name, value in facts.items()):
        return False
    return all(
        set(said[name]) <= {each.pk for each in getattr(row, name).all()} for name in MANY if name in said
    )


def settle_proposals(row: Labour, actor: Any) -> None:
    """What was proposed of this person and is so now waits no longer."""
    for proposal in LabourProposal.objects.filter(person=row.person_id, state=LabourProposal.OPEN):
        if is_so(row, proposal.said):
            decide(proposal, LabourProposal.TAKEN, actor)


def unsettle_proposals(person: Person, since: dt.datetime) -> None:
    """What has been settled with a word that holds no longer waits for a yes again."""
    now = labour_of(person)
    for proposal in LabourProposal.objects.filter(
        person=person, state=LabourProposal.TAKEN, decided_at__gte=since
    ):
        if not is_so(now, proposal.said):
            wait_again(proposal)


def decide(proposal: LabourProposal, state: str, actor: Any) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by = state, clock.now(), signer(actor)
    proposal.save(update_fields=["state", "decided_at", "decided_by"])


def wait_again(proposal: LabourProposal) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by = LabourProposal.OPEN, None, None
    proposal.save(update_fields=["state", "decided_at", "decided_by"])


def give_back(row: Labour, is_gone: Callable[[Any], bool]) -> Labour | None:
    """What held before this row was noted holds again, and of that what held before, as long as `is_gone` says so of a
    row or of a version in its history. Only for what changes no list (trades, skills): the history keeps plain values.
    """
    now: Labour | None = row
    while now is not None and is_gone(now):
        now = _earlier(now, is_gone)
    return now


def _earlier(row: Labour, is_gone: Callable[[Any], bool]) -> Labour | None:
    """Of one day the last word holds: the row was written over, or it had ended another one."""
    for version in row.history.order_by("-history_id"):
        if not is_gone(version):
            for name in (*FACTS, "source", "noted_at"):
                setattr(row, name, getattr(version, name))
            row.noted_by_id = version.noted_by_id
            row.save()
            return row
    before = Labour.objects.filter(person=row.person_id, until=row.since - dt.timedelta(days=1)).first()
    row.delete()
    if before is not None:
        before.until = None
        before.save(update_fields=["until"])
    return before


_OURS = [
    "person",
    "household",
    "territory",
    "noted_at",
    "noted_by",
]  # written by the verb, not said by anybody


def _check(row: Labour, person: Person, before: Labour | None) -> None:
    if person.left_on is not None:
        raise ValidationError({"person": GONE})
    if row.since > clock.today():
        raise ValidationError({"since": NOT_YET})
    if before is not None and row.since < before.since:
        told = f"{before.since} 已有更新的登记，从那天起改，更早的不动。"
        raise ValidationError({"since": told})
    age = age_on(person, row.since)
    if age is not None and age < AGE_LEAST and (row.is_seeking or row.is_working):
        raise ValidationError({"person": TOO_YOUNG_TO_NOTE})
    row.full_clean(exclude=_OURS, validate_constraints=False)


def _same(row: Labour, before: Labour, many: dict[str, Any]) -> bool:
    plain = all(getattr(row, name) == getattr(before, name) for name in FACTS)
    return plain and all(
        {each.pk for each in getattr(before, name).all()} == {each.pk for each in many[name]} for name in MANY
    )


def _after(row: Labour, before: Labour) -> Labour:
    """The new row behind the old one; within one day the old one is written over."""
    if row.since == before.since:
        row.pk, row._state.adding = before.pk, False
        return row
    before.until = row.since - dt.timedelta(days=1)
    before.save(update_fields=["until"])
    return row
