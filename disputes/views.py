"""The desk's pages of disputes: the lists, one dispute with its parties and its story, and a new one."""

from functools import cached_property
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.forms import tell_form
from core.periods import Month
from core.scope import reach_of
from core.views import DeskPage, ScopedListView, key_of, whole_number
from disputes import services
from disputes.forms import FactsForm, NewDispute, PartyForm, read_step
from disputes.models import Dispute, Move, Panel, Party
from disputes.models.disputes import REPORTS, SEES
from disputes.printing import panel_of
from grids.models import Household, Territory

# Whoever takes part in a dispute may open the pages; which disputes they show is `readable_by`.
VERB = "disputes.see|disputes.keep|disputes.report"
LISTS = (
    ("mine", "该我办"),
    ("open", "没化解"),
    ("review", "本月没梳理"),
    ("revisit", "该回访"),
    ("late", "过了时限"),
    ("done", "了结的"),
)
ADD_PARTY = "parties"
STORED = "这张表记过一次了，写的和这次不一样。先看看经过里记着的；要另记一次，再点一次。"
FACTS = "facts"


class Disputes(ScopedListView):
    """Lists by what is to be done; what ends soonest first, what is done newest first."""

    verb = VERB
    template_name = "disputes/disputes.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.chosen = request.GET.get("list", "mine")
        if self.chosen not in dict(LISTS):
            raise Http404
        self.page_order = ("-pk",) if self.chosen == "done" else ("due_on", "pk")

    def get_queryset(self) -> QuerySet:
        rows = self._readable(self.chosen).listed(self.chosen, self.request.user)
        if self.village:
            rows = rows.at(self.village)
        if kind := self.request.GET.get("kind", ""):
            if kind not in dict(Dispute.KINDS):
                raise Http404
            rows = rows.filter(kind=kind)
        return rows.select_related("territory__parent", "owner", "keeper").prefetch_related("parties")

    def _readable(self, name: str) -> QuerySet:
        """What waits for somebody is listed where it is in hand; the other village of a dispute reads it."""
        rows: Any = Dispute.objects
        actor = self.request.user
        return rows.readable_by(actor) if name in ("open", "done") else rows.within_reach(actor)

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
        reach = reach_of(self.request.user, SEES)
        return list(Territory.objects.villages().in_use().filter(reach.q()).in_order())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        for row in found["rows"]:
            row.over = row.days_over()
        actor = self.request.user
        counts = {code: self._readable(code).listed(code, actor).count() for code, _ in LISTS[:-1]}
        return found | {
            "lists": [(code, title, counts.get(code)) for code, title in LISTS],
            "chosen": self.chosen,
            "villages": self.villages,
            "village": self.village,
            "kinds": Dispute.KINDS,
            "kind": self.request.GET.get("kind", ""),
            "month": Month.of(clock.today()),
            "opens": bool(reach_of(self.request.user, REPORTS)),
        }


class DisputePage(DeskPage):
    """One dispute: who is at odds, what may be done now, and its story."""

    verb = VERB
    template_name = "disputes/dispute.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        dispute = fetch(self.request, kwargs.pop("pk"))
        dispute.over = dispute.days_over()
        actor = self.request.user
        steps = list(services.steps_for(actor, dispute))
        moves = list(dispute.moves.select_related("actor", "owner", "keeper").order_by("pk"))
        panels = list(
            Panel.objects.readable_by(actor).filter(dispute=dispute).select_related("host", "sitting")
        )
        month = Month.of(clock.today())
        parties = _parties_of(dispute, actor)
        if any(move.kind == Move.REVIEW and month.first <= move.day <= month.last for move in moves):
            steps = [step for step in steps if step.code != Move.REVIEW]  # once a month is enough
        return super().get_context_data(
            dispute=dispute,
            # Each form has a number of its own: sent twice it is one step.
            steps=[(step, uuid4()) for step in steps],
            moves=moves,
            parties=parties,
            across=services.reads_across(actor, dispute, parties),
            people=services.candidates(dispute) if any("owner" in step.fields for step in steps) else [],
            names_parties=services.works_on(actor, dispute) and dispute.is_open,
            papers=panel_of(dispute) if services.works_on(actor, dispute) else None,
            party=kwargs.pop("party", None) or PartyForm(actor=actor, side=Party.SECOND),
            sides=Party.SIDES,
            corrects=services.works_on(actor, dispute),
            facts=kwargs.pop("facts", None) or FactsForm(instance=dispute),
            today=clock.today(),
            offered=any(step.code == kwargs.get("opened") for step in steps),
            number=uuid4(),
            panels=panels,
            ones_own=services.ones_own(actor, dispute),
            convenes=services.works_on(actor, dispute) and services.may_convene(dispute, panels),
            **{"refused": {}, "typed": {}, "opened": ""} | kwargs,
        )


def _parties_of(dispute: Dispute, actor: Any) -> list[Party]:
    """Its parties; `opens`: whether the page of his household is this reader's, for a party may live elsewhere."""
    parties = list(dispute.parties.select_related("household__village__parent"))
    homes = Household.objects.visible_to(actor, "households.see")
    seen = set(homes.filter(parties__dispute=dispute).values_list("pk", flat=True))
    for each in parties:
        each.opens = each.household_id in seen
    return parties


def renewed(request: HttpRequest, name: str) -> QueryDict:
    """What was typed, under a number of its own: the one that came along is taken by something else."""
    typed = request.POST.copy()
    typed[name] = str(uuid4())
    return typed


def fetch(request: HttpRequest, pk: int) -> Dispute:
    """A dispute this actor may read, or the same 404 as for none."""
    return get_object_or_404(Dispute.objects.readable_by(request.user).whole(), pk=pk)


@require_POST
def take_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step; a refusal comes back at the step's own form with what was typed."""
    step = services.STEPS.get(code)
    if step is None:
        raise Http404
    dispute = fetch(request, pk)
    try:
        move = step.verb(actor=request.user, dispute=dispute, **read_step(step, dispute, request.POST))
    except services.Conflict:
        return _again(request, pk, 409, refused={"": [STORED]}, typed=request.POST, opened=code)
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        return _again(request, pk, status, refused=told, typed=request.POST, opened=code)
    else:
        messages.success(request, f"{move.get_kind_display()}，记好了。")
    return redirect("disputes:dispute", pk)


@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Set right what was written wrong; a refusal stands at its field."""
    dispute = fetch(request, pk)
    form = FactsForm(request.POST, instance=dispute)
    if not form.is_valid():
        return _again(request, pk, 422, facts=form, opened=FACTS)
    said = {
        name: "" if value is None and name != "people" else value for name, value in form.cleaned_data.items()
    }
    try:
        services.correct(actor=request.user, dispute=dispute, **said)
    except services.Conflict:
        form = FactsForm(renewed(request, "uuid"), instance=dispute)
        form.add_error(None, STORED)
        return _again(request, pk, 409, facts=form, refused={"": [STORED]}, opened=FACTS)
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        if "upon" in told:
            # What was typed, upon what somebody else has written meanwhile.
            typed = request.POST.copy()
            typed["upon"] = services.version_of(fetch(request, pk))
            form = FactsForm(typed, instance=dispute)
            form.is_valid()
        tell_form(form, refused)
        return _again(request, pk, status, facts=form, refused=told, opened=FACTS)
    else:
        messages.success(request, "改好了，改了什么记在经过里。")
    return redirect("disputes:dispute", pk)


@require_POST
def add_party(request: HttpRequest, pk: int) -> HttpResponse:
    """Look for somebody of the register by what was typed, or name the party."""
    dispute = fetch(request, pk)
    side = request.POST.get("side", "")
    if side not in Party.SHORT:
        raise Http404
    form = PartyForm(request.POST, actor=request.user, side=side)
    if request.POST.get("do") == "find" or not form.is_valid():
        status = 200 if form.is_valid() else 422
        return _again(request, pk, status, party=form, opened=ADD_PARTY)
    try:
        named = form.named() or services.Named(side)
        services.add_party(actor=request.user, dispute=dispute, named=named, uuid=form.cleaned_data["uuid"])
    except services.Conflict:
        form = PartyForm(renewed(request, form.add_prefix("uuid")), actor=request.user, side=side)
        return _again(request, pk, 409, party=form, refused={"": [STORED]}, opened=ADD_PARTY)
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        return _again(request, pk, status, party=form, refused=told, opened=ADD_PARTY)
    else:
        messages.success(request, "当事人添好了。")
    return redirect("disputes:dispute", pk)


@require_POST
def remove_party(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one who was named by mistake."""
    readable = Dispute.objects.readable_by(request.user)
    found = Party.objects.filter(dispute__in=readable).select_related("dispute").filter(pk=pk).first()
    if found is None:  # pressed again, or after somebody else
        dispute = fetch(request, key_of(request.POST.get("dispute", "")))
        messages.info(request, "这位当事人已经去掉了。")
        return redirect("disputes:dispute", dispute.pk)
    try:
        services.remove_party(actor=request.user, dispute=found.dispute, party=found)
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    else:
        messages.success(request, f"{found.name} 去掉了。")
    return redirect("disputes:dispute", found.dispute_id)


def _again(request: HttpRequest, pk: int, status: int, **more: Any) -> HttpResponse:
    """The page again, with the sentence and what was typed."""
    page = DisputePage()
    page.setup(request, pk=pk)
    return render(request, DisputePage.template_name, page.get_context_data(pk=pk, **more), status=status)


class New(DeskPage):
    """登记纠纷: what it is about, and one or both sides; whoever is in the register is picked there."""

    verb = REPORTS
    template_name = "disputes/new.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self._form(initial=self._initial()))
        kwargs.setdefault("sides", self._sides(None))
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form, sides = self._form(request.POST), self._sides(request.POST)
        right = all([form.is_valid(), *(side.is_valid() for side in sides)])
        if request.POST.get("do") == "find":
            typed = self._form(initial=request.POST.dict())
            return self.render_to_response(self.get_context_data(form=typed, sides=sides))
        if right:
            named = [found for side in sides if (found := side.named())]
            try:
                if not named:
                    raise ValidationError({"parties": "至少写一个当事人的姓名。"})
                opened = services.open_dispute(actor=request.user, parties=named, **form.said())
            except services.Conflict:
                form = self._form(renewed(request, "uuid"))
                form.add_error(None, "这张表登记过一件了。要登记的是另一件，再点一次“登记”。")
            except ValidationError as refused:
                tell_form(form, refused)
            else:
                dispute = opened.dispute
                messages.success(request, f"登记好了，编号 {dispute.number}，{dispute.due_on}前调处。")
                return redirect("disputes:dispute", dispute.pk)
        return self.render_to_response(self.get_context_data(form=form, sides=sides), status=422)

    def _form(self, *args: Any, **kwargs: Any) -> NewDispute:
        at = services.one_place(self.request.user)
        return NewDispute(*args, places=self._places(), serves_at=at, **kwargs)

    def _sides(self, sent: Any) -> list[PartyForm]:
        return [PartyForm(sent, actor=self.request.user, side=side) for side in (Party.FIRST, Party.SECOND)]

    def _places(self) -> list[Territory]:
        reach = reach_of(self.request.user, REPORTS)
        rows = Territory.objects.in_use().filter(reach.q()).exclude(kind=Territory.TOWN)
        return list(rows.in_order().select_related("parent"))

    def _initial(self) -> dict[str, Any]:
        return {"source": Dispute.ASKED, "found_on": clock.today()}
