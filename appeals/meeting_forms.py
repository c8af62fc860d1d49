"""What the desk asks of a meeting: when and where, who came, what was explained, and each thing somebody asked for."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms

from appeals.models import Matter, Meeting
from core.forms import field_of
from grids.models import Officer, Person, Territory, VillagerGroup

MOST_ROWS = 40


class MeetingForm(forms.ModelForm):
    """The meeting itself. `uuid` comes with the empty form, so that sending it twice is one meeting."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    others = forms.IntegerField(
        label="名单外还有几个人",
        min_value=0,
        max_value=2000,
        required=False,
        error_messages={"invalid": "填一个数，没有就空着。", "min_value": "填 0 或者更大的数。"},
    )

    class Meta:
        model = Meeting
        fields = (
            "kind",
            "territory",
            "group",
            "held_on",
            "started_at",
            "place",
            "led_by",
            "others",
            "topics",
        )
        formfield_callback = field_of
        widgets = {
            "topics": forms.Textarea(attrs={"rows": 3}),
            "started_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(
        self,
        *args: Any,
        places: Sequence[Territory],
        groups: Sequence[VillagerGroup],
        officers: Sequence[Officer],
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)
        chosen: dict[str, tuple[Any, Sequence[Any]]] = {
            "territory": (Territory, places),
            "group": (VillagerGroup, groups),
            "led_by": (Officer, officers),
        }
        for name, (model, rows) in chosen.items():
            field: Any = self.fields[name]
            field.queryset = model.objects.filter(pk__in=[row.pk for row in rows])
            field.choices = [("", EMPTY[name]), *((row.pk, row.shown) for row in rows)]
            field.required = False
        for name in ("place", "topics"):
            self.fields[name].required = False
        self.fields["topics"].help_text = "政策宣讲、村里的事、上次答应的事办得怎样"
        self.fields["group"].label = "哪个组（可不选）"
        self.fields["started_at"].required = False
        self.fields["held_on"].error_messages |= {"required": "填哪天开的。", "invalid": "日期重新选一次。"}
        self.fields["territory"].error_messages["invalid_choice"] = "选列出来的村或者网格。"
        for name, field in self.fields.items():
            if name != "uuid":
                field.widget.attrs.setdefault("class", "input")

    def _post_clean(self) -> None:
        """The service checks the whole, once, and says what is wrong at the same fields."""

    def only_what_may_change(self) -> None:
        """Leave out what a meeting keeps once it was recorded; carry which writing of it was shown."""
        for name in ("territory", "group", "held_on", "uuid"):
            del self.fields[name]
        self.fields["version"] = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    def said(self) -> dict[str, Any]:
        """What the services take."""
        return {**self.cleaned_data, "others": self.cleaned_data.get("others") or 0}


EMPTY = {"territory": "选哪个村、哪个网格", "group": "不分组", "led_by": "选谁主持的"}


class NeedForm(forms.Form):
    """One row: who asked, and what for. A row with nothing in it is no row."""

    who = forms.ChoiceField(
        label="谁说的", required=False, error_messages={"invalid_choice": "重新选谁说的。"}
    )
    caller = forms.CharField(label="不在到会名单上的，写姓名", max_length=40, required=False)
    words = forms.CharField(
        label="什么事",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "最多写 500 个字，写短一点。"},
    )
    field = forms.ChoiceField(label="哪方面", choices=Matter.FIELDS, required=False, initial=Matter.OTHER)
    urgency = forms.ChoiceField(label="急不急", choices=Matter.URGENCIES, required=False, initial=Matter.DAYS)

    def __init__(self, *args: Any, people: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        names = [(key, f"{each.name}（{each.household.group}）") for key, each in self.people.items()]
        who: Any = self.fields["who"]
        who.choices = [("", "选到会的人"), *names]
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")

    def is_blank(self) -> bool:
        """Nobody, and nothing was said."""
        return not any(self.cleaned_data.get(name) for name in ("who", "caller", "words"))

    def said(self) -> dict[str, Any]:
        """What a Need is made of."""
        found = self.cleaned_data
        return {
            "words": found["words"],
            "person": self.people.get(found["who"]),
            "caller": "" if found["who"] else found["caller"],
            "field": found["field"] or Matter.OTHER,
            "urgency": found["urgency"] or Matter.DAYS,
        }
