"""What is asked of whoever tells, on the public page and on the desk. The services say what is wrong."""

from typing import Any
from uuid import uuid4

from django import forms

from discipline.models import Report
from discipline.told import OFFICES
from grids.models import Territory

SALT = "discipline.tell"
NOT_THERE = "没有这一样，重新选。"


class TellForm(forms.Form):
    """`mark` carries the report's number and when the page was drawn, signed: sent twice it is one report, and what is
    sent at once was filled in by a machine. `website` is a field that no person sees."""

    place = forms.ChoiceField(label="哪个村的", required=False, error_messages={"invalid_choice": NOT_THERE})
    office = forms.CharField(label="他是干什么的", required=False)
    name = forms.CharField(label="叫什么名字", required=False)
    what = forms.CharField(label="什么事", required=False, widget=forms.Textarea(attrs={"rows": 6}))
    phone = forms.CharField(label="您的电话", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The town first, then its villages; of what is closed nobody tells any more.
        rows = Territory.objects.in_use().exclude(kind=Territory.GRID).in_order()
        self.places = {str(each.pk): each for each in rows}
        several = sum(each.kind == Territory.TOWN for each in self.places.values()) > 1
        self.fields["place"].choices = [("", "点这里选"), *self._choices(several)]
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")
        self.offices = [(code, office.title) for code, office in OFFICES.items()]

    def _choices(self, several: bool) -> list[tuple[str, str]]:
        town = "{}里" if several else "镇里"
        return [
            (pk, town.format(each.name) if each.kind == Territory.TOWN else each.name)
            for pk, each in self.places.items()
        ]

    def said(self) -> dict[str, Any]:
        """What the services take."""
        return {**self.cleaned_data, "place": self.places.get(self.cleaned_data["place"])}


class EnterForm(TellForm):
    """The same for what came otherwise."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    source = forms.ChoiceField(
        label="怎么来的",
        choices=[("", "选一样"), *(pair for pair in Report.SOURCES if pair[0] != Report.PAGE)],
        required=False,
        error_messages={"invalid_choice": NOT_THERE},
    )
    office = forms.ChoiceField(
        label="他是干什么的",
        choices=[("", "选一样"), *((code, office.title) for code, office in OFFICES.items())],
        required=False,
        error_messages={"invalid_choice": NOT_THERE},
    )
    reporter = forms.CharField(label="反映人", required=False, help_text="没留姓名的空着")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid4())
        super().__init__(*args, **kwargs)
        self.fields["phone"].label = "反映人的电话"
