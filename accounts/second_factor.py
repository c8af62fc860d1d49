"""The second factor: a code from an app on the phone, or from a printed list, remembered on a device for 30 days.

Asked before the verbs in grids.duties.SECOND_FACTOR_VERBS. A token request has it behind it: whoever made the token
passed it then, and no token carries a verb that unmasks or administers.
"""

import datetime as dt
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts.models import PhoneApp, TrustedDevice, User, key_hash
from accounts.services import note
from core import clock, crypto
from core.scope import must

REMEMBERED = dt.timedelta(days=30)
ONCE = dt.timedelta(hours=12)
SALT = "accounts.second_factor"
CODES = 10
APP, PRINTED = "app", "printed"
SENTENCE = "先做第二道验证，再来办这件事。"


def passed(request: Any) -> bool:
    """Whether this user passed the second factor on this device, and nobody took that back."""
    if getattr(request.user, "token_verbs", None) is not None:
        return True
    if not request.user.is_authenticated:
        return False
    known = getattr(request, "_second_factor", None)
    if known is None or known[0] != request.user.pk:
        known = request._second_factor = (request.user.pk, device_of(request) is not None)
    return known[1]


def device_of(request: Any) -> TrustedDevice | None:
    """The row of this very device, if it is remembered and in force."""
    try:
        key = signing.loads(request.COOKIES.get(_cookie(request.user), ""), salt=SALT, max_age=REMEMBERED)
    except signing.BadSignature:
        return None
    return (
        TrustedDevice.objects.in_force().filter(user_id=request.user.pk, key_hash=key_hash(str(key))).first()
    )


def _cookie(user: Any) -> str:
    # One for each user: two people may share a phone.
    return f"hongji_second_{user.pk}"


def remember(request: Any, response: HttpResponse, *, stay: bool) -> None:
    """Write down that the factor was passed here: for 30 days, or on a shared machine until the browser closes."""
    key, now = secrets.token_hex(20), clock.now()
    TrustedDevice.objects.create(
        user_id=request.user.pk,
        key_hash=key_hash(key),
        name=device_name(request.headers.get("User-Agent", "")),
        since=now,
        until=now + (REMEMBERED if stay else ONCE),
    )
    response.set_cookie(
        _cookie(request.user),
        signing.dumps(key, salt=SALT),
        max_age=int(REMEMBERED.total_seconds()) if stay else None,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def device_name(agent: str) -> str:
    """What a person calls the browser that sent this User-Agent: `安卓手机 微信`."""
    machines = (
        ("HarmonyOS", "鸿蒙手机"),
        ("Android", "安卓手机"),
        ("iPhone", "苹果手机"),
        ("iPad", "苹果平板"),
        ("Windows", "Windows 电脑"),
        ("Mac OS", "苹果电脑"),
        ("Linux", "Linux 电脑"),
    )
    browsers = (
        ("MicroMessenger", "微信"),
        ("Edg", "Edge"),
        ("QQBrowser", "QQ 浏览器"),
        ("Firefox", "火狐"),
        ("Chrome", "谷歌浏览器"),
        ("Safari", "Safari"),
    )
    machine = next((title for mark, title in machines if mark in agent), "一台设备")
    return f"{machine} {next((title for mark, title in browsers if mark in agent), '')}".strip()


@transaction.atomic
def forget(*, device: TrustedDevice, actor: User) -> None:
    """The device must pass again."""
    if TrustedDevice.objects.filter(pk=device.pk, revoked_at__isnull=True).update(revoked_at=clock.now()):
        note(device.user, "device_off", actor)


# --- what a user has, and how she gets it -----------------------------------------------------------------


def ways(user: User) -> set[str]:
    """APP, PRINTED, both or none."""
    found = set()
    if PhoneApp.objects.filter(user=user, confirmed=True).exists():
        found.add(APP)
    if StaticToken.objects.filter(device__user=user, device__confirmed=True).exists():
        found.add(PRINTED)
    return found


def codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user, device__confirmed=True).count()


def begin_app(*, user: User) -> PhoneApp:
    """The key that waits to be scanned; the same one until it is confirmed."""
    waiting = PhoneApp.objects.filter(user=user, confirmed=False).first()
    return waiting or PhoneApp.objects.create(user=user, name="手机验证器", confirmed=False)


def readable_key(device: PhoneApp) -> str:
    """The key for typing, in groups of four, where a camera does not work."""
    text = device.readable_key()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


@transaction.atomic
def confirm_app(*, user: User, code: str) -> bool:
    """The code shows that the key was scanned; it replaces an older app."""
    waiting = begin_app(user=user)
    if not waiting.verify_is_allowed()[0] or not waiting.verify_token(_digits(code)):
        return False
    PhoneApp.objects.filter(user=user, confirmed=True).delete()
    waiting.confirmed = True
    waiting.save()
    note(user, "factor", user)
    return True


@transaction.atomic
def print_codes(*, user: User) -> list[str]:
    """Ten new one-time codes, told this once; the old list is worth nothing from now on."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="打印的验证码", confirmed=True)
    codes = [f"{secrets.randbelow(10**8):08d}" for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_kept(user, code)) for code in codes)
    note(user, "factor", user)
    return codes


def _kept(user: User, code: str) -> str:
    """How a printed code lies in the database: a keyed hash, for eight digits are quickly tried through."""
    return crypto.blind_index(f"{user.pk}:{code}", purpose="accounts.printed_code")[:16]


@transaction.atomic
def reset(*, user: User, actor: User | None) -> None:
    """For somebody who lost phone and list: she enrols again at the next time it is asked."""
    PhoneApp.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    TrustedDevice.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=clock.now())
    note(user, "factor_off", actor)


def check(*, user: User, code: str) -> str:
    """Empty if the code is right (a printed one is used up by it), else a sentence. Guessing is slowed down."""
    code = _digits(code)
    with transaction.atomic():
        devices = [
            *PhoneApp.objects.select_for_update().filter(user=user, confirmed=True),
            *StaticDevice.objects.select_for_update().filter(user=user, confirmed=True),
        ]
        allowed = [device for device in devices if device.verify_is_allowed()[0]]
        if devices and not allowed:
            return "刚才试错了，歇一会儿再试。"
        # By its length a code says where it comes from: a wrong one must not slow down the other way.
        length = {PhoneApp: 6, StaticDevice: 8}
        fitting = [device for device in allowed if length[type(device)] == len(code)] or allowed
        stored = {PhoneApp: code, StaticDevice: _kept(user, code)}
        if any(device.verify_token(stored[type(device)]) for device in fitting):
            return ""
    return "验证码不对。用手机上现在显示的 6 位，或者清单上没划掉的 8 位。"


def _digits(code: str) -> str:
    return "".join(character for character in code if character.isdigit())[:20]


def demo_code(user: User) -> str:
    """In a demo only: the code that would open now. An empty text anywhere else."""
    if not settings.DEMO:
        return ""
    device = PhoneApp.objects.filter(user=user, confirmed=True).first()
    if device is None:
        device = PhoneApp.objects.create(user=user, name="演示验证器", confirmed=True)
    totp = device.generator()
    code_from = max(totp.t(), device.last_step + 1)
    totp.time = (code_from - device.drift) * device.STEP  # t() adds the drift again
    return f"{totp.token():0{device.DIGITS}d}"


# --- doors ------------------------------------------------------------------------------------------------


def ask(request: Any) -> HttpResponse | None:
    """None if it was passed; else the way there (and back), or for the API a refusal with a sentence."""
    if passed(request):
        return None
    if request.path.startswith("/api/"):
        raise PermissionDenied(SENTENCE)
    back = request.get_full_path()
    if request.method != "GET":
        back = urlsplit(request.headers.get("Referer", "")).path or "/"
    query = QueryDict(mutable=True)
    query["next"] = back
    target = f"{reverse('accounts:second_factor')}?{query.urlencode(safe='/')}"
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


def requires_second_factor(verb: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Decorator of a view that does `verb`: 403 for who has no such post anywhere, then the second factor."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            must(request.user, verb)
            return ask(request) or view(request, *args, **kwargs)

        return guarded

    return wrap


class RequiresSecondFactor:
    """Mixin of a class-based view; `second_factor_verb` names what it does."""

    second_factor_verb = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return requires_second_factor(self.second_factor_verb)(super().dispatch)(request, *args, **kwargs)  # type: ignore[misc]
