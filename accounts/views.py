"""Signing in and out, the first password, one's own account, and 意见建议."""

import datetime as dt
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import second_factor, services
from accounts.demo import demo_accounts
from accounts.models import ApiToken, Feedback, TrustedDevice, User
from accounts.tokens import verbs_to_give
from core import clock

BACKEND = "django.contrib.auth.backends.ModelBackend"
SLIP, SLIP_MINUTES = "slip", 15
LAPSED = "这张登录条过了七天，作废了。找村里或镇办公室重新发一张。"


def next_address(request: HttpRequest, default: str = "home") -> str:
    """Where the user wanted to go, if it lies on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if wanted and url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()):
        return wanted
    return resolve_url(default)


# --- in and out -------------------------------------------------------------------------------------------------------


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """By user name or phone. Who holds a slip is not signed in by it: she chooses a password first."""
    onward = next_address(request)
    if request.user.is_authenticated:
        return redirect(onward)
    typed, fault = "", ""
    if request.method == "POST":
        typed = request.POST.get("username", "").strip()[:150].replace("\0", "")
        user, fault = _who(request, typed, request.POST.get("password", ""))
        if user is not None and user.must_change_password:
            request.session.cycle_key()
            request.session[SLIP] = [user.pk, int(clock.now().timestamp()), user.get_session_auth_hash()]
            return redirect(f"{reverse('accounts:first_password')}?{urlencode({'next': onward})}")
        if user is not None:
            login(request, user)
            return redirect(onward)
    return render(
        request,
        "accounts/login.html",
        {"typed": typed, "fault": fault, "next": onward, "demo_accounts": demo_accounts()},
    )


def _who(request: HttpRequest, typed: str, password: str) -> tuple[User | None, str]:
    """The user, or a sentence that says how often one may still try."""
    if not typed or not password:
        return None, "手机号和密码都要填。"
    try:
        username = services.find_username(typed)
    except services.SharedPhone:
        return None, services.SHARED_PHONE
    if User.objects.filter(username=username, must_change_password=True).exists():
        password = services.plain_slip(password)
    user: Any = authenticate(request, username=username, password=password)
    if user is None:
        left = settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(request, {"username": username})
        return None, f"手机号或密码不对，还能再试 {max(left, 0)} 次。"
    if user.slip_lapsed():
        return None, LAPSED
    return user, ""


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def first_password(request: HttpRequest) -> HttpResponse:
    """The holder of a slip chooses her own password, and is signed in only then."""
    user = _slip_holder(request)
    if user is None:
        return redirect("accounts:login")
    faults: list[str] = []
    if request.method == "POST":
        faults = _change(user, request)
        if not faults:
            request.session.pop(SLIP, None)
            login(request, user, backend=BACKEND)
            return redirect(next_address(request))
    context = {"holder": user, "faults": faults, "next": next_address(request)}
    return render(request, "accounts/first_password.html", context)


def _slip_holder(request: HttpRequest) -> User | None:
    pk, since, auth_hash = request.session.get(SLIP, (None, 0, ""))
    user = User.objects.active().filter(pk=pk, must_change_password=True).first()
    if user is None or clock.now().timestamp() - since > SLIP_MINUTES * 60:
        return None
    return user if constant_time_compare(user.get_session_auth_hash(), auth_hash) else None


def _change(user: User, request: HttpRequest, here: TrustedDevice | None = None) -> list[str]:
    """What is wrong with the new password; nothing if it is in force now."""
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        return ["两次填的不一样，再填一遍。"]
    try:
        services.change_password(user=user, new=new, here=here)
    except ValidationError as fault:
        return fault.messages
    return []


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("accounts:login")


# --- one's own account ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD"])
def me(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    ways = second_factor.ways(user)
    context = {
        "app": second_factor.APP in ways,
        "codes_left": second_factor.codes_left(user),
        "passed": second_factor.passed(request),
        "here": second_factor.device_of(request),
        "devices": TrustedDevice.objects.in_force().filter(user=user),
        "tokens": ApiToken.objects.in_force().filter(user=user),
    }
    return render(request, "accounts/me.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    faults: list[str] = []
    if request.method == "POST":
        user: Any = request.user
        # Counted like a sign-in: whoever finds an open screen cannot guess on.
        if authenticate(request, username=user.username, password=request.POST.get("old", "")) is None:
            faults = ["现在的密码不对。"]
        else:
            faults = _change(user, request, here=second_factor.device_of(request))
        if not faults:
            update_session_auth_hash(request, user)
            messages.success(request, "密码换好了，别的设备要用新密码再登录，开过的令牌都停了。")
            return redirect("accounts:me")
    return render(request, "accounts/password.html", {"faults": faults})


@require_POST
def forget_device(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    device = get_object_or_404(TrustedDevice.objects.in_force(), pk=pk, user=user)
    second_factor.forget(device=device, actor=user)
    messages.success(request, f"{device}不再记住了。")
    return redirect("accounts:me")


@require_http_methods(["GET", "HEAD", "POST"])
def new_token(request: HttpRequest) -> HttpResponse:
    """A key for another program; shown in the answer to this very request and never again."""
    if (away := second_factor.ask(request)) is not None:
        return away
    user: Any = request.user
    verbs = verbs_to_give(user)
    context: dict[str, Any] = {"verbs": verbs, "until": clock.today() + dt.timedelta(days=90), "faults": []}
    if request.method == "POST":
        try:
            token, key = services.make_token(
                user=user,
                name=request.POST.get("name", "").strip(),
                verbs=verbs.keys() & set(request.POST.getlist("verbs")),
                until=dt.date.fromisoformat(request.POST.get("until", "")),
            )
        except ValidationError as fault:
            context["faults"] = fault.messages
        except ValueError:
            context["faults"] = [f"截止{clock.NO_DAY}"]
        else:
            return render(request, "accounts/token.html", {"token": token, "key": key})
    return render(request, "accounts/new_token.html", context)


@require_POST
def stop_token(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    token = get_object_or_404(ApiToken.objects.in_force(), pk=pk, user=user)
    services.stop_token(token=token, actor=user)
    messages.success(request, f"{token}的令牌停了。")
    return redirect("accounts:me")


# --- for everybody ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD"])
def no_post(request: HttpRequest) -> HttpResponse:
    """Who has no post sees nothing, and is told whom to ask."""
    return render(request, "accounts/no_post.html")


@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest) -> HttpResponse:
    """意见建议: reachable from every page, which is written down with the words."""
    user: Any = request.user
    page = (request.POST.get("page") or request.GET.get("from") or "")[:200]
    words_typed, faults = "", []
    if request.method == "POST":
        words_typed = request.POST.get("words", "")
        try:
            services.give_feedback(author=user, words=words_typed, page=page)
        except ValidationError as fault:
            faults = fault.messages
        else:
            return render(request, "accounts/words_done.html", {"back": _back(page, request)})
    context = {
        "words": words_typed,
        "faults": faults,
        "page": page,
        "back": _back(page, request),
        "earlier": Feedback.objects.filter(author=user)[:10],
    }
    return render(request, "accounts/words.html", context)


def _back(page: str, request: HttpRequest) -> str:
    return (
        page if page.startswith("/") and url_has_allowed_host_and_scheme(page, {request.get_host()}) else "/"
    )
