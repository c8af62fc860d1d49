"""What desk and public pages ask for of an employer and of a place. The services say what is wrong."""

import datetime as dt
from typing import Any, ClassVar

from django import forms

from core import clock
from core.forms import CHOOSE_AGAIN, FromModel
from grids.models import Territory
from jobs.models import Employer, Skill, Trade, Vacancy
from jobs.models.words import DEMANDS


class _Unchecked(FromModel):
    """The services say what is wrong, once; a line that may stay empty says so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.names:
            field = self.fields[name]
            field.validators = []
            if type(field) is forms.CharField and not field.required and not field.help_text:
                field.help_text = "可以不填"


class EmployerForm(_Unchecked):
    """An employer's own facts. On the page of one that is there an empty phone means that it stays."""

    model = Employer
    names = ("name", "industry", "contact", "credit_code", "address", "note")
    phone = forms.CharField(
        label="联系电话",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "tel", "autocomplete": "off"}),
    )

    def said(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class VacancyForm(_Unchecked):
    """A place. `village` is where the work is; skills and demands are ticked."""

    model = Vacancy
    names: ClassVar[tuple[str, ...]] = (
        "title",
        "trade",
        "kind",
        "number",
        "wage_low",
        "wage_high",
        "unit",
        "hours",
        "village",
        "place",
        "km",
        "needs",
        "age_low",
        "age_high",
        "ground",
        "starts_on",
        "until",
    )
    skills = forms.ModelMultipleChoiceField(
        Skill.objects.none(), label="要会什么", required=False, widget=forms.CheckboxSelectMultiple
    )
    demands = forms.MultipleChoiceField(
        label="干这活要", choices=DEMANDS, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name, many in (("trade", Trade), ("skills", Skill)):
            if name in fields:
                fields[name].queryset = many.objects.offered()
        if "trade" in fields:
            fields["trade"].empty_label = "选一个"
        if "village" in fields:
            fields["village"].queryset = Territory.objects.villages().in_use().in_order()
            fields["village"].empty_label = "不在本镇"

    @property
    def ticked(self) -> dict[str, list[str]]:
        """What is ticked, as the page draws it."""
        return {name: [str(each) for each in self[name].value() or ()] for name in ("skills", "demands")}

    def said(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    @staticmethod
    def fresh() -> dict[str, Any]:
        """The first content of a new place: one person, looked for during a month."""
        return {"number": 1, "until": clock.today() + dt.timedelta(days=30)}

    @staticmethod
    def of(vacancy: Vacancy) -> dict[str, Any]:
        """The form's first content, of one that is there."""
        said = {name: getattr(vacancy, name) for name in VacancyForm.names}
        said |= {"trade": vacancy.trade_id, "village": vacancy.village_id, "demands": vacancy.demands}
        return said | {"skills": [skill.pk for skill in vacancy.skills.all()]}


class OwnVacancyForm(VacancyForm):
    """What an employer says of a place without an account: no ages, for these need their ground in law."""

    names: ClassVar[tuple[str, ...]] = (
        "title",
        "trade",
        "kind",
        "number",
        "wage_low",
        "wage_high",
        "unit",
        "hours",
        "place",
        "needs",
        "starts_on",
        "until",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["skills"], self.fields["demands"]


class SignUpForm(OwnVacancyForm):
    """An employer signs up itself, with its first place."""

    OWN = ("name", "industry", "contact", "credit_code", "address")
    field_order = ("village", "name", "industry", "contact", "phone", "credit_code", "address")

    phone = forms.CharField(
        label="联系电话",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "tel", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = EmployerForm()
        for name in self.OWN:
            self.fields[name] = own.fields[name]
        self.fields["village"] = forms.ModelChoiceField(
            Territory.objects.villages().in_use().in_order(),
            label="在哪个村",
            required=False,
            empty_label="镇上、镇外",
            error_messages={"invalid_choice": CHOOSE_AGAIN},
            widget=forms.Select(attrs={"class": "input"}),
        )
        self.order_fields(self.field_order)

    def employer(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*self.OWN, "phone")}

    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OwnVacancyForm.names}
