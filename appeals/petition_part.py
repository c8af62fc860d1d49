"""The part 信访 of a matter's page: its legal clocks as they stand today, and the steps open to this reader."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from appeals.models import Matter, Petition
from appeals.services import PetitionStep, petition_of, petition_steps_for
from appeals.services.legal import Clock, clocks, owed
from core import clock
from core.workdays import Calendar


@dataclass(frozen=True)
class Refused:
    """A step that was refused: its code, the sentences by field, and what was typed."""

    code: str
    told: Mapping[str, list[str]]
    typed: Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """A clock as a line: `left` days are left (None: it is kept, or stopped), or it is `over` by so many."""

    clock: Clock
    left: int | None
    over: int


@dataclass(frozen=True)
class Part:
    """`offered`: whether the refused step is still to be taken, so that its form shows the refusal."""

    petition: Petition | None
    clocks: list[Shown]
    steps: list[tuple[PetitionStep, UUID]]
    refused: Refused | None = None
    offered: bool = field(default=False)


def petition_part(actor: Any, matter: Matter, refused: Refused | None = None) -> Part | None:
    """None where there is no petition, and none to be made by this actor."""
    petition, steps = petition_of(matter), petition_steps_for(actor, matter)
    if petition is None and not steps and refused is None:
        return None
    lines = [shown(each) for each in clocks(petition, Calendar())] if petition else []
    offered = refused is not None and any(step.code == refused.code for step in steps)
    # Each form has a number of its own: sent twice it is one step.
    return Part(petition, lines, [(step, uuid4()) for step in steps], refused, offered)


def shown(each: Clock) -> Shown:
    today = clock.today()
    return Shown(each, each.days_left(today) if each.runs else None, each.days_over(today))


def shown_owed(petition: Petition, calendar: Calendar) -> Shown | None:
    """What the office owes of it now, for a line of a list."""
    found = owed(petition, calendar)
    return shown(found) if found else None
