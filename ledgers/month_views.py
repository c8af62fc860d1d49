"""The desk's pages of sealed months: a year of every village, one village's month, what is packed and downloaded."""

import errno
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from accounts import second_factor
from core import clock
from core.ledger.writing import XLSX
from core.periods import Month, Year
from core.scope import NOT_YOURS, may
from core.views import DeskPage, whole_number
from grids.models import Territory
from ledgers import pages, services
from ledgers.files import FileGone, open_path
from ledgers.keeping import may_have, may_have_all
from ledgers.models import Package, SealedFile, SealedMonth
from ledgers.packing import month_that_ended
from ledgers.running import DISK_FULL
from ledgers.year import counted, year_of

SHOWN = 100  # differences on the page; the sheet has all


class MonthsPage(DeskPage):
    """/desk/months/: every village's twelve months, what waits to be sealed, what was packed."""

    verb = "ledgers.see"
    template_name = "ledgers/months.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, this = self.request.user, Year.of(clock.today())
        year = self._year(this)
        villages = list(Territory.objects.visible_to(actor, self.verb).villages().in_use().in_order())
        rows = SealedMonth.objects.visible_to(actor, self.verb).current()
        submitted = rows.filter(state=SealedMonth.SUBMITTED).select_related("village", "submitted_by")
        packages = Package.objects.visible_to(actor, "ledgers.export").select_related("territory")
        ended = month_that_ended() or Month.of(clock.today()).previous
        return super().get_context_data(
            year=year,
            before=year.previous if self._began(villages, year.previous) else None,
            after=year.next if year < this else None,
            villages=year_of(villages, rows, year),
            counted=counted(rows, year),
            submitted=submitted.order_by("month", "village__code"),
            may_seal=may(actor, "months.seal"),
            owed=list(self._owed(actor, ended)),
            packages=packages.order_by("-month", "territory__code")[:24],
            places=pages.places(actor, "ledgers.export"),
            months=pages.months(),
            month=str(ended),
            **kwargs,
        )

    def _year(self, this: Year) -> Year:
        try:
            return Year.parse(self.request.GET.get("year") or str(this))
        except ValueError:
            raise Http404("no such year") from None

    @staticmethod
    def _began(villages: list[Territory], year: Year) -> bool:
        return any(village.start_month and village.start_month <= year.last for village in villages)

    @staticmethod
    def _owed(actor: Any, ended: Month) -> Iterator[tuple[Territory, Month]]:
        """Villages whose secretary this is and whose last month she has not submitted yet."""
        mine = services.villages_of_month(ended).visible_to(actor, "months.submit")
        done = SealedMonth.objects.current().filter(month=str(ended)).exclude(state=SealedMonth.PROVISIONAL)
        for village in mine.in_use().exclude(pk__in=done.values("village")):
            yield village, ended


class MonthPage(DeskPage):
    """One village's month: how far it is, its versions with their files, what was done since."""

    verb = "ledgers.see"
    template_name = "ledgers/month.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        village, month = _village(self.request, kwargs["pk"], self.verb), _month(kwargs["month"])
        versions = list(
            SealedMonth.objects.filter(village=village, month=str(month))
            .select_related("village", "submitted_by", "sealed_by", "reopened_by")
            .prefetch_related("files")
            .order_by("-version")
        )
        current = next((row for row in versions if row.state != SealedMonth.REOPENED), None)
        exports = may(actor, "ledgers.export", village)
        differences = []
        # They tell of every ledger of the month.
        if exports and may_have_all(actor, village) and current and current.state == SealedMonth.SEALED:
            differences = list(islice(services.compare(current), SHOWN + 1))
        over = month < Month.of(clock.today())
        state = current.state if current else SealedMonth.PROVISIONAL
        for file in (file for row in versions for file in row.files.all()):
            file.hers = exports and may_have(actor, file)
        return super().get_context_data(
            village=village,
            period=month,
            over=over,
            opens=month.next.first,
            current=current,
            state=state,
            sealed=[row for row in versions if row.sealed_at],
            exports=exports,
            may_submit=over and state == SealedMonth.PROVISIONAL and may(actor, "months.submit", village),
            may_seal=over and state == SealedMonth.SUBMITTED and may(actor, "months.seal", village),
            may_reopen=state == SealedMonth.SEALED and may(actor, "months.seal", village),
            differences=differences[:SHOWN],
            more=len(differences) > SHOWN,
            **kwargs,
        )


def _village(request: HttpRequest, pk: int, verb: str) -> Territory:
    return get_object_or_404(Territory.objects.visible_to(request.user, verb).villages(), pk=pk)


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise Http404("no such month") from None


def _back(village: Territory, month: Month) -> HttpResponse:
    return redirect(reverse("ledgers:month", args=[village.pk, str(month)]))


# --- verbs ------------------------------------------------------------------------------------------------------------


@require_POST
def submit(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """The secretary's one button."""
    village, period = _village(request, pk, "months.submit"), _month(month)
    try:
        services.submit_month(actor=request.user, village=village, month=period)
        messages.success(request, f"{period.title}报上去了，等镇办公室封存。")
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return _back(village, period)


@require_POST
@second_factor.requires_second_factor("months.seal")
def seal(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """The town's."""
    village, period = _village(request, pk, "months.seal"), _month(month)
    try:
        row = services.seal_month(actor=request.user, village=village, month=period)
        messages.success(request, f"{village}{period.title}封存了，第 {row.version} 版。")
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    except OSError as broken:
        if broken.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        messages.error(request, DISK_FULL)
    return _back(village, period)


@require_POST
@second_factor.requires_second_factor("months.seal")
def reopen(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """Open a sealed month again, with a reason."""
    village, period = _village(request, pk, "months.seal"), _month(month)
    try:
        row = services.reopen_month(
            actor=request.user, village=village, month=period, reason=request.POST.get("reason", "")
        )
        messages.success(
            request, f"重新打开了。村里再报、镇里再封，就是第 {row.version} 版；以前的版都还在。"
        )
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return _back(village, period)


@require_POST
@second_factor.requires_second_factor("ledgers.export")
def pack(request: HttpRequest) -> HttpResponse:
    """Ask for the package of a place and month."""
    rows = Territory.objects.visible_to(request.user, "ledgers.export").in_use()
    place = get_object_or_404(rows, pk=whole_number(request.POST.get("place")))
    try:
        month = services.month_named(request.POST.get("month", ""))
        services.ask_package(actor=request.user, territory=place, month=month)
        messages.success(request, f"{place}{month.title}的台账包在做，做好了在下面下载。")
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return redirect("ledgers:months")


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Count the differences of sealed months now, and not only at night."""
    services.ask_count(actor=request.user)
    messages.success(request, "在数了，过一会儿刷新这一页。还没变的话，夜里总会数。")
    return redirect("ledgers:months")


# --- files ------------------------------------------------------------------------------------------------------------


@require_GET
@second_factor.requires_second_factor("ledgers.export")
def sealed_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A sealed workbook, of whatever version, byte for byte; one that was changed is not given out."""
    rows = SealedFile.objects.visible_to(request.user, "ledgers.export").select_related("of__village")
    file = get_object_or_404(rows, pk=pk)
    if not may_have(request.user, file):
        raise PermissionDenied(NOT_YOURS)
    try:
        pieces = services.open_kept(file)
    except services.NotAsSealed as refused:
        messages.error(request, "".join(refused.messages))
        return _back(file.of.village, file.of.period)
    stem, dot, ending = file.name.rpartition(".")
    name = file.name if file.of.version == 1 else f"{stem}-第{file.of.version}版{dot}{ending}"
    return _download(pieces, name, file.size, XLSX)


@require_GET
@second_factor.requires_second_factor("ledgers.export")
def package(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The newest package that is whole."""
    found = get_object_or_404(Package.objects.visible_to(request.user, "ledgers.export"), pk=pk)
    if not may_have_all(request.user, found.territory):
        raise PermissionDenied(NOT_YOURS)
    try:
        pieces = open_path(found.path) if found.path else None
    except FileGone:
        pieces = None
    if pieces is None:
        messages.error(request, "这个包不在了，再做一次。")
        return redirect("ledgers:months")
    return _download(pieces, found.name, found.size, "application/zip")


def _download(pieces: Iterator[bytes], name: str, size: int, kind: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["Content-Length"] = str(size)
    return answer
