"""What a visit hears that somebody must do something about (诉求, 环境, 隐患): a matter in the same save.

From then on the matter says how far it has come. It follows the visit: a correction goes on with the same matter, and
what no visit in force says any more is given up.
"""

from typing import Any
from uuid import uuid4

from appeals import services as appeals
from appeals.models import Matter
from visits.models import Finding, Visit

# What was tapped under 诉求 → the field of life it belongs to (domain.md, "Needs").
FIELDS = {title: field for field, title in Matter.FIELDS} | {"安全隐患": Matter.DANGER}
TAKEN_BACK = "登记这件事的走访撤销或者更正了"


def hand_on(*, actor: Any, finding: Finding, before: Matter | None) -> None:
    """Open the matter of a finding, or go on with that of the visit it corrects."""
    if finding.kind not in Finding.MATTERS:
        return
    said = _told(finding)
    if before:
        appeals.reword_heard(actor=actor, matter=before, **said)
        finding.matter = before
    else:
        visit = finding.visit
        opened = appeals.open_heard(
            actor=actor,
            uuid=uuid4(),
            source=Matter.VISIT,
            household=visit.household,
            territory=visit.territory,
            opened_on=visit.day,
            **said,
        )
        finding.matter = opened.matter
    finding.state = Finding.PASSED_ON
    finding.save(update_fields=["matter", "state"])


def _told(finding: Finding) -> dict[str, Any]:
    """What the matter says of it."""
    told = None if finding.kind == Finding.ENVIRONMENT else FIELDS.get(finding.detail)
    other = Matter.ENVIRONMENT if finding.kind == Finding.ENVIRONMENT else Matter.OTHER
    return {
        "field": told or other,
        # The field of life says already what was tapped.
        "words": (told and finding.words) or finding.said or finding.get_kind_display(),
        "urgency": finding.urgency,
        "person": finding.person,
    }


def matters_of(visit: Visit | None) -> dict[str, Matter]:
    """By kind, what the findings of a visit were handed on as."""
    if visit is None:
        return {}
    rows = visit.findings.filter(matter__isnull=False).select_related("matter")
    return {finding.kind: finding.matter for finding in rows if finding.matter}


def follow_visit(*, actor: Any, visit: Visit) -> None:
    """After a visit was taken back, corrected, or stands again: what it had opened is given up, or taken up again."""
    for matter in matters_of(visit).values():
        standing = Finding.objects.filter(matter=matter, visit__void_at__isnull=True).select_related("person")
        if (finding := standing.order_by("-pk").first()) is None:
            appeals.drop_heard(actor=actor, matter=matter, because=TAKEN_BACK)
            continue
        appeals.stand_heard(actor=actor, matter=matter, because=TAKEN_BACK)
        appeals.reword_heard(actor=actor, matter=matter, **_told(finding))
