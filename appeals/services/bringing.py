"""A line of a register that was kept before or beside us becomes a matter with the steps that the line tells of."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import User
from appeals.models import Matter, Move
from appeals.models.matters import OPENS, WORKS
from appeals.services.clocks import Promises
from appeals.services.opening import ROWS, draft_heard
from core import clock
from core.scope import NOT_YOURS, reach_of, signer
from grids.models import Household, Territory

BROUGHT = "导入"
AT_ONCE = 500  # rows of one statement


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
def bring_in(*, actor: Any, lines: Iterable[Brought]) -> list[Matter]:
    """Register them under the days they say, and take each as far as it says: in hand, settled, answered and closed.

    Needs matters.open there. Every step is dated by the line and written down now, so that a sealed month tells of it.
    Whoever a line does not name is the importer. ValidationError by field, and nothing is stored.
    """
    importer = Importer(actor)
    drafts = [importer.draft(line) for line in lines]
    matters = Matter.objects.bulk_create([matter for matter, _ in drafts], batch_size=AT_ONCE)
    Move.objects.bulk_create([move for _, moves in drafts for move in moves], batch_size=AT_ONCE)
    return matters


class Importer:
    """Makes matters of lines and stores none: what all lines of one importer ask is asked once."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self._by = signer(actor)
        self._opens, self._works = reach_of(actor, OPENS), reach_of(self._by, WORKS)
        self._promises = Promises()

    def draft(self, line: Brought) -> tuple[Matter, list[Move]]:
        """The matter and its steps, as `bring_in` stores them. PermissionDenied; ValidationError by field."""
        if not self._opens.covers(line.place):
            raise PermissionDenied(NOT_YOURS)
        _check(line)
        matter, first = draft_heard(
            actor=self._actor,
            uuid=uuid4(),
            territory=line.household.territory if line.household else line.place,
            promises=self._promises,
            household=line.household,
            phone=line.phone,
            opened_on=line.opened_on,
            source=line.source,
            field=line.field,
            words=line.words,
            urgency=line.urgency,
            caller=line.caller,
        )
        matter.due_on = line.due_on or matter.due_on
        moves = [first, _leave(matter, "note", line.opened_on, self._by, _note(line))]
        if line.answered_on:
            moves += self._answer(matter, line)
        elif line.outcome:
            moves += self._settle(matter, line)
        elif line.owner:
            moves.append(self._accept(matter, line, line.owner))
        # draft_heard has looked at the rest; the database asks the constraints.
        matter.full_clean(exclude=ROWS, validate_unique=False, validate_constraints=False)
        return matter, moves

    def _accept(self, matter: Matter, line: Brought, owner: User) -> Move:
        matter.accept(owner)
        return _leave(matter, "accept", line.opened_on, self._by, BROUGHT, to=owner)

    def _settle(self, matter: Matter, line: Brought) -> Iterator[Move]:
        """Done, and nobody was told yet: somebody of ours has it in hand. The line has no day for it."""
        owner = line.owner or (self._by if self._by and self._works.covers(line.place) else None)
        if owner is None:
            told = "办好了还没反馈群众的，写承办人，要在村里任职、有账号；已经反馈的，写反馈日期。"
            raise ValidationError({"owner": told})
        yield self._accept(matter, line, owner)
        matter.settle(line.outcome)
        yield _leave(matter, "settle", clock.today(), owner, line.outcome)

    def _answer(self, matter: Matter, line: Brought) -> Iterator[Move]:
        """Answered and closed; who was not content has it taken up again, as everywhere (services.moving.rate)."""
        day, by = line.answered_on, line.told_by or line.owner or self._by
        assert day is not None  # asked by draft
        matter.accept(line.owner)
        if line.owner:
            yield _leave(matter, "accept", line.opened_on, self._by, BROUGHT, to=line.owner)
        matter.answer(by, day)
        matter.outcome = line.outcome
        yield _leave(matter, "answer", day, by, line.outcome)
        if line.rating == Matter.BAD:
            matter.reopen()
            matter.due_on = self._promises.of(matter, since=day)
            yield _leave(matter, "reopen", day, by, f"群众不满意（{BROUGHT}）")
        else:
            rating = line.rating or Matter.UNKNOWN
            matter.close(rating, day)
            yield _leave(matter, "close", day, by, dict(Matter.RATINGS)[rating])


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


def _leave(matter: Matter, kind: str, day: dt.date, by: Any, words: str, to: User | None = None) -> Move:
    return Move(
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
