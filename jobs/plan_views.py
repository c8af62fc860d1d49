"""年度培训计划 on the desk: what a year is to teach, against what was done."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core.scope import may, must, reach_of
from grids.models import Territory
from jobs.desk_pages import Facts, RowPage, VillagePage, places_of
from jobs.models import Course, PlannedCourse, Skill
from jobs.models.words import MANAGES
from jobs.services import training as services
from jobs.services.reading import readable


class PlanForm(Facts):
    """One line of the year's plan."""

    class Meta(Facts.Meta):
        model = PlannedCourse
        fields = ("territory", "year", "quarter", "skill", "people", "organiser", "note")

    def set_up(self, places: list[Territory]) -> None:
        self.place(places)
        now = Q(pk=self.instance.skill_id) if self.instance.skill_id else Q(pk__in=[])
        self.choose("skill", Skill.objects.filter(now | Q(offered=True)), "选学什么")
        self.fields["year"].widget.attrs["maxlength"] = "4"


class Plan(VillagePage):
    """The plan of a year, line by line against what was done; a new line is added below."""

    template_name = "jobs/courses/plan.html"

    def form(self, *said: Any, **more: Any) -> PlanForm:
        form = PlanForm(*said, **more)
        form.set_up(places_of(self.request.user, Territory.TOWN, Territory.VILLAGE))
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        lines, courses = readable(PlannedCourse.objects.all(), actor), readable(Course.objects.all(), actor)
        if self.village:
            at = {self.village.pk, self.village.parent_id}
            lines, courses = lines.filter(territory__in=at), courses.filter(territory__in=at)
        rows = list(
            services.with_done(lines.filter(year=self.year))
            .select_related("skill", "territory")
            .order_by("quarter", "pk")
        )
        outside = services.outside_plan(courses, self.year)
        reach = reach_of(actor, MANAGES)
        sums = {
            name: sum(getattr(row, name) for row in rows) + outside.get(name, 0)
            for name in ("people", "held", "enrolled", "certified")
        }
        context = super().get_context_data(
            rows=[(row, reach.covers(row.territory)) for row in rows], outside=outside, sums=sums, **kwargs
        )
        if context["manages"] and "form" not in context:
            context["form"] = self.form(initial={"year": self.year})
        return context

    def post(self, request: HttpRequest) -> HttpResponse:
        must(request.user, MANAGES)
        form = self.form(request.POST)
        made = form.done(lambda row: services.save_plan(actor=request.user, line=row))
        if made is None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        messages.success(request, f"排进计划了：{made}。")
        return redirect(f"{request.path}?year={made.year}")


class Line(RowPage):
    """One line of it: changed, or taken away, while no course stands on it."""

    model, whole, home = PlannedCourse, ("territory", "skill", "made_by"), "centres:plan_line"
    template_name = "jobs/courses/plan_line.html"

    def form(self, *said: Any) -> PlanForm:
        form = PlanForm(*said, instance=self.row)
        form.set_up(places_of(self.request.user, Territory.TOWN, Territory.VILLAGE))
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = self.row
        courses = list(line.courses.order_by("first"))
        changes = may(self.request.user, MANAGES, line.territory) and not courses
        if changes and "form" not in kwargs:
            kwargs["form"] = self.form()
        return super().get_context_data(line=line, courses=courses, changes=changes, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        must(request.user, MANAGES, self.row.territory)
        form = self.form(request.POST)
        made = form.done(lambda row: services.save_plan(actor=request.user, line=row))
        if made is None:
            told = {"": list(form.non_field_errors())}
            return Line.again(request, pk, 422, form=form, refused=told, at="remove")
        messages.success(request, "改好了。")
        return redirect(f"{_plan()}?year={made.year}")


def _plan() -> str:
    return reverse("centres:plan")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """去掉这一项."""
    line = Line.find(request, pk)
    year = line.year

    def do() -> None:
        services.remove_plan(actor=request.user, line=line)

    answer = Line.press(request, pk, "remove", do, lambda _: "去掉了。")
    return redirect(f"{_plan()}?year={year}") if answer.status_code == 302 else answer
