"""The desk's pages of rosters in: choose a file, see what would become of it, then save it or not."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import second_factor
from core import clock
from core.faults import by_field
from core.ledger import registry
from core.ledger.writing import XLSX
from core.scope import must
from core.views import whole_number
from grids.models import Territory
from ledgers import pages, services
from ledgers.models import Job
from ledgers.uploads import takes_upload
from ledgers.views import own_job

STEPS = ("选文件", "核对", "存入")
COMPARING = ("选文件", "对账")
TABS = ("faults", "warnings", "changes")


def _form(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    found = pages.places(request.user, "imports.run")
    context = {
        "steps": STEPS,
        "step": 1,
        "kinds": [ledger for ledger in registry.all() if ledger.importable],
        "places": found,
        "place": pages.default_place(found),
        "jobs": pages.jobs_of(request.user, Job.EXAMINE),
        "most": services.MOST_BYTES,
        "too_large": services.TOO_LARGE,
    }
    return render(request, "ledgers/imports.html", context | more, status=status)


def _refuse(request: HttpRequest) -> HttpResponse:
    must(request.user, "imports.run")
    return _form(request, 413, faults={"file": [services.TOO_LARGE]})


@takes_upload(_refuse)
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """/desk/imports/: the form, and what was examined lately."""
    must(request.user, "imports.run")
    if request.method == "GET":
        return _form(request, typed={"slug": request.GET.get("slug", "")})
    typed = {"slug": request.POST.get("slug", ""), "as_of": request.POST.get("as_of", "")}
    try:
        job = services.ask_examine(
            actor=request.user,
            slug=typed["slug"],
            territory=_place(request),
            upload=_file(request),
            name=request.FILES["file"].name or "",
            as_of=_day(typed["as_of"]),
        )
    except ValidationError as fault:
        return _form(request, 422, faults=by_field(fault, "file"), typed=typed)
    return redirect("ledgers:import", job.pk)


def _place(request: HttpRequest) -> Territory:
    rows = Territory.objects.visible_to(request.user, "imports.run").in_use()
    return get_object_or_404(rows, pk=whole_number(request.POST.get("place")))


def _file(request: HttpRequest) -> Any:
    if "file" not in request.FILES:
        raise ValidationError({"file": "选一个文件。"})
    return request.FILES["file"].file


def _day(text: str) -> dt.date | None:
    return clock.read_day(text, "as_of") if text else None


@require_GET
def blank(request: HttpRequest, slug: str) -> HttpResponse:
    """The empty workbook of a ledger that can come in: headings, formats, drop-down lists, a page that explains."""
    must(request.user, "imports.run")
    ledger = next((each for each in registry.all() if each.slug == slug and each.importable), None)
    if ledger is None:
        raise Http404("no such ledger")
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / "blank.xlsx"
        ledger.write_template(path)
        answer = HttpResponse(path.read_bytes(), content_type=XLSX)
    answer["Content-Disposition"] = (
        content_disposition_header(True, f"{ledger.title}（空表）.xlsx") or "attachment"
    )
    return answer


@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """/desk/imports/<pk>/: what would be new, changed, unchanged or at fault; 现在一行都还没存."""
    job = own_job(request, pk, Job.EXAMINE)
    commits = Job.objects.of(request.user).filter(examined=job).order_by("-pk")
    commit = commits.first()
    report = job.report
    compares = bool(job.ledger and job.ledger.compares)
    first = "faults" if report.get("faults_total") else "warnings" if compares else "changes"
    tab = request.GET.get("tab") or first
    if tab not in TABS:
        raise Http404("no such tab")
    saved = commit is not None and commit.state == Job.DONE
    context = {
        "steps": COMPARING if compares else STEPS,
        "step": 3 if saved else 2,
        "job": job,
        "commit": commit,
        "saved": saved,
        "report": report,
        "tab": tab,
        "compares": compares,
        "tabs": not compares or bool(report.get("faults_total") or report.get("warnings_total")),
        "choosing": job.state == Job.DONE and job.upload and not (commit and (saved or commit.open())),
    }
    return render(request, "ledgers/preview.html", context)


@require_POST
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the three: mend first (the marked workbook), save the faultless units, save all."""
    job = own_job(request, pk, Job.EXAMINE)
    how = request.POST.get("how", "")
    if how == "mend":
        return redirect("ledgers:download", job.pk)
    if how not in ("good", "all"):
        messages.error(request, "先选一种办法。")
        return redirect("ledgers:import", job.pk)
    if job.ledger and job.ledger.approves and (asked := second_factor.ask(request)):
        return asked
    try:
        services.ask_commit(actor=request.user, examined=job, skip_bad=how == "good")
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    return redirect("ledgers:import", job.pk)


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Not imported after all."""
    job = own_job(request, pk, Job.EXAMINE)
    try:
        services.drop(actor=request.user, examined=job)
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
        return redirect("ledgers:import", job.pk)
    messages.info(request, "没有导入，传来的表已经删了。")
    return redirect("ledgers:imports")
