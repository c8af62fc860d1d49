"""What forms of all rooms share: a day, fields after a model's columns, and a refusal put where it belongs."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models

from core.clock import NO_DAY
from core.faults import refusal

FILL, WHICH_DAY = "这一格要填。", "选哪一天。"
CHOOSE = "选一个"
CHOOSE_AGAIN = "重新选一个。"
NO_NUMBER = "写数字。"
UNSTYLED = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.RadioSelect, forms.HiddenInput)


class DayInput(forms.DateInput):
    """The browser's own calendar; one that has none shows a line to type 2026-11-23 on."""

    input_type = "date"

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(dict(attrs or {}), format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day, written as the browser's calendar writes it."""

    widget = DayInput
    default_error_messages = {"required": WHICH_DAY, "invalid": NO_DAY}

    def __init__(self, **more: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **more)


def field_of(column: models.Field, **more: Any) -> Any:
    """The form's field of a model's column: label, help and length are said there, once; looks and words are ours.

    A ModelForm takes it as its `formfield_callback`.
    """
    if isinstance(column, models.DateField) and not isinstance(column, models.DateTimeField):
        more.setdefault("form_class", DayField)
    field = column.formfield(**more)
    if field is None:
        return None
    field.error_messages |= {"required": WHICH_DAY if isinstance(field, DayField) else FILL}
    field.error_messages |= {"invalid_choice": CHOOSE_AGAIN}
    if isinstance(field, forms.IntegerField):
        if "widget" not in more:
            # The keys that a phone shows for "numeric" have no point.
            keys = "decimal" if isinstance(field, forms.DecimalField | forms.FloatField) else "numeric"
            field.widget = forms.TextInput(attrs={"inputmode": keys, "maxlength": "7"})
        field.error_messages["invalid"] = NO_NUMBER
    elif isinstance(field, forms.TypedChoiceField):
        choices: Any = field.choices
        empty = CHOOSE if field.required else "没有"
        field.choices = [(key, empty if key == "" else name) for key, name in choices]
    elif isinstance(field, forms.CharField):
        field.error_messages["max_length"] = f"最多写 {field.max_length} 个字，写短一点。"
    style(field)
    return field


def style(field: forms.Field) -> None:
    """What is typed into or chosen from looks like the town's; browsers keep nothing of it."""
    if not isinstance(field.widget, UNSTYLED):
        field.widget.attrs = {"class": "input", "autocomplete": "off"} | field.widget.attrs


class FromModel(forms.Form):
    """Some of a model's columns, typed for a verb that makes the row or changes it."""

    model: ClassVar[type[models.Model]]
    names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.names:
            self.fields[name] = field_of(self.model._meta.get_field(name))


def written(form: forms.BaseForm) -> list[tuple[str, str]]:
    """What was typed or chosen, under its label: to be read where the form itself has no place any more."""
    found = []
    for field in form.visible_fields():
        said = str(field.value() or "").strip()
        choices = {str(key): title for key, title in getattr(field.field, "choices", ())}
        if said and not isinstance(field.field, forms.FileField):
            found.append((str(field.label), str(choices.get(said, said))))
    return found


def tell_form(
    form: forms.BaseForm,
    why: ValidationError | PermissionDenied,
    *,
    prefix: str = "",
    at: Mapping[str, str | None] | None = None,
) -> int:
    """Put each sentence at its field of `form`; what has no field that one sees stands above. The answer's status.

    A sentence about `x` belongs to the field `prefix + x`, or to what `at` names for it (None: above).
    """
    told, status = refusal(why)
    at = at or {}
    for name, sentences in told.items():
        place = at.get(name, f"{prefix}{name}")
        seen = place is not None and place in form.fields and not form[place].is_hidden
        form.add_error(place if seen else None, sentences)
    return status
