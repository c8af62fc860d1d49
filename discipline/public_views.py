"""The villagers' two pages: 反映干部问题 without an account, and how it stands by the code one was given.

Nothing in an address: what is asked for by code is posted, and the answer to a report is the page with its code, not
another address, so that no log and no history of a browser holds either. Sent again by a reload it is the same report.
"""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core import clock
from core.faults import by_field
from core.limits import client_ip, knock
from core.marks import Stale, TooFast, new_mark, read_mark
from discipline import services
from discipline.forms import SALT, TellForm
from discipline.models import HigherOffice, Report

HOUR = dt.timedelta(hours=1)
# An hour from one address: reports, questions. None from all together: whoever filled that would shut it for everybody.
FROM_ONE, ASKED = 6, 30
FAST = "填得太快了，像是机器填的，没有收。您是人的话，再点一次就行。"
STALE = "这一页放得太久了。您写的还在，再点一次就行。"
FULL = (
    "您这里的网络一个小时里已经交了好几件，这一件没有收下。您写的还在，过一个小时再点；急的，打下面的电话。"
)
SAYS = {
    Report.RECEIVED: "收到了，还没开始核实。",
    Report.IN_HAND: "正在核实。",
    Report.DONE: "办结了。留了电话的，会有人跟您说。",
    Report.NOT_OURS: "这件事不归镇纪委办。留了电话的，会有人跟您说归谁办。",
}


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest) -> HttpResponse:
    """The form, and the answer to it. Who is signed in on this phone is not asked."""
    if request.method != "POST":
        return _form(request, TellForm(), new_mark(SALT))
    form, mark = TellForm(request.POST), request.POST.get("mark", "")
    try:
        uuid = read_mark(mark, SALT)
    except Stale:
        return _form(request, form, new_mark(SALT), STALE)
    except TooFast:
        return _form(request, form, mark, FAST)
    if request.POST.get("website"):
        return _form(request, form, mark, FAST)
    if not form.is_valid():
        return _form(request, form, mark)
    try:
        services.check(**form.said())
        known = Report.objects.filter(uuid=uuid).exists()
        if not known and not knock("report", client_ip(request), most=FROM_ONE, within=HOUR):
            return _form(request, form, mark, FULL, status=429)
        received = services.tell(uuid=uuid, **form.said())
    except services.Conflict as conflict:
        return _form(request, form, new_mark(SALT), str(conflict))
    except ValidationError as refused:
        for name, sentences in by_field(refused).items():
            form.add_error(name, sentences)
        return _form(request, form, mark)
    return _page(request, "discipline/told.html", code=received.report.code_said)


def _form(request: HttpRequest, form: TellForm, mark: str, told: str = "", status: int = 422) -> HttpResponse:
    """The page with what was typed; `told` is a sentence above it."""
    wrong = bool(told) or form.is_bound
    return _page(
        request, "discipline/tell.html", status if wrong else 200, form=form, mark=mark, refused=told
    )


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """How it stands, and nothing of what it says."""
    if request.method != "POST":
        return _page(request, "discipline/ask.html")
    code = request.POST.get("code", "")[:40]
    if not knock("report-ask", client_ip(request), most=ASKED, within=HOUR):
        refused = "问得太多了，过一个小时再问。"
        return _page(request, "discipline/ask.html", 429, code=code, refused=refused)
    state = services.asked_after(code)
    if state is None:
        refused = "没有这个查询码。看看抄对了没有：一共 12 个数字。"
        return _page(request, "discipline/ask.html", 422, code=code, refused=refused)
    return _page(request, "discipline/ask.html", code=code, answer=SAYS[state])


def _page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, {"higher": HigherOffice.on(clock.today()), **context}, status=status)
