"""The desk's pages of discipline: what may be read, one report with its story, one that came by letter; and, for the
system administrator, how many there are."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.second_factor import RequiresSecondFactor, requires_second_factor
from core.faults import refusal
from core.forms import tell_form
from core.views import DeskPage, ScopedListView
from discipline import services
from discipline.forms import EnterForm
from discipline.models import EXIST, READS, WORKS, Report
from grids.models import Territory

# Names of ReportQuerySet's adjectives.
LISTS = (("unfinished", "没办结"), ("finished", "办结的"))
OTHERS = "收下了。这一件您不能看，由别人办。"


class Reports(RequiresSecondFactor, ScopedListView):
    """The newest first. In the order of no key: a gap between keys would tell that one is left out."""

    verb = second_factor_verb = READS
    template_name = "discipline/reports.html"
    page_order = ("-received_at", "-code")
    page_size = 30

    def get_queryset(self) -> QuerySet:
        self.chosen = self.request.GET.get("list", LISTS[0][0])
        if self.chosen not in dict(LISTS):
            raise Http404
        return getattr(Report.objects.readable_by(self.request.user), self.chosen)()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        rows = [(row, row.told) for row in found["rows"]]
        places = Territory.objects.in_bulk({told.place for _, told in rows})
        readable = Report.objects.readable_by(self.request.user)
        return found | {
            "rows": [(row, told, places.get(told.place)) for row, told in rows],
            "lists": [(code, title, getattr(readable, code)().count()) for code, title in LISTS],
            "chosen": self.chosen,
        }


class ReportPage(RequiresSecondFactor, DeskPage):
    """One report: what was said, what may be done with it now, and its story."""

    verb = second_factor_verb = READS
    template_name = "discipline/report.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = fetch(self.request, kwargs.pop("uuid"))
        offers = services.offers_for(report)
        told = report.told
        return super().get_context_data(
            report=report,
            told=told,
            place=Territory.objects.filter(pk=told.place).first(),
            # Each form has a number of its own: sent twice it is one step.
            offers=[(offer, uuid4()) for offer in offers],
            steps=list(report.steps.select_related("actor")),
            offered=any(offer.code == kwargs.get("opened") for offer in offers),
            **{"refused": {}, "typed": {}, "opened": ""} | kwargs,
        )


def fetch(request: HttpRequest, uuid: UUID) -> Report:
    """A report this actor may read, or the same 404 as for none."""
    return get_object_or_404(Report.objects.readable_by(request.user), uuid=uuid)


@require_POST
@sensitive_post_parameters()
@requires_second_factor(WORKS)
def take_step(request: HttpRequest, uuid: UUID, code: str) -> HttpResponse:
    """One step; a refusal comes back at the step's own form with what was typed."""
    offer = services.OFFERS.get(code)
    if offer is None:
        raise Http404
    report = fetch(request, uuid)
    said = {"words": request.POST.get("words", "")}
    if offer.also:
        said["also"] = request.POST.get("also", "")
    try:
        step = offer.verb(actor=request.user, report=report, uuid=_number(request), **said)
    except services.Conflict as conflict:
        return _refused(request, uuid, code, ValidationError(str(conflict)))
    except (ValidationError, PermissionDenied) as refused:
        return _refused(request, uuid, code, refused)
    messages.success(request, f"{step.get_kind_display()}，记好了。")
    # Whoever has found himself in it may read it no more.
    reads = Report.objects.readable_by(request.user).filter(pk=report.pk).exists()
    return redirect("discipline:report", uuid) if reads else redirect("discipline:reports")


def _number(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.POST.get("uuid", ""))
    except ValueError:
        return None


def _refused(
    request: HttpRequest, uuid: UUID, code: str, why: ValidationError | PermissionDenied
) -> HttpResponse:
    told, status = refusal(why)
    page = ReportPage()
    page.setup(request, uuid=uuid)
    found = page.get_context_data(uuid=uuid, refused=told, typed=request.POST, opened=code)
    return render(request, ReportPage.template_name, found, status=status)


class Enter(RequiresSecondFactor, DeskPage):
    """登记来信、来电、来访."""

    verb = second_factor_verb = WORKS
    template_name = "discipline/enter.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", EnterForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EnterForm(request.POST)
        if form.is_valid():
            try:
                received = services.enter(actor=request.user, **form.said())
            except services.Conflict as conflict:
                typed = request.POST.copy()
                typed["uuid"] = str(uuid4())
                form = EnterForm(typed)
                form.add_error(None, str(conflict))
            except ValidationError as refused:
                tell_form(form, refused)
            else:
                return self._stored(received.report)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _stored(self, report: Report) -> HttpResponse:
        if not Report.objects.readable_by(self.request.user).filter(pk=report.pk).exists():
            messages.success(self.request, OTHERS)
            return redirect("discipline:reports")
        messages.success(self.request, f"登记好了，查询码 {report.code_said}，反映人来问的时候报这个码。")
        return redirect("discipline:report", report.uuid)


class Figures(RequiresSecondFactor, DeskPage):
    """反映的件数: that there are some, not what they say."""

    verb = second_factor_verb = EXIST
    template_name = "discipline/figures.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counted = services.count_reports(actor=self.request.user)
        return super().get_context_data(
            counted=counted, states=[title for _, title in Report.STATES], **kwargs
        )
