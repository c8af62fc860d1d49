"""What the hotline asks for while somebody is on the line, and what each step of a call takes. The services say what is
wrong."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404

from accounts.models import User
from appeals.models import CallStep, Matter, Talent
from appeals.services.calls import TAKES
from grids.models import Household, Person, Territory
from grids.services import Found, find

WHEN = "时间写成 2026-11-23 09:30 这样。"
TOO_LONG = {"max_length": "写得太长了，写短一点。"}


class NewCall(forms.Form):
    """One call. `text` is the number, or the name of whoever does not show one; the rest is tapped. `uuid` comes with
    the empty form, so that sending it twice is one call."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(label="来电号码或姓名", max_length=60, required=False, error_messages=TOO_LONG)
    home = forms.RegexField(r"^[0-9]{1,18}(-[0-9]{1,18})?$", required=False)
    matter = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    caller = forms.CharField(label="姓名", max_length=40, required=False, error_messages=TOO_LONG)
    territory = forms.IntegerField(label="哪里打来的", required=False, min_value=1, max_value=2**63 - 1)
    field = forms.ChoiceField(choices=Matter.FIELDS, required=False)
    words = forms.CharField(label="什么事（一句）", max_length=500, required=False, error_messages=TOO_LONG)
    urgency = forms.ChoiceField(choices=Matter.URGENCIES, required=False)
    to = forms.RegexField(r"^[ut][0-9]{1,18}$", required=False)

    def said(self, actor: Any) -> dict[str, Any]:
        """What take_call takes; rows that are not the actor's are 404."""
        found = self.cleaned_data
        text = found["text"].strip()
        if known := matter_by_number(actor, text):
            return self._about(known)
        numeric = any(letter.isdigit() for letter in text)
        household, person = _home(actor, found["home"] if "home" in self.data else _only(actor, text))
        place = None
        if household is None and found["territory"]:
            rows = Territory.objects.visible_to(actor, TAKES).in_use().select_related("parent")
            place = get_object_or_404(rows, pk=found["territory"])
        matter = None
        if found["matter"]:
            rows = Matter.objects.readable_by(actor).select_related("territory__parent__parent")
            matter = get_object_or_404(rows, pk=found["matter"])
        return {
            "uuid": found["uuid"],
            "phone": text if numeric else "",
            "caller": found["caller"] or ("" if numeric or household else text),
            "household": household,
            "person": person,
            "territory": place,
            "matter": matter,
            "words": found["words"],
            "field": found["field"] or Matter.OTHER,
            "urgency": found["urgency"] or Matter.DAYS,
            **whom(found["to"]),
        }

    def _about(self, matter: Matter) -> dict[str, Any]:
        """She said the number on her receipt: it is about that one."""
        found = self.cleaned_data
        said = {name: found[name] for name in ("uuid", "caller", "words")}
        return said | {"household": matter.household, "matter": matter} | whom(found["to"])


def matter_by_number(actor: Any, text: str) -> Matter | None:
    """What a caller asks after by the number on her receipt: SQ-2026-0321, or its last part."""
    told = re.fullmatch(r"(?:SQ)?-?(\d{4})-(\d{1,9})", text.upper().replace(" ", ""))
    if told is None:
        return None
    row = Matter.objects.readable_by(actor).select_related("owner").filter(pk=int(told[2])).first()
    return row if row and row.opened_on.year == int(told[1]) else None


def _only(actor: Any, text: str) -> str:
    """Whoever saves before the households are drawn means the one whose number it is; of several he is asked."""
    homes = find(actor, text) if len(text) > 1 else []
    if len(homes) > 1:
        raise forms.ValidationError({"home": "有几户是这个号、这个名字，点是哪一户。"})
    each = homes[0] if homes else None
    return value_of(each) if each else ""


def value_of(found: Found) -> str:
    """`12` or `12-34`."""
    return f"{found.household.pk}-{found.person.pk}" if found.person else str(found.household.pk)


def _home(actor: Any, asked: str) -> tuple[Household | None, Person | None]:
    """`12` or `12-34`: a household, and the person in it whose number it is."""
    if not asked:
        return None, None
    home, _, person = asked.partition("-")
    rows = Household.objects.visible_to(actor, TAKES).present().select_related("territory__parent__parent")
    household = get_object_or_404(rows, pk=int(home))
    if not person:
        return household, None
    return household, get_object_or_404(Person.objects.present(), pk=int(person), household=household)


def whom(asked: str) -> dict[str, Any]:
    """`u12` is somebody with an account, `t5` a capable person; whether they may be sent is the service's question."""
    if not asked:
        return {}
    rows: Any = User.objects.active() if asked[0] == "u" else Talent.objects.listed()
    found = rows.filter(pk=int(asked[1:])).first()
    if found is None:
        raise Http404
    return {"to": found} if asked[0] == "u" else {"talent": found}


class CallStepForm(forms.Form):
    """What a step of a call takes; which of it is asked depends on the step."""

    uuid = forms.UUIDField(required=False)
    words = forms.CharField(max_length=200, required=False, error_messages=TOO_LONG)
    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": WHEN},
    )
    to = forms.RegexField(r"^[ut][0-9]{1,18}$", required=False)
    done = forms.BooleanField(required=False)


def read_call_step(code: str, sent: QueryDict) -> dict[str, Any]:
    """What the step's verb takes; ValidationError by field for what is no such thing."""
    form = CallStepForm(sent)
    if not form.is_valid():
        raise forms.ValidationError({name: list(told) for name, told in form.errors.items()})
    found = form.cleaned_data
    said: dict[str, Any] = {"uuid": found["uuid"], "words": found["words"]}
    if code == CallStep.SEND:
        return said | whom(found["to"])
    if code == CallStep.BACK:
        said["done"] = found["done"]
    at: dt.datetime | None = found["at"]
    return said | ({"at": at} if code in (CallStep.ARRIVE, CallStep.BACK) and at else {})
