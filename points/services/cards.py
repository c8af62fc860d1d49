"""积分卡, its PIN, and 兑换条: how a villager proves in the shop that the points are his."""

import datetime as dt
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from core import clock, crypto
from core.scope import must, signer
from grids.models import Household
from points.models import TRIES, PointCard, Voucher
from points.models.shops import MANAGES
from points.services import books

PIN = re.compile(r"[0-9]{4}")
# What a card's QR holds is the address of its page (points.urls); cards of before hold the code alone.
ADDRESS = re.compile(r"https?://[^/]+/k/([A-Za-z0-9_-]+)/")
# What everybody tries first.
PLAIN = frozenset({"1234", "4321", "0123", "1122"} | {digit * 4 for digit in "0123456789"})
LONGEST_VOUCHER = dt.timedelta(days=31)
NO_CARD = "没有这张卡，或者已经作废。再扫一次，还不行请村里看看。"
NO_VOUCHER = "这张兑换条用过了、作废了，或者不是村里开的。"


@dataclass(frozen=True)
class Issued:
    """A card with what is printed on it and kept nowhere: `code` stands in its QR."""

    card: PointCard
    code: str


@transaction.atomic
def issue_card(
    *, actor: Any, household: Household, pin: str, why: str = "换卡", newest: int | None = None
) -> Issued:
    """Give the household a card; a card that it had is no longer good. Needs shops.manage there.

    `pin`: four digits that the villager chose. `newest`: the pk of the last card that whoever presses knows of, 0 for
    none; None: does not ask. ValidationError by field.
    """
    must(actor, MANAGES, household.territory)
    if household.ended_on is not None:
        raise ValidationError({"household": "这一户已经销户，不能发卡。"})
    _check_pin(pin)
    _lock(household)
    _must_know(
        newest, household.point_cards.all(), "这一户刚发过一张卡，没有再发。纸没打成的，在这里换一张。"
    )
    _revoke(PointCard.objects.in_force().filter(household=household), why)
    code = secrets.token_urlsafe(16)
    for _ in range(50):
        try:
            with transaction.atomic():
                card = PointCard.objects.create(
                    household=household,
                    number=f"{secrets.randbelow(900_000) + 100_000}",
                    code_hash=_hash(code),
                    pin="",
                    issued_at=clock.now(),
                    issued_by=signer(actor),
                )
        except IntegrityError:
            continue  # the number is another card's
        card.pin = _sealed(card, pin)
        card.save(update_fields=["pin"])
        return Issued(card, code)
    raise ValidationError("卡号快用完了，请和系统管理员说。")


def _lock(household: Household) -> None:
    Household.objects.select_for_update(no_key=True).get(pk=household.pk)


def _must_know(newest: int | None, rows: QuerySet[Any], told: str) -> None:
    """A page that is sent again, by F5 or a second press, is no second wish: it does not know the row it made."""
    last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    if newest not in (None, last):
        raise ValidationError(told)


def _check_pin(pin: str) -> None:
    if not PIN.fullmatch(pin):
        raise ValidationError({"pin": "密码是 4 位数字。"})
    if pin in PLAIN:
        raise ValidationError({"pin": "这个密码太好猜，换一个。"})


def _hash(code: str) -> str:
    return crypto.blind_index(code, purpose="points.code")


def _sealed(card: PointCard, pin: str) -> str:
    """Ten thousand PINs are tried in no time: the key outside of the database protects them, not a slow hash."""
    return crypto.blind_index(f"{card.pk}:{card.code_hash}:{pin}", purpose="points.pin")


@transaction.atomic
def revoke_card(*, actor: Any, card: PointCard, why: str) -> PointCard:
    """作废: lost, or given back."""
    must(actor, MANAGES, card.household.territory)
    why = why.strip()
    if not why:
        raise ValidationError({"why": "写一句为什么作废：丢了、坏了……"})
    if not _revoke(PointCard.objects.in_force().filter(pk=card.pk), why):
        raise ValidationError("这张卡已经作废了。")
    card.refresh_from_db()
    return card


def _revoke(cards: Any, why: str) -> int:
    return cards.update(revoked_at=clock.now(), revoked_why=why[:100])


@transaction.atomic
def set_pin(*, actor: Any, card: PointCard, pin: str) -> PointCard:
    """The villager chooses another PIN at the village's desk; a locked card opens with it."""
    must(actor, MANAGES, card.household.territory)
    _check_pin(pin)
    held = PointCard.objects.in_force().select_for_update(no_key=True).filter(pk=card.pk).first()
    if held is None:
        raise ValidationError("这张卡已经作废了，发一张新的。")
    held.pin, held.wrong = _sealed(held, pin), 0
    held.save(update_fields=["pin", "wrong"])
    return held


def card_shown(text: str) -> PointCard | None:
    """The card in force with this code (what was scanned) or this number (what was typed); None if there is none."""
    text = text.strip()
    if address := ADDRESS.fullmatch(text):
        text = address[1]
    if re.fullmatch(r"[0-9]{6}", text):
        return _whole_cards().filter(number=text).first()
    return card_of(text)


def card_of(code: str) -> PointCard | None:
    """The card in force with this code; its number is none."""
    return _whole_cards().filter(code_hash=_hash(code)).first() if code else None


def _whole_cards() -> Any:
    return PointCard.objects.in_force().select_related("household__account")


@transaction.atomic
def open_card(*, code: str, pin: str) -> PointCard | None:
    """The household asks for its own page: its card, if the code and the PIN are right. No card, a wrong PIN and a
    locked card are the same None, so that a stranger learns nothing; a wrong PIN counts as it does in the shop."""
    if not PIN.fullmatch(pin):
        raise ValidationError({"pin": "密码是 4 位数字。"})
    card = card_of(code)
    if card is None:
        return None
    held = PointCard.objects.in_force().select_for_update(no_key=True).filter(pk=card.pk).first()
    return card if held is not None and tries_left(held, pin) is None else None


def tries_left(card: PointCard, pin: str) -> int | None:
    """None if the PIN is right; else how many tries remain. `card` is locked by the caller, whose transaction must
    commit what is counted here."""
    if card.is_locked:
        return 0
    if hmac.compare_digest(card.pin, _sealed(card, pin)):
        if card.wrong:
            card.wrong = 0
            card.save(update_fields=["wrong"])
        return None
    card.wrong += 1
    card.save(update_fields=["wrong"])
    return TRIES - card.wrong


# --- vouchers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """A voucher with the code that is printed on it and kept nowhere."""

    voucher: Voucher
    code: str


@transaction.atomic
def write_voucher(
    *, actor: Any, household: Household, points: int, last: dt.date, newest: int | None = None
) -> Written:
    """开兑换条: for a household that has its card not at hand. Needs shops.manage there. ValidationError by field.

    `newest`: the last voucher that whoever presses knows of, as for a card.
    """
    must(actor, MANAGES, household.territory)
    _lock(household)
    _must_know(
        newest, household.vouchers.all(), "这一户刚开过一张兑换条，没有再开。纸没打成的，作废那一张再开。"
    )
    has = books.balance_of(household)
    if not 0 < points <= has:
        raise ValidationError({"points": f"填 1 到 {has} 分。" if has else "这一户没有积分。"})
    if not clock.today() <= last <= clock.today() + LONGEST_VOUCHER:
        raise ValidationError({"last": f"有效期从今天起最长 {LONGEST_VOUCHER.days} 天。"})
    code = secrets.token_urlsafe(16)
    voucher = Voucher.objects.create(
        household=household,
        code_hash=_hash(code),
        points=points,
        last=last,
        made_at=clock.now(),
        made_by=actor,
    )
    return Written(voucher, code)


def cancel_voucher(*, actor: Any, voucher: Voucher) -> None:
    """作废 a voucher that was not used."""
    must(actor, MANAGES, voucher.household.territory)
    unused = Voucher.objects.filter(pk=voucher.pk, used_at__isnull=True, cancelled_at__isnull=True)
    if not unused.update(cancelled_at=clock.now()):
        raise ValidationError("这张兑换条用过了或者已经作废。")


def voucher_shown(text: str) -> Voucher | None:
    """The voucher with this code, whatever has become of it; None if there is none."""
    rows = Voucher.objects.select_related("household__account")
    return rows.filter(code_hash=_hash(text.strip())).first() if text.strip() else None
