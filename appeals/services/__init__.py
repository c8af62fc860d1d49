"""The verbs of appeals. Other rooms import from here and nowhere deeper."""

from appeals.services.calls import Taken, arrived, called_back, drop, let_in, send, take_call
from appeals.services.cards import print_cards, revoke_card
from appeals.services.clocks import promised
from appeals.services.devices import add_device, describe_device, move_device, survey
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
from appeals.services.presses import press
from appeals.services.steps import STEPS, Step, steps_for
from appeals.services.talents import add_talent, end_talent

__all__ = [
    "DISPATCHES",
    "STEPS",
    "Conflict",
    "Opened",
    "Step",
    "Taken",
    "accept",
    "add_device",
    "add_talent",
    "answer",
    "arrived",
    "called_back",
    "candidates",
    "describe_device",
    "dispatch",
    "dispatches",
    "drop",
    "end_talent",
    "escalate",
    "give_back",
    "handles",
    "has_in_hand",
    "let_in",
    "move_device",
    "note",
    "open_heard",
    "open_matter",
    "press",
    "print_cards",
    "promised",
    "rate",
    "reopen",
    "restore",
    "revoke_card",
    "send",
    "set_plan",
    "settle",
    "steps_for",
    "survey",
    "take",
    "take_call",
    "withdraw",
    "works_on",
]
