"""What had come of findings by a day: by their own word, or as the matter or dispute they became stood then."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import disputes.services as disputes
from appeals.models import Matter
from appeals.services import stood_on
from disputes.models import Dispute
from visits.ledgers.parts import STATES
from visits.models import Finding

MATTER_STATES, DISPUTE_STATES = dict(Matter.STATES), dict(Dispute.STATES)


@dataclass(frozen=True)
class Came:
    """`number`: under which it was handed on; `state`: how far it was, in words; `outcome`, `carer`, `settled_on`."""

    state: str
    outcome: str = ""
    carer: str = ""
    settled_on: dt.date | None = None
    number: str = ""

    @property
    def words(self) -> str:
        """SQ-2026-0311 在办：say what came of it."""
        return "：".join(filter(None, (f"{self.number} {self.state}".strip(), self.outcome)))

    @property
    def said(self) -> str:
        """转办，在办; or what it is without having been handed on."""
        return f"转办，{self.state}" if self.number else self.state


def came_of(day: dt.date, findings: Iterable[Finding]) -> dict[int, Came]:
    """By the findings' keys. They bring `matter`, `dispute` and `settled_by` with them."""
    rows = list(findings)
    matters = stood_on(day, {each.matter_id for each in rows if each.matter_id})
    quarrels = disputes.stood_on(day, {each.dispute_id for each in rows if each.dispute_id})
    found = {}
    for each in rows:
        if each.matter:
            then = matters[each.matter.pk]
            state = MATTER_STATES[then.state]
            found[each.pk] = Came(state, then.outcome, then.owner, then.answered_on, each.matter.number)
        elif each.dispute:
            stood = quarrels[each.dispute.pk]
            state = DISPUTE_STATES[stood.state]
            found[each.pk] = Came(state, stood.outcome, stood.owner, stood.settled_on, each.dispute.number)
        else:
            on = each.settled_on if each.state == Finding.SETTLED else None
            found[each.pk] = Came(STATES[each.state], each.outcome, str(each.settled_by or ""), on)
    return found
