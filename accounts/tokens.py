"""Lets a program in by its token, and narrows what it may do to the verbs the token names."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import authentication, exceptions

from accounts.models import ApiToken, User
from accounts.services import NEVER_BY_TOKEN
from core import clock
from core.scope import may


def verbs_to_give(user: User) -> dict[str, str]:
    """What a token of this user may name: code → title of every verb she holds somewhere and a token may carry."""
    every: dict[str, str] = import_string(settings.SCOPE_VERBS)
    return {verb: title for verb, title in every.items() if verb not in NEVER_BY_TOKEN and may(user, verb)}


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token <key>`. The user it gives carries `token_verbs`, which grids.duties.reach_of obeys."""

    model = ApiToken

    def authenticate_credentials(self, key: str) -> tuple[User, ApiToken]:
        token: Any = ApiToken.objects.in_force().with_key(key).select_related("user").first()
        if token is None:
            raise exceptions.AuthenticationFailed("令牌不对，或者已经停用、到期。")
        if token.used_on != clock.today():
            ApiToken.objects.filter(pk=token.pk).update(used_on=clock.today())
        token.user.token_verbs = frozenset(token.verbs) - NEVER_BY_TOKEN
        return token.user, token
