"""What a visit brought home (五必知, 诉求): opened with the visit, settled by whoever carries the household."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from core import clock
from core.scope import may, must, reach_on
from grids.models import Membership, Person
from visits.models import Finding, Visit
from visits.services.handing import hand_on, handed_on
from visits.services.proposals import propose_category


def open_findings(*, actor: Any, visit: Visit, said: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """One item for each kind the visitor named, with what it proposes or is handed on as. ValidationError by field
    `findings`."""
    if len({each.get("kind") for each in said}) != len(said):
        raise ValidationError({"findings": "同一类情况写在一条里。"})
    made, before = [], handed_on(visit.corrects)
    for each in said:
        finding = Finding(
            visit=visit, household=visit.household, territory=visit.territory, kind=each.get("kind", "")
        )
        for name in ("detail", "urgency", "words"):
            if each.get(name):
                setattr(finding, name, each[name])
        finding.person = _person(actor, visit, each.get("person"))
        try:
            finding.full_clean(validate_unique=False, validate_constraints=False)
        except ValidationError as fault:
            raise ValidationError({"findings": fault.messages}) from fault
        finding.save(force_insert=True)
        # What is proposed is for today's register: only who carries the household now proposes; the item stays anyway.
        if may(actor, "register.propose", visit.household.territory):
            propose_category(actor=actor, finding=finding)
        hand_on(actor=actor, finding=finding, before=before.get(finding.kind))
        made.append(finding)
    return made


def _person(actor: Any, visit: Visit, pk: int | None) -> Person | None:
    """Whom it is about, among those who live there, or lived there on that day; who may not see them names nobody."""
    if pk is None:
        return None
    lived = Membership.objects.on(visit.day).filter(household=visit.household_id).values("person")
    present = Q(household=visit.household_id, left_on__isnull=True)
    people = Person.objects.filter(present | Q(pk__in=lived), pk=pk)
    seen = reach_on(actor, "persons.see", visit.day).covers(visit.territory)
    found = people.first() if seen or may(actor, "persons.see", visit.household.territory) else None
    if found is None:
        raise ValidationError({"findings": "选的人不在这一户，重新选。"})
    return found


@transaction.atomic
def settle_finding(
    *, actor: Any, finding: Finding, state: str, outcome: str, settled_on: dt.date | None = None
) -> Finding:
    """Close an item (现场办结) or hand it on (已转办), with what came of it; needs findings.settle at its grid."""
    finding = (
        Finding.objects.select_for_update(of=("self",))
        .select_related("territory", "visit", "matter", "dispute")
        .get(pk=finding.pk)
    )
    must(actor, "findings.settle", finding.territory)
    if finding.handed is not None:
        raise ValidationError(f"这件事已经转成{finding.handed_as} {finding.handed.number}，在那里办。")
    day = settled_on or clock.today()
    if finding.visit.void_at is not None:
        raise ValidationError("这次走访已撤销，这件事不用再办。")
    if state == Finding.SETTLED and not outcome.strip():
        raise ValidationError({"outcome": "写一句办理结果，再办结。"})
    if not finding.visit.day <= day <= clock.today():
        raise ValidationError({"settled_on": "办结日期在走访那天到今天之间，改过来。"})
    finding.state, finding.outcome = state, outcome.strip()
    finding.settled_by, finding.settled_at = actor, clock.now()
    finding.settled_on = day if state == Finding.SETTLED else None
    finding.full_clean()
    finding.save()
    return finding
