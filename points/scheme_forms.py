"""What the desk asks for of a village's rules and their items. The services say what is wrong."""

from typing import Any

from django import forms

from core.forms import field_of
from points import services
from points.models import Item, Scheme


class _Ours(forms.ModelForm):
    """Typed values of a model that a service checks and stores; a number left out is 0 where 0 means something."""

    def _post_clean(self) -> None:
        """The service checks the whole, once."""


class AdoptForm(_Ours):
    """New rules, with the numbers of those before where nothing else is typed."""

    class Meta:
        model = Scheme
        fields = ("since", "resolution", *services.NUMBERS)
        formfield_callback = field_of

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resolution"].error_messages["required"] = "写是哪次会议定的。"


class ItemForm(_Ours):
    """One item of the rules."""

    class Meta:
        model = Item
        fields = services.ITEM
        formfield_callback = field_of

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].error_messages["required"] = "写这一项叫什么。"
        self.fields["points"].help_text = "不予积分的情形不用写"
        source: Any = self.fields["source"]
        source.label = "哪种事自动报这一项"
        source.choices = [("", "不自动报，都由人报"), *Item.SOURCES]
        for name in ("points", "most", "item_cap", "position"):
            self.fields[name].required = False

    def fill(self, item: Item) -> Item:
        """The item with what was typed; a number that was left out is what it is at first."""
        fresh = Item()
        for name in services.ITEM:
            value = self.cleaned_data[name]
            setattr(item, name, getattr(fresh, name) if value is None else value)
        return item
