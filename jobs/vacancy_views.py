"""岗位 on the desk: what is open, waits, is over or closed; one of them and its steps; the poster of a village."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from core.calling import number_to_call
from core.faults import refusal
from core.forms import tell_form
from core.qr import qr_picture
from core.scope import may
from core.views import DeskPage, ScopedDetailView, ScopedListView
from jobs import services
from jobs.models import Employer, Vacancy
from jobs.models.words import MANAGES, SEES
from jobs.offers import offered_at, readable, sendable, where_to_say_it
from jobs.services.reading import villages_of
from jobs.vacancy_forms import VacancyForm

SOON = dt.timedelta(days=7)
ON_A_SHEET = 14  # so many places at most on one poster: what can be read from two steps away


def lists_of(rows: QuerySet) -> dict[str, tuple[str, QuerySet]]:
    """What the tabs show: title and rows, by the code of the tab."""
    today = clock.today()
    gone = Q(state__in=(Vacancy.CLOSED, Vacancy.REFUSED)) | Q(employer__state=Employer.CLOSED)
    return {
        "open": ("在招", rows.open()),  # type: ignore[attr-defined]
        "pending": ("待审", rows.filter(state=Vacancy.PENDING)),
        "over": ("过期了", rows.filter(state=Vacancy.OPEN, until__lt=today)),
        "closed": ("不招了", rows.filter(gone)),
    }


class Vacancies(ScopedListView):
    """Every place of the reader's villages: how many are taken of how many, and to which day."""

    verb = SEES
    template_name = "jobs/vacancies.html"
    page_order = ("-pk",)
    page_size = 30

    @cached_property
    def lists(self) -> dict[str, tuple[str, QuerySet]]:
        return lists_of(readable(self.request.user))

    @cached_property
    def chosen(self) -> str:
        asked = self.request.GET.get("list", "open")
        return asked if asked in self.lists else "open"

    def get_queryset(self) -> QuerySet:
        rows = self.lists[self.chosen][1].with_taken()  # type: ignore[attr-defined]
        return rows.select_related("employer", "trade", "territory", "village")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lists = [(code, title, rows.count()) for code, (title, rows) in self.lists.items()]
        villages = villages_of(self.request.user)
        return super().get_context_data(
            lists=lists,
            chosen=self.chosen,
            soon=clock.today() + SOON,
            manages=may(self.request.user, MANAGES),
            villages=villages,
            public=self.request.build_absolute_uri(reverse("vacancies:public")),
            **kwargs,
        )


class New(DeskPage):
    """发岗位 for an employer that is in use."""

    verb = MANAGES
    template_name = "jobs/vacancy_form.html"

    @cached_property
    def employer(self) -> Employer:
        rows = Employer.objects.visible_to(self.request.user, MANAGES).approved()
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        first = VacancyForm.fresh() | {"age_low": 16}
        return super().get_context_data(
            employer=self.employer, **{"form": VacancyForm(initial=first)} | kwargs
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form, status = VacancyForm(request.POST), 422
        if form.is_valid():
            try:
                made = services.offer_vacancy(actor=request.user, employer=self.employer, **form.said())
                messages.success(request, "发出来了，大家都看得到。")
                return redirect("vacancies:vacancy", made.pk)
            except (ValidationError, PermissionDenied) as refused:
                status = tell_form(form, refused)
        return self.render_to_response(self.get_context_data(form=form), status=status)


class _One(ScopedDetailView):
    verb = SEES
    context_object_name = "vacancy"

    def get_queryset(self) -> QuerySet:
        rows = readable(self.request.user).with_taken().with_sent()
        return rows.select_related("employer__territory", "trade", "territory", "village", "made_by")


class Edit(_One):
    """改岗位."""

    verb = MANAGES
    template_name = "jobs/vacancy_form.html"

    def get_queryset(self) -> QuerySet:
        rows = Vacancy.objects.visible_to(self.request.user, MANAGES)
        return rows.select_related("employer__territory")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = VacancyForm(initial=VacancyForm.of(self.object))
        return super().get_context_data(employer=self.object.employer, **{"form": form} | kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.object, form, status = self.get_object(), VacancyForm(request.POST), 422
        if form.is_valid():
            try:
                services.change_vacancy(actor=request.user, vacancy=self.object, **form.said())
                messages.success(request, "改好了。")
                return redirect("vacancies:vacancy", pk)
            except (ValidationError, PermissionDenied) as refused:
                status = tell_form(form, refused)
        return self.render_to_response(self.get_context_data(form=form), status=status)


class VacancyPage(_One):
    """One place: what it asks and pays, how many were sent and have begun, and what may be done with it."""

    template_name = "jobs/vacancy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.object
        manages = may(self.request.user, MANAGES, row.territory)
        again = clock.today() + dt.timedelta(days=30)
        return super().get_context_data(
            manages=manages,
            soon=clock.today() + SOON,
            waits=row.state == Vacancy.PENDING,
            runs=row.state == Vacancy.OPEN,
            ended=row.state == Vacancy.CLOSED,
            alive=row.state == Vacancy.OPEN and not row.is_over and row.employer.state == Employer.APPROVED,
            matches=sendable(self.request.user).filter(pk=row.pk).exists(),
            **{"refused": [], "why": "", "until": again.isoformat()} | kwargs,
        )


Step = Callable[..., Vacancy]
STEPS: dict[str, tuple[Step, str, str]] = {
    "approve": (services.approve_vacancy, "", "通过了，大家都看得到。"),
    "refuse": (services.refuse_vacancy, "why", "没有通过，记下了。"),
    "close": (services.close_vacancy, "why", "不招了，记下了。"),
    "reopen": (services.reopen_vacancy, "until", "又开始招了。"),
}


@require_POST
def take_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step of a place; a refusal comes back at its page with what was typed."""
    if code not in STEPS:
        raise Http404("no such step")
    row = get_object_or_404(readable(request.user), pk=pk)
    step, wants, done = STEPS[code]
    typed = {name: request.POST.get(name, "") for name in ("why", "until")}
    try:
        said: dict[str, Any] = {}
        if wants:
            said[wants] = clock.read_day(typed[wants], wants) if wants == "until" else typed[wants]
        step(actor=request.user, vacancy=row, **said)
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        page = VacancyPage()
        page.setup(request, pk=pk)
        page.object = page.get_object()
        lines = [sentence for each in told.values() for sentence in each]
        context = page.get_context_data(refused=lines, why=typed["why"], **_kept(typed))
        return render(request, page.template_name, context, status=status)
    messages.success(request, done)
    return redirect("vacancies:vacancy", pk)


def _kept(typed: dict[str, str]) -> dict[str, str]:
    return {"until": typed["until"]} if typed["until"] else {}


class Poster(DeskPage):
    """The sheet for a village's wall: its open places in big letters, those of the village before the town's, whom to
    ask, and a QR of the public page."""

    verb = SEES
    template_name = "jobs/poster.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = villages_of(self.request.user).select_related("parent")
        village = get_object_or_404(rows, pk=self.kwargs["pk"])
        here = Case(When(Q(territory=village) | Q(village=village), then=0), default=1)
        found = list(offered_at(village).order_by(here, "-pk")[: ON_A_SHEET + 1])
        address = f"{reverse('vacancies:public')}?village={village.pk}"
        return super().get_context_data(
            village=village,
            rows=found[:ON_A_SHEET],
            more=len(found) > ON_A_SHEET,
            qr=qr_picture(self.request.build_absolute_uri(address)),
            hotline=number_to_call(village),
            where=where_to_say_it(village),
            today=clock.today(),
            **kwargs,
        )
