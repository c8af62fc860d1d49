"""What a visit hears of its people's work: told by a tap it is in the labour register at once, under the visit's own
number; found as a need or a talent of somebody named it waits there for a yes.

It follows the visit as deeds and matters do; but no visit is lost for what the register cannot take.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.scope import may, reach_on
from grids.models import Person
from jobs import services as jobs
from jobs.models import LabourProposal
from visits.models import Finding, Visit
from visits.services.deeds import source_of

SEES_PEOPLE = "persons.see"
SAID = ("status", "wish")


def tell_labour(*, actor: Any, visit: Visit, said: Sequence[Mapping[str, Any]]) -> None:
    """Note what was tapped of people who live there, and let wait what its findings say of who was named."""
    at: dict[str, Any] = {"household": visit.household, "territory": visit.territory, "day": visit.day}
    source = source_of(visit)
    people = _people(actor, visit, said)
    known = [heard for each in said if (heard := _heard(people, each))]
    if known:
        jobs.note_heard(actor=actor, source=source, at=visit.corrected_at, heard=known, **at)
    found = list(_found(visit))
    if found:
        jobs.propose_facets(actor=actor, source=source, heard=found, **at)


def _people(actor: Any, visit: Visit, said: Sequence[Mapping[str, Any]]) -> dict[int, Person]:
    """Those of them who live there, for who may see who lives there."""
    asked = {each["person"] for each in said}
    home = visit.household
    if not asked or not (
        may(actor, SEES_PEOPLE, home.territory)
        or reach_on(actor, SEES_PEOPLE, visit.day).covers(visit.territory)
    ):
        return {}
    people = Person.objects.present().filter(household=home, pk__in=asked)
    return {person.pk: person for person in people.select_related("household__territory")}


def _heard(people: Mapping[int, Person], each: Mapping[str, Any]) -> jobs.Heard | None:
    person = people.get(each["person"])
    told = {name: each[name] for name in SAID if each.get(name)}
    return jobs.Heard(person, told) if person and told else None


def _found(visit: Visit) -> Iterable[jobs.Heard]:
    """Of the needs and talents of this visit, those that name somebody and mean something for his work."""
    kinds = (Finding.NEED, Finding.TALENT)
    for finding in visit.findings.filter(kind__in=kinds, person__isnull=False).select_related("person"):
        said = jobs.of_finding(finding.kind == Finding.NEED, finding.detail, finding.words)
        if said and finding.person:
            yield jobs.Heard(finding.person, said, finding.said)


def told_of_labour(visit: Visit, said: Sequence[Mapping[str, Any]]) -> str:
    """What its visitor hears of the people whose work she told of; empty if of nobody."""
    asked = {each["person"] for each in said}
    if not asked:
        return ""
    became = jobs.heard_of(source_of(visit))
    states = [became.get(pk, "") for pk in asked]
    done, waits = states.count(LabourProposal.TAKEN), states.count(LabourProposal.OPEN)
    left = len(states) - done - waits
    return "".join(
        sentence
        for number, sentence in (
            (done, f"{done} 人的就业情况登记了。"),
            (waits, f"{waits} 人的就业情况报给村里了，等登记。"),
            (left, f"{left} 人的就业情况没改：后来有更新的登记，不满 16 岁，或者不在这一户了。"),
        )
        if number
    )


def follow_with_labour(*, actor: Any, visit: Visit) -> None:
    """After a visit was taken back, corrected, or stands again."""
    source = source_of(visit)
    if Visit.objects.in_force().filter(pk=visit.pk).exists():
        jobs.take_up_heard(actor=actor, source=source, at=visit.corrected_at)
        return
    gone = Visit.objects.filter(household=visit.household_id, void_at__isnull=False).only("uuid")
    jobs.give_up_heard(actor=actor, source=source, gone=[source_of(each) for each in gone])
