"""The desk's pages of plans (走访计划): which villages have reported, and one plan to look at, change and report."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from core import clock
from core.ledger.cleaning import tidy
from core.periods import Month, Period, Year
from core.scope import reach_of
from core.views import DeskView, whole_number
from grids.models import Officer, Territory, VillagerGroup
from visits.models import PlanLine, VisitPlan, plan_reach
from visits.services import planned, planning
from visits.services.planned import Kept

# A form of more rows would have more fields than the server takes; who has more chooses a villager group.
MOST_ROWS = 250
MOST_REASON = 100
NO_VISITOR = "none"
STATES = (("", "全部"), ("left", "没走到的"), ("out", "不排的"))
WEEK = ((1, "周一"), (2, "周二"), (3, "周三"), (4, "周四"), (5, "周五"))
WORKING_WEEK = frozenset(number for number, _ in WEEK)
_DAY = re.compile(r"(?:(\d{1,2})[-./月])?(\d{1,2})[日号]?")


class PlanView(DeskView):
    """For who visits or oversees who was visited; another village's plan does not exist."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not plan_reach(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class Plans(PlanView):
    """/desk/plans/: every village in reach, this month's plan beside what happened, and the secretary's year."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose a plan, or add to it whom it lacks."""
        village = get_object_or_404(
            Territory, pk=whole_number(request.POST.get("village")), pk__in=[v.pk for v in self._villages()]
        )
        try:
            period = read_period(request.POST.get("period", ""))
            plan = planning.propose_plan(actor=request.user, village=village, period=period)
        except ValidationError as refused:
            return self._page(request, status=422, fault="".join(refused.messages))
        return redirect("visits:plan", plan.pk)

    def _villages(self) -> list[Territory]:
        grids = Territory.objects.grids().in_use().filter(plan_reach(self.request.user).q())
        return list(dict.fromkeys(grid.parent for grid in grids.in_order().select_related("parent")))

    def _page(self, request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
        now = Month.of(clock.today())
        try:
            month = Month.parse(request.GET.get("month") or str(now))
        except ValueError:
            raise Http404("no such month") from None
        if month > now.next:
            raise Http404("not yet here")
        villages, year = self._villages(), Year.of(month.first)
        plans = list(VisitPlan.objects.filter(village__in=villages, start__in=[month.first, year.first]))
        mine: dict[str, dict[int, VisitPlan]] = {whose: {} for whose, _ in VisitPlan.WHOSE}
        for plan in plans:
            if plan.period in (month, year):
                mine[plan.whose][plan.village_id] = plan
        figures: dict[int | None, Kept] = {}
        for whose, period in ((VisitPlan.VILLAGE, month), (VisitPlan.SECRETARY, year)):
            lines = PlanLine.objects.readable_by(request.user).filter(plan__in=mine[whose].values())
            figures |= planned.kept(lines, period=period, by_secretary=whose == VisitPlan.SECRETARY)
        unseen = planned.unseen_this_year(villages, year)
        leads = {village.pk for village in villages if planning.leads_plan(request.user, village)}
        open_now = planning.plannable(clock.today())
        rows = [
            {
                "village": village,
                "plan": mine[VisitPlan.VILLAGE].get(village.pk),
                "round": mine[VisitPlan.SECRETARY].get(village.pk),
                "unseen": unseen.get(village.pk, (0, 0))[0],
                "leads": village.pk in leads,
            }
            for village in villages
        ]
        for row in rows:
            for name in ("plan", "round"):
                row[f"{name}_kept"] = figures.get(row[name].pk, Kept()) if row[name] else None
        context = {
            "rows": rows,
            "month": month,
            "year": year,
            "can_month": month in open_now,
            "can_year": year in open_now,
            "reported": sum(1 for row in rows if row["plan"] and row["plan"].reported_at),
            "before": month.previous,
            "after": month.next if month <= now else None,
        }
        return render(request, "visits/plans.html", context | more, status=status)


class PlanPage(PlanView):
    """/desk/plans/<pk>/: one plan, a visitor at a time, as a form."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self._plan(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        plan = self._plan(pk)
        verb = {
            "report": self._report,
            "reopen": self._reopen,
            "more": self._more,
            "spread": self._spread,
            "save": self._save,
        }.get(request.POST.get("do", ""))
        try:
            if verb is None:
                raise ValidationError("没有看懂要做什么，刷新这一页再来。")
            messages.success(request, verb(request, plan))
        except ValidationError as refused:
            return self._page(request, self._plan(pk), status=422, faults=refused.messages)
        return redirect(request.get_full_path())

    def _plan(self, pk: int) -> VisitPlan:
        rows = VisitPlan.objects.readable_by(self.request.user).select_related("village", "reported_by")
        return get_object_or_404(rows, pk=pk)

    # --- what a button does -------------------------------------------------------------------------------------

    @staticmethod
    def _report(request: HttpRequest, plan: VisitPlan) -> str:
        planning.report_plan(actor=request.user, plan=plan)
        return f"{plan}报到镇里了。"

    @staticmethod
    def _reopen(request: HttpRequest, plan: VisitPlan) -> str:
        planning.reopen_plan(actor=request.user, plan=plan)
        return "可以改了。改好再报一次；上次谁报的、什么时候报的，都留着。"

    @staticmethod
    def _more(request: HttpRequest, plan: VisitPlan) -> str:
        before = plan.lines.count()
        planning.propose_plan(actor=request.user, village=plan.village, period=plan.period)
        added = plan.lines.count() - before
        return f"又排上 {added} 户。" if added else "该走的户都在计划里，没有要补的。"

    @staticmethod
    def _spread(request: HttpRequest, plan: VisitPlan) -> str:
        chosen = {
            int(each) for each in request.POST.getlist("weekday") if each in "1234567" and len(each) == 1
        }
        asked = request.POST.get("visitor", "")
        moved = planning.spread_again(
            actor=request.user,
            plan=plan,
            visitor=None if asked == NO_VISITOR else whole_number(asked),
            # Who goes on every day of the week also goes on a Saturday that the office works (调休).
            weekdays=planning.EVERY_WEEKDAY if chosen >= WORKING_WEEK else chosen,
            version=whole_number(request.POST.get("version")),
        )
        return f"重排好了，{moved} 户换了日子。"

    @staticmethod
    def _save(request: HttpRequest, plan: VisitPlan) -> str:
        lines = {line.pk: line for line in PlanLine.objects.readable_by(request.user).filter(plan=plan)}
        changes, faults = {}, []
        for key in request.POST:
            if not (found := re.fullmatch(r"day-(\d{1,18})", key)) or int(found[1]) not in lines:
                continue
            line = lines[int(found[1])]
            visitor = request.POST.get(f"visitor-{line.pk}", str(line.visitor_id or ""))
            try:
                changes[line.pk] = planning.Change(
                    day=read_day(request.POST[key], plan.period),
                    visitor=whole_number(visitor) if visitor else None,
                    reason=tidy(request.POST.get(f"reason-{line.pk}", line.reason)),
                )
            except ValidationError as refused:
                faults += [f"{line.household}：{sentence}" for sentence in refused.messages]
        if faults:
            raise ValidationError(faults)
        version = whole_number(request.POST.get("version"))
        count = planning.change_lines(actor=request.user, plan=plan, changes=changes, version=version)
        if not count:
            return "没有改动。"
        moved = [wanted.day for pk, wanted in changes.items() if wanted.day != lines[pk].day]
        off = planning.days_off(moved)
        number = sum(day in off for day in moved)
        told = f"其中 {number} 户的日子不是工作日，照您填的存了。" if number else ""
        return f"存下了，改了 {count} 户。{told}"

    # --- the page -----------------------------------------------------------------------------------------------

    def _page(
        self, request: HttpRequest, plan: VisitPlan, status: int = 200, faults: Iterable[str] = ()
    ) -> HttpResponse:
        actor, by_secretary = request.user, plan.is_secretary
        every = PlanLine.objects.readable_by(actor).filter(plan=plan)
        by_visitor = planned.kept(every, period=plan.period, by_secretary=by_secretary, by="visitor")
        tabs = self._tabs(by_visitor)
        tab = self._chosen_tab(tabs)
        state = request.GET.get("state", "left" if by_secretary else "")
        group = whole_number(request.GET["group"]) if request.GET.get("group") else None
        if state not in dict(STATES):
            raise Http404
        rows = every.filter(visitor=None if tab == NO_VISITOR else int(tab)) if tab else every
        rows = rows.compared(plan.period, by_secretary=by_secretary)
        groups = list(VillagerGroup.objects.filter(pk__in=rows.values("household__group")))
        if group is not None:
            rows = rows.filter(household__group=group)
        rows = {"left": rows.filter(done=False), "out": rows.filter(day=None)}.get(state, rows)
        shown = list(
            rows.in_order().select_related("household__group", "territory", "visitor")[: MOST_ROWS + 1]
        )
        lines = shown[:MOST_ROWS]
        over = planning.is_over(plan)
        changes = set() if plan.reported_at or over else planning.changeable(actor, lines)
        self._dress(request, plan, lines, changes, typed=bool(faults))
        days = {line.day.isoweekday() for line in lines if line.day and not line.done} & WORKING_WEEK
        context = {
            "plan": plan,
            "faults": list(faults),
            "sum": sum_of(by_visitor.values()),
            "tabs": [(*each, self._with(who=each[0])) for each in tabs],
            "tab": tab,
            "groups": groups if len(groups) > 1 else [],
            "group": group,
            "states": STATES,
            "state": state,
            "lines": lines,
            "gone": list(
                every.gone(plan.period, by_secretary=by_secretary)
                .order_by("household__number")
                .values_list("household__head_name", flat=True)
            ),
            "more": len(shown) > MOST_ROWS,
            "most": MOST_ROWS,
            "changes": bool(changes),
            "visitors": list(planning.visitors_of(plan)) if changes else [],
            "week": [(number, word, number in (days or WORKING_WEEK)) for number, word in WEEK],
            "leads": planning.leads_plan(actor, plan.village),
            "over": over,
            "last_report": self._last_report(plan),
            "unseen": planned.unseen_this_year([plan.village], plan.period).get(plan.village_id, (0, 0))
            if isinstance(plan.period, Year)
            else None,
            "most_reason": MOST_REASON,
        }
        return render(request, "visits/plan.html", context, status=status)

    def _tabs(self, by_visitor: dict[int | None, Kept]) -> list[tuple[str, str, Kept]]:
        """(key, name, figures) of each visitor, who has most first; those without a visitor before all."""
        names = dict(Officer.objects.filter(pk__in=[pk for pk in by_visitor if pk]).values_list("pk", "name"))
        found = [
            (str(pk or NO_VISITOR), names.get(pk, "没有定人") if pk else "没有定人", figures)
            for pk, figures in by_visitor.items()
        ]
        return sorted(found, key=lambda each: (each[0] != NO_VISITOR, -each[2].planned, each[0]))

    def _chosen_tab(self, tabs: list[tuple[str, str, Kept]]) -> str:
        """The one asked for, else the actor's own, else the first."""
        keys = [key for key, _, _ in tabs]
        if asked := self.request.GET.get("who"):
            return asked if asked in keys else keys[0] if keys else ""
        officer = Officer.objects.filter(user=self.request.user.pk).values_list("pk", flat=True).first()
        return str(officer) if str(officer) in keys else keys[0] if keys else ""

    def _with(self, **changes: str) -> str:
        """This address with another visitor, from the top."""
        query = self.request.GET.copy()
        query.pop("group", None)
        for name, value in changes.items():
            query[name] = value
        return f"?{query.urlencode()}"

    @staticmethod
    def _dress(
        request: HttpRequest, plan: VisitPlan, lines: list[PlanLine], changes: set[int], *, typed: bool
    ) -> None:
        """What stands in the boxes of each line: after a refusal what was typed, else what is planned."""
        today, manages = clock.today(), reach_of(request.user, "visits.manage")
        off = planning.days_off(line.day for line in lines)
        for line in lines:
            line.can_assign = manages.covers(line.territory)
            line.can_change = line.pk in changes
            line.is_off = line.day in off
            line.is_late = not line.done and line.day is not None and line.day < today
            line.in_day = day_words(line.day, plan.period)
            line.in_visitor, line.in_reason = str(line.visitor_id or ""), line.reason
            if typed and f"day-{line.pk}" in request.POST:
                line.in_day = request.POST[f"day-{line.pk}"]
                line.in_visitor = request.POST.get(f"visitor-{line.pk}", line.in_visitor)
                line.in_reason = request.POST.get(f"reason-{line.pk}", line.in_reason)

    @staticmethod
    def _last_report(plan: VisitPlan) -> Any:
        """How it was reported last, if it was opened again since."""
        if plan.reported_at is not None:
            return None
        return plan.history.filter(reported_at__isnull=False).select_related("reported_by").first()


def sum_of(figures: Iterable[Kept]) -> Kept:
    found = Kept()
    for each in figures:
        found.planned += each.planned
        found.monthly += each.monthly
        found.done += each.done
        found.left_out += each.left_out
    return found


def read_period(text: str) -> Period:
    """`2026-11` or `2026`; ValidationError otherwise."""
    for kind in (Month, Year):
        try:
            return kind.parse(text)
        except ValueError:
            continue
    raise ValidationError("没有看懂是哪个月，刷新这一页再来。")


def day_words(day: dt.date | None, period: Period) -> str:
    """As a box shows it: 25 in a month's plan, 12-3 in a year's."""
    if day is None:
        return ""
    return str(day.day) if isinstance(period, Month) else f"{day.month}-{day.day}"


def read_day(text: str, period: Period) -> dt.date | None:
    """The day somebody typed: `25`, in a year's plan `12-3`; empty means left out. ValidationError otherwise."""
    text = tidy(text).strip()
    if not text:
        return None
    found = _DAY.fullmatch(text)
    month = int(found[1]) if found and found[1] else period.first.month if isinstance(period, Month) else 0
    try:
        if found is None:
            raise ValueError
        return dt.date(period.first.year, month, int(found[2]))
    except ValueError:
        told = "填几号，如 24。" if isinstance(period, Month) else "填几月几号，如 12-3。"
        raise ValidationError(f"“{text[:12]}”看不懂是哪天，{told}") from None
