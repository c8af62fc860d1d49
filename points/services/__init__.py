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
from points.services.bringing import BROUGHT, Brought, bring_in
from points.services.cards import (
    Issued,
    Written,
    cancel_voucher,
    issue_card,
    revoke_card,
    set_pin,
    write_voucher,
)
from points.services.claiming import Claimed, claim, claim_with_card, propose
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
from points.services.offering import offered_for, offered_in
from points.services.redeeming import Redeemed, Shown, redeem, shown, undo
from points.services.schemes import adopt_scheme, remove_item, save_item
from points.services.statements import (
    close_shop,
    counted,
    day_sheet,
    make_statement,
    pay_statement,
    sign_statement,
)
from points.services.stock import count, take_in, write_off

__all__ = [
    "BROUGHT",
    "Brought",
    "Claimed",
    "Conflict",
    "Issued",
    "Proposed",
    "Redeemed",
    "Shown",
    "Written",
    "WrongPin",
    "adopt_scheme",
    "answer_challenge",
    "attend",
    "attend_by_card",
    "balance_of",
    "bring_in",
    "cancel_activity",
    "cancel_voucher",
    "challenge",
    "check",
    "claim",
    "claim_with_card",
    "close_shop",
    "count",
    "counted",
    "day_sheet",
    "decide",
    "drop_sign_up",
    "drop_triggers",
    "ensure_triggers",
    "entries_of",
    "expire",
    "faults",
    "follow_register",
    "issue_card",
    "make_statement",
    "offered_for",
    "offered_in",
    "pay_statement",
    "plan_activity",
    "post_due",
    "propose",
    "propose_deeds",
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
    "take_in",
    "triggers",
    "undo",
    "withdraw",
    "write_off",
    "write_voucher",
]
