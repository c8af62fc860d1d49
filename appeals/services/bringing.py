"""A line of a register that was kept before or beside us becomes a matter with the steps that the line tells of."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from appeals.models import Matter, Move
from appeals.models.matters import OPENS, WORKS
from appeals.services.clocks import promised
from appeals.services.opening import open_heard
from core import clock
from core.scope import OPERATOR, may, must
from grids.models import Household, Territory

BROUGHT = "导入"


@dataclass(frozen=True)
class Brought:
    """One line. `owner`, `told_by`: the accounts that the names in it mean; `number`, `owner_said`: what it says where
    that is no account or number of ours. Of a household, or of a grid or village by name or phone."""

    place: Territory
    opened_on: dt.date
    words: str
    source: str = Matter.WALK_IN
    field: str = Matter.OTHER
    urgency: str = Matter.DAYS
    household: Household | None = None
    caller: str = ""
    phone: str = ""
    due_on: dt.date | None = None
    owner: User | None = None
    owner_said: str = ""
    outcome: str = ""
    answered_on: dt.date | None = None
    rating: str = ""
    told_by: User | None = None
    number: str = ""


@transaction.atomic
def bring_in(*, actor: Any, uuid: UUID, line: Brought) -> Matter:
    """Register it under the day it says, and take it as far as it says: in hand, settled, answered and closed.

    Needs matters.open there. Every step is dated by the line and written down now, so that a sealed month tells of it.
    Whoever the line does not name is the importer. ValidationError by field.
    """
    must(actor, OPENS, line.place)
    _check(line)
    matter = open_heard(
        actor=actor,
        uuid=uuid,
        territory=line.household.territory if line.household else line.place,
        household=line.household,
        phone=line.phone,
        opened_on=line.opened_on,
        source=line.source,
        field=line.field,
        words=line.words,
        urgency=line.urgency,
        caller=line.caller,
        tell=False,  # a register of years would ring as often as it has lines; what is open stands on 无事板
    ).matter
    matter.due_on = line.due_on or matter.due_on
    importer = None if actor is OPERATOR else actor
    _leave(matter, "note", line.opened_on, importer, _note(line))
    if line.answered_on:
        _answer(matter, line, importer)
    elif line.outcome:
        _settle(matter, line, importer)
    elif line.owner:
        _accept(matter, line, importer, line.owner)
    # open_heard has asked the constraints; the database asks them again.
    matter.full_clean(validate_unique=False, validate_constraints=False)
    matter.save()
    return matter


def _check(line: Brought) -> None:
    if line.due_on and line.due_on < line.opened_on:
        raise ValidationError({"due_on": "比登记时间早，改过来。"})
    if line.answered_on and not line.opened_on <= line.answered_on <= clock.today():
        raise ValidationError({"answered_on": "要在登记时间到今天之间，改过来。"})
    if line.answered_on and not line.outcome:
        raise ValidationError({"outcome": "反馈过群众的，写办理结果。"})
    if line.rating and not line.answered_on:
        raise ValidationError({"answered_on": "有满意度的，写哪天反馈群众的。"})


def _note(line: Brought) -> str:
    said = [BROUGHT]
    if line.number:
        said.append(f"原编号 {line.number}")
    if line.owner_said:
        said.append(f"承办人 {line.owner_said}")
    return "，".join(said)


def _accept(matter: Matter, line: Brought, importer: Any, owner: User) -> None:
    matter.accept(owner)
    _leave(matter, "accept", line.opened_on, importer, BROUGHT, to=owner)


def _settle(matter: Matter, line: Brought, importer: Any) -> None:
    """Done, and nobody was told yet: somebody of ours has it in hand. The line has no day for it."""
    owner = line.owner or (importer if importer and may(importer, WORKS, line.place) else None)
    if owner is None:
        told = "办好了还没反馈群众的，写承办人，要在村里任职、有账号；已经反馈的，写反馈日期。"
        raise ValidationError({"owner": told})
    _accept(matter, line, importer, owner)
    matter.settle(line.outcome)
    _leave(matter, "settle", clock.today(), owner, line.outcome)


def _answer(matter: Matter, line: Brought, importer: Any) -> None:
    """Answered and closed; who was not content has it taken up again, as everywhere (services.moving.rate)."""
    day, by = line.answered_on, line.told_by or line.owner or importer
    assert day is not None  # asked by bring_in
    matter.accept(line.owner)
    if line.owner:
        _leave(matter, "accept", line.opened_on, importer, BROUGHT, to=line.owner)
    matter.answer(by, day)
    matter.outcome = line.outcome
    _leave(matter, "answer", day, by, line.outcome)
    if line.rating == Matter.BAD:
        matter.reopen()
        matter.due_on = promised(matter, since=day)
        _leave(matter, "reopen", day, by, f"群众不满意（{BROUGHT}）")
    else:
        rating = line.rating or Matter.UNKNOWN
        matter.close(rating, day)
        _leave(matter, "close", day, by, dict(Matter.RATINGS)[rating])


def _leave(matter: Matter, kind: str, day: dt.date, by: Any, words: str, to: User | None = None) -> None:
    Move.objects.create(
        matter=matter,
        kind=kind,
        at=clock.now(),
        day=day,
        due_on=matter.due_on,
        rating=matter.rating,
        actor=by,
        to=to,
        level=matter.level,
        state=matter.state,
        words=words,
    )
