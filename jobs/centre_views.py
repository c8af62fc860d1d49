"""就业创业服务中心 on the desk: where it is, who helps there, and the log of the days on which it was open."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from core import clock
from core.forms import NO_NUMBER
from core.periods import Month
from core.scope import may, must, reach_of
from core.views import DeskPage
from grids.models import Territory
from jobs.desk_pages import (
    RowPage,
    VillagePage,
    WithPhoneFacts,
    day_of,
    picked,
    places_of,
)
from jobs.models import Centre, CentreAssistant, Opening
from jobs.models.words import KEEPS, MANAGES, SEES
from jobs.services import centres as services
from jobs.services.reading import readable, villages_of

READS = f"{SEES}|{KEEPS}"


class CentreForm(WithPhoneFacts):
    """Where it is and when it opens."""

    class Meta(WithPhoneFacts.Meta):
        model = Centre
        fields = ("territory", "address", "hours", "since", "note")


class Centres(VillagePage):
    """Every village around the reader: its centre, who helps there, how often it was open this year. Who sees no
    employment finds the centre he keeps."""

    verb = READS
    template_name = "jobs/centres/centres.html"

    @cached_property
    def villages(self) -> list[Territory]:
        own = services.kept_by(self.request.user).values("territory")
        around = villages_of(self.request.user)
        return list((around | Territory.objects.villages().in_use().filter(pk__in=own)).in_order())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = services.readable_by(self.request.user).filter(territory__in=self.villages)
        rows = rows.select_related("territory").prefetch_related("assistants__officer")
        known = {row.territory_id: row for row in rows}
        opened = services.days_open(known.values(), self.year)
        found = []
        for village in [self.village] if self.village else self.villages:
            centre = known.get(village.pk)
            helpers = [each for each in centre.assistants.all() if each.in_force()] if centre else []
            days = opened.get(centre.pk, (0, 0)) if centre else (0, 0)
            found.append((village, centre, helpers, *days))
        reach = reach_of(self.request.user, MANAGES)
        lacks = any(centre is None and reach.covers(village) for village, centre, *_ in found)
        return super().get_context_data(rows=found, lacks=lacks, reads=may(self.request.user, SEES), **kwargs)


class New(DeskPage):
    """设一个服务中心."""

    verb = MANAGES
    template_name = "jobs/centres/form.html"

    def form(self, *said: Any) -> CentreForm:
        form = CentreForm(*said)
        taken = set(Centre.objects.values_list("territory", flat=True))
        places = places_of(self.request.user, Territory.VILLAGE)
        form.place([each for each in places if each.pk not in taken])
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = {"title": "设服务中心", "says": "一个村一个，在哪里、什么时候开门。", "button": "设好了"}
        return super().get_context_data(**{"form": self.form()} | told | kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        made = form.done(lambda row: services.save_centre(actor=request.user, centre=row, phone=form.said))
        if made is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, f"{made}设好了，加上协管员。")
        return redirect("centres:centre", made.pk)


def month_of(request: HttpRequest) -> Month:
    """The month of the address, this one if it says none; no later one."""
    now = Month.of(clock.today())
    try:
        month = Month.parse(request.GET.get("month") or str(now))
    except ValueError:
        raise Http404 from None
    if not Month.parse("2022-01") <= month <= now:
        raise Http404
    return month


class CentrePage(RowPage):
    """One centre: the month's log, its assistants, its facts."""

    verb = READS
    model, whole, home = Centre, ("territory__parent",), "centres:centre"
    template_name = "jobs/centres/centre.html"

    @classmethod
    def find(cls, request: HttpRequest, pk: int) -> Centre:
        return get_object_or_404(services.readable_by(request.user).select_related(*cls.whole), pk=pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        centre, actor, month = self.row, self.request.user, month_of(self.request)
        log = centre.openings.filter(day__gte=month.first, day__lte=month.last)
        manages = may(actor, MANAGES, centre.territory)
        keeps = services.may_keep(actor, centre)
        officers = list(services.officers_of(centre)) if keeps else []
        days, people = services.days_open([centre], month.first.year).get(centre.pk, (0, 0))
        if manages and "form" not in kwargs:
            kwargs["form"] = form_of(self.request, centre)
        return super().get_context_data(
            centre=centre,
            month=month,
            before=month.previous if month > Month.of(centre.since) else None,
            after=month.next if month < Month.of(clock.today()) else None,
            log=list(log.select_related("keeper").order_by("day")),
            days=days,
            people=people,
            helpers=list(centre.assistants.in_force().select_related("officer").order_by("since", "pk")),
            officers=officers,
            own=next((each.pk for each in officers if each.user_id == getattr(actor, "pk", None)), None),
            possible=list(services.possible_assistants(centre)) if manages else (),
            manages=manages,
            keeps=keeps,
            **kwargs,
        )


class Log(CentrePage):
    """开放记录 of a month on A4."""

    template_name = "jobs/centres/log_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"blank": range(max(0, 20 - len(context["log"])))}


def form_of(request: HttpRequest, centre: Centre, *said: Any) -> CentreForm:
    form = CentreForm(*said, instance=centre)
    form.place([centre.territory])
    return form


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """改地址、时间."""
    centre = CentrePage.find(request, pk)
    form = form_of(request, centre, request.POST)
    must(request.user, MANAGES, centre.territory)

    def do(row: Centre) -> Centre:
        return services.save_centre(actor=request.user, centre=row, phone=form.said)

    return CentrePage.change(request, pk, form, do, "存好了。")


@require_POST
def add_assistant(request: HttpRequest, pk: int) -> HttpResponse:
    """加一位协管员."""
    centre = CentrePage.find(request, pk)

    def do() -> CentreAssistant:
        officer = picked(services.officers_of(centre), request.POST.get("officer"))
        if officer is None and may(request.user, MANAGES, centre.territory):
            raise ValidationError({"officer": "选是谁。"})
        full_time = request.POST.get("full_time") == "1"
        return services.add_assistant(actor=request.user, centre=centre, officer=officer, full_time=full_time)

    return CentrePage.press(request, pk, "helpers", do, lambda row: f"{row.officer}是协管员了。")


@require_POST
def end_assistant(request: HttpRequest, pk: int) -> HttpResponse:
    """不再是协管员."""
    rows = readable(CentreAssistant.objects.all(), request.user).select_related(
        "centre__territory", "officer"
    )
    row = get_object_or_404(rows, pk=pk)
    return CentrePage.press(
        request,
        row.centre_id,
        "helpers",
        lambda: services.end_assistant(actor=request.user, assistant=row),
        lambda _: f"{row.officer}到今天为止。",
    )


@require_POST
def note_opening(request: HttpRequest, pk: int) -> HttpResponse:
    """记一天开放; of a day that was noted before it is said what stood there, and its month is shown."""
    centre = CentrePage.find(request, pk)
    stood: list[str] = []

    def do() -> Any:
        if services.may_keep(request.user, centre):
            keeper = picked(services.officers_of(centre), request.POST.get("keeper"))
            number = request.POST.get("visitors", "").strip() or "0"
            day = day_of(request)
            if keeper is None:
                raise ValidationError({"keeper": "选谁值守。"})
            if not (number.isascii() and number.isdigit() and len(number) <= 6):
                raise ValidationError({"visitors": NO_NUMBER})
            stood.extend(_told(each) for each in centre.openings.filter(day=day).select_related("keeper"))
        else:
            keeper, number, day = None, "0", clock.today()
        return services.note_opening(
            actor=request.user,
            centre=centre,
            day=day,
            keeper=keeper,
            visitors=int(number),
            words=request.POST.get("words", ""),
        )

    def said(row: Opening) -> str:
        day, now = clock.cn_day(row.day), _told(row)
        return f"{day}改成{now}。原来记的是{stood[0]}。" if stood and stood[0] != now else f"{day}记好了。"

    answer = CentrePage.press(request, pk, "log", do, said)
    if answer.status_code != 302:
        return answer
    return redirect(f"{answer['Location']}?month={Month.of(day_of(request))}")


def _told(row: Opening) -> str:
    words = f"，办了{row.words}" if row.words else ""
    return f"{row.keeper.name}值守、来了 {row.visitors} 人{words}"
