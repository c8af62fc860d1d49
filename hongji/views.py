"""The first step after sign-in, and the pages that say what went wrong."""

import re
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.scope import may
from grids.models import Post

_PHONE = re.compile(r"Mobile|Android|iPhone|HarmonyOS", re.IGNORECASE)

_CHINESE = re.compile(r"[\u4e00-\u9fff]")

# status: heading, what to do now
SAYS = {
    400: ("地址或内容不对", "回上一页再试一次。"),
    403: ("这里您不能进", "您的岗位没有这项权限，有疑问问镇办公室。"),
    404: ("没有找到", "地址写错了，或者这一条不在您负责的范围里。"),
    429: ("试错太多次", "这个账号先锁一会儿，过十五分钟再登录，或者找镇办公室重新发一张登录条。"),
    503: ("系统正在维护", "过几分钟再来。手机上记的都还在手机里，到时候自己送上来。"),
    500: ("这里出了毛病", "不是您的问题，已经记下来。过一会儿再试，还不行就告诉镇办公室。"),
}
CSRF_SAYS = ("页面放得太久了", "为了安全，回上一页刷新以后再提交一次。")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A phone goes to the visits, a computer to the desk; who neither makes nor oversees visits finds figures on the
    desk's pages, on a phone too; who only stands behind a counter goes there; who has no post is told whom to ask."""
    actor = request.user
    if not Post.objects.of(actor).exists():
        return redirect("accounts:no_post")
    if may(actor, "shops.serve") and not may(actor, "households.see"):
        return redirect("shops:start")  # behind the counter, on a phone as on a PC
    if not _PHONE.search(request.headers.get("User-Agent", "")):
        return redirect("desk")
    if may(actor, "visits.record") or may(actor, "visits.manage"):
        return redirect("visits:phone")
    return redirect("visits:coverage" if may(actor, "figures.see") else "desk")


def _say(request: HttpRequest, status: int, says: tuple[str, str] | None = None) -> HttpResponse:
    heading, hint = says or SAYS[status]
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"detail": f"{heading}。"}, status=status, json_dumps_params={"ensure_ascii": False}
        )
    template = "hongji/broken.html" if status == 500 else "hongji/error.html"
    return render(request, template, {"heading": heading, "hint": hint}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django calls it a bad request, too, when the session could not be written because the database was away."""
    fault: BaseException | None = exception
    while fault is not None and not isinstance(fault, OperationalError | InterfaceError):
        fault = fault.__context__
    return _say(request, 503 if fault else 400)


def denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Whoever refused may say why; what a library says in English stays with us."""
    why = str(exception or "")
    return _say(request, 403, (SAYS[403][0], why) if _CHINESE.search(why) else None)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _say(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return _say(request, 500)


def away(request: HttpRequest) -> HttpResponse:
    """While tables are being changed (hongji/maintenance.py)."""
    return _say(request, 503)


@login_not_required
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _say(request, 403, CSRF_SAYS)


def locked_out(
    request: HttpRequest, response: Any = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The answer of django-axes after too many tries (AXES_LOCKOUT_CALLABLE)."""
    return _say(request, 429)
