"""The desk's pages of 信访登记: its steps on the matter's page, and the list with what is due first."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from appeals import services
from appeals.models import Matter, Petition
from appeals.models.matters import SEES
from appeals.petition_part import Refused, shown_owed
from appeals.refusals import shown_again
from appeals.services.petitions import LONGEST, PetitionStep
from appeals.views import MatterPage, reached
from core.forms import DayField
from core.views import ScopedListView
from core.workdays import Calendar

LISTS = (("due", "等我们办"), ("waiting", "等群众、等上级"), ("ended", "办结的"))


class Petitions(ScopedListView):
    """信访 of the reader's villages: what the law wants first of the office stands first."""

    model = Petition
    verb = SEES
    template_name = "appeals/petitions.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.chosen = request.GET.get("list", "due")
        if self.chosen not in dict(LISTS):
            raise Http404
        self.page_order = {"due": ("due_on", "pk"), "waiting": ("pk",), "ended": ("-pk",)}[self.chosen]

    def get_queryset(self) -> QuerySet:
        return _listed(super().get_queryset(), self.chosen).whole()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        calendar = Calendar()
        mine = Petition.objects.visible_to(self.request.user, self.verb)
        return found | {
            "lines": [(row, shown_owed(row, calendar)) for row in found["rows"]],
            "lists": [
                (code, title, _listed(mine, code).count() if code != "ended" else None)
                for code, title in LISTS
            ],
            "chosen": self.chosen,
        }


def _listed(rows: Any, name: str) -> Any:
    if name == "ended":
        return rows.filter(state=Petition.ENDED)
    return rows.running().filter(due_on__isnull=name == "waiting")


@require_POST
def take_petition_step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One step; a refusal comes back at the step's own form with what was typed."""
    step = services.PETITION_STEPS.get(code)
    if step is None:
        raise Http404
    if (matter := reached(request, pk)) is None:
        return redirect("appeals:matters")
    try:
        move = step.verb(actor=request.user, matter=matter, **read_petition_step(step, request))
    except (services.Conflict, ValidationError, PermissionDenied) as refused:
        return shown_again(
            *(MatterPage, request, pk, code, refused),
            put=lambda told: {"petition_refused": Refused(code, told, request.POST)},
        )
    else:
        messages.success(request, f"{move.get_kind_display()}，记好了。")
    reads = Matter.objects.readable_by(request.user).filter(pk=pk).exists()
    return redirect("appeals:matter", pk) if reads else redirect("appeals:matters")


def read_petition_step(step: PetitionStep, request: HttpRequest) -> dict[str, Any]:
    """What the step's verb takes, out of what was sent; ValidationError by field for what is no such thing."""
    fields: dict[str, forms.Field] = {
        "uuid": forms.UUIDField(required=False),
        "words": forms.CharField(
            required=False,
            max_length=LONGEST,
            error_messages={"max_length": f"最多写 {LONGEST} 个字，写短一点。"},
        ),
        "day": DayField(required=False),
    }
    if "days" in step.fields:
        invalid = {"invalid": Petition.EXTENDED}
        fields["days"] = forms.IntegerField(required=False, error_messages=invalid)
        fields["approved_by"] = forms.CharField(
            required=False, max_length=40, error_messages={"max_length": "最多写 40 个字。"}
        )
    form = type("PetitionForm", (forms.Form,), fields)(request.POST)
    if not form.is_valid():
        raise ValidationError({name: list(told) for name, told in form.errors.items()})
    return {name: value for name, value in form.cleaned_data.items() if value is not None}
