"""What the room holds: rules, deeds on their way, the books, shops, cards, and what went over the counter."""

from points.models.activities import Activity, Attendance, SignUp
from points.models.awards import Award, AwardMove, Challenge, PublicNotice, TakenDown
from points.models.books import Account, Entry, Posting
from points.models.cards import TRIES, PointCard, Voucher
from points.models.extracts import Extract
from points.models.redemptions import Redemption, RedemptionLine, Statement
from points.models.rules import PointsRule
from points.models.schemes import Item, Scheme
from points.models.shops import Goods, Shop, Shopkeeper, StockMove

__all__ = [
    "TRIES",
    "Account",
    "Activity",
    "Attendance",
    "Award",
    "AwardMove",
    "Challenge",
    "Entry",
    "Extract",
    "Goods",
    "Item",
    "PointCard",
    "PointsRule",
    "Posting",
    "PublicNotice",
    "Redemption",
    "RedemptionLine",
    "Scheme",
    "Shop",
    "Shopkeeper",
    "SignUp",
    "Statement",
    "StockMove",
    "TakenDown",
    "Voucher",
]
