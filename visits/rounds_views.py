"""The desk's pages of round sheets (走访单): print them, and enter what came back, a line at a time."""

import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from core import clock
from core.faults import by_field
from core.ledger.cleaning import tidy
from core.periods import Month
from core.scope import may
from core.views import DeskView, whole_number
from grids.models import Officer, Territory, VillagerGroup
from visits.models import RoundLine, RoundSheet, Visit
from visits.services import entering, late_note, rounds
from visits.services.adding import Beyond

LISTED = 60
# So many grids are offered with their villager groups; who has more chooses a grid.
FEW = 12
# A sheet looked at again after this long is a second print, and says so.
FRESH = dt.timedelta(minutes=10)
LETTERS = (("weak", "弱"), ("family", "婚"), ("talent", "才"), ("conflict", "矛"), ("environment", "环"))
# What a line says whose visit somebody else made, to who reads only her own.
ENTERED = "录过了"
# Somebody else has signed in since the page was opened.
STRANGER = "这一页上换了人登录，这一行没有存。要用您自己的号登录，回来按 Enter。"
IDS = ("clerk", "visitor", "companion")
ANSWERS = (rounds.ASK, rounds.SAME, rounds.DROP, rounds.OTHER)


class RoundView(DeskView):
    """For who visits or oversees who was visited; another village's sheet does not exist."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rounds.round_reach(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def sheet(self, pk: int) -> RoundSheet:
        rows = RoundSheet.objects.readable_by(self.request.user)
        rows = rows.select_related(
            "territory__parent", "group", "village", "printed_by", "visitor", "companion"
        )
        return get_object_or_404(rows, pk=pk)

    def enters(self, sheet: RoundSheet) -> bool:
        return may(self.request.user, "visits.record", sheet.territory)


class Rounds(RoundView):
    """/desk/rounds/: print a new one; those printed lately, and which are still out."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if number := request.GET.get("number", "").strip().upper():
            found = RoundSheet.objects.readable_by(request.user).filter(number=number).latest_first().first()
            if found is not None:
                return redirect("visits:round", found.pk)
            return self._page(request, number=number, unknown=True)
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        place, _, part = request.POST.get("place", "").partition("-")
        grids = Territory.objects.grids().in_use().filter(rounds.round_reach(request.user).q())
        grid = get_object_or_404(grids, pk=whole_number(place))
        group = get_object_or_404(VillagerGroup, pk=whole_number(part), grid=grid) if part else None
        only_month = request.POST.get("who") == "month"
        try:
            sheets = rounds.print_sheets(actor=request.user, grid=grid, group=group, only_month=only_month)
        except ValidationError as refused:
            return self._page(request, status=422, fault="".join(refused.messages))
        return redirect(reverse("visits:round_paper", args=[sheets[0].pk]) + "?all=1")

    def _page(self, request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
        reach = rounds.round_reach(request.user)
        grids = list(Territory.objects.grids().in_use().filter(reach.q()).in_order().select_related("parent"))
        groups = VillagerGroup.objects.in_use().filter(grid__in=grids) if len(grids) <= FEW else []
        sheets = RoundSheet.objects.readable_by(request.user).latest_first().counted()
        sheets = list(sheets.select_related("territory__parent", "group", "printed_by")[:LISTED])
        for sheet in sheets:
            sheet.to_enter = self.enters(sheet)
        context = {
            "places": [(grid, [each for each in groups if each.grid_id == grid.pk]) for grid in grids],
            "several": len({grid.parent_id for grid in grids}) > 1,
            "sheets": sheets,
            "month": Month.of(clock.today()),
            "place": request.POST.get("place", ""),
        }
        return render(request, "visits/rounds.html", context | more, status=status)


class Paper(RoundView):
    """The A4 itself, for the browser to print; `?all=1` with the other sheets of the same print run."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        sheet = self.sheet(pk)
        sheets = [sheet]
        if request.GET.get("all"):
            run = RoundSheet.objects.readable_by(request.user).filter(printing=sheet.printing).order_by("pk")
            sheets = list(run.select_related("territory__parent", "group"))
        now = clock.now()
        return render(
            request,
            "visits/round_paper.html",
            {
                "sheets": [
                    (each, list(each.lines.order_by("row")), place) for place, each in enumerate(sheets, 1)
                ],
                "sheet": sheet,
                "again": now if now - sheet.printed_at > FRESH else None,
                "letters": [letter for _, letter in LETTERS],
                "enters": self.enters(sheet),
            },
        )


class Entry(RoundView):
    """/desk/rounds/<pk>/: the sheet as a form for the keyboard."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        sheet = self.sheet(pk)
        lines = sheet.lines.order_by("row").select_related("visit__visitor", "household")
        lines = list(lines.prefetch_related("visit__findings"))
        done = [line for line in lines if line.is_entered]
        readable = told_to(request.user, [line.visit for line in done])
        for line in done:
            line.told = line.visit.pk in readable
        enters = self.enters(sheet)
        printed = clock.local_date(sheet.printed_at)
        visitors = visitors_for(request.user, sheet) if enters else []
        seen = [line for line in done if line.told]
        last = max(seen, key=lambda line: line.visit.received_at, default=None)
        context = {
            "sheet": sheet,
            "lines": lines,
            "done": len(done),
            "enters": enters,
            "visitors": visitors,
            "visitor": sheet.visitor_id or self._likely(visitors, sheet),
            "companions": entering.companions_at(sheet.village, printed) if enters else [],
            "letters": LETTERS,
            "seen": rounds.SEEN,
            "entered": ENTERED,
            "last_day": f"{last.visit.day.month}-{last.visit.day.day}" if last else "",
            "most_words": rounds.MOST_WORDS,
        }
        return render(request, "visits/round.html", context)

    @staticmethod
    def _likely(visitors: list[Officer], sheet: RoundSheet) -> int | None:
        """Whose paper it is: the only one who may be chosen, else the grid's full-time worker."""
        if len(visitors) == 1:
            return visitors[0].user_id
        workers = Officer.objects.filter(
            posts__duty="worker", posts__until=None, posts__territory=sheet.territory
        )
        carried = {officer.user_id for officer in workers}
        return next((each.user_id for each in visitors if each.user_id in carried), None)


class Returned(RoundView):
    """The paper is back, with or without anything to enter."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        sheet = rounds.hand_back(actor=request.user, sheet=self.sheet(pk))
        messages.success(request, f"{sheet}交回来了。")
        return redirect("visits:rounds")


class Line(RoundView):
    """One line of a sheet: JSON in, JSON out."""

    def post(self, request: HttpRequest, pk: int, row: int) -> HttpResponse:
        sheet = self.sheet(pk)
        if not self.enters(sheet):
            raise PermissionDenied("录走访单，要能记走访的人来录。")
        line = get_object_or_404(RoundLine, sheet=sheet, row=row)
        try:
            said = read_line(request.body)
            if said["clerk"] not in (None, request.user.pk):
                raise ValidationError({"row": STRANGER})
            visitor = self._visitor(sheet, said["visitor"])
            companion = self._companion(sheet, said["companion"])
            entered = rounds.enter_line(
                clerk=request.user,
                line=line,
                visitor=visitor,
                told=said["told"],
                companion=companion if companion and companion.user_id != visitor.pk else None,
                answer=said["answer"],
            )
        except ValidationError as refused:
            return JsonResponse(fault_json(refused), status=422)
        if entered.twin is not None:
            return JsonResponse(self._question(entered.twin, entered.more), status=409)
        readable = bool(told_to(request.user, [entered.visit]))
        return JsonResponse(saved_json(entered.visit, line, readable=readable))

    def _visitor(self, sheet: RoundSheet, pk: int | None) -> Any:
        for officer in visitors_for(self.request.user, sheet):
            if officer.user_id == pk:
                return officer.user
        raise ValidationError({"visitor": "先选走访人，再录。"})

    def _companion(self, sheet: RoundSheet, pk: int | None) -> Officer | None:
        if pk is None:
            return None
        found = (
            entering.companions_at(sheet.village, clock.local_date(sheet.printed_at)).filter(pk=pk).first()
        )
        if found is None:
            raise ValidationError({"companion": "陪同的人不在这个村任职，重新选。"})
        return found

    def _question(self, twin: Visit, more: Beyond) -> dict[str, Any]:
        """The question: is it the same visit? Names only for who may read it; and what then becomes of the line."""
        who = str(twin.visitor) if told_to(self.request.user, [twin]) else "有人"
        told = f"{clock.cn_day(twin.day)}{who}记过这一户（{twin.receipt}）。是同一次吗？"
        how, words = rounds.SAME, "同一次，不再记"
        if more and more.addable:
            told, words = f"{told}是的话，{told_more(more)}补到那一次上。", "同一次，补上"
        elif more:
            told = f"{told}那一次您不能改，{told_more(more)}不会记下。"
            how, words = rounds.DROP, "同一次，这些不记"
        return {
            "outcome": "twin",
            "number": twin.receipt,
            "question": told,
            "same": {"how": how, "words": words},
        }


def told_more(more: Beyond) -> str:
    """勾的“矛盾、环境”和写的话."""
    ticked = f"勾的“{'、'.join(rounds.KINDS[kind] for kind in more.knows)}”" if more.knows else ""
    return "和".join(part for part in (ticked, "写的话" if more.words else "") if part)


def visitors_for(clerk: Any, sheet: RoundSheet) -> list[Officer]:
    """Whom the clerk may enter for: the village's officers with an account, the sheet's grid first; else herself."""
    since = clock.local_date(sheet.printed_at)
    found = entering.visitors_at(sheet.village, since)
    found = [each for each in found if entering.may_enter_for(clerk, each.user, sheet.territory)]
    here = set(Officer.objects.filter(posts__territory=sheet.territory).values_list("pk", flat=True))
    return sorted(found, key=lambda each: (each.pk not in here, each.pk))


def told_to(actor: Any, visits: list[Any]) -> set[int]:
    """Which of these visits the actor may read: who only records reads her own."""
    ids = [visit.pk for visit in visits]
    return set(Visit.objects.readable_by(actor).filter(pk__in=ids).values_list("pk", flat=True))


def read_line(body: bytes) -> dict[str, Any]:
    """What the page sent of one line; ValidationError if it is not what the page sends."""
    try:
        said = json.loads(body)
        knows = tuple(dict.fromkeys(said.get("knows") or ()))
        told = rounds.Told(
            day=str(said.get("day") or "")[:12],
            seen=said.get("seen") or rounds.MET,
            knows=knows,
            words=tidy(str(said.get("words") or "")),
        )
        ids = {name: int(said[name]) if said.get(name) else None for name in IDS}
    except (ValueError, TypeError, AttributeError):
        raise ValidationError({"row": "没有看懂这一行，刷新这一页再录。"}) from None
    strange = any(pk is not None and not 0 < pk < 2**63 for pk in ids.values())
    if strange or told.seen not in dict(rounds.SEEN) or set(knows) - rounds.KINDS.keys():
        raise ValidationError({"row": "没有看懂这一行，刷新这一页再录。"})
    if len(told.words) > rounds.MOST_WORDS:
        raise ValidationError({"words": f"这句话太长，{rounds.MOST_WORDS} 个字以内。"})
    how, shown = said.get("twin"), str(said.get("shown") or "")[:40]
    answer = rounds.Answer(how, shown) if how in ANSWERS else rounds.ASKS
    return {"told": told, "answer": answer, **ids}


def saved_json(visit: Any, line: RoundLine, *, readable: bool) -> dict[str, Any]:
    """The receipt, and what was entered as far as the actor may read it."""
    return {
        "outcome": "saved",
        "row": line.row,
        "number": visit.receipt,
        "day": f"{visit.day.month}-{visit.day.day}",
        "summary": visit.summary if readable else ENTERED,
        "late": late_note(visit),
    }


def fault_json(refused: ValidationError) -> dict[str, Any]:
    """One sentence for the line, and the field to stand in."""
    faults = by_field(refused, "row")
    return {
        "outcome": "fault",
        "field": next(iter(faults)),
        "fault": "".join(dict.fromkeys(sentence for each in faults.values() for sentence in each)),
    }
