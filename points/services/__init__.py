"""The verbs of points: claim, check, decide, show, post; hand goods out and take them back; and the audit of it all."""

from points.services.activities import (
    Proposed,
    attend,
    attend_by_card,
    cancel_activity,
    drop_sign_up,
    plan_activity,
    propose_deeds,
    sign_up,
)
from points.services.books import balance_of, drop_triggers, ensure_triggers, entries_of, faults, triggers
from points.services.cards import (
    Issued,
    Written,
    cancel_voucher,
    issue_card,
    revoke_card,
    set_pin,
    write_voucher,
)
from points.services.claiming import OWN, Claimed, claim, claim_with_card, propose
from points.services.deciding import (
    answer_challenge,
    challenge,
    check,
    decide,
    post_due,
    refuse,
    reverse_award,
    show,
    withdraw,
)
from points.services.errors import Conflict, WrongPin
from points.services.expiry import expire
from points.services.homes import follow_register, settle, settle_splits
from points.services.many import Done, check_many, decide_many
from points.services.oddities import Oddity, oddities
from points.services.purse import Purse, purse_of
from points.services.redeeming import Redeemed, Shown, redeem, shown, undo
from points.services.rights import to_answer, to_check, to_decide, to_show, why_not
from points.services.schemes import NUMBERS, RULES, adopt_scheme, clauses, over_budget, remove_item, save_item
from points.services.statements import (
    close_shop,
    counted,
    day_sheet,
    make_statement,
    pay_statement,
    sign_statement,
)
from points.services.stepping import too_late
from points.services.steps import STEPS, Step, is_committees, steps_for, take
from points.services.stock import count, take_in, write_off

__all__ = [
    "NUMBERS",
    "OWN",
    "RULES",
    "STEPS",
    "Claimed",
    "Conflict",
    "Done",
    "Issued",
    "Oddity",
    "Proposed",
    "Purse",
    "Redeemed",
    "Shown",
    "Step",
    "Written",
    "WrongPin",
    "adopt_scheme",
    "answer_challenge",
    "attend",
    "attend_by_card",
    "balance_of",
    "cancel_activity",
    "cancel_voucher",
    "challenge",
    "check",
    "check_many",
    "claim",
    "claim_with_card",
    "clauses",
    "close_shop",
    "count",
    "counted",
    "day_sheet",
    "decide",
    "decide_many",
    "drop_sign_up",
    "drop_triggers",
    "ensure_triggers",
    "entries_of",
    "expire",
    "faults",
    "follow_register",
    "is_committees",
    "issue_card",
    "make_statement",
    "oddities",
    "over_budget",
    "pay_statement",
    "plan_activity",
    "post_due",
    "propose",
    "propose_deeds",
    "purse_of",
    "redeem",
    "refuse",
    "remove_item",
    "reverse_award",
    "revoke_card",
    "save_item",
    "set_pin",
    "settle",
    "settle_splits",
    "show",
    "shown",
    "sign_statement",
    "sign_up",
    "steps_for",
    "take",
    "take_in",
    "to_answer",
    "to_check",
    "to_decide",
    "to_show",
    "too_late",
    "triggers",
    "undo",
    "why_not",
    "withdraw",
    "write_off",
    "write_voucher",
]
