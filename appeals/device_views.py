"""The desk's pages of buttons and camera points: who needs one, what stands where, and each step of it."""

from functools import cached_property
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from appeals import services
from appeals.models import Device
from appeals.refusals import shown_again
from appeals.services.devices import MAKES_KEY, MANAGES, MOVES, moves_for, proposed_homes
from core import clock
from core.faults import by_field
from core.forms import DayField, tell_form
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, ScopedListView, whole_number
from grids.models import Category, Household, Territory

MOST_HOMES = 200  # of one village on one page of the survey


class Devices(ScopedListView):
    """呼叫器和摄像头: all that was surveyed, the newest first; by kind, by state."""

    model = Device
    verb = MANAGES
    page_order = ("-pk",)
    template_name = "appeals/devices.html"

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset().select_related("household__group", "territory__parent")
        for name, allowed in (("kind", Device.KINDS), ("state", Device.STATES)):
            if asked := self.request.GET.get(name, ""):
                if asked not in dict(allowed):
                    raise Http404
                rows = rows.filter(**{name: asked})
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            kinds=Device.KINDS,
            states=Device.STATES,
            kind=self.request.GET.get("kind", ""),
            state=self.request.GET.get("state", ""),
            **kwargs,
        )


class Survey(DeskPage):
    """摸排: the households of the five categories that have no button; ticked ones want one."""

    verb = MANAGES
    template_name = "appeals/survey.html"

    @cached_property
    def villages(self) -> list[Territory]:
        reach = reach_of(self.request.user, MANAGES)
        return list(
            Territory.objects.villages().in_use().filter(reach.q()).in_order().select_related("parent")
        )

    @cached_property
    def village(self) -> Territory:
        asked = self.request.POST.get("village") or self.request.GET.get("village")
        number = whole_number(asked) if asked else None
        found = next((each for each in self.villages if number in (None, each.pk)), None)
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        homes = list(proposed_homes(self.village)[: MOST_HOMES + 1])
        held = Category.objects.visited_on(clock.today()).filter(household__in=homes[:MOST_HOMES])
        kinds = held.names_by_household()
        return super().get_context_data(
            villages=self.villages,
            village=self.village,
            homes=[(home, kinds.get(home.pk, [])) for home in homes[:MOST_HOMES]],
            more=len(homes) > MOST_HOMES,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        ticked = {
            name: {whole_number(pk) for pk in request.POST.getlist(name)} for name in ("want", "decline")
        }
        rows = {home.pk: home for home in proposed_homes(self.village)}
        wants, declines = ([rows[pk] for pk in ticked[name] if pk in rows] for name in ("want", "decline"))
        try:
            made = services.survey(actor=request.user, wants=wants, declines=declines)
        except ValidationError as refused:
            context = self.get_context_data(fault="".join(refused.messages), ticked=ticked)
            return self.render_to_response(context, status=422)
        messages.success(request, f"登记好了，{made} 户。")
        return redirect(f"{reverse('appeals:survey')}?village={self.village.pk}")


class Facts(forms.Form):
    """What is registered of a button (whom to call) or of a point. Labels stand on the model."""

    phone = forms.CharField(label="亲属电话", max_length=30, required=False)

    def __init__(self, *args: Any, names: tuple[str, ...] = Device.PLAIN, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in names:
            field = Device._meta.get_field(name).formfield()
            assert field is not None  # each of them is a text
            field.required = False
            self.fields[name] = field
        for name, field in self.fields.items():
            if name != "uuid":
                field.widget.attrs.setdefault("class", "input")


class NewDevice(Facts):
    """A camera point, or with a household's number a button of that household."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    territory = forms.ModelChoiceField(
        Territory.objects.none(),
        label="网格",
        empty_label="选哪个网格",
        error_messages={"required": "选在哪个网格。", "invalid_choice": "选一个管得到的网格。"},
    )
    number = forms.CharField(
        label="户编号（呼叫器才填）", max_length=20, required=False, help_text="填了就是这一户的呼叫器"
    )

    def __init__(self, *args: Any, grids: QuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["territory"]
        choice.queryset = grids
        choice.label_from_instance = lambda grid: grid.full_name


class New(DeskPage):
    """Register one that no survey proposes."""

    verb = MANAGES
    template_name = "appeals/device_new.html"

    def _form(self, *args: Any, **kwargs: Any) -> NewDevice:
        reach = reach_of(self.request.user, MANAGES)
        grids = Territory.objects.grids().in_use().filter(reach.q()).in_order().select_related("parent")
        return NewDevice(*args, grids=grids, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self._form(initial={"uuid": uuid4()}))
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if form.is_valid():
            said = dict(form.cleaned_data)
            number = said.pop("number").strip()
            try:
                home = self._home(said["territory"], number) if number else None
                device = services.add_device(actor=request.user, household=home, **said)
            except services.Conflict as conflict:
                form.add_error(None, str(conflict))
            except ValidationError as refused:
                tell_form(form, refused)
            else:
                messages.success(request, f"{device}登记好了。")
                return redirect("appeals:device", device.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _home(self, grid: Territory, number: str) -> Household:
        homes = Household.objects.visible_to(self.request.user, MANAGES).present()
        rows = homes.filter(village=grid.parent_id, number=number)
        home = rows.select_related("group", "territory__parent__parent").first()
        if home is None:
            raise ValidationError({"number": "这个村没有这个户编号，对照花名册改。"})
        return home


class DevicePage(DeskPage):
    """One button or point: what it is, what may be done with it now, its story; a new key is shown here, once."""

    verb = MANAGES
    template_name = "appeals/device.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        device = fetch(self.request, kwargs.pop("pk"))
        kwargs.setdefault("facts", facts_form(device))
        moves = moves_for(device)
        return super().get_context_data(
            device=device,
            moves=[(move, uuid4()) for move in moves],
            offered=any(move.code == kwargs.get("opened") for move in moves),
            steps=list(device.steps.select_related("actor")),
            presses=list(device.presses.select_related("call__matter").order_by("-pk")[:10]),
            phone=device.phone.open() if device.phone else "",
            today=clock.today(),
            door=self.request.build_absolute_uri(reverse("api-device-call")),
            **{"refused": {}, "typed": {}, "opened": "", "key": ""} | kwargs,
        )


def fetch(request: HttpRequest, pk: int) -> Device:
    rows = Device.objects.visible_to(request.user, MANAGES)
    return get_object_or_404(rows.select_related("household__group", "territory__parent__parent"), pk=pk)


def facts_form(device: Device, sent: Any = None) -> Facts:
    """Its own facts: whom to call for a button, what and where for a point."""
    names = ("relative",) if device.household_id else tuple(n for n in Device.PLAIN if n != "relative")
    initial = {name: getattr(device, name) for name in names}
    form = Facts(sent, names=names, initial=initial | {"uuid": uuid4(), "version": device.version})
    form.fields["uuid"] = forms.UUIDField(widget=forms.HiddenInput, required=False)
    form.fields["version"] = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    if device.household_id is None:
        del form.fields["phone"]
    else:
        form.fields["phone"].help_text = (
            f"现在是 {device.phone_mask}，不改就空着" if device.phone_mask else ""
        )
    return form


class Said(forms.Form):
    """What a step of a device takes."""

    uuid = forms.UUIDField(required=False)
    words = forms.CharField(max_length=200, required=False, error_messages={"max_length": "写短一点。"})
    serial = forms.CharField(
        max_length=40, required=False, error_messages={"max_length": "编号最多 40 个字。"}
    )
    day = DayField(required=False)


def _upon(sent: QueryDict, device: Device) -> QueryDict:
    """What was typed, upon what somebody else has written meanwhile."""
    typed = sent.copy()
    typed["version"] = device.version
    return typed


@require_POST
def describe(request: HttpRequest, pk: int) -> HttpResponse:
    """改登记."""
    if not may(request.user, MANAGES):
        raise PermissionDenied(NOT_YOURS)
    device = fetch(request, pk)
    form = facts_form(device, request.POST)
    if form.is_valid():
        try:
            services.describe_device(actor=request.user, device=device, **form.cleaned_data)
        except services.Conflict as conflict:
            form.add_error(None, str(conflict))
        except ValidationError as refused:
            if "version" in by_field(refused):
                form = facts_form(device, _upon(request.POST, device))
                form.is_valid()
            tell_form(form, refused)
        else:
            messages.success(request, "登记改好了。")
            return redirect("appeals:device", pk)
    return render(request, DevicePage.template_name, _page(request, pk, facts=form), status=422)


@require_POST
def move(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step; the answer to one that made a key is the only page that ever shows it."""
    if code not in MOVES:
        raise Http404
    if not may(request.user, MANAGES):
        raise PermissionDenied(NOT_YOURS)
    device, said = fetch(request, pk), Said(request.POST)
    try:
        if not said.is_valid():
            raise ValidationError({name: list(told) for name, told in said.errors.items()})
        step, key = services.move_device(actor=request.user, device=device, code=code, **said.cleaned_data)
    except (services.Conflict, ValidationError) as refused:
        return shown_again(DevicePage, request, pk, code, refused)
    if key:
        return render(request, DevicePage.template_name, _page(request, pk, key=key))
    if not step.fresh and code in MAKES_KEY and device.kind == Device.BUTTON:
        # The answer that showed it may be the one that the browser threw away.
        messages.warning(request, "钥匙只显示过一次，没抄下来就点“换一把钥匙”。")
    else:
        messages.success(request, f"{MOVES[code].button}，记下了。")
    return redirect("appeals:device", pk)


def _page(request: HttpRequest, pk: int, **more: Any) -> dict[str, Any]:
    page = DevicePage()
    page.setup(request, pk=pk)
    return page.get_context_data(pk=pk, **more)
