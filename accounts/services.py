"""What is done to accounts: open, hand out a slip, change a password, close; tokens and feedback."""

import datetime as dt
import re
import secrets
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import SLIP_DAYS, AccountEvent, ApiToken, Feedback, TrustedDevice, User, key_hash
from core import clock, idnumber
from core.models import phone_hash

# No 0 o 1 l i: a slip is read on paper and typed on a phone.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"

# A token can neither unmask nor administer (domain.md, "Second factor").
NEVER_BY_TOKEN = frozenset(
    {"persons.unmask", "settings.manage", "accounts.admin", "accounts.issue", "posts.manage", "grids.redraw"}
    | {"reports.read", "reports.work", "reports.exist"}
)
TOKEN_DAYS_MOST = 366

SHARED_PHONE = "这个手机号登记在两个人名下，先用账号名登录，再找镇办公室改过来。"


class SharedPhone(Exception):
    """Two people who may sign in carry this phone: nobody signs in by it until that is mended."""


def note(user: User, kind: str, actor: User | None = None) -> None:
    """One row of what was done to an account; inside the caller's transaction."""
    AccountEvent.objects.create(user=user, kind=kind, actor=actor, at=clock.now())


def plain_slip(typed: str) -> str:
    """A one-time password as it is stored, however it was typed: groups, spaces and capitals do not matter."""
    return re.sub(r"[\s-]", "", typed).lower()


@transaction.atomic
def open_account(
    *, username: str, name: str, phone_plain: str = "", actor: User | None = None
) -> tuple[User, str]:
    """A new account and its one-time password, which is told this once and kept nowhere."""
    user = User(username=username, name=name)
    user.set_phone(phone_plain)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    note(user, "opened", actor)
    return user, issue_slip(user=user, actor=actor)


@transaction.atomic
def issue_slip(*, user: User, actor: User | None = None) -> str:
    """A one-time password for seven days. Whoever was signed in with the old one, on any device or token, is out."""
    if not user.is_active:
        raise ValidationError("这个账号停用了，先重新启用。")
    password = "".join(secrets.choice(LETTERS) for _ in range(10))
    user.set_password(password)
    user.must_change_password, user.slip_until = True, clock.now() + SLIP_DAYS
    user.save(update_fields=["password", "must_change_password", "slip_until"])
    _cut_off(user)
    note(user, "slip", actor)
    return password


@transaction.atomic
def change_password(*, user: User, new: str, here: TrustedDevice | None = None) -> None:
    """A password of the user's own choice; a slip is used up by it. ValidationError says what is too weak.

    Tokens and remembered devices end with the old password, all but the device in hand (`here`).
    """
    if user.check_password(new) or (user.must_change_password and user.check_password(plain_slip(new))):
        raise ValidationError("和原来的密码一样，换一个。")
    validate_password(new, user)
    user.set_password(new)
    user.must_change_password, user.slip_until = False, None
    user.save(update_fields=["password", "must_change_password", "slip_until"])
    _cut_off(user, keep=here)
    note(user, "password", user)


@transaction.atomic
def set_phone(*, user: User, phone_plain: str, actor: User) -> list[User]:
    """Another phone; returns who else signs in with it, so that the caller can warn."""
    user.set_phone(phone_plain)
    user.full_clean(exclude=["password"])
    user.save(update_fields=["phone", "phone_hash", "phone_mask"])
    note(user, "phone", actor)
    if not user.phone_hash:
        return []
    return list(User.objects.active().filter(phone_hash=user.phone_hash).exclude(pk=user.pk))


@transaction.atomic
def close_account(*, user: User, actor: User | None = None) -> None:
    """Out at the next request; the account stays, since what it did carries its name."""
    if actor is not None and actor.pk == user.pk:
        raise ValidationError("自己的账号自己不能停，找另一位管账号的人。")
    user.is_active = False
    user.save(update_fields=["is_active"])
    _cut_off(user)
    note(user, "closed", actor)


@transaction.atomic
def reopen_account(*, user: User, actor: User | None = None) -> str:
    """A closed account with a new slip; its old password does not come back."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    note(user, "reopened", actor)
    return issue_slip(user=user, actor=actor)


def _cut_off(user: User, keep: TrustedDevice | None = None) -> None:
    devices = TrustedDevice.objects.filter(user=user, revoked_at__isnull=True)
    if keep is not None:
        devices = devices.exclude(pk=keep.pk)
    devices.update(revoked_at=clock.now())
    ApiToken.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=clock.now())


def find_username(typed: str) -> str:
    """The user name somebody means who typed a user name or a phone; SharedPhone if two people carry it."""
    typed = typed.strip()
    if User.objects.filter(username=typed).exists():
        return typed
    number = idnumber.clean_phone(typed)
    if not number or idnumber.phone_fault(number):
        return typed
    found = User.objects.active().filter(phone_hash=phone_hash(number)).values_list("username", flat=True)[:2]
    if len(found) > 1:
        raise SharedPhone
    return found[0] if found else typed


@transaction.atomic
def make_token(
    *, user: User, name: str, verbs: Iterable[str], until: dt.date, actor: User | None = None
) -> tuple[ApiToken, str]:
    """A token and its key, which is told this once. ValidationError for a verb no token may carry."""
    wanted = sorted(set(verbs))
    if not wanted:
        raise ValidationError("令牌至少要许一件事。")
    if refused := NEVER_BY_TOKEN.intersection(wanted):
        raise ValidationError(f"令牌不能办这些事：{'、'.join(sorted(refused))}。")
    if until < clock.today():
        raise ValidationError("截止日期已经过了，改成今天以后。")
    if until > clock.today() + dt.timedelta(days=TOKEN_DAYS_MOST):
        raise ValidationError("令牌最多用一年，截止日期改近一些。")
    key = secrets.token_hex(20)
    token = ApiToken(
        user=user, name=name, key_hash=key_hash(key), verbs=wanted, until=until, made_at=clock.now()
    )
    token.full_clean()
    token.save()
    note(user, "token", actor or user)
    return token, key


@transaction.atomic
def stop_token(*, token: ApiToken, actor: User) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=clock.now()):
        note(token.user, "token_off", actor)


@transaction.atomic
def give_feedback(*, author: User, words: str, page: str = "") -> Feedback:
    feedback = Feedback(author=author, words=words.strip(), page=page[:200], at=clock.now())
    feedback.full_clean()
    feedback.save()
    return feedback


@transaction.atomic
def answer_feedback(*, feedback: Feedback, answer: str) -> None:
    feedback.answer, feedback.answered_at = answer, clock.now() if answer else None
    feedback.full_clean()
    feedback.save(update_fields=["answer", "answered_at"])
