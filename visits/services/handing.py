"""What a visit hears that somebody must do something about: a matter (诉求, 环境, 隐患) or a dispute (矛盾) in the same
save.

From then on the matter or dispute says how far it has come. It follows the visit: a correction goes on with the same
one, and what no visit in force says any more is given up.
"""

from typing import Any
from uuid import uuid4

from appeals import services as appeals
from appeals.models import Matter
from disputes import services as disputes
from disputes.models import Dispute, Party
from grids.models import Person
from visits.models import Finding, Visit

# What was tapped under 诉求 → the field of life it belongs to (domain.md, "Needs").
FIELDS = {title: field for field, title in Matter.FIELDS} | {"安全隐患": Matter.DANGER}
# What was tapped under 矛盾 → its kind in the returns of people's mediation.
KINDS = {
    "邻里": Dispute.NEIGHBOURS,
    "土地": Dispute.LAND,
    "宅基地": Dispute.HOUSING,
    "婚姻家庭": Dispute.MARRIAGE,
}
TAKEN_BACK = "登记这件事的走访撤销或者更正了"


def hand_on(*, actor: Any, finding: Finding, before: Finding | None) -> None:
    """Open the matter or dispute of a finding, or go on with that of the same finding of the visit it corrects."""
    if finding.kind in Finding.MATTERS:
        finding.matter = _as_matter(actor, finding, before.matter if before else None)
    elif finding.kind in Finding.DISPUTES:
        finding.dispute = _as_dispute(actor, finding, before.dispute if before else None)
    else:
        return
    finding.state = Finding.PASSED_ON
    finding.save(update_fields=["matter", "dispute", "state"])


def _as_matter(actor: Any, finding: Finding, before: Matter | None) -> Matter:
    said = _told(finding)
    if before:
        appeals.reword_heard(actor=actor, matter=before, **said)
        return before
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
    return opened.matter


def _as_dispute(actor: Any, finding: Finding, before: Dispute | None) -> Dispute:
    said = _quarrel(finding)
    if before:
        disputes.reword_heard(actor=actor, dispute=before, **said)
        return before
    visit = finding.visit
    heads = Person.objects.present().heads().filter(household=visit.household)
    person = finding.person or heads.order_by("pk").first()
    named = disputes.Named(
        Party.FIRST, person, "" if person else visit.household.head_name, home=visit.household
    )
    opened = disputes.open_heard(
        actor=actor,
        uuid=uuid4(),
        source=Dispute.VISIT,
        territory=visit.territory,
        found_on=visit.day,
        parties=[named],
        words=said["words"],
        kind=said["kind"],
    )
    return opened.dispute


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


def _quarrel(finding: Finding) -> dict[str, str]:
    """What the dispute says of it."""
    return {
        "kind": KINDS.get(finding.detail, Dispute.OTHER),
        "words": finding.said or finding.get_kind_display(),
    }


def handed_on(visit: Visit | None) -> dict[str, Finding]:
    """By kind, the findings of a visit that were handed on, with their matter or dispute."""
    if visit is None:
        return {}
    rows = visit.findings.handed_on().select_related("matter", "dispute", "person", "visit")
    return {finding.kind: finding for finding in rows}


def follow_visit(*, actor: Any, visit: Visit) -> None:
    """After a visit was taken back, corrected, or stands again: what it had opened is given up, or taken up again."""
    for gone in handed_on(visit).values():
        same = {"matter": gone.matter} if gone.matter else {"dispute": gone.dispute}
        standing = Finding.objects.filter(**same, visit__void_at__isnull=True).select_related("person")
        finding = standing.order_by("-pk").first()
        if gone.matter:
            _follow_matter(actor, gone.matter, finding)
        elif gone.dispute:
            _follow_dispute(actor, gone.dispute, finding)


def _follow_matter(actor: Any, matter: Matter, finding: Finding | None) -> None:
    if finding is None:
        appeals.drop_heard(actor=actor, matter=matter, because=TAKEN_BACK)
        return
    appeals.stand_heard(actor=actor, matter=matter, because=TAKEN_BACK)
    appeals.reword_heard(actor=actor, matter=matter, **_told(finding))


def _follow_dispute(actor: Any, dispute: Dispute, finding: Finding | None) -> None:
    if finding is None:
        disputes.drop_heard(actor=actor, dispute=dispute, because=TAKEN_BACK)
        return
    disputes.stand_heard(actor=actor, dispute=dispute, because=TAKEN_BACK)
    disputes.reword_heard(actor=actor, dispute=dispute, **_quarrel(finding))
