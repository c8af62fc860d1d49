"""What the desk pages of employment share: a row's page that says what was wrong, and forms of a row's facts."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from core import clock
from core.faults import refusal
from core.forms import field_of, style, tell_form, written
from core.idnumber import mask_name
from core.scope import ScopedQuerySet, reach_of
from core.views import DeskPage, whole_number
from grids.models import Person, Territory
from jobs.models.words import MANAGES, SEES
from jobs.services.errors import EARLIEST
from jobs.services.reading import called, readable, villages_of

FACTS = "facts"  # where a row's own facts are changed
# What is typed on a row's page by hand, as the page calls it.
WRITTEN = {"name": "姓名", "why": "为什么", "number": "证书编号"}


def places_of(actor: Any, *kinds: str) -> list[Territory]:
    """Places of these kinds where somebody manages employment, in the town's order."""
    rows = Territory.objects.in_use().filter(reach_of(actor, MANAGES).q(), kind__in=kinds)
    return list(rows.in_order())


def place_of(request: HttpRequest, places: list[Territory]) -> Territory | None:
    """The one that is asked for, of those the reader may ask for; 404 for any other."""
    if not (asked := request.GET.get("place")):
        return None
    number = whole_number(asked)
    if found := next((each for each in places if each.pk == number), None):
        return found
    raise Http404


def year_of(request: HttpRequest) -> int:
    """The year of the address, this one if it says none; 404 for what was or will not be."""
    this = clock.today().year
    year = whole_number(request.GET.get("year") or str(this))
    if not EARLIEST <= year <= this + 1:
        raise Http404
    return year


class VillagePage(DeskPage):
    """A list of one year, of the reader's villages or of the one that is asked for."""

    verb = SEES

    @cached_property
    def year(self) -> int:
        return year_of(self.request)

    @cached_property
    def villages(self) -> list[Territory]:
        return list(villages_of(self.request.user))

    @cached_property
    def village(self) -> Territory | None:
        asked = self.request.GET.get("village")
        if not asked:
            return self.villages[0] if len(self.villages) == 1 else None
        found = next((each for each in self.villages if each.pk == whole_number(asked)), None)
        if found is None:
            raise Http404
        return found

    def known(self, model: Any) -> Any:
        """Rows of a model around the reader, in the village if one was chosen."""
        rows = readable(model.objects.all(), self.request.user)
        if self.village is None or len(self.villages) == 1:
            return rows
        assert isinstance(rows, ScopedQuerySet)
        return rows.at(self.village)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        this = clock.today().year
        return super().get_context_data(
            year=self.year,
            before=self.year - 1 if self.year > EARLIEST else None,
            after=self.year + 1 if self.year <= this else None,
            village=self.village,
            villages=self.villages,
            manages=bool(reach_of(self.request.user, MANAGES)),
            today=clock.today(),
            **kwargs,
        )


class Facts(forms.ModelForm):
    """A row's own facts: label, help and limits are said on the model, once."""

    class Meta:
        formfield_callback = field_of

    def choose(self, name: str, rows: Any, empty: str, label: Callable[[Any], str] = str) -> None:
        """What a field offers, and what it says while nothing is chosen; of one thing that must be, that one."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = rows, empty
        field.label_from_instance = label  # type: ignore[method-assign, assignment]

    def place(self, places: list[Territory]) -> None:
        """Where: one of these; the only one is chosen beforehand."""
        rows = Territory.objects.filter(pk__in=[each.pk for each in places]).in_order()
        self.choose("territory", rows, "选哪里")
        if len(places) == 1:
            self.fields["territory"].initial = places[0].pk

    def done(self, verb: Callable[[Any], Any]) -> Any:
        """What `verb` made of the row; None where something is wrong, and the form says what at its place."""
        if not self.is_valid():
            return None
        try:
            return verb(self.save(commit=False))
        except (ValidationError, PermissionDenied) as why:
            tell_form(self, why)
        return None


class WithPhoneFacts(Facts):
    """Facts with a phone, which never lies open: an empty field leaves the number as it is."""

    phone = forms.CharField(label="电话", required=False, max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].widget.attrs["inputmode"] = "tel"
        style(self.fields["phone"])
        if self.instance.phone_mask:
            self.fields["phone"].help_text = f"现在是 {self.instance.phone_mask}，不改就空着"

    @property
    def said(self) -> str | None:
        return self.cleaned_data["phone"] or None


class RowPage(DeskPage):
    """One row around the reader, or 404; what was pressed there and went wrong is told on it again."""

    verb = SEES
    model: ClassVar[type[Model]]
    whole: ClassVar[tuple[str, ...]] = ()
    home: ClassVar[str] = ""
    template_name: str

    @classmethod
    def find(cls, request: HttpRequest, pk: int) -> Any:
        rows = readable(cls.model._default_manager.all(), request.user).select_related(*cls.whole)
        return get_object_or_404(rows, pk=pk)

    @cached_property
    def row(self) -> Any:
        return self.find(self.request, self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        base: dict[str, Any] = {"refused": {}, "at": "", "typed": {}, "several": (), "today": clock.today()}
        return super().get_context_data(**base | kwargs)

    def has_place(self, shown: dict[str, Any]) -> bool:
        """Whether what was pressed (`at`) has a place on the page still: somebody may have shut the row meanwhile."""
        return True

    @classmethod
    def again(cls, request: HttpRequest, pk: int, status: int, **more: Any) -> HttpResponse:
        """The page once more, with what was wrong at its place and what was typed still there."""
        view = cls()
        view.setup(request, pk=pk)
        context = view.get_context_data(pk=pk, typed=request.POST.dict(), **more)
        if not view.has_place(context):
            context["lost"] = _lost(context)
        return render(request, cls.template_name, context, status=status)

    @classmethod
    def press(
        cls, request: HttpRequest, pk: int, at: str, verb: Callable[[], Any], said: Callable[[Any], str]
    ) -> HttpResponse:
        """Do it and say so on the row's page."""
        try:
            made = verb()
        except (ValidationError, PermissionDenied) as why:
            told, status = refusal(why)
            return cls.again(request, pk, status, refused=told, at=at)
        messages.success(request, said(made))
        return redirect(cls.home, pk)

    @classmethod
    def change(
        cls, request: HttpRequest, pk: int, form: Facts, verb: Callable[[Any], Any], said: str
    ) -> HttpResponse:
        """Store the row's own facts as the form says them, and show its page again."""
        if form.done(verb) is None:
            return cls.again(request, pk, 422, form=form, at=FACTS)
        messages.success(request, said)
        return redirect(cls.home, pk)

    @classmethod
    def by_name(
        cls,
        request: HttpRequest,
        pk: int,
        at: str,
        place: Territory,
        verb: Callable[[Person], Any],
        said: Callable[[str], str],
    ) -> HttpResponse:
        """Do it for whoever is called so; of namesakes it is asked which."""
        name = request.POST.get("name", "").strip()
        found = called(request.user, place, name) if name else []
        if chosen := request.POST.get("person"):
            found = [each for each in found if each.pk == whole_number(chosen)]
        if len(found) > 1:
            return cls.again(request, pk, 422, at=at, several=found)

        def do() -> str:
            if not name:
                raise ValidationError({"name": "写姓名。"})
            if not found:
                raise ValidationError({"name": f"您管的户里没有叫“{name}”的，看看名字对不对。"})
            verb(found[0])
            return found[0].name

        return cls.press(request, pk, at, do, said)


def _lost(shown: dict[str, Any]) -> dict[str, Any]:
    """For jobs/_lost.html: the sentences that would have stood at a form which has gone, and what was typed there."""
    form = shown.get("form") if shown["at"] == FACTS else None
    lines = [
        (title, text) for name, title in WRITTEN.items() if (text := shown["typed"].get(name, "").strip())
    ]
    told = form.errors if form is not None else shown["refused"]
    return {
        "told": [sentence for sentences in told.values() for sentence in sentences],
        "written": written(form) if form is not None else lines,
    }


def day_of(request: HttpRequest, name: str = "day") -> Any:
    """A day out of a form; ValidationError at its field if it is none."""
    return clock.read_day(request.POST.get(name, ""), name)


def picked(rows: Iterable[Any], text: str | None) -> Any:
    """The one of these rows that a form chose; None if it chose none."""
    return next((each for each in rows if text and str(each.pk) == text), None)


def masked(name: str, own: bool) -> str:
    """Of people beyond one's own reach only the family name."""
    return name if own else mask_name(name)
