"""弱势群体 proposes a category (domain.md, 五必知): reported with the visit, settled when it is accepted."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from core import clock
from core.scope import may
from grids.models import Person, RegisterChange
from grids.services import propose, withdraw
from visits.knows import CATEGORY_OF, OF_SOMEBODY_NAMED
from visits.models import Finding, Visit

ACCEPTED = "村里同意认定，已记进户口册。"
KIND = "category_begin"
_AT_ONCE = 500  # SQLite takes few parameters in one statement


def propose_category(*, actor: Any, finding: Finding) -> None:
    """Leave a category waiting for the village's yes, if the word names one, the actor may report it and the register
    can take it. Otherwise the finding alone stays the open item: a visit is never lost for it."""
    code = CATEGORY_OF.get(finding.detail)
    if finding.kind != Finding.WEAK or code is None:
        return
    if not may(actor, "register.propose", finding.territory):
        return
    head = Person.objects.present().heads().filter(household=finding.household_id).order_by("pk")
    person = finding.person or head.first()
    if person is None or (finding.person is None and finding.detail in OF_SOMEBODY_NAMED):
        return
    finding.proposal = _waiting(person, code) or _proposed(actor, finding, person, code)
    if finding.proposal is not None:
        finding.save(update_fields=["proposal"])


def _waiting(person: Person, code: str) -> RegisterChange | None:
    """The same, from an earlier visit that stands: one yes settles both."""
    rows = RegisterChange.objects.filter(
        person=person, kind=KIND, state=RegisterChange.PROPOSED, facts__category=code
    )
    return rows.filter(findings__visit__void_at__isnull=True, findings__isnull=False).order_by("pk").first()


def _proposed(actor: Any, finding: Finding, person: Person, code: str) -> RegisterChange | None:
    told = RegisterChange.objects.filter(person=person, kind=KIND, state=RegisterChange.PROPOSED)
    if told.filter(facts__category=code).exists():
        return None
    try:
        return propose(
            actor=actor,
            kind=KIND,
            household=finding.household,
            person=person,
            happened_on=finding.visit.day,
            facts={"category": code},
        )
    except ValidationError:
        # It holds already, or began later than the visit: nothing to accept.
        return None


def withdraw_proposals(*, actor: Any, visit: Visit) -> None:
    """What a visit proposed and nobody has decided goes with the visit, unless another visit says it too."""
    for finding in visit.findings.filter(proposal__state=RegisterChange.PROPOSED).select_related("proposal"):
        others = Finding.objects.filter(proposal=finding.proposal, visit__void_at__isnull=True)
        if finding.proposal and not others.exclude(visit=visit).exists():
            withdraw(actor=actor, change=finding.proposal)


@transaction.atomic
def follow_decisions(household_ids: Collection[int]) -> None:
    """What core.after calls when households have changed: a yes settles the finding, its undoing opens it again."""
    ids = sorted(household_ids)
    for start in range(0, len(ids), _AT_ONCE):
        found = Finding.objects.filter(household__in=ids[start : start + _AT_ONCE])
        said_yes = Q(state=Finding.OPEN, visit__void_at=None, proposal__state=RegisterChange.ACCEPTED)
        taken_back = Q(state=Finding.SETTLED, outcome=ACCEPTED, proposal__state=RegisterChange.UNDONE)
        for finding in found.filter(said_yes | taken_back).select_related("proposal"):
            _follow(finding)


def _follow(finding: Finding) -> None:
    change = finding.proposal
    assert change is not None
    if change.state == RegisterChange.ACCEPTED and change.decided_at:
        finding.state, finding.outcome = Finding.SETTLED, ACCEPTED
        finding.settled_by, finding.settled_at = change.decided_by, change.decided_at
        finding.settled_on = clock.local_date(change.decided_at)
    else:
        finding.state, finding.outcome = Finding.OPEN, ""
        finding.settled_by = finding.settled_at = finding.settled_on = None
    finding.full_clean(exclude=["visit", "proposal"])
    finding.save(update_fields=["state", "outcome", "settled_by", "settled_at", "settled_on"])
