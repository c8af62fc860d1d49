"""补上: what a sheet of paper says beyond the visit that stands for it already goes to that visit, as a correction."""

import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from core.photos import keep_drawn
from visits.models import Finding, Visit
from visits.services.entering import enter_visit, may_enter_for

CONTENT = ("manner", "met", "changed", "last_promise", "promise_kind", "promise_text", "promise_until")
FINDING = ("kind", "detail", "urgency", "words", "person_id")
BETWEEN = "；"


@dataclass(frozen=True)
class Beyond:
    """Kinds of Finding.FIVE and words that a visit does not hold; `addable`: the clerk may add them to it."""

    knows: tuple[str, ...] = ()
    words: str = ""
    addable: bool = False

    def __bool__(self) -> bool:
        return bool(self.knows or self.words)


def beyond(*, clerk: Any, visit: Visit, knows: Collection[str], words: str) -> Beyond:
    """What of this the visit lacks. To who may not add to it nothing of its content is given away: all is beyond."""
    if not may_add(clerk, visit):
        return Beyond(tuple(knows), words)
    found = list(visit.findings.all())
    said = f"{BETWEEN}{visit.note}{BETWEEN}"
    known = f"{BETWEEN}{words}{BETWEEN}" in said or words in {finding.words for finding in found}
    held = {finding.kind for finding in found}
    return Beyond(tuple(kind for kind in knows if kind not in held), "" if known else words, addable=True)


def may_add(clerk: Any, visit: Visit) -> bool:
    """Who might have entered the visit for its visitor, and may read it."""
    places = (visit.territory, visit.household.territory)
    enters = any(may_enter_for(clerk, visit.visitor, place) for place in places)
    return enters and Visit.objects.readable_by(clerk).filter(pk=visit.pk).exists()


def add_to(*, clerk: Any, visit: Visit, more: Beyond) -> Visit:
    """The visit again with what was beyond it, credited to the same visitor; the one before stays to be read.

    ValidationError (`row`) if it can no longer be corrected.
    """
    stored = list(visit.findings.order_by("pk"))
    alone = len(more.knows) == 1 and more.words
    new = [{"kind": kind} | ({"words": more.words} if alone else {}) for kind in more.knows]
    said = [{name.removesuffix("_id"): getattr(each, name) for name in FINDING} for each in stored]
    note = visit.note if alone else BETWEEN.join(part for part in (visit.note, more.words) if part)
    try:
        recorded = enter_visit(
            clerk=clerk,
            visitor=visit.visitor,
            uuid=uuid.uuid4(),
            household=visit.household,
            happened_at=visit.corrected_at,
            day=visit.day,
            note=note,
            companions=list(visit.companions.all()),
            findings=[*said, *new],
            corrects=visit,
            **{name: getattr(visit, name) for name in CONTENT},
        )
    except (PermissionDenied, ValidationError) as refused:
        why = "".join(refused.messages) if isinstance(refused, ValidationError) else "那一次现在不能改了。"
        told = f"补不到 {visit.receipt} 上：{why}去掉多的勾和字再存，或者选“另一次”。"
        raise ValidationError({"row": told}) from refused
    _carry_over(stored, recorded.visit)
    if visit.photo:
        with suppress(FileNotFoundError), visit.photo.open() as picture:
            keep_drawn(recorded.visit, picture.read())
    return recorded.visit


def _carry_over(stored: list[Finding], visit: Visit) -> None:
    """What was settled or handed on stays so."""
    done = {finding.kind: finding for finding in stored if finding.state != Finding.OPEN}
    for finding in visit.findings.filter(kind__in=done):
        before = done[finding.kind]
        finding.state, finding.outcome = before.state, before.outcome
        finding.settled_on, finding.settled_at = before.settled_on, before.settled_at
        finding.settled_by = before.settled_by
        finding.proposal = finding.proposal or before.proposal
        finding.save(update_fields=["state", "outcome", "settled_on", "settled_at", "settled_by", "proposal"])
