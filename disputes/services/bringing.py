"""A line of a register that was kept before or beside us becomes a dispute with the steps that the line tells of."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import User
from core import clock
from core.faults import by_field
from core.scope import NOT_YOURS, reach_of
from disputes.models import Dispute, DisputeRule, Move, Party
from disputes.models.disputes import WORKS
from disputes.services.moving import plan_revisits
from disputes.services.opening import OLDEST, ROWS, draft_heard
from disputes.services.parties import Named
from disputes.services.stepping import move_of
from grids.models import Territory

BROUGHT = "导入"
AT_ONCE = 500  # rows of one statement


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
def bring_in(*, actor: Any, lines: Iterable[Brought]) -> list[Dispute]:
    """Register them under the days they say, and take each as far as it says. Rings nobody.

    Needs disputes.work there. Every step is dated by the line and written down now, so that a sealed month tells of it.
    PermissionDenied; ValidationError by field, and nothing is stored.
    """
    importer = Importer(actor)
    drafts = [importer.draft(line) for line in lines]
    disputes = Dispute.objects.bulk_create([dispute for dispute, _, _ in drafts], batch_size=AT_ONCE)
    Party.objects.bulk_create([each for _, parties, _ in drafts for each in parties], batch_size=AT_ONCE)
    Move.objects.bulk_create([each for _, _, moves in drafts for each in moves], batch_size=AT_ONCE)
    return disputes


class Importer:
    """Makes disputes of lines and stores none: what all lines of one importer ask is asked once."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self._works = reach_of(actor, WORKS)
        self._rules: dict[dt.date, DisputeRule] = {}

    def draft(self, line: Brought) -> tuple[Dispute, list[Party], list[Move]]:
        """The dispute, its parties and its steps, as `bring_in` stores them, and raises what it raises."""
        if not self._works.covers(line.place):
            raise PermissionDenied(NOT_YOURS)
        _check(line)
        dispute, parties, first = draft_heard(
            actor=self._actor,
            uuid=uuid4(),
            territory=line.place,
            words=line.words,
            parties=line.parties,
            found_on=line.found_on,
            people=line.people,
            major=line.major,
            rules=self._rule,
            source=line.source,
            kind=line.kind,
            department=line.department,
            supervised=line.supervised,
        )
        dispute.due_on = line.due_on or dispute.due_on
        if line.level:
            dispute.level = line.level
        said = f"{BROUGHT}{line.said and f'，{line.said}'}"
        moves = [first, self._leave(dispute, "note", said, line.found_on)]
        if line.owner or line.measures or line.state != Dispute.NOTED:
            dispute.accept(line.owner)
            dispute.level = line.level or dispute.level
            dispute.keeper = line.keeper
            moves.append(self._leave(dispute, "accept", BROUGHT, line.found_on))
        if line.measures:
            moves.append(self._leave(dispute, "measure", line.measures, line.found_on))
        moves += self._finish(dispute, line)
        # draft_heard has looked at the rest; the database asks the constraints.
        dispute.full_clean(exclude=ROWS, validate_unique=False, validate_constraints=False)
        return dispute, parties, moves

    def refusals(self, line: Brought, unread: Collection[str] = ()) -> dict[str, list[str]]:
        """All that keeps the line out, by field of Brought; {} if `draft` takes it. Stores nothing.

        `unread`: the fields that could not be read; nothing is said of them, nor of what is measured against them.
        The verb tells the first thing that is wrong: each that is told gives way to something harmless, and the line is
        tried again. PermissionDenied as `draft`.
        """
        told: dict[str, list[str]] = {}
        line = _harmless(line, unread)
        while True:
            try:
                self.draft(line)
            except ValidationError as refused:
                new = {name: said for name, said in by_field(refused).items() if name not in told}
                if not new:
                    return told
                told |= new
                line = _harmless(line, new)
            else:
                return {name: said for name, said in told.items() if name not in unread}

    def _finish(self, dispute: Dispute, line: Brought) -> Iterator[Move]:
        day = line.day or line.found_on
        if line.state in Dispute.AT_REST:
            yield from self._rest(dispute, line, day)
        elif line.state in (Dispute.ENDED, Dispute.HANDED):
            dispute.fail()
            yield self._leave(dispute, "fail", line.outcome or BROUGHT, day)
            if line.state == Dispute.HANDED:
                dispute.hand_on()
                dispute.outcome = line.outcome
                yield self._leave(dispute, "hand_on", line.outcome or BROUGHT, day)
        elif line.state == Dispute.WITHDRAWN:
            dispute.withdraw()
            yield self._leave(dispute, "withdraw", line.outcome or BROUGHT, day)

    def _rest(self, dispute: Dispute, line: Brought, day: dt.date) -> Iterator[Move]:
        outcome = line.outcome or dict(Dispute.STATES)[line.state]
        kind = "agree" if line.state == Dispute.AGREED else "settle"
        getattr(dispute, kind)(outcome, day)
        dispute.feedback = line.feedback
        plan_revisits(dispute, self._rule)
        # Nobody is sent to ask again about what was settled years ago.
        if line.revisited_on or (dispute.revisit_on and dispute.revisit_on < clock.today()):
            dispute.revisit_on = None
        yield self._leave(dispute, kind, outcome, day)
        if line.revisited_on:
            yield self._leave(dispute, "revisit", BROUGHT, line.revisited_on)

    def _leave(self, dispute: Dispute, kind: str, words: str, day: dt.date) -> Move:
        return move_of(dispute, kind, self._actor, words=words, day=day)

    def _rule(self, day: dt.date) -> DisputeRule:
        if day not in self._rules:
            self._rules[day] = DisputeRule.on(day)
        return self._rules[day]


def _harmless(line: Brought, names: Collection[str]) -> Brought:
    """The same with nothing to say against these fields, nor against others because of them."""
    plain = {each.name: each.default for each in fields(line) if each.default is not MISSING}
    plain |= {"words": "某事", "parties": (Named(Party.FIRST, name="某人"),)}
    line = replace(line, **{name: plain[name] for name in names if name in plain})
    if "state" in names and line.revisited_on:
        line = replace(line, state=Dispute.SETTLED)
    if "found_on" in names:
        days = [day for day in (line.due_on, line.day, line.revisited_on) if day]
        line = replace(line, found_on=max(min([*days, clock.today()]), clock.today() - OLDEST))
    return line


def _check(line: Brought) -> None:
    """What only a line can get wrong, all of it at once."""
    today, found = clock.today(), dict[str, str]()
    if not line.parties:
        found["parties"] = "至少写一个当事人的姓名。"
    if line.found_on <= today:  # a day to come is refused by itself, and nothing is measured against it
        found |= _against_days(line, today)
    if line.revisited_on and line.state not in Dispute.AT_REST:
        found["revisited_on"] = "化解了的才回访，没化解的空着。"
    if found:
        raise ValidationError(found)


def _against_days(line: Brought, today: dt.date) -> dict[str, str]:
    found = {}
    if line.due_on and line.due_on < line.found_on:
        found["due_on"] = "比排查时间早，改过来。"
    day = line.day or line.found_on
    if not line.found_on <= day <= today:
        found["day"] = "要在排查时间到今天之间，改过来。"
        day = line.found_on
    if line.revisited_on and not day <= line.revisited_on <= today:
        found["revisited_on"] = "要在化解以后、今天以前，改过来。"
    return found
