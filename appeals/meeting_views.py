"""The desk's pages of meetings: the list of a village, one with its record on paper, a new one, and its correction."""

import re
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from appeals.meeting_forms import MOST_ROWS, MeetingForm, NeedForm
from appeals.models import Matter, Meeting
from appeals.models.meetings import HOLDS
from appeals.services import Conflict, Need, correct_meeting, hold_meeting
from core import clock
from core.faults import by_field
from core.forms import tell_form
from core.ledger.sealing import LateEntries, sealed_until
from core.scope import may, reach_of
from core.views import DeskPage, ScopedListView, whole_number
from grids.models import Officer, Person, Post, Territory, VillagerGroup
from grids.services import find

READS = f"matters.see|{HOLDS}"
NUMBER = re.compile(r"[0-9]{1,18}")  # what a column can hold: `isdigit` takes ² and five thousand digits too
BLANK_LINES = 12  # on the sign-in sheet, for who is not on it yet


def villages_of(actor: Any, *verbs: str) -> list[Territory]:
    """Villages where the actor may do one of these, or in one of whose grids."""
    reach = Q(pk__in=[])
    for verb in verbs:
        reach |= reach_of(actor, verb).q()
    nodes = Territory.objects.in_use().filter(reach).exclude(kind=Territory.TOWN)
    found = Territory.objects.villages().in_use()
    return list(found.filter(Q(pk__in=nodes) | Q(pk__in=nodes.values("parent"))).in_order())


def chosen_village(request: HttpRequest, villages: list[Territory]) -> Territory | None:
    """The one that was asked for, or the only one there is; 404 for one that is not among them."""
    if asked := request.GET.get("village"):
        number = whole_number(asked)
        if found := next((each for each in villages if each.pk == number), None):
            return found
        raise Http404
    return villages[0] if len(villages) == 1 else None


class Meetings(ScopedListView):
    """板凳会、议事会 of the villages the reader oversees, or of the grid where she holds them; the latest first."""

    verb = READS
    template_name = "appeals/meetings.html"
    page_order = ("-held_on", "-pk")

    def get_queryset(self) -> QuerySet:
        rows = Meeting.objects.readable_by(self.request.user)
        if self.village:
            rows = rows.at(self.village)
        counted = {"came": Count("attendees", distinct=True), "asked": Count("matters", distinct=True)}
        return rows.annotate(**counted).whole()

    @cached_property
    def villages(self) -> list[Territory]:
        return villages_of(self.request.user, "matters.see", HOLDS)

    @cached_property
    def village(self) -> Territory | None:
        return chosen_village(self.request, self.villages)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            villages=self.villages, village=self.village, holds=may(self.request.user, HOLDS), **kwargs
        )


class MeetingPage(DeskPage):
    """One meeting: what was explained, who came, and what became of what was asked for."""

    verb = READS
    template_name = "appeals/meeting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        meeting = fetch_meeting(self.request, kwargs.pop("pk"))
        sealed = meeting.is_sealed(sealed_until(meeting.village))
        return super().get_context_data(
            meeting=meeting,
            attendees=list(meeting.attendees.order_by("pk")),
            matters=_matters_of(self.request, meeting),
            sealed=sealed,
            corrects=not sealed and may(self.request.user, HOLDS, meeting.territory),
            **kwargs,
        )


def fetch_meeting(request: HttpRequest, pk: int) -> Meeting:
    """A meeting this actor may read, or the same 404 as for none."""
    rows = Meeting.objects.readable_by(request.user).whole().select_related("recorded_by", "corrected_by")
    return get_object_or_404(rows, pk=pk)


def _matters_of(request: HttpRequest, meeting: Meeting) -> list[Matter]:
    """Those of them that this reader may read, as they stand today."""
    rows = meeting.matters.filter(pk__in=Matter.objects.readable_by(request.user).values("pk"))
    return list(rows.select_related("household", "owner").order_by("pk"))


class Paper(MeetingPage):
    """The record and the sign-in sheet, for the browser to print."""

    template_name = "appeals/meeting_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        lines = [*found["attendees"], *[None] * BLANK_LINES]
        return found | {"lines": lines}


class Editor(DeskPage):
    """What the form of a new meeting and that of a correction share: it comes back with all that was typed.

    No script is needed: 找 looks for people, 再加一条 gives one more row; what is ticked has come.
    """

    verb = HOLDS
    template_name = "appeals/meeting_edit.html"
    meeting: Meeting | None = None

    @property
    def village(self) -> Territory:
        raise NotImplementedError

    def form(self, data: Any = None, initial: dict[str, Any] | None = None) -> MeetingForm:
        return MeetingForm(
            data,
            initial=initial or {},
            places=self.places,
            groups=self.groups,
            officers=self.officers,
        )

    @cached_property
    def places(self) -> list[Territory]:
        reach = reach_of(self.request.user, HOLDS)
        rows = Territory.objects.at(self.village).in_use().filter(reach.q())
        found = list(rows.in_order().select_related("parent"))
        for place in found:
            place.shown = f"{place}（全村）" if place.kind == Territory.VILLAGE else place.name
        return found

    @cached_property
    def groups(self) -> list[VillagerGroup]:
        found = list(VillagerGroup.objects.in_use().filter(village=self.village, grid__in=self.places))
        for group in found:
            group.shown = group.name
        return found

    @cached_property
    def officers(self) -> list[Officer]:
        """Who serves in the village today, or in the town's office; of a correction also who led it."""
        there = Q(territory__parent=self.village) | Q(territory__in=(self.village, self.village.parent))
        posts = Post.objects.in_force().filter(there).exclude(duty="sysadmin")
        led = Q(pk=self.meeting.led_by_id) if self.meeting else Q(pk__in=[])
        found = list(Officer.objects.filter(Q(pk__in=posts.values("officer")) | led).order_by("pk"))
        said: dict[int, str] = {}
        for post in posts.order_by("-territory__level", "pk"):
            said.setdefault(post.officer_id, post.get_duty_display())
        for officer in found:
            officer.shown = f"{officer}（{said[officer.pk]}）" if officer.pk in said else str(officer)
        return found

    @cached_property
    def attendees(self) -> list[Person]:
        """Who is ticked."""
        ticked = [int(text) for text in self.request.POST.getlist("attendee") if NUMBER.fullmatch(text)]
        return self.people(ticked[:1000])

    def people(self, keys: list[int]) -> list[Person]:
        """Those of them whom the actor may see in the village, or who stand on the meeting already."""
        seen = Person.objects.visible_to(self.request.user, "persons.see").filter(
            household__village=self.village
        )
        known = Q(pk__in=seen.values("pk"))
        if self.meeting:
            known |= Q(pk__in=self.meeting.attendees.values("person"))
        rows = Person.objects.filter(known, pk__in=keys).select_related(
            "household__group", "household__territory"
        )
        return list(rows.order_by("household__group__position", "household__number", "pk"))

    def found(self) -> list[Person]:
        """Who was looked for and is not ticked yet; of a household everybody in it."""
        rows = find(self.request.user, self.request.POST.get("look", "")[:60], within=self.village)
        whole = [row.household.pk for row in rows if row.person is None]
        keys = [row.person.pk for row in rows if row.person]
        keys += Person.objects.present().filter(household__in=whole).values_list("pk", flat=True)
        ticked = {person.pk for person in self.attendees}
        return self.people([key for key in keys if key not in ticked])

    def again(self) -> HttpResponse:
        """After 找 or 再加一条: everything as it was typed, and nothing held against it yet."""
        looked = self.request.POST.get("do") == "find"
        typed = self.request.POST.dict()
        count = self.row_count() + (self.request.POST.get("do") == "more")
        return self.render_to_response(
            self.get_context_data(
                form=self.prepared(self.form(initial=typed)),
                rows=self.rows(None, count),
                found=self.found() if looked else [],
                looked=looked and bool(typed.get("look", "").strip()),
            )
        )

    def prepared(self, form: MeetingForm) -> MeetingForm:
        return form

    def row_count(self) -> int:
        text = self.request.POST.get("rows", "1")
        return min(max(int(text), 1), MOST_ROWS) if NUMBER.fullmatch(text) else 1

    def rows(self, data: Any, count: int) -> list[NeedForm]:
        typed = self.request.POST
        found = []
        for number in range(min(count, MOST_ROWS)):
            prefix = f"needs-{number}"
            names = NeedForm.base_fields
            initial = {name: typed[f"{prefix}-{name}"] for name in names if f"{prefix}-{name}" in typed}
            found.append(NeedForm(data, prefix=prefix, initial=initial, people=self.attendees))
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "form" not in kwargs:
            kwargs |= self.fresh()
        kwargs = {"attendees": self.attendees, "look": self.request.POST.get("look", "")} | kwargs
        return super().get_context_data(village=self.village, meeting=self.meeting, **kwargs)

    def fresh(self) -> dict[str, Any]:
        """The form as it is first shown, and who is ticked."""
        raise NotImplementedError

    def refused(self, form: MeetingForm, rows: list[NeedForm]) -> HttpResponse:
        bad = [number for number, row in enumerate(rows, 1) if row.errors]
        return self.render_to_response(self.get_context_data(form=form, rows=rows, bad_rows=bad), status=422)


def _tell(form: MeetingForm, rows: list[NeedForm], refused: ValidationError) -> None:
    """Each sentence at its field, those of a need in its row."""
    for name, sentences in by_field(refused).items():
        if name.startswith("needs-"):
            _, number, field = name.split("-", 2)
            row = rows[int(number)]
            row.add_error(field if field in row.fields else "words", sentences)
        else:
            tell_form(form, ValidationError({name: sentences}))


class New(Editor):
    """记一次会: with everything that was asked for there."""

    @cached_property
    def villages(self) -> list[Territory]:
        return villages_of(self.request.user, HOLDS)

    @cached_property
    def chosen(self) -> Territory | None:
        return chosen_village(self.request, self.villages)

    @property
    def village(self) -> Territory:
        assert self.chosen is not None  # get and post look first
        return self.chosen

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.chosen is None:
            return self.render_to_response({"villages": self.villages, "view": self})
        return super().get(request, *args, **kwargs)

    def fresh(self) -> dict[str, Any]:
        own = next((each.pk for each in self.officers if each.user_id == self.request.user.pk), None)
        first = self.places[0].pk if self.places else None
        initial = {"held_on": clock.today(), "led_by": own, "territory": first}
        return {"form": self.form(initial=initial), "rows": self.rows(None, 1)}

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.chosen is None:
            return self.get(request)
        if request.POST.get("do") != "save":
            return self.again()
        form, rows = self.form(request.POST), self.rows(request.POST, self.row_count())
        # All of them are looked at, so that every fault is told at once.
        if not all([form.is_valid(), *(row.is_valid() for row in rows)]):
            return self.refused(form, rows)
        if form.cleaned_data["territory"] is None:
            form.add_error("territory", "选哪里的会：全村，还是哪个网格。")
            return self.refused(form, rows)
        filled = [row for row in rows if not row.is_blank()]
        needs = [Need(**row.said()) for row in filled]
        try:
            held = hold_meeting(actor=request.user, attendees=self.attendees, needs=needs, **form.said())
        except Conflict as conflict:
            return self._taken(conflict)
        except ValidationError as refused:
            _tell(form, filled, refused)
            return self.refused(form, rows)
        self._say(held.meeting, len(needs))
        return redirect("appeals:meeting", held.meeting.pk)

    def _taken(self, conflict: Conflict) -> HttpResponse:
        """The form was sent before, with other content: the same again under a number of its own."""
        typed = self.request.POST.copy()
        typed["uuid"] = str(uuid4())
        form = self.form(typed)
        stored = Meeting.objects.readable_by(self.request.user).filter(pk=conflict.stored.pk).first()
        told = f"这张表存过一次了（{stored}）。" if stored else ""
        form.add_error(None, f"{told}要记的是另一次会，再点一次“存”。")
        return self.refused(form, self.rows(self.request.POST, self.row_count()))

    def _say(self, meeting: Meeting, number: int) -> None:
        told = f"记好了，收集的 {number} 件诉求都登记了。" if number else "记好了。"
        messages.success(self.request, told)
        village = meeting.village.pk
        if number and (late := LateEntries.at([village]).note(village, meeting.held_on, clock.now())):
            messages.warning(self.request, late)


class Edit(Editor):
    """Set a meeting right; what it keeps is shown and not asked."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.pk = kwargs["pk"]

    @cached_property
    def meeting(self) -> Meeting:  # type: ignore[override]
        rows = Meeting.objects.visible_to(self.request.user, HOLDS).whole()
        return get_object_or_404(rows, pk=self.pk)

    @property
    def village(self) -> Territory:
        return self.meeting.village

    def form(self, data: Any = None, initial: dict[str, Any] | None = None) -> MeetingForm:
        form = super().form(data, initial)
        form.only_what_may_change()
        return form

    def rows(self, data: Any, count: int) -> list[NeedForm]:
        return []

    def fresh(self) -> dict[str, Any]:
        names = ("kind", "started_at", "place", "led_by", "others", "topics", "version")
        initial = {name: getattr(self.meeting, name) for name in names}
        came = self.people(list(self.meeting.attendees.values_list("person", flat=True)))
        return {"form": self.form(initial=initial), "rows": [], "attendees": came}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.POST.get("do") != "save":
            return self.again()
        form = self.form(request.POST)
        if not form.is_valid():
            return self.refused(form, [])
        try:
            correct_meeting(actor=request.user, meeting=self.meeting, attendees=self.attendees, **form.said())
        except ValidationError as refused:
            if "version" in by_field(refused):
                form = self._anew()
            _tell(form, [], refused)
            return self.refused(form, [])
        messages.success(request, "改好了。")
        return redirect(reverse("appeals:meeting", args=[pk]))

    def _anew(self) -> MeetingForm:
        """What was typed, upon what somebody else has written meanwhile."""
        typed = self.request.POST.copy()
        typed["version"] = get_object_or_404(Meeting, pk=self.pk).version
        return self.form(typed)
