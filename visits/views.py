"""The desk's pages of visits: who is owed and overdue, coverage at a glance, one household's story."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from appeals.models import Matter
from core import clock
from core.paging import BadKey, Keyset
from core.periods import Month
from core.scope import Reach, may, reach_of
from core.views import DeskPage, ScopedDetailView, whole_number
from disputes.models import Dispute
from grids.models import Category, CategoryKind, Household, Territory
from grids.services import dial
from jobs import services as jobs
from points import services as points
from visits import figures, services
from visits.knows import change_of
from visits.models import Cadence, Finding, Obligation, Visit

TABS = (
    (Cadence.CATEGORY, "五必访待访"),
    (Cadence.ORDINARY, "一般户待访（季）"),
    (Cadence.SECRETARY, "书记年度待访"),
    ("away", "在外务工"),
)
STATES = (
    ("", "没访到、待访"),
    ("overdue", "过了期没访到"),
    ("running", "本期待访"),
    ("tried", "几次没见到人"),
)
ALL = "all"  # instead of a village: every one the reader oversees
STORY = 60


class OwedPage(DeskPage):
    """应访清单 of one village, or of all together: tabs by group, filters in the address, pages by key."""

    verb = "visits.manage"
    template_name = "visits/owed.html"
    page_size = 50

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, today = self.request.user, clock.today()
        reach = reach_of(actor, self.verb)
        place, villages, grids = self._places(reach)
        tab = self._choice("list", dict(TABS), Cadence.CATEGORY)
        state = self._choice("state", dict(STATES), "")
        kinds = list(CategoryKind.objects.all()) if may(actor, "categories.see", place) else []
        names = {each.code: each.name for each in kinds}
        if kinds:
            names[services.QUARREL] = "矛盾家庭"
        kind = self._choice("kind", {"": "", **names}, "")
        over = self._choice("over", {"": "", **{each.code: each.title for each in services.LENGTHS}}, "")
        length = next((each for each in services.LENGTHS if each.code == over), None)
        wanted = services.Wanted(
            whos=(tab,) if tab in _RANKED else tuple(_RANKED),
            away=True if tab == "away" else None,
            overdue_only=state == "overdue" or length is not None,
            running_only=state == "running",
        )
        homes = services.due_households(
            reach=reach,
            wanted=wanted,
            at=place,
            **services.narrowed(actor, kind),
            tried=state == "tried",
            overdue_since=length and length.days(today),
            today=today,
        )
        page = self._page(homes)
        village = place and (place.village or place)
        counts = services.counts_by_tab(reach=reach, at=village, today=today)
        return super().get_context_data(
            rows=services.due_rows(actor=actor, found=page.rows, wanted=wanted, today=today),
            pager=self._pager(page),
            tabs=[(code, title, counts[code], self._with(list=code)) for code, title in TABS],
            tab=tab,
            place=place,
            village=village,
            villages=villages,
            grids=grids,
            kinds=names,
            kind=kind,
            states=STATES,
            state=state,
            over=over,
            chosen=self._chosen(place, names.get(kind, ""), state, length),
            month=Month.of(today),
            records=may(actor, "visits.record", place),
            **kwargs,
        )

    def _places(self, reach: Reach) -> tuple[Territory | None, list[Territory], list[Territory]]:
        """What the address asks for (None: all villages), or the first village; 404 for a place out of reach."""
        grids = list(Territory.objects.grids().in_use().filter(reach.q()).in_order().select_related("parent"))
        if not grids:
            raise Http404
        villages = list(dict.fromkeys(grid.parent for grid in grids))
        asked = {name: self.request.GET.get(name) for name in ("village", "grid")}
        grid = _one_of(grids, asked["grid"])
        if asked["village"] == ALL and grid is None:
            return None, villages, []
        village = grid.parent if grid else _one_of(villages, asked["village"]) or villages[0]
        return grid or village, villages, [each for each in grids if each.parent_id == village.pk]

    def _choice(self, name: str, allowed: dict[str, str], default: str) -> str:
        chosen = self.request.GET.get(name, default)
        if chosen not in allowed:
            raise Http404
        return chosen

    def _page(self, homes: Any) -> Any:
        keyset = Keyset(*services.ORDER, size=self.page_size)
        try:
            return keyset.page(homes, self.request.GET.get("after"), self.request.GET.get("before"))
        except BadKey:
            raise Http404 from None

    def _with(self, **changes: str) -> str:
        """This address with other filters, from the first page on."""
        query = self.request.GET.copy()
        for name in ("after", "before", *changes):
            query.pop(name, None)
        for name, value in changes.items():
            if value:
                query[name] = value
        return f"?{query.urlencode()}"

    def _pager(self, page: Any) -> dict[str, str]:
        return {way: self._with(**{way: key}) for way in ("before", "after") if (key := getattr(page, way))}

    def _chosen(
        self,
        place: Territory | None,
        kind: str,
        state: str,
        length: services.Length | None,
    ) -> list[tuple[str, str]]:
        """The filters in force as pills: the word, and the address without it."""
        found = [(place.name, self._with(grid=""))] if place and place.kind == Territory.GRID else []
        found += [(kind, self._with(kind=""))] if kind else []
        found += [(dict(STATES)[state], self._with(state=""))] if state else []
        found += [(f"过期{length.title}", self._with(over=""))] if length else []
        return found


_RANKED = (Cadence.CATEGORY, Cadence.ORDINARY, Cadence.SECRETARY)


def _one_of(places: list[Territory], asked: str | None) -> Territory | None:
    if not asked:
        return None
    number = whole_number(asked)
    for place in places:
        if place.pk == number:
            return place
    raise Http404


class CoveragePage(DeskPage):
    """走访覆盖 of one month: villages in the plan's order, one of them opened to its grids."""

    verb = "figures.see"
    template_name = "visits/coverage.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor, now = self.request.user, Month.of(clock.today())
        try:
            month = Month.parse(self.request.GET.get("month") or str(now))
        except ValueError:
            raise Http404("no such month") from None
        if month > now:
            raise Http404("not yet here")
        places = services.shown_coverage(month=month, actor=actor)
        opened = whole_number(asked) if (asked := self.request.GET.get("open")) else None
        first = min(
            (each.territory.start_month for each in places if each.territory.start_month), default=None
        )
        panel = {
            "lines": figures.coverage_lines(month, actor, places),
            "month": month,
            "opens": may(actor, figures.OPENS),
            "page": f"{self.request.path}?month={month}&",
            "any_sealed": any(each.sealed for each in places),
            "away": True,
        }
        return super().get_context_data(
            panel=panel,
            opened=opened,
            month=month,
            is_now=month == now,
            before=month.previous if first and month.first > first else None,
            after=month.next if month < now else None,
            **kwargs,
        )


class HouseholdPage(ScopedDetailView):
    """One household: what stands on its card, and its story with the newest on top."""

    verb = "households.see"
    queryset = Household.objects.select_related("group", "territory__parent", "village")
    template_name = "visits/household.html"
    context_object_name = "home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        home, actor = self.object, self.request.user
        seen = may(actor, "visits.see", home.territory)
        visits = (
            Visit.objects.filter(household=home)
            .latest_first()
            .select_related("visitor", "entered_by", "corrects")
        )
        found = Finding.objects.filter(household=home, visit__void_at__isnull=True)
        found = found.select_related("visit", "person", "proposal")
        return super().get_context_data(
            seen=seen,
            promise=services.open_promise(home, actor) if seen else None,
            visits=self._story(home, visits) if seen else [],
            owed=Obligation.objects.filter(household=home).order_by("-period_start", "who")[:24]
            if seen
            else [],
            findings=self._findings(found) if seen else [],
            proposes=may(actor, "register.propose", home.territory) and not home.ended_on,
            settles=may(actor, "findings.settle", home.territory),
            matters=self._matters(home),
            opens=may(actor, "matters.open", home.territory) and not home.ended_on,
            disputes=self._disputes(home),
            purse=points.purse_of(actor, home),
            claims=may(actor, "points.claim", home.territory) and not home.ended_on,
            categories=self._categories(home) if may(actor, "categories.see", home.territory) else None,
            people=home.people.present().order_by("pk")
            if may(actor, "persons.see", home.territory)
            else None,
            labour=jobs.labour_on_card(actor, home),
            phone=dial(actor, home),
            away=Household.objects.away_on(clock.today()).filter(pk=home.pk).exists(),
            **kwargs,
        )

    def _story(self, home: Household, visits: Any) -> list[Visit]:
        """The latest visits; those that are perhaps the same, on paper and by phone, can be taken back here."""
        rows = list(visits.prefetch_related("findings", "companions")[:STORY])
        doubled, may_undo = services.twins_among(rows), services.undoable(self.request.user)
        for each in rows:
            each.household = home
        late = services.late_visits(rows)
        for each in rows:
            each.late = each.pk in late
            each.doubled = each.pk in doubled
            each.can_undo = each.doubled and may_undo(each)
        return rows

    @staticmethod
    def _findings(found: Any) -> list[tuple[Finding, str | None]]:
        """The latest, open ones first, each with the kind of change it leads to."""
        return [(each, change_of(each)) for each in found.order_by("state", "-pk")[:20]]

    def _matters(self, home: Household) -> list[Matter]:
        """What the household asked for, as far as this reader may know, the latest first."""
        rows = Matter.objects.readable_by(self.request.user).filter(household=home)
        return list(rows.select_related("owner", "household").order_by("-pk")[:20])

    def _disputes(self, home: Household) -> list[Dispute]:
        """In which the household is a party, as far as this reader may know, the latest first."""
        rows = Dispute.objects.readable_by(self.request.user).filter(parties__household=home)
        return list(rows.select_related("owner").distinct().order_by("-pk")[:20])

    @staticmethod
    def _categories(home: Household) -> Any:
        return (
            Category.objects.filter(household=home)
            .select_related("kind", "person")
            .order_by("-until", "since")
        )


@require_POST
def undo(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take one visit back, one of two that are perhaps the same for example."""
    visit = get_object_or_404(Visit.objects.readable_by(request.user), uuid=uuid)
    try:
        late = services.late_note(services.undo_visit(actor=request.user, visit=visit))
        messages.success(request, f"{visit.day:%Y-%m-%d} {visit.visitor}的这一次走访撤销了。{late}")
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return redirect("visits:household", visit.household_id)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Close or hand on what a visit found; the sentence of a refusal stands above the page."""
    finding = get_object_or_404(Finding.objects.visible_to(request.user, "visits.see"), pk=pk)
    state = Finding.PASSED_ON if "pass" in request.POST else Finding.SETTLED
    try:
        services.settle_finding(
            actor=request.user, finding=finding, state=state, outcome=request.POST.get("outcome", "")[:300]
        )
        messages.success(request, f"{finding.get_kind_display()}这件事{dict(Finding.STATES)[state]}。")
    except ValidationError as refused:
        messages.error(request, "".join(refused.messages))
    return redirect(reverse("visits:household", args=[finding.household_id]) + "#findings")
