"""招聘会 on the desk: the list, the form, one fair with its assignment looked at and then sent, and its sheet on A4."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.forms import tell_form
from core.scope import NOT_YOURS, may
from core.views import DeskPage, ScopedListView
from jobs import services
from jobs.match_forms import FairForm
from jobs.models import JobFair, Match
from jobs.models.employers import BEGAN, SENT
from jobs.models.words import MANAGES
from jobs.services.scoring import judge, without_first


def fair_of(request: HttpRequest, pk: int) -> JobFair:
    rows = JobFair.objects.visible_to(request.user, MANAGES).select_related("territory", "made_by")
    return get_object_or_404(rows, pk=pk)


class Fairs(ScopedListView):
    """All of the reader's villages, the latest first."""

    verb = MANAGES
    template_name = "jobs/fairs.html"
    page_order = ("-pk",)

    def get_queryset(self) -> Any:
        rows = JobFair.objects.visible_to(self.request.user, MANAGES).select_related("territory")
        return rows.annotate(
            places=Count("vacancies", distinct=True),
            sent=Count("matches", filter=SENT, distinct=True),
            began=Count("matches", filter=BEGAN, distinct=True),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(today=clock.today(), **kwargs)


class FairNew(DeskPage):
    """办一场招聘会."""

    verb = MANAGES
    template_name = "jobs/fair_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": FairForm(actor=self.request.user), "fair": None} | kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        return _save(self, request, None)


class FairChange(DeskPage):
    """改一场招聘会."""

    verb = MANAGES
    template_name = "jobs/fair_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fair = fair_of(self.request, self.kwargs["pk"])
        form = FairForm(instance=fair, actor=self.request.user)
        kwargs.pop("pk", None)
        return super().get_context_data(**{"form": form, "fair": fair} | kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return _save(self, request, fair_of(request, pk))


def _save(page: Any, request: HttpRequest, fair: JobFair | None) -> HttpResponse:
    form = FairForm(request.POST, instance=fair, actor=request.user)
    status = 422
    if form.is_valid():
        try:
            made = services.save_fair(
                actor=request.user,
                fair=form.save(commit=False),
                vacancies=form.cleaned_data["vacancies"],
            )
        except (ValidationError, PermissionDenied) as why:
            status = tell_form(form, why)
        else:
            messages.success(request, f"“{made}”定好了。看一看谁去哪里合适，再一起推荐。")
            return redirect("matches:fair", made.pk)
    return page.render_to_response(page.get_context_data(form=form), status=status)


@dataclass(frozen=True)
class Placed:
    """One offer of a fair with whom it would have, and whom it has been sent already."""

    title: str
    vacancy: int
    room: int
    people: Sequence[tuple[Any, int, str]]
    """(seeker, points, why)"""


class FairPage(DeskPage):
    """Which places come, who was sent already and, for who asks for it, who would go where and why: of a whole town
    that takes seconds and some hundred megabytes, which a page that is only read must not cost."""

    verb = MANAGES
    template_name = "jobs/fair.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fair = fair_of(self.request, kwargs.pop("pk"))
        refused = kwargs.pop("refused", {})
        looks = bool(refused) or "look" in self.request.GET
        try:
            pairs, known = services.assigned(self.request.user, fair) if looks else ([], None)
        except ValidationError as why:
            pairs, known, refused = [], None, {"": why.messages}
        sent = list(fair.matches.whole().order_by("vacancy", "pk"))
        return super().get_context_data(
            fair=fair,
            looks=looks,
            vacancies=list(fair.vacancies.select_related("employer").with_taken().order_by("pk")),
            placed=_by_offer(pairs, known),
            number=len(pairs),
            first=sum(pair.seeker.first for pair in pairs),
            mark=services.mark_of(pairs),
            sent=sent,
            refused=refused,
            **kwargs,
        )


def _by_offer(pairs: Any, known: Any) -> list[Placed]:
    found: dict[int, list[Any]] = {}
    for pair in pairs:
        found.setdefault(pair.offer.vacancy, []).append(pair)
    return [
        Placed(
            f"{some[0].offer.employer} {some[0].offer.title}",
            vacancy,
            some[0].offer.room,
            [(pair.seeker, pair.score, judge(pair.seeker, pair.offer, known).why) for pair in some],
        )
        for vacancy, some in found.items()
    ]


@require_POST
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole list at once, as it was looked at."""
    if not may(request.user, MANAGES):
        raise PermissionDenied(NOT_YOURS)
    fair = fair_of(request, pk)
    try:
        number = services.recommend_all(actor=request.user, fair=fair, seen=request.POST.get("seen", ""))
    except (ValidationError, PermissionDenied) as why:
        told, status = refusal(why)
        page = FairPage()
        page.setup(request, pk=pk)
        context = page.get_context_data(pk=pk, refused=told)
        return render(request, FairPage.template_name, context, status=status)
    messages.success(request, f"推荐了 {number} 人。各网格打电话告诉他们，去的、不去的点开记。")
    return redirect("matches:fair", pk)


class FairSheet(DeskPage):
    """对接名单 on A4: place by place, whom it was sent, with a line to write on. It lies on employers' tables."""

    verb = MANAGES
    template_name = "jobs/fair_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fair = fair_of(self.request, kwargs.pop("pk"))
        sent = list(fair.matches.exclude(state=Match.DROPPED).whole().order_by("vacancy", "pk"))
        for match in sent:
            match.told = without_first(match.why)
        return super().get_context_data(fair=fair, sent=sent, today=clock.today(), **kwargs)
