"""The desk's pages of ledgers out: choose, generate, watch, stop, download."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from accounts import second_factor
from core import clock
from core.ledger import Ledger, registry
from core.ledger.writing import XLSX
from core.periods import Month
from core.scope import may
from core.views import DeskPage, whole_number
from grids.models import Territory
from ledgers import pages, services
from ledgers.models import Job, SealedMonth


class LedgerDesk(DeskPage):
    """/desk/ledgers/ and /desk/ledgers/<slug>/: the catalogue, one ledger's form, what runs and what was made."""

    verb = "ledgers.see"
    template_name = "ledgers/desk.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        ledger = _ledger(kwargs.get("slug"))
        found = pages.places(actor, "ledgers.export")
        place = next(
            (p for p in found if str(p.pk) == self.request.GET.get("place")), pages.default_place(found)
        )
        month = self.request.GET.get("month") or pages.default_month()
        return super().get_context_data(
            shelves=pages.shelves(),
            ledger=ledger,
            places=found,
            place=place,
            months=pages.months(),
            month=month,
            month_title=_title(month),
            may_unmask=bool(ledger and ledger.masked and may(actor, "persons.unmask")),
            jobs=pages.jobs_of(actor, Job.EXPORT),
            sealed=_sealed(ledger, place, month),
            **kwargs,
        )


def _ledger(slug: str | None) -> Ledger | None:
    if slug is None:
        return next(iter(registry.all()), None)
    try:
        return registry.get(slug)
    except KeyError:
        raise Http404("no such ledger") from None


def _sealed(ledger: Ledger | None, place: Territory | None, month: str) -> SealedMonth | None:
    """The sealed version whose workbook stands for this ledger, so that the page can say so."""
    if ledger is None or place is None or ledger.period_kind != "month" or not ledger.sealable:
        return None
    return SealedMonth.objects.sealed().filter(village=place, month=month).first()


def _title(month: str) -> str:
    try:
        return f"{Month.parse(month).first.month}月"
    except ValueError:
        return ""


def _place(request: HttpRequest, verb: str) -> Territory:
    rows = Territory.objects.visible_to(request.user, verb).in_use()
    return get_object_or_404(rows, pk=whole_number(request.POST.get("place")))


@require_POST
@second_factor.requires_second_factor("ledgers.export")
def generate(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for one ledger."""
    ledger = _ledger(slug)
    if "look" in request.POST:
        return redirect(_back(ledger.slug, request, "ledgers:look"))
    asked = {"slug": ledger.slug, "territory": _place(request, "ledgers.export")}
    asked["period"] = request.POST.get("month", "") if ledger.period_kind else ""
    unmasked = request.POST.get("numbers") == "full"
    try:
        services.ask_export(
            actor=request.user, unmasked=unmasked, reason=request.POST.get("reason", ""), **asked
        )
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    return redirect(_back(ledger.slug, request))


@require_POST
@second_factor.requires_second_factor("ledgers.export")
def generate_all(request: HttpRequest) -> HttpResponse:
    """Ask for every ledger of one place and month."""
    place, month = _place(request, "ledgers.export"), request.POST.get("month", "")
    try:
        for ledger in registry.all():
            if ledger.compares:  # for another system: asked for by itself
                continue
            services.ask_export(actor=request.user, slug=ledger.slug, territory=place, period=month)
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    return redirect(_back(request.POST.get("slug", ""), request))


def _back(slug: str, request: HttpRequest, page: str = "ledgers:ledger") -> str:
    path = reverse(page, args=[slug]) if slug else reverse("ledgers:desk")
    kept = {name: request.POST[name] for name in ("place", "month") if request.POST.get(name)}
    return f"{path}?{urlencode(kept)}" if kept else path


# --- one's own jobs ---------------------------------------------------------------------------------------------------


def own_job(request: HttpRequest, pk: int, *kinds: str) -> Job:
    """Somebody else's job does not exist, whatever one's reach, nor one's own where the right has ended."""
    rows = Job.objects.of(request.user).select_related("territory", "upload", "result", "examined")
    return get_object_or_404(rows.filter(kind__in=kinds) if kinds else rows, pk=pk)


@require_GET
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """The line of one job, asked for every two seconds while it runs; once it is over the page is drawn anew."""
    found = own_job(request, pk)
    if not request.htmx:
        return redirect(page_of(found))
    answer = render(request, "ledgers/_job.html", {"job": found, "live": True})
    if not found.open():
        answer["HX-Refresh"] = "true"
    return answer


def page_of(found: Job) -> str:
    """The page on which a job is shown."""
    if found.kind == Job.EXPORT:
        return reverse("ledgers:ledger", args=[found.slug])
    return reverse("ledgers:import", args=[found.examined_id or found.pk])


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = own_job(request, pk)
    if services.stop(actor=request.user, job=found):
        messages.info(request, f"停下了，{found.title}什么都没存。")
    else:
        messages.warning(request, "已经做完，或者正在存最后几行，停不下来了。")
    return redirect(page_of(found))


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    found = own_job(request, pk)
    if found.kind == Job.EXPORT and (ask := second_factor.ask(request)):
        return ask
    try:
        found = services.again(actor=request.user, job=found, reason=request.POST.get("reason", ""))
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    return redirect(page_of(found))


@require_GET
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What a job made, for the person who asked for it."""
    found = own_job(request, pk)
    if found.kind == Job.EXPORT and (ask := second_factor.ask(request)):
        return ask
    return file_answer(found)


def file_answer(found: Job) -> HttpResponseBase:
    """The workbook as it is opened piece by piece; 404 if it is gone."""
    stored = found.result
    if found.state != Job.DONE or stored is None or stored.keep_until < clock.now():
        raise Http404("no file")
    try:
        pieces = services.open_file(stored)
    except services.FileGone:
        raise Http404("no file") from None
    answer = StreamingHttpResponse(pieces, content_type=XLSX)
    answer["Content-Disposition"] = content_disposition_header(True, stored.name) or "attachment"
    answer["Content-Length"] = str(stored.size)
    return answer
