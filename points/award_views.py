"""The desk's pages of deeds on their way: the lists, one deed with its story and buttons, and a new claim."""

from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import second_factor
from core.faults import refusal
from core.idnumber import looks_secret
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, DeskView, ScopedListView, whole_number
from grids.models import Household, Territory
from grids.services import find, is_near
from points import services
from points.award_forms import ClaimForm, grounds_of, read_step
from points.models import Award
from points.models.awards import CHECKS, CLAIMS, DECIDES, SEES

# Whoever claims may open the pages; which deeds they show is `readable_by`.
READS = f"{SEES}|{CLAIMS}"
OFF, ALL = "off", "all"
OPEN_LISTS = (Award.CLAIMED, Award.CHECKED, Award.DECIDED, Award.SHOWN)
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    **{state: (title, (state,)) for state, title in Award.STATES if state in (*OPEN_LISTS, Award.POSTED)},
    OFF: ("没通过", (Award.REFUSED, Award.WITHDRAWN, Award.REVERSED)),
    ALL: ("全部", tuple(dict(Award.STATES))),
}
TICKS = {Award.CLAIMED: ("check", CHECKS), Award.CHECKED: ("decide", DECIDES)}


class Awards(ScopedListView):
    """Lists by state; what has waited longest first, what is done newest first. `household` narrows to one."""

    verb = READS
    template_name = "points/awards.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        first = ALL if request.GET.get("household") else Award.CLAIMED
        self.chosen = request.GET.get("list", first)
        if self.chosen not in LISTS:
            raise Http404
        self.page_order = ("pk",) if self.chosen in OPEN_LISTS else ("-pk",)

    def get_queryset(self) -> QuerySet:
        return self.narrowed.in_state(*LISTS[self.chosen][1]).whole()

    @cached_property
    def narrowed(self) -> Any:
        rows = Award.objects.readable_by(self.request.user)
        if self.place:
            rows = rows.at(self.place)
        return rows.filter(household=self.household) if self.household else rows

    @cached_property
    def household(self) -> Household | None:
        if not (asked := self.request.GET.get("household")):
            return None
        return get_object_or_404(_homes(self.request), pk=whole_number(asked))

    @cached_property
    def place(self) -> Territory | None:
        if not (asked := self.request.GET.get("place")):
            return None
        number = whole_number(asked)
        if found := next((each for each in self.places if each.pk == number), None):
            return found
        raise Http404

    @cached_property
    def places(self) -> list[Territory]:
        """The reader's villages; of one village its grids."""
        rows = Territory.objects.in_use().filter(reach_of(self.request.user, SEES).q()).in_order()
        places = list(rows.select_related("parent").exclude(kind=Territory.TOWN))
        villages = [each for each in places if each.kind == Territory.VILLAGE]
        return villages if len(villages) > 1 else [each for each in places if each.kind == Territory.GRID]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        actor = self.request.user
        kind, verb = TICKS.get(self.chosen, ("", ""))
        ticks = bool(kind) and may(actor, verb)
        for row in found["rows"]:
            row.may_tick = ticks and not services.why_not(actor, kind, row)
        counted = self.narrowed.in_state(*OPEN_LISTS).order_by().values_list("state").annotate(Count("pk"))
        counts = dict.fromkeys(OPEN_LISTS, 0) | dict(counted)
        return found | {
            "lists": [(code, title, counts.get(code)) for code, (title, _) in LISTS.items()],
            "chosen": self.chosen,
            "places": self.places,
            "place": self.place,
            "household": self.household,
            "kept": _query(place=self.place, household=self.household),
            "tick": kind if any(row.may_tick for row in found["rows"]) else "",
            "claims": may(actor, CLAIMS),
            "shows": may(actor, DECIDES),
        }


def _homes(request: HttpRequest) -> Any:
    return Household.objects.visible_to(request.user, "households.see")


def _query(**rows: Any) -> str:
    """What narrows a list, for addresses of its other tabs."""
    return urlencode({name: row.pk for name, row in rows.items() if row is not None})


def _many(request: HttpRequest, state: str, verb: Callable[..., services.Done]) -> HttpResponse:
    """A step at each of the ticked ones; whatever could not be is told with its number and stays in the list."""
    asked = [whole_number(each) for each in request.POST.getlist("award")][: Awards.page_size]
    rows = Award.objects.readable_by(request.user).filter(pk__in=asked).order_by("pk").whole()
    title = services.STEPS[TICKS[state][0]].button
    done = verb(actor=request.user, awards=rows)
    if not asked:
        messages.error(request, f"先勾上要{title}的，再点“勾上的{title}”。")
    if done.number:
        messages.success(request, f"{done.number} 件{title}。")
    for award, sentence in done.refused:
        messages.error(request, f"{award.number_said}：{sentence}")
    place = request.POST.get("place", "")
    kept = {"place": place} if place.isdecimal() else {}
    return redirect(f"{reverse('points:awards')}?{urlencode({'list': state} | kept)}")


@require_POST
def check_many(request: HttpRequest) -> HttpResponse:
    """初审 of several at once."""
    if not may(request.user, CHECKS):
        raise PermissionDenied(NOT_YOURS)
    return _many(request, Award.CLAIMED, services.check_many)


@require_POST
@second_factor.requires_second_factor(DECIDES)
def decide_many(request: HttpRequest) -> HttpResponse:
    """复核 of several at once."""
    return _many(request, Award.CHECKED, services.decide_many)


class AwardPage(DeskPage):
    """One deed: what was claimed, what may be done now, and every step it has taken."""

    verb = READS
    template_name = "points/award.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        award, actor = fetch(self.request, kwargs.pop("pk")), self.request.user
        steps = services.steps_for(actor, award)
        opened = kwargs.get("opened", "")
        return super().get_context_data(
            award=award,
            not_mine=services.why_not_mine(actor, award),
            shows_in=award.household.village_id if self._shows(award) else None,
            steps=[(step, services.is_committees(step, award)) for step in steps],
            moves=list(award.moves.select_related("actor").order_by("pk")),
            challenges=list(award.challenges.select_related("noted_by", "decided_by")),
            grounds=list(grounds_of(award)) if any("ground" in step.fields for step in steps) else [],
            offered=any(step.code == opened for step in steps),
            **{"refused": {}, "typed": {}, "opened": ""} | kwargs,
        )

    def _shows(self, award: Award) -> bool:
        return award.state == Award.DECIDED and may(self.request.user, DECIDES, award.territory)


def fetch(request: HttpRequest, pk: int) -> Award:
    """A deed this actor may read, or the same 404 as for none."""
    return get_object_or_404(Award.objects.readable_by(request.user).whole(), pk=pk)


@require_POST
def take_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step that is not the committee's; a refusal comes back at the step's own form with what was typed."""
    return _step(request, pk, code, committees=False)


@require_POST
@second_factor.requires_second_factor(DECIDES)
def take_committee_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step of who decides: 复核, 不通过 after the check, 冲正."""
    return _step(request, pk, code, committees=True)


def _step(request: HttpRequest, pk: int, code: str, *, committees: bool) -> HttpResponse:
    step = services.STEPS.get(code)
    if step is None:
        raise Http404
    award = fetch(request, pk)
    try:
        if services.is_committees(step, award) != committees:
            # Somebody was quicker, or the address was made up: another door than this one is the right one now.
            raise ValidationError(services.too_late(award))
        services.take(actor=request.user, award=award, step=step, **read_step(step, award, request.POST))
    except (ValidationError, PermissionDenied) as refused:
        told, status = refusal(refused)
        page = AwardPage()
        page.setup(request, pk=pk)
        context = page.get_context_data(pk=pk, refused=told, typed=request.POST, opened=code)
        return render(request, AwardPage.template_name, context, status=status)
    award.refresh_from_db(fields=["state"])
    messages.success(request, f"{step.button}，记好了，现在是“{award.get_state_display()}”。")
    return redirect("points:award", pk)


class Find(DeskView):
    """Look for a household by POST, so that no address holds a name; `for`: to claim for it, or to see its deeds."""

    verb = READS
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        claims = request.POST.get("for") == "claim"
        address = reverse("points:new" if claims else "points:awards")
        text = request.POST.get("text", "")[:60].strip()
        homes = {row.household.pk: row for row in find(request.user, text)}
        if len(homes) == 1:
            return redirect(f"{address}?household={next(iter(homes))}")
        context = {
            "found": [(row, f"{address}?household={pk}") for pk, row in homes.items()],
            "text": "" if looks_secret(text) else text,
            "asked": bool(text),
            "claims": claims,
        }
        return render(request, "points/find.html", context)


class New(DeskPage):
    """申报: find the household, then say what it did."""

    verb = CLAIMS
    template_name = "points/new.html"

    @cached_property
    def household(self) -> Household | None:
        asked = self.request.POST.get("household") or self.request.GET.get("household")
        if not asked:
            return None
        rows = Household.objects.visible_to(self.request.user, CLAIMS).present()
        return get_object_or_404(
            rows.select_related("territory__parent", "village", "group"), pk=whole_number(asked)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.household and "form" not in kwargs:
            kwargs["form"] = self._form()
        home = self.household
        lately = home.awards.counting().select_related("item").order_by("-pk")[:5] if home else []
        # Said before anything is typed; the service refuses it all the same.
        own = services.OWN if home and is_near(self.request.user, home) else ""
        return super().get_context_data(home=home, lately=lately, own=own, **kwargs)

    def _form(self, *sent: Any) -> ClaimForm:
        home, actor = self.household, self.request.user
        assert home is not None
        sees = may(actor, "persons.see", home.territory)
        people = home.people.present().order_by("pk") if sees else None
        return ClaimForm(*sent, household=home, people=people)

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.household is None:
            return redirect("points:new")
        form, status = self._form(request.POST, request.FILES), 422
        if form.is_valid():
            try:
                made = services.claim(actor=request.user, household=self.household, **form.said())
            except services.Conflict:
                form.add_error(None, "这张表报过一件了。要报的是另一件，回到“申报”重新填。")
            except (ValidationError, PermissionDenied) as refused:
                status = form.tell(refused)
            else:
                told = f"报好了，编号 {made.award.number_said}，等别人初审。"
                messages.success(
                    request, told if made.created else f"已经报过了，编号 {made.award.number_said}。"
                )
                return redirect("points:award", made.award.pk)
        return self.render_to_response(self.get_context_data(form=form), status=status)
