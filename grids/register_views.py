"""The register's pages: finding people, what waits to be decided, a household, and a form for every change."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.second_factor import requires_second_factor
from core.idnumber import looks_secret
from core.scope import may, must
from core.views import DeskPage, DeskView, ScopedDetailView, ScopedListView, whole_number
from grids import services
from grids.forms import ChangeForm, CorrectForm, title_of
from grids.models import Absence, Category, Household, Person, RegisterChange
from grids.services.facts import FACTS

# The order in which a village meets them.
CORRECTIONS = ("correct_person", "correct_household")
KINDS = tuple(kind for kind, _ in RegisterChange.KINDS if kind != "correct_person")
CHANGE_PATH = ("territory", "household__territory", "other__territory", "person", "proposed_by", "decided_by")


def _read(rows: list[RegisterChange], actor: Any) -> set[int]:
    """Give each change its words; which of them the actor may decide."""
    words = services.tell(rows)
    for row in rows:
        row.told = words[row.pk]  # type: ignore[attr-defined]
    return services.acceptable(actor, rows)


class Register(ScopedListView):
    """What was reported, newest first; what waits stands above."""

    model = RegisterChange
    verb = "register.propose"
    page_order = ("-pk",)
    page_size = 30
    template_name = "grids/register.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(state=RegisterChange.PROPOSED).select_related(*CHANGE_PATH)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        waiting = RegisterChange.objects.visible_to(actor, self.verb).filter(state=RegisterChange.PROPOSED)
        waiting = list(waiting.select_related(*CHANGE_PATH).order_by("proposed_at", "pk")[:100])
        context = super().get_context_data(waiting=waiting, **kwargs)
        context["decides"] = _read([*waiting, *context["rows"]], actor)
        return context


class Find(DeskView):
    """Search by POST, so that no address and no log holds what was looked for."""

    verb = "households.see"
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "grids/found.html", {"found": None})

    def post(self, request: HttpRequest) -> HttpResponse:
        text = request.POST.get("text", "")[:60]
        found = services.find(request.user, text)
        if len({row.household.pk for row in found}) == 1:
            return redirect("grids:household", found[0].household.pk)
        shown = "" if looks_secret(text) else text
        return render(
            request, "grids/found.html", {"found": found, "text": shown, "asked": bool(text.strip())}
        )


class HouseholdPage(ScopedDetailView):
    """One household as the register has it, and everything that can be reported of it."""

    model = Household
    verb = "households.see"
    template_name = "grids/household.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("group", "territory__parent")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, household = self.request.user, self.object
        at = household.territory
        sees = may(actor, "persons.see", at)
        proposes = may(actor, "register.propose", at)
        changes = RegisterChange.objects.none()
        if proposes:
            changes = RegisterChange.objects.visible_to(actor, "register.propose").filter(household=household)
        changes = list(changes.select_related(*CHANGE_PATH)[:20])
        return super().get_context_data(
            people=list(Person.objects.filter(household=household).order_by("left_on", "pk")) if sees else [],
            sees=sees,
            categories=self._categories() if may(actor, "categories.see", at) else [],
            absences=list(Absence.objects.in_force().filter(household=household).select_related("person")),
            phone=services.dial(actor, household),
            kinds=[(kind, title_of(kind)) for kind in KINDS] if proposes and not household.ended_on else [],
            unmasks=may(actor, "persons.unmask", at),
            changes=changes,
            decides=_read(changes, actor),
            **kwargs,
        )

    def _categories(self) -> list[Category]:
        rows = Category.objects.filter(household=self.object).select_related("kind", "person")
        return list(rows.order_by("until", "kind__position"))


class Change(DeskPage):
    """The form of one kind of change; `pk` is missing for people who move in from outside."""

    verb = "register.propose"
    template_name = "grids/change.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kind = kwargs.get("kind", "move_in")
        self.household: Household | None = None

    def _prepare(self) -> None:
        if self.kind not in FACTS or self.kind == "join":
            raise Http404
        if pk := self.kwargs.get("pk"):
            actor = self.request.user
            seen = Household.objects.present().visible_to(actor, self.verb)
            if self.kind in CORRECTIONS:  # the form shows what stands
                seen = seen.visible_to(actor, "households.see")
            self.household = get_object_or_404(seen.select_related("territory", "group"), pk=pk)
        self.subject: Person | None = None
        if self.kind == "correct_person":
            people = Person.objects.present().visible_to(self.request.user, "persons.see")
            people = people.filter(household=self.household)
            self.subject = get_object_or_404(people, pk=whole_number(self.request.GET.get("person")))

    def form(self, **more: Any) -> ChangeForm:
        if self.kind in CORRECTIONS:
            more.pop("person", None)
            told = {"actor": self.request.user, "kind": self.kind, "household": self.household}
            return CorrectForm(**told, subject=self.subject, **more)
        return ChangeForm(actor=self.request.user, kind=self.kind, household=self.household, **more)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._prepare()
        return self.answer(self.form(person=request.GET.get("person", "")))

    def answer(self, form: ChangeForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            household=self.household,
            kind=self.kind,
            title=title_of(self.kind),
            subject=self.subject,
            corrects=self.kind in CORRECTIONS,
            decides=self._decides(),
        )
        return self.render_to_response(context, status=status)

    def _decides(self) -> bool:
        """Whether what is sent is done at once."""
        return self.household is not None and may(
            self.request.user, "register.accept", self.household.territory
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._prepare()
        form = self.form(data=request.POST)
        if form.is_valid():
            try:
                row = services.change(
                    actor=request.user, kind=self.kind, household=self.household, **form.told()
                )
            except ValidationError as fault:
                form.take(fault)
            else:
                messages.success(request, said(row))
                return redirect(_page_of(row))
        return self.answer(form, status=422)


def said(row: RegisterChange) -> str:
    """What is now so."""
    if row.state == RegisterChange.ACCEPTED:
        return f"{row}，已办。"
    return f"{row}，报上去了，等村里定。"


def _page_of(row: RegisterChange) -> str:
    if row.household_id is None:
        return reverse("grids:register")
    return reverse("grids:household", args=[row.household_id])


@require_POST
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Accept, refuse or undo one change, and back to where the button stood."""
    must(request.user, "register.propose")
    row = get_object_or_404(RegisterChange.objects.visible_to(request.user, "register.propose"), pk=pk)
    done = {"accept": "已办", "refuse": "没同意，报的人会看到原因", "undo": "已撤销，恢复原样"}
    try:
        if verb == "accept":
            row = services.accept(actor=request.user, change=row)
        elif verb == "refuse":
            row = services.refuse(actor=request.user, change=row, why=request.POST.get("why", ""))
        else:
            row = services.undo(actor=request.user, change=row)
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    else:
        messages.success(request, f"{row}：{done[verb]}。")
    if request.POST.get("back") == "household" and row.household_id:
        return redirect("grids:household", row.household_id)
    return redirect("grids:register")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_second_factor("persons.unmask")
def unmask(request: HttpRequest, pk: int) -> HttpResponse:
    """The full identity number: only by POST, with a reason, and the row that says so."""
    person = get_object_or_404(
        Person.objects.visible_to(request.user, "persons.see").select_related("household__territory"), pk=pk
    )
    if not may(request.user, "persons.unmask", person.household.territory):
        raise PermissionDenied
    context: dict[str, Any] = {"person": person, "household": person.household}
    status = 200
    if request.method == "POST":
        try:
            context["number"] = services.unmask(
                actor=request.user, person=person, reason=request.POST.get("reason", "")
            )
        except ValidationError as fault:
            context["fault"], status = "".join(fault.messages), 422
    return render(request, "grids/unmask.html", context, status=status)
