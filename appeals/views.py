"""The desk's pages of appeals: what is whose next step, one matter with its story, and a new one."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from appeals import services
from appeals.forms import NewMatter, read_step
from appeals.models import Call, Matter, Move
from appeals.models.matters import OPENS
from appeals.petition_part import petition_part
from appeals.refusals import shown_again
from appeals.services.calls import TAKES
from core import clock
from core.forms import tell_form
from core.scope import reach_of
from core.views import DeskPage, ScopedListView, whole_number
from core.workdays import Calendar
from grids.models import Household, Territory

# Whoever may take part in a matter at all may open the pages; which matters they show is `readable_by`.
VERB = "matters.open|matters.work|matters.see"
LISTS = (("mine", "该我办"), ("open", "没办完"), ("late", "过了时限"), ("done", "办完的"))
_WITH = ("household", "territory__parent", "owner")


class Matters(ScopedListView):
    """Lists by whose turn it is, the promised day first; those that are done newest first."""

    verb = VERB
    template_name = "appeals/matters.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.chosen = request.GET.get("list", "mine")
        if self.chosen not in dict(LISTS):
            raise Http404
        self.page_order = page_order(self.chosen)

    def get_queryset(self) -> QuerySet:
        rows = Matter.objects.readable_by(self.request.user).listed(self.chosen, self.request.user)
        if self.village:
            rows = rows.at(self.village)
        if field := self.request.GET.get("field", ""):
            if field not in dict(Matter.FIELDS):
                raise Http404
            rows = rows.filter(field=field)
        return rows.select_related(*_WITH)

    @cached_property
    def village(self) -> Territory | None:
        if not (asked := self.request.GET.get("village")):
            return None
        number = whole_number(asked)
        for each in self.villages:
            if each.pk == number:
                return each
        raise Http404

    @cached_property
    def villages(self) -> list[Territory]:
        reach = reach_of(self.request.user, "matters.see")
        return list(Territory.objects.villages().in_use().filter(reach.q()).in_order())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        _mark(found["rows"])
        readable = Matter.objects.readable_by(self.request.user)
        counts = {code: readable.listed(code, self.request.user).count() for code, _ in LISTS[:3]}
        return found | {
            "lists": [(code, title, counts.get(code)) for code, title in LISTS],
            "chosen": self.chosen,
            "villages": self.villages,
            "village": self.village,
            "fields": Matter.FIELDS,
            "field": self.request.GET.get("field", ""),
            "opens": bool(reach_of(self.request.user, OPENS)),
        }


def _mark(rows: Sequence[Any]) -> None:
    """How each stands today, by one calendar for all."""
    today, calendar = clock.today(), Calendar()
    for row in rows:
        row.over = row.days_over(today, calendar)
        row.ends_today = row.is_open and row.due_on == today


def page_order(chosen: str) -> tuple[str, ...]:
    """What ends soonest first; of what is done the newest."""
    return ("-pk",) if chosen == "done" else ("due_on", "pk")


class MatterPage(DeskPage):
    """One matter: what it is, what may be done with it now, and its story."""

    verb = VERB
    template_name = "appeals/matter.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        matter = fetch(self.request, kwargs.pop("pk"))
        _mark([matter])
        steps = services.steps_for(self.request.user, matter)
        return super().get_context_data(
            matter=matter,
            # Each form has a number of its own: sent twice it is one step.
            steps=[(step, uuid4()) for step in steps],
            moves=services.story_of(self.request.user, matter),
            calls=list(
                Call.objects.visible_to(self.request.user, TAKES).filter(matter=matter).order_by("pk")
            ),
            people=services.candidates(matter) if any("to" in step.fields for step in steps) else [],
            phone=services.number_to_call(self.request.user, matter),
            today=clock.today(),
            offered=any(step.code == kwargs.get("opened") for step in steps),
            petition=petition_part(self.request.user, matter, kwargs.pop("petition_refused", None)),
            **{"refused": {}, "typed": {}, "opened": ""} | kwargs,
        )


def fetch(request: HttpRequest, pk: int) -> Matter:
    """A matter this actor may read, or the same 404 as for none."""
    return get_object_or_404(Matter.objects.readable_by(request.user).whole(), pk=pk)


@require_POST
def take_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step; a refusal comes back at the step's own form with what was typed."""
    step = services.STEPS.get(code)
    if step is None:
        raise Http404
    if (matter := reached(request, pk)) is None:
        return redirect("appeals:matters")
    try:
        move = step.verb(actor=request.user, matter=matter, **read_step(step, matter, request.POST))
    except (services.Conflict, ValidationError, PermissionDenied) as refused:
        return shown_again(MatterPage, request, pk, code, refused)
    else:
        last = move.matter.moves.latest("pk") if move.fresh else move
        messages.success(request, f"{last.get_kind_display()}，记好了。")
    # Whoever has passed it on may read it no more.
    reads = Matter.objects.readable_by(request.user).filter(pk=pk).exists()
    return redirect("appeals:matter", pk) if reads else redirect("appeals:matters")


def reached(request: HttpRequest, pk: int) -> Matter | None:
    """The matter for a step. None where she has had a hand in it and it lies elsewhere since: she pressed twice, or
    somebody else passed it on; she is told so, with what was typed, if that is not stored. 404 for any other."""
    matter = Matter.objects.readable_by(request.user).whole().filter(pk=pk).first()
    if matter is None:
        _tell_gone(request, pk)
    return matter


def _tell_gone(request: HttpRequest, pk: int) -> None:
    hers = Move.objects.filter(matter=pk, actor=request.user)
    if not hers.exists():
        raise Http404
    words, number = request.POST.get("words", "").strip()[:500], request.POST.get("uuid", "")
    if number in {str(each) for each in hers.values_list("uuid", flat=True)}:
        messages.success(request, "刚才那一步记好了，这件诉求现在不在您这里了。")
    elif words:
        messages.warning(request, f"这件诉求现在不在您这里了，您写的没有存，要用就抄走：“{words}”")
    else:
        messages.warning(request, "这件诉求现在不在您这里了，这一步没有记。")


class New(DeskPage):
    """登记诉求: of a household (`?household=`), or of a village or grid and somebody who left a name or number."""

    verb = OPENS
    template_name = "appeals/new.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        household = self._household()
        kwargs.setdefault(
            "form", NewMatter(household=household, places=self._places(), initial=self._initial())
        )
        return super().get_context_data(household=household, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewMatter(request.POST, household=self._household(), places=self._places())
        if form.is_valid():
            try:
                opened = services.open_matter(actor=request.user, **form.said())
            except services.Conflict as conflict:
                stored = Matter.objects.readable_by(request.user).filter(pk=conflict.stored.pk).first()
                form = self._anew(request)
                told = f"这张表登记过一件了（{stored.number}）。" if stored else ""
                form.add_error(None, f"{told}要登记的是另一件，再点一次“登记”。")
            except ValidationError as refused:
                tell_form(form, refused)
            else:
                messages.success(
                    request, f"登记好了，编号 {opened.matter.number}，{opened.matter.due_on}前办。"
                )
                return redirect("appeals:matter", opened.matter.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _anew(self, request: HttpRequest) -> NewMatter:
        """What was typed, under a number of its own."""
        typed = request.POST.copy()
        typed["uuid"] = str(uuid4())
        form = NewMatter(typed, household=self._household(), places=self._places())
        form.is_valid()
        return form

    def _household(self) -> Household | None:
        asked = self.request.POST.get("household") or self.request.GET.get("household")
        if not asked:
            return None
        rows = Household.objects.visible_to(self.request.user, OPENS).present()
        return get_object_or_404(rows.select_related("territory__parent"), pk=whole_number(asked))

    def _places(self) -> list[Territory]:
        reach = reach_of(self.request.user, OPENS)
        rows = Territory.objects.in_use().filter(reach.q()).exclude(kind=Territory.TOWN)
        return list(rows.in_order().select_related("parent"))

    def _initial(self) -> dict[str, Any]:
        source = self.request.GET.get("source", "")
        known = source if source in dict(Matter.SOURCES) else Matter.WALK_IN
        return {"source": known, "opened_on": clock.today(), "urgency": Matter.DAYS}
