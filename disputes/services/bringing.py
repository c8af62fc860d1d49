"""A line of a register that was kept before or beside us becomes a dispute with the steps that the line tells of."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from core import clock
from core.scope import must
from disputes.models import Dispute
from disputes.models.disputes import WORKS
from disputes.services.moving import plan_revisits
from disputes.services.opening import open_heard
from disputes.services.parties import Named
from disputes.services.stepping import write_move
from grids.models import Territory

BROUGHT = "导入"


@dataclass(frozen=True)
class Brought:
    """One line. `state`: one of Dispute.STATES, how far it had come; `day`: when that was. `owner`, `keeper`: the
    accounts that the names in it mean; `said`: what it says besides, for the note that is left."""

    place: Territory
    found_on: dt.date
    words: str
    parties: tuple[Named, ...]
    state: str = Dispute.NOTED
    day: dt.date | None = None
    source: str = Dispute.SCREENING
    kind: str = Dispute.OTHER
    level: str = ""
    people: int | None = None
    major: bool = False
    department: str = ""
    supervised: str = ""
    due_on: dt.date | None = None
    owner: User | None = None
    keeper: User | None = None
    measures: str = ""
    outcome: str = ""
    feedback: str = ""
    revisited_on: dt.date | None = None
    said: str = ""


@transaction.atomic
def bring_in(*, actor: Any, uuid: UUID, line: Brought) -> Dispute:
    """Register it under the day it says, and take it as far as it says. Rings nobody.

    Needs disputes.work there. Every step is dated by the line and written down now, so that a sealed month tells of it.
    ValidationError by field.
    """
    must(actor, WORKS, line.place)
    _check(line)
    dispute = open_heard(
        actor=actor,
        uuid=uuid,
        territory=line.place,
        words=line.words,
        parties=line.parties,
        found_on=line.found_on,
        people=line.people,
        major=line.major,
        tell=False,  # a register of years would ring as often as it has lines; what is open stands on 无事板
        source=line.source,
        kind=line.kind,
        department=line.department,
        supervised=line.supervised,
    ).dispute
    dispute.due_on = line.due_on or dispute.due_on
    if line.level:
        dispute.level = line.level
    write_move(dispute, "note", actor, words=f"{BROUGHT}{line.said and f'，{line.said}'}", day=line.found_on)
    if line.owner or line.measures or line.state != Dispute.NOTED:
        dispute.accept(line.owner)
        dispute.level = line.level or dispute.level
        dispute.keeper = line.keeper
        write_move(dispute, "accept", actor, words=BROUGHT, day=line.found_on)
    if line.measures:
        write_move(dispute, "measure", actor, words=line.measures, day=line.found_on)
    _finish(actor, dispute, line)
    # open_heard has asked the constraints; the database asks them again.
    dispute.full_clean(validate_unique=False, validate_constraints=False)
    dispute.save()
    return dispute


def _finish(actor: Any, dispute: Dispute, line: Brought) -> None:
    day = line.day or line.found_on
    if line.state in Dispute.AT_REST:
        outcome = line.outcome or dict(Dispute.STATES)[line.state]
        kind = "agree" if line.state == Dispute.AGREED else "settle"
        getattr(dispute, kind)(outcome, day)
        dispute.feedback = line.feedback
        plan_revisits(dispute)
        # Nobody is sent to ask again about what was settled years ago.
        if line.revisited_on or (dispute.revisit_on and dispute.revisit_on < clock.today()):
            dispute.revisit_on = None
        write_move(dispute, kind, actor, words=outcome, day=day)
        if line.revisited_on:
            write_move(dispute, "revisit", actor, words=BROUGHT, day=line.revisited_on)
    elif line.state in (Dispute.ENDED, Dispute.HANDED):
        dispute.fail()
        write_move(dispute, "fail", actor, words=line.outcome or BROUGHT, day=day)
        if line.state == Dispute.HANDED:
            dispute.hand_on()
            dispute.outcome = line.outcome
            write_move(dispute, "hand_on", actor, words=line.outcome or BROUGHT, day=day)
    elif line.state == Dispute.WITHDRAWN:
        dispute.withdraw()
        write_move(dispute, "withdraw", actor, words=line.outcome or BROUGHT, day=day)


def _check(line: Brought) -> None:
    if not line.parties:
        raise ValidationError({"parties": "至少写一个当事人的姓名。"})
    if line.due_on and line.due_on < line.found_on:
        raise ValidationError({"due_on": "比排查时间早，改过来。"})
    if line.day and not line.found_on <= line.day <= clock.today():
        raise ValidationError({"day": "要在排查时间到今天之间，改过来。"})
    if line.revisited_on:
        if line.state not in Dispute.AT_REST:
            raise ValidationError({"revisited_on": "化解了的才回访，没化解的空着。"})
        if not (line.day or line.found_on) <= line.revisited_on <= clock.today():
            raise ValidationError({"revisited_on": "要在化解以后、今天以前，改过来。"})
