"""What the page of a panel asks for: when and where, somebody for a seat. The services say what is wrong."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from core import clock
from core.forms import DayField
from disputes.models import Observer, Panel, Party, Seat
from disputes.services import Guest, choosable, officers_at
from grids.models import Officer
from grids.services import spell

TIME = "时间写成 15:00 这样。"


class Facts(forms.Form):
    """议什么, 什么时候, 在哪里, 谁主持."""

    topic = forms.CharField(label="议什么", max_length=200, required=False)
    day = DayField(label="哪天", required=False)
    time = forms.TimeField(
        label="几点",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": TIME},
    )
    place = forms.CharField(label="在哪里开", max_length=60, required=False)
    host = forms.ModelChoiceField(
        Officer.objects.none(), label="谁主持", required=False, empty_label="选一个干部"
    )

    upon = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, panel: Panel, officers: list[Officer]) -> None:
        at = panel.at.astimezone(clock.SHANGHAI) if panel.at else None
        initial = {
            "topic": panel.topic,
            "place": panel.place,
            "host": panel.host_id,
            "day": at and at.date(),
            "time": at and at.time(),
            "upon": panel.facts_version,
        }
        super().__init__(data, initial=initial)
        host: Any = self.fields["host"]
        host.queryset = Officer.objects.filter(pk__in=[officer.pk for officer in officers])
        shown = {officer.pk: getattr(officer, "shown", officer.name) for officer in officers}
        host.label_from_instance = lambda officer: shown.get(officer.pk, officer.name)
        host.error_messages["invalid_choice"] = (
            "这个人不能主持：不是镇村干部，自己或者家里人是当事人，坐在别的一方，或者当事人不要他来。选列出来的人。"
        )
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")

    def said(self) -> dict[str, Any]:
        """What change_panel takes. ValidationError if only half of the time was said."""
        found = self.cleaned_data
        day, time = found["day"], found["time"]
        if bool(day) != bool(time):
            raise ValidationError({"time" if day else "day": "哪天、几点都填上；还没定的都空着。"})
        at = dt.datetime.combine(day, time, tzinfo=clock.SHANGHAI) if day and time else None
        return {name: found[name] for name in ("topic", "place", "host", "upon")} | {"at": at}


def _is_looked_for(look: str, name: str) -> bool:
    """By a part of the name, or by how its full pinyin or its initials begin, as in the register."""
    if not look.isascii():
        return look in name
    return any(spelt.startswith(look.lower()) for spelt in spell(name))


class GuestForm:
    """Somebody by name for one third or as an observer: what is typed is looked for, and one of those found is ticked.

    `where`: a side of the panel, or "watch". Comes back with all that was typed.
    """

    def __init__(self, sent: QueryDict | None, *, actor: Any, panel: Panel, where: str) -> None:
        typed: Any = sent or {}
        self.where = where
        self.look = str(typed.get("look", "")).strip()[:40]
        self.role = str(typed.get("role", "")).strip()
        self.of_side = str(typed.get("of_side", "")) or Party.FIRST
        self.kind = str(typed.get("kind", ""))
        self.near = bool(typed.get("near"))
        self.chosen = str(typed.get("pick", ""))
        self.people = choosable(actor, self.look) if self.look else []
        officers = officers_at(panel.dispute.village) if self.look else []
        self.officers = [officer for officer in officers if _is_looked_for(self.look, officer.name)]

    def guest(self) -> Guest:
        """Whoever is ticked, or the name as it was typed. ValidationError if the tick fits nobody of those found."""
        if not self.chosen:
            return Guest(name=self.look)
        for person in self.people:
            if self.chosen == f"person-{person.pk}":
                return Guest(person=person)
        for officer in self.officers:
            if self.chosen == f"officer-{officer.pk}":
                return Guest(officer=officer)
        raise ValidationError({"look": "选的人和写的姓名对不上，再找一次。"})

    def seat(self) -> dict[str, Any]:
        """What `seat` takes besides actor and panel."""
        if self.where not in dict(Seat.SIDES):
            raise ValidationError("选坐哪一方。")
        if len(self.role) > 40:
            raise ValidationError({"role": "是什么人，最多写 40 个字。"})
        more = {"role": self.role, "of_side": self.of_side, "near": self.near}
        return {"side": self.where, "guest": self.guest(), **more}

    def observer(self) -> dict[str, Any]:
        """What `observe` takes."""
        if self.kind not in dict(Observer.KINDS):
            raise ValidationError({"kind": "选以什么身份旁听。"})
        return {"kind": self.kind, "guest": self.guest()}
