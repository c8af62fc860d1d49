"""What the desk asks for: a new matter, and each step with what it needs. The services say what is wrong."""

import uuid
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import User
from appeals.models import Matter
from appeals.services import Step, candidates
from core.forms import DayField, field_of, style
from grids.models import Household, Territory


class NewMatter(forms.ModelForm):
    """A matter as the desk registers it. `uuid` comes with the empty form, so that sending it twice is one matter."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    phone = forms.CharField(label="电话", max_length=30, required=False)

    class Meta:
        model = Matter
        fields = ("source", "field", "words", "urgency", "caller", "opened_on", "territory")
        formfield_callback = field_of
        widgets = {"words": forms.Textarea(attrs={"rows": 3})}

    def __init__(
        self, *args: Any, household: Household | None, places: list[Territory], **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)
        self.household = household
        territory = self.fields["territory"]
        territory.queryset = Territory.objects.filter(pk__in=[place.pk for place in places])
        territory.label_from_instance = lambda place: place.full_name
        territory.required = household is None
        territory.error_messages["required"] = "选是哪个村、哪个网格的事；说不清网格的，选村。"
        if household is not None:
            del self.fields["territory"]
        style(self.fields["phone"])
        self.fields["source"].choices = [("", "选来源"), *Matter.SOURCES]
        territory.empty_label = "选哪个村、哪个网格"
        # A household's matter is its head's unless somebody else is named.
        self.fields["caller"].help_text = f"不写就是{household.head_name}" if household else ""
        self.fields["words"].error_messages["required"] = "写一句什么事。"

    def _post_clean(self) -> None:
        """The service checks the whole, once, and says what is wrong at the same fields."""

    def said(self) -> dict[str, Any]:
        """What open_matter takes."""
        return {**self.cleaned_data, "household": self.household}


def read_step(step: Step, matter: Matter, sent: QueryDict | dict[str, Any]) -> dict[str, Any]:
    """What the step's verb takes, out of what was sent; ValidationError by field for what is no such thing."""
    fields: dict[str, forms.Field] = {name: _field(name, matter) for name in step.fields}
    form = type("StepForm", (forms.Form,), {"uuid": forms.UUIDField(required=False), **fields})(sent)
    if not form.is_valid():
        raise forms.ValidationError({name: list(told) for name, told in form.errors.items()})
    return {
        name: value for name, value in form.cleaned_data.items() if value not in (None, "") or name == "words"
    }


def _field(name: str, matter: Matter) -> forms.Field:
    if name == "words":
        told = {"max_length": "最多写 500 个字，写短一点。"}
        return forms.CharField(required=False, max_length=500, error_messages=told)
    if name == "to":
        people = User.objects.filter(pk__in=[user.pk for user in candidates(matter)])
        told = {"required": "选交给谁。", "invalid_choice": "这个人接不了这件事，换一个人。"}
        return forms.ModelChoiceField(people, error_messages=told)
    if name in ("due_on", "answered_on"):
        return DayField(required=name == "due_on", error_messages={"required": "填哪天办好。"})
    choices = {"grade": Matter.GRADES, "rating": Matter.RATINGS}[name]
    return forms.ChoiceField(
        choices=choices, required=False, error_messages={"invalid_choice": "没有这一样，重新选。"}
    )
