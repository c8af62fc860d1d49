"""The desk's pages of the labour register: who is in it, who is not yet, whom to ask again, and one person."""

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from core.forms import tell_form
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, ScopedListView, whole_number
from grids.models import Person, Territory
from jobs import services
from jobs.desk_pages import place_of
from jobs.labour_forms import MORE, SHORT, LabourForm
from jobs.models import Labour, LabourProposal, Trade
from jobs.models.words import NOTES_LABOUR, SEES, SEES_LABOUR

ALL, NEW, OLD, TOLD = "all", "new", "old", "told"
LISTS = {ALL: "登记了的", NEW: "待登记", OLD: "很久没问", TOLD: "走访报来的"}
_TABLES = {ALL: "_registered", NEW: "_new", OLD: "_registered", TOLD: "_told"}
MOST_COUNTED = 1000


class Register(ScopedListView):
    """Four lists; `place`, `status`, `wish` and `trade` narrow those of what is registered."""

    verb = SEES_LABOUR
    template_name = "jobs/labour/register.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.chosen = request.GET.get("list", ALL)
        if self.chosen not in LISTS:
            raise Http404
        self.page_order = ("pk",) if self.chosen == TOLD else ("household_id", "pk")

    def get_queryset(self) -> QuerySet:
        rows = self.of(self.chosen)
        if self.chosen == NEW:
            return rows.select_related("household__territory", "household__group")
        rows = rows.select_related("person__household__territory", "person__household__group")
        if self.chosen == TOLD:
            return rows.select_related("made_by")
        for name, (_, value) in self.narrowed.items():
            rows = rows.filter(**{name: value})
        return rows.select_related("learns").prefetch_related("trades", "skills")

    def of(self, code: str) -> Any:
        """The rows of a list in the chosen place."""
        actor = self.request.user
        rows = {
            ALL: services.registered,
            NEW: services.unregistered,
            OLD: services.stale,
            TOLD: waiting,
        }[code](actor)
        return rows.at(self.place) if self.place else rows

    @cached_property
    def narrowed(self) -> dict[str, tuple[str, Any]]:
        """Filter → what was chosen, and the value that the rows have. 404 for what is not on the page."""
        found: dict[str, tuple[str, Any]] = {}
        for name, choices in (("status", Labour.STATUSES), ("wish", Labour.WISHES)):
            if asked := self.request.GET.get(name):
                if asked not in dict(choices):
                    raise Http404
                found[name] = (asked, asked)
        if asked := self.request.GET.get("trade"):
            found["trades"] = (asked, get_object_or_404(Trade, pk=whole_number(asked)))
        return found

    @cached_property
    def place(self) -> Territory | None:
        return place_of(self.request, self.places)

    @cached_property
    def places(self) -> list[Territory]:
        """The reader's villages and their grids, each grid below its village."""
        rows = Territory.objects.in_use().filter(reach_of(self.request.user, SEES_LABOUR).q()).in_order()
        return list(rows.select_related("parent").exclude(kind=Territory.TOWN))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        today, people = clock.today(), []
        if self.chosen == NEW:
            people = found["rows"]
            away = services.absences_of(people)
            for person in people:
                person.away = away.get(person.pk)
        else:
            people = [row.person for row in found["rows"]]
        for person in people:
            person.age = services.age_on(person, today)
        if self.chosen == TOLD:
            tell_said(found["rows"])
        counted = {code: self.of(code)[:MOST_COUNTED].count() for code in (NEW, OLD, TOLD)}
        return found | {
            "lists": [(code, title, _capped(counted.get(code))) for code, title in LISTS.items()],
            "chosen": self.chosen,
            "template_of": f"jobs/labour/{_TABLES[self.chosen]}.html",
            "order_said": "等得久的在前。" if self.chosen == TOLD else "一户一户排。",
            "places": self.places,
            "place": self.place,
            "kept": urlencode({"place": self.place.pk}) if self.place else "",
            "narrowed": {name: said for name, (said, _) in self.narrowed.items()},
            "statuses": Labour.STATUSES,
            "wishes": Labour.WISHES,
            "trades": list(Trade.objects.all()),
            "notes": may(self.request.user, NOTES_LABOUR),
        }


def _capped(number: int | None) -> str:
    if number is None:
        return ""
    return f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)


def waiting(actor: Any) -> Any:
    return LabourProposal.objects.visible_to(actor, SEES_LABOUR).waiting()


def tell_said(proposals: list[LabourProposal]) -> None:
    """Puts on each what it says, in words, and whether its person must be given a status. Two queries for a page."""
    registered = set(
        Labour.objects.filter(
            person__in=[row.person_id for row in proposals], until__isnull=True
        ).values_list("person", flat=True)
    )
    words = services.said_in_words(proposals)
    for row in proposals:
        row.says = words[row.pk]  # type: ignore[attr-defined]
        row.asks = row.person_id not in registered and "status" not in row.said  # type: ignore[attr-defined]


# --- one person -------------------------------------------------------------------------------------------------------


def fetch(request: HttpRequest, pk: int) -> Person:
    """Somebody this actor may read about, or the same 404 as for nobody."""
    rows = Person.objects.visible_to(request.user, SEES_LABOUR)
    return get_object_or_404(rows.select_related("household__territory__parent", "household__group"), pk=pk)


class PersonPage(DeskPage):
    """What holds of one person, what was noted before, what visits propose, and the form."""

    verb = SEES_LABOUR
    template_name = "jobs/labour/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = kwargs.pop("person", None) or fetch(self.request, kwargs["pk"])
        home, actor = person.household, self.request.user
        rows = list(
            person.labour.select_related("noted_by", "learns")
            .prefetch_related("trades", "skills")
            .order_by("-since", "-pk")
        )
        before = rows[0] if rows and rows[0].until is None else None
        notes = may(actor, NOTES_LABOUR, home.territory) and person.left_on is None
        if notes and "form" not in kwargs:
            kwargs["form"] = LabourForm(before=before)
        proposals = list(
            waiting(actor).filter(person=person).select_related("person", "made_by").order_by("pk")
        )
        tell_said(proposals)
        return super().get_context_data(
            person=person,
            age=services.age_on(person, clock.today()),
            home=home,
            row=before,
            earlier=rows[1:] if before else rows,
            proposals=proposals,
            away=services.absences_of([person]).get(person.pk),
            notes=notes,
            matches=may(actor, SEES) and person.left_on is None,
            statuses=Labour.STATUSES,
            short=SHORT,
            more=MORE,
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        person = fetch(request, pk)
        if not may(request.user, NOTES_LABOUR, person.household.territory):
            raise PermissionDenied(NOT_YOURS)
        form, status = LabourForm(request.POST, before=services.labour_of(person)), 422
        if form.is_valid():
            try:
                services.note_labour(actor=request.user, person=person, **form.said())
            except (ValidationError, PermissionDenied) as refused:
                # What the law says of a person's age belongs to what he does.
                status = tell_form(form, refused, at={"person": "status"})
            else:
                messages.success(request, f"{person}的就业情况登记好了。")
                return redirect("labour:person", pk)
        return self.render_to_response(self.get_context_data(pk=pk, person=person, form=form), status=status)


@require_POST
def same(request: HttpRequest, pk: int) -> HttpResponse:
    """还是这样: somebody asked, and nothing has changed."""
    person = fetch(request, pk)
    if not may(request.user, NOTES_LABOUR, person.household.territory):
        raise PermissionDenied(NOT_YOURS)
    if services.labour_of(person) is None:
        messages.error(request, f"{person}还没登记过，先选就业状态。")
        return redirect("labour:person", pk)
    try:
        services.note_labour(actor=request.user, person=person)
    except ValidationError as refused:
        messages.error(request, f"{person}：{''.join(refused.messages)}")
    else:
        messages.success(request, f"{person}：记下今天问过了，没有变。")
    return _back(request, OLD)


@require_POST
def away(request: HttpRequest, pk: int) -> HttpResponse:
    """登记为外出务工, as the register of residents says."""
    person = fetch(request, pk)
    try:
        services.register_away(actor=request.user, person=person)
    except ValidationError as refused:
        messages.error(request, f"{person}：{''.join(refused.messages)}")
    else:
        messages.success(request, f"{person}登记为外出务工。")
    return _back(request, NEW)


@require_POST
def note_many(request: HttpRequest) -> HttpResponse:
    """The same status for all that were ticked; whoever could not be registered is told by name."""
    if not may(request.user, NOTES_LABOUR):
        raise PermissionDenied(NOT_YOURS)
    asked = [whole_number(each) for each in request.POST.getlist("person")][: Register.page_size]
    status = request.POST.get("status", "")
    if not asked or status not in dict(Labour.STATUSES):
        messages.error(request, "先勾上人，再选就业状态，再点“勾上的登记”。")
        return _back(request, NEW)
    people = services.unregistered(request.user).filter(pk__in=asked).order_by("pk")
    done, refused = services.register_many(actor=request.user, people=people, status=status)
    if done:
        messages.success(request, f"{done} 人登记为{dict(Labour.STATUSES)[status]}。")
    for person, sentence in refused:
        messages.error(request, f"{person}：{sentence}")
    return _back(request, NEW)


def _back(request: HttpRequest, code: str) -> HttpResponse:
    place = request.POST.get("place", "")
    kept = {"place": place} if place.isdecimal() else {}
    return redirect(f"{reverse('labour:register')}?{urlencode({'list': code} | kept)}")


# --- what visits propose ------------------------------------------------------------------------------------------


def _proposal(request: HttpRequest, pk: int) -> LabourProposal:
    rows = LabourProposal.objects.visible_to(request.user, SEES_LABOUR)
    return get_object_or_404(rows.select_related("person", "territory"), pk=pk)


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """登记: it is so."""
    proposal = _proposal(request, pk)
    try:
        status = request.POST.get("status", "")
        services.take_proposal(actor=request.user, proposal=proposal, status=status)
    except ValidationError as refused:
        messages.error(request, f"{proposal.person}：{''.join(refused.messages)}")
        return redirect("labour:person", proposal.person_id)
    messages.success(request, f"{proposal.person}登记好了。")
    return _back(request, TOLD)


@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """不用登记."""
    proposal = _proposal(request, pk)
    try:
        services.leave_proposal(actor=request.user, proposal=proposal)
    except ValidationError as refused:
        messages.error(request, f"{proposal.person}：{''.join(refused.messages)}")
    else:
        messages.success(request, f"{proposal.person}这一条不用登记。")
    return _back(request, TOLD)
