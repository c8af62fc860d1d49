"""What the page 文书和卷宗 asks for. The services say what is wrong; these only read what was typed."""

import datetime as dt
import uuid
from collections.abc import Container
from typing import Any

from django import forms

from core import clock
from core.forms import DayField, written
from disputes.models import Agreement, Dispute
from disputes.services import ITEMS, signed_so_far


def _day(label: str, **more: Any) -> forms.DateField:
    return DayField(label=label, **{"required": False} | more)


def _words(label: str, most: int, rows: int, help_text: str = "") -> forms.CharField:
    told = {"max_length": f"最多写 {most} 个字，写短一点。"}
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(
        label=label, max_length=most, required=False, widget=area, help_text=help_text, error_messages=told
    )


class PaperForm(forms.Form):
    """A form of this page; `code` names its step, and its fields' ids begin with it. `version`: its field that says
    which text of an agreement was looked at; `now`: the agreement as somebody else has written it since, to be shown
    beside."""

    code = ""
    version = ""
    now: Agreement | None = None

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        self.dispute = dispute
        kwargs["auto_id"] = f"{self.code}_%s"
        super().__init__(*args, **kwargs)
        self._more()
        for field in self.fields.values():
            if not isinstance(field.widget, forms.RadioSelect | forms.HiddenInput):
                field.widget.attrs.setdefault("class", "input")
                field.widget.attrs.setdefault("autocomplete", "off")

    def _more(self) -> None:
        """Fields that follow from the dispute."""

    def said(self) -> dict[str, Any]:
        """What its verb takes."""
        return dict(self.cleaned_data)

    def renew(self) -> None:
        """From now on it is another one, of the same content: the number it had is taken."""
        self.data = {**self.data, self.add_prefix("uuid"): str(uuid.uuid4())}

    def written(self) -> list[tuple[str, str]]:
        """What was typed or chosen, under its label."""
        return written(self)

    def look_at(self, agreement: Agreement) -> None:
        """From now on it is typed upon this text."""
        self.now = agreement
        self.data = {**self.data, self.add_prefix(self.version): agreement.digest_of_text}


class DraftForm(PaperForm):
    """The text of an agreement; a new one begins with what is known."""

    code = "draft"
    uuid = forms.UUIDField(widget=forms.HiddenInput)
    form = forms.ChoiceField(
        label="怎么定的",
        choices=Agreement.FORMS,
        widget=forms.RadioSelect,
        error_messages={"required": "选是协议书还是口头协议。"},
    )
    facts = _words("纠纷事实", 2000, 3, "什么时候、谁和谁、为了什么")
    points = _words("争议焦点", 1000, 2, "争的是哪几点，没有的空着")
    terms = _words("协议内容", 3000, 4, "双方说定了什么，一条一行")
    performance = _words("怎么履行、什么时候履行完", 1000, 2)
    perform_by = _day("最晚哪天履行完", help_text="当场履行完的、没说日子的空着")

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        known = {"uuid": uuid.uuid4(), "form": Agreement.WRITTEN, "facts": dispute.words}
        kwargs["initial"] = known | kwargs.get("initial", {})
        super().__init__(*args, dispute=dispute, **kwargs)


class RedraftForm(DraftForm):
    """The same for a draft that is there."""

    code = "redraft"
    version = "upon"
    uuid = None  # type: ignore[assignment]
    upon = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, dispute: Dispute, agreement: Agreement, **kwargs: Any) -> None:
        names = ("form", "facts", "points", "terms", "performance", "perform_by")
        known = {name: getattr(agreement, name) for name in names}
        kwargs["initial"] = known | {"upon": agreement.digest_of_text}
        super().__init__(*args, dispute=dispute, **kwargs)


class SignForm(PaperForm):
    """On which day each party signed; who has not is left empty, and who has is not asked again (`asked`)."""

    code = "sign"
    text = forms.CharField(widget=forms.HiddenInput, required=False)
    mediators = forms.CharField(label="调解员", max_length=100, required=False)
    mediated_on = _day("调解员哪天签的")
    sealed_on = _day("调委会哪天盖的章")

    def __init__(self, *args: Any, dispute: Dispute, agreement: Agreement, **kwargs: Any) -> None:
        self.agreement = agreement
        kwargs["initial"] = {"text": agreement.digest_of_text, "mediators": agreement.mediators}
        super().__init__(*args, dispute=dispute, **kwargs)

    def _more(self) -> None:
        self.parties = list(self.dispute.parties.all())
        days = {f"party-{each.pk}": _day(f"{each.side_said} {each.name} 哪天签的") for each in self.parties}
        self.fields = {**days, **self.fields}

    def asked(self) -> list[forms.BoundField]:
        """The fields to show: what nobody has said yet, and what was said and is wrong."""
        done = {f"party-{each.party_id}" for each in self.agreement.signatures.all()}
        done |= {"mediators", "mediated_on"} if self.agreement.mediated_on else set()
        done |= {"sealed_on"} if self.agreement.sealed_on else set()
        return [field for field in self.visible_fields() if field.errors or field.name not in done]

    def said(self) -> dict[str, Any]:
        said = super().said()
        signed = {each.pk: said.pop(f"party-{each.pk}") for each in self.parties}
        return said | {"signed": signed}


class TakeBackForm(PaperForm):
    """Whose signature was filled in by mistake."""

    code = "unsign"
    who = forms.ChoiceField(
        label="收回谁的",
        widget=forms.RadioSelect,
        error_messages={"required": "选收回谁的。", "invalid_choice": "这一个已经收回了。"},
    )

    def __init__(self, *args: Any, dispute: Dispute, agreement: Agreement, **kwargs: Any) -> None:
        self.agreement = agreement
        super().__init__(*args, dispute=dispute, **kwargs)

    def _more(self) -> None:
        self.fields["who"].choices = signed_so_far(self.agreement)  # type: ignore[attr-defined]


class OralForm(PaperForm):
    code = "oral"
    version = "text"
    text = forms.CharField(widget=forms.HiddenInput, required=False)
    agreed_on = _day("双方哪天说定的")
    mediators = forms.CharField(label="调解员", max_length=100, required=False)

    def __init__(self, *args: Any, dispute: Dispute, agreement: Agreement, **kwargs: Any) -> None:
        kwargs["initial"] = {"text": agreement.digest_of_text, "mediators": agreement.mediators}
        super().__init__(*args, dispute=dispute, **kwargs)


class PerformForm(PaperForm):
    code = "perform"
    day = _day("哪天履行完的")
    words = _words("怎么履行的", 300, 2, "没什么要说的空着")


class BreakForm(PaperForm):
    code = "break"
    words = _words("哪一方、哪一条没履行", 300, 2)


class DiscardForm(PaperForm):
    code = "discard"
    words = _words("为什么不要了", 300, 2)


class ConfirmForm(PaperForm):
    code = "confirm"
    confirmation = forms.ChoiceField(
        label="当事人怎么说、法院怎么定",
        choices=Agreement.CONFIRMATIONS[1:],
        widget=forms.RadioSelect,
        error_messages={"required": "选一项。"},
    )
    day = _day("哪一天", help_text="申请那天，或者法院定的那天；不申请的空着")
    ruling = forms.CharField(label="法院文书号", max_length=60, required=False)


class SummonForm(PaperForm):
    code = "summon"
    uuid = forms.UUIDField(widget=forms.HiddenInput)
    day = _day("哪天调解")
    time = forms.TimeField(
        label="几点",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "时间写成 9:30 这样。"},
    )
    place = forms.CharField(label="在哪里", max_length=60, required=False)

    def __init__(self, *args: Any, dispute: Dispute, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"uuid": uuid.uuid4(), "place": f"{dispute.village}人民调解委员会"})
        super().__init__(*args, dispute=dispute, **kwargs)

    def said(self) -> dict[str, Any]:
        said = super().said()
        day, time = said.pop("day"), said.pop("time")
        moment = dt.datetime.combine(day, time, tzinfo=clock.SHANGHAI) if day and time else None
        return said | {"meets_at": moment}


class RightsForm(PaperForm):
    """On which day each party got the paper with his rights and duties."""

    code = "rights"

    def _more(self) -> None:
        self.parties = list(self.dispute.parties.all())
        for each in self.parties:
            title = f"{each.side_said} {each.name} 哪天告知的"
            self.fields[f"told-{each.pk}"] = _day(title, initial=each.rights_told_on)

    def said(self) -> dict[str, Any]:
        said = super().said()
        return {"told": {each.pk: said[f"told-{each.pk}"] for each in self.parties}}


class ScanForm(PaperForm):
    """`closed`: the items of the case file that are not for who puts it in."""

    code = "scan"
    uuid = forms.UUIDField(widget=forms.HiddenInput)
    item = forms.ChoiceField(
        label="卷宗里的哪一项",
        choices=[("", "选一项"), *((each.code, each.title) for each in ITEMS.values() if each.numbered)],
        error_messages={"required": "选是卷宗里的哪一项。"},
    )
    pages = forms.IntegerField(
        label="几页", required=False, min_value=1, max_value=500, help_text="照片不填就是 1 页"
    )
    file = forms.FileField(
        label="扫描件（PDF、照片，不超过 20 MB）",
        required=False,
        help_text="不扫描的空着，只登记页数",
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,image/jpeg,image/png"}),
        error_messages={"empty": "这个文件是空的，换一个。"},
    )

    def __init__(self, *args: Any, dispute: Dispute, closed: Container[str] = (), **kwargs: Any) -> None:
        self.closed = closed
        kwargs.setdefault("initial", {"uuid": uuid.uuid4()})
        super().__init__(*args, dispute=dispute, **kwargs)

    def _more(self) -> None:
        item: Any = self.fields["item"]
        item.choices = [each for each in item.choices if each[0] not in self.closed]
