"""The desk's pages of 文书和卷宗: agreements, the case file of a dispute, its papers to print and as PDF, its scans."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from core import paper as pdf
from core.faults import by_field
from core.forms import tell_form
from core.scope import NOT_YOURS
from core.views import DeskPage, ScopedListView, key_of, whole_number
from disputes import paper_forms as forms
from disputes import services
from disputes.models import Agreement, Dispute, Scan, Sitting
from disputes.models.disputes import WORKS
from disputes.printing import PAPERS, Paper, paper_of, present

LISTS = (("confirm", "快到 30 天"), ("drafts", "没签完"), ("force", "生效的"), ("done", "了结的"))
# The steps of a draft, and of the agreement that stands.
OF_DRAFT, OF_STANDING = ("redraft", "sign", "unsign", "oral", "discard"), ("perform", "break", "confirm")
TEXT = ("form", "facts", "points", "terms", "performance", "perform_by")
STORED = "这张表存过一次了，写的和这次不一样。先看看存着的；要另存一份，再点一次。"
STEPS = {
    "redraft": (forms.RedraftForm, services.redraft_agreement),
    "sign": (forms.SignForm, services.sign_agreement),
    "unsign": (forms.TakeBackForm, services.take_back),
    "oral": (forms.OralForm, services.record_oral),
    "perform": (forms.PerformForm, services.perform_agreement),
    "break": (forms.BreakForm, services.break_agreement),
    "discard": (forms.DiscardForm, services.discard_agreement),
    "confirm": (forms.ConfirmForm, services.note_confirmation),
}


def fetch_worked(request: HttpRequest, pk: int) -> Dispute:
    """A dispute this actor works on: 404 for who may not read it, 403 for who reads it only."""
    dispute = get_object_or_404(Dispute.objects.readable_by(request.user).whole(), pk=pk)
    if not services.works_on(request.user, dispute):
        raise PermissionDenied(services.ones_own(request.user, dispute) or NOT_YOURS)
    return dispute


class Agreements(ScopedListView):
    """Agreements of one's villages; those first whose days for judicial confirmation end soon."""

    verb = WORKS
    model = Agreement
    template_name = "disputes/agreements.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.chosen = request.GET.get("list", "confirm")
        if self.chosen not in dict(LISTS):
            raise Http404
        self.page_order = ("confirm_by", "pk") if self.chosen == "confirm" else ("-pk",)

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset().listed(self.chosen)
        return rows.select_related("dispute__territory__parent", "village")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Agreement.objects.visible_to(self.request.user, WORKS)
        counts = {code: mine.listed(code).count() for code, _ in LISTS[:-1]}
        lists = [(code, title, counts.get(code)) for code, title in LISTS]
        return super().get_context_data(lists=lists, chosen=self.chosen, **kwargs)


class Papers(DeskPage):
    """文书和卷宗 of one dispute: the agreement and its next step, the thirteen items, what is missing."""

    verb = WORKS
    template_name = "disputes/papers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        dispute = fetch_worked(self.request, kwargs.pop("pk"))
        rows = dispute.agreements.select_related("village", "replaces__village").prefetch_related(
            "signatures"
        )
        agreements = list(rows.order_by("-pk"))
        now = next((each for each in agreements if each.state == Agreement.DRAFTED), None)
        standing = next((each for each in agreements if each.state in Agreement.STANDING), None)
        lines = services.case_file(dispute, self.request.user)
        bound = kwargs.pop("form", None)
        # The agreement that it was typed for may have gone another way meanwhile, and its forms with it.
        lost = bound and not {OF_DRAFT: now, OF_STANDING: standing}.get(_kind_of(bound), True)
        offered = _forms(self.request.user, dispute, now, standing)
        if lost and bound.code == "redraft" and "draft" in offered:
            offered["draft"] = forms.DraftForm(dispute=dispute, initial=_text_of(bound))
        return super().get_context_data(
            dispute=dispute,
            draft=now,
            lacking=services.lacking(now) if now and not now.is_oral else [],
            standing=standing,
            older=[each for each in agreements if each not in (now, standing)],
            lines=lines,
            missing=services.missing_of(lines),
            papers=_papers(dispute),
            readings=services.scan_readings(dispute),
            forms=offered | ({bound.code: bound} if bound and not lost else {}),
            opened=("draft" if lost else bound.code) if bound else "",
            lost=bound if lost else None,
            **kwargs,
        )


def _kind_of(form: forms.PaperForm) -> tuple[str, ...]:
    """What the form needs to have a place on the page."""
    return next((kind for kind in (OF_DRAFT, OF_STANDING) if form.code in kind), ())


def _text_of(form: forms.PaperForm) -> dict[str, Any]:
    """The text of an agreement as it was typed, for a new one."""
    return {name: form[name].value() for name in TEXT if form[name].value()}


def _papers(dispute: Dispute) -> list[dict[str, Any]]:
    return [{"paper": each, "lack": each.lack(dispute)} for each in PAPERS.values()]


def _forms(
    actor: Any, dispute: Dispute, draft: Agreement | None, standing: Agreement | None
) -> dict[str, Any]:
    """What can be done now; a form that is not among them is not shown."""
    closed = services.closed_items(actor, dispute)
    found: dict[str, Any] = {"scan": forms.ScanForm(dispute=dispute, closed=closed)}
    if dispute.parties.exists():
        found["rights"] = forms.RightsForm(dispute=dispute)
    if dispute.state == Dispute.IN_HAND:
        found["summon"] = forms.SummonForm(dispute=dispute)
    if draft:
        about: dict[str, Any] = {"dispute": dispute, "agreement": draft}
        found["redraft"] = forms.RedraftForm(**about)
        if draft.is_oral:
            found["oral"] = forms.OralForm(**about)
        else:
            found["sign"] = forms.SignForm(**about)
        found["discard"] = forms.DiscardForm(dispute=dispute)
        if services.signed_so_far(draft):
            found["unsign"] = forms.TakeBackForm(**about)
    elif dispute.state in (Dispute.IN_HAND, Dispute.AGREED):
        known = {name: getattr(standing, name) for name in TEXT} if standing else {}
        known = known or {"terms": _agreed(actor, dispute)}
        found["draft"] = forms.DraftForm(dispute=dispute, initial=known)
    if standing:
        if standing.state in (Agreement.IN_FORCE, Agreement.BROKEN):
            found["perform"] = forms.PerformForm(dispute=dispute)
        if standing.state == Agreement.IN_FORCE:
            found["break"] = forms.BreakForm(dispute=dispute)
        if standing.confirmation not in (Agreement.CONFIRMED, Agreement.REFUSED):
            found["confirm"] = forms.ConfirmForm(dispute=dispute)
    return found


def _agreed(actor: Any, dispute: Dispute) -> str:
    """What the last sitting agreed on, so that nobody types it again: for who may read its minutes, and read it was."""
    rows = Sitting.objects.filter(panel__dispute=dispute, outcome=Sitting.AGREED).order_by("-ended_at")
    last = rows.values_list("pk", flat=True).first()
    sitting = Sitting.objects.readable_by(actor).whole().filter(pk=last).first() if last else None
    return services.read_minutes(actor=actor, sitting=sitting).conclusion if sitting else ""


def _take(request: HttpRequest, pk: int, form: Any, verb: Any, done: Any, **about: Any) -> HttpResponse:
    """One verb with what was typed; what is wrong comes back at its field, and nothing typed is lost."""
    status = 422
    if form.is_valid():
        try:
            made = verb(actor=request.user, **about, **form.said())
        except services.Conflict:
            form.renew()
            form.add_error(None, STORED)
        except PermissionDenied as refused:
            form.add_error(None, str(refused) or NOT_YOURS)
            status = 403
        except ValidationError as refused:
            if form.version and form.version in by_field(refused):
                form.look_at(Agreement.objects.get(pk=about["agreement"].pk))
            tell_form(form, refused)
        else:
            messages.success(request, done(made))
            return redirect("disputes:papers", pk)
    page = Papers()
    page.setup(request, pk=pk)
    return render(request, Papers.template_name, page.get_context_data(pk=pk, form=form), status=status)


@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """A new agreement, or the version that shall take the place of the one in force."""
    dispute = fetch_worked(request, pk)
    form = forms.DraftForm(request.POST, dispute=dispute)
    done = "{0} 起草好了，请当事人签字。".format
    return _take(request, pk, form, services.draft_agreement, done, dispute=dispute)


@require_POST
def agreement_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step of one agreement."""
    if code not in STEPS:
        raise Http404
    readable = Dispute.objects.readable_by(request.user)
    agreement = get_object_or_404(Agreement.objects.filter(dispute__in=readable), pk=pk)
    dispute = fetch_worked(request, agreement.dispute_id)
    kind, verb = STEPS[code]
    more = {"agreement": agreement} if code in ("redraft", "sign", "unsign", "oral") else {}
    form = kind(request.POST, dispute=dispute, **more)

    def done(made: Agreement) -> str:
        if made.state != Agreement.DRAFTED:
            services.count_paper(dispute, "agreement")
        if code in ("sign", "unsign") and made.state == Agreement.DRAFTED:
            return f"记好了。{made} 还没生效，还差：{'、'.join(services.lacking(made))}。"
        return f"{made} {made.get_state_display()}，记好了。"

    return _take(request, dispute.pk, form, verb, done, agreement=agreement)


@require_POST
def summon(request: HttpRequest, pk: int) -> HttpResponse:
    dispute = fetch_worked(request, pk)
    form = forms.SummonForm(request.POST, dispute=dispute)

    def done(made: Any) -> str:
        services.count_paper(dispute, "summons")
        return "记好了，可以打印通知书了。"

    return _take(request, pk, form, services.summon, done, dispute=dispute)


@require_POST
def tell_rights(request: HttpRequest, pk: int) -> HttpResponse:
    dispute = fetch_worked(request, pk)
    form = forms.RightsForm(request.POST, dispute=dispute)

    def done(made: Any) -> str:
        services.count_paper(dispute, "rights")
        return "记好了。"

    return _take(request, pk, form, services.tell_rights, done, dispute=dispute)


@require_POST
def add_scan(request: HttpRequest, pk: int) -> HttpResponse:
    dispute = fetch_worked(request, pk)
    closed = services.closed_items(request.user, dispute)
    form = forms.ScanForm(request.POST, request.FILES, dispute=dispute, closed=closed)
    return _take(request, pk, form, services.keep_scan, lambda made: "放进卷宗了。", dispute=dispute)


def _scans(request: HttpRequest) -> QuerySet:
    readable = Dispute.objects.readable_by(request.user)
    return Scan.objects.filter(dispute__in=readable).select_related("dispute")


@require_GET
def download_scan(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, for who works on the dispute, to be kept and not to be opened in the page."""
    scan = get_object_or_404(_scans(request), pk=pk)
    fetch_worked(request, scan.dispute_id)
    if (pieces := services.read_scan(actor=request.user, scan=scan)) is None:
        if scan.kind:
            messages.error(request, "这份扫描件不在服务器上了，再扫一次放进来。")
        return redirect("disputes:papers", scan.dispute_id)
    kind = {Scan.PDF: "application/pdf", Scan.JPEG: "image/jpeg"}[scan.kind]
    answer = StreamingHttpResponse(pieces, content_type=kind)
    name = f"{scan.dispute.number} {services.ITEMS[scan.item].title}.{scan.kind}"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["Content-Length"] = str(scan.size)
    return answer


@require_POST
def remove_scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it out; pressed again, or after somebody else, it is out."""
    scan = _scans(request).filter(pk=pk).first()
    dispute = fetch_worked(request, scan.dispute_id if scan else key_of(request.POST.get("dispute", "")))
    if scan is not None:
        services.remove_scan(actor=request.user, scan=scan)
    messages.success(request, "从卷宗里去掉了。")
    return redirect("disputes:papers", dispute.pk)


def _paper(request: HttpRequest, pk: int, code: str) -> tuple[Dispute, Paper, dict[str, Any] | None]:
    """The dispute, the paper, and what stands on it: None if something is needed first."""
    if (paper := PAPERS.get(code)) is None:
        raise Http404
    dispute = fetch_worked(request, pk)
    asked = request.GET.get("version")
    if (lack := paper.lack(dispute)) and not (asked and paper.code == "agreement"):
        messages.error(request, f"{paper.title}还不能打印：{lack}")
        return dispute, paper, None
    if code == "contents":
        services.count_file(dispute)
    found = paper_of(paper, dispute, whole_number(asked) if asked else None)
    if found is None:
        raise Http404
    return dispute, paper, found


def _is_filed(dispute: Dispute, found: dict[str, Any]) -> bool:
    """Whether it is the present one, and no version that another has taken the place of."""
    shown = found.get("agreement")
    return shown is None or shown == present(dispute.agreements.all())


@require_GET
def print_paper(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One paper, for the browser to print."""
    dispute, paper, found = _paper(request, pk, code)
    if found is None:
        return redirect("disputes:papers", pk)
    if _is_filed(dispute, found) and not services.is_counted(dispute, code):
        services.count_paper(dispute, code, found)
    return render(request, f"disputes/papers/{paper.code}.html", found)


@require_GET
def paper_pdf(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The same as a file to keep; where this machine cannot make one, the page says what to install."""
    dispute, paper, found = _paper(request, pk, code)
    if found is None:
        return redirect("disputes:papers", pk)
    try:
        made = pdf.pdf_of(render_to_string(f"disputes/papers/{paper.code}.html", found | {"filed": True}))
    except pdf.NoPdf as lacking:
        messages.error(request, str(lacking))
        return redirect("disputes:papers", pk)
    if _is_filed(dispute, found) and not services.is_counted(dispute, code):
        services.count_paper(dispute, code, found)
    answer = HttpResponse(made, content_type="application/pdf")
    name = f"{dispute.number} {paper.title}.pdf"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer
