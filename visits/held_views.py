"""The desk's page of visits on hold (暂存的走访): what waits for the village's yes or no, and what was decided."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from core import clock
from core.scope import reach_of
from core.views import ScopedListView
from visits import services
from visits.models import Finding, Held, Visit

VERB = "register.accept"
_KINDS, _PROMISES = dict(Finding.KINDS), dict(Visit.PROMISES)


class HeldPage(ScopedListView):
    """Of the actor's villages, newest first: those waiting, or with ?state=done those decided."""

    verb = VERB
    queryset = Held.objects.select_related("author", "household", "territory", "decided_by", "visit")
    template_name = "visits/held.html"
    page_order = ("-pk",)
    page_size = 20

    def get_queryset(self) -> QuerySet:
        state = self.request.GET.get("state", "")
        if state not in ("", "done"):
            raise Http404
        rows = super().get_queryset()
        return rows.exclude(state=Held.WAITING) if state else rows.filter(state=Held.WAITING)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        villages = {row.territory_id for row in found["rows"]}
        waiting = Held.objects.visible_to(self.request.user, self.verb).waiting().count()
        return found | {
            "told": [(row, *_told(row)) for row in found["rows"]],
            "done": bool(self.request.GET.get("state")),
            "waiting": waiting,
            "many": len(villages) > 1 or reach_of(self.request.user, self.verb).everywhere,
        }


def _told(held: Held) -> tuple[str, dt.date | None]:
    """What the visitor said, in one line, and the day on which it may be counted; None if it cannot be."""
    content, _ = services.content_of(held)
    if content is None:
        return f"内容读不全：{services.said_unread(held)[:120]}", None
    said = [dict(Visit.MANNERS).get(content.manner, ""), "见到人" if content.met else "没见到人"]
    said += ["家庭有变化"] if content.changed else []
    for each in content.findings:
        said.append(
            "：".join(filter(None, (_KINDS.get(each["kind"]), each.get("detail"), each.get("words"))))
        )
    if content.deeds:
        said.append(f"做了好事 {len(content.deeds)} 件，收下了一起报积分")
    if content.labour:
        said.append(f"说了 {len(content.labour)} 人的就业情况，收下了一起登记")
    if content.promise_kind:
        said.append(f"答应{_PROMISES.get(content.promise_kind, '')}{content.promise_text}")
    return "，".join(filter(None, (*said, content.note, "有照片" if held.photo else ""))), min(
        held.day, clock.local_date(held.received_at)
    )


@require_GET
def photo(request: HttpRequest, pk: int) -> FileResponse:
    """What the visitor photographed, for who decides; once it is recorded, the photo is the visit's."""
    rows = Held.objects.visible_to(request.user, VERB).filter(visit=None).exclude(photo="")
    held = get_object_or_404(rows, pk=pk)
    return FileResponse(held.photo.open("rb"), content_type="image/jpeg", filename=f"{held.number}.jpg")


@require_POST
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Yes (`accept`, on another day if one is given) or no (`refuse`, in words)."""
    if verb not in ("accept", "refuse"):
        raise Http404
    held = get_object_or_404(Held.objects.visible_to(request.user, VERB), pk=pk)
    try:
        if verb == "refuse":
            words = request.POST.get("words", "")[:300]
            services.refuse_held(actor=request.user, held=held, words=words)
            messages.success(request, f"{held.household}这一次没有记，{held.author}会看到您写的话。")
        else:
            done = services.accept_held(actor=request.user, held=held, day=_day(request))
            assert done.visit is not None
            told = f"{held.household}的走访记上了，算{held.author}走的，回执 {done.visit.receipt}。"
            messages.success(request, told + services.late_note(done.visit))
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return redirect("visits:held")


def _day(request: HttpRequest) -> Any:
    text = request.POST.get("day", "")
    return clock.read_day(text) if text else None
