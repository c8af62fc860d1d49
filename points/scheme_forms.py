"""What the desk asks for of a village's rules and their items. The services say what is wrong."""

from typing import Any

from django import forms

from points import services
from points.award_forms import DAY
from points.models import Item, Scheme


class _Ours(forms.ModelForm):
    """Typed values of a model that a service checks and stores; a number left out is 0 where 0 means something."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs.setdefault("class", "input")
            field.error_messages["invalid"] = "填一个数。"

    def _post_clean(self) -> None:
        """The service checks the whole, once."""

    def tell(self, told: dict[str, list[str]]) -> None:
        """What the service said, at the fields it is about."""
        for name, sentences in told.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class AdoptForm(_Ours):
    """New rules, with the numbers of those before where nothing else is typed."""

    class Meta:
        model = Scheme
        fields = ("since", "resolution", *services.NUMBERS)
        widgets = {"since": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].error_messages |= {"required": "填从哪天起用。", "invalid": DAY}
        self.fields["resolution"].error_messages["required"] = "写是哪次会议定的。"


class ItemForm(_Ours):
    """One item of the rules."""

    class Meta:
        model = Item
        fields = services.ITEM

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].error_messages["required"] = "写这一项叫什么。"
        self.fields["points"].help_text = "不予积分的情形不用写"
        for name in ("points", "most", "item_cap", "position"):
            self.fields[name].required = False

    def fill(self, item: Item) -> Item:
        """The item with what was typed; a number that was left out is what it is at first."""
        fresh = Item()
        for name in services.ITEM:
            value = self.cleaned_data[name]
            setattr(item, name, getattr(fresh, name) if value is None else value)
        return item
