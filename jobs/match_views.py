"""The desk's pages of matches: the lists by stage, one match with its story and buttons, the best for a person and for
a place with the reasons."""

from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, ScopedListView, key_of, whole_number
from grids.models import Person, Territory
from grids.services import dial
from jobs import services
from jobs.desk_pages import place_of
from jobs.match_forms import read_step
from jobs.models import Match, Vacancy
from jobs.models.words import MANAGES, NOTES_LABOUR, SEES, SEES_LABOUR
from jobs.offers import readable, sendable

RUNNING, ASK, OFF, ALL = "running", "ask", "off", "all"
LISTS: dict[str, tuple[str, Q]] = {
    RUNNING: ("正在对接", Q(state__in=Match.RUNNING)),
    ASK: ("该回访", Q(state=Match.STARTED)),
    Match.STARTED: ("到岗", Q(state=Match.STARTED)),
    Match.KEPT: ("稳岗", Q(state=Match.KEPT)),
    OFF: ("没成、离岗", Q(state__in=Match.ENDED)),
    ALL: ("全部", Q()),
}
TOLD = (RUNNING, ASK)  # lists whose number stands beside their name


def of_list(rows: Any, code: str) -> Any:
    """Which of these matches one of the lists shows."""
    return rows.to_be_asked() if code == ASK else rows.filter(LISTS[code][1])


class Matches(ScopedListView):
    """Lists by stage; what waits longest first, what is over newest first."""

    verb = SEES
    template_name = "jobs/matches.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.chosen = request.GET.get("list", RUNNING)
        if self.chosen not in LISTS:
            raise Http404
        self.page_order = {RUNNING: ("pk",), ASK: ("ask_on", "pk")}.get(self.chosen, ("-pk",))

    @cached_property
    def narrowed(self) -> Any:
        rows = Match.objects.readable_by(self.request.user)
        return rows.at(self.place) if self.place else rows

    def get_queryset(self) -> QuerySet:
        return of_list(self.narrowed, self.chosen).whole()

    @cached_property
    def places(self) -> list[Territory]:
        """The reader's villages; his only one and its grids."""
        return places_of(self.request.user)

    @cached_property
    def place(self) -> Territory | None:
        return place_of(self.request, self.places)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        services.say_why(self.request.user, found["rows"])
        counts = {code: of_list(self.narrowed, code).count() for code in TOLD}
        kept = urlencode({"place": self.place.pk} if self.place else {})
        return found | {
            "lists": [(code, title, counts.get(code)) for code, (title, _) in LISTS.items()],
            "chosen": self.chosen,
            "places": self.places,
            "place": self.place,
            "kept": kept,
            "today": clock.today(),
        }


def places_of(actor: Any) -> list[Territory]:
    rows = Territory.objects.in_use().filter(reach_of(actor, SEES).q()).in_order()
    places = list(rows.select_related("parent").exclude(kind=Territory.TOWN))
    villages = [each for each in places if each.kind == Territory.VILLAGE]
    return villages if len(villages) > 1 else places


# --- one match --------------------------------------------------------------------------------------------------------


def match_of(request: HttpRequest, pk: int) -> Match:
    return get_object_or_404(Match.objects.readable_by(request.user).whole(), pk=pk)


class MatchPage(DeskPage):
    """Who, where, why, how it went, and what may be done now."""

    verb = SEES
    template_name = "jobs/match.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        match = match_of(self.request, kwargs.pop("pk"))
        steps = services.steps_for(actor, match)
        services.say_why(actor, [match])
        moves = list(match.steps.select_related("actor"))
        base = {"opened": "", "refused": {}, "typed": {}}
        return super().get_context_data(
            match=match,
            steps=steps,
            moves=moves,
            slip=moves[-1] if services.may_take_back(actor, match, moves[-1]) else None,
            phone=dial(actor, match.person.household),
            knows_person=may(actor, SEES_LABOUR, match.territory),
            reasons=Match.REASONS,
            today=clock.today(),
            offered={step.code for step in steps},
            step_titles={"recommend": "推荐"} | {step.code: step.button for step in services.STEPS.values()},
            **base | kwargs,
        )


@require_POST
def step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One press: the next step, or the page again with what was wrong and what was typed."""
    if not (may(request.user, MANAGES) or may(request.user, NOTES_LABOUR)):
        raise PermissionDenied(NOT_YOURS)
    match = match_of(request, pk)
    asked = services.STEPS.get(code)
    if asked is None:
        raise Http404
    return _pressed(
        request,
        pk,
        code,
        lambda: services.take(
            actor=request.user, match=match, step=asked, said=read_step(asked, request.POST)
        ),
        "{person}：{state}，记下了。",
    )


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回 the step that was the last one on the page."""
    if not (may(request.user, MANAGES) or may(request.user, NOTES_LABOUR)):
        raise PermissionDenied(NOT_YOURS)
    match = match_of(request, pk)
    last = key_of(request.POST.get("last"))
    return _pressed(
        request,
        pk,
        "take_back",
        lambda: services.take_back(actor=request.user, match=match, step=last),
        "撤回了，{person}现在是“{state}”。",
    )


def _pressed(request: HttpRequest, pk: int, code: str, verb: Callable[[], Match], said: str) -> HttpResponse:
    """Do it and say so on the match's page, or say there why not."""
    try:
        done = verb()
    except (ValidationError, PermissionDenied) as why:
        told, status = refusal(why)
        page = MatchPage()
        page.setup(request, pk=pk)
        context = page.get_context_data(pk=pk, opened=code, refused=told, typed=request.POST)
        return render(request, MatchPage.template_name, context, status=status)
    messages.success(request, said.format(person=done.person, state=done.get_state_display()))
    return redirect("matches:match", pk)


# --- the best for one -------------------------------------------------------------------------------------------------


class PersonPage(DeskPage):
    """The places that suit one person best, and why the others do not."""

    verb = SEES
    template_name = "jobs/match_person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        rows = Person.objects.visible_to(actor, SEES_LABOUR).select_related("household__territory__parent")
        person = get_object_or_404(rows, pk=kwargs.pop("pk"))
        why = self.request.GET.get("why", "")
        mine = Match.objects.readable_by(actor).filter(person=person).whole().order_by("-pk")
        base = {"refused": {}}
        return super().get_context_data(
            person=person,
            labour=services.labour_of(person),
            found=services.best_for(actor, person, why),
            why=why,
            matches=list(mine[:20]),
            sends=may(actor, MANAGES),
            **base | kwargs,
        )


class VacancyPage(DeskPage):
    """The seekers whom one place suits best, and why it does not suit the others."""

    verb = SEES
    template_name = "jobs/match_vacancy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        vacancy = get_object_or_404(sendable(actor).with_taken(), pk=kwargs.pop("pk"))
        why = self.request.GET.get("why", "")
        mine = Match.objects.readable_by(actor).filter(vacancy=vacancy).whole().order_by("-pk")
        base = {"refused": {}}
        return super().get_context_data(
            vacancy=vacancy,
            is_open=vacancy.state == Vacancy.OPEN and not vacancy.is_over,
            knows_place=readable(actor).filter(pk=vacancy.pk).exists(),
            found=services.best_for_vacancy(actor, vacancy, why),
            why=why,
            matches=list(mine[:50]),
            sends=may(actor, MANAGES),
            **base | kwargs,
        )


@require_POST
def recommend(request: HttpRequest, pk: int) -> HttpResponse:
    """推荐: this person to the place that the form names."""
    if not may(request.user, MANAGES):
        raise PermissionDenied(NOT_YOURS)
    rows = Person.objects.visible_to(request.user, SEES_LABOUR).select_related("household__territory")
    person = get_object_or_404(rows, pk=pk)
    vacancy = get_object_or_404(sendable(request.user), pk=whole_number(request.POST.get("vacancy")))
    try:
        match = services.recommend(actor=request.user, person=person, vacancy=vacancy)
    except (ValidationError, PermissionDenied) as why:
        told, status = refusal(why)
        page, key = (
            (VacancyPage(), vacancy.pk) if request.POST.get("from") == "vacancy" else (PersonPage(), pk)
        )
        page.setup(request, pk=key)
        context = page.get_context_data(pk=key, refused=told)
        return render(request, page.template_name, context, status=status)
    messages.success(request, f"把{person}推荐到{vacancy}了。接下来打电话问他去不去。")
    return redirect("matches:match", match.pk)
