"""Accounts for officers: a post in a roster cannot sign in until somebody issues a printed one-time slip."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import second_factor
from accounts import services as accounts
from accounts.models import User
from grids.models import Officer, Post
from grids.services.names import spell
from grids.services.phones import may_sign_in_by_phone, settle_phones
from grids.services.posts import must_manage
from grids.services.rights import SERVER, may, must


@transaction.atomic
def issue_account(*, actor: Any, officer: Officer, username: str = "") -> tuple[User, str]:
    """Open the account of an officer in force: the user and the one-time password for the slip, shown once.

    An officer who has an account gets a new slip for it. Only who could give every post he holds may do so: whoever
    hands out a slip could use it himself.
    """
    officer = Officer.objects.select_for_update().get(pk=officer.pk)
    posts = list(Post.objects.in_force().filter(officer=officer).select_related("territory"))
    if not posts:
        raise ValidationError(f"{officer}现在没有岗位，先定岗位再开账号。")
    must_manage(actor, officer)
    for post in posts:
        # The system administrator hands out the office's slips too: else a lapsed one would lock the town out.
        if not may(actor, "accounts.admin", post.territory):
            must(actor, "accounts.issue", post.territory)
    issuer = None if actor is SERVER else actor
    if officer.user is not None:
        return officer.user, accounts.issue_slip(actor=issuer, user=officer.user)
    phone = officer.phone.open() if officer.phone and may_sign_in_by_phone(officer) else ""
    user, password = accounts.open_account(
        username=username or free_username(officer.name), name=officer.name, phone_plain=phone, actor=issuer
    )
    officer.user = user
    officer.full_clean()
    officer.save(update_fields=["user"])
    settle_phones({officer.phone_hash})
    return user, password


@transaction.atomic
def close_account(*, actor: Any, officer: Officer) -> None:
    """End the sign-in of an officer at the next request; for whoever could give every post he holds."""
    must_manage(actor, officer)
    if officer.user is None:
        raise ValidationError(f"{officer}没有账号。")
    accounts.close_account(user=officer.user, actor=None if actor is SERVER else actor)
    settle_phones({officer.phone_hash})


@transaction.atomic
def reopen_account(*, actor: Any, officer: Officer) -> tuple[User, str]:
    """A closed account opens again with a new slip."""
    must_manage(actor, officer)
    if officer.user is None:
        raise ValidationError(f"{officer}没有账号。")
    password = accounts.reopen_account(user=officer.user, actor=None if actor is SERVER else actor)
    settle_phones({officer.phone_hash})
    return officer.user, password


@transaction.atomic
def reset_second_factor(*, actor: Any, officer: Officer) -> None:
    """For an officer who lost phone and list: he gets a new second factor when it is next asked."""
    must_manage(actor, officer)
    if officer.user is None:
        raise ValidationError(f"{officer}没有账号。")
    second_factor.reset(user=officer.user, actor=None if actor is SERVER else actor)


def free_username(name: str) -> str:
    """`zhangsan`, or `zhangsan2` if that is taken."""
    stem = spell(name).pinyin[:20] or "user"
    taken = set(User.objects.filter(username__startswith=stem).values_list("username", flat=True))
    number = 1
    while (found := stem if number == 1 else f"{stem}{number}") in taken:
        number += 1
    return found
