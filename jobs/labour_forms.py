"""What the desk asks of somebody's work. The model and the services say what is wrong."""

from typing import Any

from django import forms
from django.db.models import Q
from django.forms.models import model_to_dict

from core import clock
from core.forms import field_of
from jobs.models import Labour
from jobs.models.words import LIMITS

WHOLE = "填一个整数，写几千元就写 4000 这样。"
SHORT = ("status", "wish", "wage", "distance", "hours")
MORE = ("health", "care", "learns", "place", "employer", "subsidy", "note")


class LabourForm(forms.ModelForm):
    """All facets of one person, with what holds today filled in."""

    limits = forms.MultipleChoiceField(
        label="干不了的",
        choices=LIMITS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "选页面上列的几样。"},
    )

    class Meta:
        model = Labour
        fields = ("since", *SHORT, "trades", "skills", "limits", *MORE)
        formfield_callback = field_of
        widgets = {
            "trades": forms.CheckboxSelectMultiple,
            "skills": forms.CheckboxSelectMultiple,
            "wage": forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 9}),
        }

    def __init__(self, *args: Any, before: Labour | None, **kwargs: Any) -> None:
        known = model_to_dict(before, self.Meta.fields) if before else {}
        kwargs["initial"] = known | {"since": clock.today()}
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name in ("trades", "skills", "learns"):
            # A word that the town offers no longer stays with whoever carries it.
            had = known.get(name) or []
            keys = [each.pk for each in had] if isinstance(had, list) else [had]
            fields[name].queryset = fields[name].queryset.filter(Q(offered=True) | Q(pk__in=keys))
            fields[name].error_messages |= {"invalid_choice": "选页面上列的几样。"}
        fields["learns"].empty_label = "没说想学"
        for name in ("status", "distance", "hours", "health", "care"):
            empty = {"status": "选一个", "distance": "多远都行", "hours": "都行"}.get(name, "没问")
            fields[name].choices = [("", empty), *(c for c in fields[name].choices if c[0] != "")]
        fields["status"].error_messages |= {
            "required": "选一个就业状态。",
            "invalid_choice": "选一个就业状态。",
        }
        fields["wage"].error_messages["invalid"] = WHOLE

    def _post_clean(self) -> None:
        """The service checks the whole, once."""

    def said(self) -> dict[str, Any]:
        """What services.note_labour takes."""
        said = dict(self.cleaned_data)
        return said | {"day": said.pop("since")}
