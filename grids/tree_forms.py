"""Forms of villages, grids and villager groups: add, rename, close, and move a group from a day on."""

from typing import Any

from django import forms

from core import clock
from core.forms import DayField, DayInput
from grids import services
from grids.models import Territory, VillagerGroup

INPUT = {"class": "input", "autocomplete": "off"}


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = DayInput(attrs={"class": "input"})
    missing = {"required": "日期没填。"}
    return DayField(label=label, help_text=help_text, widget=widget, error_messages=missing)


def _text(label: str, longest: int, help_text: str = "", **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs=INPUT)
    missing = {"required": f"{label}没填。"}
    return forms.CharField(
        label=label, max_length=longest, help_text=help_text, widget=widget, error_messages=missing, **more
    )


def _choice(label: str, rows: Any, empty: str) -> forms.ModelChoiceField:
    widget = forms.Select(attrs={"class": "input"})
    missing = dict.fromkeys(("required", "invalid_choice"), f"{empty}。")
    return forms.ModelChoiceField(rows, label=label, empty_label=empty, widget=widget, error_messages=missing)


class TreeForm(forms.Form):
    """A form about `node`: a village, a grid or a villager group."""

    def __init__(self, *args: Any, node: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.node = node
        self.shape()

    def shape(self) -> None:
        """Adjust the fields to the node."""


class AddBelow(TreeForm):
    """A village of a town, or a grid of a village."""

    name = _text("名称", 40)
    code = _text("编码", 15, "编码定下以后不改，撤了也不再用")
    party_group = _text("党小组", 60, "没有先空着", required=False)

    def shape(self) -> None:
        self.fields["code"].initial = services.next_code(self.node)
        if self.node.kind == Territory.TOWN:
            del self.fields["party_group"]


class Rename(TreeForm):
    name = _text("名称", 40)

    def shape(self) -> None:
        self.fields["name"].initial = self.node.name
        if isinstance(self.node, VillagerGroup):
            self.fields["name"].widget.attrs["maxlength"] = 20


class Close(TreeForm):
    on = _day("最后一天")

    def shape(self) -> None:
        self.fields["on"].initial = clock.today()


class AddGroup(TreeForm):
    name = _text("名称", 20, "如 七组")
    grid = _choice("划在哪个网格", Territory.objects.none(), "选一个网格")
    since = _day("从哪天起", "可以写以后的日子，最远一年")

    def shape(self) -> None:
        self.fields["grid"].queryset = self.node.get_children().in_use()  # type: ignore[attr-defined]
        self.fields["since"].initial = clock.today()


class Redraw(TreeForm):
    """From when, and why, grids are re-drawn; which groups and households go where stands in the table above."""

    since = _day("从哪天起", "那天以前报的数字不变")
    why = _text("为什么调整", 200, "一句话，如：第一网格户数太多")

    def shape(self) -> None:
        self.fields["since"].initial = clock.today()
