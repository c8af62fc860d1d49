"""What the desk asks for of a claim and of each step. The services say what is wrong."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError

from core import clock, photos
from core.forms import DayField, tell_form
from grids.models import Household, Person
from points import services
from points.models import Award, Item, Scheme

WHOLE = "填一个整数。"
AGAIN = "刚才选的照片要再选一次"
CHOOSE = "选一个积分项目。"


class ClaimForm(forms.Form):
    """A claim for a household that was found before. `uuid` comes with the empty form: sent twice it is one claim."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    item = forms.ChoiceField(label="积分项目", error_messages={"required": CHOOSE, "invalid_choice": CHOOSE})
    day = DayField(label="哪天做的", error_messages={"required": "填哪天做的。"})
    number = forms.IntegerField(
        label="几个",
        help_text="几次、几小时、几个人",
        error_messages={"invalid": WHOLE, "required": "填几个，一次就是 1。"},
        widget=forms.NumberInput(attrs={"min": 1}),
    )
    person = forms.ModelChoiceField(
        Person.objects.none(),
        label="谁做的",
        required=False,
        empty_label="不单记到哪个人",
        error_messages={"invalid_choice": "这个人不在这一户，重新选。"},
    )
    words = forms.CharField(
        label="做了什么",
        max_length=300,
        required=False,
        error_messages={"max_length": "最多写 300 个字，写短一点。"},
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
    )

    proof = forms.CharField(
        label="佐证",
        max_length=100,
        required=False,
        help_text="项目里写着“要有佐证”的才要：什么证、几号，或者谁能证明",
        error_messages={"max_length": "最多写 100 个字，写短一点。"},
        widget=forms.TextInput(attrs={"maxlength": 100}),
    )
    photo = forms.FileField(
        label="佐证的照片",
        required=False,
        help_text="有照片的，佐证可以不写",
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )

    def __init__(self, *args: Any, household: Household, people: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).update(uuid=uuid.uuid4(), day=clock.today(), number=1)
        super().__init__(*args, **kwargs)
        self.items = {str(item.pk): item for item in items_for(household)}
        fields: dict[str, Any] = self.fields
        fields["item"].choices = [("", "选一个"), *_grouped(self.items.values())]
        if people is None:
            del fields["person"]
        else:
            fields["person"].queryset = people
        for name, field in fields.items():
            if name != "uuid":
                field.widget.attrs.setdefault("class", "input")

    def tell(self, why: ValidationError | PermissionDenied) -> int:
        """What the service said, at the fields it is about; the answer's status."""
        if self.files:
            self["photo"].help_text = AGAIN
        return tell_form(self, why)

    def said(self) -> dict[str, Any]:
        """What services.claim takes."""
        said = dict(self.cleaned_data)
        drawn = said.pop("photo")
        return said | {"item": self.items[said["item"]], "drawn": drawn}

    def clean(self) -> dict[str, Any]:
        """No browser hands a chosen file back: whoever mends something else chooses it again, and is told so."""
        if self.errors and self.files and "photo" not in self.errors:
            self["photo"].help_text = AGAIN
        return self.cleaned_data

    def clean_photo(self) -> bytes | None:
        """Drawn anew at once: what is no picture is said here."""
        sent = self.cleaned_data["photo"]
        if sent is None:
            return None
        if sent.size > photos.MOST_BYTES:
            raise forms.ValidationError(photos.TOO_LARGE)
        try:
            return photos.redraw_photo(sent.file)
        except forms.ValidationError as refused:
            raise forms.ValidationError(refused.messages) from refused


def items_for(household: Household) -> list[Item]:
    """What may still be claimed for a household: of the rules of today and of those a late claim falls under."""
    today = clock.today()
    schemes = [
        scheme
        for scheme in Scheme.objects.filter(territory=household.village_id, since__lte=today).order_by(
            "-since"
        )
        if scheme.until is None or scheme.until >= today - dt.timedelta(days=scheme.claim_days)
    ]
    found = []
    for scheme in schemes:
        for item in scheme.items.offered():
            item.scheme = scheme
            found.append(item)
    return found


def _grouped(items: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for item in items:
        title = item.group or "积分项目"
        if item.scheme.until is not None:
            title += f"（{clock.cn_day(item.scheme.until)}以前的办法）"
        said = f"{item.title}（{item.points} 分/{item.unit}{'，要有佐证' if item.proof else ''}）"
        groups.setdefault(title, []).append((str(item.pk), said))
    return list(groups.items())


def grounds_of(award: Award) -> Any:
    """On what the rules of its day say that no award is given."""
    return Item.objects.filter(scheme=award.item.scheme_id, refuses=True)


def read_step(step: services.Step, award: Award, sent: Any) -> dict[str, Any]:
    """What the step's verb takes, out of what was sent; ValidationError by field for what is no such thing."""
    fields: dict[str, forms.Field] = {
        "points": forms.IntegerField(required=False, error_messages={"invalid": WHOLE}),
        "ground": forms.ModelChoiceField(
            grounds_of(award), required=False, error_messages={"invalid_choice": "没有这个情形，重新选。"}
        ),
        "words": _text(200),
        "said_by": _text(40),
    }
    kept = {name: field for name, field in fields.items() if name in step.fields}
    form = type("StepForm", (forms.Form,), kept)(sent)
    if not form.is_valid():
        raise forms.ValidationError({name: list(told) for name, told in form.errors.items()})
    return dict(form.cleaned_data)


def _text(most: int) -> forms.CharField:
    told = {"max_length": f"最多写 {most} 个字，写短一点。"}
    return forms.CharField(required=False, max_length=most, error_messages=told)


class AnswerForm(forms.Form):
    """An objection answered: `outcome` is one of three, `points` belongs to the last."""

    KEEPS, REFUSES, LESS = "keeps", "refuses", "less"
    OUTCOMES = (
        (KEEPS, "异议不成立，照原来的公示"),
        (REFUSES, "异议成立，这一件不给分"),
        (LESS, "异议成立，改少一点，重新公示"),
    )

    outcome = forms.ChoiceField(
        choices=OUTCOMES,
        error_messages={"required": "选一个怎么处理。", "invalid_choice": "选一个怎么处理。"},
    )
    points = forms.IntegerField(required=False, error_messages={"invalid": WHOLE})
    words = _text(200)

    def clean(self) -> dict[str, Any]:
        less = self.cleaned_data.get("outcome") == self.LESS
        if less and "points" not in self.errors and self.cleaned_data.get("points") is None:
            self.add_error("points", "填改成几分。")
        return self.cleaned_data

    def said(self) -> dict[str, Any]:
        """What services.answer_challenge takes."""
        outcome = self.cleaned_data["outcome"]
        return {
            "upheld": outcome != self.KEEPS,
            "words": self.cleaned_data["words"],
            "points": self.cleaned_data["points"] if outcome == self.LESS else None,
        }
