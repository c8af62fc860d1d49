"""The form of one activity of a village's month plan."""

from collections.abc import Callable
from typing import Any

from django import forms

from core.forms import field_of
from grids.models import Territory
from points.models import Activity, Item

EMPTY = {"territory": "选哪里", "item": "不给积分"}


class ActivityForm(forms.ModelForm):
    """`places`: where its writer calls people together; `items`: what can be given for coming there."""

    class Meta:
        model = Activity
        fields = ("territory", "title", "day", "time", "place", "hours", "wanted", "item", "handbook")
        formfield_callback = field_of
        widgets = {
            "hours": forms.TextInput(attrs={"inputmode": "numeric", "maxlength": "2"}),
            "wanted": forms.TextInput(attrs={"inputmode": "numeric", "maxlength": "4"}),
            "handbook": forms.Textarea(attrs={"rows": 5}),
        }

    def __init__(self, *args: Any, places: list[Territory], items: list[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        many = len({place.village for place in places}) > 1
        rows = Territory.objects.filter(pk__in=[place.pk for place in places])
        self._choose("territory", rows, lambda place: place.full_name if many else place.name)
        wanted = Item.objects.filter(pk__in=[item.pk for item in items]).select_related("scheme__territory")
        self._choose("item", wanted, lambda item: _named(item, many))
        if len(places) == 1:
            self.fields["territory"].initial = places[0].pk

    def _choose(self, name: str, rows: Any, label: Callable[[Any], str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows
        field.empty_label = EMPTY[name]
        field.label_from_instance = label  # type: ignore[method-assign, assignment]


def _named(item: Item, many: bool) -> str:
    told = f"{item.title}（{item.points} 分一{item.unit}）"
    return f"{item.scheme.territory}：{told}" if many else told
