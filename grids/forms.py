"""One form for every kind of change, made from the facts the kind declares; and the forms of posts and grids."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from core import clock, crypto, idnumber
from core.faults import by_field
from core.forms import DayField, DayInput, tell_form
from core.scope import may
from grids.duties import DUTIES
from grids.models import CategoryKind, Household, Officer, Person, RegisterChange, Territory, VillagerGroup
from grids.models.posts import SEXES
from grids.models.register import HEAD
from grids.services import Fact, facts_of, may_appoint
from grids.services.correcting import SEALED
from grids.services.facts import PERSON
from grids.services.kinds import OF_HOUSEHOLD, OF_PERSON
from grids.words import ETHNICITIES, POLITICS, RELATIONS

NEWCOMERS = 6
WHOLE = {"move_out": "全家迁走", "away": "全家外出", "back": "全家返回"}
WHEN = {"category_begin": "认定时间", "category_end": "哪天取消", "birth": "哪天出生", "death": "哪天去世"}
LAYOUT = {"widget": forms.TextInput(attrs={"class": "input"})}


def _select(choices: list[tuple[Any, str]], empty: str = "") -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "input"})
    return forms.ChoiceField(choices=[("", empty), *choices], required=False, widget=widget)


def _text(longest: int, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "input", "autocomplete": "off", **more})
    return forms.CharField(required=False, max_length=longest, widget=widget)


def _date(**more: Any) -> forms.DateField:
    return DayField(required=False, widget=DayInput(attrs={"class": "input"}), **more)


class ChangeForm(forms.Form):
    """The facts of one kind of change about one household (none: people who move in from outside)."""

    def __init__(
        self, *args: Any, actor: Any, kind: str, household: Household | None, person: str = "", **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.actor, self.kind, self.household = actor, kind, household
        self.facts = facts_of(kind, into_household=household is not None)
        seen = Person.objects.present().visible_to(actor, "persons.see")
        self.people = list(seen.filter(household=household).order_by("pk")) if household else []
        today = clock.today()
        self.fields["happened_on"] = _date(label=WHEN.get(kind, "哪天的事"), initial=today)
        if household is not None and kind not in OF_HOUSEHOLD and kind != "move_in":
            self.fields["person"] = _select(self._persons(), WHOLE.get(kind, "选一个人"))
            self.fields["person"].label, self.fields["person"].initial = "谁", person
        for fact in self.facts:
            for name, field in self._fields_of(fact):
                self.fields[name] = field

    def _persons(self) -> list[tuple[Any, str]]:
        return [(person.pk, f"{person.name}（{person.relation}）") for person in self.people]

    def _fields_of(self, fact: Fact, prefix: str = "") -> Iterator[tuple[str, forms.Field]]:
        if fact.shape == "people":
            for place in range(1 if self.household else NEWCOMERS):
                for part in PERSON:
                    yield from self._fields_of(part, f"people_{place}_")
            return
        if fact.shape == "members":
            for person in self.people:
                field = _select(
                    [(word, word) for word in RELATIONS], "不动" if self.kind == "split" else "选关系"
                )
                field.label = f"{person.name}（现在是{person.relation}）"
                yield f"members_{person.pk}", field
            return
        field = self._field(fact)
        field.label, field.help_text = fact.title, fact.hint
        yield prefix + fact.name, field

    def _field(self, fact: Fact) -> forms.Field:
        if fact.shape == "date":
            return _date()
        if fact.shape == "sex":
            return _select(list(SEXES))
        if fact.shape == "relation":
            return _select([(word, word) for word in RELATIONS])
        if fact.shape == "person":
            return _select(self._persons())
        if fact.shape == "group":
            groups = VillagerGroup.objects.in_use().visible_to(self.actor, "register.propose")
            groups = groups.select_related("village")
            if self.household:
                groups = groups.filter(village=self.household.village_id)
            return _select([(group.pk, f"{group.village} {group}") for group in groups])
        if fact.shape == "category":
            return _select([(kind.code, kind.name) for kind in CategoryKind.objects.all()])
        if fact.shape == "household":
            field = _text(20, inputmode="numeric")
            field.widget.attrs["placeholder"] = "户编号"
            return field
        return _text(fact.longest if fact.shape == "text" else 30)

    def rows(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The fields as the page draws them: under no heading, or person by person."""
        plain, people = [], {}
        for bound in self.visible_fields():
            if bound.name.startswith("people_"):
                people.setdefault(int(bound.name.split("_")[1]), []).append(bound)
            else:
                plain.append(bound)
        yield "", plain
        for place, fields in people.items():
            yield ("来的人" if self.household else f"第 {place + 1} 人"), fields

    def told(self) -> dict[str, Any]:
        """What services.change takes, besides actor and household. ValidationError by field."""
        data = self.cleaned_data
        if not data.get("happened_on"):
            raise ValidationError({"happened_on": "日期没填。"})
        told: dict[str, Any] = {"happened_on": data["happened_on"], "facts": {}, "person": None}
        if data.get("person"):
            told["person"] = next(p for p in self.people if str(p.pk) == data["person"])
        elif self.kind in OF_PERSON:
            raise ValidationError({"person": "没选是哪个人。"})
        for fact in self.facts:
            if value := self._value(fact, data):
                told["facts"][fact.name] = value
        return told

    def _value(self, fact: Fact, data: dict[str, Any]) -> Any:
        if fact.shape == "people":
            return self._newcomers(data)
        if fact.shape == "members":
            found = {str(p.pk): data.get(f"members_{p.pk}") for p in self.people}
            return {pk: relation for pk, relation in found.items() if relation}
        value = data.get(fact.name)
        if fact.shape == "household" and value:
            return self._household(fact.name, value)
        return value

    def _newcomers(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows in which something is written, kept in their places."""
        found = []
        for place in range(1 if self.household else NEWCOMERS):
            person = {part.name: data.get(f"people_{place}_{part.name}") for part in PERSON}
            if any(person.values()):
                found.append({key: value for key, value in person.items() if value})
        return found

    def _household(self, field: str, number: str) -> int:
        """Another household by its number, of the same village before any other."""
        seen = Household.objects.present().visible_to(self.actor, "register.propose").filter(number=number)
        village = self.household.village_id if self.household else 0
        found = sorted(seen, key=lambda household: household.village_id != village)
        if not found:
            raise ValidationError({field: f"没有找到户编号 {number}。"})
        return found[0].pk

    def take(self, fault: ValidationError) -> None:
        """Put a verb's sentences under their fields; what has no field here stands above the form."""
        at = {name: name.replace(".", "_") for name in by_field(fault)} | {"people": "people_0_name"}
        if self.people:
            at["members"] = f"members_{self.people[0].pk}"
        tell_form(self, fault, at=at)


class CorrectForm(ChangeForm):
    """The plain facts as they stand, to be written over; what stays as it stands is not told, masked numbers above all.

    `subject` is None for the household's own facts. What the page showed comes back with it, signed: another hand may
    have written meanwhile, and a field that was not touched here must not put that back.
    """

    WORDS: ClassVar = {"ethnicity": ETHNICITIES, "politics": POLITICS}
    # What of the household's own facts needs another verb than to report changes.
    SEEN_BY: ClassVar = {"note": "persons.see", "phone": "phones.dial"}
    SHOWN = "shown"

    def __init__(self, *args: Any, subject: Person | None, **more: Any) -> None:
        self.subject = subject  # the choices of a field hold what stands, so it is known first
        self.was = self._read((more.get("data") or {}).get(self.SHOWN, ""), more["household"])
        super().__init__(*args, **more)
        self.fields.pop("happened_on")
        self.fields.pop("person", None)
        for name, verb in self.SEEN_BY.items() if subject is None else ():
            if not may(self.actor, verb, self._row.territory):
                self.fields.pop(name)
        if subject is not None and (subject.relation == HEAD or len(self.people) == 1):
            self.fields.pop("former", None)
        self.now = {name: _plain(self._stands(name)) for name in self.fields}
        for name, field in self.fields.items():
            field.initial = self._stands(name)
        widget = forms.HiddenInput(attrs={"autocomplete": "off"})  # no browser brings back an older one
        self.fields[self.SHOWN] = forms.CharField(required=False, initial=self._signed(), widget=widget)

    @property
    def _row(self) -> Any:
        return self.subject or self.household

    def _stands(self, name: str) -> Any:
        return getattr(self._row, f"{name}_mask" if name in SEALED else name, "")

    def _marks(self) -> dict[str, str]:
        """What tells two numbers apart that have one mask."""
        sealed = SEALED.keys() & self.now.keys()
        return {
            name: crypto.blind_index(getattr(self._row, f"{name}_hash"), purpose="grids.shown")
            for name in sealed
        }

    def _signed(self) -> str:
        """What the page shows, and of which row."""
        row = [self._row._meta.model_name, self._row.pk]
        return signing.dumps({"row": row, "now": self.now, "marks": self._marks()}, salt="grids.correct")

    def _read(self, text: str, household: Household | None) -> dict[str, Any]:
        """What the page that was sent had shown; empty if it was another row's, or is not ours."""
        row: Any = self.subject or household
        try:
            told = signing.loads(text, salt="grids.correct")
        except signing.BadSignature:
            return {}
        return told if told["row"] == [row._meta.model_name, row.pk] else {}

    def _field(self, fact: Fact) -> forms.Field:
        words = self.WORDS.get(fact.name) or (RELATIONS if fact.shape == "relation" else ())
        if not words:
            return super()._field(fact)
        stood = [self._stands(fact.name) if fact.name != "former" else ""]
        stood.append(self.was.get("now", {}).get(fact.name))
        return _select([(word, word) for word in dict.fromkeys([*filter(None, stood), *words])])

    def told(self) -> dict[str, Any]:
        """Only what was touched on this page. ValidationError where another hand was faster, and says both."""
        if not self.was:
            self._show_again(set())
            raise ValidationError("这一页不是现在的，已换成册上现在的内容。看一看，改好再存。")
        shown, marks = self.was["now"], self._marks()
        touched = {
            name for name, now in self.now.items() if _plain(self.cleaned_data[name]) != shown.get(name, now)
        }
        moved = {
            name: self._both(name)
            for name in touched
            if _plain(self.cleaned_data[name]) != self.now[name]
            and (shown.get(name) != self.now[name] or self.was["marks"].get(name) != marks.get(name))
        }
        if moved:
            self._show_again(touched)
            raise ValidationError(moved)
        facts = {name: self.cleaned_data[name] or "" for name in self.now if name in touched}
        if not facts:
            raise ValidationError("没有改动。改了哪一栏，再存。")
        return {"happened_on": clock.today(), "facts": facts, "person": self.subject}

    def _both(self, name: str) -> str:
        """What stands now and what was written, side by side; no number in the open."""
        words = dict(getattr(self.fields[name], "choices", ()))
        written = _plain(self.cleaned_data[name])
        if name in SEALED:
            written = (idnumber.mask if name == "id_number" else idnumber.mask_phone)(written)
        now, told = (words.get(value, value) or "空着" for value in (self.now[name], written))
        return f"这一栏刚有人改过：册上现在是“{now}”，你填的是“{told}”。要改成你填的，再存一次。"

    def _show_again(self, kept: set[str]) -> None:
        """The page shows what stands now, but for the fields that were touched; the next save is told against that."""
        self.data = self.data.copy()
        for name, now in self.now.items():
            if name not in kept:
                self.data[name] = now
        self.data[self.SHOWN] = self._signed()


def _plain(value: Any) -> str:
    """A field's value as the page writes it."""
    return value.isoformat() if isinstance(value, dt.date) else str(value or "")


class AppointForm(forms.Form):
    """Somebody new, or an officer who is there, takes a post at one territory."""

    officer = forms.ChoiceField(label="谁", required=False, widget=forms.Select(attrs={"class": "input"}))
    name = forms.CharField(label="姓名", max_length=40, required=False, **LAYOUT)
    phone = forms.CharField(label="电话", max_length=20, required=False, help_text="登录用，也印在联系卡上")
    sex = forms.ChoiceField(label="性别", choices=[("", ""), *SEXES], required=False)
    birth_month = forms.DateField(
        label="出生年月", required=False, input_formats=["%Y-%m", "%Y-%m-%d"], help_text="专职网格员要填"
    )
    duty = forms.ChoiceField(label="岗位")
    source = forms.CharField(label="人员来源", max_length=20, required=False, help_text="网格长写村社干部")
    since = DayField(label="从哪天起")
    replace = forms.BooleanField(label="接替现在在任的人", required=False)

    def __init__(self, *args: Any, actor: Any, territory: Territory, **more: Any) -> None:
        super().__init__(*args, **more)
        officers = Officer.objects.visible_to(actor, "posts.manage").order_by("name", "pk")
        self.fields["officer"].choices = [
            ("", "新的人，写在下面"),
            *((o.pk, f"{o.name} {o.phone_mask}") for o in officers),
        ]
        self.fields["duty"].choices = [
            (duty.code, duty.title)
            for duty in DUTIES.values()
            if duty.level == territory.kind and may_appoint(actor, duty.code, territory)
        ]
        self.fields["since"].initial = clock.today()
        for name, field in self.fields.items():
            if name != "replace":
                field.widget.attrs["class"] = "input"
        self.fields["birth_month"].widget = forms.DateInput(
            format="%Y-%m", attrs={"class": "input", "type": "month"}
        )
        self.officers = {str(officer.pk): officer for officer in officers}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("officer") and not data.get("name"):
            self.add_error("name", "写上姓名，或从在岗的人里选一个。")
        return data


class OfficerForm(forms.ModelForm):
    """What is known of somebody who holds posts. The phone is asked for apart: it is sealed."""

    new_phone = forms.CharField(label="换电话", max_length=20, required=False, help_text="不换就不填")

    class Meta:
        model = Officer
        fields = ("name", "sex", "birth_month", "politics", "education", "smartphone", "card_consent")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["sex"].choices = [("", ""), *SEXES]
        self.fields["smartphone"].widget.choices = [("unknown", "不清楚"), ("true", "会"), ("false", "不会")]
        self.fields["birth_month"].widget = forms.DateInput(format="%Y-%m", attrs={"type": "month"})
        self.fields["birth_month"].input_formats = ["%Y-%m", "%Y-%m-%d"]
        for name, field in self.fields.items():
            if name != "card_consent":
                field.widget.attrs["class"] = "input"

    def changed(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields}


def title_of(kind: str) -> str:
    return dict(RegisterChange.KINDS)[kind]
