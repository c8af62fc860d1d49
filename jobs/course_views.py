"""技能培训 on the desk: a year's courses; of each its roster, the roll of a day, and the certificates."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from core import clock
from core.scope import may, must, reach_of
from core.views import DeskPage, whole_number
from grids.models import Person, Territory
from jobs.desk_pages import Facts, RowPage, VillagePage, day_of, masked, places_of
from jobs.models import Course, PlannedCourse, Skill, Trainee
from jobs.models.words import MANAGES, SEES
from jobs.services import training as services
from jobs.services.reading import around, readable

ON_PAPER = 6  # days for which the roster sheet has room


class CourseForm(Facts):
    """What is taught, when, where, by whom, to how many."""

    class Meta(Facts.Meta):
        model = Course
        fields = ("territory", "plan", "title", "skill", "first", "last", "place", "organiser", "places")

    def set_up(self, places: list[Territory]) -> None:
        self.place(places)
        self.fields["title"].label = "培训班叫什么"
        lines = PlannedCourse.objects.filter(
            territory__in=[each.pk for each in places], year__gte=clock.today().year - 1
        )
        self.choose("plan", lines.select_related("skill", "territory"), "不在计划里", _line)
        now = Q(pk=self.instance.skill_id) if self.instance.skill_id else Q(pk__in=[])
        self.choose("skill", Skill.objects.filter(now | Q(offered=True)), "选学什么")


def _line(line: PlannedCourse) -> str:
    return f"{line}（{line.territory}，{line.people} 人）"


class Courses(VillagePage):
    """The year's courses of the reader's villages and of the town."""

    template_name = "jobs/courses/courses.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = readable(Course.objects.filter(first__year=self.year), self.request.user)
        if self.village:
            rows = rows.filter(territory__in={self.village.pk, self.village.parent_id})
        on = Q(trainees__left_why="")
        rows = rows.select_related("territory", "skill").annotate(
            enrolled=Count("trainees", filter=on),
            certified=Count("trainees", filter=~Q(trainees__certificate="")),
        )
        return super().get_context_data(rows=list(rows.order_by("-first", "-pk")), **kwargs)


class New(DeskPage):
    """排一个培训班."""

    verb = MANAGES
    template_name = "jobs/courses/form.html"

    def form(self, *said: Any, **more: Any) -> CourseForm:
        form = CourseForm(*said, **more)
        form.set_up(places_of(self.request.user, Territory.TOWN, Territory.VILLAGE))
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"form": self.form(initial=self._from_plan())} | kwargs)

    def _from_plan(self) -> dict[str, Any]:
        """The line of the plan that is to be held, if one was pressed."""
        if not (asked := self.request.GET.get("plan")):
            return {}
        lines = PlannedCourse.objects.visible_to(self.request.user, MANAGES)
        line = get_object_or_404(lines.select_related("skill"), pk=whole_number(asked))
        return {
            "territory": line.territory_id,
            "plan": line.pk,
            "skill": line.skill_id,
            "title": f"{line.skill}培训",
            "organiser": line.organiser,
            "places": min(line.people, 500),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        made = form.done(lambda row: services.plan_course(actor=request.user, course=row))
        if made is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, f"“{made}”排上了，接着报名。")
        return redirect("centres:course", made.pk)


class CoursePage(RowPage):
    """One course: the roll of a day, the roster, and what it is."""

    model, whole, home = Course, ("territory__parent", "skill", "plan__skill", "made_by"), "centres:course"
    template_name = "jobs/courses/course.html"

    def has_place(self, shown: dict[str, Any]) -> bool:
        by = {"facts": "changes", "cancel": "changes", "enrol": "enrols", "roll": "to_tick"}
        return bool(shown[by.get(shown["at"], "roster")])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        course, actor = self.row, self.request.user
        roster = roster_of(self.request, course)
        standing = course.cancelled_at is None
        manages = may(actor, MANAGES, course.territory)
        days = [day for day in services.days_of(course) if day <= clock.today()]
        day = self._day(course, days)
        there = {each["row"].pk for each in roster if day in each["days"]}
        changes = manages and standing and not any(each["days"] for each in roster)
        if changes and "form" not in kwargs:
            kwargs["form"] = form_of(self.request, course)
        enrols = standing and bool(set(course.territory.village_ids) & around(actor, MANAGES))
        return super().get_context_data(
            course=course,
            roster=roster,
            seated=sum(not each["row"].left_why for each in roster),
            held=len({day for each in roster for day in each["days"]}),
            to_tick=[each for each in roster if each["acts"] and not each["row"].left_why] if days else (),
            there=there,
            day=day,
            days=days,
            standing=standing,
            changes=changes,
            enrols=enrols,
            suggested=services.suggested(actor, course) if enrols else (),
            **kwargs,
        )

    def _day(self, course: Course, days: list[dt.date]) -> dt.date | None:
        """The day whose roll is shown: the one that is asked for, else the last that has come."""
        if asked := self.request.POST.get("day") or self.request.GET.get("day"):
            found = next((day for day in days if str(day) == asked), None)
            if found is None and self.request.method == "GET":
                raise Http404
            if found is not None:
                return found
        return days[-1] if days else None


def roster_of(request: HttpRequest, course: Course) -> list[dict[str, Any]]:
    """Everybody on the roster, with the days on which he came; of others' grids by a masked name."""
    sees, acts = reach_of(request.user, SEES), reach_of(request.user, MANAGES)
    rows = course.trainees.select_related("territory__parent", "person", "household__group")
    return [
        {
            "row": row,
            "name": masked(row.person.name, sees.covers(row.territory)),
            "days": [each.day for each in row.presences.all()],
            "acts": acts.covers(row.territory) and course.cancelled_at is None,
            "here": f"trainee-{row.pk}",
        }
        for row in rows.prefetch_related("presences")
    ]


class Roster(DeskPage):
    """签到表 on A4: the roster with a column for each day, or with empty ones where there are many days."""

    verb = SEES
    template_name = "jobs/courses/roster_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        course = CoursePage.find(self.request, kwargs["pk"])
        roster = [each for each in roster_of(self.request, course) if not each["row"].left_why]
        days = services.days_of(course)
        columns = days if len(days) <= ON_PAPER else [None] * ON_PAPER
        blank = range(max(3, 20 - len(roster)))
        return super().get_context_data(course=course, roster=roster, columns=columns, blank=blank, **kwargs)


def form_of(request: HttpRequest, course: Course, *said: Any) -> CourseForm:
    form = CourseForm(*said, instance=course)
    form.set_up(places_of(request.user, Territory.TOWN, Territory.VILLAGE))
    return form


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """改这个班."""
    course = CoursePage.find(request, pk)
    must(request.user, MANAGES, course.territory)
    form = form_of(request, course, request.POST)

    def do(row: Course) -> Course:
        return services.plan_course(actor=request.user, course=row)

    return CoursePage.change(request, pk, form, do, "改好了。")


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """取消, with the reason."""
    course, why = CoursePage.find(request, pk), request.POST.get("why", "")
    return CoursePage.press(
        request,
        pk,
        "cancel",
        lambda: services.cancel_course(actor=request.user, course=course, why=why),
        lambda made: f"“{made}”取消了，报了名的请告诉一声。",
    )


@require_POST
def enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """报名 by name; of namesakes it is asked which."""
    course = CoursePage.find(request, pk)
    if not set(course.territory.village_ids) & around(request.user, MANAGES):
        must(request.user, MANAGES, course.territory)

    def do(person: Person) -> None:
        services.enrol(actor=request.user, course=course, person=person)

    return CoursePage.by_name(request, pk, "enrol", course.territory, do, lambda name: f"{name}报上名了。")


@require_POST
def call_roll(request: HttpRequest, pk: int) -> HttpResponse:
    """点名 of one day: those who are ticked came."""
    course = CoursePage.find(request, pk)
    must(request.user, MANAGES)  # before anything that was sent is read
    keys = [whole_number(each) for each in request.POST.getlist("trainee")]

    def do() -> int:
        came = list(course.trainees.filter(pk__in=keys))
        return services.call_roll(actor=request.user, course=course, day=day_of(request), came=came)

    return CoursePage.press(request, pk, "roll", do, lambda came: f"记好了，来了 {came} 人。")


def trainee_of(request: HttpRequest, pk: int) -> Trainee:
    """One within the reader's own reach: of a course that many share, not everybody's people are hers to act for."""
    rows = readable(Trainee.objects.all(), request.user).select_related("course", "territory", "person")
    return get_object_or_404(rows, pk=pk)


@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """不学了, with the reason."""
    row, why = trainee_of(request, pk), request.POST.get("why", "")
    return CoursePage.press(
        request,
        row.course_id,
        f"trainee-{pk}",
        lambda: services.leave_course(actor=request.user, trainee=row, why=why),
        lambda _: f"{row.person.name}不学了，位子空出来了。",
    )


@require_POST
def certify(request: HttpRequest, pk: int) -> HttpResponse:
    """发证, or its number set right."""
    row = trainee_of(request, pk)

    def do() -> Trainee:
        must(request.user, MANAGES, row.territory)
        number = request.POST.get("number", "")
        return services.certify(actor=request.user, trainee=row, number=number, day=day_of(request))

    def said(made: Trainee) -> str:
        also = f"劳动力登记里也记上了“{made.course.skill}”。" if made.gave_skill else ""
        return f"{row.person.name}的证书记好了。{also}"

    return CoursePage.press(request, row.course_id, f"trainee-{pk}", do, said)


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """收回证书."""
    row = trainee_of(request, pk)
    return CoursePage.press(
        request,
        row.course_id,
        f"trainee-{pk}",
        lambda: services.take_back_certificate(actor=request.user, trainee=row),
        lambda _: f"{row.person.name}的证书收回了。",
    )
