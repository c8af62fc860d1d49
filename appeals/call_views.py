"""The desk's pages of the hotline: taking a call while somebody is on the line, what followed, the capable people."""

from collections.abc import Callable
from functools import cached_property
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appeals import services
from appeals.call_forms import NewCall, matter_by_number, read_call_step, value_of
from appeals.models import SKILLS, Call, CallStep, Matter, PublicNumber, Talent, Times
from appeals.models.matters import HANDLES
from appeals.refusals import shown_again
from appeals.services.calls import TAKES
from appeals.services.talents import number_of
from core import clock
from core.card import card_parts
from core.forms import tell_form
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, DeskView, ScopedListView
from grids.models import Territory
from grids.services import Found, dial, find

LISTS = (("waiting", "没回访"), ("all", "所有来电"))
MOST_HOMES = 6
LAST = 3

VERBS: dict[str, tuple[str, Callable[..., CallStep]]] = {
    CallStep.SEND: ("派出去了", services.send),
    CallStep.ARRIVE: ("到场记好了", services.arrived),
    CallStep.BACK: ("回访记好了", services.called_back),
    CallStep.LET_IN: ("记成诉求了", services.let_in),
    CallStep.DROP: ("不记，原因留着", services.drop),
}


class Hotline(ScopedListView):
    """书记热线: the form for the call that rings now, and the calls that are not called back below it."""

    model = Call
    verb = TAKES
    page_order = ("-called_at", "-pk")
    page_size = 20
    template_name = "appeals/hotline.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.chosen = request.GET.get("list", "waiting")
        if self.chosen not in dict(LISTS):
            raise Http404

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        return (rows.waiting() if self.chosen == "waiting" else rows).whole()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        readable = Matter.objects.readable_by(self.request.user)
        read = set(readable.filter(calls__in=found["rows"]).values_list("pk", flat=True))
        for row in found["rows"]:
            row.reads = row.matter_id in read
            row.times = Times(row.steps.all())
            row.held = row.matter_id is None and row.times.dropped is None
        found.setdefault("form", NewCall(initial={"uuid": uuid4()}))
        town = Territory.objects.towns().first()
        return (
            found
            | asking(self.request.user, found["form"])
            | {
                "lists": LISTS,
                "chosen": self.chosen,
                "discipline": PublicNumber.objects.of(PublicNumber.DISCIPLINE, town) if town else "",
            }
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewCall(request.POST)
        if form.is_valid():
            try:
                taken = services.take_call(actor=request.user, **form.said(request.user))
            except services.Conflict as conflict:
                form = _anew(request)
                stored = Call.objects.visible_to(request.user, TAKES).filter(pk=conflict.stored.pk).first()
                told = f"这张表记过一个电话了（{stored.number}）。" if stored else ""
                form.add_error(None, f"{told}要记的是另一个，再点一次“记下”。")
            except ValidationError as refused:
                tell_form(form, refused, at={"phone": "text", "to": None, "matter": None})
            except PermissionDenied as refused:
                form.add_error(None, str(refused) or NOT_YOURS)
            else:
                messages.success(request, _told(taken.call))
                _say(request, taken.told)
                return redirect("appeals:call", taken.call.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)


def _told(call: Call) -> str:
    assert call.matter is not None  # somebody took it
    opened = (
        f"问的是 {call.matter.number}"
        if call.asked
        else f"诉求 {call.matter.number}，{call.matter.due_on}前办"
    )
    return f"记下了，{call.number}。{opened}，已经告诉书记。"


def _say(request: HttpRequest, told: str) -> None:
    """What its matter did not do with the call, if anything."""
    if told:
        messages.warning(request, told)


def _anew(request: HttpRequest, kind: type[forms.Form] = NewCall) -> Any:
    """What was typed, under a number of its own."""
    typed = request.POST.copy()
    typed["uuid"] = str(uuid4())
    form = kind(typed)
    form.is_valid()
    return form


class Find(DeskView):
    """Whose number it is, as a part of the page; without a script the whole page again, with what was typed."""

    verb = TAKES

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewCall(request.POST)
        form.is_valid()
        form.errors.clear()
        if request.htmx:  # type: ignore[attr-defined]
            context = asking(request.user, form) | {"form": form, "anew": True}
            return render(request, "appeals/_call_found.html", context)
        page = Hotline()
        page.setup(request)
        return page.render_to_response(page.get_context_data(form=form))


def asking(actor: Any, form: NewCall) -> dict[str, Any]:
    """What the form offers for the number or name in it: households, their last matters, places, whom to send."""
    text = str(form["text"].value() or "").strip()
    matter = matter_by_number(actor, text)
    found = find(actor, text)[:MOST_HOMES] if len(text) > 1 and not matter else []
    homes = [_home(actor, each, alone=len(found) == 1) for each in found]
    places = _places(actor)
    chosen = form["home"].value() or (homes[0]["value"] if len(homes) == 1 else "")
    asked = str(form["territory"].value() or "")
    # Of a number nobody knows: her own grid, or her village while it is not said where.
    place = next((each for each in places if str(each.pk) == asked), places[0] if places else None)
    at = found[0].household.territory if len(found) == 1 else place
    return {
        "text": text,
        "known_matter": matter,
        "homes": homes,
        "chosen": chosen,
        "places": places,
        "place": place,
        "senders": _senders(actor, at) if at else [],
        "FIELDS": Matter.FIELDS,
        "URGENCIES": Matter.URGENCIES,
    }


def _home(actor: Any, found: Found, *, alone: bool) -> dict[str, Any]:
    """One household as who answers the telephone sees it; what is owed only where it is the only one."""
    home = found.household
    matters = Matter.objects.readable_by(actor).filter(household=home).order_by("-opened_on", "-pk")
    parts = card_parts(actor, home) if alone else {}
    return {
        "home": home,
        "person": found.person,
        "value": value_of(found),
        "matters": list(matters.select_related("owner")[:LAST]) if alone else [],
        "owed": [each for each in parts.get("owed", ()) if each["state"] != "done"][:LAST],
        "promise": parts.get("last_promise"),
    }


def _places(actor: Any) -> list[Territory]:
    """Where a call may come from, the widest first: who answers for a village need not know the grid."""
    rows = Territory.objects.in_use().filter(reach_of(actor, TAKES).q()).exclude(kind=Territory.TOWN)
    return list(rows.in_order().select_related("parent__parent"))


def _senders(actor: Any, place: Territory) -> list[tuple[str, str]]:
    """Herself if it lies with her office; whom she may give it to; the capable people of the village."""
    found = []
    if may(actor, HANDLES, place):
        found.append((f"u{actor.pk}", "我自己办"))
    if may(actor, "matters.dispatch", place):
        people = services.candidates(Matter(territory=place))
        found += [(f"u{user.pk}", f"{user}（{user.posts_said}）") for user in people if user.pk != actor.pk]
    return found + [(f"t{each.pk}", f"能人 {each}") for each in Talent.objects.offered_at(place)]


class CallPage(DeskPage):
    """One call: who, what it opened, who went, and what may be written down now."""

    verb = TAKES
    template_name = "appeals/call.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, call = self.request.user, fetch(self.request, kwargs.pop("pk"))
        times = Times(call.steps.all())
        held = call.matter_id is None and times.dropped is None
        reads = call.matter_id and Matter.objects.readable_by(actor).filter(pk=call.matter_id).exists()
        codes = _open_steps(call, times, held)
        return super().get_context_data(
            call=call,
            times=times,
            held=held,
            steps=[(code, uuid4()) for code in codes],
            offered=kwargs.get("opened") in codes,
            senders=_senders(actor, call.territory),
            sent_number=number_of(times.sent.talent) if times.sent and times.sent.talent else "",
            phone=_phone(actor, call),
            again=list(call.presses.exclude(uuid=call.uuid).order_by("pk")),
            reads=reads,
            answers=reads and call.matter.is_open,
            settled=reads and call.matter.outcome,
            now=clock.now(),
            **{"refused": {}, "typed": {}, "opened": ""} | kwargs,
        )


def _open_steps(call: Call, times: Times, held: bool) -> list[str]:
    """The likeliest first."""
    if held:
        return [CallStep.LET_IN, CallStep.DROP]
    if call.matter is None or times.back:
        return []
    first = [CallStep.ARRIVE] if times.sent and not times.arrived else []
    sends = [CallStep.SEND] if call.matter.is_open else []
    return first + ([CallStep.BACK, *sends] if times.sent or call.asked else [*sends, CallStep.BACK])


def fetch(request: HttpRequest, pk: int) -> Call:
    """A call this actor may see, or the same 404 as for none."""
    rows = Call.objects.visible_to(request.user, TAKES).whole()
    return get_object_or_404(rows.select_related("territory__parent__parent", "matter__owner"), pk=pk)


def _phone(actor: Any, call: Call) -> str:
    """The number to call back: the one that rang, or the household's."""
    if call.phone:
        return call.phone.open()
    return dial(actor, call.household) if call.household else ""


@require_POST
def take_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step of a call; a refusal comes back at the step's own form with what was typed."""
    if code not in VERBS:
        raise Http404
    told, verb = VERBS[code]
    if not may(request.user, TAKES):
        raise PermissionDenied(NOT_YOURS)
    call = fetch(request, pk)
    try:
        step = verb(actor=request.user, call=call, **read_call_step(code, request.POST))
    except (services.Conflict, ValidationError, PermissionDenied) as refused:
        return shown_again(CallPage, request, pk, code, refused)
    else:
        messages.success(request, f"{told}{_carried(call, step)}。")
        _say(request, step.told)
    return redirect("appeals:call", pk)


def _carried(call: Call, step: CallStep) -> str:
    """Where its matter stands now, if it stood elsewhere before."""
    before = call.matter
    if before is None or not step.fresh or step.told:
        return ""
    now = Matter.objects.get(pk=before.pk)
    return f"，诉求 {now.number} 现在是“{now.get_state_display()}”" if now.state != before.state else ""


# --- 能人 -------------------------------------------------------------------------------------------------------------


class NewTalent(forms.Form):
    """Somebody of the register by her number or name there, or somebody of outside. `uuid` comes with the empty form,
    so that sending it twice is one."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    village = forms.IntegerField(required=False)
    name = forms.CharField(label="姓名", max_length=40, required=False)
    phone = forms.CharField(label="电话", max_length=30, required=False)
    skills = forms.CharField(label="会什么", max_length=100, required=False)
    agreed = forms.BooleanField(label="本人同意随叫", required=False)
    note = forms.CharField(label="备注", max_length=100, required=False)
    person = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class Talents(ScopedListView):
    """能人名册 of a village; who looks after a whole village writes in it."""

    model = Talent
    verb = TAKES
    page_order = ("-pk",)
    template_name = "appeals/talents.html"

    def get_queryset(self) -> QuerySet:
        # Who answers for a grid reads the list of its village: it is they whom she sends.
        near = {place.village.pk for place in _places(self.request.user) if place.village}
        return Talent.objects.listed().filter(territory__in=near).select_related("person", "territory")

    @cached_property
    def villages(self) -> list[Territory]:
        return [place for place in _places(self.request.user) if place.kind == Territory.VILLAGE]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        kept = {village.pk for village in self.villages}
        for row in found["rows"]:
            row.hers = row.territory_id in kept
        form = found.setdefault("form", NewTalent(initial={"uuid": uuid4()}))
        text = str(form["name"].value() or "").strip()
        homes = find(self.request.user, text) if form.is_bound and text else []
        return found | {
            "villages": self.villages,
            "skills": SKILLS,
            "people": [each for each in homes if each.person],
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewTalent(request.POST)
        if form.is_valid():
            said = dict(form.cleaned_data)
            asked, known = said.pop("village"), said.pop("person")
            village = next((v for v in self.villages if v.pk == asked), None) or next(
                iter(self.villages), None
            )
            if village is None:
                raise PermissionDenied(NOT_YOURS)
            people = [each.person for each in find(request.user, said["name"]) if each.person]
            said["person"] = next((each for each in people if each.pk == known), None)
            if said["person"]:
                said["phone"] = ""
            try:
                talent = services.add_talent(actor=request.user, village=village, **said)
            except services.Conflict as conflict:
                form = _anew(request, NewTalent)
                stored = Talent.objects.visible_to(request.user, TAKES).filter(pk=conflict.stored.pk).first()
                told = f"这张表记过一位了（{stored}）。" if stored else ""
                form.add_error(None, f"{told}要记的是另一位，再点一次“记进名册”。")
            except ValidationError as refused:
                tell_form(form, refused)
            else:
                messages.success(request, f"{talent}记进名册了。")
                return redirect("appeals:talents")
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_POST
def end_talent(request: HttpRequest, pk: int) -> HttpResponse:
    """Out of the list from today."""
    if not may(request.user, TAKES):
        raise PermissionDenied(NOT_YOURS)
    talent = get_object_or_404(Talent.objects.visible_to(request.user, TAKES), pk=pk)
    services.end_talent(actor=request.user, talent=talent)
    messages.success(request, f"{talent.name}不在名册里了。")
    return redirect("appeals:talents")
