"""Re-drawing the grids of a village on a table: choose, see the work before and after, save as one step, undo."""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.second_factor import RequiresSecondFactor, requires_second_factor
from core.forms import tell_form
from core.views import DeskPage, key_of
from grids import services
from grids.models import GridSize, Household, Redrawing, Territory
from grids.services.redrawing import told
from grids.services.workload import GroupLoad, is_listed
from grids.tree_forms import Redraw

REDRAW = "grids.redraw"
SHOWN = 10
CHANGED = "上面又改过，先看一眼下面的结果，再存。"


@dataclass
class Choice:
    """What was chosen on the page: groups to grids, households to groups, and whose households are listed."""

    groups: dict[int, int] = field(default_factory=dict)
    households: dict[int, int] = field(default_factory=dict)
    listed: int = 0

    @classmethod
    def read(cls, sent: QueryDict) -> "Choice":
        """Fields `group-<id>` and `home-<id>` hold the id of where it goes; what is no number is not there."""
        found = cls()
        for prefix, into in (("group-", found.groups), ("home-", found.households)):
            for name, value in sent.items():
                pk = key_of(name.removeprefix(prefix)) if name.startswith(prefix) else 0
                if pk and (target := key_of(str(value))):
                    into[pk] = target
        found.listed = key_of(sent.get("listed", ""))
        return found

    def without_standing(
        self, grids: list[Territory], rows: list[GroupLoad], homes: list[Household]
    ) -> "Choice":
        """Only what would change, and only what there is."""
        lies, there = {row.group.pk: row.group.grid_id for row in rows}, {grid.pk for grid in grids}
        groups = {
            pk: grid for pk, grid in self.groups.items() if lies.get(pk, grid) != grid and grid in there
        }
        of = {home.pk: home.group_id for home in homes}
        households = {pk: to for pk, to in self.households.items() if of.get(pk, to) != to and to in lies}
        return Choice(groups, households, self.listed)

    def mark(self, since: dt.date, lies: list[GroupLoad]) -> str:
        """Changes with whatever the result below the form would."""
        now = sorted((row.group.pk, row.group.grid_id) for row in lies)
        said = f"{since} {sorted(self.groups.items())} {sorted(self.households.items())} {now}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class RedrawPage(RequiresSecondFactor, DeskPage):
    """The wizard. Without script: choose, 看结果, save; with it the result follows every choice."""

    template_name = "grids/redraw.html"
    verb = second_factor_verb = REDRAW

    def village(self) -> Territory:
        seen = Territory.objects.visible_to(self.request.user, REDRAW).in_use().villages()
        return get_object_or_404(seen.select_related("parent"), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        village = self.village()
        return self.answer(village, Redraw(node=village), Choice())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        village, form, act = (
            self.village(),
            Redraw(request.POST, node=self.village()),
            request.POST.get("act"),
        )
        choice = Choice.read(request.POST)
        if act != "save":
            form.fields["why"].required = False  # asked when it is saved
            form.is_valid()
            return self.answer(village, form, choice)
        rows = services.loads_of_groups(village)
        clean = choice.without_standing(_grids(village), rows, self.chosen(village, choice))
        if form.is_valid():
            if request.POST.get("seen") != clean.mark(form.cleaned_data["since"], rows):
                form.add_error(None, CHANGED)
            elif (redrawing := self.save(village, form, clean)) is not None:
                messages.success(
                    request, f"{told(redrawing)}，从 {redrawing.since:%Y-%m-%d} 起。以前的数字不变。"
                )
                return redirect("grids:redraw", village.pk)
        return self.answer(village, form, choice, 422)

    def save(self, village: Territory, form: Redraw, choice: Choice) -> Redrawing | None:
        try:
            return services.draw(
                actor=self.request.user,
                village=village,
                groups=choice.groups,
                households=choice.households,
                **form.cleaned_data,
            )
        except ValidationError as fault:
            tell_form(form, fault)
            return None

    def chosen(self, village: Territory, choice: Choice) -> list[Household]:
        """Households shown one by one: those already chosen, and those of the group that was asked for."""
        present = Household.objects.present().filter(village=village).select_related("group", "territory")
        rows = present.filter(pk__in=choice.households) | present.filter(group=choice.listed)
        return list(rows.annotate(listed=is_listed()).in_order())

    def answer(self, village: Territory, form: Redraw, choice: Choice, status: int = 200) -> HttpResponse:
        rows, homes = services.loads_of_groups(village), self.chosen(village, choice)
        grids = _grids(village)
        clean = choice.without_standing(grids, rows, homes)
        since = getattr(form, "cleaned_data", {}).get("since")
        context = self.get_context_data(
            node=village,
            form=form,
            grids=grids,
            rows=[(row, clean.groups.get(row.group.pk, row.group.grid_id)) for row in rows],
            homes=[(home, home.listed, clean.households.get(home.pk, 0)) for home in homes],
            listed=choice.listed,
            loads=services.grid_loads(village, groups=clean.groups, households=clean.households),
            moves=len(clean.groups) + len(clean.households),
            moved_groups=len(clean.groups),
            moved_homes=len(clean.households),
            seen=clean.mark(since, rows) if since else "",
            size=GridSize.now(),
            past=_past(village),
        )
        return self.render_to_response(context, status=status)


def _grids(village: Territory) -> list[Territory]:
    return list(village.get_children().in_use().grids().in_order())


def _past(village: Territory) -> list[tuple[Redrawing, str, bool, str]]:
    """The latest re-drawings: what each did, whether it is the one that may be undone, and why it cannot be."""
    rows = Redrawing.objects.filter(village=village).select_related("drawn_by", "undone_by").latest_first()
    last = Redrawing.objects.in_force().filter(village=village).latest_first().first()
    return [
        (row, told(row), row == last, services.why_not_undo(row) if row == last else "")
        for row in rows[:SHOWN]
    ]


@require_POST
@requires_second_factor(REDRAW)
def undo_redrawing(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything back to where it lay, or the reason why not."""
    seen = Redrawing.objects.visible_to(request.user, REDRAW).select_related("village")
    redrawing = get_object_or_404(seen, pk=pk)
    try:
        services.undo_redrawing(actor=request.user, redrawing=redrawing)
    except ValidationError as fault:
        messages.error(request, "".join(fault.messages))
    else:
        messages.success(request, f"{told(redrawing)}：撤销了，都回到了原来的网格。")
    return redirect(reverse("grids:redraw", args=[redrawing.village_id]) + "#past")
