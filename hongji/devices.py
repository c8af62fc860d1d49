"""Knows on which devices an account was signed in before, so that guessing elsewhere cannot lock its owner out.

An account has one counter of failed tries for all unknown devices together, and one for each device that was signed in
with it. Whoever guesses a secretary's password from elsewhere locks the account there; her own phone still opens it.
The village's shared internet address is never counted at all.
"""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from hongji.logging import scrub

COOKIE = "hongji_device"
SALT = "hongji.devices"
KEPT = 400 * 24 * 3600  # the longest a browser keeps a cookie
ACCOUNTS = 8  # on one shared phone; the one signed in longest ago is forgotten first


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    """The device's own id and the accounts it knows, as hashes; a new id and none for a cookie that is not ours."""
    try:
        device, known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT)
    except (signing.BadSignature, ValueError, TypeError):
        return secrets.token_hex(6), []
    return device, known


def _hash(username: str) -> str:
    return salted_hmac(SALT, username).hexdigest()[:24]


def counted_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str | None:
    """The name under which django-axes counts a failed try (AXES_USERNAME_CALLABLE); None if none was given."""
    typed = (credentials or {}).get("username")
    if typed is None and request is not None:
        typed = request.POST.get("username")
    if not typed:
        return None
    typed = str(typed).replace("\0", "")[:150]
    # A phone typed where a name belongs is counted, but not written down.
    name = typed if scrub(typed) == typed else f"#{_hash(typed)}"
    if request is not None:
        device, known = _read(request)
        if _hash(typed) in known:
            return f"{name} @{device}"
    return name


class KnownDevice:
    """Middleware: writes down on the device that this account is signed in on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Strangers have no session: asking for one would cost a query and vary every answer by cookie.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            device, known = _read(request)
            mine = _hash(request.user.get_username())
            if mine not in known:
                value = signing.dumps([device, [mine, *known][:ACCOUNTS]], salt=SALT)
                response.set_cookie(
                    COOKIE,
                    value,
                    max_age=KEPT,
                    httponly=True,
                    samesite="Lax",
                    secure=settings.SESSION_COOKIE_SECURE,
                )
        return response
