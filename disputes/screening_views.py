"""每月排查 on the desk: who was looked at in a month and who was not, projects and affairs, what was found."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from core.periods import Month
from core.scope import Reach, reach_of
from core.views import ScopedListView, whole_number
from disputes import services
from disputes.models import Dispute, Seen, Subject, SubjectLook
from disputes.models.disputes import KEEPS, SEES, WORKS
from grids.models import Territory, VillagerGroup

VERB = f"{SEES}|{KEEPS}"
LEFT, TICKED = "left", "ticked"
LISTS = ((LEFT, "还没看的"), (TICKED, "打勾看过的"))
EARLIEST = Month.parse("2022-05")  # the plan


class ScreeningPage(ScopedListView):
    """One village (or grid) and month. Whoever settles disputes sees the village, a grid's people their grid."""

    verb = VERB
    template_name = "disputes/screening.html"
    page_order = ("group__position", "group_id", "number", "pk")
    page_size = 50

    @cached_property
    def month(self) -> Month:
        now = Month.of(clock.today())
        try:
            month = Month.parse(self.request.GET.get("month") or str(now))
        except ValueError:
            raise Http404 from None
        if not EARLIEST <= month <= now:
            raise Http404
        return month

    @cached_property
    def sees(self) -> Reach:
        return reach_of(self.request.user, SEES)

    @cached_property
    def ticks(self) -> Reach:
        return reach_of(self.request.user, KEEPS)

    @cached_property
    def grids(self) -> list[Territory]:
        """Every grid in reach, with its village."""
        reach = self.sees.q() | self.ticks.q()
        return list(Territory.objects.grids().in_use().filter(reach).in_order().select_related("parent"))

    @cached_property
    def villages(self) -> list[Territory]:
        return list(dict.fromkeys(grid.parent for grid in self.grids))

    @cached_property
    def grid(self) -> Territory | None:
        """The grid asked for; whoever reaches one grid of the village alone has that one."""
        if found := _one_of(self.grids, self.request.GET.get("grid")):
            return found
        mine = self.grids_here
        return mine[0] if len(mine) == 1 and not self.sees.covers(self.village) else None

    @cached_property
    def village(self) -> Territory:
        if not self.villages:
            raise Http404
        asked = _one_of(self.grids, self.request.GET.get("grid"))
        found = asked.parent if asked else _one_of(self.villages, self.request.GET.get("village"))
        return found or self.villages[0]

    @cached_property
    def grids_here(self) -> list[Territory]:
        return [grid for grid in self.grids if grid.parent_id == self.village.pk]

    @cached_property
    def group(self) -> VillagerGroup | None:
        return _one_of(self.groups, self.request.GET.get("group"))

    @cached_property
    def groups(self) -> list[VillagerGroup]:
        within = [self.grid] if self.grid else self.grids_here
        return list(VillagerGroup.objects.in_use().filter(grid__in=within).order_by("position", "pk"))

    @cached_property
    def chosen(self) -> str:
        chosen = self.request.GET.get("list", LEFT)
        if chosen not in dict(LISTS):
            raise Http404
        return chosen

    def get_queryset(self) -> QuerySet:
        """A leader of two grids of one village sees both; no other grid of it."""
        rows = services.homes_to_look_at(self.grid or self.village, self.month, ticked=self.chosen == TICKED)
        if not self.grid and not self.sees.covers(self.village):
            rows = rows.filter(territory__in=self.grids_here)
        if self.group:
            rows = rows.filter(group=self.group)
        return rows.select_related("group", "territory")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        place, month, now = self.grid or self.village, self.month, Month.of(clock.today())
        found = super().get_context_data(**kwargs)
        if self.chosen == TICKED:
            keys = [row.pk for row in found["rows"]]
            rows = Seen.objects.filter(household__in=keys, start=month.first).select_related("who")
            ticks = {row.household_id: row for row in rows}
            for row in found["rows"]:
                row.seen = ticks.get(row.pk)
        whole = self.village.parent if len(self.villages) > 1 and self.village.parent else self.village
        by_grid = services.screened_by_grid(whole, month)
        lines = [(grid, by_grid.get(grid.pk, services.Screened())) for grid in self.grids_here]
        sees = self.sees.covers(self.village)
        disputes = Dispute.objects.readable_by(self.request.user).at(place)
        disputes = services.found_in(disputes, month).select_related("territory")
        return found | {
            "month": month,
            "is_now": month == now,
            "before": month.previous if month > EARLIEST else None,
            "after": month.next if month < now else None,
            "villages": self.villages,
            "village": self.village,
            "place": place,
            "grid": self.grid,
            "group": self.group,
            "groups": self.groups,
            "lists": LISTS,
            "chosen": self.chosen,
            "lines": lines,
            "others": self._by_village(by_grid) if len(self.villages) > 1 else [],
            "total": services.screened(place, month) if sees else None,
            "sees": sees,
            "ticks": month == now and (self.ticks.covers(place) or not sees),
            "works": month == now and reach_of(self.request.user, WORKS).covers(self.village),
            "subjects": self._subjects() if sees and not self.grid else [],
            "kinds": Subject.KINDS,
            "disputes": list(disputes.order_by("-found_on", "-pk")[:50]),
            "back": self.request.get_full_path(),
        }

    def _by_village(self, by_grid: dict[int, services.Screened]) -> list[tuple[Territory, int, int]]:
        """Of each village in reach: how many households it has, and how many nobody has looked at."""
        found = {village.pk: [village, 0, 0] for village in self.villages}
        for grid in self.grids:
            if line := by_grid.get(grid.pk):
                found[grid.parent_id][1] += line.homes
                found[grid.parent_id][2] += line.left
        return [(village, homes, left) for village, homes, left in found.values()]

    def _subjects(self) -> list[Subject]:
        looks = SubjectLook.objects.filter(start=self.month.first).select_related("who")
        rows = services.subjects_of(self.village, self.month)
        rows = list(rows.prefetch_related(Prefetch("looks", looks, to_attr="of_month")))
        for row in rows:
            row.look = row.of_month[0] if row.of_month else None
        return rows


def _one_of(rows: list[Any], asked: str | None) -> Any:
    if not asked:
        return None
    number = whole_number(asked)
    for row in rows:
        if row.pk == number:
            return row
    raise Http404


def _back(request: HttpRequest) -> HttpResponse:
    """To the page from which it was sent, as far as that is this page."""
    page, told = reverse("disputes:screening"), request.POST.get("back", "")
    return redirect(told if told == page or told.startswith(f"{page}?") else page)


def _month(request: HttpRequest) -> Month:
    try:
        return Month.parse(request.POST.get("month") or str(Month.of(clock.today())))
    except ValueError:
        raise Http404 from None


@require_POST
def tick(request: HttpRequest) -> HttpResponse:
    """看过了，没有矛盾: of several households at once; or that it was ticked by mistake."""
    keys, month = [whole_number(each) for each in request.POST.getlist("home")], _month(request)
    try:
        if request.POST.get("do") == "untick":
            number = services.untick_seen(actor=request.user, households=keys, month=month)
            messages.success(request, f"{number} 户撤回了，还算没看。")
        else:
            number = services.tick_seen(actor=request.user, households=keys, month=month)
            messages.success(request, f"{number} 户记成看过了，没有矛盾。")
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return _back(request)


@require_POST
def add_subject(request: HttpRequest, pk: int) -> HttpResponse:
    """One more project or affair of a village."""
    rows = Territory.objects.villages().in_use().visible_to(request.user, SEES)
    village = get_object_or_404(rows, pk=pk)
    name, kind = request.POST.get("name", "")[:200], request.POST.get("kind", "")
    try:
        subject = services.add_subject(actor=request.user, village=village, name=name, kind=kind)
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    else:
        messages.success(request, f"“{subject}”添上了，每个月看一次。")
    return _back(request)


@require_POST
def look_at(request: HttpRequest, pk: int) -> HttpResponse:
    """A subject was looked at this month; or it is over."""
    subject = get_object_or_404(Subject.objects.visible_to(request.user, SEES), pk=pk)
    try:
        if request.POST.get("do") == "end":
            services.end_subject(actor=request.user, subject=subject)
            messages.success(request, f"“{subject}”结束了，下个月起不用再看。")
        else:
            words = request.POST.get("words", "")
            month = _month(request)
            services.look_at_subject(actor=request.user, subject=subject, month=month, words=words)
            messages.success(request, f"“{subject}”本月看过了。")
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return _back(request)
