"""Lets a program in by its token, and narrows what it may do to the verbs the token names."""

from typing import Any

from rest_framework import authentication, exceptions

from accounts.models import ApiToken, User
from core import clock


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token <key>`. The user it gives carries `token_verbs`, which grids.duties.reach_of obeys."""

    model = ApiToken

    def authenticate_credentials(self, key: str) -> tuple[User, ApiToken]:
        token: Any = ApiToken.objects.in_force().with_key(key).select_related("user").first()
        if token is None:
            raise exceptions.AuthenticationFailed("令牌不对，或者已经停用、到期。")
        if token.used_on != clock.today():
            ApiToken.objects.filter(pk=token.pk).update(used_on=clock.today())
        token.user.token_verbs = frozenset(token.verbs)
        return token.user, token
