"""What visits hear of somebody's work: noted at once where the visitor may, else proposed to who keeps the register.

Each is a LabourProposal under the visit's own number, so that it can follow the visit: taken back it is GONE, and what
held before holds again; standing again it is said anew. A visit is never lost for it.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.scope import may, must, signer
from grids.models import Household, Person, Territory
from jobs.models import Labour, LabourProposal, Skill, Trade
from jobs.models.words import NOTES_LABOUR
from jobs.services.labour import FACTS, MANY, decide, give_back, is_so, labour_of, note_labour, wait_again
from jobs.services.registering import follow_register

# Parts of a source: said by a tap and noted at once, or found and waiting for somebody's yes.
TOLD, FOUND = "person", "found"
WANTS_WORK = "劳有所得"


@dataclass(frozen=True)
class Heard:
    """What was heard of one person: fields of Labour (trades and skills by key), and in which words."""

    person: Person
    said: Mapping[str, Any]
    words: str = ""


def propose_facets(
    *,
    actor: Any,
    source: str,
    household: Household,
    territory: Territory,
    day: dt.date,
    heard: Iterable[Heard],
) -> list[LabourProposal]:
    """Let each wait for a yes, but what is so already. `source`: of what it is, as `visit:<uuid>:`."""
    made = []
    for each in heard:
        if not is_so(labour_of(each.person), each.said):
            made.append(_propose(actor, f"{source}{FOUND}:", household, territory, day, each))
    return made


def propose_labour(
    *,
    actor: Any,
    person: Person,
    household: Household,
    territory: Territory,
    day: dt.date,
    source: str,
    said: Mapping[str, Any],
    words: str = "",
) -> LabourProposal:
    """One proposal under its source; the same source again is the same one. Whether the actor may is asked where it
    was found: what others may make of it needs labour.note."""
    unknown = said.keys() - ({*FACTS, *MANY} - {"learns"})  # it is kept as JSON
    assert not unknown, unknown
    proposal, _ = LabourProposal.objects.get_or_create(
        source=source,
        defaults={
            "person": person,
            "household": household,
            "territory": territory,
            "day": day,
            "said": dict(said),
            "words": words[:300],
            "made_at": clock.now(),
            "made_by": signer(actor),
        },
    )
    return proposal


def _propose(
    actor: Any, before: str, household: Household, territory: Territory, day: dt.date, heard: Heard
) -> LabourProposal:
    return propose_labour(
        actor=actor,
        person=heard.person,
        household=household,
        territory=territory,
        day=day,
        source=f"{before}{heard.person.pk}",
        said=heard.said,
        words=heard.words,
    )


def of_finding(kind_is_need: bool, detail: str, words: str) -> dict[str, Any]:
    """What a finding says of a named person's work: a need 劳有所得 that he looks for work; a talent, a skill of the
    town's list if it is called so. Empty if nothing."""
    if kind_is_need:
        return {"wish": Labour.SEEKS} if detail == WANTS_WORK else {}
    told = {text.strip() for text in (detail, words) if text.strip()}
    found = [skill.pk for skill in Skill.objects.offered() if told & set(skill.spellings)]
    return {"skills": found} if found else {}


# --- decided --------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_proposal(*, actor: Any, proposal: LabourProposal, status: str = "") -> Labour:
    """Note it, from the day on which it was found, or today where something newer holds. `status` is asked of whoever
    is not registered yet. Needs labour.note. ValidationError by field."""
    proposal = _to_decide(actor, proposal)
    person, before = proposal.person, labour_of(proposal.person)
    facts, many = _split(proposal.said, before)
    if status:
        facts["status"] = status
    if before is None and not facts.get("status"):
        raise ValidationError({"status": "还没登记过，先选他现在的就业状态。"})
    day = proposal.day if before is None or before.since <= proposal.day else clock.today()
    row = note_labour(actor=actor, person=person, day=day, source=f"proposal:{proposal.pk}", **facts, **many)
    decide(proposal, LabourProposal.TAKEN, actor)
    return row


@transaction.atomic
def leave_proposal(*, actor: Any, proposal: LabourProposal) -> LabourProposal:
    """不用登记: it is not so, or needs no note. Needs labour.note."""
    proposal = _to_decide(actor, proposal)
    decide(proposal, LabourProposal.LEFT, actor)
    return proposal


def _to_decide(actor: Any, proposal: LabourProposal) -> LabourProposal:
    # The household before the proposal, as note_labour and a visit's undoing take them.
    Household.objects.select_for_update(of=("self",), no_key=True).get(pk=proposal.person.household_id)
    rows = LabourProposal.objects.select_for_update(of=("self",))
    proposal = rows.select_related("person__household", "territory").get(pk=proposal.pk)
    must(actor, NOTES_LABOUR, proposal.territory)
    if proposal.state != LabourProposal.OPEN:
        raise ValidationError(f"这一条已经定过了：{proposal.get_state_display()}。")
    return proposal


def _split(said: Mapping[str, Any], before: Labour | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Plain facts, and the lists with what stood in them before."""
    facts = {name: value for name, value in said.items() if name in FACTS}
    models: dict[str, Any] = {"trades": Trade, "skills": Skill}
    many = {}
    for name in MANY:
        if name in said:
            had = list(getattr(before, name).all()) if before else []
            more = models[name].objects.filter(pk__in=said[name]).exclude(pk__in=[each.pk for each in had])
            many[name] = [*had, *more]
    return facts, many


# --- told by a tap ----------------------------------------------------------------------------------------------------


def note_heard(
    *,
    actor: Any,
    source: str,
    household: Household,
    territory: Territory,
    day: dt.date,
    at: dt.datetime,
    heard: Iterable[Heard],
) -> list[LabourProposal]:
    """Note each at once under `source`, if the actor may; if not, it waits for a yes. What the register knows better
    (something newer, nobody under 16) is left as it is. `at`: when it was said, which tells what is newer of one day.

    Runs under the household's lock, inside the visit's transaction.
    """
    made = []
    for each in heard:
        proposal = _propose(actor, f"{source}{TOLD}:", household, territory, day, each)
        _note(actor, proposal, at)
        made.append(proposal)
    return made


def _note(actor: Any, proposal: LabourProposal, at: dt.datetime) -> None:
    person = proposal.person
    if not may(actor, NOTES_LABOUR, person.household.territory):
        return
    before = labour_of(person)
    facts, many = _split(proposal.said, before)
    if before is not None and before.since == proposal.day and before.noted_at > at:
        state = LabourProposal.TAKEN if is_so(before, proposal.said) else LabourProposal.LEFT
        return decide(proposal, state, actor)
    try:
        with transaction.atomic():
            note_labour(actor=actor, person=person, day=proposal.day, source=proposal.source, **facts, **many)
    except ValidationError:
        return decide(proposal, LabourProposal.LEFT, actor)
    return decide(proposal, LabourProposal.TAKEN, actor)


def heard_of(source: str) -> dict[int, str]:
    """By person, what became of what was told by a tap under this source."""
    rows = LabourProposal.objects.filter(source__startswith=f"{source}{TOLD}:")
    return dict(rows.values_list("person", "state"))


# --- following the visit ----------------------------------------------------------------------------------------------


def give_up_heard(*, actor: Any, source: str, gone: Collection[str] = ()) -> None:
    """The visit was taken back: what waits waits no longer, and of what was told by a tap what held before holds again,
    unless something newer was noted. What somebody has decided by hand stays. `gone`: sources of all visits there that
    were taken back, to which nothing goes back either."""
    sources = [source, *gone]
    for proposal in LabourProposal.objects.filter(source__startswith=source).exclude(
        state=LabourProposal.GONE
    ):
        if _is_told(proposal):
            _hold_again(proposal, sources)
        elif proposal.state != LabourProposal.OPEN:
            continue
        decide(proposal, LabourProposal.GONE, actor)


def take_up_heard(*, actor: Any, source: str, at: dt.datetime) -> None:
    """The visit stands again: what it had told is told anew."""
    rows = LabourProposal.objects.filter(source__startswith=source, state=LabourProposal.GONE)
    for proposal in rows.select_related("person__household__territory"):
        wait_again(proposal)
        if _is_told(proposal):
            _note(actor, proposal, at)
        elif is_so(labour_of(proposal.person), proposal.said):
            decide(proposal, LabourProposal.TAKEN, actor)


def _is_told(proposal: LabourProposal) -> bool:
    return f":{TOLD}:" in proposal.source


def _hold_again(proposal: LabourProposal, sources: Collection[str]) -> None:
    row = Labour.objects.filter(person=proposal.person_id, until__isnull=True, source=proposal.source).first()
    if row is not None and give_back(row, lambda each: _is_gone(each.source, sources)) is not None:
        follow_register({proposal.person.household_id})


def _is_gone(source: str, sources: Collection[str]) -> bool:
    return any(source.startswith(each) for each in sources)


# --- in words ---------------------------------------------------------------------------------------------------------


def said_in_words(proposals: Iterable[LabourProposal]) -> dict[int, str]:
    """By proposal: 想找活；会焊工证. Two queries however many."""
    rows = list(proposals)
    names: dict[str, dict[int, str]] = {}
    for name, model in (("trades", Trade), ("skills", Skill)):
        keys = {key for row in rows for key in row.said.get(name, ())}
        found = model.objects.filter(pk__in=keys).values_list("pk", "name") if keys else ()
        names[name] = dict(found)
    return {row.pk: "；".join(_words(row.said, names)) for row in rows}


def _words(said: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]) -> Iterable[str]:
    for name, choices in (("status", Labour.STATUSES), ("wish", Labour.WISHES)):
        if said.get(name):
            yield dict(choices).get(said[name], said[name])
    for name, before in (("trades", "想做"), ("skills", "会")):
        if told := [names[name][key] for key in said.get(name, ()) if key in names[name]]:
            yield f"{before}{'、'.join(told)}"
    if said.get("place"):
        yield f"在{said['place']}"
