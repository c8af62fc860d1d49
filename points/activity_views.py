"""活动 on the desk: a village's month plan, who wants to come, who came, and the deeds that are proposed for it."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.faults import refusal
from core.forms import tell_form
from core.idnumber import mask_name
from core.periods import Month
from core.scope import NOT_YOURS, may, reach_of
from core.views import DeskPage, whole_number
from grids.models import Person, Territory
from points import services
from points.activity_forms import ActivityForm
from points.models import Activity, Attendance, Item, SignUp
from points.models.activities import HOLDS
from points.models.awards import CLAIMS, SEES

VERB = f"{HOLDS}|{CLAIMS}|{SEES}"
EARLIEST, AHEAD = Month.parse("2022-05"), 13  # the plan; months in which something can be planned
WHOLE = ("territory__parent__parent", "item", "made_by")


def activity_of(request: HttpRequest, pk: int) -> Activity:
    """One of the reader's villages, or 404."""
    rows = Activity.objects.readable_by(request.user).select_related(*WHOLE)
    return get_object_or_404(rows, pk=pk)


# --- the month's plan -------------------------------------------------------------------------------------------------


class Activities(DeskPage):
    """One month of the reader's villages, or of the one that is asked for."""

    verb = VERB
    template_name = "points/activities/activities.html"

    @cached_property
    def month(self) -> Month:
        now = Month.of(clock.today())
        try:
            month = Month.parse(self.request.GET.get("month") or str(now))
        except ValueError:
            raise Http404 from None
        if not EARLIEST <= month <= _ahead(now):
            raise Http404
        return month

    @cached_property
    def villages(self) -> list[Territory]:
        """Where the reader has to do with activities."""
        places = Territory.objects.none()
        for verb in (HOLDS, CLAIMS, SEES):
            places = places | Territory.objects.filter(reach_of(self.request.user, verb).q())
        keys = {
            parent if kind == Territory.GRID else pk
            for pk, kind, parent in places.values_list("pk", "kind", "parent")
        }
        return list(Territory.objects.villages().in_use().filter(pk__in=keys).in_order())

    @cached_property
    def village(self) -> Territory | None:
        asked = self.request.GET.get("village")
        if not asked:
            return self.villages[0] if len(self.villages) == 1 else None
        found = next((each for each in self.villages if each.pk == whole_number(asked)), None)
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = Activity.objects.readable_by(self.request.user)
        if self.village:
            known = known.at(self.village)
        # Where a month is empty it is said what comes after it.
        later = known.filter(day__gt=self.month.last, cancelled_at=None).order_by("day", "pk").first()
        rows = known.planned_for(self.month)
        rows = rows.select_related(*WHOLE).prefetch_related("signups", "attendances")
        now = Month.of(clock.today())
        return super().get_context_data(
            rows=list(rows),
            later=later,
            month=self.month,
            before=self.month.previous if self.month > EARLIEST else None,
            after=self.month.next if self.month < _ahead(now) else None,
            village=self.village,
            villages=self.villages,
            holds=may(self.request.user, HOLDS),
            today=clock.today(),
            **kwargs,
        )


def _ahead(month: Month) -> Month:
    for _ in range(AHEAD):
        month = month.next
    return month


class Plan(Activities):
    """活动计划 on A4."""

    template_name = "points/activities/plan_paper.html"


class New(DeskPage):
    """排一次活动."""

    verb = HOLDS
    template_name = "points/activities/new.html"

    def form(self, *said: Any, **more: Any) -> ActivityForm:
        places = places_of(self.request.user)
        return ActivityForm(*said, places=places, items=items_of(places), **more)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": self.form()} | kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if (made := _planned(request, form)) is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, f"{clock.cn_day(made.day)}的“{made}”排上了。")
        return redirect("activities:activity", made.pk)


def places_of(actor: Any) -> list[Territory]:
    """Villages and grids where somebody calls people together."""
    rows = Territory.objects.in_use().filter(reach_of(actor, HOLDS).q()).exclude(kind=Territory.TOWN)
    return list(rows.select_related("parent__parent").in_order())


def items_of(places: list[Territory]) -> list[Item]:
    villages = {place.village for place in places if place.village}
    return [item for village in villages for item in services.items_for(village)]


def _planned(request: HttpRequest, form: ActivityForm) -> Activity | None:
    """What the form says, planned; None where something is wrong, and the form says what."""
    if not form.is_valid():
        return None
    try:
        return services.plan_activity(actor=request.user, activity=form.save(commit=False))
    except (ValidationError, PermissionDenied) as why:
        tell_form(form, why)
    return None


# --- one activity -----------------------------------------------------------------------------------------------------


class ActivityPage(DeskPage):
    """What it is, who wants to come, who came, and what has become of it."""

    verb = VERB
    template_name = "points/activities/activity.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        activity = kwargs.pop("activity", None) or activity_of(self.request, kwargs["pk"])
        came = list(activity.attendances.select_related("person__household__group", "household__group"))
        signed = list(activity.signups.select_related("person__household__group"))
        reach = reach_of(actor, CLAIMS)
        standing, over = activity.cancelled_at is None, activity.day <= clock.today()
        roll = _roll(signed, came, reach)
        worked = services.hours_of((row["person"].pk for row in roll if row["own"]), activity.day.year)
        for row in roll:
            row["year"] = worked.get(row["person"].pk, 0)
        holds = may(actor, HOLDS, activity.territory)
        changes = holds and standing and not came
        if changes and "form" not in kwargs:
            kwargs["form"] = _form_of(self.request, activity)
        base = {"refused": {}, "at": "", "typed": "", "several": (), "form": None}
        return super().get_context_data(
            activity=activity,
            roll=roll,
            to_tick=bool(reach) and standing and over and any(row["own"] and not row["came"] for row in roll),
            came=came,
            signed=signed,
            proposed=services.proposed_of(activity),
            hours=sum(each.hours for each in came),
            cards=[each for each in came if each.person_id is None],
            claims=bool(reach) and standing,
            calls=bool(reach) and standing and over,
            changes=changes,
            proposes=standing and activity.item_id and came and may(actor, CLAIMS, activity.territory),
            **base | kwargs,
        )


def _roll(signed: list[SignUp], came: list[Attendance], reach: Any) -> list[dict[str, Any]]:
    """Everybody who wanted to come or came by name; of other grids than one's own by a masked name."""
    there = {each.person_id: each for each in came if each.person_id}
    wanted = {each.person_id: each for each in signed}
    people: dict[int, Person] = {each.person_id: each.person for each in signed}
    people |= {key: each.person for key, each in there.items() if each.person}
    rows = []
    for key, person in people.items():
        own = reach.covers(person.household.territory)
        rows.append(
            {
                "person": person,
                "name": person.name if own else mask_name(person.name),
                "own": own,
                "signup": wanted.get(key),
                "came": there.get(key),
            }
        )
    return sorted(rows, key=lambda row: (row["person"].household.group_id, row["person"].pk))


def _form_of(request: HttpRequest, activity: Activity, *said: Any) -> ActivityForm:
    places = places_of(request.user)
    return ActivityForm(*said, instance=activity, places=places, items=items_of(places))


class Handbook(DeskPage):
    """活动服务手册 on A4: what it is, what to bring and mind, and a list to tick."""

    verb = VERB
    template_name = "points/activities/handbook_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        activity = activity_of(self.request, kwargs["pk"])
        signed = list(activity.signups.select_related("person__household__group"))
        roll = _roll(signed, [], reach_of(self.request.user, CLAIMS))
        blank = range(max(4, 12 - len(roll)))
        return super().get_context_data(activity=activity, roll=roll, blank=blank, **kwargs)


def page(request: HttpRequest, activity: Activity, status: int, **more: Any) -> HttpResponse:
    """The activity once more, with what was wrong at its place."""
    view = ActivityPage()
    view.setup(request, pk=activity.pk)
    context = view.get_context_data(pk=activity.pk, **more)
    return render(request, ActivityPage.template_name, context, status=status)


def _try(
    request: HttpRequest,
    activity: Activity,
    at: str,
    verb: Callable[[], Any],
    done: Callable[[Any], str],
) -> HttpResponse:
    """Do it and say so on the activity's page; or the page again with what was wrong where `at` is."""
    try:
        made = verb()
    except (ValidationError, PermissionDenied) as why:
        told, status = refusal(why)
        typed = next((request.POST[name] for name in ("name", "code", "why") if name in request.POST), "")
        return page(request, activity, status, refused=told, at=at, typed=typed)
    if said := done(made):
        messages.success(request, said)
    return redirect("activities:activity", activity.pk)


def _must(request: HttpRequest, verb: str) -> None:
    if not may(request.user, verb):
        raise PermissionDenied(NOT_YOURS)


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """改这次活动."""
    _must(request, HOLDS)
    activity = activity_of(request, pk)
    if not may(request.user, HOLDS, activity.territory):
        raise PermissionDenied(NOT_YOURS)
    form = _form_of(request, activity, request.POST)
    if _planned(request, form) is None:
        return page(request, activity_of(request, pk), 422, form=form, at="change")
    messages.success(request, "改好了。")
    return redirect("activities:activity", pk)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """取消, with the reason."""
    _must(request, HOLDS)
    activity, why = activity_of(request, pk), request.POST.get("why", "")
    return _try(
        request,
        activity,
        "cancel",
        lambda: services.cancel_activity(actor=request.user, activity=activity, why=why),
        lambda made: f"“{made}”取消了，报了名的请告诉一声。",
    )


# --- who wants to come, who came --------------------------------------------------------------------------------------


@require_POST
def sign_up(request: HttpRequest, pk: int) -> HttpResponse:
    """报名 by name; of namesakes it is asked which."""
    return _by_name(request, pk, "sign_up", services.sign_up, "报上名了。")


@require_POST
def come(request: HttpRequest, pk: int) -> HttpResponse:
    """签到 of somebody who had not signed up, by name."""

    def note(*, actor: Any, activity: Activity, person: Person) -> None:
        services.attend(actor=actor, activity=activity, people=[person])

    return _by_name(request, pk, "come", note, "签上了。")


def _by_name(request: HttpRequest, pk: int, at: str, verb: Callable[..., Any], done: str) -> HttpResponse:
    _must(request, CLAIMS)
    activity, name = activity_of(request, pk), request.POST.get("name", "").strip()
    found = services.called(request.user, activity, name) if name else []
    if chosen := request.POST.get("person"):
        found = [each for each in found if each.pk == whole_number(chosen)]
    if len(found) > 1:
        return page(request, activity, 422, at=at, typed=name, several=found)

    def do() -> Person:
        if not name:
            raise ValidationError({"name": "写姓名。"})
        if not found:
            raise ValidationError({"name": f"您管的户里没有叫“{name}”的，看看名字对不对。"})
        verb(actor=request.user, activity=activity, person=found[0])
        return found[0]

    return _try(request, activity, at, do, lambda person: f"{person.name}{done}")


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """不来了."""
    _must(request, CLAIMS)
    row = get_object_or_404(
        SignUp.objects.filter(activity__in=Activity.objects.readable_by(request.user)).select_related(
            "activity__territory", "person__household__territory__parent"
        ),
        pk=pk,
    )
    return _try(
        request,
        row.activity,
        "sign_up",
        lambda: services.drop_sign_up(actor=request.user, sign_up=row),
        lambda _: f"{row.person.name}不来了，名额空出来了。",
    )


@require_POST
def call_roll(request: HttpRequest, pk: int) -> HttpResponse:
    """点名: those who are ticked came."""
    _must(request, CLAIMS)
    activity = activity_of(request, pk)
    keys = [whole_number(each) for each in request.POST.getlist("person")]
    rows = Person.objects.filter(pk__in=keys, signups__activity=activity)
    people = list(rows.select_related("household__territory__parent"))

    def do() -> int:
        if not people:
            raise ValidationError({"": "来了的打上勾，再按签到。"})
        return services.attend(actor=request.user, activity=activity, people=people)

    return _try(request, activity, "roll", do, lambda new: f"{new} 人签到了。")


@require_POST
def come_by_card(request: HttpRequest, pk: int) -> HttpResponse:
    """扫积分卡, or its number typed."""
    _must(request, CLAIMS)
    activity, code = activity_of(request, pk), request.POST.get("code", "")
    return _try(
        request,
        activity,
        "card",
        lambda: services.attend_by_card(actor=request.user, activity=activity, code=code),
        lambda row: f"{mask_name(row.household.head_name)} 家签到了。",
    )


@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """按签到报积分: what was proposed, and each that was left with the reason."""
    _must(request, CLAIMS)
    activity = activity_of(request, pk)

    def said(done: services.Proposed) -> str:
        for row, why in done.left:
            messages.warning(request, f"没报：{mask_name(row.household.head_name)} 家。{why}")
        return f"报了 {len(done.awards)} 件积分，等初审。" if done.awards else ""

    def do() -> services.Proposed:
        done = services.propose_deeds(actor=request.user, activity=activity)
        if not done.awards and not done.left:
            raise ValidationError("来的人都报过了。")
        return done

    return _try(request, activity, "propose", do, said)
