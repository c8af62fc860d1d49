"""The pages of the second factor: enter a code, get an app or a printed list."""

import io
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import second_factor
from accounts.models import User
from accounts.views import next_address

OWNER = "second_factor_owner"  # in the session: her password was asked again before the first factor


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """One code, then back to where it was asked. Who has no factor yet gets one first."""
    user: Any = request.user
    onward = next_address(request)
    demo_code = second_factor.demo_code(user)
    if not second_factor.ways(user):
        return redirect(f"{reverse('accounts:enrol')}?{urlencode({'next': onward})}")
    fault = ""
    if request.method == "POST":
        fault = second_factor.check(user=user, code=request.POST.get("code", ""))
        if not fault:
            response = redirect(onward)
            second_factor.remember(request, response, stay="stay" in request.POST)
            return response
        demo_code = second_factor.demo_code(user)
    context = {"fault": fault, "next": onward, "demo_code": demo_code, "ways": second_factor.ways(user)}
    return render(request, "accounts/second_factor.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Choose: app or printed list. Who has none yet shows her password; who has one passes it."""
    user: Any = request.user
    if second_factor.ways(user):
        if (away := second_factor.ask(request)) is not None:
            return away
    elif not _shown_password(request):
        return _ask_password(request, user)
    context = {"next": next_address(request, "accounts:me"), "ways": second_factor.ways(user)}
    return render(request, "accounts/enrol.html", context)


def _shown_password(request: HttpRequest) -> bool:
    return request.session.get(OWNER) == request.user.pk


def _ask_password(request: HttpRequest, user: User) -> HttpResponse:
    fault = ""
    if request.method == "POST":
        if authenticate(request, username=user.username, password=request.POST.get("password", "")):
            request.session[OWNER] = user.pk
            return redirect(request.get_full_path())
        fault = "密码不对。"
    context = {"fault": fault, "next": next_address(request, "accounts:me")}
    return render(request, "accounts/enrol_password.html", context)


def _may_enrol(request: HttpRequest) -> bool:
    return second_factor.passed(request) if second_factor.ways(request.user) else _shown_password(request)  # type: ignore[arg-type]


def _first_ask(request: HttpRequest) -> HttpResponse:
    query = urlencode({"next": next_address(request, "accounts:me")})
    return redirect(f"{reverse('accounts:enrol')}?{query}")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enrol_app(request: HttpRequest) -> HttpResponse:
    """Scan the picture, then show that it worked by one code; this device is passed with it."""
    user: Any = request.user
    if not _may_enrol(request):
        return _first_ask(request)
    onward, fault = next_address(request, "accounts:me"), ""
    if request.method == "POST":
        if second_factor.confirm_app(user=user, code=request.POST.get("code", "")):
            messages.success(request, "手机验证器办好了。")
            response = redirect(onward)
            second_factor.remember(request, response, stay="stay" in request.POST)
            return response
        fault = "这个码对不上。等手机上换了下一个再填，手机的时间要准。"
    device = second_factor.begin_app(user=user)
    context = {"fault": fault, "next": onward, "secret": second_factor.readable_key(device)}
    return render(request, "accounts/enrol_app.html", context)


@require_http_methods(["GET", "HEAD"])
def picture(request: HttpRequest) -> HttpResponse:
    """The QR code as a file of its own, as the content security policy wants; never cached."""
    if not _may_enrol(request):
        return _first_ask(request)
    device = second_factor.begin_app(user=request.user)  # type: ignore[arg-type]
    out = io.BytesIO()
    segno.make(device.address(), error="m").save(
        out, kind="svg", scale=6, border=2, dark="#20251F", light="#fff"
    )
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@require_http_methods(["GET", "HEAD", "POST"])
def enrol_codes(request: HttpRequest) -> HttpResponse:
    """Ten codes on paper; shown in the answer to this very request and never again."""
    if not _may_enrol(request):
        return _first_ask(request)
    onward = next_address(request, "accounts:me")
    if request.method != "POST":
        return redirect(f"{reverse('accounts:enrol')}?{urlencode({'next': onward})}")
    codes = second_factor.print_codes(user=request.user)  # type: ignore[arg-type]
    return render(
        request, "accounts/codes.html", {"codes": codes, "next": onward, "issuer": settings.OTP_TOTP_ISSUER}
    )
