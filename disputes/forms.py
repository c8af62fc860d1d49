"""What the desk asks for: a new dispute, its parties, each step with what it needs. The services say what is wrong."""

import uuid
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import User
from core.forms import DayField, field_of
from disputes.models import Dispute, Party
from disputes.services import FACTS, Named, Step, candidates, check_made_today, choosable, version_of
from grids.models import Person, Territory


class NewDispute(forms.ModelForm):
    """A dispute as the desk registers it: short first, what is rarely said folded (MORE). `uuid` comes with the empty
    form, so that sending it twice is one dispute. `serves_at`: where the actor serves, if that is one place; then
    nobody is asked where it lies."""

    MORE = ("source", "found_on", "people", "department", "supervised")
    uuid = forms.UUIDField(widget=forms.HiddenInput)

    class Meta:
        model = Dispute
        fields = (
            "words",
            "kind",
            "territory",
            "source",
            "found_on",
            "people",
            "major",
            "department",
            "supervised",
        )
        formfield_callback = field_of
        widgets = {
            "words": forms.Textarea(attrs={"rows": 3}),
            "people": forms.NumberInput(attrs={"min": 1}),
        }

    def __init__(
        self, *args: Any, places: list[Territory], serves_at: Territory | None = None, **kwargs: Any
    ) -> None:
        initial = kwargs.setdefault("initial", {})
        initial.setdefault("uuid", uuid.uuid4())
        initial.setdefault("kind", "")  # nobody said yet that it is 其他
        super().__init__(*args, **kwargs)
        self.serves_at, self.several = serves_at, len(places) > 1
        territory = self.fields["territory"]
        territory.queryset = Territory.objects.filter(pk__in=[place.pk for place in places])
        territory.label_from_instance = lambda place: place.full_name
        territory.required = False
        territory.empty_label = "按当事人的户定"
        territory.help_text = (
            f"都不在花名册里的，记在{serves_at}" if serves_at else "当事人都不在花名册里的，选一个"
        )
        self.fields["words"].error_messages["required"] = "写一句为什么闹的。"
        self.fields["kind"].choices = [("", "选是什么纠纷"), *Dispute.KINDS]
        self.fields["kind"].error_messages["required"] = "选是什么纠纷；都对不上的，选“其他”。"
        self.fields["source"].choices = [("", "选怎么来的"), *Dispute.SOURCES]

    @property
    def opened(self) -> bool:
        """Whether something in the folded part is wrong, and so is to be seen."""
        folded = (*self.MORE, "territory") if self.serves_at else self.MORE
        return any(name in self.errors for name in folded)

    def _post_clean(self) -> None:
        """The service checks the whole, once, and says what is wrong at the same fields."""

    def said(self) -> dict[str, Any]:
        """What open_dispute takes."""
        return {
            name: "" if value is None and name not in ("people", "territory") else value
            for name, value in self.cleaned_data.items()
        }


class FactsForm(forms.ModelForm):
    """What of a dispute can have been written wrong."""

    uuid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    upon = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    class Meta:
        model = Dispute
        fields = FACTS
        formfield_callback = field_of
        widgets = {"people": forms.NumberInput(attrs={"min": 1})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, auto_id="facts_%s", **kwargs)
        self.initial.setdefault("upon", version_of(self.instance))

    def _post_clean(self) -> None:
        """The service checks the whole, and the dispute stays as it is until then."""


class PartyForm(forms.Form):
    """One party: what is typed is the name, and whoever is ticked below it is the one of the register."""

    uuid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    look = forms.CharField(label="姓名", max_length=40, required=False)
    person = forms.ModelChoiceField(Person.objects.none(), required=False, widget=forms.RadioSelect)
    phone = forms.CharField(label="电话", max_length=30, required=False)
    address = forms.CharField(label="住址或单位", max_length=100, required=False)

    def __init__(self, *args: Any, actor: Any, side: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, prefix=side, **kwargs)
        self.side, self.title = side, dict(Party.SIDES)[side]
        typed = str(self.data.get(self.add_prefix("look"), "")) if self.is_bound else ""
        self.found = choosable(actor, typed)
        self.looked = bool(typed.strip())
        self.fields["person"].queryset = Person.objects.filter(pk__in=[each.pk for each in self.found])
        self.fields["person"].error_messages["invalid_choice"] = "选的人和写的姓名对不上，再找一次。"
        self.chosen = self.data.get(self.add_prefix("person")) if self.is_bound else None
        if self.chosen is None and len(self.found) == 1:
            self.chosen = str(self.found[0].pk)
        for name in ("look", "phone", "address"):
            self.fields[name].widget.attrs.update({"class": "input", "autocomplete": "off"})

    def clean(self) -> dict[str, Any]:
        """Who is in the register is one of it, unless somebody says that he is not."""
        looking = self.data.get("do") == "find"
        if self.found and not looking and self.add_prefix("person") not in self.data:
            self.add_error("person", "花名册里有这个名字，选是哪一个；都不是的，选最后一个。")
        return self.cleaned_data

    def named(self) -> Named | None:
        """None if nothing was said of this side."""
        said = self.cleaned_data
        person, name = said.get("person"), said.get("look", "")
        if person is None and not name and not said.get("phone"):
            return None
        return Named(self.side, person, name, address=said.get("address", ""), phone=said.get("phone", ""))


YES = "yes"
KEPT = ((YES, "都做到了"), ("no", "还没做到"))


def read_step(step: Step, dispute: Dispute, sent: QueryDict | dict[str, Any]) -> dict[str, Any]:
    """What the step's verb takes, out of what was sent; ValidationError by field for what is no such thing."""
    if "day" not in step.fields:
        check_made_today(step, str(sent.get("day", "")))
    fields: dict[str, forms.Field] = {name: _field(name, dispute) for name in step.fields}
    form = type("StepForm", (forms.Form,), {"uuid": forms.UUIDField(required=False), **fields})(sent)
    if not form.is_valid():
        raise forms.ValidationError({name: list(told) for name, told in form.errors.items()})
    return {
        name: value for name, value in form.cleaned_data.items() if value not in (None, "") or name == "words"
    }


def _field(name: str, dispute: Dispute) -> forms.Field:
    if name in ("words", "feedback"):
        most = 500 if name == "words" else 300
        told = {"max_length": f"最多写 {most} 个字，写短一点。"}
        return forms.CharField(required=False, max_length=most, error_messages=told)
    if name == "kept":
        return forms.TypedChoiceField(
            choices=KEPT, required=False, coerce=lambda value: value == YES, empty_value=None
        )
    if name in ("owner", "keeper"):
        people = User.objects.filter(pk__in=[user.pk for user in candidates(dispute)])
        told = {"invalid_choice": "这个人管不到这件纠纷，换一个人。"}
        return forms.ModelChoiceField(people, required=False, error_messages=told)
    return DayField(required=False)
