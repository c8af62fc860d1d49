"""The verbs of points: claim, check, decide, show, post; hand goods out and take them back; and the audit of it all."""

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
    "Claimed",
    "Conflict",
    "Issued",
    "Redeemed",
    "Shown",
    "Written",
    "WrongPin",
    "adopt_scheme",
    "answer_challenge",
    "balance_of",
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
    "drop_triggers",
    "ensure_triggers",
    "entries_of",
    "expire",
    "faults",
    "follow_register",
    "issue_card",
    "make_statement",
    "pay_statement",
    "post_due",
    "propose",
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
    "take_in",
    "triggers",
    "undo",
    "withdraw",
    "write_off",
    "write_voucher",
]
