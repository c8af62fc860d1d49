"""The verbs of appeals. Other rooms import from here and nowhere deeper."""

from appeals.services.calls import Taken, arrived, called_back, drop, let_in, send, take_call
from appeals.services.cards import print_cards, revoke_card
from appeals.services.clocks import promised
from appeals.services.devices import add_device, describe_device, move_device, survey
from appeals.services.errors import Conflict
from appeals.services.heard import REWORDED, drop_heard, note_sent, reword_heard, stand_heard
from appeals.services.mediating import mediate
from appeals.services.meetings import HeldMeeting, Need, correct_meeting, hold_meeting
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
    number_to_call,
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
from appeals.services.overview import OpenInVillage, open_by_village
from appeals.services.petitions import (
    PETITION_STEPS,
    PetitionStep,
    petition_of,
    petition_steps_for,
    refresh_due,
    register_petition,
    story_of,
)
from appeals.services.presses import press
from appeals.services.standing import Standing, stood_on
from appeals.services.steps import STEPS, Step, add_photo, steps_for, take_step
from appeals.services.talents import add_talent, end_talent

__all__ = [
    "DISPATCHES",
    "PETITION_STEPS",
    "REWORDED",
    "STEPS",
    "Conflict",
    "HeldMeeting",
    "Need",
    "OpenInVillage",
    "Opened",
    "PetitionStep",
    "Standing",
    "Step",
    "Taken",
    "accept",
    "add_device",
    "add_photo",
    "add_talent",
    "answer",
    "arrived",
    "called_back",
    "candidates",
    "correct_meeting",
    "describe_device",
    "dispatch",
    "dispatches",
    "drop",
    "drop_heard",
    "end_talent",
    "escalate",
    "give_back",
    "handles",
    "has_in_hand",
    "hold_meeting",
    "let_in",
    "mediate",
    "move_device",
    "note",
    "note_sent",
    "number_to_call",
    "open_by_village",
    "open_heard",
    "open_matter",
    "petition_of",
    "petition_steps_for",
    "press",
    "print_cards",
    "promised",
    "rate",
    "refresh_due",
    "register_petition",
    "reopen",
    "restore",
    "revoke_card",
    "reword_heard",
    "send",
    "set_plan",
    "settle",
    "stand_heard",
    "steps_for",
    "stood_on",
    "story_of",
    "survey",
    "take",
    "take_call",
    "take_step",
    "withdraw",
    "works_on",
]
