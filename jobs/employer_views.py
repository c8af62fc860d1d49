"""用工单位 on the desk: the list, one of them with its places and its link, and the steps of it."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.forms import tell_form
from core.qr import qr_picture
from core.scope import reach_of
from core.views import DeskPage, ScopedDetailView, ScopedListView, whole_number
from grids.models import Territory
from jobs import services
from jobs.models import Employer, Vacancy
from jobs.models.words import MANAGES
from jobs.vacancy_forms import EmployerForm

LISTS = (
    (Employer.PENDING, "待审"),
    (Employer.APPROVED, "在用"),
    (Employer.CLOSED, "停了"),
    (Employer.REFUSED, "没通过"),
)


def places_of(actor: Any) -> list[Territory]:
    """Where somebody who manages employment may put an employer: his villages, and the town if it is his."""
    rows = Territory.objects.filter(
        reach_of(actor, MANAGES).q(), kind__in=(Territory.TOWN, Territory.VILLAGE)
    )
    return list(rows.in_use().in_order())


def place_out_of(request: HttpRequest, found: list[Territory], name: str = "place") -> Territory:
    """The one that was chosen; 404 for any other. Who has but one place is not asked."""
    asked = request.POST.get(name) or request.GET.get(name)
    number = whole_number(asked) if asked or len(found) != 1 else found[0].pk
    place = next((each for each in found if each.pk == number), None)
    if place is None:
        raise Http404("no such place")
    return place


class Employers(ScopedListView):
    """Every employer of the reader's places, list by list."""

    verb = MANAGES
    template_name = "jobs/employers.html"
    page_order = ("-pk",)
    page_size = 30

    @cached_property
    def chosen(self) -> str:
        asked = self.request.GET.get("list", Employer.APPROVED)
        return asked if asked in dict(LISTS) else Employer.APPROVED

    def get_queryset(self) -> QuerySet:
        rows = Employer.objects.visible_to(self.request.user, MANAGES).filter(state=self.chosen)
        alive = Q(vacancies__state=Vacancy.OPEN, vacancies__until__gte=clock.today())
        rows = rows.annotate(places=Count("vacancies", filter=alive, distinct=True))
        return rows.select_related("territory")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Employer.objects.visible_to(self.request.user, MANAGES).order_by()
        counts = dict(rows.values_list("state").annotate(Count("pk")))
        lists = [(code, title, counts.get(code, 0)) for code, title in LISTS]
        sign_up = self.request.build_absolute_uri(reverse("vacancies:sign_up"))
        return super().get_context_data(lists=lists, chosen=self.chosen, sign_up=sign_up, **kwargs)


class New(DeskPage):
    """登记用工单位 by the centre."""

    verb = MANAGES
    template_name = "jobs/employer_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {"form": EmployerForm(), "places": places_of(self.request.user), "place": None}
        return super().get_context_data(**more | kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form, found = EmployerForm(request.POST), places_of(request.user)
        place, status = place_out_of(request, found), 422
        if form.is_valid():
            try:
                made = services.sign_up_employer(actor=request.user, territory=place, **form.said())
                messages.success(request, f"{made}登记好了，接着加岗位。")
                return redirect("vacancies:employer", made.pk)
            except (ValidationError, PermissionDenied) as refused:
                status = tell_form(form, refused)
        return self.render_to_response(self.get_context_data(form=form, place=place), status=status)


class _One(ScopedDetailView):
    verb = MANAGES
    context_object_name = "employer"

    def get_queryset(self) -> QuerySet:
        rows = Employer.objects.visible_to(self.request.user, MANAGES)
        return rows.select_related("territory__parent", "made_by")


class Edit(_One):
    """改单位信息."""

    template_name = "jobs/employer_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.object
        initial = {name: getattr(row, name) for name in EmployerForm.names}
        found = super().get_context_data(**{"form": EmployerForm(initial=initial)} | kwargs)
        found["form"].fields["phone"].help_text = f"现在是 {row.phone_mask}，不改就空着"
        return found

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.object, form, status = self.get_object(), EmployerForm(request.POST), 422
        if form.is_valid():
            said = form.said()
            said["phone"] = said["phone"].strip() or None
            try:
                services.change_employer(actor=request.user, employer=self.object, **said)
                messages.success(request, "改好了。")
                return redirect("vacancies:employer", pk)
            except (ValidationError, PermissionDenied) as refused:
                status = tell_form(form, refused)
        return self.render_to_response(self.get_context_data(form=form), status=status)


class EmployerPage(_One):
    """One employer: whom to ring, its places, its own link with a QR code, and what may be done with it."""

    template_name = "jobs/employer.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        employer = self.object
        rows = Vacancy.objects.filter(employer=employer).with_taken().select_related("trade")
        link = (
            self.request.build_absolute_uri(reverse("vacancies:own", args=[employer.code]))
            if employer.code
            else ""
        )
        return super().get_context_data(
            rows=rows.order_by("-pk"),
            soon=clock.today() + dt.timedelta(days=7),
            link=link,
            qr=qr_picture(link) if link else "",
            phone=services.dial_employer(self.request.user, employer),
            waits=employer.state == Employer.PENDING,
            runs=employer.state == Employer.APPROVED,
            stopped=employer.state == Employer.CLOSED,
            **{"refused": [], "why": ""} | kwargs,
        )


Step = Callable[..., Employer]
STEPS: dict[str, tuple[Step, bool, str]] = {
    "approve": (services.approve_employer, False, "通过了。再看看它报的岗位。"),
    "refuse": (services.refuse_employer, True, "没有通过，记下了。"),
    "close": (services.close_employer, True, "停用了，它的岗位也不招了。"),
    "reopen": (services.reopen_employer, False, "重新开了。岗位还停着，要招的点进去再招；要链接的重新做。"),
    "link": (services.make_link, False, "新链接做好了，发给单位；以前的链接不能用了。"),
    "unlink": (services.take_link_away, False, "链接收回了。"),
}


@require_POST
def take_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step of an employer; a refusal comes back at its page with what was typed."""
    if code not in STEPS:
        raise Http404("no such step")
    employer = get_object_or_404(Employer.objects.visible_to(request.user, MANAGES), pk=pk)
    step, words, done = STEPS[code]
    why = request.POST.get("why", "")
    try:
        step(actor=request.user, employer=employer, **({"why": why} if words else {}))
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        page = EmployerPage()
        page.setup(request, pk=pk)
        page.object = page.get_object()
        said = [sentence for each in told.values() for sentence in each]
        return render(
            request, page.template_name, page.get_context_data(refused=said, why=why), status=status
        )
    messages.success(request, done)
    return redirect("vacancies:employer", pk)
