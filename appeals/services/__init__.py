"""The verbs of appeals. Other rooms import from here and nowhere deeper."""

from appeals.services.clocks import promised
from appeals.services.errors import Conflict
from appeals.services.moving import (
    DISPATCHES,
    accept,
    answer,
    candidates,
    dispatch,
    dispatches,
    escalate,
    give_back,
    handles,
    has_in_hand,
    note,
    rate,
    reopen,
    restore,
    set_plan,
    settle,
    take,
    withdraw,
    works_on,
)
from appeals.services.opening import Opened, open_heard, open_matter
from appeals.services.steps import STEPS, Step, steps_for

__all__ = [
    "DISPATCHES",
    "STEPS",
    "Conflict",
    "Opened",
    "Step",
    "accept",
    "answer",
    "candidates",
    "dispatch",
    "dispatches",
    "escalate",
    "give_back",
    "handles",
    "has_in_hand",
    "note",
    "open_heard",
    "open_matter",
    "promised",
    "rate",
    "reopen",
    "restore",
    "set_plan",
    "settle",
    "steps_for",
    "take",
    "withdraw",
    "works_on",
]
