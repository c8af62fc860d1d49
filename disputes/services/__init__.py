"""The verbs of disputes: open one, take its steps, say later what was heard; and what pages and ledgers ask."""

from disputes.services.errors import Conflict
from disputes.services.heard import REWORDED, drop_heard, reword_heard, stand_heard
from disputes.services.moving import (
    WAYS,
    accept,
    assign,
    candidates,
    escalate,
    fail,
    hand_on,
    measure,
    note,
    refuse,
    reopen,
    restore,
    review,
    revisit,
    settle,
    withdraw,
)
from disputes.services.opening import Opened, open_dispute, open_heard
from disputes.services.parties import Named, add_party, choosable, kin_of, remove_party
from disputes.services.rights import keeps, reported, works_on
from disputes.services.standing import Standing, of_period, stood_on
from disputes.services.steps import STEPS, Step, steps_for

__all__ = [
    "REWORDED",
    "STEPS",
    "WAYS",
    "Conflict",
    "Named",
    "Opened",
    "Standing",
    "Step",
    "accept",
    "add_party",
    "assign",
    "candidates",
    "choosable",
    "drop_heard",
    "escalate",
    "fail",
    "hand_on",
    "keeps",
    "kin_of",
    "measure",
    "note",
    "of_period",
    "open_dispute",
    "open_heard",
    "refuse",
    "remove_party",
    "reopen",
    "reported",
    "restore",
    "review",
    "revisit",
    "reword_heard",
    "settle",
    "stand_heard",
    "steps_for",
    "stood_on",
    "withdraw",
    "works_on",
]
